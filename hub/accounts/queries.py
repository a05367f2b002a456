"""Selects of the accounts slice."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from hub.accounts.domain import OrganisationKind
from hub.accounts.models import ApiKey, Organisation, SharingAgreement, UserAccount, UserSession
from hub.core.permissions import Role
from hub.infra.writes import REFERENCE


def organisation_by_slug(session: Session, slug: str) -> Organisation | None:
    return session.scalar(select(Organisation).where(Organisation.slug == slug))


def organisations(session: Session, kind: OrganisationKind | None = None) -> Sequence[Organisation]:
    found = select(Organisation).order_by(Organisation.name)
    chosen = found if kind is None else found.where(Organisation.kind == kind)
    return session.scalars(chosen.execution_options(**REFERENCE)).all()


def user_by_email(session: Session, email: str) -> UserAccount | None:
    found = select(UserAccount).where(UserAccount.email == email)
    return session.scalar(found.with_for_update())


def users_of(session: Session, organisation_id: UUID, role: Role | None = None) -> Sequence[UserAccount]:
    found = (
        select(UserAccount).where(UserAccount.organisation_id == organisation_id).order_by(UserAccount.name)
    )
    return session.scalars(found if role is None else found.where(UserAccount.role == role)).all()


def live_session(
    session: Session, token_hash: bytes, now: datetime
) -> tuple[UserSession, UserAccount] | None:
    """The sign-in of a token and its person, when neither is ended."""
    found = (
        select(UserSession, UserAccount)
        .join(UserAccount, UserAccount.id == UserSession.user_account_id)
        .join(Organisation, Organisation.id == UserAccount.organisation_id)
        .where(
            UserSession.token_hash == token_hash,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > now,
            UserAccount.is_active,
            Organisation.is_active,
        )
    )
    row = session.execute(found).first()
    return None if row is None else (row[0], row[1])


def sessions_of(session: Session, user_id: UUID, now: datetime) -> Sequence[UserSession]:
    live = select(UserSession).where(
        UserSession.user_account_id == user_id, UserSession.revoked_at.is_(None), UserSession.expires_at > now
    )
    return session.scalars(live.order_by(UserSession.last_seen_at.desc())).all()


class LiveKey(NamedTuple):
    """Whom an API key acts for."""

    key_id: UUID
    role: Role
    organisation_id: UUID
    name: str


def live_key(session: Session, key_hash: bytes) -> LiveKey | None:
    found = session.execute(_LIVE_KEY, {"key_hash": key_hash}).first()
    return None if found is None else LiveKey(*found)


_LIVE_KEY = (  # asked by every request of a machine: composed once
    select(ApiKey.id, ApiKey.role, Organisation.id, Organisation.name)
    .join(Organisation, Organisation.id == ApiKey.organisation_id)
    .where(ApiKey.key_hash == bindparam("key_hash"), ApiKey.revoked_at.is_(None), Organisation.is_active)
)


def agreements_of(session: Session, organisation_id: UUID) -> Sequence[SharingAgreement]:
    found = select(SharingAgreement).where(
        (SharingAgreement.from_organisation_id == organisation_id)
        | (SharingAgreement.to_organisation_id == organisation_id)
    )
    return session.scalars(found.order_by(SharingAgreement.ends_on)).all()


def agreements_in_force(
    session: Session, from_id: UUID, to_id: UUID, today: date
) -> Sequence[SharingAgreement]:
    found = select(SharingAgreement).where(
        SharingAgreement.from_organisation_id == from_id,
        SharingAgreement.to_organisation_id == to_id,
        SharingAgreement.starts_on <= today,
        SharingAgreement.ends_on >= today,
        SharingAgreement.ended_at.is_(None),
    )
    return session.scalars(found).all()
