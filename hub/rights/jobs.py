"""Sweeps of rights: erasures that are due, and what is over its time. Each unit is a transaction of its own."""

from hub.core.clock import Clock
from hub.core.errors import Conflict
from hub.core.permissions import SYSTEM
from hub.infra import erasures
from hub.infra.db import runtime, transaction
from hub.infra.logs import logger
from hub.infra.seals import publishing
from hub.rights import queries, reads, service
from hub.rights.holdings import SWEEPS
from hub.rights.service import retention

log = logger(__name__)


def erase(clock: Clock) -> int:
    """Carry out granted erasures whose day has come, and write the tombstones into the file; how many."""
    with transaction(SYSTEM) as session:
        due = [row.id for row in queries.erasures_due(session, clock.today())]
    done = 0
    for case_id in due:
        with transaction(SYSTEM) as session:
            done += service.carry_out(session, case_id, clock)
    log_erasures(clock)
    return done


def log_erasures(clock: Clock) -> int:
    """Write tombstones that are not in the file yet; how many."""
    with transaction(SYSTEM) as session:
        return erasures.log_new(session, runtime().settings.erasures_path, clock.now())


def retain(clock: Clock) -> int:
    """Let go what is over its time, rule by rule; tell learners; erase whom we told 28 days ago. How many rows
    and learners went. A day on which nothing is due costs one statement."""
    with transaction(SYSTEM) as session:
        due = reads.due_now(session, clock)
    gone = sum(_sweep(code, clock) for code in SWEEPS if code in due)
    gone += _let_learners_go(clock) if reads.LEARNERS in due else 0
    gone += sum(_remove_audit(code, clock) for code in reads.AUDIT_RULES if code in due)
    with transaction(SYSTEM) as session:
        return gone + retention.destroy_archives(session, clock)


def _remove_audit(code: str, clock: Clock) -> int:
    """An audit that was changed stays as it is; the nightly check tells data protection of it."""
    try:
        with transaction(SYSTEM) as session:
            gone = retention.remove_audit(session, code, clock)
    except Conflict as error:
        log.error("audit.not_removed", rule=code, cause=str(error))
        return 0
    publishing.publish_new()
    return gone


def _let_learners_go(clock: Clock) -> int:
    with transaction(SYSTEM) as session:
        over = retention.look(session, clock)
        retention.tell_learners(session, over, clock)
        due = retention.notices_due(session, over, clock)
    for learner_id in due:
        with transaction(SYSTEM) as session:
            retention.erase_over(session, learner_id, clock)
    if due:
        log_erasures(clock)
    return len(due)


def _sweep(code: str, clock: Clock) -> int:
    total = 0
    while True:
        with transaction(SYSTEM) as session:
            gone = retention.sweep(session, code, clock)
        total += gone
        if gone == 0:
            return total
