"""Selects of permission."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from hub.consent.domain import ASKING, NO_ANSWER, PURPOSES, ConsentState, Telling
from hub.consent.models import Consent, ConsentEvent, ProcessingStop, PurposeBasis
from hub.core.permissions import Actor
from hub.infra.writes import execute_later


def tellings(
    session: Session, source_record_ids: Collection[UUID], purposes: Collection[str]
) -> list[Telling]:
    """The last word of each asking at these sources about each of these purposes, oldest asking first."""
    found = (
        _last_events()
        .with_only_columns(
            Consent.source_record_id, ConsentEvent.purpose, Consent.given_on, Consent.created_at,
            ConsentEvent.state, ConsentEvent.valid_until, _stopped(),
        )
        .join(Consent, Consent.id == ConsentEvent.consent_id)
        .where(
            Consent.source_record_id.in_(list(source_record_ids)),
            ConsentEvent.purpose.in_(list(purposes)),
            ConsentEvent.state != ConsentState.REQUESTED,
            ConsentEvent.reason.is_distinct_from(NO_ANSWER),
        )
        .order_by(Consent.created_at, Consent.id)
    )  # fmt: skip
    return [Telling(*row) for row in session.execute(found)]


def _stopped() -> ColumnElement[bool]:
    """Whether something stops the purpose of the event at its source: asked in the same statement."""
    return exists().where(
        ProcessingStop.source_record_id == Consent.source_record_id,
        ProcessingStop.lifted_at.is_(None),
        ProcessingStop.purposes.has_key(ConsentEvent.purpose),
    )


def standing_stops(
    session: Session, learner_ids: Collection[UUID] | None = None, purpose: str | None = None
) -> Sequence[ProcessingStop]:
    """Stops that stand, the oldest first: of these learners or of all, of one purpose or of any. They are few."""
    found = select(ProcessingStop).where(ProcessingStop.lifted_at.is_(None))
    if learner_ids is not None:
        found = found.where(ProcessingStop.learner_id.in_(list(learner_ids)))
    if purpose is not None:
        found = found.where(ProcessingStop.purposes.contains([purpose]))
    return session.scalars(found.order_by(ProcessingStop.placed_at, ProcessingStop.id)).all()


def stops_of_case(session: Session, case_id: UUID) -> Sequence[ProcessingStop]:
    """What a case stopped, lifted by now or not, locked."""
    found = select(ProcessingStop).where(ProcessingStop.case_id == case_id)
    return session.scalars(found.order_by(ProcessingStop.id).with_for_update(key_share=True)).all()


def lock_learner(session: Session, learner_id: UUID) -> None:
    """One asking of a learner at a time, until the commit: two clicks at once become one."""
    number = int.from_bytes(learner_id.bytes[8:], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def consents_of(session: Session, learner_id: UUID) -> Sequence[Consent]:
    """Every asking of a learner, newest first."""
    found = select(Consent).where(Consent.learner_id == learner_id)
    return session.scalars(found.order_by(Consent.created_at.desc(), Consent.id.desc())).all()


def consent(session: Session, consent_id: UUID) -> Consent | None:
    """One asking, locked."""
    return session.scalars(
        select(Consent).where(Consent.id == consent_id).with_for_update(key_share=True)
    ).first()


def events_of(session: Session, consent_ids: Collection[UUID]) -> Sequence[ConsentEvent]:
    """What happened to each permission of these askings, in order."""
    found = select(ConsentEvent).where(ConsentEvent.consent_id.in_(list(consent_ids)))
    by = (ConsentEvent.consent_id, ConsentEvent.purpose, ConsentEvent.number)
    return session.scalars(found.order_by(*by)).all()


_ADD_EVENTS = (
    "INSERT INTO consent_event (consent_id, purpose, number, state, at, actor_id, actor_role, event_type, "
    "valid_until, relayed, reason) "
    "SELECT one.consent, one.purpose, coalesce((SELECT max(e.number) FROM consent_event e "
    "WHERE e.consent_id = one.consent AND e.purpose = one.purpose), 0) + 1, one.state, %(at)s, "
    "%(actor_id)s, %(actor_role)s, one.event_type, one.valid_until, %(relayed)s, %(reason)s "
    "FROM unnest(%(consents)s::uuid[], %(purposes)s::text[], %(states)s::text[], "
    "%(types)s::text[], %(untils)s::date[]) AS one (consent, purpose, state, event_type, valid_until)"
)  # one statement for all: half the time of a row each


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What happened to one permission."""

    consent_id: UUID
    purpose: str
    state: ConsentState
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Doer:
    """Who did it and when; `reason` is a code."""

    actor: Actor
    at: datetime
    relayed: bool = False
    reason: str | None = None


