"""What a referrer is told about a referral: a label, what happens next, by when, and how it ended if agreed.

Everything here follows from the organisation's own referral (and, for a joined one, from what the hub did after
joining), so that nothing tells whether the person was already known.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.clock import LONDON
from hub.core.working_days import add_working_days
from hub.infra.calendars import holidays
from hub.policy import reads as policy
from hub.referrals.domain import Outcome, ReferralState
from hub.referrals.reads.views import MyReferral

FEEDBACK = "P07"
OUTCOME = frozenset({"outcome"})
_CLOCKS = {ReferralState.SUBMITTED: "review_days", ReferralState.TO_ASSESS: "assessment_days"}
_OWN_DOING = frozenset({Outcome.WITHDRAWN_BY_REFERRER, Outcome.NO_INFO})
_PUBLIC_OUTCOMES = {
    Outcome.ACHIEVED: "The learner finished a class.",
    Outcome.SIGNPOSTED: "We showed the learner another service that fits better.",
    Outcome.WITHDRAWN_BY_LEARNER: "The learner asked us to stop.",
    Outcome.WITHDRAWN_BY_REFERRER: "You withdrew this referral.",
    Outcome.NO_INFO: "We did not get the information we asked for.",
    Outcome.CLOSED_BY_HUB: "The hub closed this referral.",
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """The public side of one referral. `by` is the day by which the next step should have happened."""

    label: str
    colour: str
    next_step: str
    by: date | None
    outcome: str | None


def outlooks(session: Session, mine: Sequence[MyReferral], today: date) -> dict[UUID, Outlook]:
    """The outlook of each, in bulk."""
    agreed = _may_be_told(session, [one for one in mine if one.standing.outcome is not None], today)
    return {one.view.id: _outlook(session, one, one.view.id in agreed, today) for one in mine}


def _may_be_told(session: Session, closed: Sequence[MyReferral], today: date) -> set[UUID]:
    """The referrals whose end their own organisation may be told: each learner's permission, and the agreement."""
    by_organisation: dict[UUID, list[MyReferral]] = defaultdict(list)
    for one in closed:
        by_organisation[one.view.organisation_id].append(one)
    told: set[UUID] = set()
    for organisation_id, own in by_organisation.items():
        share = consents.Share(organisation_id, FEEDBACK, OUTCOME)
        may = consents.may_share(session, {one.view.learner_id for one in own}, share, today)
        told |= {one.view.id for one in own if one.view.learner_id in may}
    return told


def _outlook(session: Session, one: MyReferral, agreed: bool, today: date) -> Outlook:
    label = policy.label(session, "referral", one.standing.state.value, "referrer")
    return Outlook(label.text, label.colour, label.next_step, _by(session, one, today), _outcome(one, agreed))


def _by(session: Session, one: MyReferral, today: date) -> date | None:
    if one.asked is not None:
        return one.asked.due_on
    clock = _CLOCKS.get(one.standing.state)
    if clock is None:
        return None
    began = (one.view.closed_at if one.view.duplicate_of_id else None) or one.view.moved_at
    days = policy.number(session, clock, today)
    return add_working_days(began.astimezone(LONDON).date(), days, holidays()) if days else None


def _outcome(one: MyReferral, agreed: bool) -> str | None:
    outcome = one.standing.outcome
    if outcome is None or not (agreed or outcome in _OWN_DOING):
        return None
    return _PUBLIC_OUTCOMES.get(outcome)
