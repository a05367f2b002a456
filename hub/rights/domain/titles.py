"""What tables are called."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent.parent / "data" / "tables.toml"


def title_of(table: str) -> str:
    """`Your referrals`; a table that has no words of its own is called by its name."""
    return _titles().get(table) or table.replace("_", " ").capitalize()


@cache
def _titles() -> Mapping[str, str]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
