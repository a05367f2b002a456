"""Rows of organisations, people, sessions, keys and agreements."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.accounts.domain import OrganisationKind
from hub.core.permissions import Role
from hub.infra.db import Base, Identified, enum_column


class Organisation(Identified, Base):
    """A partner of the hub, or the hub itself; `slug` is its short name in commands."""

    __tablename__ = "organisation"

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[OrganisationKind] = enum_column(OrganisationKind)
    email: Mapped[str | None]
    phone: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class UserAccount(Identified, Base):
    """A member of staff. E-mail in lower case; the password only as an Argon2 hash."""

    __tablename__ = "user_account"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[Role] = enum_column(Role)
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    last_sign_in_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class UserSession(Identified, Base):
    """One sign-in. Only the hash of its token is kept; `revoked_at` ends it at once."""

    __tablename__ = "user_session"

    user_account_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    device: Mapped[str]


class ApiKey(Identified, Base):
    """A machine's key: shown once, kept as a hash."""

    __tablename__ = "api_key"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[Role] = enum_column(Role)
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    hint: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SharingAgreement(Identified, Base):
    """What one organisation may pass to another, for which purposes, between two dates."""

    __tablename__ = "sharing_agreement"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="dates_in_order"),)

    from_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    to_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    purposes: Mapped[list[str]]
    fields: Mapped[list[str]]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
