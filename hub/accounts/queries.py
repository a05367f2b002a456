"""Selects of the accounts slice."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, func, or_, select
from sqlalchemy.orm import Session

from hub.accounts.domain import OrganisationKind
from hub.accounts.models import (
    ApiKey,
    Invitation,
    Organisation,
    PasswordReset,
    RecoveryCode,
    SecondFactor,
    SharingAgreement,
    SignInStart,
    UserAccount,
    UserSession,
)
from hub.core.permissions import Role
from hub.infra.writes import REFERENCE

MOST_NAMED = 200


def organisation_by_slug(session: Session, slug: str) -> Organisation | None:
    return session.scalar(select(Organisation).where(Organisation.slug == slug))


def organisations(session: Session, kind: OrganisationKind | None = None) -> Sequence[Organisation]:
    found = select(Organisation).order_by(Organisation.name)
    chosen = found if kind is None else found.where(Organisation.kind == kind)
    return session.scalars(chosen.execution_options(**REFERENCE)).all()


def user_by_email(session: Session, email: str) -> UserAccount | None:
    found = select(UserAccount).where(UserAccount.email == email)
    return session.scalar(found.with_for_update(key_share=True))


def users_by_id(session: Session, ids: Collection[UUID]) -> Sequence[UserAccount]:
    return session.scalars(select(UserAccount).where(UserAccount.id.in_(list(ids)))).all()


def users_of(session: Session, organisation_id: UUID, role: Role | None = None) -> Sequence[UserAccount]:
    found = (
        select(UserAccount).where(UserAccount.organisation_id == organisation_id).order_by(UserAccount.name)
    )
    return session.scalars(found if role is None else found.where(UserAccount.role == role)).all()


def role_of(session: Session, user_id: UUID) -> Role | None:
    """The person's role as it stands now, whatever this session has seen before."""
    return session.scalar(select(UserAccount.role).where(UserAccount.id == user_id))


def locked_administrators(session: Session) -> Sequence[UUID]:
    """Who administers now, locked in one order: of two who demote each other, the second waits and sees the first."""
    found = select(UserAccount.id).where(UserAccount.role == Role.ADMIN, UserAccount.is_active)
    return session.scalars(found.order_by(UserAccount.id).with_for_update(key_share=True)).all()


def users_named(session: Session, words: str) -> Sequence[UserAccount]:
    """People whose e-mail address this is, or whose name contains the words."""
    named = func.strpos(func.lower(UserAccount.name), words) > 0
    found = select(UserAccount).where(or_(UserAccount.email == words, named)).order_by(UserAccount.name)
    return session.scalars(found.limit(MOST_NAMED)).all()


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


def agreements(session: Session) -> Sequence[SharingAgreement]:
    """The whole register, those that end first before the others."""
    found = select(SharingAgreement).order_by(SharingAgreement.ends_on, SharingAgreement.id)
    return session.scalars(found).all()


def agreement(session: Session, agreement_id: UUID) -> SharingAgreement | None:
    found = select(SharingAgreement).where(SharingAgreement.id == agreement_id)
    return session.scalars(found.with_for_update(key_share=True)).first()


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


def second_factor(session: Session, user_id: UUID, *, lock: bool = False) -> SecondFactor | None:
    """The person's second proof, also one that is still being set up."""
    found = select(SecondFactor).where(SecondFactor.user_account_id == user_id)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalar(found)


def factors_of(session: Session, user_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Since when the second proof of these people is on; who has none is missing."""
    found = select(SecondFactor.user_account_id, SecondFactor.confirmed_at).where(
        SecondFactor.user_account_id.in_(user_ids), SecondFactor.confirmed_at.is_not(None)
    )
    return {user_id: since for user_id, since in session.execute(found) if since is not None}


def recovery_code(session: Session, user_id: UUID, code_hash: bytes) -> RecoveryCode | None:
    """The person's code, locked, if it was not used."""
    found = select(RecoveryCode).where(
        RecoveryCode.user_account_id == user_id,
        RecoveryCode.code_hash == code_hash,
        RecoveryCode.used_at.is_(None),
    )
    return session.scalar(found.with_for_update(key_share=True))


def recovery_codes_left(session: Session, user_id: UUID) -> int:
    found = select(func.count()).where(
        RecoveryCode.user_account_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return session.scalar(found) or 0


def delete_recovery_codes(session: Session, user_id: UUID) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_account_id == user_id))


