"""The sealed audit: how fast entries are written, sealed and verified, in the database and from a file.

Figure 8 of security-privacy-reliability.md, section 7: 100,000 entries verified in 2 s; none is unsealed for longer
than 10 s (the sealer runs every 5 s, so a batch of 10 s of full load must take well under 5).
"""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from hub.core.clock import Clock, FixedClock, SystemClock
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra import audit
from hub.infra.db import transaction
from hub.infra.seals import exporting, removing, sealer, verifying
from hub.infra.seals.removing import Wanted
from tests.benchmarks.figures import Figure
from tests.benchmarks.scratch import scratch_hub

ENTRIES = 100_000
TEN_SECONDS_OF_LOAD = 3_000
"""300 intakes a second, of which each writes an entry or two, in ten seconds."""


LONG_AGO = FixedClock(datetime(2019, 5, 6, 12, tzinfo=UTC))
"""When the first entries are written, so that a rule may remove them; sealed, exported and verified like any other."""


def write(number: int, subjects: list[UUID], clock: Clock) -> None:
    for start in range(0, number, 5_000):
        with transaction(SYSTEM) as session:
            for one in range(start, min(start + 5_000, number)):
                audit.record(
                    session, SYSTEM, "learner.viewed", "learner", subjects[one % len(subjects)], clock=clock,
                    fields=["name", "phone"], reason="bench",
                )  # fmt: skip


def remove(entries: int) -> float:
    """Seconds to check the whole audit, sign the removal of these entries and take them away."""
    began = time.perf_counter()
    with transaction(SYSTEM) as session:
        wanted = Wanted("audit", True, datetime(2020, 1, 1, tzinfo=UTC))
        made = removing.remove(session, wanted, SystemClock(), archived=False)
        assert made is not None and made.entries == entries, made
    seconds = time.perf_counter() - began
    with transaction(SYSTEM) as session:
        assert verifying.verify_database(session).ok
    return seconds


def run(entries: int = ENTRIES) -> list[Figure]:
    clock, subjects = SystemClock(), [new_id() for _ in range(1_000)]
    with scratch_hub(), tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        write(entries, subjects, LONG_AGO)
        written = time.perf_counter() - began
        began = time.perf_counter()
        sealer.seal_due(LONG_AGO)
        sealed = time.perf_counter() - began
        with transaction(SYSTEM) as session:
            found = verifying.verify_database(session)
        assert found.ok and found.entries == entries, found
        path = Path(folder) / "audit.jsonl"
        with transaction(SYSTEM) as session, path.open("wb") as file:
            file.writelines(exporting.export_all(session, clock))
        from_file = verifying.verify_file(path)
        assert from_file.ok and from_file.entries == entries, from_file
        write(TEN_SECONDS_OF_LOAD, subjects, clock)
        began = time.perf_counter()
        sealer.seal_due(clock)
        burst = time.perf_counter() - began
        removed = remove(entries)
    thousands = entries / 1000
    return [
        Figure(
            "audit: verify 100,000 entries", found.milliseconds / thousands / 10, "s", 2.0, "less",
            f"{found.seals} seals",
        ),
        Figure("audit: verify an exported file", from_file.milliseconds / thousands / 10, "s", 2.0, "less"),
        Figure("audit: longest time unsealed", 5 + burst, "s", 10.0, "less", "5 s between runs + 3,000 entries"),
        Figure("audit: check and remove 100,000 entries", removed / thousands * 100, "s", None, "less"),
        Figure("audit: seal 1,000 entries", sealed / thousands * 1000, "ms", None, "less"),
        Figure("audit: write 1,000 entries", written / thousands * 1000, "ms", None, "less"),
    ]  # fmt: skip
