"""Verbs of accounts: create organisations, people and keys; sign in and out; agree to share."""

import re
import secrets
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import (
    IDLE_LIMIT,
    LOCKED_FOR,
    LONGEST_PASSWORD,
    MOST_FAILURES,
    SESSION_LIMIT,
    SHORTEST_PASSWORD,
    NewAgreement,
    NewOrganisation,
    NewUser,
    roles_in,
)
from hub.accounts.models import ApiKey, Organisation, SharingAgreement, UserAccount, UserSession
from hub.accounts.reads import actor_of_user
from hub.core.clock import Clock
from hub.core.contact import tidy_email
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.ids import new_secret
from hub.core.permissions import PUBLIC, Actor, Role
from hub.infra import audit

_SEEN_EVERY = 60  # seconds: a session's last use is written at most once a minute
_WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven",
    "inlet", "jetty", "kite", "larch", "maple", "nectar", "olive", "pebble",
)  # fmt: skip


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """Verified for unknown addresses, so that a sign-in takes as long whether the person exists or not."""
    return _hasher().hash(new_secret())


def create_organisation(session: Session, new: NewOrganisation, actor: Actor, clock: Clock) -> Organisation:
    """Add an organisation; the slug is unique and made of small letters, digits and dashes."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,38}[a-z0-9]", new.slug):
        raise RuleBroken("Use 3 to 40 small letters, digits and dashes.", field="slug", code="slug_invalid")
    if queries.organisation_by_slug(session, new.slug) is not None:
        raise Conflict("There is already an organisation with this short name.", field="slug")
    row = Organisation(
        slug=new.slug, name=new.name.strip(), kind=new.kind, email=new.email, phone=new.phone, is_active=True,
        created_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    audit.record(session, actor, "organisation.created", "organisation", row.id, clock=clock)
    session.flush()
    return row


def create_user(session: Session, new: NewUser, password: str, actor: Actor, clock: Clock) -> UserAccount:
    """Add a person; the role must fit the kind of the organisation."""
    organisation = session.get(Organisation, new.organisation_id)
    if organisation is None:
        raise NotFound("There is no such organisation.")
    if new.role not in roles_in(organisation.kind):
        allowed = ", ".join(sorted(roles_in(organisation.kind)))
        raise RuleBroken(f"Here people may be: {allowed}.", field="role", code="role_not_here")
    email = _email(new.email)
    if queries.user_by_email(session, email) is not None:
        raise Conflict("Somebody already signs in with this email address.", field="email")
    row = UserAccount(
        organisation_id=organisation.id, email=email, name=new.name.strip(), role=new.role,
        password_hash=_hasher().hash(_good_password(password)), is_active=True, failures=0, created_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    audit.record(session, actor, "user.created", "user", row.id, clock=clock)
    session.flush()
    return row


def _email(text: str) -> str:
    try:
        return tidy_email(text)
    except ValueError as error:
        raise RuleBroken(str(error), field="email") from None


def _good_password(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise RuleBroken(
            f"Use at least {SHORTEST_PASSWORD} characters.", field="password", code="password_weak"
        )
    return password


def invent_password() -> str:
    """Four words and a number: easy to type from a note, 10^6 times 16^4 ways; to be changed at once."""
    return "-".join(secrets.choice(_WORDS) for _ in range(4)) + f"-{secrets.randbelow(10**6):06d}"


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str
    actor: Actor


def sign_in(session: Session, email: str, password: str, device: str, clock: Clock) -> SignedIn | None:
    """A new server-side session, or None when the two do not fit. After ten failures in a row the account
    waits 15 minutes. Takes as long for an unknown address as for a known one.
    """
    user = queries.user_by_email(session, email.strip().lower())
    usable = user is not None and user.is_active and (user.locked_until or clock.now()) <= clock.now()
    fits = _verify(user.password_hash if user is not None else _nobodys_hash(), password)
    if user is None or not usable or not fits:
        if user is not None and usable:
            _count_failure(session, user, clock)
        return None
    user.failures, user.locked_until, user.last_sign_in_at = 0, None, clock.now()
    actor = actor_of_user(user)
    token = new_session(session, user.id, device, clock)
    audit.record(session, actor, "user.signed_in", "user", user.id, clock=clock)
    return SignedIn(token, actor)


def _count_failure(session: Session, user: UserAccount, clock: Clock) -> None:
    user.failures += 1
    if user.failures >= MOST_FAILURES:
        user.failures, user.locked_until = 0, clock.now() + LOCKED_FOR
    audit.record(session, PUBLIC, "user.sign_in_failed", "user", user.id, clock=clock, outcome="refused")


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def new_session(session: Session, user_id: UUID, device: str, clock: Clock) -> str:
    """Open a session for a person whose identity was proved; its token."""
    token, now = new_secret(256), clock.now()
    session.add(
        UserSession(
            user_account_id=user_id,
            token_hash=_hash(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_LIMIT,
            device=device[:200],
        )
    )
    return token


def actor_of_token(session: Session, token: str, clock: Clock) -> Actor | None:
    """Who a session token belongs to; None when it is unknown, ended, idle for 4 hours or 14 hours old."""
    now = clock.now()
    found = queries.live_session(session, _hash(token), now)
    if found is None or now - found[0].last_seen_at > IDLE_LIMIT:
        return None
    signed_in, user = found
    if (now - signed_in.last_seen_at).total_seconds() > _SEEN_EVERY:
        signed_in.last_seen_at = now
    return actor_of_user(user)


def sign_out(session: Session, token: str, clock: Clock) -> None:
    found = queries.live_session(session, _hash(token), clock.now())
    if found is not None:
        found[0].revoked_at = clock.now()


def revoke_session(session: Session, session_id: UUID, actor: Actor, clock: Clock) -> None:
    """End one of one's own sign-ins."""
    row = session.get(UserSession, session_id)
    if row is None or row.user_account_id != actor.id:
        raise NotFound("There is no such sign-in.")
    row.revoked_at = clock.now()


