"""People who sign in: adding them, opening and closing their accounts."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import NewUser, roles_in
from hub.accounts.models import Organisation, UserAccount
from hub.accounts.service.passwords import good_password, hashed
from hub.core.clock import Clock
from hub.core.contact import tidy_email
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit


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
        password_hash=hashed(good_password(password)), is_active=True, failures=0, created_at=clock.now(),
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
