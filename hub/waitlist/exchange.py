"""Providers' own waiting lists in CSV files: each row whole or not at all, the same file twice without effect."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from hub.core.clock import Clock
from hub.core.contact import tidy_email
from hub.core.errors import Conflict, HubError, RuleBroken
from hub.core.levels import Level, parse_levels
from hub.core.permissions import Actor
from hub.core.postcode import tidy_postcode
from hub.infra.csvfiles import Row, RowFault, Rows, read_rows
from hub.infra.db import transaction
from hub.infra.phones import tidy_phone
from hub.learners.domain import NewPerson, Sex
from hub.learners.domain.reading import PERSON_COLUMNS, read_birth_date, read_gender
from hub.waitlist import service
from hub.waitlist.domain.listed import NewPlace
from hub.waitlist.service.listed import ADDED, READY, REFUSED, UNCHANGED, Landing, PlaceRow

COLUMNS: Mapping[str, Sequence[str]] = {
    **PERSON_COLUMNS,
    "level": ("levels", "current level", "esol level"),
    "waiting_since": ("date joined", "on list since", "added", "date added", "waiting from"),
    "wants": ("wanted", "course", "class", "course wanted", "notes"),
}
REQUIRED = ("given_name", "family_name")
BATCH = 100
_COLUMN_OF = {"given_names": "given_name", "date_of_birth": "dob", "sex": "gender"}
_REMEDY = "Correct the cell and send the row again"


@dataclass(slots=True)
class ListReport:
    """What became of a file. `suspected` rows may be somebody known: the hub decides about each."""

    added: int = 0
    unchanged: int = 0
    ready: int = 0
    suspected: int = 0
    without_level: int = 0
    faults: list[RowFault] = field(default_factory=list)
    unknown_columns: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        return len({fault.line for fault in self.faults})

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "added": self.added,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "suspected": self.suspected,
            "without_level": self.without_level,
            "unknown_columns": list(self.unknown_columns),
            "faults": [asdict(one) for one in self.faults],
        }


def import_waiting_list(
    content: bytes,
    organisation_id: UUID,
    actor: Actor,
    clock: Clock,
    progress: Callable[[int], None] | None = None,
) -> ListReport:
    """Take in a provider's list, 100 rows a transaction. RuleBroken when it cannot be read at all."""
    return _sweep(content, lambda rows: _land(rows, organisation_id, actor, clock), progress)


def preview_waiting_list(content: bytes, organisation_id: UUID, actor: Actor, clock: Clock) -> ListReport:
    """What would become of a provider's list, with nothing written."""

    def look(rows: list[PlaceRow]) -> list[Landing]:
        with transaction(actor) as session:
            return service.check_places(session, rows, organisation_id, clock.today())

    return _sweep(content, look, None)


def _sweep(
    content: bytes, act: Callable[[list[PlaceRow]], list[Landing]], progress: Callable[[int], None] | None
) -> ListReport:
    rows = read_rows(content, COLUMNS, REQUIRED)
    report = ListReport(unknown_columns=rows.unknown_columns)
    readable = _readable(rows, report)
    while batch := list(islice(readable, BATCH)):
        cells = {row.line: values for row, values in batch}
        for landing in act([row for row, _ in batch]):
            _count(report, landing, cells[landing.line])
        report.without_level += sum(not row.place.levels for row, _ in batch)
        if progress is not None:
            progress(batch[-1][0].line - 1)
    report.faults += rows.faults
    report.faults.sort(key=lambda fault: fault.line)
    return report


def _land(rows: list[PlaceRow], organisation_id: UUID, actor: Actor, clock: Clock) -> list[Landing]:
    """One transaction; where it meets another one, row by row."""
    try:
        with transaction(actor) as session:
            return service.take_places(session, rows, organisation_id, actor, clock)
    except Conflict as refusal:
        if len(rows) == 1:
            return [Landing(rows[0].line, REFUSED, refusal=refusal)]
        return [landing for row in rows for landing in _land([row], organisation_id, actor, clock)]


def _count(report: ListReport, landing: Landing, cells: Mapping[str, str]) -> None:
    report.added += landing.what == ADDED
    report.unchanged += landing.what == UNCHANGED
    report.ready += landing.what == READY
    report.suspected += landing.suspected > 0
    if landing.refusal is not None:
        report.faults += _faults_of(landing.line, cells, landing.refusal)


def _faults_of(line: int, cells: Mapping[str, str], refusal: HubError) -> Iterator[RowFault]:
    for name, words in (refusal.errors or {"": refusal.detail}).items():
        column = _COLUMN_OF.get(name, name)
        yield RowFault(line, column, cells.get(column, ""), words)


def _readable(rows: Rows, report: ListReport) -> Iterator[tuple[PlaceRow, Mapping[str, str]]]:
    for row in rows:
        cells = _Cells(row)
        place = cells.place()
        if cells.faults:
            report.faults += cells.faults
            continue
        content = "|".join(f"{name}={value}" for name, value in sorted(row.values.items()) if value)
        yield PlaceRow(row.line, place, content), row.values


class _Cells:
    """One row read cell by cell, with every fault noted."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.faults: list[RowFault] = []

    def place(self) -> NewPlace:
        person = NewPerson(
            given_names=self._text("given_name"),
            family_name=self._text("family_name"),
            date_of_birth=self._read("dob", read_birth_date),
            sex=self._read("gender", _sex),
            phone=self._read("phone", tidy_phone),
            email=self._read("email", tidy_email),
            postcode=self._read("postcode", tidy_postcode),
            address=self._text("address") or None,
            first_language=self._text("first_language") or None,
        )
        since = self._read("waiting_since", _since)
        return NewPlace(
            person=replace(person, referred_on=since),
            levels=self._read("level", _levels) or (),
            waiting_since=since,
            wants=self._text("wants"),
        )

    def _text(self, column: str) -> str:
        return self.row.values.get(column, "").strip()

    def _read(self, column: str, read: Callable[[str], Any]) -> Any:
        text = self._text(column)
        if not text:
            return None
        try:
            return read(text)
        except (ValueError, RuleBroken) as error:
            words = error.detail if isinstance(error, RuleBroken) else str(error)
            self.faults.append(RowFault(self.row.line, column, text, f"{words}. {_REMEDY}"))
            return None


def _sex(text: str) -> Sex | None:
    known = read_gender(text)
    return Sex(known) if known else None


def _since(text: str) -> date | None:
    try:
        return read_birth_date(text)
    except RuleBroken:
        raise ValueError("Write the date like 2025-03-14 or 14/03/2025") from None


def _levels(text: str) -> tuple[Level, ...]:
    return parse_levels(text)
