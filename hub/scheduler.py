"""The scheduler: of any number of processes one leads, by an advisory lock, and runs the jobs of the wiring.

Jobs are sweeps over what is due and may run twice without harm. None starts between 01:00 and 01:59 in London,
an hour that comes twice in October and not at all in March.
"""

import threading
from collections.abc import Callable, Sequence

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from hub.core.clock import Clock
from hub.core.errors import HubError
from hub.infra.db import runtime
from hub.infra.jobs import Job
from hub.infra.logs import logger

log = logger(__name__)
LOCK = 0x4853_4348  # "HSCH": the number of the leader's lock
LOOK_SECONDS = 2.0


def run(jobs: Sequence[Job], stop: threading.Event) -> None:
    """Lead when no other does, until `stop`; a lost connection gives the lead up."""
    engine = runtime().engine.execution_options(isolation_level="AUTOCOMMIT")
    while not stop.is_set():
        try:
            _lead_when_free(engine, jobs, stop)
        except SQLAlchemyError as error:
            log.warning("scheduler.database_lost", error=type(error).__name__)
        stop.wait(LOOK_SECONDS)


def _lead_when_free(engine: Engine, jobs: Sequence[Job], stop: threading.Event) -> None:
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:n)"), {"n": LOCK}):
            return
        log.info("scheduler.leads")
        scheduler = _scheduler(jobs, runtime().clock)
        scheduler.start()
        try:
            _hold(connection, stop)
        finally:
            scheduler.shutdown(wait=True)
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})")


def _hold(connection: Connection, stop: threading.Event) -> None:
    """Lead while the connection that holds the lock lives."""
    while not stop.wait(LOOK_SECONDS):
        connection.exec_driver_sql("SELECT 1")


def _scheduler(jobs: Sequence[Job], clock: Clock) -> BackgroundScheduler:
    made = BackgroundScheduler(
        timezone="Europe/London",
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for job in jobs:
        made.add_job(safely(job, clock), id=job.name, **job.trigger)
    return made


def safely(job: Job, clock: Clock) -> Callable[[], None]:
    """The job, with its outcome in the log: a fault in one must not end the others."""

    def run_job() -> None:
        try:
            count = job.run(clock)
            (log.info if count else log.debug)("job.done", job=job.name, count=count)
        except HubError as error:
            log.warning("job.refused", job=job.name, code=error.code)
        except Exception as error:
            log.error("job.failed", job=job.name, exc_info=error)

    return run_job
