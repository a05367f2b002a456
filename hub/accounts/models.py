"""Rows of organisations, people, sessions, keys and agreements."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.accounts.domain import OrganisationKind
from hub.core.permissions import STAFF_ROLES, Role
from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, enum_column
from hub.infra.rows import anybody

_STAFF = ", ".join(f"'{role.value}'" for role in sorted(STAFF_ROLES))
"""Nobody signs in as a learner, the program or the public."""


class Organisation(Identified, Base):
    """A partner of the hub, or the hub itself; `slug` is its short name in commands."""

    __tablename__ = "organisation"
    __rows__ = anybody("partners are public")

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[OrganisationKind] = enum_column(OrganisationKind)
    email: Mapped[str | None]
    phone: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class UserAccount(Identified, Base):
    """A member of staff. E-mail in lower case; the password only as an Argon2 hash. A lead invites colleagues;
    `sign_on_subject` is who the person is at the identity provider, known since the first sign-in from there."""

    __tablename__ = "user_account"
    __rows__ = anybody("staff; read before anybody is known to have signed in")
    __table_args__ = (CheckConstraint(f"role IN ({_STAFF})", name="staff_role"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[Role] = enum_column(Role)
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    last_sign_in_at: Mapped[datetime | None]
    is_lead: Mapped[bool] = mapped_column(default=False)
    wants_digest: Mapped[bool] = mapped_column(default=True)
    sign_on_subject: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class UserSession(Identified, Base):
    """One sign-in. Only the hash of its token is kept; `revoked_at` ends it at once. `proved_at`: when the person
    last gave password and code; `second_factor`: whether there was a second proof."""

    __tablename__ = "user_session"
    __rows__ = anybody("staff; found by the hash of a secret")

    user_account_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    device: Mapped[str]
    place: Mapped[str | None]
    proved_at: Mapped[datetime]
    second_factor: Mapped[bool]


class SignInStart(Identified, Base):
    """A password that was right, or word from the identity provider: the code is still to come, for ten minutes."""

    __tablename__ = "sign_in_start"
    __rows__ = anybody("staff; found by the hash of a secret")

    user_account_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class SecondFactor(Base, Identified, SealedRow):
    """A person's second proof. `next_secret` is shown as a picture and becomes `secret` when its first code is right;
    it is on from `confirmed_at`. `last_step` is the newest time step whose code was used: each works once."""

    __tablename__ = "second_factor"
    __rows__ = anybody("staff; read at sign-in")

    user_account_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), unique=True)
    started_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    secret = Sealed.text()
    next_secret = Sealed.text()


class RecoveryCode(Identified, Base):
    """One code on paper, kept as a keyed hash, good once."""

    __tablename__ = "recovery_code"
    __rows__ = anybody("staff; read at sign-in")
    __table_args__ = (UniqueConstraint("user_account_id", "code_hash"),)

    user_account_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    code_hash: Mapped[bytes]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Invitation(Identified, Base):
    """A person asked to join an organisation in a role. The link's secret follows from the key file, the row's id and
    `serial` (one more each time it is sent): only its hash is kept."""

    __tablename__ = "invitation"
    __rows__ = anybody("staff; found by the hash of a secret")
    __table_args__ = (
        Index(
            "uq_invitation_open",
            "email",
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[str]
    role: Mapped[Role] = enum_column(Role)
    invited_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    serial: Mapped[int]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class PasswordReset(Identified, Base):
    """A link to choose a new password. A row is written for unknown addresses too, for nobody, so that asking takes
    the same time and tells nothing; no mail goes out for it."""

    __tablename__ = "password_reset"
    __rows__ = anybody("staff; found by the hash of a secret")

    user_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class ApiKey(Identified, Base):
    """A machine's key: shown once, kept as a hash."""

    __tablename__ = "api_key"
    __rows__ = anybody("machines; found by the hash of a secret")

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[Role] = enum_column(Role)
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    hint: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SharingAgreement(Identified, Base):
    """What one organisation may pass to another, for which purposes, between two dates.

    One row is one direction between two parties; a document with more parties is several rows with the same
    `reference`. What stands in a row never changes, it is ended and another recorded.
    """

    __tablename__ = "sharing_agreement"
    __rows__ = anybody("agreements of organisations")
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="dates_in_order"),)

    from_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    to_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    purposes: Mapped[list[str]]
    fields: Mapped[list[str]]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    reference: Mapped[str | None]
    controller_roles: Mapped[str | None]
    lawful_basis: Mapped[str | None]
    art9_condition: Mapped[str | None]
    dpia_id: Mapped[str | None]
    retention: Mapped[str | None]
    security_terms: Mapped[str | None]
    dsar_contact: Mapped[str | None]
    breach_contact: Mapped[str | None]
    signed_on: Mapped[date | None]
    review_on: Mapped[date | None]
    caldicott_guardian: Mapped[str | None]
