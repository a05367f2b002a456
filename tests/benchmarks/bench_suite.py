"""How long the whole suite takes, once, as `make test` runs it. Only when asked by name: `make bench ONLY=suite`."""

import subprocess
import sys
import time

from tests.benchmarks.figures import Figure

TARGET_SECONDS = 360.0


def run() -> list[Figure]:
    """Seconds of one run with two workers; a failing suite has no time worth telling."""
    if "suite" not in sys.argv[1:]:
        return []  # minutes: not part of every benchmark
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    last = done.stdout.strip().splitlines()[-1:] or ["no output"]
    if done.returncode:
        raise RuntimeError(f"the suite fails: {last[0]}")
    return [Figure("suite: seconds", seconds, "s", TARGET_SECONDS, "less", last[0].strip("= "))]
