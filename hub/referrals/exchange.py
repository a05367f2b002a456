"""Files of referrals (CSV): every row lands wholly or not at all, and each bad row is named with what to do."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Self
from uuid import UUID

from marshmallow import ValidationError

from hub.core.clock import Clock
from hub.core.errors import Conflict, HubError
from hub.core.permissions import Actor
from hub.infra.csvfiles import Row, RowFault, Rows, read_rows
from hub.infra.db import transaction
from hub.infra.problems import flatten
from hub.referrals import service
from hub.referrals.domain import SOURCE_LABELS, Source
from hub.referrals.schemas import ReferralSchema
from hub.referrals.service import FileRow, Landed
from hub.referrals.service.files import ADDED, BATCH, READY, REFUSED, UNCHANGED

ALIASES: Mapping[str, Sequence[str]] = {
    "reference": ("external_reference", "your reference", "ref", "id"),
    "given_names": ("given_name", "first name", "first names", "forename", "forenames"),
    "family_name": ("surname", "last name", "family names"),
    "date_of_birth": ("dob", "birth date", "born"),
    "postcode": ("post code", "postal code"),
    "phone": ("mobile", "telephone", "phone number", "mobile number"),
    "email": ("e-mail", "email address"),
    "preferred_language": ("language", "first language", "main language"),
    "source": ("referral source", "referred by"),
    "reason": ("reason for referral",),
    "consent_given_on": ("consent date",),
    "consent_channel": ("consent how",),
    "consent_purposes": ("consent for", "purposes"),
    "consent_wording_version": ("wording version",),
    "consent_language": ("consent read in",),
    "notes": ("note", "comments"),
}
REQUIRED = (
    "given_names",
    "family_name",
    "date_of_birth",
    "postcode",
    "phone",
    "consent_given_on",
    "consent_channel",
)
_PERSON = ("given_names", "family_name", "date_of_birth", "postcode", "phone", "email", "preferred_language")
_COLUMN_OF = {"external_reference": "reference", "consent": "consent_given_on"}
_REMEDY = "Correct the cell and send the row again"
_SCHEMA = ReferralSchema()
_UK_DATE = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")


@dataclass(slots=True)
class ImportResult:
    """What became of a file, up to and with `line`. `faults` say line, column, value and what to do."""

    added: int = 0
    unchanged: int = 0
    ready: int = 0
    faults: list[RowFault] = field(default_factory=list)
    unknown_columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    line: int = 1

    @classmethod
    def so_far(cls, report: Mapping[str, Any]) -> Self:
        """What `as_json` of an earlier run said; nothing yet where there was none."""
        made = cls(
            added=report.get("added", 0), unchanged=report.get("unchanged", 0), line=report.get("line", 1)
        )
        made.faults = [RowFault(**fault) for fault in report.get("faults", ())]
        made.unknown_columns = tuple(report.get("unknown_columns", ()))
        return made

    @property
    def refused(self) -> int:
        """Rows refused; a row with two faults counts once."""
        return len({fault.line for fault in self.faults})

    def as_json(self) -> dict[str, Any]:
        """For `--json`. Values are those of the file, shown to the person who sent it."""
        return {
            "added": self.added,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "unknown_columns": list(self.unknown_columns),
            "encoding": self.encoding,
            "line": self.line,
            "faults": [asdict(one) for one in self.faults],
        }


Sweep = Callable[[list[FileRow]], list[Landed]]


def import_referrals(
    content: bytes,
    organisation_id: UUID,
    actor: Actor,
    clock: Clock,
    progress: Callable[[int], None] | None = None,
) -> ImportResult:
    """Take in a file, batch by batch, each batch its own transaction. The same file twice changes nothing.

    Raises RuleBroken when it cannot be read at all (no CSV, wrong delimiter, columns missing).
    """
    return _sweep(content, _taker(organisation_id, actor, clock), progress)


def _taker(organisation_id: UUID, actor: Actor, clock: Clock) -> Sweep:
    def take(rows: list[FileRow]) -> list[Landed]:
        try:
            with transaction(actor) as session:
                return service.take_rows(session, rows, organisation_id, actor, clock)
        except Conflict as refusal:
            if len(rows) == 1:
                return [Landed(rows[0].line, REFUSED, refusal)]
            return [landed for row in rows for landed in take([row])]

    return take


def carry_on(file_id: UUID, actor: Actor, clock: Clock) -> None:
    """Take in the next batch of a long file and note how far it has come.

    A process that dies between the two loses nothing: the batch is taken up again, and finds its rows here already.
    """
    with transaction(actor) as session:
        file = service.file_under_way(session, file_id, actor)
    opened, result = read_rows(file.content, ALIASES, REQUIRED), ImportResult.so_far(file.report)
    result.unknown_columns = opened.unknown_columns
    rows = (row for row in opened if row.line > result.line)
    is_done = not _take_some(rows, _taker(file.organisation_id, actor, clock), result)
    if is_done:
        _finish(result, opened)
    with transaction(actor) as session:
        ended_at = clock.now() if is_done else None
        service.note_progress(session, file_id, actor, result.as_json(), ended_at)


def preview_referrals(content: bytes, organisation_id: UUID, actor: Actor, clock: Clock) -> ImportResult:
    """What would become of a file, with nothing written."""

    def look(rows: list[FileRow]) -> list[Landed]:
        with transaction(actor) as session:
            return service.check_rows(session, rows, organisation_id, clock)

    return _sweep(content, look, None)


def _sweep(content: bytes, act: Sweep, progress: Callable[[int], None] | None) -> ImportResult:
    opened = read_rows(content, ALIASES, REQUIRED)
    result = ImportResult(unknown_columns=opened.unknown_columns, encoding=opened.encoding)
    rows = iter(opened)
    while _take_some(rows, act, result):
        if progress is not None:
            progress(result.line - 1)
    _finish(result, opened)
    return result


def _take_some(rows: Iterator[Row], act: Sweep, result: ImportResult) -> bool:
    """Do it with the next rows of a file; False when there are none."""
    some = {row.line: row.values for row in islice(rows, BATCH)}
    readable = [
        new for line, values in some.items() if (new := _readable(Row(line, values), result)) is not None
    ]
    for landed in act(readable) if readable else ():
        _count(result, landed, some[landed.line])
    result.line = max(some, default=result.line)
    return bool(some)


def _finish(result: ImportResult, opened: Rows) -> None:
    result.faults += opened.faults
    result.faults.sort(key=lambda fault: fault.line)


def _count(result: ImportResult, landed: Landed, cells: Mapping[str, str]) -> None:
    result.added += landed.what == ADDED
    result.unchanged += landed.what == UNCHANGED
    result.ready += landed.what == READY
    if landed.refusal is not None:
        result.faults += _refusals(landed.line, landed.refusal, cells)


def _refusals(line: int, refusal: HubError, cells: Mapping[str, str]) -> Iterator[RowFault]:
    for name, words in (refusal.errors or {"": refusal.detail}).items():
        column = _column(name)
        yield RowFault(line, column, cells.get(column, ""), words)


def _readable(row: Row, result: ImportResult) -> FileRow | None:
    """The row, where it has the right shape; else its faults are noted."""
    try:
        return FileRow(row.line, _SCHEMA.load(as_body(row.values)), _content(row.values))
    except ValidationError as error:
        result.faults += _shape_faults(row, flatten(error.messages))
        return None


def _shape_faults(row: Row, messages: Iterable[tuple[str, str]]) -> Iterator[RowFault]:
    for name, words in messages:
        column = _column(name)
        yield RowFault(row.line, column, row.values.get(column, ""), f"{words}. {_REMEDY}")


def _column(name: str) -> str:
    """The file's column for a field of the API's body."""
    if name in _COLUMN_OF:
        return _COLUMN_OF[name]
    if name.startswith("consent."):
        return "consent_" + name.split(".")[1]
    return name.removeprefix("learner.").split(".")[0]


def _content(values: Mapping[str, str]) -> str:
    """The row in one form, whatever the order of the columns."""
    return json.dumps({name: value for name, value in sorted(values.items()) if value}, ensure_ascii=False)


def as_body(values: Mapping[str, str]) -> dict[str, Any]:
    """A row in the form of the API's body. Empty cells are left out."""
    cells = {name: value for name, value in values.items() if value}
    learner = {name: cells[name] for name in _PERSON if name in cells}
    if "date_of_birth" in learner:
        learner["date_of_birth"] = iso_date(learner["date_of_birth"])
    body: dict[str, Any] = {"learner": learner, "source": source_code(cells.get("source", ""))}
    for column, name in (("reference", "external_reference"), ("reason", "reason"), ("notes", "notes")):
        if column in cells:
            body[name] = cells[column]
    consent = _consent(cells)
    return body | ({"consent": consent} if consent else {})


