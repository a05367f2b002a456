"""Selects of steps."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from hub.core.permissions import HUB_ROLES, Actor, Role
from hub.steps.domain import StepKind, StepState
from hub.steps.models import Step

OPEN = Step.state == StepState.OPEN


_OPEN_STEP = select(Step).where(
    OPEN, Step.kind == bindparam("kind"), Step.subject_id == bindparam("subject_id")
)


def open_step(session: Session, kind: StepKind, subject_id: UUID) -> Step | None:
    return session.scalar(_OPEN_STEP, {"kind": kind, "subject_id": subject_id})


def open_steps(session: Session, subject_ids: Iterable[UUID]) -> Sequence[Step]:
    found = select(Step).where(OPEN, Step.subject_id.in_(list(subject_ids)))
    return session.scalars(found.order_by(Step.due_on, Step.id)).all()


def learner_steps(session: Session, learner_ids: Iterable[UUID]) -> Sequence[Step]:
    found = select(Step).where(OPEN, Step.learner_id.in_(list(learner_ids)))
    return session.scalars(found.order_by(Step.due_on, Step.id)).all()


def steps_of_person(session: Session, user_id: UUID) -> Sequence[Step]:
    """The open steps that are this person's own, locked."""
    return session.scalars(select(Step).where(OPEN, Step.user_account_id == user_id).with_for_update()).all()


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
    return select(Step).where(OPEN, Step.organisation_id == actor.organisation_id, Step.role.in_(roles), mine)


def escalated_to_hub() -> Select[Step]:
    return select(Step).where(OPEN, Step.escalated_at.is_not(None))


def late(session: Session, today: date) -> Sequence[Step]:
    return session.scalars(select(Step).where(OPEN, Step.due_on < today).order_by(Step.due_on, Step.id)).all()


def counts_by_kind(session: Session, today: date) -> Sequence[tuple[StepKind, int, int]]:
    """(kind, open, overdue) over the whole hub."""
    overdue = func.count().filter(Step.due_on < today)
    rows = session.execute(select(Step.kind, func.count(), overdue).where(OPEN).group_by(Step.kind))
    return [(kind, count, late_count) for kind, count, late_count in rows]


def held_by_kind(session: Session, actor: Actor) -> dict[StepKind, int]:
    """Open steps of a person by kind: for the badges of the header."""
    held = held_by(actor).subquery()
    rows = session.execute(select(held.c.kind, func.count()).group_by(held.c.kind))
    return {StepKind(kind): int(count) for kind, count in rows}


def count_held(session: Session, actor: Actor, today: date) -> tuple[int, int]:
    """(open, overdue) steps of a person."""
    held = held_by(actor).subquery()
    row = session.execute(
        select(func.count(), func.count().filter(and_(held.c.due_on < today))).select_from(held)
    ).one()
    return int(row[0]), int(row[1])
