"""One person from many source records: which record's word counts for which field ('Survivorship').

Date of birth: verified on a document, then not the 1st of January, then the most frequent, then the newest.
Phone, e-mail, postcode and address: those that the learner confirmed last, as a whole; without any, the
newest of each; the others stay as aliases. Name: a verified source, then the newest; all spellings are kept.
First referral: the earliest.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from hub.learners.domain.person import ContactChange, Sex

ERASED = "Record erased"
"""Shown for somebody whose record was erased: every living record has a name."""


@dataclass(frozen=True, kw_only=True)
class SourceRecordView:
    """One source record in clear. `superseded_at` is set when a correction took its place."""

    id: UUID
    subject_id: UUID
    learner_id: UUID
    home_learner_id: UUID
    organisation_id: UUID | None
    amends_id: UUID | None
    referred_on: date
    created_at: datetime
    superseded_at: datetime | None
    contact_confirmed_at: datetime | None
    name_verified_at: datetime | None
    birth_date_verified_at: datetime | None
    given_names: str
    family_name: str
    known_as: str | None
    date_of_birth: date | None
    sex: Sex | None
    postcode: str | None
    address: str | None
    phone: str | None
    second_phone: str | None
    email: str | None
    preferred_language: str | None
    other_languages: tuple[str, ...]
    reads_in: str | None
    first_language: str | None
    nationality: str | None
    interpreter_needed: bool
    safe_to_text: bool
    safe_to_call: bool

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.given_names, self.family_name) if part) or ERASED


@dataclass(frozen=True, kw_only=True)
class Person:
    """The golden record of a learner: what is held to be true now. `learner_id` is the survivor's."""

    learner_id: UUID
    first_referred_on: date
    given_names: str
    family_name: str
    known_as: str | None
    date_of_birth: date | None
    sex: Sex | None
    postcode: str | None
    address: str | None
    phone: str | None
    second_phone: str | None
    email: str | None
    preferred_language: str | None
    other_languages: tuple[str, ...]
    reads_in: str | None
    first_language: str | None
    nationality: str | None
    interpreter_needed: bool
    safe_to_text: bool
    safe_to_call: bool
    birth_date_verified: bool
    contact_confirmed: bool
    other_names: tuple[str, ...]
    other_phones: tuple[str, ...]
    other_emails: tuple[str, ...]
    other_addresses: tuple[str, ...]
    source_record_ids: tuple[UUID, ...]
    subject_ids: tuple[UUID, ...]
    organisation_ids: tuple[UUID, ...]

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.given_names, self.family_name) if part) or ERASED

    @property
    def is_erased(self) -> bool:
        """Whether nothing is left but ids and dates."""
        return not (self.given_names or self.family_name)

    @property
    def short_name(self) -> str:
        """What to call the learner: the name they go by, else the first given name, else the family name."""
        return self.known_as or (self.given_names.split() or [self.family_name])[0]


def golden_record(records: Sequence[SourceRecordView]) -> Person:
    """The person that these records of one learner describe; at least one must be current."""
    newest = sorted(records, key=lambda record: (record.created_at, record.id), reverse=True)
    current = [record for record in newest if record.superseded_at is None] or newest
    named, confirmed = _best(current, _named), _contacts(current)
    held: dict[str, Any] = {name: _newest_said(current, name) for name in _BY_NEWEST}
    held |= {name: _newest_said(confirmed, name) for name in _BY_CONTACT}
    return Person(
        learner_id=current[0].learner_id,
        first_referred_on=min(record.referred_on for record in records),
        given_names=named.given_names,
        family_name=named.family_name,
        date_of_birth=_birth_date(current),
        address=_address(confirmed),
        other_languages=tuple(dict.fromkeys(code for record in current for code in record.other_languages)),
        interpreter_needed=any(record.interpreter_needed for record in confirmed),
        safe_to_text=all(record.safe_to_text for record in confirmed),
        safe_to_call=all(record.safe_to_call for record in confirmed),
        birth_date_verified=any(record.birth_date_verified_at for record in current),
        contact_confirmed=confirmed[0].contact_confirmed_at is not None,
        **held,
        **_aliases(newest, named.full_name, held, _address(confirmed)),
        **_belonging(newest[::-1]),
    )


