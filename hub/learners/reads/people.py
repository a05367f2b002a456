"""What the slices above may know about people: frozen, in bulk, in clear only where they asked for it.

Every function takes the ids that other slices hold, also those of learners merged into others since, and
answers under the id that was asked.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.postcode import outward
from hub.infra.personal import DataSubject
from hub.infra.sight import in_sight, narrow_to_own, of_learners
from hub.learners import queries
from hub.learners.domain.birth_dates import BirthLevel, birth_level
from hub.learners.domain.blocking import keys_to_look_up
from hub.learners.domain.golden import Person, SourceRecordView, golden_record
from hub.learners.domain.keys import KeyKind
from hub.learners.domain.model import Model, model_on, read_models
from hub.learners.domain.needs import Needs, from_json
from hub.learners.domain.person import SearchTerms, Sex
from hub.learners.models import LearningNeeds, SourceRecord

MOST_FOUND = 50


@cache
def _models() -> tuple[Model, ...]:
    data = resources.files("hub.learners").joinpath("data")
    return read_models(
        data.joinpath("recognition.toml").read_text("utf-8"), data.joinpath("names.toml").read_text("utf-8")
    )


def recognition_model(day: date) -> Model:
    """The weights of recognition that count on a day."""
    return model_on(_models(), day)


def person(session: Session, learner_id: UUID) -> Person | None:
    """The golden record of a learner, or of whom they were merged into; None when there is none."""
    return people(session, [learner_id]).get(learner_id)


def people(
    session: Session, ids: Collection[UUID], only: Collection[str] | None = None
) -> dict[UUID, Person]:
    """The golden records of many learners, in one query. `only`: of what is sealed, these fields are opened; the
    others are empty. For who reads many people at once and needs little of each."""
    grouped: dict[UUID, list[SourceRecordView]] = defaultdict(list)
    opened: dict[UUID, SourceRecordView] = {}
    for asked, row in queries.records_of(session, ids):
        if row.id not in opened:
            opened[row.id] = record_view(row) if only is None else _in_part(row, only)
        grouped[asked].append(opened[row.id])
    return {asked: golden_record(records) for asked, records in grouped.items()}


def people_as_referred(session: Session, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Each learner as they were before any merge: from what came with their own id alone."""
    grouped: dict[UUID, list[SourceRecordView]] = defaultdict(list)
    for row in queries.records_at_home_in(session, ids):
        grouped[row.home_learner_id].append(record_view(row))
    return {home: golden_record(records) for home, records in grouped.items()}


def source_records(session: Session, learner_id: UUID) -> tuple[SourceRecordView, ...]:
    """Every record of a learner, corrections too, oldest first."""
    rows = [row for _, row in queries.records_of(session, [learner_id])]
    return tuple(record_view(row) for row in sorted(rows, key=lambda row: (row.created_at, row.id)))


def records(session: Session, ids: Collection[UUID]) -> dict[UUID, SourceRecordView]:
    """Source records by their own ids: what one organisation wrote, for that organisation."""
    return {row.id: record_view(row) for row in queries.records_by_id(session, ids)}


@contextmanager
def alone(session: Session, ids: Collection[UUID]) -> Iterator[None]:
    """Inside, a partner's unit of work sees these people, merged ones included, and nobody else beside its own rows.

    For what follows a proven right to them: a permission, a label, an agreed name.
    """
    if not ids or in_sight(session, ids):
        yield
        return
    with of_learners(session, ids):
        now = queries.survivors(session, ids)
    with of_learners(session, {*ids, *now.values()}):
        yield


def own(session: Session, learner_id: UUID) -> None:
    """From here on this unit of work is this learner's own, under every id that stands for them: the link and the
    date of birth have been proven."""
    narrow_to_own(session, same_person_ids(session, learner_id))


