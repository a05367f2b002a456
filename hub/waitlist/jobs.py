"""The daily sweeps of the waiting list.

Each run is idempotent and works in batches of 500 of one transaction.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM, Actor
from hub.infra.db import transaction
from hub.waitlist import queries, service
from hub.waitlist.service.check_ins import BATCH

Sweep = Callable[[Session, Actor, Clock], int]


def sweep(clock: Clock) -> int:
    """End pauses, renew priorities, ask check-ins and go on with the unanswered ones; how many entries
    changed."""
    todo: tuple[Sweep, ...] = (
        service.end_pauses,
        renew_priorities,
        service.chase_check_ins,
        service.ask_check_ins,
    )
    return sum(_all(one, clock) for one in todo)


def renew_priorities(session: Session, actor: Actor, clock: Clock) -> int:
    """A priority that a rule gave for some months has ended for these entries."""
    over = queries.priorities_over(session, clock.today(), BATCH)
    service.refresh(session, {entry.learner_id for entry in over}, clock)
    return len(over)


def _all(one: Sweep, clock: Clock) -> int:
    total = 0
    while True:
        with transaction(SYSTEM) as session:
            changed = one(session, SYSTEM, clock)
        total += changed
        if changed < BATCH:
            return total
