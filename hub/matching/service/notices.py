"""Telling providers that a learner's sharing has ended, and keeping what they answer (UK GDPR Article 19)."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotFound
from hub.core.permissions import Actor, Role
from hub.infra import audit
from hub.learners import reads as learners
from hub.matching import queries
from hub.matching.domain.enrolments import TAKES_PLACE, SharingEnd
from hub.matching.models import SharingNotice
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind

ONLY_CURRENT = frozenset({SharingEnd.WITHDRAWN})
"""Taking the permission back says nothing about what a course that is over was lawfully told; the others do."""


def tell_recipients(session: Session, learner_id: UUID, why: SharingEnd, actor: Actor, clock: Clock) -> int:
    """Tell every provider that was given this learner's details, with a step until it says that it has noted it.

    How many were told. One notice waits at a time for an enrolment; a later reason takes the place of an earlier.
    """
    ids = learners.same_person_ids(session, learner_id)
    found = queries.enrolments_of(session, ids)
    if why in ONLY_CURRENT:
        found = [row for row in found if row.state in TAKES_PLACE]
    waiting = {one.enrolment_id: one for one in queries.open_notices(session, [row.id for row in found])}
    found = [row for row in found if not _is_joined(waiting.get(row.id))]
    for row in found:
        notice = waiting.get(row.id) or SharingNotice(
            enrolment_id=row.id, organisation_id=row.organisation_id, told_at=clock.now()
        )
        notice.why = why
        session.add(notice)
        owner = Owner.of_role(row.organisation_id, Role.PROVIDER)
        due = steps.due(session, "review_days", clock)
        steps.open_step(
            session, NewStep(StepKind.SHARING_ENDED, "sharing_notice", notice.id, owner, due), clock
        )
        audit.record(
            session, actor, "sharing.ended", "learner", row.learner_id, clock=clock, reason=why.value
        )
    session.flush()
    return len(found)


def _is_joined(notice: SharingNotice | None) -> bool:
    return notice is not None and notice.why is SharingEnd.ERASED


def join_into_erasure(session: Session, learner_ids: Collection[UUID], actor: Actor, clock: Clock) -> None:
    """The record is to be erased, and every provider that has details is told to delete them: what it had still to
    note about the end of sharing goes into that one notice, and its step is closed."""
    found = queries.enrolments_of(session, learner_ids)
    for notice in queries.open_notices(session, [row.id for row in found]):
        if not _is_joined(notice):
            notice.why = SharingEnd.ERASED
            steps.close_step(session, StepKind.SHARING_ENDED, notice.id, clock, "joined")
            audit.record(session, actor, "sharing.end_joined", "sharing_notice", notice.id, clock=clock)
    session.flush()


def acknowledge(session: Session, notice_id: UUID, actor: Actor, clock: Clock) -> None:
    """The provider has noted it. A second time changes nothing; NotFound for another provider's notice."""
    notice = queries.notice(session, notice_id)
    if notice is None or actor.role is not Role.PROVIDER or notice.organisation_id != actor.organisation_id:
        raise NotFound("There is no such notice.")
    if notice.acknowledged_at is not None:
        return
    notice.acknowledged_at, notice.acknowledged_by = clock.now(), actor.id
    steps.close_step(session, StepKind.SHARING_ENDED, notice.id, clock, "acknowledged")
    audit.record(session, actor, "sharing.end_acknowledged", "sharing_notice", notice.id, clock=clock)
