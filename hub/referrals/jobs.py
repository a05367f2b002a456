"""Sweeps of referrals: unanswered questions and old drafts. Each batch is a transaction of its own."""

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


def expire_drafts(clock: Clock) -> int:
    """Delete drafts and files whose days are over; how many."""
    done = 0
    while True:
        with transaction(SYSTEM) as session:
            batch = service.expire_drafts(session, clock) + service.expire_files(session, clock)
        done += batch
        if batch == 0:
            return done