def change_password(session: Session, old: str, new: str, actor: Actor, clock: Clock) -> None:
    """Change one's own password; every other sign-in of the person ends."""
    user = session.get(UserAccount, actor.id)
    if user is None or not _verify(user.password_hash, old):
        raise RuleBroken("This is not your present password.", field="old_password", code="password_wrong")
    user.password_hash = _hasher().hash(_good_password(new))
    for row in queries.sessions_of(session, user.id, clock.now()):
        row.revoked_at = clock.now()
    audit.record(session, actor, "user.password_changed", "user", user.id, clock=clock)


def set_active(session: Session, user_id: UUID, active: bool, actor: Actor, clock: Clock) -> None:
    """Open or close an account; closing ends all its sign-ins."""
    user = session.get(UserAccount, user_id)
    if user is None:
        raise NotFound("There is no such person.")
    user.is_active = active
    if not active:
        for row in queries.sessions_of(session, user.id, clock.now()):
            row.revoked_at = clock.now()
    audit.record(session, actor, "user.opened" if active else "user.closed", "user", user.id, clock=clock)


def create_key(session: Session, organisation_id: UUID, role: Role, actor: Actor, clock: Clock) -> str:
    """A new API key of an organisation, told this once."""
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound("There is no such organisation.")
    if role not in roles_in(organisation.kind):
        raise RuleBroken(
            "This role does not fit this kind of organisation.", field="role", code="role_not_here"
        )
    key = f"hub_{new_secret(256)}"
    row = ApiKey(
        organisation_id=organisation_id, role=role, key_hash=_hash(key), hint=key[-4:], created_at=clock.now()
    )
    session.add(row)
    audit.record(session, actor, "api_key.created", "api_key", row.id, clock=clock)
    session.flush()
    return key


def revoke_key(session: Session, key_id: UUID, actor: Actor, clock: Clock) -> None:
    row = session.get(ApiKey, key_id)
    if row is None:
        raise NotFound("There is no such key.")
    row.revoked_at = clock.now()
    audit.record(session, actor, "api_key.revoked", "api_key", row.id, clock=clock)


def actor_of_key(session: Session, key: str) -> Actor | None:
    """Who an API key acts for, None when it is unknown or revoked."""
    found = queries.live_key(session, _hash(key))
    if found is None:
        return None
    api_key, organisation = found
    return Actor("key", api_key.id, organisation.name, api_key.role, organisation.id)


def agree(session: Session, new: NewAgreement, actor: Actor, clock: Clock) -> SharingAgreement:
    """Record a signed agreement to share between two organisations."""
    if new.starts_on > new.ends_on:
        raise RuleBroken("The end must be after the start.", field="ends_on", code="dates_out_of_order")
    row = SharingAgreement(
        from_organisation_id=new.from_id, to_organisation_id=new.to_id, purposes=list(new.purposes),
        fields=list(new.fields), starts_on=new.starts_on, ends_on=new.ends_on, created_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    audit.record(session, actor, "sharing_agreement.made", "sharing_agreement", row.id, clock=clock)
    session.flush()
    return row


def end_agreement(session: Session, agreement_id: UUID, actor: Actor, clock: Clock) -> None:
    row = session.get(SharingAgreement, agreement_id)
    if row is None:
        raise NotFound("There is no such agreement.")
    row.ended_at = row.ended_at or clock.now()
    audit.record(session, actor, "sharing_agreement.ended", "sharing_agreement", row.id, clock=clock)


def _hash(secret: str) -> bytes:
    """Session tokens and keys carry 256 random bits, so a plain SHA-256 keeps them."""
    return sha256(secret.encode()).digest()
