"""Selects of the person's rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session, aliased

from hub.infra.crypto import FIRST_INDEX
from hub.infra.fetching import fetch
from hub.infra.sight import visible
from hub.infra.subject_keys import SubjectKey
from hub.infra.vault import current_vault
from hub.infra.writes import execute_later
from hub.learners.domain.keys import Key
from hub.learners.domain.links import LinkPurpose
from hub.learners.models import (
    BlindIndex,
    Learner,
    LearningNeeds,
    PersonalLink,
    SourceRecord,
)


def hashes(keys: Iterable[Key]) -> dict[bytes, Key]:
    """The stored form of each key."""
    return _hashes(keys, current_vault().generations[:1])


def former_hashes(keys: Iterable[Key]) -> dict[bytes, Key]:
    """The other forms in which each key may still be stored: none but while the key of the indexes is rotated."""
    return _hashes(keys, current_vault().generations[1:])


def _hashes(keys: Iterable[Key], generations: Iterable[str]) -> dict[bytes, Key]:
    hashed, listed = current_vault().ring.people_index, list(keys)
    return {hashed(key.kind, key.text, one): key for one in generations for key in listed}


def index_version(rules: str) -> str:
    """What an index is made by: the rules and, after a rotation, the key."""
    newest = current_vault().generations[0]
    return rules if newest == FIRST_INDEX else f"{rules} {newest}"


def lock_keys(session: Session, wanted: Iterable[bytes]) -> None:
    """Let one transaction at a time identify people who share a key, until its commit.

    Sorted, so that two never wait for each other. Read committed then sees what the other one stored.
    """
    numbers = sorted({int.from_bytes(one[:8], "big", signed=True) for one in wanted})
    if numbers:
        session.execute(_LOCK, {"numbers": numbers})


_LOCK = text("SELECT pg_advisory_xact_lock(n) FROM unnest(CAST(:numbers AS bigint[])) AS n")


def hits(session: Session, wanted: Collection[bytes]) -> Sequence[Row[bytes, UUID, UUID]]:
    """(hash, home learner, learner now) of every record found under one of these hashes."""
    found = (
        select(BlindIndex.hash, SourceRecord.home_learner_id, SourceRecord.learner_id)
        .join(SourceRecord, SourceRecord.id == BlindIndex.source_record_id)
        .where(BlindIndex.hash.in_(list(wanted)))
        .distinct()
    )
    return session.execute(found).all()


SEALED = (
    "date_of_birth", "sex", "phone", "second_phone", "email", "postcode", "address", "first_language", "given_names",
    "family_name", "known_as",
)  # fmt: skip
"""What is compared of a record, in the order in which `candidates` gives it."""

# LATERAL: one look into the index for each hash, also while the planner still believes that the table is empty.
_CANDIDATES = """
    SELECT record.id, record.subject_id, record.home_learner_id, record.learner_id, key.kek_id, key.wrapped,
        record.date_of_birth_sealed, record.sex_sealed, record.phone_sealed, record.second_phone_sealed,
        record.email_sealed, record.postcode_sealed, record.address_sealed, record.first_language_sealed,
        record.given_names_sealed, record.family_name_sealed, record.known_as_sealed
    FROM (
        SELECT found.source_record_id
        FROM unnest(%(hashes)s::bytea[], %(weights)s::int[]) AS one (hash, weight)
        CROSS JOIN LATERAL (SELECT source_record_id FROM blind_index WHERE hash = one.hash OFFSET 0) AS found
        GROUP BY found.source_record_id
        ORDER BY sum(one.weight) DESC, found.source_record_id
        LIMIT %(most)s
    ) AS ranked
    JOIN source_record AS record ON record.id = ranked.source_record_id
    JOIN subject_key AS key ON key.subject_id = record.subject_id
    WHERE key.wrapped IS NOT NULL
