"""What accounts do by the clock."""

from datetime import timedelta

from hub.accounts import queries
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import transaction

_KEPT = timedelta(days=1)


def forget(clock: Clock) -> int:
    """Delete sign-ins, begun sign-ins and links a day after they have run out; how many."""
    with transaction(SYSTEM) as session:
        return queries.forget_before(session, clock.now() - _KEPT)
