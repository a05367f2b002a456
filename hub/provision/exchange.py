"""Timetables in CSV files: read tolerantly, each row whole or not at all, the same file twice without effect."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import date, time
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import HubError
from hub.core.levels import Level, parse_levels
from hub.core.permissions import Actor
from hub.core.postcode import tidy_postcode
from hub.eligibility.domain import pots
from hub.infra.csvfiles import Row, RowFault, Rows, read_rows
from hub.infra.db import transaction
from hub.provision import queries, service
from hub.provision.domain import (
    STRAND_LABELS,
    ClassDetails,
    ClassState,
    Meeting,
    SaveClass,
    SaveVenue,
    Strand,
    VenueDetails,
    details_faults,
    free_places,
)
from hub.provision.domain.reading import read_count, read_date, read_days, read_pence, read_time, read_yes_no
from hub.provision.models import EsolClass, Venue
from hub.provision.service.venues import venue_key

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": ("name", "class", "class title", "course", "course title", "class name"),
    "strand": ("type", "stream", "kind"),
    "level": ("levels",),
    "venue": ("venue name", "location", "site", "where"),
    "address": ("venue address",),
    "postcode": ("post code", "venue postcode"),
    "days": ("day", "weekday", "weekdays"),
    "start_time": ("time from", "from", "starts at"),
    "end_time": ("time to", "finish time", "ends at", "to"),
    "start_date": ("start on", "first day", "starts", "begins"),
    "end_date": ("end on", "last day", "ends", "finish date", "finishes"),
    "capacity": ("places", "size", "class size", "max learners"),
    "places_free": ("free places", "vacancies", "spaces", "places available", "places left"),
    "childcare": ("creche", "crèche"),
    "women_only": ("ladies only", "women"),
    "step_free": ("step free access", "wheelchair access", "wheelchair", "accessible"),
    "online": (),
    "funding": ("funded by", "funder"),
    "fee": ("cost", "price", "course fee"),
    "enrol_url": ("url", "website", "link", "web address"),
    "notes": ("note", "comments"),
}
BATCH = 500
REQUIRED = ("title", "level", "days", "start_time", "end_time", "start_date", "end_date", "capacity")
_STRANDS = {
    **{one.value: one for one in Strand},
    **{label.lower(): one for one, label in STRAND_LABELS.items()},
    "": Strand.GENERAL, "esol": Strand.GENERAL, "english": Strand.GENERAL, "basic literacy": Strand.LITERACY,
    "employability": Strand.WORK, "family learning": Strand.FAMILY, "life in the uk": Strand.CITIZENSHIP,
    "conversation": Strand.CONVERSATION, "conversation class": Strand.CONVERSATION,
}  # fmt: skip
_POTS = {
    "adult skills fund": "asf", "aeb": "asf", "adult education budget": "asf", "tailored learning": "tailored",
    "community learning": "tailored", "grant": "charity", "donations": "charity", "learner": "self", "fee": "self",
    "full cost": "self", "self-funded": "self", "self funded": "self", "paid": "self", "ukrs": "resettlement",
}  # fmt: skip
_COLUMN_OF = {
    "levels": "level", "meetings": "days", "start_on": "start_date", "end_on": "end_date", "venue_id": "venue",
    "name": "venue",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One understood line: the class without its venue's id, and the venue by name."""

    line: int
    details: ClassDetails
    venue: VenueDetails | None
    places_free: int | None

    @property
    def key(self) -> bytes:
        """Which class this is: name, place, days, start time and first day."""
        where = venue_key(self.venue.name) + self.venue.postcode if self.venue else "online"
        when = [(one.weekday, one.starts_at.isoformat()) for one in self.details.meetings]
        return _digest(self.details.title.casefold(), where, when, self.details.start_on)

    @property
    def fingerprint(self) -> bytes:
        """16 bytes of everything but the free places, then 16 of those: tells what a new file changed."""
        return _digest(self.details, self.venue)[:16] + _digest(self.places_free)[:16]