"""


class Candidate(NamedTuple):
    """A record that shares keys with somebody, sealed, and its data key, wrapped."""

    id: UUID
    subject_id: UUID
    home_learner_id: UUID
    learner_id: UUID
    kek_id: str
    wrapped: bytes
    sealed: tuple[bytes | None, ...]


def candidates(session: Session, weights: Mapping[bytes, int], most: int) -> list[Candidate]:
    """The `most` records whose shared keys weigh most, in no order: ids, what is compared, sealed, and its key."""
    asked = {"hashes": list(weights), "weights": list(weights.values()), "most": most}
    rows = fetch(session, _CANDIDATES, asked)
    return [Candidate(row[0], row[1], row[2], row[3], row[4], row[5], row[6:]) for row in rows]


def records_by_id(session: Session, ids: Collection[UUID]) -> Sequence[SourceRecord]:
    """Those source records, in no order."""
    return (
        session.scalars(visible(session, SourceRecord).where(SourceRecord.id.in_(ids))).all() if ids else []
    )


_ADD_INDEX = (
    "INSERT INTO blind_index (hash, source_record_id, kind, subject_id) "
    "SELECT one.hash, %(record)s, one.kind, %(subject)s "
    "FROM unnest(%(hashes)s::bytea[], %(kinds)s::text[]) AS one (hash, kind)"
)  # one statement for all: half the time of a row each


def add_index(
    session: Session, record_id: UUID, subject_id: UUID, wanted: list[bytes], kinds: list[str]
) -> None:
    values = {"record": record_id, "subject": subject_id, "hashes": wanted, "kinds": kinds}
    execute_later(session, BlindIndex, _ADD_INDEX, values)


def indexed_otherwise(session: Session, version: str, most: int) -> Sequence[SourceRecord]:
    """Records indexed by other rules than `version`, locked; those that somebody else holds are passed over."""
    found = (
        select(SourceRecord)
        .where(SourceRecord.index_version.is_distinct_from(version))
        .order_by(SourceRecord.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(found).all()


def count_indexed_otherwise(session: Session, version: str) -> int:
    """How many records are indexed by other rules or under another key."""
    others = SourceRecord.index_version.is_distinct_from(version)
    return session.scalar(select(func.count()).select_from(SourceRecord).where(others)) or 0


def forget_index_versions(session: Session) -> None:
    session.execute(update(SourceRecord).values(index_version=None))


def forget_index(session: Session, record_id: UUID) -> None:
    """Find a record by nothing any more."""
    session.execute(delete(BlindIndex).where(BlindIndex.source_record_id == record_id))


TAKEN_IN = "hub_taken_in"
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)


@cache  # making the alias costs more than running the statement
def _records_of() -> Select[UUID, SourceRecord, str | None, bytes | None]:
    """With the key of each record, which opens it: nobody asks for a record without reading it."""
    asked = aliased(SourceRecord)
    return (
        select(asked.home_learner_id, SourceRecord, SubjectKey.kek_id, SubjectKey.wrapped)
        .join(SourceRecord, SourceRecord.learner_id == asked.learner_id)
        .outerjoin(SubjectKey, SubjectKey.subject_id == SourceRecord.subject_id)
        .where(asked.home_learner_id.in_(_IDS), asked.amends_id.is_(None))
    )


def records_of(session: Session, learner_ids: Collection[UUID]) -> Sequence[tuple[UUID, SourceRecord]]:
    """(learner as asked, record) for all records of the people these ids stand for, merged ones included."""
    if not learner_ids:
        return []
    taken_in: dict[UUID, SourceRecord] = session.info.get(TAKEN_IN, {})
    if taken_in and taken_in.keys() >= set(learner_ids):
        return [(asked, taken_in[asked]) for asked in set(learner_ids)]
    vault, found = current_vault(), []
    for asked, row, kek_id, wrapped in session.execute(_records_of(), {"ids": list(learner_ids)}):
        if kek_id is not None and wrapped is not None:
            vault.take(row.subject_id, kek_id, wrapped)
        found.append((asked, row))
    return found


def note_taken_in(session: Session, record: SourceRecord) -> None:
    """Who was taken in by this unit of work has this one record, still in hand."""
    session.info.setdefault(TAKEN_IN, {})[record.learner_id] = record


def forget_taken_in(session: Session) -> None:
    """From here on somebody may have more than one record, or another's."""
    session.info.get(TAKEN_IN, {}).clear()


