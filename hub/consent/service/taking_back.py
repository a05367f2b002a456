"""Taking back: by the learner, by time, or because an asking was found not to be valid.

Everything that follows (texts that wait, offers, what providers see) happens in the same transaction: slices above
hear of it by `ConsentWithdrawn` and `LearnerLeft` before the commit. What was done before stays lawful.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries
from hub.consent.domain import OPTIONAL, ConsentState, ConsentWithdrawn, LearnerLeft, WhyInvalid
from hub.consent.domain.standing import GRANTS
from hub.consent.queries import Doer, NewEvent
from hub.consent.service.requesting import settle_requests
from hub.core.clock import Clock
from hub.core.errors import NotFound, NotPermitted, RuleBroken
from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra import audit
from hub.infra.db import record as record_event
from hub.learners import reads as learners
from hub.learners import service as learner_service
from hub.steps import reads as open_steps
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind

HEALTH, TEXTS = "P08", "P06"
SAID_STOP = "text_stop"
BATCH = 1000
_S = ConsentState


def withdraw(  # noqa: PLR0913 - relayed or the learner's own act, and by which way
    session: Session,
    learner_id: UUID,
    purposes: Collection[str],
    actor: Actor,
    clock: Clock,
    *,
    relayed: bool = False,
    reason: str | None = None,
) -> frozenset[str]:
    """The learner takes permissions back, at once and for all sources; returns those that were standing.

    Only the learner may, or the hub passing on what the learner said (`relayed`); a referrer or provider asks
    the hub. A second time changes nothing and tells nobody. Raises NotPermitted, and RuleBroken for a purpose
    that is not the learner's to give.
    """
    _require_may_withdraw(actor, learner_id, learners.same_person_ids(session, learner_id))
    if not set(purposes) <= set(OPTIONAL):
        raise RuleBroken("Only permissions that were asked for can be taken back.", field="purposes")
    now_id = learners.survivor(session, learner_id)
    queries.lock_learner(session, now_id)
    if relayed:
        settle_asked(session, now_id, clock)
    return take_back(session, now_id, purposes, Doer(actor, clock.now(), relayed, reason), clock)


def leave(
    session: Session, learner_id: UUID, actor: Actor, clock: Clock, *, relayed: bool = False
) -> frozenset[str]:
    """The learner takes everything back and wants no more of the service: their cases end with it.

    Raises NotPermitted. A second time changes nothing more.
    """
    taken = withdraw(session, learner_id, OPTIONAL, actor, clock, relayed=relayed, reason="leaves")
    now_id = learners.survivor(session, learner_id)
    settle_requests(session, now_id, actor, clock)
    audit.record(session, actor, "learner.left", "learner", now_id, clock=clock)
    record_event(session, LearnerLeft(now_id))
    return taken


def relay(session: Session, learner_id: UUID, purposes: Collection[str], actor: Actor, clock: Clock) -> None:
    """Somebody else says that the learner takes permissions back: the hub asks the learner. Nothing ends by it.

    Raises RuleBroken for what is no permission.
    """
    if not purposes or not set(purposes) <= set(OPTIONAL):
        raise RuleBroken("Select what the learner takes back.", field="purposes")
    now_id = learners.survivor(session, learner_id)
    audit.record(session, actor, "consent.relayed", "learner", now_id, fields=sorted(purposes), clock=clock)
    owner, due = steps.hub_role(session), steps.due(session, "message_answer_days", clock)
    step = NewStep(StepKind.PERMISSION_RELAYED, "learner", now_id, owner, due, now_id)
    steps.open_step(session, step, clock)


def settle_asked(session: Session, learner_id: UUID, clock: Clock) -> None:
    """The learner has been asked: what waited for that is done."""
    for one in learners.same_person_ids(session, learner_id):
        for kind in (StepKind.CONSENT_TO_RENEW, StepKind.PERMISSION_RELAYED):
            steps.close_step(session, kind, one, clock, "asked")


def take_back(
    session: Session, learner_id: UUID, purposes: Collection[str], doer: Doer, clock: Clock
) -> frozenset[str]:
    """Note the end of what stands about these purposes, and tell the other slices."""
    standing = queries.last_events(session, learner_id, purposes, GRANTS)
    return _end(
        session, learner_id, [(one.consent_id, one.purpose) for one in standing], _S.WITHDRAWN, doer, clock
    )


def invalidate(session: Session, consent_id: UUID, why: WhyInvalid, actor: Actor, clock: Clock) -> None:
    """The hub has found that an asking does not count: its permissions end as if they had been taken back.

    A second time changes nothing. Raises NotFound, NotPermitted.
    """
    row = queries.consent(session, consent_id)
    if row is None:
        raise NotFound("There is no such permission.")
    if not actor.is_hub and actor.role is not Role.DATA_PROTECTION:
        raise NotPermitted("Only the hub decides that a permission is not valid.")
    queries.lock_learner(session, row.learner_id)
    last = {one.purpose: one.state for one in queries.events_of(session, [row.id])}
    standing = [(row.id, code) for code, state in last.items() if state in GRANTS]
    doer = Doer(actor, clock.now(), reason=why.value)
    _end(session, row.learner_id, standing, _S.INVALIDATED, doer, clock)
    steps.close_step(session, StepKind.CONSENT_TO_CONFIRM, row.id, clock, "not_valid")
    if standing:
        _ask_again(session, row.learner_id, clock)


def expire(session: Session, clock: Clock) -> int:
    """Note every permission whose last day has passed; where the learner's case is open, the hub asks again."""
    gone = queries.run_out(session, clock.today(), BATCH)
    by_learner: dict[UUID, list[tuple[UUID, str]]] = {}
    for event, learner_id in gone:
        by_learner.setdefault(learner_id, []).append((event.consent_id, event.purpose))
    for learner_id, ended in by_learner.items():
        _end(session, learner_id, ended, _S.EXPIRED, Doer(SYSTEM, clock.now()), clock)
        if open_steps.learner_steps(session, [learner_id], clock.today()):
            _ask_again(session, learner_id, clock)
    return len(gone)


def _end(  # noqa: PLR0913, PLR0917 - whose, which, how, by whom
    session: Session,
    learner_id: UUID,
    standing: Collection[tuple[UUID, str]],
    state: ConsentState,
    doer: Doer,
    clock: Clock,
) -> frozenset[str]:
    taken = frozenset(code for _, code in standing)
    if not taken:
        return taken
    queries.add_events(session, [NewEvent(consent_id, code, state) for consent_id, code in standing], doer)
    if HEALTH in taken:
        learner_service.forget_health_needs(session, learner_id, doer.actor, clock)
    audit.record(
        session, doer.actor, f"consent.{state.value}", "learner", learner_id, fields=sorted(taken), clock=clock,
        reason=doer.reason,
    )  # fmt: skip
    record_event(session, ConsentWithdrawn(learner_id, taken))
    return taken


def _ask_again(session: Session, learner_id: UUID, clock: Clock) -> None:
    due = steps.due(session, "stall_days", clock)
    owner = steps.hub_role(session)
    new = NewStep(StepKind.CONSENT_TO_RENEW, "learner", learner_id, owner, due, learner_id)
    steps.open_step(session, new, clock)


def _require_may_withdraw(actor: Actor, learner_id: UUID, same_person: Iterable[UUID]) -> None:
    own = actor.role is Role.LEARNER and actor.learner_id in {learner_id, *same_person}
    if not own and not actor.is_hub:
        raise NotPermitted("Only the learner can take back a permission. Ask the hub to record it.")
