"""Evidence is recorded as seen, and taken back when it was entered in error."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.core.errors import NotFound, NotPermitted, RuleBroken
from hub.core.permissions import Actor
from hub.eligibility import queries
from hub.eligibility.domain import NewEvidence, evidence_faults
from hub.eligibility.models import EvidenceSeen
from hub.infra import audit
from hub.learners import reads as learners

FUNDING = "P09"


def record_evidence(session: Session, new: NewEvidence, actor: Actor, clock: Clock) -> EvidenceSeen:
    """Note that a document was seen: what, by whom, when; never a copy or a number. Twice the same is once.

    Raises RuleBroken naming each field, or while the learner has had it stopped; NotFound for an unknown learner,
    NotPermitted outside the hub.
    """
    _require_hub(actor)
    records = learners.source_records(session, new.learner_id)
    if not records:
        raise NotFound("There is no such learner.")
    if faults := evidence_faults(new, clock.today()):
        raise RuleBroken.many(faults, code="evidence_invalid")
    if not consents.may(session, new.learner_id, FUNDING, clock.today()):
        raise RuleBroken(
            "The learner has had the use of their data stopped. Ask the data protection officer first.",
            field="kind", code="processing_stopped",
        )  # fmt: skip
    newest = records[-1]
    queries.lock_learner(session, newest.learner_id)
    known = _same(session, newest.learner_id, new)
    if known is not None:
        return known
    row = EvidenceSeen(
        subject_id=newest.subject_id, learner_id=newest.learner_id, source_record_id=newest.id, seen_on=new.seen_on,
        seen_by_id=actor.id if actor.kind == "user" else None, seen_by_name=actor.name, created_at=clock.now(),
        kind=str(new.kind), note=new.note.strip() or None,
    )  # fmt: skip
    session.add(row)
    audit.record(
        session, actor, "evidence.recorded", "learner", row.learner_id, fields=["evidence"], clock=clock
    )
    session.flush()
    return row


def _same(session: Session, learner_id: UUID, new: NewEvidence) -> EvidenceSeen | None:
    for row in queries.evidence_of(session, [learner_id]):
        if (row.kind, row.seen_on, row.note or "") == (str(new.kind), new.seen_on, new.note.strip()):
            return row
    return None


def take_back(
    session: Session, learner_id: UUID, evidence_id: UUID, actor: Actor, clock: Clock
) -> EvidenceSeen:
    """Evidence entered in error no longer counts; NotFound when it is not this learner's."""
    _require_hub(actor)
    row = queries.one(session, evidence_id)
    if row is None or row.learner_id != learners.survivor(session, learner_id):
        raise NotFound("There is no such evidence.")
    if row.taken_back_at is None:
        row.taken_back_at = clock.now()
        audit.record(
            session, actor, "evidence.taken_back", "learner", row.learner_id, fields=["evidence"], clock=clock
        )
        session.flush()
    return row


def _require_hub(actor: Actor) -> None:
    if not actor.is_hub:
        raise NotPermitted("Only the hub records evidence.")
