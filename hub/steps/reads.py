"""Open steps as people see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core.permissions import Actor, Role
from hub.infra.calendars import holidays
from hub.policy import reads as policy
from hub.steps import queries
from hub.steps.domain import TITLES, Lateness, StepKind, lateness
from hub.steps.models import Step


@dataclass(frozen=True, slots=True)
class StepView:
    """An open step. `title` and `verb` are words for staff."""

    id: UUID
    kind: StepKind
    subject_type: str
    subject_id: UUID
    learner_id: UUID | None
    organisation_id: UUID
    role: Role
    user_id: UUID | None
    opened_at: datetime
    due_on: date
    chased_at: datetime | None
    escalated_at: datetime | None
    lateness: Lateness

    @property
    def title(self) -> str:
        return TITLES[self.kind][0]

    @property
    def verb(self) -> str:
        return TITLES[self.kind][1]


@dataclass(frozen=True, slots=True)
class MyWork:
    """What one person can do, by how pressing it is; and what waits for somebody else.

    `total` counts all of it, `overdue_total` what is overdue; `later` what comes in its turn after two weeks.
    """

    overdue: list[StepView]
    today: list[StepView]
    soon: list[StepView]
    escalated: list[StepView]
    total: int
    overdue_total: int
    later: int


MOST_SHOWN = 200
AHEAD = timedelta(days=14)
"""So long before it is due, what comes in its turn is shown (`domain.IN_TURN`)."""


def my_work(session: Session, actor: Actor, today: date) -> MyWork:
    """What this person can do now: overdue first, then due today, then soon; at most 200 rows of each."""
    wanted = queries.held_by(actor).where(queries.is_work(today + AHEAD))
    held = session.scalars(wanted.order_by(Step.due_on, Step.id).limit(3 * MOST_SHOWN)).all()
    views = [_view(session, row, today) for row in held]
    escalated: list[StepView] = []
    if actor.role is Role.HUB_MANAGER:
        rows = session.scalars(
            queries.escalated_to_hub()
            .where(Step.organisation_id != actor.organisation_id)
            .order_by(Step.due_on)
            .limit(MOST_SHOWN)
        )
        escalated = [_view(session, row, today) for row in rows]
    overdue, total, later = queries.count_held(session, actor, today, today + AHEAD)
    return MyWork(
        overdue=[view for view in views if view.due_on < today][:MOST_SHOWN],
        today=[view for view in views if view.due_on == today][:MOST_SHOWN],
        soon=[view for view in views if view.due_on > today][:MOST_SHOWN],
        escalated=escalated,
        total=total,
        overdue_total=overdue,
        later=later,
    )


def open_steps(session: Session, subject_ids: Iterable[UUID], today: date) -> dict[UUID, list[StepView]]:
    """Open steps by subject."""
    found: dict[UUID, list[StepView]] = {}
    for row in queries.open_steps(session, subject_ids):
        found.setdefault(row.subject_id, []).append(_view(session, row, today))
    return found


def learner_steps(session: Session, learner_ids: Iterable[UUID], today: date) -> list[StepView]:
    return [_view(session, row, today) for row in queries.learner_steps(session, learner_ids)]


def counts_by_person(session: Session, user_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many open steps are each person's own."""
    return queries.counts_by_person(session, user_ids)


def counts_by_kind(session: Session, today: date) -> dict[StepKind, tuple[int, int]]:
    """(open, overdue) by kind over the whole hub."""
    return {kind: (count, late) for kind, count, late in queries.counts_by_kind(session, today)}


def held_by_kind(session: Session, actor: Actor, today: date) -> dict[StepKind, int]:
    """What a person can do, by kind: for the badges of the header."""
    return queries.held_by_kind(session, actor, queries.is_work(today + AHEAD))


def overdue_by_kind(session: Session, actor: Actor, today: date) -> dict[StepKind, int]:
    """How many steps of each kind are overdue with a person, the longest overdue first: for the digest."""
    return queries.held_by_kind(session, actor, queries.overdue(today))


def subjects_without_step(session: Session, subject_ids: Iterable[UUID]) -> set[UUID]:
    """Of these subjects, those with no open step: must be empty for open cases (invariant 5)."""
    wanted = set(subject_ids)
    return wanted - set(
        session.scalars(select(Step.subject_id).where(queries.OPEN, Step.subject_id.in_(wanted)))
    )


def _view(session: Session, row: Step, today: date) -> StepView:
    stall = policy.number(session, "stall_days", today)
    return StepView(
        row.id, row.kind, row.subject_type, row.subject_id, row.learner_id, row.organisation_id, row.role,
        row.user_account_id, row.opened_at, row.due_on, row.chased_at, row.escalated_at,
        lateness(row.due_on, today, stall, holidays()),
    )  # fmt: skip
