"""Daily sweeps over classes."""

from hub.core.clock import Clock
from hub.infra.db import transaction
from hub.provision import service


def ask_for_places(clock: Clock) -> int:
    """Ask providers to confirm free places that have gone stale; how many classes."""
    with transaction() as session:
        return service.ask_for_places(session, clock)


def end_classes(clock: Clock) -> int:
    """Close classes whose last day has passed; how many."""
    with transaction() as session:
        return service.end_classes(session, clock)
