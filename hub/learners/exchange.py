"""People in CSV files: the columns of a person, and linking the records of one file or two without a database."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from hub.core.errors import RuleBroken
from hub.infra.csvfiles import Row, RowFault, read_rows
from hub.learners import reads
from hub.learners.domain.linking import Linked, link
from hub.learners.domain.model import Model
from hub.learners.domain.reading import PERSON_COLUMNS, read_birth_date, read_gender
from hub.learners.domain.scoring import Comparable, Zone, explain


@dataclass(slots=True)
class LinkReport:
    """What became of linking: how many records and pairs, and what was wrong with the files."""

    records: int = 0
    auto: int = 0
    review: int = 0
    faults: list[RowFault] = field(default_factory=list)
    unknown_columns: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "records": self.records,
            "auto": self.auto,
            "review": self.review,
            "refused": len({(fault.column, fault.line) for fault in self.faults}),
            "unknown_columns": list(self.unknown_columns),
            "faults": [
                {"line": one.line, "column": one.column, "value": one.value, "remedy": one.remedy}
                for one in self.faults
            ],
        }


@dataclass(slots=True)
class PeopleFile:
    """The records of one file: ids and people side by side."""

    ids: list[str] = field(default_factory=list)
    people: list[Comparable] = field(default_factory=list)


def link_files(first: bytes, second: bytes | None, out: Path, day: date) -> LinkReport:
    """Write the pairs within one file, or between two, best first. A bad row is left out and named.

    Raises RuleBroken when a file cannot be read at all.
    """
    report = LinkReport()
    left = read_people(first, report)
    right = read_people(second, report) if second is not None else PeopleFile()
    model = reads.recognition_model(day)
    pairs = link(left.people, model, right.people if second is not None else None)
    ids = [*left.ids, *right.ids]
    report.records = len(ids)
    report.auto = sum(pair.zone is Zone.AUTO for pair in pairs)
    report.review = len(pairs) - report.auto
    _write(out, pairs, ids, model)
    return report


def read_people(content: bytes, report: LinkReport) -> PeopleFile:
    """The records of a file with the columns of a person; `rec_id` must be there and be unique."""
    rows = read_rows(content, PERSON_COLUMNS, ("rec_id",))
    found, seen = PeopleFile(), set[str]()
    for row in rows:
        rec_id = row.values["rec_id"]
        faults = list(_faults(row))
        if not rec_id or rec_id in seen:
            words = "Give each record an id of its own" if rec_id else "Give the record an id"
            faults.append(RowFault(row.line, "rec_id", rec_id, words))
        if faults:
            report.faults += faults
            continue
        seen.add(rec_id)
        found.ids.append(rec_id)
        found.people.append(comparable_of(row))
    report.faults += rows.faults
    report.unknown_columns = tuple(dict.fromkeys((*report.unknown_columns, *rows.unknown_columns)))
    return found


def _faults(row: Row) -> Iterable[RowFault]:
    text = row.values.get("dob", "")
    try:
        read_birth_date(text)
    except RuleBroken as refused:
        yield RowFault(row.line, "dob", text, refused.detail)


def comparable_of(row: Row) -> Comparable:
    """What of a row is compared. Phones and postcodes are taken as they are written."""
    cells = row.values
    phone, email = cells.get("phone", ""), cells.get("email", "")
    return Comparable(
        given_names=cells.get("given_name", ""),
        family_name=cells.get("family_name", ""),
        gender=read_gender(cells.get("gender", "")),
        date_of_birth=read_birth_date(cells.get("dob", "")),
        phones=(phone,) if phone else (),
        emails=(email,) if email else (),
        postcode=cells.get("postcode") or None,
        address=cells.get("address") or None,
        first_language=cells.get("first_language") or None,
    )


def _write(out: Path, pairs: Iterable[Linked], ids: Sequence[str], model: Model) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["left_id", "right_id", "score", "zone", "reasons"])
        for pair in pairs:
            compared = explain(pair.weighed, model)
            telling = sorted(
                (p for p in compared.parts if abs(p.weight) >= 0.5), key=lambda p: -abs(p.weight)
            )
            reasons = "; ".join(f"{p.note} {p.weight:+.1f}" for p in telling if p.field != "population")
            lines.writerow([ids[pair.left], ids[pair.right], f"{pair.weighed.score:.2f}", pair.zone, reasons])