def _digest(*parts: object) -> bytes:
    return sha256(repr(parts).encode()).digest()


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What became of one line: added, changed or unchanged."""

    line: int
    title: str
    what: str


@dataclass(slots=True)
class ImportReport:
    """What an import did, line by line, and what it refused."""

    rows: list[ImportedRow] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    unknown_columns: tuple[str, ...] = ()

    def count(self, what: str) -> int:
        return sum(row.what == what for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        return {
            "added": self.count("added"),
            "changed": self.count("changed"),
            "unchanged": self.count("unchanged"),
            "refused": len({fault.line for fault in self.faults}),
            "unknown_columns": list(self.unknown_columns),
            "faults": [asdict(one) for one in self.faults],
        }


def import_classes(
    session: Session, content: bytes, organisation_id: UUID, actor: Actor, clock: Clock
) -> ImportReport:
    """Add and change a provider's classes from a file.

    Raises RuleBroken when the file cannot be read at all. A row that breaks a rule is reported and left out.
    """
    service.require_provider(session, organisation_id, actor)
    rows = read_rows(content, COLUMNS, REQUIRED)
    file = _File(queries.imported(session, organisation_id))
    _Import(session, organisation_id, actor, clock, file).take_all(rows)
    return file.finish(rows)


def import_in_batches(
    content: bytes,
    organisation_id: UUID,
    actor: Actor,
    clock: Clock,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """The same for files of any length: 500 rows a transaction. What stops half way is simply sent again."""
    with transaction(actor) as session:
        service.require_provider(session, organisation_id, actor)
        file = _File(queries.imported(session, organisation_id))
    rows = read_rows(content, COLUMNS, REQUIRED)
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        with transaction(actor) as session:
            _Import(session, organisation_id, actor, clock, file).take_all(batch)
        if progress is not None:
            progress(batch[-1].line - 1)
    return file.finish(rows)


def preview_classes(
    session: Session, content: bytes, organisation_id: UUID, actor: Actor, clock: Clock
) -> ImportReport:
    """What `import_classes` would do: done in a savepoint and undone, so that both always agree."""
    trial = session.begin_nested()
    try:
        return import_classes(session, content, organisation_id, actor, clock)
    finally:
        trial.rollback()
        session.expire_all()


@dataclass(slots=True)
class _File:
    """What is known while one file comes in: the classes of earlier files, the lines so far, what became of them."""

    known: Mapping[bytes, tuple[UUID, bytes | None]]
    lines: dict[bytes, int] = field(default_factory=dict)
    report: ImportReport = field(default_factory=ImportReport)

    def finish(self, rows: Rows) -> ImportReport:
        self.report.faults = sorted([*self.report.faults, *rows.faults], key=lambda fault: fault.line)
        self.report.unknown_columns = rows.unknown_columns
        return self.report


class _Import:
    """Rows of one file on their way in, in one transaction."""

    def __init__(
        self, session: Session, organisation_id: UUID, actor: Actor, clock: Clock, file: _File
    ) -> None:
        self.session, self.organisation_id, self.actor, self.clock = session, organisation_id, actor, clock
        self.file, self.report = file, file.report
        self.venues = list(queries.venues_of(session, organisation_id))

    def take_all(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.take(row)

    def take(self, row: Row) -> None:
        understood = read_class(row, self.venues, self.clock.today())
        if isinstance(understood, list):
            self.report.faults += understood
            return
        first = self.file.lines.setdefault(understood.key, row.line)
        known_id, said = self.file.known.get(understood.key, (None, None))
        if first != row.line:
            remedy = f"This is the same class as in line {first}. Delete one of the two"
            self.report.faults.append(RowFault(row.line, "title", understood.details.title, remedy))
        elif known_id is not None and said == understood.fingerprint:
            self.report.rows.append(ImportedRow(row.line, understood.details.title, "unchanged"))
        elif faults := rule_faults(row, understood, self.clock.today()):
            self.report.faults += faults
        else:
            self._land(row, understood, known_id)

    def _land(self, row: Row, understood: ClassRow, known_id: UUID | None) -> None:
        # A new class at a known venue is refused before anything is written. The rest may leave half a row behind; for
        # all rows alike, thousands of savepoints in one transaction would make each statement slower than the last.
        is_plain = known_id is None and (
            understood.venue is None or self._venue_known(understood.venue) is not None
        )
        try:
            with nullcontext() if is_plain else self.session.begin_nested():
                what = self._write(understood, known_id)
        except HubError as error:
            self.report.faults += _faults_of(row, error)
            return
        self.report.rows.append(ImportedRow(row.line, understood.details.title, what))

    def _write(self, row: ClassRow, known_id: UUID | None) -> str:
        details = replace(row.details, venue_id=self._venue(row.venue).id if row.venue else None)
        asked = SaveClass(
            details=details, organisation_id=self.organisation_id, places_free=row.places_free,
            import_key=row.key, import_hash=row.fingerprint,
        )  # fmt: skip
        known = self.session.get(EsolClass, known_id) if known_id else None
        if known is None:
            service.save_class(self.session, asked, self.actor, self.clock)
            return "added"
        self._change(known, asked, row)
        return "changed"

    def _change(self, known: EsolClass, asked: SaveClass, row: ClassRow) -> None:
        """What was ticked and kept on pages alone stays; free places only when the file's own number changed."""
        if known.state in {ClassState.CANCELLED, ClassState.ENDED}:
            raise HubError("This class is over in the hub. For a new one, give it another name or first day")
        kept = {
            "skill_bands": known.skill_bands, "contract_areas": tuple(known.contract_areas),
            "reserves": tuple(known.reserves), "rw_support": known.rw_support, "has_exam": known.has_exam,
            "roll_on": known.roll_on, "adults_only": known.adults_only, "textbook_notes": known.textbook_notes,
        }  # fmt: skip
        counted_before = (known.import_hash or b"")[16:]
        details = replace(asked.details, **kept)  # type: ignore[arg-type]
        service.save_class(
            self.session, replace(asked, class_id=known.id, details=details), self.actor, self.clock
        )
        if row.places_free is not None and counted_before != row.fingerprint[16:]:
            most = free_places(row.places_free, known.capacity, known.held, known.enrolled)
            service.confirm_places(self.session, known.id, most, self.actor, self.clock)

    def _venue_known(self, details: VenueDetails) -> Venue | None:
        key = venue_key(details.name)
        same = (one for one in self.venues if one.name_key == key and one.postcode == details.postcode)
        return next(same, None)

    def _venue(self, details: VenueDetails) -> Venue:
        if known := self._venue_known(details):
            return known
        made = service.save_venue(
            self.session,
            SaveVenue(details=details, organisation_id=self.organisation_id),
            self.actor,
            self.clock,
        )
        self.venues.append(made)
        return made


