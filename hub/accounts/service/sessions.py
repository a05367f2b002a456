"""Sign-ins kept on the server, so that each can be ended at once."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import IDLE_LIMIT, SESSION_LIMIT
from hub.accounts.models import UserSession
from hub.accounts.reads import actor_of_user
from hub.core.clock import Clock
from hub.core.errors import NotFound
from hub.core.ids import new_secret, secret_hash
from hub.core.permissions import Actor
from hub.infra import audit

_SEEN_EVERY = 60  # seconds: a session's last use is written at most once a minute


def new_session(session: Session, user_id: UUID, device: str, clock: Clock) -> str:
    """Open a session for a person whose identity was proved; its token."""
    token, now = new_secret(256), clock.now()
    session.add(
        UserSession(
            user_account_id=user_id,
            token_hash=secret_hash(token),
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
    found = queries.live_session(session, secret_hash(token), now)
    if found is None or now - found[0].last_seen_at > IDLE_LIMIT:
        return None
    signed_in, user = found
    if (now - signed_in.last_seen_at).total_seconds() > _SEEN_EVERY:
        signed_in.last_seen_at = now
    return actor_of_user(user)


def sign_out(session: Session, token: str, clock: Clock) -> None:
    found = queries.live_session(session, secret_hash(token), clock.now())
    if found is not None:
        found[0].revoked_at = clock.now()
        user = found[1]
        audit.record(session, actor_of_user(user), "user.signed_out", "user", user.id, clock=clock)


def revoke_session(session: Session, session_id: UUID, actor: Actor, clock: Clock) -> None:
    """End one of one's own sign-ins."""
    row = session.get(UserSession, session_id)
    if row is None or row.user_account_id != actor.id:
        raise NotFound("There is no such sign-in.")
    row.revoked_at = clock.now()
    audit.record(session, actor, "session.ended", "user", row.user_account_id, clock=clock)
