"""Sign-ins kept on the server, so that each can be ended at once."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import IDLE_LIMIT, PROOF_LIMIT, SESSION_LIMIT
from hub.accounts.domain.places import Where
from hub.accounts.models import UserSession
from hub.accounts.reads import actor_of_user
from hub.core.clock import Clock
from hub.core.errors import NotFound
from hub.core.ids import new_secret, secret_hash
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.config import SecondFactor
from hub.infra.db import runtime

_SEEN_EVERY = 60  # seconds: a session's last use is written at most once a minute


def new_session(
    session: Session, user_id: UUID, where: Where, clock: Clock, *, second_factor: bool = False
) -> str:
    """Open a session for a person whose identity was proved; its token."""
    token, now = new_secret(256), clock.now()
    audit.note_session(secret_hash(token).hex())
    row = UserSession(
        user_account_id=user_id, token_hash=secret_hash(token), created_at=now, last_seen_at=now,
        expires_at=now + SESSION_LIMIT, device=where.device[:200], place=where.place, proved_at=now,
        second_factor=second_factor,
    )  # fmt: skip
    session.add(row)
    return token


def actor_of_token(session: Session, token: str, clock: Clock) -> Actor | None:
    """Who a session token belongs to; None when it is unknown, ended, idle for 4 hours or 14 hours old, or was opened
    without the second proof that the hub asks for now."""
    now = clock.now()
    found = queries.live_session(session, secret_hash(token), now)
    if found is None or now - found[0].last_seen_at > IDLE_LIMIT:
        return None
    signed_in, user = found
    if not signed_in.second_factor and runtime().settings.second_factor is SecondFactor.REQUIRED:
        return None
    if (now - signed_in.last_seen_at).total_seconds() > _SEEN_EVERY:
        signed_in.last_seen_at = now
    return actor_of_user(user)


def is_proved(session: Session, token: str, clock: Clock) -> bool:
    """Whether the person gave password and code in the last ten minutes: before what protects the account changes."""
    found = queries.live_session(session, secret_hash(token), clock.now())
    return found is not None and clock.now() - found[0].proved_at <= PROOF_LIMIT


def mark_second_factor(session: Session, token: str, clock: Clock) -> None:
    """This sign-in has a second proof now: it was just set up here."""
    found = queries.live_session(session, secret_hash(token), clock.now())
    if found is not None:
        found[0].second_factor = True


def renew(session: Session, token: str, clock: Clock) -> str:
    """A new token for a sign-in whose person has just proved who they are; the old one ends."""
    found = queries.live_session(session, secret_hash(token), clock.now())
    if found is None:
        raise NotFound("There is no such sign-in.")
    fresh = new_secret(256)
    found[0].token_hash, found[0].proved_at = secret_hash(fresh), clock.now()
    return fresh


def sign_out(session: Session, token: str, clock: Clock) -> None:
    """End the sign-in of this token."""
    found = queries.live_session(session, secret_hash(token), clock.now())
    if found is not None:
        found[0].revoked_at = clock.now()
        audit.record(session, actor_of_user(found[1]), "user.signed_out", "user", found[1].id, clock=clock)


def revoke_session(session: Session, session_id: UUID, actor: Actor, clock: Clock) -> None:
    """End one of one's own sign-ins."""
    row = session.get(UserSession, session_id)
    if row is None or row.user_account_id != actor.id:
        raise NotFound("There is no such sign-in.")
    row.revoked_at = clock.now()
    audit.record(session, actor, "session.ended", "user", row.user_account_id, clock=clock)


def end_sessions(session: Session, user_id: UUID, clock: Clock, *, but: str | None = None) -> int:
    """End all sign-ins of a person, but the one of the token `but`; how many."""
    kept = secret_hash(but) if but else None
    ended = [row for row in queries.sessions_of(session, user_id, clock.now()) if row.token_hash != kept]
    for row in ended:
        row.revoked_at = clock.now()
    return len(ended)


def end_other_sessions(session: Session, token: str, actor: Actor, clock: Clock) -> int:
    """End all of one's own sign-ins but this one; how many."""
    if actor.id is None:
        raise NotFound("There is no such sign-in.")
    audit.record(session, actor, "user.sessions_ended", "user", actor.id, clock=clock)
    return end_sessions(session, actor.id, clock, but=token)
