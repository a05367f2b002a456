"""What the scheduler runs: named sweeps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.core.clock import Clock


@dataclass(frozen=True, slots=True)
class Job:
    """A sweep over what is due; `run` opens its own transactions, takes the clock, and gives a count.

    `trigger` is APScheduler's: {"trigger": "interval", "minutes": 5} or {"trigger": "cron", "hour": 7}.
    """

    name: str
    trigger: Mapping[str, Any]
    run: Callable[[Clock], int]


def every(**interval: int) -> dict[str, Any]:
    return {"trigger": "interval", **interval}


def at(hour: int, minute: int = 0) -> dict[str, Any]:
    """Each day at a London time; 1 o'clock is refused, since it comes twice a year or not at all."""
    if hour == 1:
        raise ValueError("Never schedule 01:00 to 01:59: it comes twice in October")
    return {"trigger": "cron", "hour": hour, "minute": minute}
