"""Referrals as the edges and the slices above see them: frozen rows, in bulk."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.permissions import Actor
from hub.infra.ages import Bounds
from hub.referrals import queries
from hub.referrals.domain import Channel, Move, Outcome, ReferralState, is_open
from hub.referrals.models import InformationRequest, Referral, ReferralHistory
from hub.referrals.queries import Filter
from hub.referrals.reads.standing import Standing, public_standing


@dataclass(frozen=True, slots=True)
class ReferralView:
    """One referral, for the hub. Its source is not here: reading it is reading something about health."""

    id: UUID
    reference: str
    version: int
    learner_id: UUID
    source_record_id: UUID
    organisation_id: UUID
    worker_id: UUID | None
    channel: Channel
    state: ReferralState
    outcome: Outcome | None
    closing_reason: str | None
    hold_reason: str | None
    hold_until: date | None
    adviser_needed: bool
    external_reference: str | None
    duplicate_of_id: UUID | None
    submitted_at: datetime
    moved_at: datetime
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state is not ReferralState.CLOSED


@dataclass(frozen=True, slots=True)
class Details:
    """The sealed part of a referral. Whoever shows it writes an audit entry."""

    source: str | None
    reason: str | None
    notes: str | None
    mandated: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """One row of the history, for the hub."""

    at: datetime
    move: Move
    from_state: str
    to_state: str
    outcome: Outcome | None
    reason: str | None
    actor_kind: str
    actor_id: UUID | None
    by_hub: bool
    note: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, when, and what came back. `answers` is None while it is open or when it fell away."""

    id: UUID
    referral_id: UUID
    topics: tuple[str, ...]
    note: str | None
    asked_at: datetime
    due_on: date
    reminders: int
    ended_at: datetime | None
    answers: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class MyReferral:
    """One referral as its referrer may see it."""

    view: ReferralView
    standing: Standing
    asked: Asked | None

    @property
    def needs_me(self) -> bool:
        return self.asked is not None


def referral(session: Session, referral_id: UUID) -> ReferralView | None:
    """One referral by id, for slices above; they answer for who may see it."""
    found = queries.referrals_by_id(session, [referral_id])
    return _view(found[0]) if found else None


def referral_for(session: Session, referral_id: UUID, actor: Actor) -> ReferralView:
    """One referral that this actor may see; NotFound for a missing or a foreign one alike."""
    return _view(queries.referral_of(session, referral_id, actor))


def referrals_by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, ReferralView]:
    """Those referrals by id."""
    return {row.id: _view(row) for row in queries.referrals_by_id(session, ids)}


def learners_with_open_case(session: Session) -> set[UUID]:
    """Everybody with a referral that is not closed."""
    return queries.learners_with_open_case(session)


def open_of_records(session: Session, source_record_ids: Collection[UUID]) -> list[UUID]:
    """The open referrals that came with these source records."""
    rows = queries.referrals_of_records(session, source_record_ids)
    return [row.id for row in rows if is_open(row.state)]


def referrals_of(session: Session, learner_ids: Collection[UUID]) -> dict[UUID, list[ReferralView]]:
    """The referrals of each learner, the earliest first."""
    found: dict[UUID, list[ReferralView]] = {learner_id: [] for learner_id in learner_ids}
    for row in queries.referrals_of_learners(session, learner_ids):
        found[row.learner_id].append(_view(row))
    return found


def details(session: Session, referral_id: UUID, actor: Actor) -> Details:
    """Source, reason and notes, opened. NotFound as for the referral."""
    row = queries.referral_of(session, referral_id, actor)
    return Details(row.source, row.reason, row.notes, bool(row.mandated))


def history(session: Session, referral_id: UUID) -> list[Happening]:
    """What happened to the referral, the earliest first."""
    return [_happening(row) for row in queries.history_of(session, [referral_id])]