def live_start(session: Session, token_hash: bytes, now: datetime) -> tuple[SignInStart, UserAccount] | None:
    """A begun sign-in that waits for its code, and its person, locked against a second try at the same moment."""
    found = (
        select(SignInStart, UserAccount)
        .join(UserAccount, UserAccount.id == SignInStart.user_account_id)
        .join(Organisation, Organisation.id == UserAccount.organisation_id)
        .where(
            SignInStart.token_hash == token_hash,
            SignInStart.ended_at.is_(None),
            SignInStart.expires_at > now,
            UserAccount.is_active,
            Organisation.is_active,
        )
        .with_for_update(of=SignInStart, key_share=True)
    )
    row = session.execute(found).first()
    return None if row is None else (row[0], row[1])


def invitation_by_hash(session: Session, token_hash: bytes) -> Invitation | None:
    return session.scalar(
        select(Invitation).where(Invitation.token_hash == token_hash).with_for_update(key_share=True)
    )


def open_invitation(session: Session, email: str) -> Invitation | None:
    found = select(Invitation).where(
        Invitation.email == email, Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None)
    )
    return session.scalar(found.with_for_update(key_share=True))


def open_invitations(session: Session, organisation_id: UUID) -> Sequence[Invitation]:
    """Invitations that nobody has accepted or withdrawn, newest first; also those that have run out."""
    found = select(Invitation).where(
        Invitation.organisation_id == organisation_id,
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
    )
    return session.scalars(found.order_by(Invitation.created_at.desc())).all()


def reset_by_hash(session: Session, token_hash: bytes) -> PasswordReset | None:
    return session.scalar(
        select(PasswordReset).where(PasswordReset.token_hash == token_hash).with_for_update(key_share=True)
    )


def open_resets(session: Session, user_id: UUID) -> Sequence[PasswordReset]:
    found = select(PasswordReset).where(
        PasswordReset.user_account_id == user_id, PasswordReset.used_at.is_(None)
    )
    return session.scalars(found).all()


def user_by_subject(session: Session, subject: str) -> UserAccount | None:
    """The person that the identity provider knows under this subject."""
    return session.scalar(
        select(UserAccount).where(UserAccount.sign_on_subject == subject).with_for_update(key_share=True)
    )


def all_users(session: Session) -> Sequence[tuple[UserAccount, Organisation]]:
    """Everybody who has an account, by organisation and name."""
    found = (
        select(UserAccount, Organisation)
        .join(Organisation, Organisation.id == UserAccount.organisation_id)
        .order_by(Organisation.name, UserAccount.name)
    )
    return [(row[0], row[1]) for row in session.execute(found)]


def api_keys_of(session: Session, organisation_id: UUID) -> Sequence[ApiKey]:
    found = select(ApiKey).where(ApiKey.organisation_id == organisation_id, ApiKey.revoked_at.is_(None))
    return session.scalars(found.order_by(ApiKey.created_at)).all()


def forget_before(session: Session, moment: datetime) -> int:
    """Delete begun sign-ins, links and sign-ins that ended before: they are of no more use; how many."""
    gone = 0
    for table in (SignInStart, PasswordReset, UserSession):
        done = session.execute(delete(table).where(table.expires_at < moment))
        gone += int(done.rowcount)  # type: ignore[attr-defined]
    return gone


def session_counts(session: Session, now: datetime) -> dict[UUID, int]:
    """How many live sign-ins each person has."""
    found = (
        select(UserSession.user_account_id, func.count())
        .where(UserSession.revoked_at.is_(None), UserSession.expires_at > now)
        .group_by(UserSession.user_account_id)
    )
    return {row[0]: row[1] for row in session.execute(found)}