def survivors(session: Session, learner_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Whom each learner is now; an id nobody has is left out."""
    taken_in: dict[UUID, SourceRecord] = session.info.get(TAKEN_IN, {})
    if taken_in and taken_in.keys() >= set(learner_ids):
        return {asked: taken_in[asked].learner_id for asked in learner_ids}
    return dict(session.execute(_SURVIVORS, {"ids": list(learner_ids)}).all()) if learner_ids else {}


_SURVIVORS = select(SourceRecord.home_learner_id, SourceRecord.learner_id).where(
    SourceRecord.home_learner_id.in_(_IDS), SourceRecord.amends_id.is_(None)
)  # asked before nearly everything: composed once


@cache  # as above
def _originals_of() -> Select[UUID, UUID]:
    asked = aliased(SourceRecord)
    return (
        select(asked.home_learner_id, SourceRecord.id)
        .join(
            SourceRecord, and_(SourceRecord.learner_id == asked.learner_id, SourceRecord.amends_id.is_(None))
        )
        .where(asked.home_learner_id.in_(_IDS), asked.amends_id.is_(None))
    )


def originals_of(session: Session, learner_ids: Collection[UUID]) -> Sequence[Row[UUID, UUID]]:
    """(learner as asked, source record) without corrections: one for each time the person was referred."""
    if not learner_ids:
        return []
    return session.execute(_originals_of(), {"ids": list(learner_ids)}).all()


def needs_of(session: Session, learner_ids: Collection[UUID]) -> Sequence[Row[UUID, UUID, LearningNeeds]]:
    """(learner as asked, survivor, needs), oldest first, so that the newest, which counts, comes last."""
    if not learner_ids:
        return []
    asked = aliased(SourceRecord)
    found = (
        select(asked.home_learner_id, asked.learner_id, LearningNeeds)
        .join(SourceRecord, SourceRecord.learner_id == asked.learner_id)
        .join(LearningNeeds, LearningNeeds.source_record_id == SourceRecord.id)
        .where(asked.home_learner_id.in_(list(learner_ids)), asked.amends_id.is_(None))
        .order_by(LearningNeeds.created_at, LearningNeeds.id)
    )
    return session.execute(found).all()


def all_needs_of(session: Session, learner_id: UUID) -> Sequence[LearningNeeds]:
    """Every telling of a learner's needs."""
    found = (
        select(LearningNeeds)
        .join(SourceRecord, SourceRecord.id == LearningNeeds.source_record_id)
        .where(SourceRecord.learner_id == learner_id)
    )
    return session.scalars(found).all()


def first_referred(
    session: Session, learner_ids: Collection[UUID]
) -> Sequence[Row[UUID, date]] | Sequence[tuple[UUID, date]]:
    """(learner as asked, first referral date of the survivor)."""
    taken_in: dict[UUID, SourceRecord] = session.info.get(TAKEN_IN, {})
    if learner_ids and taken_in.keys() >= set(learner_ids):
        return [(asked, taken_in[asked].referred_on) for asked in learner_ids]
    found = (
        select(SourceRecord.home_learner_id, Learner.first_referred_on)
        .join(Learner, Learner.id == SourceRecord.learner_id)
        .where(SourceRecord.home_learner_id.in_(list(learner_ids)), SourceRecord.amends_id.is_(None))
    )
    return session.execute(found).all()


def locked_learners(session: Session, learner_ids: Iterable[UUID]) -> dict[UUID, Learner]:
    """These learners, locked in order of id until the commit, as they are now."""
    found = select(Learner).where(Learner.id.in_(list(learner_ids))).order_by(Learner.id)
    rows = session.scalars(found.with_for_update(key_share=True).execution_options(populate_existing=True))
    return {row.id: row for row in rows}


def locked_survivors(session: Session, learner_ids: Collection[UUID]) -> dict[UUID, Learner]:
    """Whom each learner is now, locked. Asked again under the lock, for a merge may just have ended."""
    now = survivors(session, learner_ids)
    while True:
        rows = locked_learners(session, set(now.values()))
        before, now = now, survivors(session, learner_ids)
        if now == before:
            return {asked: rows[survivor] for asked, survivor in now.items()}


def tree(session: Session, survivor_id: UUID) -> dict[UUID, UUID | None]:
    """Everybody who is this learner now, each with whom they were merged into."""
    found = (
        select(Learner.id, Learner.merged_into_id)
        .join(SourceRecord, SourceRecord.home_learner_id == Learner.id)
        .where(SourceRecord.learner_id == survivor_id, SourceRecord.amends_id.is_(None))
    )
    return dict(session.execute(found).all())


def records_at_home_in(session: Session, learner_ids: Collection[UUID]) -> Sequence[SourceRecord]:
    found = select(SourceRecord).where(SourceRecord.home_learner_id.in_(list(learner_ids)))
    found = found.order_by(SourceRecord.created_at, SourceRecord.id).execution_options(populate_existing=True)
    return session.scalars(found).all()


def records_under(session: Session, subject_ids: Collection[UUID]) -> Sequence[SourceRecord]:
    """The source records under these data keys."""
    found = select(SourceRecord).where(SourceRecord.subject_id.in_(list(subject_ids)))
    return session.scalars(found.order_by(SourceRecord.id)).all()


def living(session: Session) -> Sequence[Row[UUID, UUID, datetime]]:
    """(home learner, learner now, created) of every source record whose key was not destroyed."""
    found = (
        select(SourceRecord.home_learner_id, SourceRecord.learner_id, SourceRecord.created_at)
        .join(SubjectKey, SubjectKey.subject_id == SourceRecord.subject_id)
        .where(SourceRecord.amends_id.is_(None), SubjectKey.wrapped.is_not(None))
    )
    return session.execute(found).all()


def link_by_hash(session: Session, token_hash: bytes) -> PersonalLink | None:
    return session.scalars(select(PersonalLink).where(PersonalLink.token_hash == token_hash)).first()


def live_links(
    session: Session,
    learner_ids: Collection[UUID],
    purpose: LinkPurpose | None,
    subject_id: UUID | None,
    now: datetime,
) -> Sequence[PersonalLink]:
    found = select(PersonalLink).where(
        PersonalLink.learner_id.in_(list(learner_ids)), PersonalLink.expires_at > now
    )
    if purpose is not None:
        found = found.where(PersonalLink.purpose == purpose)
    if subject_id is not None:
        found = found.where(PersonalLink.subject_id == subject_id)
    return session.scalars(found).all()
