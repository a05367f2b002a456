"""What consent does by the clock."""

from hub.consent import service
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import transaction


def expire(clock: Clock) -> int:
    """Permissions whose last day has passed are noted as run out, and askings by link that nobody answered as over;
    where a case is open, the hub asks again."""
    with transaction(SYSTEM) as session:
        return service.expire(session, clock) + service.expire_requests(session, clock)


def watch_agreements(clock: Clock) -> int:
    """A sharing agreement that ends, or is to be reviewed, within 60 days becomes a step for the hub."""
    with transaction(SYSTEM) as session:
        return service.watch_agreements(session, clock)