_BY_NEWEST = ("known_as", "sex", "reads_in", "first_language", "nationality")
_BY_CONTACT = ("phone", "second_phone", "email", "postcode", "preferred_language")


def _aliases(
    newest: Sequence[SourceRecordView], name: str, held: Mapping[str, Any], address: str | None
) -> dict[str, Any]:
    """What else was ever said, newest first: people are still found by it."""
    phones = (number for record in newest for number in (record.phone, record.second_phone))
    place = _place(held["postcode"], address)
    return {
        "other_names": _others(name, (record.full_name for record in newest)),
        "other_phones": _others(held["phone"], phones),
        "other_emails": _others(held["email"], (record.email for record in newest)),
        "other_addresses": _others(place, (_place(record.postcode, record.address) for record in newest)),
    }


def _belonging(oldest: Sequence[SourceRecordView]) -> dict[str, Any]:
    """The records, their keys and who sent them, oldest first."""
    sent = (record.organisation_id for record in oldest if record.organisation_id is not None)
    return {
        "source_record_ids": tuple(record.id for record in oldest),
        "subject_ids": tuple(dict.fromkeys(record.subject_id for record in oldest)),
        "organisation_ids": tuple(dict.fromkeys(sent)),
    }


def contact_of(person: Person) -> ContactChange:
    """The contact details as they are now, to change some of them with `dataclasses.replace`."""
    return ContactChange(
        phone=person.phone,
        second_phone=person.second_phone,
        email=person.email,
        postcode=person.postcode,
        address=person.address,
        preferred_language=person.preferred_language,
        interpreter_needed=person.interpreter_needed,
        safe_to_text=person.safe_to_text,
        safe_to_call=person.safe_to_call,
    )


def _named(record: SourceRecordView) -> tuple[bool, bool]:
    return record.name_verified_at is not None, bool(record.given_names and record.family_name)


def _best(
    records: Sequence[SourceRecordView], rank: Callable[[SourceRecordView], tuple[bool, bool]]
) -> SourceRecordView:
    """The first record of highest rank; records come newest first, and `max` keeps the first of equals."""
    return max(records, key=rank)


def _confirmed(record: SourceRecordView) -> tuple[bool, datetime]:
    at = record.contact_confirmed_at
    return at is not None, at or record.created_at


def _contacts(current: Sequence[SourceRecordView]) -> list[SourceRecordView]:
    """The records that say how to reach the learner, best first.

    The newest that the learner confirmed stands alone, because a confirmed 'no phone' must not bring back an
    old number; without one, all, newest first.
    """
    ranked = sorted(current, key=_confirmed, reverse=True)
    return ranked[:1] if ranked[0].contact_confirmed_at is not None else ranked


def _newest_said(records: Iterable[SourceRecordView], name: str) -> Any:
    """What the first record says that says anything."""
    return next((value for record in records if (value := getattr(record, name)) is not None), None)


def _address(confirmed: Sequence[SourceRecordView]) -> str | None:
    """The address of the record whose postcode counts: one's street with another's code is no address."""
    with_postcode = next((record for record in confirmed if record.postcode), None)
    return with_postcode.address if with_postcode else _newest_said(confirmed, "address")


def _place(postcode: str | None, address: str | None) -> str | None:
    """Where somebody lives, on one line."""
    return ", ".join(part for part in (" ".join((address or "").split()), postcode) if part) or None


def _birth_date(newest_first: Sequence[SourceRecordView]) -> date | None:
    dated = [record for record in newest_first if record.date_of_birth]
    verified = next((record.date_of_birth for record in dated if record.birth_date_verified_at), None)
    if verified or not dated:
        return verified
    counts = Counter(record.date_of_birth for record in dated)

    def rank(record: SourceRecordView) -> tuple[bool, int]:
        born = record.date_of_birth
        return born is not None and (born.month, born.day) != (1, 1), counts[born]

    return max(dated, key=rank).date_of_birth


def _others(chosen: str | None, values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value and value != chosen))
