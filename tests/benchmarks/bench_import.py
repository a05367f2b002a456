"""`hub import referrals` with a file of 100,000 rows: how long, how much memory, and that every bad row is named.

The file is as hostile as a real one from several old systems put together: one row in twenty is new and good, as many
stand there twice, the rest lack a phone, have an impossible date, a wrong name or a wrong postcode. How fast good
rows land is a figure of its own (each is a whole intake: sealed, indexed, compared, audited).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from hub.core.clock import SystemClock
from tests.benchmarks.bench_intake import deployment, settings_of
from tests.benchmarks.figures import Figure
from tests.slices.referrals.test_files import HEADER, row

ROWS = 100_000
GOOD_EVERY = 20
GOOD_ALONE = 1_000
TODAY = SystemClock().today().isoformat()
DRAMA = ("+447700900", "+442079460", "+441134960", "+441144960", "+441154960", "+441164960", "+441174960")
"""Ofcom's numbers for fiction: a thousand in each range."""

FAULTS = ({"phone": ""}, {"date_of_birth": "31/02/1990"}, {"family_name": "9"}, {"postcode": "none"})


def letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def good(number: int, series: str) -> str:
    names = {"given_names": f"Amina {letters(number)}", "family_name": f"Yusuf {series}"}
    own = number // GOOD_EVERY if series == "b" else number
    phone = f"{DRAMA[own // 1000 % len(DRAMA)]}{own % 1000:03d}"
    return row(number, reference=f"{series}-{number}", phone=phone, consent_given_on=TODAY, **names)


def write_hostile(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        for number in range(count):
            place = number % GOOD_EVERY
            line = good(number - place, "b") if place < 2 else row(number, **FAULTS[number % len(FAULTS)])
            file.write(line + "\n")


def write_good(path: Path, count: int) -> None:
    path.write_text(
        "\n".join([HEADER, *(good(number, "a") for number in range(count))]) + "\n", encoding="utf-8"
    )


def measured(folder: Path, path: Path) -> tuple[float, float, dict[str, object]]:
    """(seconds, peak MB of the process, what it reported) of one import."""
    out = folder / "report.json"
    began = time.perf_counter()
    with out.open("wb") as report:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub", "import", "referrals", str(path), "--organisation", "jcp", "--json"],
            env=settings_of(folder) | {"HUB_ALLOW_DRAMA_NUMBERS": "1"}, stdout=report,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise RuntimeError(f"hub import ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024, json.loads(out.read_bytes())


def run(rows: int = ROWS, alone: int = GOOD_ALONE) -> list[Figure]:
    """Both files, each into the same hub."""
    with deployment() as (folder, _):
        write_good(folder / "good.csv", alone)
        quick, _, landed = measured(folder, folder / "good.csv")
        write_hostile(folder / "hostile.csv", rows)
        seconds, megabytes, told = measured(folder, folder / "hostile.csv")
    note = f"{told['added']:,} new, {told['unchanged']:,} twice, the rest refused"
    bad = rows - 2 * (rows // GOOD_EVERY)
    return [
        Figure("import good rows", float(str(landed["added"])) / quick, "rows/s", None, "more", f"{alone:,} rows"),
        Figure(f"import {rows:,} rows", seconds, "s", 600, "less", note),
        Figure(f"import {rows:,} rows, memory", megabytes, "MB", 600, "less", "peak of the process"),
        Figure("bad rows named", float(str(told["refused"])), "rows", bad, "more", "each with line and remedy"),
    ]  # fmt: skip


if __name__ == "__main__":
    print(*run(*(int(word) for word in sys.argv[1:])), sep="\n")