def _consent(cells: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: cells[f"consent_{name}"]
        for name in ("given_on", "channel", "language", "wording_version")
        if f"consent_{name}" in cells
    }
    if "given_on" in found:
        found["given_on"] = iso_date(found["given_on"])
    if "channel" in found:
        channel = found["channel"].strip().lower().replace(" ", "_").replace("-", "_")
        found["channel"] = _CHANNELS.get(channel, channel)
    if found:
        parts = (part.strip().upper() for part in cells.get("consent_purposes", "").split(";"))
        found["purposes"] = [part for part in parts if part]
    return found


_CHANNELS = {
    "face_to_face": "in_person",
    "telephone": "phone",
    "by_phone": "phone",
    "online": "web",
    "form": "paper",
}


def iso_date(text: str) -> str:
    """`27/3/1990` as `1990-03-27`; anything else is left for the schema to refuse."""
    if match := _UK_DATE.fullmatch(text.strip()):
        day, month, year = match.groups()
        return f"{year}-{int(month):02d}-{int(day):02d}"
    return text.strip()


_SOURCES = {re.sub(r"\W+", "", label.lower()): source.value for source, label in SOURCE_LABELS.items()} | {
    re.sub(r"\W+", "", source.value.replace("_", "")): source.value for source in Source
}
_SOURCES |= {
    "jobcentreplus": "jobcentre",
    "jcp": "jobcentre",
    "school": "school_childrens_centre",
    "doctor": "gp",
}


def source_code(text: str) -> str:
    """The code of a source by its code or its name; empty is `other`, unknown is left to be refused."""
    if not text:
        return Source.OTHER.value
    return _SOURCES.get(re.sub(r"[\W_]+", "", text.lower()), text)
