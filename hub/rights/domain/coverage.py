"""What the hub holds, column by column: class, sealed or not, how long, and whether a copy has it.

`data/columns.csv` has one line for each column of each table; a test fails for a column without one.
"""

import csv
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent.parent / "data"
EXPORTED = "yes"


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One column. `export` is `yes` or the code of why a copy leaves it out."""

    table: str
    column: str
    data_class: str
    sealed: bool
    retention: str
    export: str
    words: str

    @property
    def is_exported(self) -> bool:
        return self.export == EXPORTED


@dataclass(frozen=True, slots=True)
class DataClass:
    """A kind of data, and how it is looked after."""

    title: str
    sealed: bool
    care: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a column is not in a copy, in words for the person who gets it."""

    title: str
    why: str


@cache
def columns() -> Mapping[tuple[str, str], ColumnRule]:
    """(table, column) -> its line. ValueError for two lines about one column."""
    found: dict[tuple[str, str], ColumnRule] = {}
    with (_DATA / "columns.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["table"], row["column"]
            if key in found:
                raise ValueError(f"columns.csv has two lines for {'.'.join(key)}")
            found[key] = ColumnRule(
                *key, row["class"], row["sealed"] == "yes", row["retention"], row["export"], row["words"]
            )
    return found


@cache
def tables() -> Mapping[str, Sequence[ColumnRule]]:
    """Table -> its columns, in the order of the file."""
    grouped: dict[str, list[ColumnRule]] = defaultdict(list)
    for rule in columns().values():
        grouped[rule.table].append(rule)
    return grouped


@cache
def classes() -> Mapping[str, DataClass]:
    return {code: DataClass(**row) for code, row in _load()["classes"].items()}


@cache
def reasons_left_out() -> Mapping[str, LeftOut]:
    return {code: LeftOut(**row) for code, row in _load()["left_out"].items()}


@cache
def _load() -> dict[str, Any]:
    return tomllib.loads((_DATA / "classes.toml").read_text(encoding="utf-8"))
