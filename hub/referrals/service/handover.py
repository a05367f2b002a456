"""A referrer's caseload changes hands: because somebody leaves, is away, or a colleague knows the learner better."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts import service as account_service
from hub.accounts.reads import UserView
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra import audit
from hub.infra.sight import open_to_the_hub
from hub.referrals import queries, reads
from hub.referrals.models import Referral
from hub.referrals.reads import Caseload
from hub.referrals.service.moves import is_duplicate, note_hand_over, referrers_owner
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind

EVERYWHERE = frozenset({Role.HUB_MANAGER, Role.ADMIN, Role.WORKER})
COLLEAGUES = "colleagues"


def require_hands_over(user: UserView, actor: Actor) -> None:
    """Colleagues of the same organisation and the hub; for all others the person does not exist."""
    if actor.role not in EVERYWHERE and actor.organisation_id != user.organisation_id:
        raise NotFound("There is no such person.")


def hand_over(session: Session, from_id: UUID, to_id: UUID | None, actor: Actor, clock: Clock) -> Caseload:
    """Give all open referrals, steps and drafts of a person to a successor, or to the colleagues together (None);
    what was handed over. Drafts need a person: without a successor they stay until their 30 days are over.

    NotFound for people of other organisations, RuleBroken on `successor` for somebody who cannot take over.
    """
    user = accounts.user(session, from_id)
    require_hands_over(user, actor)
    open_to_the_hub(session)
    successor = _successor(session, user, to_id)
    had = reads.caseload(session, from_id)
    for referral in queries.caseload_of(session, from_id):
        _give(session, referral, successor, actor, clock)
    session.flush()
    steps.hand_over(session, from_id, _owners(session, user, successor))
    if successor is not None:
        queries.move_drafts(session, from_id, successor.id)
    audit.record(session, actor, "caseload.handed_over", "user", from_id, clock=clock, reason=_to(successor))
    return had


def _to(successor: UserView | None) -> str:
    return f"to {successor.id}" if successor else f"to {COLLEAGUES}"


def _successor(session: Session, user: UserView, to_id: UUID | None) -> UserView | None:
    if to_id is None:
        return None
    for one in reads.successors(session, user):
        if one.id == to_id:
            return one
    raise RuleBroken(
        "Choose a colleague of the same organisation whose account is open.",
        field="successor",
        code="no_successor",
    )


def _give(
    session: Session, referral: Referral, successor: UserView | None, actor: Actor, clock: Clock
) -> None:
    referral.worker_id = successor.id if successor else None
    note_hand_over(session, referral, successor.name if successor else "", actor, clock)


def _owners(session: Session, user: UserView, successor: UserView | None) -> dict[Role, Owner]:
    """The new owner of the person's steps, by the role in which they are done."""
    home = user.organisation_id
    if successor is not None:
        return {role: Owner.person(home, role, successor.id) for role in Role}
    return {role: Owner.of_role(home, role) for role in Role} | {
        Role.REFERRER: referrers_owner(session, home, None)
    }


def hand_over_one(session: Session, referral_id: UUID, to_id: UUID, actor: Actor, clock: Clock) -> None:
    """One referral to a colleague, with what is open to answer about it."""
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    people = accounts.users_of(session, referral.organisation_id, Role.REFERRER)
    to = next((one for one in people if one.id == to_id and one.is_active), None)
    if to is None or is_duplicate(referral):
        raise RuleBroken(
            "Choose a colleague of the same organisation whose account is open.",
            field="successor",
            code="no_successor",
        )
    _give(session, referral, to, actor, clock)
    session.flush()
    owner = Owner.person(referral.organisation_id, Role.REFERRER, to.id)
    steps.give(session, StepKind.INFORMATION_TO_GIVE, referral_id, owner)


def leave(session: Session, user_id: UUID, to_id: UUID | None, actor: Actor, clock: Clock) -> Caseload:
    """Close a person's account; what was theirs goes to the successor, else to the colleagues. Somebody with a
    caseload and with colleagues who could take it over is not let go without one being named."""
    open_to_the_hub(session)
    user = accounts.user(session, user_id)
    had = reads.caseload(session, user_id)
    if to_id is None and not had.is_empty and reads.successors(session, user):
        raise RuleBroken("Choose who takes over.", field="successor", code="successor_missing")
    account_service.set_active(session, user_id, False, actor, clock)
    if not had.is_empty:
        hand_over(session, user_id, to_id, actor, clock)
    return had


def someone_left(session: Session, user_id: UUID, organisation_id: UUID, clock: Clock) -> None:
    """After an account was closed, by whatever way: what was left with the person reaches the colleagues, and where
    nobody of them signs in any more, the hub has a step to find somebody."""
    if not reads.caseload(session, user_id).is_empty:
        hand_over(session, user_id, None, SYSTEM, clock)
    nobody = not any(one.is_active for one in accounts.users_of(session, organisation_id, Role.REFERRER))
    if nobody and queries.open_count(session, organisation_id):
        owner, due = steps.hub_role(session), steps.due(session, "review_days", clock)
        steps.open_step(
            session,
            NewStep(StepKind.CASELOAD_WITHOUT_PERSON, "organisation", organisation_id, owner, due),
            clock,
        )


def someone_came(session: Session, user_id: UUID, organisation_id: UUID, clock: Clock) -> None:
    """Somebody signs in for the organisation again: the hub's step to find somebody is done."""
    if accounts.user(session, user_id).role is Role.REFERRER:
        steps.close_step(session, StepKind.CASELOAD_WITHOUT_PERSON, organisation_id, clock)
