"""The functions through which offers and enrolments change state, with history, audit and steps."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.ids import new_id
from hub.core.permissions import Actor, Role
from hub.infra import audit
from hub.infra.calendars import holidays
from hub.infra.db import record
from hub.matching.domain.enrolments import TAKES_PLACE, EnrolmentState
from hub.matching.domain.enrolments import require_transition as require_enrolment_transition
from hub.matching.domain.events import OfferReturned, OfferWithdrawn
from hub.matching.domain.offers import OfferState, require_transition
from hub.matching.models import Enrolment, EnrolmentHistory, Offer, OfferHistory, Vacancy
from hub.policy import reads as policy
from hub.provision import service as provision
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind, due_on
from hub.waitlist import service as waitlist

OFFER, ENROLMENT = "offer", "enrolment"
_NEVER_DAYS = 260

_STEP_OF = {
    OfferState.WITH_PROVIDER: StepKind.OFFER_PROVIDER,
    OfferState.DECLINE_REVIEW: StepKind.OFFER_TO_DECIDE,
    OfferState.HUB_DECIDES: StepKind.OFFER_TO_DECIDE,
    OfferState.WITH_LEARNER: StepKind.OFFER_LEARNER,
}


@dataclass(frozen=True, slots=True)
class Change:
    """What an offer becomes and why."""

    to: OfferState
    reason: str | None = None
    note: str = ""


def change(session: Session, offer: Offer, wanted: Change, actor: Actor, clock: Clock) -> None:
    """Make one transition of an offer. Raises Conflict `offer_state` for a step the machine has not."""
    before = offer.state
    require_transition(before, wanted.to)
    offer.state, offer.changed_at = wanted.to, clock.now()
    offer.note = wanted.note.strip() or None
    session.add(offer_line(offer, before, wanted, actor, clock))
    audit.record(
        session,
        actor,
        f"offer.{wanted.to.value}",
        "learner",
        offer.learner_id,
        clock=clock,
        reason=wanted.reason,
    )
    if _STEP_OF.get(wanted.to) is not _STEP_OF[before]:
        steps.close_step(session, _STEP_OF[before], offer.id, clock, wanted.to.value)
    keep_offer_step(session, offer, clock)
    session.flush()


def offer_line(
    offer: Offer, before: OfferState | None, wanted: Change, actor: Actor, clock: Clock
) -> OfferHistory:
    """The history row of a transition."""
    return OfferHistory(
        subject_id=offer.subject_id,
        offer_id=offer.id,
        at=clock.now(),
        actor_id=actor.id,
        actor_role=actor.role.value,
        from_state=before,
        to_state=wanted.to,
        reason=wanted.reason,
        note=wanted.note.strip() or None,
    )


def keep_offer_step(session: Session, offer: Offer, clock: Clock) -> None:
    """A live offer has one open step."""
    step = offer_step(session, offer, clock)
    if step is not None:
        steps.open_step(session, step, clock)


def offer_step(session: Session, offer: Offer, clock: Clock) -> NewStep | None:
    """The step of an offer: with its provider, with the hub, or the learner's own until `answer_by`."""
    kind = _STEP_OF.get(offer.state)
    if kind is None:
        return None
    if kind is StepKind.OFFER_PROVIDER:
        owner, due = Owner.of_role(offer.organisation_id, Role.PROVIDER), offer.provider_due_on
    elif kind is StepKind.OFFER_LEARNER and offer.answer_by is not None:
        owner, due = steps.hub_role(session), offer.answer_by
    else:
        owner, due = steps.hub_role(session), steps.due(session, "review_days", clock)
    return NewStep(kind, OFFER, offer.id, owner, due, offer.learner_id)


# ---------------------------------------------------------------- offers that come to nothing


@dataclass(frozen=True, slots=True)
class Ending:
    """How an offer comes to nothing. `why` is told to others; `vacancy_gone`: the place was no real one."""

    to: OfferState
    why: str
    note: str = ""
    reason: str | None = None
    vacancy_gone: bool = False


