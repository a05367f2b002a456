"""Proving who one is, by password."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import LOCKED_FOR, MOST_FAILURES
from hub.accounts.models import UserAccount
from hub.accounts.reads import actor_of_user
from hub.accounts.service.passwords import good_password, hashed, nobodys_hash, verify
from hub.accounts.service.sessions import new_session
from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import PUBLIC, Actor
from hub.infra import audit


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
    fits = verify(user.password_hash if user is not None else nobodys_hash(), password)
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


def change_password(session: Session, old: str, new: str, actor: Actor, clock: Clock) -> None:
    """Change one's own password; every other sign-in of the person ends."""
    user = session.get(UserAccount, actor.id)
    if user is None or not verify(user.password_hash, old):
        raise RuleBroken("This is not your present password.", field="old_password", code="password_wrong")
    user.password_hash = hashed(good_password(new))
    for row in queries.sessions_of(session, user.id, clock.now()):
        row.revoked_at = clock.now()
    audit.record(session, actor, "user.password_changed", "user", user.id, clock=clock)
