"""A whole service year without a browser, on a database of its own that is thrown away."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from hub.core.clock import FixedClock, london_time
from hub.core.permissions import SYSTEM
from hub.demo import database
from hub.demo.build import Plan, simulate
from hub.demo.invariants import check
from hub.demo.serving import TOKEN
from hub.demo.year.run import Year
from hub.demo.year.summary import summary
from hub.infra import embedded_postgres, logs
from hub.infra.config import Environment, Settings
from hub.infra.crypto import make_keyring
from hub.infra.db import Runtime, configure, make_engine, runtime, transaction
from hub.wiring import DELIVERIES, REACTIONS

FIRST_DAY, LAST_DAY = date(2026, 9, 1), date(2027, 8, 31)


def service_year(learners: int, seed: str, *, last: date = LAST_DAY) -> dict[str, Any]:
    """Live a year from 1 September and tell what came of it."""
    began = time.monotonic()
    clock = FixedClock(london_time(FIRST_DAY, 2))
    with own_database(clock):
        year = simulate(Plan(learners, FIRST_DAY, last, seed), clock, progress_to(sys.stderr))
        return report(year, seed, time.monotonic() - began)


def report(year: Year, seed: str, seconds: float) -> dict[str, Any]:
    """The summary with the violations of all weekly checks and of a last one."""
    year.violations.add(check(year.world.clock))
    with transaction(SYSTEM) as session:
        found = summary(session)
    found["refused"] = dict(sorted(year.world.refused.items()))
    found["invariant_violations"] = {"total": year.violations.total, **year.violations.as_dict()}
    if year.violations.examples:
        found["violation_examples"] = year.violations.examples
    return {"seed": seed, **found, "seconds": round(seconds, 1)}


@contextmanager
def own_database(clock: FixedClock) -> Iterator[Runtime]:
    """A database in a temporary folder, configured for this process; gone afterwards, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="esol-hub-headless-"))
    logs.set_up("WARNING")
    try:
        with embedded_postgres.running(folder, durable=False) as server:
            database.migrate(server)
            settings = headless_settings(folder)
            engine = make_engine(server.app_url, settings.pool_size, fast_commits=True)
            configure(Runtime(settings, engine, make_keyring(), clock, REACTIONS, DELIVERIES))
            try:
                database.import_postcodes()
                yield runtime()
            finally:
                engine.dispose()
        embedded_postgres.destroy(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def headless_settings(folder: Path) -> Settings:
    return Settings(
        environment=Environment.TEST,
        data_dir=folder,
        hub_name="Hackney ESOL Hub",
        allow_drama_numbers=True,
        notify_tokens=(TOKEN,),
        log_level="WARNING",
        fast_commits=True,
    )


def progress_to(stream: Any) -> Callable[[date], None]:
    """Tells the month on a terminal, nothing elsewhere."""
    if not stream.isatty():
        return lambda day: None

    def tell(day: date) -> None:
        if day.day == 1:
            print(f"  {day:%B %Y}", file=stream, flush=True)

    return tell
