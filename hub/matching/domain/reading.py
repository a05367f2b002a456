"""Reading untrusted JSON: every fault is one sentence naming the place where it stands."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any, NoReturn, TypeVar

Item = TypeVar("Item")

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class SnapshotInvalid(ValueError):
    """The text is not a snapshot of the published format.

    `path` names the place as a reader of the file would (`learners[3].level`), `problem` says what is wrong.
    """

    def __init__(self, path: str, problem: str) -> None:
        """Both parts stay readable on their own for machines."""
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


def read_json(text: str) -> Any:
    """The JSON value in `text`; a repeated key, NaN and Infinity are refused, as they have no one meaning."""
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except SnapshotInvalid:
        raise
    except RecursionError as error:
        raise SnapshotInvalid("file", "is nested too deeply to be a snapshot or a result") from error
    except ValueError as error:
        raise SnapshotInvalid("file", f"is not JSON: {error}") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise SnapshotInvalid("file", f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise SnapshotInvalid("file", f"{name} is not a number in JSON")


class Fields:
    """One JSON object being read: each field must be known, and is read by exactly one of the methods."""

    def __init__(
        self, value: Any, path: str, required: Collection[str], optional: Collection[str] = ()
    ) -> None:
        """Unknown and missing fields are refused before any value is looked at."""
        if not isinstance(value, dict):
            raise SnapshotInvalid(path or "snapshot", "must be an object")
        self._values: dict[str, Any] = value
        self._path = path
        for name in value:
            if name not in required and name not in optional:
                raise SnapshotInvalid(self.at(str(name)), "is not a field of this format")
        for name in required:
            if name not in value:
                raise SnapshotInvalid(self.at(name), "is missing")

    def at(self, name: str) -> str:
        """The full path of one field."""
        return f"{self._path}.{name}" if self._path else name

    def fault(self, name: str, problem: str) -> SnapshotInvalid:
        """The error for a field whose value was read but cannot stand."""
        return SnapshotInvalid(self.at(name), problem)

    def has(self, name: str) -> bool:
        """Whether an optional field is there."""
        return name in self._values

    def raw(self, name: str) -> Any:
        """The value as JSON gave it."""
        return self._values[name]

    def text(self, name: str) -> str:
        """A non-empty text."""
        return as_text(self._values[name], self.at(name))

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """A text out of a closed list."""
        return as_choice(self._values[name], self.at(name), allowed)

    def flag(self, name: str) -> bool:
        """true or false; false when an optional field is absent."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise SnapshotInvalid(self.at(name), "must be true or false")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """A whole number within limits."""
        value = self._values[name]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise SnapshotInvalid(self.at(name), f"must be a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float) -> float:
        """A number within limits, kept as JSON gave it (4 stays 4, so that the hash stays the file's)."""
        return as_number(self._values[name], self.at(name), low, high)

    def day(self, name: str) -> date:
        """A date written YYYY-MM-DD."""
        value = self._values[name]
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise SnapshotInvalid(self.at(name), "must be a date written YYYY-MM-DD")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise SnapshotInvalid(self.at(name), f"{value} is not a date in the calendar") from None

    def texts(self, name: str, allowed: Collection[str] | None = None) -> tuple[str, ...]:
        """A list of texts, out of a closed list if one is given; empty when an optional field is absent."""
        if allowed is None:
            return tuple(self.each(name, as_text))
        return tuple(self.each(name, lambda value, path: as_choice(value, path, allowed)))

    def each(self, name: str, read: Callable[[Any, str], Item]) -> Iterator[Item]:
        """Every element of a list, read with its own path."""
        value = self._values.get(name, [])
        if not isinstance(value, list):
            raise SnapshotInvalid(self.at(name), "must be a list")
        return (read(one, f"{self.at(name)}[{place}]") for place, one in enumerate(value))

    def mapping(
        self, name: str, keys: Collection[str], read: Callable[[Any, str], Item]
    ) -> Mapping[str, Item]:
        """An object whose keys come from a closed list; empty when an optional field is absent."""
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise SnapshotInvalid(self.at(name), "must be an object")
        for key in value:
            as_choice(key, f"{self.at(name)}.{key}", keys)
        return {key: read(one, f"{self.at(name)}.{key}") for key, one in value.items()}


def as_text(value: Any, path: str) -> str:
    """A non-empty text that UTF-8 can carry (half of a surrogate pair cannot be hashed)."""
    if not isinstance(value, str) or not value:
        raise SnapshotInvalid(path, "must be a non-empty text")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise SnapshotInvalid(path, "is not valid Unicode text")
    return value


def as_choice(value: Any, path: str, allowed: Collection[str]) -> str:
    """A text out of a closed list."""
    if not isinstance(value, str) or value not in allowed:
        raise SnapshotInvalid(path, f"{value!r} is not one of {', '.join(allowed)}")
    return value


def as_number(value: Any, path: str, low: float, high: float) -> float:
    """A number within limits, not a truth value; an int stays an int."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SnapshotInvalid(path, f"must be a number from {low:g} to {high:g}")
    return value
