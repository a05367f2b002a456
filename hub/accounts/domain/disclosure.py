"""Fields by role and state: who sees what of a learner's record (security specification, SEC-03 and section 4).

Two dated tables say it: `data/fields_by_role.csv` (field, role, state) and `data/views.csv` (which field each attribute
of a view holds). `shown` is the one function that holds every page, answer, file and message against them: what a
reader may not see is taken out of the view, wherever it was made.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Generic, TypeVar, cast, get_args, get_type_hints

from hub.core.permissions import Role

T = TypeVar("T")
TABLE_DATE = date(2026, 11, 22)
PROCESS, NOBODY = "process", "none"
"""Attributes that tell nothing of the person: ids, states and dates of the case; and views without a learner."""


class State(StrEnum):
    """How far somebody stands to a learner. Each is reached by a proof of its own, in the order of this list.

    own        it is theirs: the learner's record, or what the referrer's organisation wrote
    offered    the learner is offered to the provider's class and has not said yes
    confirmed  the learner said yes, permits it, and an agreement in force covers the field
    emergency  opened for an hour with a written reason
    known      staff of the hub
    """

    OWN = "own"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    EMERGENCY = "emergency"
    KNOWN = "known"


_OPENS = {
    "yes": frozenset({State.KNOWN, State.EMERGENCY}),
    "own": frozenset({State.OWN, State.OFFERED, State.CONFIRMED}),
    "offered": frozenset({State.OFFERED, State.CONFIRMED}),
    "confirmed": frozenset({State.CONFIRMED}),
    "emergency": frozenset({State.EMERGENCY}),
    "no": frozenset[State](),
}
CELL_WORDS = {
    "yes": "Yes",
    "own": "Their own",
    "offered": "From the offer on, without a name",
    "confirmed": "When the learner has said yes, if permission and agreement cover it",
    "emergency": "In an emergency, for an hour",
    "no": "No",
}
FIRST_STATE = {Role.REFERRER: State.OWN, Role.LEARNER: State.OWN, Role.PROVIDER: State.OFFERED}
"""Where a role stands before it has proven more; everybody else who works here: known."""
ROLES = (
    Role.REFERRER, Role.PROVIDER, Role.ASSESSOR, Role.HUB_MANAGER, Role.DATA_PROTECTION, Role.AUDITOR, Role.ADMIN,
    Role.LEARNER,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field of a learner's record: who sees it in which states; `agreement` is its code in agreements."""

    code: str
    words: str
    agreement: str | None
    special: bool
    cells: Mapping[Role, str]
    why: str

    def is_seen(self, role: Role, state: State) -> bool:
        return state in _OPENS[self.cells.get(role, "no")]


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks, and in which state. `covered`: for a provider after the yes, the fields that permission and
    agreement cover, in the words of agreements; None where no agreement is needed."""

    role: Role
    state: State
    covered: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Disclosed(Generic[T]):
    """A view that was held against the table in a stronger state than its reader's first one; reads like the view."""

    value: T = field(repr=False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.value, name)


@cache
def field_rules() -> Mapping[str, FieldRule]:
    """The table, by field. ValueError for a cell that is no state."""
    found = {}
    for row in _rows("fields_by_role.csv"):
        cells = {role: row[role.value] for role in ROLES}
        if unknown := set(cells.values()) - set(_OPENS):
            raise ValueError(f"fields_by_role.csv: {row['field']} has {sorted(unknown)}")
        found[row["field"]] = FieldRule(
            row["field"], row["words"], row["agreement"] or None, row["special"] == "yes", cells, row["why"]
        )
    return found


@cache
def views() -> Mapping[str, Mapping[str, str]]:
    """`module.Class` -> attribute -> field; a view without a learner has `*`."""
    found: dict[str, dict[str, str]] = {}
    for row in _rows("views.csv"):
        found.setdefault(row["view"], {})[row["attribute"]] = row["field"]
    return found


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("hub.accounts").joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def sight_of(role: Role) -> Sight:
    """What a role sees without any further proof."""
    return Sight(role, FIRST_STATE.get(role, State.KNOWN))


@cache
def hidden(sight: Sight) -> frozenset[str]:
    """The fields that are not for these eyes. The program itself sees all: it shows nobody anything."""
    if sight.role is Role.WORKER:
        return frozenset()
    return frozenset(code for code, rule in field_rules().items() if not _may_see(rule, sight))


def _may_see(rule: FieldRule, sight: Sight) -> bool:
    if not rule.is_seen(sight.role, sight.state):
        return False
    return sight.covered is None or rule.is_seen(sight.role, State.OFFERED) or rule.agreement in sight.covered


# ---------------------------------------------------------------- taking out


def shown(value: T, sight: Sight) -> T:
    """The value without what this reader may not see, in views at any depth of lists and mappings.

    Text that is hidden becomes empty, what may be missing becomes None. Nothing hidden: the same object.
    """
    out = hidden(sight)
    return cast(T, _without(value, out)) if out else value


def disclose(value: T, sight: Sight) -> Disclosed[T]:
    """Hold a view against the table in a state that was proven, so that the page's own sight leaves it alone."""
    return Disclosed(shown(value, sight))


def _without(value: Any, out: frozenset[str]) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        made = {key: _without(one, out) for key, one in value.items()}
        return made if any(made[key] is not one for key, one in value.items()) else value
    if kind in (list, tuple):
        parts = [_without(one, out) for one in value]
        return kind(parts) if any(now is not was for now, was in zip(parts, value, strict=True)) else value
    if kind is not Disclosed and is_dataclass(kind) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return _masked(value, out)
    return value


_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})


def _masked(view: Any, out: frozenset[str]) -> Any:
    """A frozen view with hidden attributes emptied, and what it holds looked at in turn."""
    blanks, deeper = _plan(cast(Any, type(view)), out)
    changed = dict(blanks)
    for name in deeper:
        was = getattr(view, name)
        now = _without(was, out)
        if now is not was:
            changed[name] = now
    return replace(view, **changed) if changed else view


@cache
def _plan(kind: type, out: frozenset[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """(hidden attribute -> what stands in its place, the other attributes)."""
    said = views().get(f"{kind.__module__}.{kind.__qualname__}", {})
    names = [one.name for one in fields(kind) if one.init]
    blanks = {name: _blank(kind, name) for name in names if said.get(name) in out}
    return blanks, tuple(name for name in names if name not in blanks)


def _blank(kind: type, name: str) -> Any:
    """Empty, in the type of the attribute."""
    hint = get_type_hints(kind).get(name)
    if type(None) in get_args(hint):
        return None
    plain = getattr(hint, "__origin__", hint)
    return _EMPTY.get(cast(type, plain), WITHHELD)


class _Withheld:
    """Stands where a level, a date or a state is hidden that every view has: empty however a page reads it."""

    def __getattr__(self, name: str) -> "_Withheld":
        if name.startswith("__") and name != "__html__":
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> Any:
        return self

    def __str__(self) -> str:
        return ""

    def __html__(self) -> str:
        return ""

    def __format__(self, _: str) -> str:
        return ""

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0


WITHHELD = _Withheld()
_EMPTY: Mapping[type, Any] = {str: "", tuple: (), list: (), bool: False, frozenset: frozenset()}


def seen_of(view: str, names: Iterable[str], sight: Sight) -> set[str]:
    """Those attributes of a view or schema that this reader may see."""
    out, said = hidden(sight), views().get(view, {})
    return {name for name in names if said.get(name) not in out}