def end_offer(session: Session, offer: Offer, ending: Ending, actor: Actor, clock: Clock) -> None:
    """The place goes back, the learner is in line again with the date kept, and others hear of it."""
    reason = ending.reason or ending.why
    change(session, offer, Change(ending.to, reason, ending.note), actor, clock)
    give_back(session, offer.esol_class_id, clock, vacancy_gone=ending.vacancy_gone)
    waitlist.return_to_waiting(session, offer.entry_id, reason, actor, clock)
    kind = OfferWithdrawn if ending.to in {OfferState.WITHDRAWN, OfferState.SUPERSEDED} else OfferReturned
    record(session, kind(offer.id, offer.learner_id, offer.esol_class_id, offer.entry_id, ending.why))


def give_back(session: Session, class_id: UUID, clock: Clock, *, vacancy_gone: bool = False) -> None:
    """A held place is free again and waits for a refill; or it was none, and is gone."""
    if vacancy_gone:
        provision.drop_held_place(session, class_id, clock)
        return
    provision.release_place(session, class_id, clock)
    note_vacancy(session, class_id, clock)


def note_vacancy(session: Session, class_id: UUID, clock: Clock) -> None:
    """The class waits for a refill; one note a class, also when two places come free at once."""
    one = insert(Vacancy).values(id=new_id(), esol_class_id=class_id, opened_at=clock.now())
    session.execute(
        one.on_conflict_do_nothing(
            index_elements=[Vacancy.esol_class_id], index_where=Vacancy.closed_at.is_(None)
        )
    )


# ---------------------------------------------------------------- enrolments


@dataclass(frozen=True, slots=True)
class EnrolmentChange:
    """What an enrolment becomes and why."""

    to: EnrolmentState
    reason: str | None = None
    note: str = ""


def change_enrolment(
    session: Session, row: Enrolment, wanted: EnrolmentChange, actor: Actor, clock: Clock
) -> None:
    """Make one transition of an enrolment. Raises Conflict `enrolment_state` for one the machine has not."""
    before = row.state
    require_enrolment_transition(before, wanted.to)
    row.state, row.changed_at, row.reason = wanted.to, clock.now(), wanted.reason
    write_enrolment_history(session, row, before, wanted, actor, clock)
    keep_enrolment_step(session, row, clock)
    session.flush()


def write_enrolment_history(  # noqa: PLR0913, PLR0917 - the columns of a history row
    session: Session,
    row: Enrolment,
    before: EnrolmentState | None,
    wanted: EnrolmentChange,
    actor: Actor,
    clock: Clock,
) -> None:
    """The history row and the audit entry of a transition."""
    session.add(
        EnrolmentHistory(
            subject_id=row.subject_id,
            enrolment_id=row.id,
            at=clock.now(),
            actor_id=actor.id,
            actor_role=actor.role.value,
            from_state=before,
            to_state=wanted.to,
            reason=wanted.reason,
            note=wanted.note.strip() or None,
        )
    )
    action = f"enrolment.{wanted.to.value}"
    audit.record(session, actor, action, "learner", row.learner_id, clock=clock, reason=wanted.reason)


def keep_enrolment_step(session: Session, row: Enrolment, clock: Clock) -> None:
    """Who is expected is to be reported by the provider; who did not come, decided by the hub; who started,
    brought to an end by the provider."""
    kind = StepKind.COURSE_TO_FINISH if row.state is EnrolmentState.STARTED else StepKind.ENROLMENT_TO_START
    for other in (StepKind.COURSE_TO_FINISH, StepKind.ENROLMENT_TO_START):
        if other is not kind or row.state not in TAKES_PLACE:
            steps.close_step(session, other, row.id, clock, row.state.value)
    if row.state not in TAKES_PLACE:
        return
    owner, due = Owner.of_role(row.organisation_id, Role.PROVIDER), _due(session, row, clock)
    if row.state is EnrolmentState.NO_SHOW:
        owner, due = steps.hub_role(session), steps.due(session, "review_days", clock)
    steps.open_step(session, NewStep(kind, ENROLMENT, row.id, owner, due, row.learner_id), clock)


def _due(session: Session, row: Enrolment, clock: Clock) -> date:
    """Some working days after the first day, or, once started, after the last day of the course."""
    days = policy.number(session, "enrolment_start_days", clock.today()) or _NEVER_DAYS
    day = row.course_ends_on if row.state is EnrolmentState.STARTED else row.expected_on
    return due_on(days, max(day, clock.today()), holidays())