def questions(session: Session, referral_id: UUID) -> list[Asked]:
    """What was asked about the referral, the earliest first."""
    return [_asked(row) for row in queries.requests_of(session, [referral_id])]


def my_referrals(session: Session, actor: Actor, wanted: Filter | None = None) -> list[MyReferral]:
    """The referrals of the actor's organisation, newest first, with what they may be told of each."""
    if actor.organisation_id is None:
        return []
    scope = wanted or Filter(organisation_id=actor.organisation_id, newest_first=True)
    return _as_mine(session, session.scalars(queries.filtered(session, scope)).all())


def my_referral(session: Session, referral_id: UUID, actor: Actor) -> MyReferral:
    """One of them; NotFound for any other."""
    return as_mine(session, queries.referral_of(session, referral_id, actor))


def as_mine(session: Session, row: Referral) -> MyReferral:
    """A row in hand as its own organisation sees it."""
    return _as_mine(session, [row])[0]


def _as_mine(session: Session, rows: Sequence[Referral]) -> list[MyReferral]:
    standing = public_standing(session, rows)
    asking = [row.id for row in rows if row.state is ReferralState.INFO_REQUESTED]
    asked = {one.referral_id: one for one in _open(queries.requests_of(session, asking))}
    return [MyReferral(_view(row), standing[row.id], asked.get(row.id)) for row in rows]


def _open(requests: Iterable[InformationRequest]) -> list[Asked]:
    return [_asked(row) for row in requests if row.ended_at is None]


def worklist(session: Session, wanted: Filter) -> list[ReferralView]:
    """One page of the hub's list, by the day the referrals came."""
    return [_view(row) for row in session.scalars(queries.filtered(session, wanted))]


def total(session: Session, wanted: Filter) -> int:
    """How many referrals the list holds on all its pages."""
    return queries.total(session, wanted)


def counts(session: Session) -> dict[tuple[ReferralState, bool], int]:
    """How many open referrals stand in each state, by whether they are on hold."""
    return queries.counts(session)


def ages(session: Session, bounds: Bounds) -> dict[ReferralState, tuple[int, int, int]]:
    """Open referrals by state: in it since the first bound, since the second, longer."""
    return queries.ages(session, bounds)


def by_reference(session: Session, reference: str) -> ReferralView | None:
    """The referral of a tidy reference (`core.ids.tidy_reference`), for the hub's search."""
    found = queries.by_reference(session, reference)
    return _view(found) if found else None


def references_of(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """What people call the referrals among these ids."""
    return queries.references_of(session, ids) if ids else {}


def sources(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The source of each referral, opened in bulk: for statistics, never shown beside a name."""
    return {row.id: row.source or "other" for row in queries.referrals_by_id(session, ids)}


def _view(row: Referral) -> ReferralView:
    return ReferralView(
        id=row.id,
        reference=row.reference,
        version=row.version,
        learner_id=row.learner_id,
        source_record_id=row.source_record_id,
        organisation_id=row.organisation_id,
        worker_id=row.worker_id,
        channel=row.channel,
        state=row.state,
        outcome=row.outcome,
        closing_reason=row.closing_reason,
        hold_reason=row.hold_reason,
        hold_until=row.hold_until,
        adviser_needed=row.adviser_needed,
        external_reference=row.external_reference,
        duplicate_of_id=row.duplicate_of_id,
        submitted_at=row.submitted_at,
        moved_at=row.moved_at,
        closed_at=row.closed_at,
    )


def _happening(row: ReferralHistory) -> Happening:
    return Happening(
        row.at,
        row.move,
        row.from_state,
        row.to_state,
        row.outcome,
        row.reason,
        row.actor_kind,
        row.actor_id,
        row.by_hub,
        row.note,
    )


def _asked(row: InformationRequest) -> Asked:
    return Asked(
        row.id,
        row.referral_id,
        tuple(row.topics),
        row.note,
        row.asked_at,
        row.due_on,
        row.reminders,
        row.ended_at,
        row.answers,
    )
