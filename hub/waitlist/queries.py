"""Selects of the waiting list."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from hub.assessment.domain import Strand
from hub.infra.ages import Bounds, counts_by_age
from hub.waitlist.domain import ACTIVE, IN_LINE, EntryFilter, EntryState
from hub.waitlist.models import EntryHistory, ListedPlace, PriorityFact, WaitlistEntry

ORDER = (WaitlistEntry.priority_band, WaitlistEntry.queue_on, WaitlistEntry.id)


def lock(session: Session, learner_id: UUID, strand: Strand) -> None:
    """One at a time may put this learner on this list."""
    name = f"waitlist/{learner_id}/{strand}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def entry(session: Session, entry_id: UUID, *, for_update: bool = False) -> WaitlistEntry | None:
    found = select(WaitlistEntry).where(WaitlistEntry.id == entry_id)
    if for_update:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalar(found)


def locked_entries(session: Session, entry_ids: Collection[UUID]) -> Sequence[WaitlistEntry]:
    """Entries by id, locked in that order and read afresh."""
    found = select(WaitlistEntry).where(WaitlistEntry.id.in_(list(entry_ids))).order_by(WaitlistEntry.id)
    return session.scalars(
        found.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).all()


def active(session: Session, learner_id: UUID, strand: Strand) -> WaitlistEntry | None:
    """The one active entry of a learner and strand, locked."""
    return session.scalar(
        select(WaitlistEntry)
        .where(
            WaitlistEntry.learner_id == learner_id,
            WaitlistEntry.strand == strand,
            WaitlistEntry.state.in_(ACTIVE),
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def active_of(session: Session, learner_ids: Collection[UUID]) -> Sequence[WaitlistEntry]:
    """The active entries of the learners, locked, oldest first."""
    found = select(WaitlistEntry).where(
        WaitlistEntry.learner_id.in_(list(learner_ids)), WaitlistEntry.state.in_(ACTIVE)
    )
    return session.scalars(found.order_by(WaitlistEntry.id).with_for_update(key_share=True)).all()


def learners_on_list(session: Session) -> set[UUID]:
    return set(session.scalars(select(WaitlistEntry.learner_id).where(WaitlistEntry.state.in_(ACTIVE))))


def entries_of(session: Session, learner_ids: Collection[UUID]) -> Sequence[WaitlistEntry]:
    """All entries of the learners, newest first."""
    found = select(WaitlistEntry).where(WaitlistEntry.learner_id.in_(list(learner_ids)))
    return session.scalars(found.order_by(WaitlistEntry.joined_at.desc(), WaitlistEntry.id.desc())).all()


def entries_of_records(session: Session, source_record_ids: Collection[UUID]) -> Sequence[WaitlistEntry]:
    found = select(WaitlistEntry).where(WaitlistEntry.source_record_id.in_(list(source_record_ids)))
    return session.scalars(found.order_by(WaitlistEntry.id).with_for_update(key_share=True)).all()


def entries_of_case(session: Session, case_id: UUID) -> Sequence[WaitlistEntry]:
    """All entries of a case, newest first, locked."""
    found = select(WaitlistEntry).where(WaitlistEntry.case_id == case_id)
    return session.scalars(found.order_by(WaitlistEntry.id.desc()).with_for_update(key_share=True)).all()


def duplicates_between(session: Session, learner_ids: Collection[UUID]) -> Sequence[WaitlistEntry]:
    """Entries of these learners that a merge removed in favour of an entry that now belongs to another
    learner."""
    kept = aliased(WaitlistEntry)
    found = (
        select(WaitlistEntry)
        .join(kept, kept.id == WaitlistEntry.duplicate_of_id)
        .where(
            WaitlistEntry.learner_id.in_(list(learner_ids)),
            WaitlistEntry.state == EntryState.REMOVED,
            kept.learner_id != WaitlistEntry.learner_id,
        )
    )
    return session.scalars(found.order_by(WaitlistEntry.id)).all()


def waiting(session: Session, today: date) -> Sequence[WaitlistEntry]:
    """Who may be matched today, in the order of the queue: waiting, and not on hold."""
    found = select(WaitlistEntry).where(
        WaitlistEntry.state == EntryState.WAITING,
        or_(WaitlistEntry.hold_reason.is_(None), WaitlistEntry.hold_until < today),
    )
    return session.scalars(found.order_by(*ORDER)).all()


def listed(
    session: Session, wanted: EntryFilter, *, offset: int = 0, limit: int | None = None
) -> Sequence[WaitlistEntry]:
    """Entries as the page lists them; without a state, the active ones."""
    found = _filtered(select(WaitlistEntry), wanted).order_by(*ORDER).offset(offset)
    return session.scalars(found if limit is None else found.limit(limit)).all()


def count(session: Session, wanted: EntryFilter) -> int:
    return session.scalar(_filtered(select(func.count(WaitlistEntry.id)), wanted)) or 0


def after(session: Session, wanted: EntryFilter, limit: int, marker: UUID | None) -> Sequence[WaitlistEntry]:
    """Entries by id, for paging through all of them."""
    found = _filtered(select(WaitlistEntry), wanted)
    if marker is not None:
        found = found.where(WaitlistEntry.id > marker)
    return session.scalars(found.order_by(WaitlistEntry.id).limit(limit)).all()


def _filtered(found: Select, wanted: EntryFilter) -> Select:  # type: ignore[type-arg]
    if wanted.level is not None:
        found = found.where(WaitlistEntry.level == wanted.level)
    if wanted.strand is not None:
        found = found.where(WaitlistEntry.strand == wanted.strand)
    if wanted.state is not None:
        return found.where(WaitlistEntry.state == wanted.state)
    return found.where(WaitlistEntry.state.in_(ACTIVE))


def positions(session: Session, entry_ids: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """(place in line, how many in line) among those of the same strand and level; only for those in line."""
    group = (WaitlistEntry.strand, WaitlistEntry.level)
    ranked = (
        select(
            WaitlistEntry.id,
            func.row_number().over(partition_by=group, order_by=ORDER).label("place"),
            func.count().over(partition_by=group).label("of"),
        )
        .where(WaitlistEntry.state.in_(IN_LINE))
        .subquery()
    )
    rows = session.execute(select(ranked).where(ranked.c.id.in_(list(entry_ids))))
    return {row.id: (row.place, row.of) for row in rows}


def history(session: Session, entry_ids: Collection[UUID]) -> Sequence[EntryHistory]:
    """What happened to the entries, newest first."""
    found = select(EntryHistory).where(EntryHistory.entry_id.in_(list(entry_ids)))
    return session.scalars(found.order_by(EntryHistory.at.desc(), EntryHistory.id.desc())).all()


def facts(session: Session, learner_ids: Collection[UUID]) -> Sequence[PriorityFact]:
    """The facts about the learners that have not been ended, oldest first."""
    found = select(PriorityFact).where(
        PriorityFact.learner_id.in_(list(learner_ids)), PriorityFact.ended_on.is_(None)
    )
    return session.scalars(found.order_by(PriorityFact.noted_on, PriorityFact.id)).all()


def facts_since(session: Session, learner_ids: Collection[UUID], day: date) -> Sequence[PriorityFact]:
    """Priorities of these learners noted on a day or later."""
    found = select(PriorityFact).where(
        PriorityFact.learner_id.in_(list(learner_ids)), PriorityFact.noted_on >= day
    )
    return session.scalars(found).all()


def facts_of_records(session: Session, source_record_ids: Collection[UUID]) -> Sequence[PriorityFact]:
    found = select(PriorityFact).where(PriorityFact.source_record_id.in_(list(source_record_ids)))
    return session.scalars(found).all()


def check_ins_due(session: Session, today: date, limit: int) -> Sequence[WaitlistEntry]:
    """Waiting entries whose next check-in has come, skipping those another process works on."""
    return _swept(
        session,
        limit,
        WaitlistEntry.state == EntryState.WAITING,
        WaitlistEntry.next_check_in_on <= today,
        WaitlistEntry.hold_reason.is_(None),
    )


def unanswered(session: Session, asked_by: date, limit: int) -> Sequence[WaitlistEntry]:
    """Check-ins asked on or before a day and not answered; those that wait for a person are left out."""
    return _swept(
        session,
        limit,
        WaitlistEntry.state == EntryState.CHECK_IN_DUE,
        WaitlistEntry.check_in_asked_on <= asked_by,
        WaitlistEntry.hold_reason.is_(None),
        ~WaitlistEntry.check_in_channels.contains(["call"]),
    )


def pauses_over(session: Session, today: date, limit: int) -> Sequence[WaitlistEntry]:
    return _swept(
        session, limit, WaitlistEntry.state == EntryState.PAUSED, WaitlistEntry.paused_until <= today
    )


def priorities_over(session: Session, today: date, limit: int) -> Sequence[WaitlistEntry]:
    return _swept(session, limit, WaitlistEntry.state.in_(ACTIVE), WaitlistEntry.priority_until < today)


def _swept(session: Session, limit: int, *conditions: object) -> Sequence[WaitlistEntry]:
    found = select(WaitlistEntry).where(*conditions)  # type: ignore[arg-type]
    return session.scalars(
        found.order_by(WaitlistEntry.id).limit(limit).with_for_update(key_share=True, skip_locked=True)
    ).all()


def waiting_ages(session: Session, bounds: Bounds) -> tuple[int, int, int]:
    """Entries that wait: on the list since the first bound, since the second, before both."""
    return _ages(session, ACTIVE - {EntryState.OFFERED}, counts_by_age(WaitlistEntry.joined_at, bounds))


def offered_ages(session: Session, bounds: Bounds) -> tuple[int, int, int]:
    """Entries with an offer out: since the first bound, since the second, before both."""
    return _ages(session, {EntryState.OFFERED}, counts_by_age(WaitlistEntry.changed_at, bounds))


def _ages(
    session: Session, states: Collection[EntryState], counts: tuple[ColumnElement[int], ...]
) -> tuple[int, int, int]:
    row = session.execute(select(*counts).where(WaitlistEntry.state.in_(list(states)))).one()
    return int(row[0]), int(row[1]), int(row[2])


def lock_lists(session: Session, organisation_id: UUID) -> None:
    """One import of an organisation's list at a time, until the commit."""
    number = int.from_bytes(organisation_id.bytes[-8:], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def listed_already(session: Session, organisation_id: UUID, keys: Iterable[bytes]) -> set[bytes]:
    """Which of these rows were taken in before."""
    found = select(ListedPlace.import_key).where(
        ListedPlace.organisation_id == organisation_id, ListedPlace.import_key.in_(list(keys))
    )
    return {bytes(key) for key in session.scalars(found)}


def listed_places(session: Session) -> Sequence[Row[UUID, UUID]]:
    """(organisation, learner as imported) of every place on a provider's list."""
    return session.execute(select(ListedPlace.organisation_id, ListedPlace.learner_id)).all()
