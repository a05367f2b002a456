"""Sweeps over late steps."""

from hub.core.clock import Clock
from hub.core.working_days import is_working_day
from hub.infra.calendars import holidays
from hub.infra.db import transaction
from hub.steps import service


def chase(clock: Clock) -> int:
    """Chase what has stalled and ask for today's digests; does nothing on a day off."""
    if not is_working_day(clock.today(), holidays()):
        return 0
    with transaction() as session:
        chased = service.chase_due(session, clock)
        session.flush()
        service.digests_due(session, clock)
    return chased
