"""The named, sourced values that the borough is made of: `data/parameters.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
BORDERS = {"PRE": "low", "E1": "low", "E2": "middle", "E3": "high", "L1": "high", "L2": "high"}


@dataclass(frozen=True, slots=True)
class Parameters:
    """Shares, weights and sizes; `conduct` says how people act."""

    scale: Mapping[str, Any]
    mix: Mapping[str, Any]
    capacity: Mapping[str, float]
    conduct: Mapping[str, float]
    contact: Mapping[str, float]

    def places(self, level: str, learners: int) -> float:
        """Places a year for the learners of a level."""
        return learners * float(self.mix["level"][level]) * self.capacity[BORDERS[level]]

    def month_weight(self, month: int) -> float:
        return float(self.mix["month_weight"][str(month)])


@cache
def parameters() -> Parameters:
    return Parameters(**read_data("parameters"))


@cache
def read_data(name: str) -> dict[str, Any]:
    """One file of `data`."""
    return tomllib.loads(resources.files("hub.demo").joinpath(f"data/{name}.toml").read_text("utf-8"))


def pick(rng: Random, weights: Mapping[str, float]) -> str:
    """One key, by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def one_of(rng: Random, choices: Sequence[T]) -> T:
    return choices[rng.randrange(len(choices))]
