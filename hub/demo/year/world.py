"""What all the people of the simulated year share: the clock, chance, the borough, and who is who."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.core.clock import LONDON, FixedClock, london_time
from hub.core.errors import HubError
from hub.core.permissions import Actor
from hub.core.working_days import is_working_day
from hub.demo.borough import Borough
from hub.demo.parameters import Parameters
from hub.demo.people import SimPerson
from hub.infra.calendars import holidays
from hub.infra.db import handle, transaction
from hub.steps.domain import StepKind

T = TypeVar("T")
Act = Callable[[Session], object]


@dataclass(slots=True)
class World:
    """The state of the simulation. What the hub knows is in its database; here is only what people know."""

    clock: FixedClock
    rng: Random
    parameters: Parameters
    borough: Borough
    people: dict[UUID, SimPerson] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def today(self) -> date:
        return self.clock.today()

    @property
    def is_working_day(self) -> bool:
        return is_working_day(self.today, holidays())

    def happens(self, conduct: str) -> bool:
        """By the lot: does a person now do what the parameter is about?"""
        return self.rng.random() < self.parameters.conduct[conduct]

    def at(self, hour: int, minute: int = 0) -> None:
        """Move the clock on to a London time of today; it never moves back."""
        self.clock.move_to(max(self.clock.now(), london_time(self.today, hour, minute)))

    def know(self, person: SimPerson, learner_id: UUID) -> None:
        person.ids.add(learner_id)
        self.people[learner_id] = person

    def together(self, actor: Actor, acts: Sequence[Act]) -> None:
        """What one person does in one go, in one transaction.

        When the hub refuses one act, nothing of it is left, and each is done again by itself.
        """
        if not acts:
            return
        try:
            with transaction(actor) as session:
                for act in acts:
                    act(session)
                    handle(session)
        except HubError:
            for act in acts:
                self._alone(actor, act)

    def _alone(self, actor: Actor, act: Act) -> None:
        try:
            with transaction(actor) as session:
                act(session)
        except HubError as error:
            self.refused[error.code] += 1


@dataclass(frozen=True, slots=True)
class Todo:
    """An open step."""

    kind: StepKind
    subject_id: UUID
    learner_id: UUID | None
    organisation_id: UUID
    user_id: UUID | None
    opened_at: datetime
    due_on: date

    def opened_on(self) -> date:
        return self.opened_at.astimezone(LONDON).date()


_TODO = text(
    "SELECT kind, subject_id, learner_id, organisation_id, user_account_id, opened_at, due_on FROM step "
    "WHERE state = 'open' AND kind = ANY(:kinds) AND (CAST(:until AS date) IS NULL OR due_on <= :until) "
    "ORDER BY opened_at, id"
)


def todo(session: Session, kinds: Iterable[StepKind], until: date | None = None) -> list[Todo]:
    """The open steps of these kinds, oldest first; with `until`, those due by that day."""
    rows = session.execute(_TODO, {"kinds": [kind.value for kind in kinds], "until": until})
    return [Todo(StepKind(row[0]), *row[1:]) for row in rows]


def without_last(found: Sequence[T], leave: int) -> Sequence[T]:
    """All but the last `leave`."""
    return found[: max(0, len(found) - leave)]


def seeded_ids(rng: Random, clock: FixedClock) -> Callable[[], tuple[int, bytes]]:
    """A source of ids in the order in which they are made, by the simulated clock and the seed."""
    last = [0]

    def source() -> tuple[int, bytes]:
        last[0] = max(last[0] + 1, int(clock.now().timestamp() * 1000))
        return last[0], rng.randbytes(10)

    return source


def days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
