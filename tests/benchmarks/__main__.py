"""Run the benchmark modules, `bench_*.py` with `run() -> list[Figure]`, one after the other.

    python -m tests.benchmarks                  all of them
    python -m tests.benchmarks matching link    only bench_matching.py and bench_link.py

A missed target is a figure to look at, not an error; exit status 1 means that a module crashed.
"""

import importlib
import sys
import time
import traceback
from pathlib import Path

from tests.benchmarks.figures import Figure, table


def available() -> list[str]:
    """The names of the benchmarks, without `bench_`."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def measure(name: str) -> list[Figure] | None:
    """Run one module; None, with its traceback printed, when it crashed."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    began = time.perf_counter()
    try:
        figures: list[Figure] = importlib.import_module(f"tests.benchmarks.bench_{name}").run()
    except Exception:  # noqa: BLE001 - the other benchmarks still run
        traceback.print_exc()
        return None
    print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return figures


def main(names: list[str]) -> int:
    """Measure what was asked for and print one table."""
    if unknown := set(names) - set(available()):
        print(f"No benchmark {sorted(unknown)}; there are {available()}.", file=sys.stderr)
        return 2
    results = {name: measure(name) for name in names or available()}
    figures = [figure for result in results.values() for figure in result or []]
    crashed = [name for name, result in results.items() if result is None]
    print(table(figures))
    missed = sum(figure.verdict == "MISSED" for figure in figures)
    print(
        f"\n{len(figures)} figures, {missed} targets missed, {len(crashed)} modules crashed {crashed or ''}"
    )
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
