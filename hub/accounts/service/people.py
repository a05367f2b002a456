"""People who sign in: adding them, opening and closing their accounts, what the hub does for them."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import (
    ONLY_ADMIN_GIVES,
    AccountClosed,
    AccountOpened,
    NewUser,
    RoleChanged,
    roles_in,
)
from hub.accounts.models import Organisation, UserAccount
from hub.accounts.service import second_factor
from hub.accounts.service.passwords import good_password, hashed
from hub.accounts.service.sessions import end_sessions
from hub.core.clock import Clock
from hub.core.contact import tidy_email
from hub.core.errors import Conflict, NotFound, NotPermitted, RuleBroken
from hub.core.permissions import ROLE_LABELS, Actor, Role
from hub.infra import audit
from hub.infra.db import record


def create_user(session: Session, new: NewUser, password: str, actor: Actor, clock: Clock) -> UserAccount:
    """Add a person; the role must fit the kind of the organisation."""
    organisation = session.get(Organisation, new.organisation_id)
    if organisation is None:
        raise NotFound("There is no such organisation.")
    _require_role_here(new.role, organisation)
    email = tidied(new.email)
    if queries.user_by_email(session, email) is not None:
        raise Conflict("Somebody already signs in with this email address.", field="email")
    good = good_password(password, new.name, email, organisation.name)
    row = UserAccount(
        organisation_id=organisation.id, email=email, name=new.name.strip(), role=new.role,
        password_hash=hashed(good), is_active=True, failures=0, created_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    audit.record(session, actor, "user.created", "user", row.id, clock=clock)
    session.flush()
    record(session, AccountOpened(row.id, organisation.id))
    return row


def _require_role_here(role: Role, organisation: Organisation) -> None:
    if role not in roles_in(organisation.kind):
        allowed = ", ".join(sorted(ROLE_LABELS[one] for one in roles_in(organisation.kind)))
        raise RuleBroken(f"Here people may be: {allowed}.", field="role", code="role_not_here")


def tidied(email: str) -> str:
    """The address as accounts keep it; RuleBroken on `email`."""
    try:
        return tidy_email(email)
    except ValueError as error:
        raise RuleBroken(str(error), field="email") from None


def require_may_give(role: Role, actor: Actor) -> None:
    """Only an administrator, or the command line, makes administrators, auditors and data protection officers."""
    if role in ONLY_ADMIN_GIVES and actor.role not in {Role.ADMIN, Role.WORKER}:
        raise RuleBroken("Ask an administrator to give this role.", field="role", code="role_not_yours")


def managed(session: Session, user_id: UUID, actor: Actor) -> UserAccount:
    """The person, if `actor` may change the account; NotFound else. Nobody changes their own here."""
    user = session.get(UserAccount, user_id, with_for_update={"key_share": True})
    if user is None:
        raise NotFound("There is no such person.")
    require_may_give(user.role, actor)
    if user.id == actor.id:
        raise RuleBroken("Another person must do this for you.", code="not_yourself")
    return user


def _keep_an_administrator(session: Session, user_id: UUID, actor: Actor) -> None:
    """Refuse to take the last administrator away, and an administrator who was one until a moment ago.

    Locks them all, before `managed` locks the person: of two who demote each other the second finds out here.
    """
    administrators = queries.locked_administrators(session)
    if actor.role is Role.ADMIN and actor.id not in administrators:
        raise NotPermitted("You are no longer an administrator.")
    others = [one for one in administrators if one != user_id]
    if not others and queries.role_of(session, user_id) is Role.ADMIN:
        raise RuleBroken(
            "This is the last administrator. Make somebody else an administrator first.",
            field="role",
            code="last_administrator",
        )


def set_role(session: Session, user_id: UUID, role: Role, actor: Actor, clock: Clock) -> None:
    """Give a person another role of their organisation. All their sign-ins end: the next one is in the new role.

    Only an administrator, or the command line, may; what was the person's to do goes to those whose work it is.
    RuleBroken on `role`: not a role here, the same as now, or the last administrator's.
    """
    if actor.role not in {Role.ADMIN, Role.WORKER}:
        raise RuleBroken("Ask an administrator to change this role.", field="role", code="role_not_yours")
    _keep_an_administrator(session, user_id, actor)
    user = managed(session, user_id, actor)
    organisation = session.get_one(Organisation, user.organisation_id)
    _require_role_here(role, organisation)
    if role is user.role:
        raise RuleBroken("The person has this role already.", field="role", code="same_role")
    moved = f"{user.role} to {role}"
    user.role = role
    end_sessions(session, user.id, clock)
    audit.record(session, actor, "user.role_changed", "user", user.id, clock=clock, reason=moved)
    session.flush()
    record(session, RoleChanged(user.id, user.organisation_id))


def set_active(session: Session, user_id: UUID, active: bool, actor: Actor, clock: Clock) -> None:
    """Open or close an account; closing ends all its sign-ins. What was the person's goes to those who are left."""
    if not active:
        _keep_an_administrator(session, user_id, actor)
    user = managed(session, user_id, actor)
    user.is_active = active
    if not active:
        end_sessions(session, user.id, clock)
    audit.record(session, actor, "user.opened" if active else "user.closed", "user", user.id, clock=clock)
    session.flush()
    record(session, (AccountOpened if active else AccountClosed)(user.id, user.organisation_id))


def set_lead(session: Session, user_id: UUID, lead: bool, actor: Actor, clock: Clock) -> None:
    """Whether this person invites colleagues for the organisation."""
    user = managed(session, user_id, actor)
    user.is_lead = lead
    audit.record(
        session, actor, "user.made_lead" if lead else "user.lead_ended", "user", user.id, clock=clock
    )


def sign_out_everywhere(session: Session, user_id: UUID, actor: Actor, clock: Clock) -> int:
    """End all sign-ins of a person, for a lost laptop; how many."""
    user = managed(session, user_id, actor)
    audit.record(session, actor, "user.sessions_ended", "user", user.id, clock=clock)
    return end_sessions(session, user.id, clock)


def reset_second_factor(session: Session, user_id: UUID, reason: str, actor: Actor, clock: Clock) -> None:
    """Take away the second proof of somebody who lost phone and codes. All sign-ins end; the next one sets up a new
    proof. `reason` says how the person was recognised, and stays in the audit."""
    user = managed(session, user_id, actor)
    second_factor.reset(session, user.id, reason, actor, clock)
    end_sessions(session, user.id, clock)
