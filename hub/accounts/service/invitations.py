"""Asking somebody to join: a link by e-mail, good once, for seven days."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries, reads
from hub.accounts.domain import INVITATION_LIMIT, NewInvitation, NewUser, roles_in
from hub.accounts.models import Invitation, UserAccount
from hub.accounts.service import notices
from hub.accounts.service.notices import INVITATION, link_hash
from hub.accounts.service.people import create_user, require_may_give, tidied
from hub.core.clock import Clock
from hub.core.errors import Conflict, Gone, NotFound, NotPermitted, RuleBroken
from hub.core.ids import new_id, secret_hash
from hub.core.permissions import Actor, Role
from hub.infra import audit

_EVERYWHERE = frozenset({Role.HUB_MANAGER, Role.ADMIN, Role.WORKER})


def may_invite(session: Session, organisation_id: UUID, actor: Actor) -> bool:
    """The hub's managers and administrators everywhere; an organisation's leads in their own."""
    if actor.role in _EVERYWHERE:
        return True
    user = session.get(UserAccount, actor.id) if actor.kind == "user" else None
    return user is not None and user.is_lead and actor.organisation_id == organisation_id


def invite(session: Session, new: NewInvitation, actor: Actor, clock: Clock) -> Invitation:
    """Invite a person. An invitation that waits for this address already is replaced and sent anew. NotPermitted,
    RuleBroken on `role` or Conflict on `email` says why not."""
    _require_may_invite(session, new.organisation_id, actor)
    home = reads.organisation(session, new.organisation_id)
    if new.role not in roles_in(home.kind):
        allowed = ", ".join(sorted(roles_in(home.kind)))
        raise RuleBroken(f"Here people may be: {allowed}.", field="role", code="role_not_here")
    require_may_give(new.role, actor)
    email = tidied(new.email)
    if queries.user_by_email(session, email) is not None:
        raise Conflict("Somebody already signs in with this email address.", field="email")
    waiting = queries.open_invitation(session, email)
    if waiting is not None and waiting.organisation_id != home.id:
        raise Conflict("This person has been invited by another organisation.", field="email")
    row = waiting or _new_invitation(email, actor)
    row.organisation_id, row.role = home.id, new.role
    return _send(session, row, actor, clock)


def _new_invitation(email: str, actor: Actor) -> Invitation:
    return Invitation(
        id=new_id(), email=email, invited_by_id=actor.id if actor.kind == "user" else None, serial=0
    )


def _send(session: Session, row: Invitation, actor: Actor, clock: Clock) -> Invitation:
    """Send with a new secret: links of earlier mails end."""
    row.serial += 1
    row.token_hash = link_hash(INVITATION, row.id, row.serial)
    row.created_at, row.expires_at = clock.now(), clock.now() + INVITATION_LIMIT
    session.add(row)
    session.flush()
    audit.record(session, actor, "invitation.sent", "invitation", row.id, clock=clock)
    notices.send_invitation(session, row, clock)
    return row


def send_again(session: Session, invitation_id: UUID, actor: Actor, clock: Clock) -> Invitation:
    """Send an open invitation once more, also one that has run out; seven new days."""
    return _send(session, _open(session, invitation_id, actor), actor, clock)


def withdraw_invitation(session: Session, invitation_id: UUID, actor: Actor, clock: Clock) -> None:
    """Take an invitation back: its link ends."""
    row = _open(session, invitation_id, actor)
    row.withdrawn_at = clock.now()
    audit.record(session, actor, "invitation.withdrawn", "invitation", row.id, clock=clock)


def organisation_of_invitation(session: Session, invitation_id: UUID, actor: Actor) -> UUID:
    """The organisation that an open invitation leads to; NotFound for those who may not change it."""
    return _open(session, invitation_id, actor).organisation_id


def _open(session: Session, invitation_id: UUID, actor: Actor) -> Invitation:
    row = session.get(Invitation, invitation_id, with_for_update={"key_share": True})
    if row is None or row.accepted_at or row.withdrawn_at:
        raise NotFound("There is no such invitation.")
    if not may_invite(session, row.organisation_id, actor):
        raise NotFound("There is no such invitation.")
    return row


def _require_may_invite(session: Session, organisation_id: UUID, actor: Actor) -> None:
    if not may_invite(session, organisation_id, actor):
        raise NotPermitted("Only the hub and your organisation's lead can invite people.")


@dataclass(frozen=True, slots=True)
class Invited:
    """What the invited person is shown."""

    email: str
    organisation: str
    role: Role


def read_invitation(session: Session, token: str, clock: Clock) -> Invited:
    """The invitation of a link. NotFound for one that never was, Gone for one that was used or has run out."""
    row = _live(session, token, clock)
    return Invited(row.email, reads.organisation(session, row.organisation_id).name, row.role)


def accept(session: Session, token: str, name: str, password: str, clock: Clock) -> UserAccount:
    """Join, with a name and a password. The account is the invited address's, whoever holds the link."""
    row = _live(session, token, clock)
    joining = Actor("link", None, name, row.role, row.organisation_id)
    user = create_user(
        session, NewUser(row.email, name, row.organisation_id, row.role), password, joining, clock
    )
    row.accepted_at = clock.now()
    audit.record(session, joining, "invitation.accepted", "invitation", row.id, clock=clock)
    return user


def _live(session: Session, token: str, clock: Clock) -> Invitation:
    row = queries.invitation_by_hash(session, secret_hash(token))
    if row is None:
        raise NotFound("This link does not work. Check that you copied all of it.")
    if row.accepted_at or row.withdrawn_at or row.expires_at <= clock.now():
        raise Gone("This invitation was used or has run out. Ask for a new one.", code="link_expired")
    return row
