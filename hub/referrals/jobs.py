"""The sweep of referrals: unanswered questions. Each batch is a transaction of its own."""

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import transaction
from hub.referrals import service


def remind(clock: Clock) -> int:
    """Chase unanswered questions whose day has come; how many."""
    done = 0
    while True:
        with transaction(SYSTEM) as session:
            batch = service.remind(session, SYSTEM, clock)
        done += batch
        if batch == 0:
            return done
