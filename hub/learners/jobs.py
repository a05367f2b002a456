"""The sweeps of this slice."""

from collections.abc import Callable

from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import transaction
from hub.learners import service


def sample(clock: Clock) -> int:
    """Once a week, draw some pairs of the low band for a person to look at; how many. A second run draws none."""
    with transaction(SYSTEM) as session:
        return service.sample_low_band(session, clock)


def link(clock: Clock) -> int:
    """Where automatic linking is on, link what fell into the automatic zone, each pair by itself; how many tried."""
    with transaction(SYSTEM) as session:
        due = service.links_due(session, clock)
    for pair_id in due:
        with transaction(SYSTEM) as session:
            service.propose_link(session, pair_id)
    return len(due)


def reindex(clock: Clock, *, everything: bool = False, progress: Callable[[int], None] | None = None) -> int:
    """Renew the indexes that older rules made, 200 records a transaction; how many. Stopped, it goes on later."""
    done = 0
    with transaction(SYSTEM) as session:
        if everything:
            service.forget_index_versions(session)
    while True:
        with transaction(SYSTEM) as session:
            renewed = service.renew_indexes(session, clock)
        done += renewed
        if not renewed:
            return done
        if progress is not None:
            progress(done)
