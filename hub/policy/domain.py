"""Shipped defaults of clocks, reasons and labels, read from the data files of this slice."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any


class Audience(StrEnum):
    """Who reads a label."""

    STAFF = "staff"
    REFERRER = "referrer"
    LEARNER = "learner"


@dataclass(frozen=True, slots=True)
class Clock:
    """A number that the hub can set; 0 turns it off.

    `unit` is working_days, days, weeks, months, years, times, people or switch.
    """

    code: str
    value: int
    unit: str
    meaning: str
    source: str
    most: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded reason. `whose`: learner, provider, referrer or hub. Ids are stable; labels can be edited."""

    code: str
    label: str
    whose: tuple[str, ...]
    note_required: bool
    parked_days: int
    frees_place: bool
    keeps_date: bool


@dataclass(frozen=True, slots=True)
class Label:
    """What one audience sees of a machine state: text, tag colour, and what happens next."""

    text: str
    colour: str
    next_step: str


@cache
def clocks() -> dict[str, Clock]:
    return {code: Clock(code=code, **row) for code, row in _load("clocks").items()}


@cache
def reasons() -> dict[str, Reason]:
    return {
        code: Reason(code=code, **{**row, "whose": tuple(row["whose"])})
        for code, row in _load("reasons").items()
    }


@cache
def labels() -> dict[tuple[str, str, Audience], Label]:
    """(machine, state, audience) -> label."""
    return {
        (machine, state, Audience(audience)): Label(**row)
        for machine, states in _load("labels").items()
        for state, audiences in states.items()
        for audience, row in audiences.items()
    }


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(files("hub.policy").joinpath("data", f"{name}.toml").read_text("utf-8"))
