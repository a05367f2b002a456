"""Selects of referrals. Those that take an actor answer a foreign and a missing id alike: NotFound."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, text, union_all, update
from sqlalchemy.orm import Session

from hub.core.errors import NotFound
from hub.core.permissions import Actor
from hub.infra.ages import Bounds, counts_by_age
from hub.infra.rows import scoped
from hub.infra.sight import open_to_the_hub, visible
from hub.referrals.domain import Outcome, ReferralState
from hub.referrals.models import (
    IS_DUPLICATE,
    IS_OPEN,
    InformationRequest,
    Referral,
    ReferralDraft,
    ReferralFile,
    ReferralHistory,
)


def referral_of(session: Session, referral_id: UUID, actor: Actor, *, lock: bool = False) -> Referral:
    """The referral, if this actor may see it.

    One that will change is locked until the end of the transaction, which is the hub's from there on.
    """
    found = scoped(Referral, actor).where(Referral.id == referral_id)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    referral = session.scalar(found)
    if referral is None:
        raise NotFound
    if lock:
        open_to_the_hub(session)
    return referral


def locked_case(session: Session, referral_id: UUID) -> Referral | None:
    """The referral of a case, locked; None for a case that is none of ours."""
    return session.scalar(select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True))


def referrals_by_id(session: Session, ids: Collection[UUID]) -> Sequence[Referral]:
    """Those referrals, in no order."""
    return session.scalars(visible(session, Referral).where(Referral.id.in_(ids))).all() if ids else []


def referrals_of_learners(session: Session, learner_ids: Collection[UUID]) -> Sequence[Referral]:
    """All referrals of these learners, the earliest first."""
    if not learner_ids:
        return []
    found = select(Referral).where(Referral.learner_id.in_(learner_ids))
    return session.scalars(found.order_by(Referral.submitted_at, Referral.id)).all()


def open_referrals_of(session: Session, learner_id: UUID) -> Sequence[Referral]:
    """The learner's open referrals, locked, the earliest first."""
    found = select(Referral).where(Referral.learner_id == learner_id, Referral.state != ReferralState.CLOSED)
    return session.scalars(
        found.order_by(Referral.submitted_at, Referral.id).with_for_update(key_share=True)
    ).all()


def learners_with_open_case(session: Session) -> set[UUID]:
    found = select(Referral.learner_id).where(Referral.state != ReferralState.CLOSED)
    return set(session.scalars(found))


def referrals_of_records(session: Session, source_record_ids: Collection[UUID]) -> Sequence[Referral]:
    """The referrals that came with these source records, locked."""
    if not source_record_ids:
        return []
    found = select(Referral).where(Referral.source_record_id.in_(source_record_ids))
    return session.scalars(found.order_by(Referral.id).with_for_update(key_share=True)).all()


def duplicates_of(session: Session, referral_ids: Collection[UUID]) -> Sequence[Referral]:
    """The referrals that were closed as duplicates of these, locked."""
    if not referral_ids:
        return []
    found = select(Referral).where(
        Referral.duplicate_of_id.in_(referral_ids), Referral.outcome == Outcome.DUPLICATE
    )
    return session.scalars(found.order_by(Referral.id).with_for_update(key_share=True)).all()


def same_person(
    session: Session, organisation_id: UUID, keys: Iterable[tuple[bytes, bytes | None]]
) -> list[Referral]:
    """The organisation's own referrals of this person, or under this reference of its own, that it may believe
    to be open. `keys`: (hash of the person, hash of the reference), a second pair while their key is rotated."""
    found: list[Referral] = []
    for person, external in keys:
        asked = {"organisation": organisation_id, "person": person, "external": external}
        found += session.scalars(_same_person(external is not None), asked).all()
    return found


@cache  # asked for every referral: composed once
def _same_person(by_reference: bool) -> Select[Referral]:
    """Each branch is worded as its index is, so that it stays one look-up on a table that was never analysed."""
    own = select(Referral.id).where(Referral.organisation_id == bindparam("organisation"))
    of_person = own.where(Referral.person_key == bindparam("person"))
    branches = [of_person.where(IS_OPEN), of_person.where(IS_DUPLICATE)]
    if by_reference:
        of_reference = own.where(Referral.external_key == bindparam("external"))
        branches.append(of_reference.where(or_(IS_OPEN, IS_DUPLICATE)))
    return select(Referral).where(Referral.id.in_(union_all(*branches)))


def already_imported(
    session: Session, organisation_id: UUID, external: Collection[bytes], keys: Collection[bytes]
) -> list[tuple[bytes | None, bytes | None]]:
    """(hash of the reference, row fingerprint) of what the organisation has sent before of these, open or closed."""
    found = visible(session, Referral).where(
        Referral.organisation_id == organisation_id,
        or_(Referral.external_key.in_(external), Referral.import_key.in_(keys)),
    )
    pairs = found.with_only_columns(Referral.external_key, Referral.import_key)
    return [(reference, key) for reference, key in session.execute(pairs)]


