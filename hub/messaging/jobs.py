"""Sweeps of messages."""

from hub.core.clock import Clock
from hub.infra.db import transaction
from hub.messaging import service


def wipe(clock: Clock) -> int:
    """Destroy the words of old messages; the rows stay without them."""
    with transaction() as session:
        return service.wipe_old(session, clock)
