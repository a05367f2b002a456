"""The delivery worker: drains the outbox until it is told to stop, then finishes what it holds."""

import os
import secrets
import signal
import threading
from collections.abc import Callable

from hub.core.clock import SystemClock
from hub.core.errors import HubError
from hub.infra.db import runtime
from hub.infra.logs import logger
from hub.infra.outbox import Worker
from hub.infra.sms import Sender

log = logger(__name__)
IDLE_SECONDS = 1.0
TROUBLE_SECONDS = 5.0


def run(sender: Sender, stop: threading.Event | None = None) -> None:
    """Deliver until SIGTERM or SIGINT. A fault of the database is waited out, never a reason to end."""
    stop = stop or stop_on_signals()
    # Containers number their processes alike: a number alone would not be this worker's own name.
    name = f"worker-{os.getpid()}-{secrets.token_hex(4)}"
    worker = Worker(name, sender, runtime().clock, SystemClock(), stop)
    while not stop.is_set():
        stop.wait(_once(worker.drain))


def _once(drain: Callable[[], int]) -> float:
    """Seconds to wait after one round."""
    try:
        return 0.0 if drain() else IDLE_SECONDS
    except HubError as error:
        log.warning("worker.waits", code=error.code)
    except Exception as error:
        log.error("worker.fault", exc_info=error)
    return TROUBLE_SECONDS


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
