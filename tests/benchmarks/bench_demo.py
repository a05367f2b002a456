"""How long a newcomer waits: the demo built from scratch for 1,000 learners, its start, and a headless year."""

import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from hub.core.clock import LONDON, FixedClock
from hub.demo.build import Plan, build_until_now
from hub.demo.command import DAYS_OF_WORK
from hub.demo.headless import own_database
from hub.infra import embedded_postgres
from tests.benchmarks.figures import Figure

LEARNERS = int(os.environ.get("ESOL_BENCH_LEARNERS", "1000"))
NOW = datetime(2026, 11, 24, 11, 0, tzinfo=LONDON)


def run() -> list[Figure]:
    """Database, tables, postcodes and borough in one; then what a second start waits for its database."""
    return [build(LEARNERS), adopt()]


def build(learners: int) -> Figure:
    began = time.monotonic()
    clock = FixedClock(NOW)
    with own_database(clock):
        plan = Plan(learners, clock.today() - timedelta(days=DAYS_OF_WORK), clock.today(), "bench")
        clock.move_to(NOW)
        build_until_now(plan, clock, lambda day: None)
        seconds = time.monotonic() - began
    note = f"{DAYS_OF_WORK} days of work through the services"
    return Figure(f"demo build, {learners:,} learners", seconds, "s", 60.0 * learners / 1000, "less", note)


def adopt() -> Figure:
    """The slowest part of a second start apart from the pages: PostgreSQL up and `hub` imported."""
    with tempfile.TemporaryDirectory(prefix="esol-hub-bench-") as folder:
        with embedded_postgres.running(Path(folder)):
            pass
        began = time.monotonic()
        with embedded_postgres.running(Path(folder)):
            subprocess.run([sys.executable, "-c", "import hub.wsgi, hub.wiring"], check=True, timeout=120)
            seconds = time.monotonic() - began
        embedded_postgres.destroy(Path(folder))
    return Figure("demo second start, database and program", seconds, "s", 10.0, "less")
