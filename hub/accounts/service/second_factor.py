"""The second proof: setting it up, checking codes, recovery codes, turning it off and resetting it."""

import hmac
from uuid import UUID

import pyotp
from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain.codes import (
    CODE_WAIT,
    MOST_WRONG_CODES,
    RECOVERY_CODES,
    SECRET_CHARACTERS,
    new_recovery_code,
    steps_to_try,
    tidy_code,
    tidy_recovery_code,
)
from hub.accounts.models import RecoveryCode, SecondFactor, UserAccount
from hub.accounts.service import notices
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import Actor
from hub.infra import audit, config
from hub.infra.db import runtime
from hub.infra.subject_keys import destroy_key
from hub.infra.vault import new_subject


def offer(session: Session, user_id: UUID, clock: Clock) -> None:
    """Have a secret ready to be put into a phone; one that is waiting already stays, so that going back and forth
    between the pages does not spoil the picture just taken."""
    row = queries.second_factor(session, user_id, lock=True)
    if row is None:
        subject_id = new_subject(new_id())
        session.flush()
        row = SecondFactor(subject_id=subject_id, user_account_id=user_id, started_at=clock.now(), failures=0)
        session.add(row)
    if row.next_secret is None:
        row.next_secret, row.started_at = pyotp.random_base32(SECRET_CHARACTERS), clock.now()
    session.flush()


def address(session: Session, user_id: UUID) -> tuple[str, str]:
    """(secret to type, address for the picture) of what waits to be put into a phone; NotFound when nothing does."""
    row = queries.second_factor(session, user_id)
    user = session.get(UserAccount, user_id)
    if row is None or user is None or row.next_secret is None:
        raise NotFound("There is nothing to set up.")
    uri = pyotp.TOTP(row.next_secret).provisioning_uri(
        name=user.email, issuer_name=runtime().settings.hub_name
    )
    return row.next_secret, uri


def confirm(session: Session, user_id: UUID, text: str, actor: Actor, clock: Clock) -> list[str] | None:
    """Turn the second proof on when the code fits the secret that waits: ten recovery codes, told this once. None
    when it does not fit."""
    row = queries.second_factor(session, user_id, lock=True)
    if row is None or row.next_secret is None:
        raise NotFound("There is nothing to set up.")
    step = _step_of(row.next_secret, text, None, clock)
    if step is None:
        return None
    row.secret, row.next_secret = row.next_secret, None
    row.confirmed_at, row.last_step, row.failures, row.locked_until = clock.now(), step, 0, None
    audit.record(session, actor, "second_factor.set_up", "user", user_id, clock=clock)
    notices.tell(session, notices.SECOND_FACTOR, user_id, clock)
    return _write_codes(session, user_id, clock)


def check(session: Session, user_id: UUID, text: str, clock: Clock) -> bool:
    """Whether the text is a code of the person's phone or one of the recovery codes; either is used up by it. The
    tenth wrong one in a row makes the person wait 15 minutes: keep the transaction."""
    row = queries.second_factor(session, user_id, lock=True)
    if row is None or row.confirmed_at is None or row.secret is None:
        return False
    if row.locked_until is not None and row.locked_until > clock.now():
        return False
    step = _step_of(row.secret, text, row.last_step, clock)
    if step is None and not _use_recovery_code(session, user_id, text, clock):
        row.failures += 1
        if row.failures >= MOST_WRONG_CODES:
            row.failures, row.locked_until = 0, clock.now() + CODE_WAIT
        return False
    row.last_step, row.failures, row.locked_until = step or row.last_step, 0, None
    return True


def _step_of(secret: str, text: str, last_used: int | None, clock: Clock) -> int | None:
    """The time step whose code this is, among those that are good now."""
    code, phone = tidy_code(text), pyotp.TOTP(secret)
    for step in steps_to_try(clock.now(), last_used):
        if hmac.compare_digest(phone.generate_otp(step), code):
            return step
    return None


def _use_recovery_code(session: Session, user_id: UUID, text: str, clock: Clock) -> bool:
    code = tidy_recovery_code(text)
    row = queries.recovery_code(session, user_id, _code_hash(user_id, code)) if code else None
    if row is None:
        return False
    row.used_at = clock.now()
    audit.record(session, None, "second_factor.recovery_code_used", "user", user_id, clock=clock)
    notices.tell(session, notices.RECOVERY_CODE, user_id, clock)
    return True


def _code_hash(user_id: UUID, code: str) -> bytes:
    """Keyed: who has the table without the key file cannot try all codes."""
    return hmac.digest(runtime().keyring.subkey("recovery-code"), f"{user_id}:{code}".encode(), "sha256")


def new_codes(session: Session, user_id: UUID, actor: Actor, clock: Clock) -> list[str]:
    """Ten new recovery codes, told this once; the old ones end."""
    row = queries.second_factor(session, user_id, lock=True)
    if row is None or row.confirmed_at is None:
        raise RuleBroken("Set up a second proof first.", code="no_second_factor")
    audit.record(session, actor, "second_factor.new_codes", "user", user_id, clock=clock)
    notices.tell(session, notices.SECOND_FACTOR, user_id, clock)
    return _write_codes(session, user_id, clock)


def _write_codes(session: Session, user_id: UUID, clock: Clock) -> list[str]:
    queries.delete_recovery_codes(session, user_id)
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(user_account_id=user_id, code_hash=_code_hash(user_id, code), made_at=clock.now())
        for code in codes
    )
    session.flush()
    return codes


def turn_off(session: Session, actor: Actor, clock: Clock) -> None:
    """Do without the second proof, where the hub leaves it to the person. RuleBroken where it is required."""
    if actor.id is None:
        raise NotFound("There is no such person.")
    if runtime().settings.second_factor is config.SecondFactor.REQUIRED:
        raise RuleBroken(
            "This hub asks everybody for a code from their phone.", code="second_factor_required"
        )
    _remove(session, actor.id, clock)
    audit.record(session, actor, "second_factor.turned_off", "user", actor.id, clock=clock)
    notices.tell(session, notices.SECOND_FACTOR, actor.id, clock)


def reset(session: Session, user_id: UUID, reason: str, actor: Actor, clock: Clock) -> None:
    """Take away somebody's second proof, and tell them."""
    _remove(session, user_id, clock)
    audit.record(session, actor, "second_factor.reset", "user", user_id, clock=clock, reason=reason)
    notices.tell(session, notices.SECOND_FACTOR, user_id, clock)


def _remove(session: Session, user_id: UUID, clock: Clock) -> None:
    queries.delete_recovery_codes(session, user_id)
    row = queries.second_factor(session, user_id, lock=True)
    if row is not None:
        destroy_key(session, row.subject_id, clock.now())
        session.delete(row)
        session.flush()
