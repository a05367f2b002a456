"""Making the rows of one source record: used by identifying and by correcting."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.learners import queries
from hub.learners.domain.blocking import keys_of
from hub.learners.domain.keys import Key
from hub.learners.domain.model import Model
from hub.learners.domain.needs import NewNeeds, as_json, travel_km
from hub.learners.domain.person import NewPerson, Sex
from hub.learners.domain.scoring import comparable, prepare
from hub.learners.models import LearningNeeds, SourceRecord


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """Whose record it is: subject, learner now and at first, who sent it and when."""

    subject_id: UUID
    learner_id: UUID
    home_learner_id: UUID
    organisation_id: UUID | None
    referred_on: date
    amends_id: UUID | None = None


def make_record(person: NewPerson, belongs: Belonging, model: Model, now: datetime) -> SourceRecord:
    """The sealed record of `person`; the caller stores and indexes it."""
    return SourceRecord(
        subject_id=belongs.subject_id,
        learner_id=belongs.learner_id,
        home_learner_id=belongs.home_learner_id,
        organisation_id=belongs.organisation_id,
        amends_id=belongs.amends_id,
        referred_on=belongs.referred_on,
        created_at=now,
        index_version=queries.index_version(model.index_version),
        given_names=person.given_names.strip() or None,
        family_name=person.family_name.strip() or None,
        known_as=person.known_as,
        date_of_birth=person.date_of_birth,
        sex=person.sex and person.sex.value,
        postcode=person.postcode,
        address=person.address,
        phone=person.phone,
        second_phone=person.second_phone,
        email=person.email,
        preferred_language=person.preferred_language,
        other_languages=list(person.other_languages) or None,
        reads_in=person.reads_in,
        first_language=person.first_language,
        nationality=person.nationality,
        contact_rules=[person.interpreter_needed, person.safe_to_text, person.safe_to_call],
    )


def index_record(session: Session, record: SourceRecord, hashed: dict[bytes, Key]) -> None:
    """Store the hashes under which the record is found."""
    kinds = [key.kind.value for key in hashed.values()]
    queries.add_index(session, record.id, record.subject_id, list(hashed), kinds)


def hashed_keys(person: NewPerson, model: Model) -> dict[bytes, Key]:
    """The hashes under which a person is found."""
    return queries.hashes(keys_of(prepare(comparable(person), model)))


def make_needs(needs: NewNeeds, record: SourceRecord, clock: Clock) -> LearningNeeds:
    """The sealed needs; minutes of travel become km at the speeds of today."""
    today = clock.today()
    answers = as_json(needs)
    if needs.travel_minutes is not None and needs.travel_mode is not None:
        answers["max_travel_km"] = travel_km(needs.travel_minutes, needs.travel_mode, today)
    return LearningNeeds(
        subject_id=record.subject_id,
        source_record_id=record.id,
        recorded_on=today,
        created_at=clock.now(),
        answers=answers,
    )


def person_of(record: SourceRecord) -> NewPerson:
    """The description that the record holds, to start a correction from."""
    interpreter, text, call = record.contact_rules or (False, True, True)
    return NewPerson(
        given_names=record.given_names or "",
        family_name=record.family_name or "",
        date_of_birth=record.date_of_birth,
        known_as=record.known_as,
        sex=Sex(record.sex) if record.sex else None,
        postcode=record.postcode,
        address=record.address,
        phone=record.phone,
        second_phone=record.second_phone,
        email=record.email,
        preferred_language=record.preferred_language,
        other_languages=tuple(record.other_languages or ()),
        reads_in=record.reads_in,
        first_language=record.first_language,
        nationality=record.nationality,
        interpreter_needed=interpreter,
        safe_to_text=text,
        safe_to_call=call,
        referred_on=record.referred_on,
    )
