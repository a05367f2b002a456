"""What assessment does by the clock."""

from hub.assessment import service
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import transaction


def second_people(clock: Clock) -> int:
    """A level that its second person has not looked at in time goes to the hub's managers."""
    with transaction(SYSTEM) as session:
        return service.hand_on(session, clock)
