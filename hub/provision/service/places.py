"""Places are held, taken, given back and confirmed. The counters move under the class's row lock.

Each move is one UPDATE: it takes the lock and asks its condition of the row as it is then, so of two who want the
last place one is told that the class is full. The version of the class's details does not move with them.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.core.wording import count_of
from hub.infra import audit
from hub.provision import queries
from hub.provision.domain import ClassState, PlacesChange, free_places
from hub.provision.models import EsolClass
from hub.steps import service as steps
from hub.steps.domain import StepKind

_FREE_NOW = EsolClass.capacity - EsolClass.held - EsolClass.enrolled


def hold_place(session: Session, class_id: UUID, clock: Clock) -> None:
    """Keep one free place for an offer.

    Raises Conflict `class_full` when no place is free, `class_not_open` when the class is not published, NotFound.
    """
    is_free = (EsolClass.state == ClassState.PUBLISHED) & (EsolClass.places_free > 0) & (_FREE_NOW > 0)
    held = {"held": EsolClass.held + 1, "places_free": EsolClass.places_free - 1}
    if _move(session, class_id, is_free, held) is not None:
        return
    row = _row(session, class_id)
    if row.state is not ClassState.PUBLISHED:
        raise Conflict("This class is not open.", code="class_not_open")
    raise Conflict("This class is full.", code="class_full")


def hold_places(session: Session, class_id: UUID, wanted: int, clock: Clock) -> int:
    """Keep as many free places as there are, up to `wanted`, under the class's lock; how many.

    0 for a class that is full. Raises Conflict `class_not_open`, NotFound.
    """
    row = session.get(EsolClass, class_id, populate_existing=True, with_for_update={"key_share": True})
    if row is None:
        raise NotFound("There is no such class or venue.")
    if row.state is not ClassState.PUBLISHED:
        raise Conflict("This class is not open.", code="class_not_open")
    count = min(wanted, free_places(row.places_free, row.capacity, row.held, row.enrolled))
    held = {"held": EsolClass.held + count, "places_free": EsolClass.places_free - count}
    if count:
        _move(session, class_id, EsolClass.id == class_id, held)
    return count


def release_place(session: Session, class_id: UUID, clock: Clock) -> None:
    """Give back a held place. Raises Conflict `no_such_hold` when none is held."""
    given_back = {"held": EsolClass.held - 1, "places_free": _one_more()}
    _move_or_refuse(session, class_id, EsolClass.held > 0, given_back)


def drop_held_place(session: Session, class_id: UUID, clock: Clock) -> None:
    """End a hold on a place that turned out not to exist: it is not free again.

    Raises Conflict `no_such_hold` when none is held.
    """
    _move_or_refuse(session, class_id, EsolClass.held > 0, {"held": EsolClass.held - 1})


def take_held_place(session: Session, class_id: UUID, clock: Clock) -> None:
    """Turn a held place into an enrolment. Raises Conflict `no_such_hold` when none is held."""
    taken = {"held": EsolClass.held - 1, "enrolled": EsolClass.enrolled + 1}
    _move_or_refuse(session, class_id, EsolClass.held > 0, taken)


def free_enrolled_place(session: Session, class_id: UUID, clock: Clock) -> None:
    """Give back the place of an enrolment that ended. Raises Conflict `no_such_hold` when there is none."""
    freed = {"enrolled": EsolClass.enrolled - 1, "places_free": _one_more()}
    _move_or_refuse(session, class_id, EsolClass.enrolled > 0, freed)


def _one_more() -> ColumnElement[int]:
    """One free place more, within what the capacity leaves once this place is given back."""
    return func.least(EsolClass.places_free + 1, _FREE_NOW + 1)


def _move(
    session: Session, class_id: UUID, condition: ColumnElement[bool], values: dict[str, Any]
) -> EsolClass | None:
    """The moved row as it now stands, None when the condition did not hold."""
    moved = update(EsolClass).where(EsolClass.id == class_id, condition).values(values).returning(EsolClass)
    options = {"synchronize_session": False, "populate_existing": True}
    return session.scalars(moved, execution_options=options).one_or_none()


def _move_or_refuse(
    session: Session, class_id: UUID, condition: ColumnElement[bool], values: dict[str, Any]
) -> None:
    if _move(session, class_id, condition, values) is None:
        _row(session, class_id)
        raise Conflict("This place was already given back or taken.", code="no_such_hold")


def _row(session: Session, class_id: UUID) -> EsolClass:
    row = session.get(EsolClass, class_id, populate_existing=True)
    if row is None:
        raise NotFound("There is no such class or venue.")
    return row


def confirm_places(
    session: Session, class_id: UUID, places_free: int, actor: Actor, clock: Clock
) -> EsolClass:
    """The provider says how many places are free now, beside those held and enrolled; closes the step that asked.

    Raises RuleBroken beside `places_free`, Conflict `class_not_open` for a class that is over, NotFound.
    """
    row = queries.class_to_change(session, class_id, actor)
    return _confirm(session, row, places_free, actor, clock)


def change_places(session: Session, change: PlacesChange, actor: Actor, clock: Clock) -> EsolClass:
    """The buttons -, + and 'still right': from the number the person saw to the one wanted.

    Pressed twice it counts once. Raises Conflict `places_moved` when the number changed meanwhile.
    """
    row = queries.class_to_change(session, change.class_id, actor)
    free_now = free_places(row.places_free, row.capacity, row.held, row.enrolled)
    if free_now not in {change.seen, change.to}:
        raise Conflict(
            f"The free places have just changed: now {count_of(free_now, 'place')}. Look again, then press again.",
            code="places_moved",
        )
    return _confirm(session, row, change.to, actor, clock)


def _confirm(session: Session, row: EsolClass, places_free: int, actor: Actor, clock: Clock) -> EsolClass:
    if row.state not in {ClassState.DRAFT, ClassState.PUBLISHED}:
        raise Conflict("This class is over, so its places cannot be changed.", code="class_not_open")
    most = row.capacity - row.held - row.enrolled
    if not 0 <= places_free <= most:
        raise RuleBroken(
            f"Free places must be between 0 and {most}.", field="places_free", code="places_wrong"
        )
    now = {
        "places_free": places_free,
        "places_confirmed_at": clock.now(),
        "places_confirmed_by": actor.name,
    }
    confirmed = _move(session, row.id, EsolClass.id == row.id, now)
    steps.close_step(session, StepKind.PLACES_TO_CONFIRM, row.id, clock)
    audit.record(session, actor, "class.places_confirmed", "esol_class", row.id, clock=clock)
    return confirmed or row
