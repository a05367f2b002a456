"""Sweeps of the desk."""

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.desk import service
from hub.infra.db import transaction


def forget_searches(clock: Clock) -> int:
    """Delete old search results; how many."""
    with transaction(SYSTEM) as session:
        return service.forget_old_searches(session, clock)
