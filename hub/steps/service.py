"""Opening, moving and closing steps, and chasing those that are late.

Who acts may open a step for somebody else (a provider's yes is the learner's step): writing one is the hub's doing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.core.clock import Clock
from hub.core.permissions import HUB_ROLES, Role
from hub.infra.calendars import holidays
from hub.infra.db import record
from hub.infra.sight import as_the_hub, open_to_the_hub
from hub.infra.writes import write_later
from hub.policy import reads as policy
from hub.steps import queries
from hub.steps.domain import (
    DigestDue,
    NewStep,
    Owner,
    StepChased,
    StepEscalated,
    StepKind,
    StepState,
    due_on,
    lateness,
)
from hub.steps.models import Step


@contextmanager
def _as_whoever_keeps_the_list(session: Session) -> Iterator[None]:
    """What is to be done is the hub's list: also a step that names no learner, when a learner's own act ends it."""
    open_to_the_hub(session)
    with as_the_hub(session):
        yield


def open_step(session: Session, new: NewStep, clock: Clock) -> None:
    """Open a step; where one of this kind is open for the subject, it gets the new owner and due date."""
    with _as_whoever_keeps_the_list(session):
        queries.put_step(session, _step(new, clock))


def open_first_step(session: Session, new: NewStep, clock: Clock) -> None:
    """Open the first step of a subject that this transaction has just made: nothing read next depends on it."""
    write_later(session, _step(new, clock))


def open_steps(session: Session, new: Sequence[NewStep], clock: Clock) -> None:
    """Open many steps, each as `open_step` does."""
    for one in new:
        open_step(session, one, clock)


def _step(new: NewStep, clock: Clock) -> Step:
    return Step(
        kind=new.kind, state=StepState.OPEN, subject_type=new.subject_type, subject_id=new.subject_id,
        learner_id=new.learner_id, organisation_id=new.owner.organisation_id, role=new.owner.role,
        user_account_id=new.owner.user_id, opened_at=clock.now(), due_on=new.due_on,
    )  # fmt: skip


def close_step(
    session: Session, kind: StepKind, subject_id: UUID, clock: Clock, outcome: str = "done"
) -> None:
    """Close the open step of this kind; nothing happens when there is none."""
    with _as_whoever_keeps_the_list(session):
        queries.end_steps(session, [subject_id], clock.now(), outcome, kind)


def close_steps(session: Session, subject_ids: Iterable[UUID], clock: Clock, outcome: str = "done") -> None:
    """Close all open steps about these subjects."""
    with _as_whoever_keeps_the_list(session):
        queries.end_steps(session, list(subject_ids), clock.now(), outcome)


def hand_over(session: Session, user_id: UUID, to: Mapping[Role, Owner]) -> int:
    """Give all open steps of a person to the new owner for their role; what is due stays due. Returns how many."""
    rows = queries.steps_of_person(session, user_id)
    for row in rows:
        owner = to[row.role]
        row.organisation_id, row.role, row.user_account_id = owner.organisation_id, owner.role, owner.user_id
    return len(rows)


def give(session: Session, kind: StepKind, subject_id: UUID, owner: Owner) -> None:
    """Give the open step of this kind to another owner, if there is one; its due date stays."""
    for row in queries.open_steps(session, [subject_id]):
        if row.kind is kind:
            row.organisation_id, row.role = owner.organisation_id, owner.role
            row.user_account_id = owner.user_id


def move_learner(session: Session, subject_ids: Iterable[UUID], learner_id: UUID) -> None:
    """Point steps about these subjects at another learner, after a merge or an unmerge."""
    session.execute(update(Step).where(Step.subject_id.in_(list(subject_ids))).values(learner_id=learner_id))


def due(session: Session, code: str, clock: Clock) -> date:
    """The day on which the clock `code`, started today, runs out. A clock that is off runs out in a year."""
    today = clock.today()
    return due_on(policy.number(session, code, today) or 260, today, holidays())


def hub_role(session: Session, role: Role = Role.HUB_MANAGER) -> Owner:
    """The hub's people of a role, as owner."""
    return Owner.of_role(accounts.hub_organisation(session).id, role)


def chase_due(session: Session, clock: Clock) -> int:
    """Remind the holders of stalled steps, once; escalate to the hub what is twice as late; how many.

    Reminders become one digest a person: see `digests_due`.
    """
    today = clock.today()
    stall = policy.number(session, "stall_days", today)
    chased = 0
    for row in queries.late(session, today):
        late = lateness(row.due_on, today, stall, holidays())
        if late.is_stalled and row.chased_at is None:
            row.chased_at = clock.now()
            record(session, StepChased(row.id))
            chased += 1
        if late.is_escalated and row.escalated_at is None:
            row.escalated_at = clock.now()
            record(session, StepEscalated(row.id))
    return chased


def digests_due(session: Session, clock: Clock) -> int:
    """On a working day, one digest for each person who holds an overdue step; how many people."""
    today = clock.today()
    people: set[UUID] = set()
    for row in queries.late(session, today):
        people.update(_holders(session, row))
    for user_id in sorted(people):
        record(session, DigestDue(user_id, today))
    return len(people)


def _holders(session: Session, row: Step) -> set[UUID]:
    """The person named, else everybody of the role; for what was escalated, the hub's managers too."""
    users = {row.user_account_id} if row.user_account_id else _active(session, row.organisation_id, row.role)
    if row.escalated_at is not None and row.role not in HUB_ROLES:
        users |= _active(session, accounts.hub_organisation(session).id, Role.HUB_MANAGER)
    return {user for user in users if user is not None}


def _active(session: Session, organisation_id: UUID, role: Role) -> set[UUID | None]:
    cache: dict[tuple[UUID, Role], set[UUID | None]] = session.info.setdefault("hub_step_holders", {})
    key = (organisation_id, role)
    if key not in cache:
        users = accounts.users_of(session, organisation_id, role)
        cache[key] = {user.id for user in users if user.is_active}
    return cache[key]
