"""Selects of permission."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from hub.consent.models import Consent, ConsentChoice
from hub.infra.writes import execute_later


def tellings(
    session: Session, source_record_ids: Collection[UUID], purposes: Collection[str]
) -> Sequence[Row[UUID, date, datetime, bool, str, bool, datetime | None]]:
    """(source, given on, recorded at, proven, purpose, granted, withdrawn at), oldest first."""
    found = (
        select(
            Consent.source_record_id,
            Consent.given_on,
            Consent.created_at,
            Consent.proven,
            ConsentChoice.purpose,
            ConsentChoice.granted,
            ConsentChoice.withdrawn_at,
        )
        .join(ConsentChoice, ConsentChoice.consent_id == Consent.id)
        .where(
            Consent.source_record_id.in_(list(source_record_ids)), ConsentChoice.purpose.in_(list(purposes))
        )
        .order_by(Consent.created_at, Consent.id)
    )
    return session.execute(found).all()


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
    return session.scalars(select(Consent).where(Consent.id == consent_id).with_for_update()).first()


def choices_of(session: Session, consent_ids: Collection[UUID]) -> Sequence[ConsentChoice]:
    found = select(ConsentChoice).where(ConsentChoice.consent_id.in_(list(consent_ids)))
    return session.scalars(found.order_by(ConsentChoice.consent_id, ConsentChoice.purpose)).all()


_ADD_CHOICES = (
    "INSERT INTO consent_choice (consent_id, purpose, granted, withdrawal_relayed) "
    "SELECT %(consent)s, one.purpose, one.granted, false "
    "FROM unnest(%(purposes)s::text[], %(granted)s::boolean[]) AS one (purpose, granted)"
)  # one statement for all: half the time of a row each


def add_choices(session: Session, consent_id: UUID, choices: dict[str, bool]) -> None:
    values = {"consent": consent_id, "purposes": list(choices), "granted": list(choices.values())}
    execute_later(session, ConsentChoice, _ADD_CHOICES, values)


def standing_grants(session: Session, learner_id: UUID, purposes: Collection[str]) -> Sequence[ConsentChoice]:
    """The yeses of a learner that were not taken back, locked."""
    found = (
        select(ConsentChoice)
        .join(Consent, Consent.id == ConsentChoice.consent_id)
        .where(Consent.learner_id == learner_id, ConsentChoice.purpose.in_(list(purposes)))
        .where(ConsentChoice.granted, ConsentChoice.withdrawn_at.is_(None))
        .order_by(ConsentChoice.consent_id, ConsentChoice.purpose)
    )
    locked = found.with_for_update(of=ConsentChoice).execution_options(populate_existing=True)
    return session.scalars(locked).all()


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
    """Give all askings at these sources to another learner: a merge or its undoing."""
    moved = update(Consent).where(Consent.source_record_id.in_(list(source_record_ids)))
    session.execute(moved.values(learner_id=learner_id))
