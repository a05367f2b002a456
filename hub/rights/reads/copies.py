"""A copy of everything the hub holds about one person: what Article 15 asks for, from every slice's holdings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.consent.domain import PURPOSES
from hub.core.clock import Clock
from hub.core.errors import NotFound
from hub.infra.personal import Holding, rows_of
from hub.learners import reads as learners
from hub.provision import reads as provision
from hub.rights.domain.coverage import LeftOut, columns, reasons_left_out, tables
from hub.rights.domain.titles import title_of
from hub.rights.holdings import HOLDINGS

Value = Any


@dataclass(frozen=True, slots=True)
class Field:
    """One column of one row: its name in the tables, its words, and its value in clear."""

    name: str
    words: str
    value: Value = field(repr=False)


@dataclass(frozen=True, slots=True)
class Section:
    """One table. `left_out`: codes of why some of its columns are not here."""

    table: str
    title: str
    records: Sequence[Sequence[Field]] = field(repr=False)
    left_out: Sequence[str]


@dataclass(frozen=True, slots=True)
class Copy:
    """The whole. `sources`: who told us; `purposes`: what for and on which basis; all in words for the person."""

    made_at: datetime
    name: str = field(repr=False)
    sections: Sequence[Section]
    sources: Sequence[str]
    purposes: Sequence[tuple[str, str]]
    left_out: Mapping[str, LeftOut]

    @property
    def records(self) -> int:
        return sum(len(section.records) for section in self.sections)


def copy_of(session: Session, learner_id: UUID, clock: Clock) -> Copy:
    """Every exported column of every row of the person, also of records that were merged. NotFound."""
    person = learners.person(session, learner_id)
    if person is None or person.is_erased:
        raise NotFound("There is no such learner.")
    subject = learners.data_subject(session, learner_id)
    names = _Names(session)
    sections = [_section(holding, rows_of(session, holding, subject), names) for holding in _once(HOLDINGS)]
    shown = [section for section in sections if section.records]
    used = {code for section in shown for code in section.left_out}
    return Copy(
        made_at=clock.now(),
        name=person.full_name,
        sections=sorted(shown, key=lambda section: _ORDER.get(section.table, len(_ORDER))),
        sources=[accounts.organisation(session, one).name for one in person.organisation_ids],
        purposes=[(one.title, one.basis.words) for one in PURPOSES.values()],
        left_out={code: why for code, why in reasons_left_out().items() if code in used},
    )


def _once(holdings: Iterable[Holding]) -> list[Holding]:
    """Each table once, by its widest holding, which stands last."""
    return list({holding.table: holding for holding in holdings}.values())


def _section(holding: Holding, rows: Sequence[Mapping[str, Value]], names: "_Names") -> Section:
    known = tables()[holding.table]
    shown = [rule for rule in known if rule.is_exported]
    records = [
        [
            Field(rule.column.removesuffix("_sealed"), rule.words, names.said(rule.column, row[rule.column]))
            for rule in shown
            if row[rule.column] is not None
        ]
        for row in rows
    ]
    left_out = sorted({rule.export for rule in known if not rule.is_exported})
    return Section(holding.table, title_of(holding.table), [one for one in records if one], left_out)


class _Names:
    """Organisations and classes by name, each looked up once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._known: dict[UUID, str] = {}

    def said(self, column: str, value: Value) -> Value:
        if not isinstance(value, UUID):
            return value
        if value not in self._known:
            self._known[value] = self._look_up(column, value)
        return self._known[value]

    def _look_up(self, column: str, value: UUID) -> str:
        if column == "organisation_id":
            return accounts.organisation(self.session, value).name
        if column == "esol_class_id":
            return provision.esol_class(self.session, value).title
        return str(value)


_ORDER = {
    table: number
    for number, table in enumerate(
        ("source_record", "learning_needs", "referral", "referral_history", "information_request", "consent",
         "consent_event", "evidence_seen", "appointment", "appointment_history", "assessment", "skill_result",
         "rubric_mark", "placement", "literacy_profile", "waitlist_entry", "waitlist_entry_history",
         "priority_fact", "match_line", "offer", "offer_history", "enrolment", "enrolment_history",
         "attendance_week", "message", "received_text")
    )
}  # fmt: skip


def unclassified(all_columns: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Columns that have no line in columns.csv."""
    return [key for key in all_columns if key not in columns()]
