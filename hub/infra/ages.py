"""How old things are, in three bands: for boards and figures."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func

Bounds = tuple[datetime, datetime]


def counts_by_age(since: Any, bounds: Bounds) -> tuple[ColumnElement[int], ...]:
    """Columns of a SELECT: rows that are as they are since the first bound, since the second, since before both."""
    young, middle = bounds
    parts = (since >= young, (since < young) & (since >= middle), since < middle)
    return tuple(func.count().filter(part) for part in parts)
