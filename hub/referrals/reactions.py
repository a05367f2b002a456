"""What referrals do when others tell of something, in their transaction. They never refuse the cause:
a case that cannot follow is left where it is, with a step for a person."""

from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts.domain import AccountClosed, AccountOpened, RoleChanged
from hub.assessment.domain import AppointmentBooked, AppointmentMissed, AssessmentCompleted
from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.infra.db import record
from hub.learners.domain import HappeningMoved, IndexesRenewed, LearnersMerged, LearnersUnmerged, SplitKind
from hub.referrals import queries
from hub.referrals.domain import (
    CaseInBrief,
    Ending,
    HoldTerms,
    Move,
    Outcome,
    ReferralClosed,
    ReferralReopened,
    ReferralState,
    duplicates_among,
    is_open,
)
from hub.referrals.models import Referral
from hub.referrals.service import hold
from hub.referrals.service.closing import end
from hub.referrals.service.handover import someone_came, someone_left
from hub.referrals.service.moves import Doing, move, open_review
from hub.referrals.service.renewing import renew_keys
from hub.referrals.service.telling import tell_referrer
from hub.steps import service as steps
from hub.waitlist import reads as waitlists
from hub.waitlist.domain import LEVEL_CHANGED, EntryJoined, EntryLapsed, EntryRemoved

S = ReferralState
MISSED_TOO_OFTEN = "no_response"


class AboutLearner(Protocol):
    """An event about one learner."""

    @property
    def learner_id(self) -> UUID: ...


class Ended(Protocol):
    """The end of an enrolment; `outcome` is `completed` when the learner finished."""

    @property
    def learner_id(self) -> UUID: ...
    @property
    def outcome(self) -> str: ...


def appointment_booked(session: Session, event: AppointmentBooked, actor: Actor, clock: Clock) -> None:
    """A booked appointment takes the case on, if nobody had pressed 'accept' before."""
    referral = _case(session, event.case_id)
    if referral is not None and referral.state is S.SUBMITTED:
        move(session, referral, Doing(Move.ACCEPT), actor, clock)


def appointment_missed(session: Session, event: AppointmentMissed, actor: Actor, clock: Clock) -> None:
    """Missed too often: no machine goes on; the case is on hold until a person has looked."""
    referral = _case(session, event.case_id)
    if event.limit_reached and referral is not None and is_open(referral.state):
        until = steps.due(session, "review_days", clock)
        hold(session, referral.id, HoldTerms(MISSED_TOO_OFTEN, until), actor, clock)


def assessment_completed(session: Session, event: AssessmentCompleted, actor: Actor, clock: Clock) -> None:
    """Assessed; and on the list in the same transaction, for the waiting list has reacted before."""
    referral = _case(session, event.case_id)
    if referral is None or referral.state is not S.TO_ASSESS:
        return
    move(session, referral, Doing(Move.ASSESS), actor, clock)
    if any(
        one.is_active
        for one in waitlists.entries_of(session, [referral.learner_id]).get(referral.learner_id, [])
    ):
        move(session, referral, Doing(Move.LIST), actor, clock)


def entry_joined(session: Session, event: EntryJoined, actor: Actor, clock: Clock) -> None:
    """On the list, by whatever way: assessed cases wait, placed ones wait again."""
    referral = _case(session, event.case_id)
    if referral is not None and referral.state in {S.ASSESSED, S.PLACED}:
        step = Move.LIST if referral.state is S.ASSESSED else Move.UNPLACE
        move(session, referral, Doing(step), actor, clock)


def entry_ended(session: Session, event: EntryRemoved | EntryLapsed, actor: Actor, clock: Clock) -> None:
    """Off the list while the referral is open: a person decides what becomes of the case."""
    if isinstance(event, EntryRemoved) and event.reason == LEVEL_CHANGED:
        return
    referral = _case(session, event.case_id)
    if referral is not None and referral.state is S.WAITING:
        open_review(session, referral, clock)


def offer_confirmed(session: Session, event: AboutLearner, actor: Actor, clock: Clock) -> None:
    """The learner has a place."""
    for referral in queries.open_referrals_of(session, event.learner_id):
        if referral.state is S.WAITING:
            move(session, referral, Doing(Move.PLACE), actor, clock)


def enrolment_ended(session: Session, event: Ended, actor: Actor, clock: Clock) -> None:
    """Finished: the case ends well. Left early or moved: a person decides, unless the learner waits again."""
    for referral in queries.open_referrals_of(session, event.learner_id):
        if referral.state is not S.PLACED:
            continue
        if str(event.outcome) == "completed":
            end(session, referral, Ending(Outcome.ACHIEVED), actor, clock)
        else:
            open_review(session, referral, clock)


