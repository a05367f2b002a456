"""A forgotten password: a link by e-mail, good once, for an hour."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import RESET_LIMIT
from hub.accounts.models import PasswordReset, UserAccount
from hub.accounts.service import notices
from hub.accounts.service.notices import RESET, link_hash
from hub.accounts.service.signing_in import set_password
from hub.core.clock import Clock
from hub.core.contact import tidy_email
from hub.core.errors import Gone, NotFound
from hub.core.ids import new_id, secret_hash
from hub.core.permissions import Actor
from hub.infra import audit


def ask_reset(session: Session, email: str, actor: Actor, clock: Clock) -> None:
    """Send a link, if somebody signs in with this address. Known or not, the same statements run and the same is
    answered."""
    user = queries.user_by_email(session, _tidy(email))
    user_id = user.id if user is not None and user.is_active else None
    row = _new_reset(user_id, clock.now())
    session.add(row)
    session.flush()
    audit.record(session, actor, "user.password_reset_asked", "user", user_id or row.id, clock=clock)
    notices.send_reset(session, row, clock)


def _tidy(email: str) -> str:
    try:
        return tidy_email(email)
    except ValueError:
        return ""


def _new_reset(user_id: UUID | None, now: datetime) -> PasswordReset:
    row_id = new_id()
    return PasswordReset(
        id=row_id, user_account_id=user_id, token_hash=link_hash(RESET, row_id), created_at=now,
        expires_at=now + RESET_LIMIT,
    )  # fmt: skip


def require_reset(session: Session, token: str, clock: Clock) -> None:
    """NotFound or Gone when the link is not one, was used or has run out."""
    _open_reset(session, token, clock)


def reset_password(session: Session, token: str, new: str, clock: Clock) -> None:
    """Choose a new password by link. Every sign-in ends; the second proof stays asked for."""
    _, user = _open_reset(session, token, clock)
    set_password(
        session, user, new, Actor("link", user.id, user.name, user.role, user.organisation_id), clock
    )


def _open_reset(session: Session, token: str, clock: Clock) -> tuple[PasswordReset, UserAccount]:
    row = queries.reset_by_hash(session, secret_hash(token))
    user = session.get(UserAccount, row.user_account_id) if row is not None and row.user_account_id else None
    if row is None or user is None:
        raise NotFound("This link does not work. Check that you copied all of it.")
    if row.used_at is not None or row.expires_at <= clock.now() or not user.is_active:
        raise Gone("This link was used or has run out. Ask for a new one.", code="link_expired")
    return row, user
