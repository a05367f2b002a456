"""E-mails to staff about their account: an invitation, a link for a new password, word that something has changed.

Nothing secret waits in the outbox: a link's secret follows from the key file and the row's id, and is made again when
the mail is written.
"""

import base64
import hmac
from collections.abc import Callable
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts.models import Invitation, Organisation, PasswordReset, UserAccount
from hub.core.clock import Clock
from hub.core.ids import secret_hash
from hub.core.permissions import ROLE_LABELS
from hub.core.wording import day_and_date
from hub.infra import outbox
from hub.infra.db import runtime
from hub.infra.outbox import Delivery, Outcome
from hub.infra.sms import OutgoingEmail

INVITATION, RESET = "invitation", "password_reset"
PASSWORD, SECOND_FACTOR, RECOVERY_CODE = "password_changed", "second_factor_changed", "recovery_code_used"
_HAPPENED = {
    PASSWORD: (
        "Your password was changed",
        "the password of your account was changed, and you were signed out everywhere.",
    ),
    SECOND_FACTOR: (
        "Your second proof was changed",
        "the way you prove who you are with your phone was changed.",
    ),
    RECOVERY_CODE: ("A recovery code was used", "one of your recovery codes was used to sign in."),
}


def link_token(kind: str, row_id: UUID, serial: int = 1) -> str:
    """The secret of a link: 256 bits, made again from the key file whenever it is needed, kept only as a hash."""
    made = hmac.digest(
        runtime().keyring.subkey("account-link"), f"{kind}:{row_id}:{serial}".encode(), "sha256"
    )
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def link_hash(kind: str, row_id: UUID, serial: int = 1) -> bytes:
    return secret_hash(link_token(kind, row_id, serial))


def send_invitation(session: Session, invitation: Invitation, clock: Clock) -> None:
    """Queue the mail; each sending is one of its own."""
    dedupe = f"{INVITATION}:{invitation.id}:{invitation.serial}"
    outbox.enqueue(session, INVITATION, invitation.id, dedupe=dedupe, clock=clock)


def send_reset(session: Session, reset: PasswordReset, clock: Clock) -> None:
    outbox.enqueue(session, RESET, reset.id, dedupe=f"{RESET}:{reset.id}", clock=clock)


def tell(session: Session, kind: str, user_id: UUID, clock: Clock) -> None:
    """Tell a person that something that protects the account has changed."""
    outbox.enqueue(session, kind, user_id, dedupe=f"{kind}:{user_id}:{clock.now().isoformat()}", clock=clock)


def invitation_may_go(session: Session, ref: UUID, clock: Clock) -> bool:
    """Whether it is still open."""
    row = session.get(Invitation, ref)
    return (
        row is not None
        and row.accepted_at is None
        and row.withdrawn_at is None
        and row.expires_at > clock.now()
    )


def write_invitation(session: Session, ref: UUID, reference: str, clock: Clock) -> OutgoingEmail:
    """The invitation: who may what, the link, and until when."""
    row = session.get_one(Invitation, ref)
    home = session.get_one(Organisation, row.organisation_id)
    settings = runtime().settings
    link = f"{settings.base_url}/invitation/{link_token(INVITATION, row.id, row.serial)}"
    body = (
        f"Hello,\n\nyou are invited to work with {settings.hub_name} for {home.name}, as: {ROLE_LABELS[row.role]}.\n\n"
        f"Open this link to choose your password: {link}\n\n"
        f"It works once, until {day_and_date(row.expires_at.date())}. If you do not know why you got this, "
        f"do nothing, or call us: {settings.hub_phone}.\n\n{settings.hub_name}"
    )
    return OutgoingEmail(row.email, f"Your invitation to {settings.hub_name}", body, reference)


def reset_may_go(session: Session, ref: UUID, clock: Clock) -> bool:
    """Whether the link still works and belongs to somebody: for unknown addresses nothing goes out."""
    row = session.get(PasswordReset, ref)
    if row is None or row.user_account_id is None or row.used_at or row.expires_at <= clock.now():
        return False
    return session.get_one(UserAccount, row.user_account_id).is_active


def write_reset(session: Session, ref: UUID, reference: str, clock: Clock) -> OutgoingEmail:
    """The link for a new password."""
    row = session.get_one(PasswordReset, ref)
    user = session.get_one(UserAccount, row.user_account_id)
    settings = runtime().settings
    body = (
        "Hello,\n\nsomebody, we think you, asked for a new password.\n\n"
        f"Open this link to choose it: {settings.base_url}/new-password/{link_token(RESET, row.id)}\n\n"
        "It works once, within an hour. If it was not you, do nothing: your password stays as it is.\n\n"
        f"{settings.hub_name}"
    )
    return OutgoingEmail(user.email, f"A new password for {settings.hub_name}", body, reference)


def _may_tell(session: Session, ref: UUID, clock: Clock) -> bool:
    """Whether there is such a person: closed accounts are told too."""
    return session.get(UserAccount, ref) is not None


def _writer(kind: str) -> Callable[[Session, UUID, str, Clock], OutgoingEmail]:
    title, words = _HAPPENED[kind]

    def write(session: Session, ref: UUID, reference: str, clock: Clock) -> OutgoingEmail:
        """What has changed, and whom to call if it was somebody else."""
        user, settings = session.get_one(UserAccount, ref), runtime().settings
        body = (
            f"Hello,\n\n{day_and_date(clock.today())}: {words}\n\nIf it was not you, call us at once: "
            f"{settings.hub_phone}, {settings.hub_email}.\n\n{settings.hub_name}"
        )
        return OutgoingEmail(user.email, f"{title} at {settings.hub_name}", body, reference)

    return write


def _settle(session: Session, ref: UUID, outcome: Outcome, clock: Clock) -> None:
    """Nothing is kept: an invitation can be sent again, a link asked for again."""


DELIVERIES = {
    INVITATION: Delivery(gate=invitation_may_go, render=write_invitation, settle=_settle),
    RESET: Delivery(gate=reset_may_go, render=write_reset, settle=_settle),
    **{kind: Delivery(gate=_may_tell, render=_writer(kind), settle=_settle) for kind in _HAPPENED},
}