def referral_closed(session: Session, event: ReferralClosed, actor: Actor, clock: Clock) -> None:
    """The referrer hears of it, unless it was their own doing or nothing has ended for them; and so do those whose
    referrals were joined with this one, for whom it ends now too."""
    if "referrer" in event.told:
        joined = queries.duplicates_of(session, [event.referral_id])
        for referral_id in (event.referral_id, *(one.id for one in joined)):
            tell_referrer(session, referral_id, clock)


def learner_left(session: Session, event: AboutLearner, actor: Actor, clock: Clock) -> None:
    """The learner wants no more of the service: every open case ends by their word."""
    for referral in queries.open_referrals_of(session, event.learner_id):
        ending = Ending(Outcome.WITHDRAWN_BY_LEARNER, "no_longer_interested")
        end(session, referral, ending, actor, clock)


def learners_merged(session: Session, event: LearnersMerged, actor: Actor, clock: Clock) -> None:
    """The referrals go to the learner who is kept; one that nobody has acted on ends as a duplicate."""
    _repoint(session, event.source_record_ids, event.kept_id)
    opened = queries.open_referrals_of(session, event.kept_id)
    kept_id, closing = duplicates_among(CaseInBrief(one.id, one.state, one.submitted_at) for one in opened)
    for referral in opened:
        if referral.id in closing:
            end(session, referral, Ending(Outcome.DUPLICATE, duplicate_of_id=kept_id), actor, clock)
    for older in queries.duplicates_of(session, closing):
        older.duplicate_of_id = kept_id


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """The referrals go back with their records, and duplicates of what is now another person open again."""
    moved = _repoint(session, event.source_record_ids, event.restored_id)
    joined = [one for one in moved if one.outcome is Outcome.DUPLICATE]
    joined += [one for one in queries.duplicates_of(session, [one.id for one in moved]) if one not in joined]
    wanted = {one.duplicate_of_id for one in joined if one.duplicate_of_id}
    survivors = {one.id: one for one in queries.referrals_by_id(session, wanted)}
    for referral in joined:
        survivor = survivors.get(referral.duplicate_of_id) if referral.duplicate_of_id else None
        if survivor is not None and survivor.learner_id != referral.learner_id:
            move(session, referral, Doing(Move.REOPEN), actor, clock)
            record(session, ReferralReopened(referral.id, referral.learner_id))


_CHANGES_A_CASE = frozenset(
    {
        SplitKind.APPOINTMENT,
        SplitKind.ASSESSMENT,
        SplitKind.ENTRY,
        SplitKind.OFFER,
        SplitKind.ENROLMENT,
    }
)


def happening_moved(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """What moved a case was another person's: a person looks at the cases of both, for no rule can know whether
    they have to go back."""
    if event.kind not in _CHANGES_A_CASE:
        return
    for learner_id in (event.from_id, event.learner_id):
        for referral in queries.open_referrals_of(session, learner_id):
            open_review(session, referral, clock)


def _repoint(session: Session, source_record_ids: tuple[UUID, ...], learner_id: UUID) -> list[Referral]:
    moved = list(queries.referrals_of_records(session, source_record_ids))
    for referral in moved:
        referral.learner_id = learner_id
    if moved:
        steps.move_learner(session, [referral.id for referral in moved], learner_id)
        session.flush()
    return moved


def _case(session: Session, case_id: UUID | None) -> Referral | None:
    return queries.locked_case(session, case_id) if case_id is not None else None


def account_closed(session: Session, event: AccountClosed, actor: Actor, clock: Clock) -> None:
    """Nobody's referrals wait behind an account that nobody opens."""
    someone_left(session, event.user_id, event.organisation_id, clock)


def role_changed(session: Session, event: RoleChanged, actor: Actor, clock: Clock) -> None:
    """Other work from now on: the caseload is for others, and a new referrer may be the one who was missing."""
    someone_left(session, event.user_id, event.organisation_id, clock)
    someone_came(session, event.user_id, event.organisation_id, clock)


def account_opened(session: Session, event: AccountOpened, actor: Actor, clock: Clock) -> None:
    """Somebody is there again."""
    someone_came(session, event.user_id, event.organisation_id, clock)


def indexes_renewed(session: Session, event: IndexesRenewed, _: Actor, __: Clock) -> None:
    """What finds an organisation's own referral again follows the key of the indexes."""
    renew_keys(session, event.source_record_ids)