def _faults_of(row: Row, error: HubError) -> list[RowFault]:
    by_column = {_COLUMN_OF.get(name, name): words for name, words in error.errors.items()}
    faults = by_column or {"": error.detail}
    return [RowFault(row.line, name, row.values.get(name, ""), words) for name, words in faults.items()]


# ---------------------------------------------------------------- reading one line


class _Cells:
    """The cells of a line, read one by one; what cannot be read is kept as a fault and stands for None."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.faults: list[RowFault] = []

    def text(self, column: str) -> str:
        return " ".join(self.row.values.get(column, "").split())

    def read(self, column: str, reader: Callable[[str], Any], *, needed: str = "") -> Any:
        text = self.text(column)
        if not text and needed:
            self.refuse(column, needed)
            return None
        try:
            return reader(text)
        except ValueError as error:
            self.refuse(column, str(error))
            return None

    def refuse(self, column: str, remedy: str) -> None:
        self.faults.append(RowFault(self.row.line, column, self.row.values.get(column, "")[:80], remedy))


def read_class(row: Row, venues: list[Venue], today: date) -> ClassRow | list[RowFault]:
    """The class of one line, or everything that is wrong with the line."""
    cells = _Cells(row)
    title = cells.text("title")
    levels: tuple[Level, ...] | None = cells.read("level", parse_levels, needed="Write the level, like E1")
    meetings = _read_meetings(cells)
    start = cells.read("start_date", read_date, needed="Write the first day, like 2027-01-25")
    end = cells.read("end_date", read_date, needed="Write the last day, like 2027-04-02")
    capacity = cells.read("capacity", read_count, needed="Write the number of places, like 12")
    places_free = cells.read("places_free", read_count) if cells.text("places_free") else None
    flags = {
        name: cells.read(name, read_yes_no) for name in ("childcare", "women_only", "step_free", "online")
    }
    strand, fee = cells.read("strand", _read_strand), cells.read("fee", read_pence)
    funding = _read_funding(cells, start or today)
    venue = _read_venue(cells, venues, is_online=bool(flags["online"]), step_free=bool(flags["step_free"]))
    if cells.faults:
        return cells.faults
    details = ClassDetails(
        title=title, strand=strand, levels=levels or (), meetings=meetings, start_on=start, end_on=end,
        capacity=capacity, funding=funding, fee_pence=fee, enrol_url=cells.text("enrol_url") or None,
        notes=cells.text("notes")[:1000], **flags,
    )  # fmt: skip
    return ClassRow(row.line, details, venue, places_free)


def rule_faults(row: Row, understood: ClassRow, today: date) -> list[RowFault]:
    """What the rules of a class have against a line, by column. The venue is judged when it is written."""
    cells, details, places_free = _Cells(row), understood.details, understood.places_free
    probe = replace(details, online=True)
    faults = details_faults(probe, {pot.code for pot in pots(details.start_on)}, today)
    if len(details.title) > 120:
        faults["title"] = "Write a name of 120 characters or fewer"
    if places_free is not None and places_free > details.capacity:
        faults["places_free"] = f"Write a number from 0 to {details.capacity}, the places of the class"
    for name, words in faults.items():
        cells.refuse("end_time" if "end time" in words else _COLUMN_OF.get(name, name), words)
    return cells.faults


def _read_meetings(cells: _Cells) -> tuple[Meeting, ...]:
    days = cells.read("days", read_days, needed="Write the days, like Mon/Wed")
    start: time | None = cells.read("start_time", read_time, needed="Write the start time, like 10:00")
    end: time | None = cells.read("end_time", read_time, needed="Write the end time, like 12:00")
    if not days or start is None or end is None:
        return ()
    return tuple(Meeting(day, start, end) for day in days)


def _read_strand(text: str) -> Strand:
    if text.lower() not in _STRANDS:
        raise ValueError(f"Write one of: {', '.join(Strand)}")
    return _STRANDS[text.lower()]


def _read_funding(cells: _Cells, on: date) -> tuple[str, ...]:
    """Pots by code or usual name, with `/`, `;` or `,` between. Nothing said limits nothing: every pot."""
    known = {pot.code: pot.code for pot in pots(on)}
    text = cells.text("funding").lower()
    if not text:
        return tuple(known)
    words = [word.strip() for word in text.replace("/", ";").replace(",", ";").split(";") if word.strip()]
    codes = [known.get(_POTS.get(word, word)) for word in words]
    if None in codes:
        cells.refuse("funding", f"Write one or more of: {', '.join(known)}")
        return ()
    return tuple(dict.fromkeys(code for code in codes if code is not None))


def _read_venue(
    cells: _Cells, venues: list[Venue], *, is_online: bool, step_free: bool
) -> VenueDetails | None:
    """The venue by name and postcode; without a postcode, the provider's only venue of that name."""
    name, postcode = cells.text("venue"), cells.text("postcode")
    if is_online and (not name or name.lower() == "online") and not postcode:
        return None
    if not name:
        cells.refuse("venue", "Write the name of the venue, or yes under online")
        return None
    if not postcode:
        same = [venue for venue in venues if venue.name_key == venue_key(name)]
        if len(same) != 1:
            cells.refuse("postcode", "Write the postcode of the venue, like E8 1AA")
            return None
        postcode = same[0].postcode
    tidy = cells.read("postcode", lambda _: tidy_postcode(postcode))
    return VenueDetails(name=name, address=cells.text("address"), postcode=tidy or "", step_free=step_free)
