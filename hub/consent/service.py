"""What can be done with permission: record, confirm, ask again, withdraw."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries, reads
from hub.consent.domain import (
    OPTIONAL,
    ConsentGiven,
    ConsentWithdrawn,
    NewConsent,
    Proof,
    consent_faults,
    is_proven,
    load_wording,
)
from hub.consent.domain.records import wording_faults
from hub.consent.models import Consent
from hub.core.clock import Clock
from hub.core.errors import NotFound, NotPermitted, RuleBroken
from hub.core.permissions import Actor, Role
from hub.infra import audit
from hub.infra.db import record as record_event
from hub.infra.writes import put
from hub.learners import reads as learners
from hub.learners import service as learner_service
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind

HEALTH = "P08"


class Subject(Protocol):
    """Whose permission it is: `learners.service.identify` gives one."""

    @property
    def learner_id(self) -> UUID: ...
    @property
    def source_record_id(self) -> UUID: ...
    @property
    def subject_id(self) -> UUID: ...


def record(session: Session, new: NewConsent, subject: Subject, actor: Actor, clock: Clock) -> UUID:
    """Keep what the learner answered; returns the record's id. Refusing everything optional is valid.

    Without wording version or language it is not proven: it permits nothing optional, and a step asks the hub
    to confirm it. Raises RuleBroken naming `consent.<field>`.
    """
    if faults := consent_faults(new, clock.today()):
        raise RuleBroken.many({f"consent.{name}": words for name, words in faults.items()})
    row = _row(new, subject, actor, clock)
    put(session, row)
    queries.add_choices(session, row.id, {code: code in new.purposes for code in OPTIONAL})
    if not row.proven:
        _ask_to_confirm(session, row, clock)
    audit.record(
        session, actor, "consent.recorded", "learner", subject.learner_id, fields=_granted(new), clock=clock
    )
    record_event(session, ConsentGiven(row.id, subject.learner_id))
    return row.id


def record_again(session: Session, learner_id: UUID, new: NewConsent, actor: Actor, clock: Clock) -> None:
    """The learner was asked anew: the answers count for every source, and settle what was to be confirmed.

    What was given before and is refused now is taken back, with its event. The same answers twice on one day
    are one asking. Raises NotFound, RuleBroken.
    """
    if not is_proven(new.wording_version, new.language):
        raise RuleBroken("Say which words were read, and in which language.", field="consent.language")
    now_id = learners.survivor(session, learner_id)
    queries.lock_learner(session, now_id)
    originals = [one for one in learners.source_records(session, now_id) if one.amends_id is None]
    if not originals:
        raise NotFound("There is no such learner.")
    if _already_said(session, now_id, len(originals), new):
        return
    unconfirmed = queries.unproven_of(session, now_id)
    _take_back(session, now_id, set(OPTIONAL) - new.purposes, actor, clock)
    for one in originals:
        record(session, new, _Source(now_id, one.id, one.subject_id), actor, clock)
    for consent_id in unconfirmed:
        steps.close_step(session, StepKind.CONSENT_TO_CONFIRM, consent_id, clock, "asked_again")


def grant(session: Session, learner_id: UUID, new: NewConsent, actor: Actor, clock: Clock) -> None:
    """The learner says yes to these purposes and was asked about no others: at every source, proven.

    What stands about the other purposes stays. What is permitted already is not recorded again, so a second
    click changes nothing. Raises NotFound, RuleBroken by field.
    """
    if (faults := consent_faults(new, clock.today())) or not is_proven(new.wording_version, new.language):
        raise RuleBroken.many(faults or {"language": "Say which words were read, and in which language"})
    now_id = learners.survivor(session, learner_id)
    queries.lock_learner(session, now_id)
    originals = [one for one in learners.source_records(session, now_id) if one.amends_id is None]
    if not originals:
        raise NotFound("There is no such learner.")
    if all(reads.may(session, now_id, code, clock.today()) for code in _granted(new)):
        return
    for one in originals:
        row = _row(new, _Source(now_id, one.id, one.subject_id), actor, clock)
        session.add(row)
        session.flush()
        queries.add_choices(session, row.id, dict.fromkeys(_granted(new), True))
        record_event(session, ConsentGiven(row.id, now_id))
    audit.record(session, actor, "consent.recorded", "learner", now_id, fields=_granted(new), clock=clock)


def confirm_proof(session: Session, consent_id: UUID, proof: Proof, actor: Actor, clock: Clock) -> None:
    """The hub found out which words were shown: the consent is proven. A second click changes nothing.

    Raises NotFound, and RuleBroken by field when the wording or language is not one that was used.
    """
    row = queries.consent(session, consent_id)
    if row is None:
        raise NotFound("There is no such permission.")
    if row.proven:
        return
    faults = wording_faults(proof.wording_version, proof.language, proof.interpreter_used)
    if not is_proven(proof.wording_version, proof.language):
        faults = {"language": "Say which words were read, and in which language"}
    if faults:
        raise RuleBroken.many(faults)
    row.wording_version, row.language = proof.wording_version, proof.language
    row.wording_sha256 = load_wording(proof.language, proof.wording_version).sha256
    row.interpreter_used = proof.interpreter_used
    row.proof_note = proof.note.strip() or None
    row.proven, row.proven_at, row.proven_by = True, clock.now(), actor.id
    steps.close_step(session, StepKind.CONSENT_TO_CONFIRM, row.id, clock, "confirmed")
    audit.record(session, actor, "consent.confirmed", "learner", row.learner_id, clock=clock)


def withdraw(  # noqa: PLR0913 - relayed or the learner's own act
    session: Session,
    learner_id: UUID,
    purposes: Collection[str],
    actor: Actor,
    clock: Clock,
    *,
    relayed: bool = False,
) -> frozenset[str]:
    """The learner takes permissions back, at once and for all sources; returns those that were standing.

    Only the learner may, or the hub passing on what the learner said (`relayed`); a referrer or provider asks
    the hub. What was done before stays lawful. A second time changes nothing and tells nobody. Raises
    NotPermitted, and RuleBroken for a purpose that is not the learner's to give.
    """
    _require_may_withdraw(actor, learner_id, learners.same_person_ids(session, learner_id))
    if not set(purposes) <= set(OPTIONAL):
        raise RuleBroken("Only permissions that were asked for can be taken back.", field="purposes")
    now_id = learners.survivor(session, learner_id)
    return _take_back(session, now_id, purposes, actor, clock, relayed=relayed)


def _take_back(  # noqa: PLR0913 - as above
    session: Session,
    learner_id: UUID,
    purposes: Collection[str],
    actor: Actor,
    clock: Clock,
    *,
    relayed: bool = False,
) -> frozenset[str]:
    choices = queries.standing_grants(session, learner_id, purposes)
    for choice in choices:
        choice.withdrawn_at, choice.withdrawn_by = clock.now(), actor.id
        choice.withdrawal_relayed = relayed
    taken = frozenset(choice.purpose for choice in choices)
    if not taken:
        return taken
    session.flush()
    if HEALTH in taken:
        learner_service.forget_health_needs(session, learner_id, actor, clock)
    audit.record(
        session, actor, "consent.withdrawn", "learner", learner_id, fields=sorted(taken), clock=clock
    )
    record_event(session, ConsentWithdrawn(learner_id, taken))
    return taken


def _already_said(session: Session, learner_id: UUID, sources: int, new: NewConsent) -> bool:
    """Whether the newest asking at every source is this very one."""
    newest: dict[UUID, Consent] = {}
    for row in queries.consents_of(session, learner_id):
        newest.setdefault(row.source_record_id, row)
    choices = queries.choices_of(session, [row.id for row in newest.values()])
    wanted = new.purposes & set(OPTIONAL)
    return (
        len(newest) == sources
        and all(
            (row.proven, row.given_on, row.channel, row.language, row.wording_version, row.interpreter_used)
            == (True, new.given_on, new.channel, new.language, new.wording_version, new.interpreter_used)
            for row in newest.values()
        )
        and all((one.granted and not one.withdrawn_at) == (one.purpose in wanted) for one in choices)
    )


@dataclass(frozen=True)
class _Source:
    learner_id: UUID
    source_record_id: UUID
    subject_id: UUID


def _require_may_withdraw(actor: Actor, learner_id: UUID, same_person: Iterable[UUID]) -> None:
    own = actor.role is Role.LEARNER and actor.learner_id in {learner_id, *same_person}
    if not own and not actor.is_hub:
        raise NotPermitted("Only the learner can take back a permission. Ask the hub to record it.")


def _row(new: NewConsent, subject: Subject, actor: Actor, clock: Clock) -> Consent:
    proven = is_proven(new.wording_version, new.language)
    sha256 = (
        load_wording(new.language, new.wording_version).sha256 if proven and new.wording_version else None
    )
    return Consent(
        subject_id=subject.subject_id,
        learner_id=subject.learner_id,
        source_record_id=subject.source_record_id,
        organisation_id=new.organisation_id or actor.organisation_id,
        captured_by=actor.id if actor.kind == "user" else None,
        captured_role=actor.role.value,
        channel=new.channel,
        wording_version=new.wording_version,
        interpreter_used=new.interpreter_used,
        given_on=new.given_on,
        proven=proven,
        created_at=clock.now(),
        language=new.language,
        wording_sha256=sha256,
    )


def _granted(new: NewConsent) -> list[str]:
    return sorted(new.purposes & set(OPTIONAL))


def _ask_to_confirm(session: Session, row: Consent, clock: Clock) -> None:
    step = NewStep(
        kind=StepKind.CONSENT_TO_CONFIRM,
        subject_type="consent",
        subject_id=row.id,
        owner=steps.hub_role(session),
        due_on=steps.due(session, "stall_days", clock),
        learner_id=row.learner_id,
    )
    steps.open_step(session, step, clock)