def file_of(session: Session, file_id: UUID, actor: Actor) -> ReferralFile:
    """The user's own file; NotFound for any other."""
    found = scoped(ReferralFile, actor).where(ReferralFile.id == file_id, ReferralFile.user_id == actor.id)
    row = session.scalar(found.with_for_update(key_share=True))
    if row is None:
        raise NotFound
    return row


def files_begun(session: Session) -> Sequence[ReferralFile]:
    """Files that wait to be taken in further, the first first."""
    found = select(ReferralFile).where(ReferralFile.started_at.is_not(None), ReferralFile.ended_at.is_(None))
    return session.scalars(found.order_by(ReferralFile.started_at, ReferralFile.id)).all()


def files_of(session: Session, actor: Actor) -> Sequence[ReferralFile]:
    """The user's own files that are being taken in or were, the newest first."""
    found = scoped(ReferralFile, actor).where(
        ReferralFile.user_id == actor.id, ReferralFile.started_at.is_not(None)
    )
    return session.scalars(found.order_by(ReferralFile.started_at.desc(), ReferralFile.id)).all()


def lock_name(session: Session, name: bytes) -> None:
    """Let only one transaction at a time do this; held until its end."""
    number = int.from_bytes(name[:8], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def submitted_between(session: Session, start: datetime, end: datetime) -> Sequence[Referral]:
    """Referrals that came from `start` on and before `end`."""
    found = select(Referral).where(Referral.submitted_at >= start, Referral.submitted_at < end)
    return session.scalars(found).all()


def history_of(session: Session, referral_ids: Collection[UUID]) -> Sequence[ReferralHistory]:
    """What happened, the earliest first."""
    if not referral_ids:
        return []
    found = visible(session, ReferralHistory).where(ReferralHistory.referral_id.in_(referral_ids))
    return session.scalars(found.order_by(ReferralHistory.at, ReferralHistory.id)).all()


def requests_of(session: Session, referral_ids: Collection[UUID]) -> Sequence[InformationRequest]:
    """What was asked about these referrals, the earliest first."""
    if not referral_ids:
        return []
    found = visible(session, InformationRequest).where(InformationRequest.referral_id.in_(referral_ids))
    return session.scalars(found.order_by(InformationRequest.asked_at, InformationRequest.id)).all()


def open_request(session: Session, referral_id: UUID) -> InformationRequest | None:
    """What is asked about the referral and not yet answered."""
    found = select(InformationRequest).where(
        InformationRequest.referral_id == referral_id, InformationRequest.ended_at.is_(None)
    )
    return session.scalar(found)


def due_requests(session: Session, today: date, limit: int) -> Sequence[InformationRequest]:
    """Unanswered requests whose day has come; rows that another process works on are passed over."""
    found = (
        select(InformationRequest)
        .where(InformationRequest.ended_at.is_(None), InformationRequest.due_on <= today)
        .order_by(InformationRequest.due_on, InformationRequest.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(found).all()


def draft_of(session: Session, draft_id: UUID, actor: Actor, *, lock: bool = False) -> ReferralDraft:
    """The user's own draft; NotFound for any other."""
    found = scoped(ReferralDraft, actor).where(
        ReferralDraft.id == draft_id, ReferralDraft.user_id == actor.id
    )
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    draft = session.scalar(found)
    if draft is None:
        raise NotFound
    return draft


def own_draft(session: Session, token_hash: bytes, *, lock: bool = False) -> ReferralDraft:
    """The draft of the learner whose browser has the secret; NotFound. Asked with the hub's sight: the secret is the
    proof."""
    found = select(ReferralDraft).where(ReferralDraft.token_hash == token_hash)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    draft = session.scalar(found)
    if draft is None:
        raise NotFound
    return draft


def caseload_of(session: Session, user_id: UUID) -> Sequence[Referral]:
    """The open referrals that this person follows, locked, the earliest first."""
    found = select(Referral).where(Referral.worker_id == user_id, Referral.state != ReferralState.CLOSED)
    return session.scalars(
        found.order_by(Referral.submitted_at, Referral.id).with_for_update(key_share=True)
    ).all()


def caseload_counts(session: Session, user_ids: Collection[UUID]) -> tuple[dict[UUID, int], dict[UUID, int]]:
    """How many (open referrals, unfinished drafts) each person has."""
    open_ = (
        select(Referral.worker_id, func.count())
        .where(Referral.worker_id.in_(user_ids), Referral.state != ReferralState.CLOSED)
        .group_by(Referral.worker_id)
    )
    drafts = (
        select(ReferralDraft.user_id, func.count())
        .where(ReferralDraft.user_id.in_(user_ids), ReferralDraft.referral_id.is_(None))
        .group_by(ReferralDraft.user_id)
    )
    return (
        {row[0]: row[1] for row in session.execute(open_) if row[0] is not None},
        {row[0]: row[1] for row in session.execute(drafts) if row[0] is not None},
    )


def open_count(session: Session, organisation_id: UUID) -> int:
    """How many open referrals an organisation has."""
    found = select(func.count()).where(
        Referral.organisation_id == organisation_id, Referral.state != ReferralState.CLOSED
    )
    return session.scalar(found) or 0


def move_drafts(session: Session, from_id: UUID, to_id: UUID) -> None:
    """Give unfinished drafts and files that were not taken in to another person."""
    mine = update(ReferralDraft).where(ReferralDraft.user_id == from_id, ReferralDraft.referral_id.is_(None))
    session.execute(mine.values(user_id=to_id))
    session.execute(update(ReferralFile).where(ReferralFile.user_id == from_id).values(user_id=to_id))


def drafts_of(session: Session, actor: Actor) -> Sequence[ReferralDraft]:
    """The user's unfinished drafts, the newest first."""
    found = scoped(ReferralDraft, actor).where(
        ReferralDraft.user_id == actor.id, ReferralDraft.referral_id.is_(None)
    )
    return session.scalars(found.order_by(ReferralDraft.changed_at.desc())).all()


@dataclass(frozen=True, slots=True)
class Filter:
    """What a worklist shows, one page of it."""

    states: frozenset[ReferralState] | None = None
    on_hold: bool | None = None
    organisation_id: UUID | None = None
    worker_id: UUID | None = None
    newest_first: bool = False
    offset: int = 0
    limit: int = 50


def filtered(session: Session, wanted: Filter) -> Select[Referral]:
    """The worklist: one page of referrals by the day they came."""
    found = visible(session, Referral).where(*_conditions(wanted))
    order = (Referral.submitted_at, Referral.id)
    if wanted.newest_first:
        order = (Referral.submitted_at.desc(), Referral.id.desc())  # type: ignore[assignment]
    return found.order_by(*order).offset(wanted.offset).limit(wanted.limit)


def total(session: Session, wanted: Filter) -> int:
    """How many referrals the worklist holds on all its pages."""
    found = visible(session, Referral).where(*_conditions(wanted))
    return session.scalar(found.with_only_columns(func.count())) or 0


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.states is not None:
        conditions.append(Referral.state.in_(wanted.states))
    if wanted.on_hold is not None:
        conditions.append(
            Referral.hold_until.is_not(None) if wanted.on_hold else Referral.hold_until.is_(None)
        )
    if wanted.organisation_id is not None:
        conditions.append(Referral.organisation_id == wanted.organisation_id)
    if wanted.worker_id is not None:
        conditions.append(Referral.worker_id == wanted.worker_id)
    return conditions


def counts(session: Session) -> dict[tuple[ReferralState, bool], int]:
    """How many open referrals stand in each state, by whether they are on hold."""
    on_hold = Referral.hold_until.is_not(None)
    found = (
        select(Referral.state, on_hold, func.count())
        .where(Referral.state != ReferralState.CLOSED)
        .group_by(Referral.state, on_hold)
    )
    return {(state, held): number for state, held, number in session.execute(found)}


def ages(session: Session, bounds: Bounds) -> dict[ReferralState, tuple[int, int, int]]:
    """How many open referrals stand in each state: moved since the first bound, since the second, before both."""
    found = (
        select(Referral.state)
        .add_columns(*counts_by_age(Referral.moved_at, bounds))
        .where(Referral.state != ReferralState.CLOSED)
        .group_by(Referral.state)
    )
    return {state: (new, older, oldest) for state, new, older, oldest in session.execute(found)}


def references_of(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    found = select(Referral.id, Referral.reference).where(Referral.id.in_(ids))
    return {row.id: row.reference for row in session.execute(found)}


def by_reference(session: Session, reference: str) -> Referral | None:
    """The referral of a reference that was read out."""
    return session.scalar(select(Referral).where(Referral.reference == reference))


def of_records(session: Session, record_ids: Collection[UUID]) -> Sequence[Referral]:
    """The referrals that brought these source records, locked."""
    found = select(Referral).where(Referral.source_record_id.in_(list(record_ids))).order_by(Referral.id)
    return session.scalars(found.with_for_update(key_share=True)).all()


_NOTE_KEYS = text(
    "UPDATE referral SET person_key = one.person_key, external_key = one.external_key "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:people AS bytea[]), CAST(:external AS bytea[])) "
    "AS one (id, person_key, external_key) WHERE referral.id = one.id"
)  # not a change that anybody reading the referral could see: its version stays


def note_keys(session: Session, rows: Sequence[tuple[UUID, bytes, bytes | None]]) -> None:
    """(referral, hash of its person, hash of its own reference): stored as they are now."""
    if rows:
        ids, people, external = zip(*rows, strict=True)
        values = {"ids": list(ids), "people": list(people), "external": list(external)}
        session.execute(_NOTE_KEYS, values)
