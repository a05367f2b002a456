"""Proving who one is: password or identity provider, then a code; proving it again; a new password."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries, reads
from hub.accounts.domain import LOCKED_FOR, MOST_FAILURES
from hub.accounts.domain.codes import START_LIMIT
from hub.accounts.domain.places import Where
from hub.accounts.models import SignInStart, UserAccount
from hub.accounts.reads import actor_of_user
from hub.accounts.service import notices, second_factor
from hub.accounts.service.passwords import good_password, hashed, nobodys_hash, verify
from hub.accounts.service.sessions import end_sessions, new_session, renew
from hub.core.clock import Clock
from hub.core.errors import Gone, NotFound, RuleBroken
from hub.core.ids import new_secret, secret_hash
from hub.core.permissions import PUBLIC, Actor
from hub.infra import audit
from hub.infra.config import SecondFactor
from hub.infra.db import runtime

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Done: the token of the new session, and who it is."""

    token: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first proof was right. The code is next, or, at the first sign-in, setting up the second proof."""

    token: str
    set_up: bool


@dataclass(frozen=True, slots=True)
class Start:
    """A sign-in that waits for its code."""

    user_id: UUID
    set_up: bool


class StartOver(Gone):
    """Ten minutes went by between password and code, or it was done already."""

    code, title = "sign_in_over", "Sign in again"


def sign_in(
    session: Session, email: str, password: str, where: Where, clock: Clock
) -> SignedIn | Waiting | None:
    """A session or the question for a code, or None when address and password do not fit. After ten failures in a row
    the account waits 15 minutes. Takes as long for an unknown address as for a known one.
    """
    user = queries.user_by_email(session, email.strip().lower())
    usable = user is not None and user.is_active and (user.locked_until or clock.now()) <= clock.now()
    fits = verify(user.password_hash if user is not None else nobodys_hash(), password)
    if user is None or not usable or not fits:
        _note_failure(session, user if usable else None, clock)
        return None
    user.failures, user.locked_until = 0, None
    return go_on(session, user, where, clock)


def _note_failure(session: Session, user: UserAccount | None, clock: Clock) -> None:
    """Count it for a known account; audit it either way, for an unknown address under nobody's id."""
    if user is not None:
        user.failures += 1
        if user.failures >= MOST_FAILURES:
            user.failures, user.locked_until = 0, clock.now() + LOCKED_FOR
    whose = user.id if user is not None else _NOBODY
    audit.record(session, PUBLIC, "user.sign_in_failed", "user", whose, clock=clock, outcome="refused")


def go_on(
    session: Session, user: UserAccount, where: Where, clock: Clock, *, twice: bool = False
) -> SignedIn | Waiting:
    """After the first proof: in, where no other is asked for or the identity provider had one (`twice`)."""
    rule = runtime().settings.second_factor
    has_one = bool(queries.factors_of(session, [user.id]))
    if twice or rule is SecondFactor.OFF or (rule is SecondFactor.OPTIONAL and not has_one):
        return _open(session, user, where, clock, second_factor=twice)
    token, now = new_secret(256), clock.now()
    session.add(
        SignInStart(
            user_account_id=user.id,
            token_hash=secret_hash(token),
            created_at=now,
            expires_at=now + START_LIMIT,
        )
    )
    if not has_one:
        second_factor.offer(session, user.id, clock)
    return Waiting(token, set_up=not has_one)


def _open(
    session: Session, user: UserAccount, where: Where, clock: Clock, *, second_factor: bool
) -> SignedIn:
    user.last_sign_in_at = clock.now()
    actor = actor_of_user(user)
    token = new_session(session, user.id, where, clock, second_factor=second_factor)
    audit.record(session, actor, "user.signed_in", "user", user.id, clock=clock)
    return SignedIn(token, actor)


def started(session: Session, token: str, clock: Clock) -> Start:
    """The begun sign-in of this token; StartOver when there is none."""
    _, user = _live_start(session, token, clock)
    return Start(user.id, set_up=not queries.factors_of(session, [user.id]))


def _live_start(session: Session, token: str, clock: Clock) -> tuple[SignInStart, UserAccount]:
    found = queries.live_start(session, secret_hash(token), clock.now())
    if found is None:
        raise StartOver("Too much time went by. Sign in again.")
    return found


def give_code(session: Session, token: str, code: str, where: Where, clock: Clock) -> SignedIn | None:
    """The second proof of a begun sign-in: in, or None when the code is not right. Keep the transaction either way."""
    start, user = _live_start(session, token, clock)
    if not second_factor.check(session, user.id, code, clock):
        audit.record(session, PUBLIC, "user.code_failed", "user", user.id, clock=clock, outcome="refused")
        return None
    start.ended_at = clock.now()
    return _open(session, user, where, clock, second_factor=True)


def finish_set_up(
    session: Session, token: str, code: str, where: Where, clock: Clock
) -> tuple[SignedIn, list[str]] | None:
    """The first code of a new second proof: in, with ten recovery codes; None when it is not right."""
    start, user = _live_start(session, token, clock)
    codes = second_factor.confirm(session, user.id, code, actor_of_user(user), clock)
    if codes is None:
        return None
    start.ended_at = clock.now()
    return _open(session, user, where, clock, second_factor=True), codes


@dataclass(frozen=True, slots=True)
class Proof:
    """What a signed-in person gives again before what protects the account changes."""

    token: str
    password: str
    code: str


def prove_again(session: Session, proof: Proof, actor: Actor, clock: Clock) -> str | None:
    """A new token for this sign-in when password, and code where there is a second proof, are right; else None.
    Counts as a try to sign in."""
    user = session.get(UserAccount, actor.id, with_for_update={"key_share": True})
    if user is None or (user.locked_until or clock.now()) > clock.now():
        return None
    if not verify(user.password_hash, proof.password):
        _note_failure(session, user, clock)
        return None
    if reads.second_factor(session, user.id).is_on and not second_factor.check(
        session, user.id, proof.code, clock
    ):
        return None
    audit.record(session, actor, "user.proved_again", "user", user.id, clock=clock)
    return renew(session, proof.token, clock)


def change_password(session: Session, old: str, new: str, actor: Actor, clock: Clock) -> None:
    """Change one's own password; every sign-in of the person ends."""
    user = session.get(UserAccount, actor.id)
    if user is None or not verify(user.password_hash, old):
        raise RuleBroken("This is not your present password.", field="old_password", code="password_wrong")
    set_password(session, user, new, actor, clock)


def set_password(session: Session, user: UserAccount, new: str, actor: Actor, clock: Clock) -> None:
    """A new password for this person, if it is a good one: every sign-in and every open link ends, the person is
    told."""
    home = reads.organisation(session, user.organisation_id)
    user.password_hash = hashed(good_password(new, user.name, user.email, home.name))
    user.failures, user.locked_until = 0, None
    end_sessions(session, user.id, clock)
    for row in queries.open_resets(session, user.id):
        row.used_at = clock.now()
    audit.record(session, actor, "user.password_changed", "user", user.id, clock=clock)
    notices.tell(session, notices.PASSWORD, user.id, clock)


def choose_digest(session: Session, wanted: bool, actor: Actor, clock: Clock) -> None:
    """Whether one wants the e-mail about overdue steps."""
    user = session.get(UserAccount, actor.id)
    if user is None:
        raise NotFound("There is no such person.")
    user.wants_digest = wanted
    audit.record(session, actor, "user.digest_chosen", "user", user.id, clock=clock)
