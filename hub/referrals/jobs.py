"""The sweeps of referrals: unanswered questions, files that wait. Each batch is a transaction of its own."""

from uuid import UUID

from hub.accounts import reads as accounts
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM, Actor
from hub.infra.db import transaction
from hub.referrals import service
from hub.referrals.exchange import carry_on

BATCHES_AT_ONCE = 10
"""Of files, some 20 seconds: so long does a scheduler that is told to stop take at most."""


def remind(clock: Clock) -> int:
    """Chase unanswered questions whose day has come; how many."""
    done = 0
    while True:
        with transaction(SYSTEM) as session:
            batch = service.remind(session, SYSTEM, clock)
        done += batch
        if batch == 0:
            return done


def take_in_files(clock: Clock) -> int:
    """Take in the files that people have said yes to, a batch of each in turn; how many batches."""
    done = 0
    while done < BATCHES_AT_ONCE and (waiting := _files_to_go_on_with()):
        for file_id, owner in waiting:
            carry_on(file_id, owner, clock)
            done += 1
    return done


def _files_to_go_on_with() -> list[tuple[UUID, Actor]]:
    with transaction(SYSTEM) as session:
        waiting = service.files_to_go_on_with(session)
        return [(file_id, accounts.actor_for(session, user_id)) for file_id, user_id in waiting]
