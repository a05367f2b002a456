"""Selects of steps."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, not_, or_, select
from sqlalchemy.orm import Session

from hub.core.permissions import HUB_ROLES, Actor, Role
from hub.infra.rows import scoped
from hub.infra.writes import columns_of, execute_later, write_now
from hub.steps.domain import IN_TURN, StepKind, StepState
from hub.steps.models import Step

OPEN = Step.state == StepState.OPEN


_PUT_STEP = (
    "INSERT INTO step (id, kind, state, subject_type, subject_id, learner_id, organisation_id, role, "
    "user_account_id, opened_at, due_on) VALUES (%(id)s, %(kind)s, %(state)s, %(subject_type)s, "
    "%(subject_id)s, %(learner_id)s, %(organisation_id)s, %(role)s, %(user_account_id)s, %(opened_at)s, "
    "%(due_on)s) ON CONFLICT (kind, subject_id) WHERE state = 'open' DO UPDATE SET "
    "organisation_id = excluded.organisation_id, role = excluded.role, "
    "user_account_id = excluded.user_account_id, due_on = excluded.due_on, "
    "learner_id = coalesce(excluded.learner_id, step.learner_id), chased_at = NULL, escalated_at = NULL"
)
_END_STEPS = (
    "UPDATE step SET state = 'closed', closed_at = %(now)s, outcome = %(outcome)s "
    "WHERE state = 'open' AND subject_id = ANY(%(subjects)s)"
)
"""Opening and closing need no look first: they wait with the new rows (infra.writes). What reads steps reads them
anew (`populate_existing`), since the rows change behind the session's back."""

_ANEW = {"populate_existing": True}


def put_step(session: Session, step: Step) -> None:
    """Insert the step, or give the open one of its kind and subject its owner and day."""
    values = columns_of(step) | {"kind": step.kind.value, "state": step.state.value, "role": step.role.value}
    execute_later(session, Step, _PUT_STEP, values, needed=False)


def end_steps(
    session: Session, subject_ids: list[UUID], now: datetime, outcome: str, kind: StepKind | None = None
) -> None:
    """Close what is open about these subjects, of one kind or of any."""
    of_kind = " AND kind = %(kind)s" if kind else ""
    values = {"now": now, "outcome": outcome, "subjects": subject_ids}
    named = values | ({"kind": kind.value} if kind else {})
    execute_later(session, Step, _END_STEPS + of_kind, named, needed=False)


def open_steps(session: Session, subject_ids: Iterable[UUID]) -> Sequence[Step]:
    found = select(Step).where(OPEN, Step.subject_id.in_(list(subject_ids)))
    return session.scalars(found.order_by(Step.due_on, Step.id).execution_options(**_ANEW)).all()


def learner_steps(session: Session, learner_ids: Iterable[UUID]) -> Sequence[Step]:
    found = select(Step).where(OPEN, Step.learner_id.in_(list(learner_ids)))
    return session.scalars(found.order_by(Step.due_on, Step.id).execution_options(**_ANEW)).all()


def steps_of_person(session: Session, user_id: UUID) -> Sequence[Step]:
    """The open steps that are this person's own, locked."""
    return session.scalars(
        select(Step).where(OPEN, Step.user_account_id == user_id).with_for_update(key_share=True)
    ).all()


def counts_by_person(session: Session, user_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many open steps are each person's own."""
    found = (
        select(Step.user_account_id, func.count())
        .where(OPEN, Step.user_account_id.in_(list(user_ids)))
        .group_by(Step.user_account_id)
    )
    return {user_id: count for user_id, count in session.execute(found) if user_id is not None}


def held_by(actor: Actor) -> Select[Step]:
    """Open steps that this person may act on: their own, and those of their role.

    The hub's managers see all the hub's steps: an assessor may be away.
    """
    roles = HUB_ROLES if actor.role is Role.HUB_MANAGER else {actor.role}
    mine = or_(Step.user_account_id == actor.id, Step.user_account_id.is_(None))
    if actor.role is Role.HUB_MANAGER:
        mine = or_(mine, Step.user_account_id.is_not(None))
    held = scoped(Step, actor).where(
        OPEN, Step.organisation_id == actor.organisation_id, Step.role.in_(roles), mine
    )
    return held.execution_options(**_ANEW)


def escalated_to_hub() -> Select[Step]:
    return select(Step).where(OPEN, Step.escalated_at.is_not(None)).execution_options(**_ANEW)


def late(session: Session, today: date) -> Sequence[Step]:
    found = select(Step).where(OPEN, Step.due_on < today).order_by(Step.due_on, Step.id)
    return session.scalars(found.execution_options(**_ANEW)).all()


def counts_by_kind(session: Session, today: date) -> Sequence[tuple[StepKind, int, int]]:
    """(kind, open, overdue) over the whole hub."""
    overdue = func.count().filter(Step.due_on < today)
    rows = session.execute(select(Step.kind, func.count(), overdue).where(OPEN).group_by(Step.kind))
    return [(kind, count, late_count) for kind, count, late_count in rows]


def held_by_kind(session: Session, actor: Actor, wanted: ColumnElement[bool]) -> dict[StepKind, int]:
    """Those of a person's open steps by kind, the oldest first."""
    write_now(session)
    found = held_by(actor).with_only_columns(Step.kind, func.count()).group_by(Step.kind)
    rows = session.execute(found.where(wanted).order_by(func.min(Step.due_on), Step.kind))
    return {StepKind(kind): int(count) for kind, count in rows}


def is_work(until: date) -> ColumnElement[bool]:
    """Whether a step is something to do: of the kinds whose turn comes by itself, those due until that day."""
    return or_(Step.due_on <= until, Step.kind.not_in(IN_TURN))


def overdue(today: date) -> ColumnElement[bool]:
    return Step.due_on < today


def count_held(session: Session, actor: Actor, today: date, until: date) -> tuple[int, int, int]:
    """Steps of a person: (overdue, to do with those, in their turn later); see `is_work`."""
    write_now(session)
    parts = (Step.due_on < today, is_work(until), not_(is_work(until)))
    row = session.execute(
        held_by(actor).with_only_columns(*[func.count().filter(one) for one in parts])
    ).one()
    return int(row[0]), int(row[1]), int(row[2])