def source_record_ids(session: Session, ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """The times each learner was referred: one source record each, corrections not counted."""
    grouped: dict[UUID, set[UUID]] = defaultdict(set)
    for asked, record_id in queries.originals_of(session, ids):
        grouped[asked].add(record_id)
    return {asked: frozenset(records) for asked, records in grouped.items()}


def needs(session: Session, ids: Collection[UUID]) -> dict[UUID, Needs]:
    """What each learner needs, by their newest telling; a learner never asked is left out."""
    newest = {asked: (now, row) for asked, now, row in queries.needs_of(session, ids)}
    return {asked: needs_view(row, now) for asked, (now, row) in newest.items()}


def areas(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The first half of each learner's postcode, such as `E8`: for statistics, never shown beside a name."""
    known = people(session, ids, only={"postcode"})
    return {asked: outward(one.postcode) for asked, one in known.items() if one.postcode}


def first_referred_on(session: Session, ids: Collection[UUID]) -> dict[UUID, date]:
    """The queue date of each learner: the earliest referral to any partner. It never moves later."""
    return dict(queries.first_referred(session, ids))


def survivor(session: Session, learner_id: UUID) -> UUID:
    """Whom a learner is now; an unknown id is its own answer."""
    return survivors(session, [learner_id]).get(learner_id, learner_id)


def survivors(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    return queries.survivors(session, ids)


def same_person_ids(session: Session, learner_id: UUID) -> frozenset[UUID]:
    """Every id that stands for this learner, those merged into it too: for audit and steps by learner."""
    return frozenset(queries.tree(session, survivor(session, learner_id)))


def data_subject(session: Session, learner_id: UUID) -> DataSubject:
    """Everything by which the tables know this person: merged ids, all source records, all data keys."""
    people = same_person_ids(session, learner_id)
    return _data_subject(queries.records_at_home_in(session, people), people)


def data_subject_of_keys(session: Session, subject_ids: Collection[UUID]) -> DataSubject:
    """The same for the source records under these keys alone, whoever they are merged with today."""
    rows = queries.records_under(session, subject_ids)
    found = _data_subject(rows, {row.home_learner_id for row in rows})
    return DataSubject(found.person_ids, found.record_ids, frozenset(subject_ids))


def _data_subject(rows: Collection[SourceRecord], people: Collection[UUID]) -> DataSubject:
    return DataSubject(
        frozenset(people), frozenset(row.id for row in rows), frozenset(row.subject_id for row in rows)
    )


def living(session: Session) -> dict[UUID, tuple[UUID, date]]:
    """Every learner whose record was not erased, merged or not: whom they are now, and since when we know them."""
    return {home: (now, created_at.date()) for home, now, created_at in queries.living(session)}


def find(session: Session, terms: SearchTerms) -> list[UUID]:
    """At most 50 learners by a phone, an e-mail, two name words, or a name and date of birth; best first.

    Phone and e-mail must match when given; of the name words, those with most in common come first.
    Terms too few to search by find nobody.
    """
    keys = list(keys_to_look_up(terms, _models()[-1]))
    hashed = queries.hashes(keys) | queries.former_hashes(keys)
    if not hashed:
        return []
    counts: Counter[UUID] = Counter()
    by_kind: dict[KeyKind, set[UUID]] = defaultdict(set)
    for one, _, learner_id in queries.hits(session, hashed.keys()):
        counts[learner_id] += 1
        by_kind[hashed[bytes(one)].kind].add(learner_id)
    wanted = {key.kind for key in hashed.values()}
    matching = set(counts)
    for kind in wanted:
        matching &= by_kind[kind]
    best = sorted(matching, key=lambda learner_id: (-counts[learner_id], learner_id))[:MOST_FOUND]
    return _born(session, best, terms.date_of_birth) if terms.date_of_birth else best


_BORN_THEN = frozenset({BirthLevel.EQUAL, BirthLevel.EQUAL_JANUARY, BirthLevel.SWAPPED})


def _born(session: Session, ids: Collection[UUID], day: date) -> list[UUID]:
    """Those of whom a record says this day, or day and month the other way round; the index knows less."""
    then = {
        asked
        for asked, row in queries.records_of(session, ids)
        if birth_level(row.date_of_birth, day) in _BORN_THEN
    }
    return [learner_id for learner_id in ids if learner_id in then]


_IN_CLEAR = (
    "id", "subject_id", "learner_id", "home_learner_id", "organisation_id", "amends_id", "referred_on", "created_at",
    "superseded_at", "contact_confirmed_at", "name_verified_at", "birth_date_verified_at",
)  # fmt: skip
_SEALED = (
    "known_as", "date_of_birth", "postcode", "address", "phone", "second_phone", "email", "preferred_language",
    "reads_in", "first_language", "nationality",
)  # fmt: skip
_AS_STORED = (*_IN_CLEAR, *_SEALED)


def record_view(row: SourceRecord) -> SourceRecordView:
    """A source record in clear."""
    interpreter, text, call = row.contact_rules or (False, True, True)
    return SourceRecordView(
        **{name: getattr(row, name) for name in _AS_STORED},
        given_names=row.given_names or "",
        family_name=row.family_name or "",
        sex=Sex(row.sex) if row.sex else None,
        other_languages=tuple(row.other_languages or ()),
        interpreter_needed=interpreter,
        safe_to_text=text,
        safe_to_call=call,
    )


def _in_part(row: SourceRecord, only: Collection[str]) -> SourceRecordView:
    known = {name: getattr(row, name) for name in _IN_CLEAR}
    opened: dict[str, Any] = {name: getattr(row, name) if name in only else None for name in _SEALED}
    return SourceRecordView(
        **known,
        **opened,
        given_names="",
        family_name="",
        sex=Sex(row.sex) if "sex" in only and row.sex else None,
        other_languages=(),
        interpreter_needed=False,
        safe_to_text=True,
        safe_to_call=True,
    )


def needs_view(row: LearningNeeds, learner_id: UUID) -> Needs:
    """Needs in clear."""
    values: dict[str, Any] = from_json(row.answers or {})
    return Needs(
        learner_id=learner_id, source_record_id=row.source_record_id, recorded_on=row.recorded_on, **values
    )
