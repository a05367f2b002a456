"""How the automatic zone did on made-up lists whose truth is known: dated data (data/measured.toml)."""

import functools
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib import resources


@dataclass(frozen=True, slots=True)
class Measured:
    """`linked` pairs of `records`, of which `wrong` were two people; `found` is the share of all true pairs."""

    model: str
    on: date
    records: int
    linked: int
    wrong: int
    found: float


def measured_under(model: str) -> Measured | None:
    """What was measured under this version of the scoring rules; None where nothing was."""
    return _known().get(model)


@functools.cache
def _known() -> dict[str, Measured]:
    text = resources.files("hub.learners").joinpath("data/measured.toml").read_text(encoding="utf-8")
    return {row["model"]: Measured(**row) for row in tomllib.loads(text)["measured"]}
