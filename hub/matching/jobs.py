"""What time does to rounds, offers and enrolments. Every run is idempotent, in batches of one transaction."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM, Actor
from hub.infra.db import transaction
from hub.matching import service
from hub.matching.service.offers import BATCH


def lapse(clock: Clock) -> int:
    """Learners' time to answer has run out (18:00 of the last day); how many offers."""
    return _all(lambda session, actor: service.lapse_due(session, clock, actor))


def silence(clock: Clock) -> int:
    """Providers that let the ceiling pass: the hub decides; how many offers."""
    return _all(lambda session, actor: service.provider_silence(session, actor, clock))


def refills(clock: Clock) -> int:
    """Prepare a refill where places came free; how many learners it would place."""
    with transaction(SYSTEM) as session:
        row = service.prepare_refills(session, SYSTEM, clock)
        return row.placed if row is not None else 0


def rounds(clock: Clock) -> int:
    """Close rounds whose offers are all answered, and ask for the next one when it is due."""
    with transaction(SYSTEM) as session:
        return service.close_finished(session, SYSTEM, clock) + service.ask_for_round(session, clock)


def _all(sweep: Callable[[Session, Actor], int]) -> int:
    total = 0
    while True:
        with transaction(SYSTEM) as session:
            changed = sweep(session, SYSTEM)
        total += changed
        if changed < BATCH:
            return total