def add_events(session: Session, events: Sequence[NewEvent], doer: Doer) -> None:
    """Append these events, each as the next one of its permission."""
    if not events:
        return
    values = {
        "consents": [one.consent_id for one in events],
        "purposes": [one.purpose for one in events],
        "states": [one.state.value for one in events],
        "types": [PURPOSES[one.purpose].event_type.value for one in events],
        "untils": [one.valid_until for one in events],
        "at": doer.at,
        "actor_id": doer.actor.id,
        "actor_role": doer.actor.role.value,
        "relayed": doer.relayed,
        "reason": doer.reason,
    }
    execute_later(session, ConsentEvent, _ADD_EVENTS, values)


def _last_events() -> Select[ConsentEvent]:
    """Events after which nothing happened to their permission."""
    later = aliased(ConsentEvent)
    newer = exists().where(
        later.consent_id == ConsentEvent.consent_id,
        later.purpose == ConsentEvent.purpose,
        later.number > ConsentEvent.number,
        later.state != ConsentState.REQUESTED,
    )
    return select(ConsentEvent).where(~newer)


def last_events(
    session: Session, learner_id: UUID, purposes: Collection[str], states: Collection[ConsentState]
) -> Sequence[ConsentEvent]:
    """The permissions of a learner that stand in one of these states now."""
    found = (
        _last_events()
        .join(Consent, Consent.id == ConsentEvent.consent_id)
        .where(Consent.learner_id == learner_id, ConsentEvent.purpose.in_(list(purposes)))
        .where(ConsentEvent.state.in_(list(states)))
        .order_by(ConsentEvent.consent_id, ConsentEvent.purpose)
    )
    return session.scalars(found.execution_options(populate_existing=True)).all()


def run_out(session: Session, today: date, limit: int) -> Sequence[tuple[ConsentEvent, UUID]]:
    """Permissions whose last day has passed and of which that is not noted yet, with the learner."""
    found = (
        _last_events()
        .add_columns(Consent.learner_id)
        .join(Consent, Consent.id == ConsentEvent.consent_id)
        .where(ConsentEvent.valid_until < today)
        .where(ConsentEvent.state.in_([ConsentState.GIVEN, ConsentState.RENEWED]))
        .order_by(ConsentEvent.valid_until, ConsentEvent.consent_id, ConsentEvent.purpose)
        .limit(limit)
    )
    return [(event, learner_id) for event, learner_id in session.execute(found)]


def open_requests(
    session: Session, learner_ids: Collection[UUID], *, lock: bool = False
) -> Sequence[Consent]:
    """Askings by link of these learners that nobody has answered yet, oldest first."""
    found = _asked_by_link().where(Consent.learner_id.in_(list(learner_ids)))
    found = found.order_by(Consent.created_at, Consent.id)
    return session.scalars(found.with_for_update(key_share=True) if lock else found).all()


def newest_of(session: Session, source_record_id: UUID) -> Consent | None:
    """The newest asking at one source."""
    found = select(Consent).where(Consent.source_record_id == source_record_id)
    return session.scalars(found.order_by(Consent.created_at.desc(), Consent.id.desc()).limit(1)).first()


def requests_over(session: Session, today: date, limit: int) -> Sequence[Consent]:
    """Askings by link whose last day to answer has passed, locked."""
    over = exists().where(ConsentEvent.consent_id == Consent.id, ConsentEvent.valid_until < today)
    found = _asked_by_link().where(over).order_by(Consent.created_at, Consent.id).limit(limit)
    return session.scalars(found.with_for_update(key_share=True, skip_locked=True)).all()


def _asked_by_link() -> Select[Consent]:
    said = exists().where(ConsentEvent.consent_id == Consent.id, ConsentEvent.state != ConsentState.REQUESTED)
    return select(Consent).where(Consent.channel.in_(ASKING), ~said)


def basis_decisions(session: Session) -> Sequence[PurposeBasis]:
    """What was decided about the basis of purposes, oldest first."""
    return session.scalars(select(PurposeBasis).order_by(PurposeBasis.decided_at, PurposeBasis.id)).all()


def standings_count(session: Session) -> list[tuple[str, ConsentState, int]]:
    """(purpose, state, how many permissions stand so), over the newest asking of each source."""
    newer = aliased(Consent)
    superseded = exists().where(newer.source_record_id == Consent.source_record_id, newer.id > Consent.id)
    newest = select(Consent.id).where(~superseded)
    last = _last_events().where(ConsentEvent.consent_id.in_(newest)).subquery()
    counted = select(last.c.purpose, last.c.state, func.count()).group_by(last.c.purpose, last.c.state)
    return [(purpose, ConsentState(state), number) for purpose, state, number in session.execute(counted)]


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """Which askings of the register are wanted."""

    organisation_id: UUID | None = None
    purpose: str | None = None
    state: ConsentState | None = None
    unproven: bool = False
    under_18: bool = False


def register(
    session: Session, wanted: RegisterFilter, limit: int | None = None, offset: int = 0
) -> Sequence[Consent]:
    """Askings of the register, newest first."""
    found = _register(wanted).order_by(Consent.id.desc())
    return session.scalars(found.limit(limit).offset(offset)).all()


def register_size(session: Session, wanted: RegisterFilter) -> int:
    return session.scalar(select(func.count()).select_from(_register(wanted).subquery())) or 0


def _register(wanted: RegisterFilter) -> Select[Consent]:
    found = select(Consent)
    if wanted.organisation_id is not None:
        found = found.where(Consent.organisation_id == wanted.organisation_id)
    if wanted.unproven:
        found = found.where(~Consent.proven)
    if wanted.under_18:
        found = found.where(Consent.under_18.is_(True))
    if wanted.purpose is not None or wanted.state is not None:
        last = _last_events().subquery()
        about = select(last.c.consent_id)
        about = about.where(last.c.purpose == wanted.purpose) if wanted.purpose else about
        about = about.where(last.c.state == wanted.state) if wanted.state else about
        found = found.where(Consent.id.in_(about))
    return found


def unproven_of(session: Session, learner_id: UUID) -> Sequence[UUID]:
    return session.scalars(select(Consent.id).where(Consent.learner_id == learner_id, ~Consent.proven)).all()


def unproven_from(session: Session, source_record_ids: Collection[UUID]) -> Sequence[UUID]:
    found = select(Consent.id).where(Consent.source_record_id.in_(list(source_record_ids)), ~Consent.proven)
    return session.scalars(found).all()


def asked_since(session: Session, learner_ids: Collection[UUID], since: datetime) -> Sequence[Consent]:
    """Askings of these learners after a moment."""
    found = select(Consent).where(Consent.learner_id.in_(list(learner_ids)), Consent.created_at > since)
    return session.scalars(found).all()


def move(session: Session, source_record_ids: Collection[UUID], learner_id: UUID) -> None:
    """Give all askings and stops at these sources to another learner: a merge or its undoing."""
    for model in (Consent, ProcessingStop):
        moved = update(model).where(model.source_record_id.in_(list(source_record_ids)))
        session.execute(moved.values(learner_id=learner_id))
