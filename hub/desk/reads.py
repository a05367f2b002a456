"""The board, one person's work and one learner's page, put together from what the slices tell."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts.domain.disclosure import shown, sight_of
from hub.assessment import reads as assessments
from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM, Actor, Role
from hub.core.wording import clock_time, long_date
from hub.desk import queries
from hub.desk.domain import STAGES, Stage
from hub.eligibility.reads import evidence
from hub.learners import reads as learners
from hub.learners.domain import SplitKind
from hub.learners.domain.splitting import SplitView
from hub.matching import reads as matching
from hub.messaging import reads as messages
from hub.provision import reads as provision
from hub.referrals import reads as referrals
from hub.referrals.domain import ReferralState
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from hub.steps.reads import StepView
from hub.waitlist import reads as waitlists

S, K = ReferralState, StepKind

_STATES: dict[str, tuple[ReferralState, ...]] = {
    "referred": (S.SUBMITTED, S.INFO_REQUESTED),
    "to_assess": (S.TO_ASSESS,),
    "assessed": (S.ASSESSED,),
}
_KINDS: dict[str, tuple[StepKind, ...]] = {
    "referred": (
        K.REFERRAL_TO_REVIEW,
        K.INFORMATION_TO_GIVE,
        K.DUPLICATE_TO_DECIDE,
        K.SPLIT_TO_SETTLE,
        K.ADVISER_TO_SEE,
        K.CONSENT_TO_CONFIRM,
    ),
    "to_assess": (K.APPOINTMENT_TO_MAKE, K.ASSESSMENT_TO_DO, K.ON_HOLD_TO_REVIEW),
    "assessed": (),
    "waiting": (K.WAITING_CHECK_IN, K.ROUND_TO_RUN),
    "offered": (K.OFFER_PROVIDER, K.OFFER_LEARNER, K.OFFER_TO_DECIDE),
    "placed": (K.ENROLMENT_TO_START, K.COURSE_TO_FINISH),
}
OTHERS_HOLD = (
    K.INFORMATION_TO_GIVE,
    K.OFFER_PROVIDER,
    K.OFFER_LEARNER,
    K.ENROLMENT_TO_START,
    K.COURSE_TO_FINISH,
    K.PLACES_TO_CONFIRM,
)
"""What the hub waits for: referrers, providers and learners hold these."""


def board(session: Session, clock: Clock) -> list[Stage]:
    """The funnel, with the time in the stage and the late steps beside each.

    Cases up to the assessment; from then on entries and places, for people of providers' old lists have no case.
    """
    bounds = clock.now() - timedelta(weeks=2), clock.now() - timedelta(weeks=6)
    cases, late = referrals.ages(session, bounds), _late(session, clock)
    numbers = {
        code: _sum(cases.get(state, (0, 0, 0)) for state in states) for code, states in _STATES.items()
    }
    numbers["waiting"] = waitlists.waiting_ages(session, bounds)
    numbers["offered"] = waitlists.offered_ages(session, bounds)
    numbers["placed"] = matching.place_ages(session, bounds)
    return [Stage(code, title, *numbers[code], late[code]) for code, title in STAGES.items()]


def _sum(rows: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    first, second, third = zip(*rows, strict=True)
    return sum(first), sum(second), sum(third)


def _late(session: Session, clock: Clock) -> dict[str, int]:
    by_kind = steps.counts_by_kind(session, clock.today())
    return {code: sum(by_kind.get(kind, (0, 0))[1] for kind in kinds) for code, kinds in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One line of My work: the step and, for those who may know, whom it is about."""

    step: StepView
    about: str


@dataclass(frozen=True, slots=True)
class Work:
    """My work by urgency. `others` counts what waits for somebody else: (kind's title, open, overdue); `more` what
    comes in its turn after two weeks."""

    overdue: list[WorkRow]
    today: list[WorkRow]
    new: list[WorkRow]
    later: list[WorkRow]
    escalated: list[WorkRow]
    others: list[tuple[StepKind, int, int]]
    total: int
    overdue_total: int
    more: int


def my_work(session: Session, actor: Actor, clock: Clock) -> Work:
    """What this person can do now, each line with the learner's name where they may see it."""
    found = steps.my_work(session, actor, clock.today())
    every = [*found.overdue, *found.today, *found.soon, *found.escalated]
    names = _names(session, every, actor)
    fresh = {one.id for one in found.soon if (clock.now() - one.opened_at).days < 1}
    return Work(
        overdue=_rows(found.overdue, names),
        today=_rows(found.today, names),
        new=_rows([one for one in found.soon if one.id in fresh], names),
        later=_rows([one for one in found.soon if one.id not in fresh], names),
        escalated=_rows(found.escalated, names),
        others=_others(session, clock) if actor.role is Role.HUB_MANAGER else [],
        total=found.total,
        overdue_total=found.overdue_total,
        more=found.later,
    )


def _rows(views: list[StepView], names: dict[UUID, str]) -> list[WorkRow]:
    return [WorkRow(one, names.get(one.id, "")) for one in views]


def _names(session: Session, views: Collection[StepView], actor: Actor) -> dict[UUID, str]:
    """Names by step: the hub sees learners; a referrer, the names as their own organisation wrote them."""
    if actor.is_hub:
        wanted = {one.learner_id for one in views if one.learner_id}
        people = shown(learners.people(session, wanted), sight_of(actor.role))
        return {one.id: people[one.learner_id].full_name for one in views if one.learner_id in people}
    if actor.role is Role.REFERRER:
        return _own_names(session, views, actor)
    return {}


def _own_names(session: Session, views: Collection[StepView], actor: Actor) -> dict[UUID, str]:
    cases = referrals.referrals_by_id(
        session, {one.subject_id for one in views if one.subject_type == "referral"}
    )
    own = {key: case for key, case in cases.items() if case.organisation_id == actor.organisation_id}
    records = learners.records(session, {case.source_record_id for case in own.values()})
    written = shown(records, sight_of(actor.role))
    return {
        one.id: written[own[one.subject_id].source_record_id].full_name
        for one in views
        if one.subject_id in own
    }


def _others(session: Session, clock: Clock) -> list[tuple[StepKind, int, int]]:
    by_kind = steps.counts_by_kind(session, clock.today())
    return [(kind, *by_kind[kind]) for kind in OTHERS_HOLD if kind in by_kind]


@dataclass(frozen=True, slots=True)
class Found:
    """A learner that a search found."""

    learner_id: UUID
    name: str
    born: object
    postcode: str | None
    state: ReferralState | None
    reference: str


def results(session: Session, search_id: UUID, actor: Actor, clock: Clock) -> list[Found]:
    """The learners of a saved search, in the order found. NotFound for somebody else's, Gone when old."""
    row = queries.saved(session, search_id, actor, clock.now())
    ids = [UUID(text) for text in row.learner_ids]
    people = shown(learners.people(session, ids), sight_of(actor.role))
    cases = referrals.referrals_of(session, list({people[one].learner_id for one in ids if one in people}))
    found = []
    for learner_id in ids:
        person = people.get(learner_id)
        if person is None:
            continue
        own = cases.get(person.learner_id, [])
        found.append(
            Found(
                person.learner_id,
                person.full_name,
                person.date_of_birth,
                person.postcode,
                own[-1].state if own else None,
                own[-1].reference if own else "",
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class ToSplit:
    """One thing that happened while two people were one record, in words, for a person to say whose it was."""

    item: SplitView
    words: str


def to_split(session: Session, decision_id: UUID) -> list[ToSplit]:
    """What one parting left open, oldest first, told so that a person can tell whose it was."""
    items = learners.splits(session, decision_id)
    said = _said(session, {one for item in items for one in (item.learner_id, item.other_id)})
    return [ToSplit(item, _happened(session, item, said)) for item in items]


def _said(session: Session, learner_ids: Collection[UUID]) -> dict[UUID, str]:
    """The words of messages and texts of these learners, by their id."""
    return {
        one.id: one.body or "The words are no longer kept"
        for learner_id in learner_ids
        for one in messages.conversation(session, learner_id)
    }


def _happened(session: Session, item: SplitView, said: Mapping[UUID, str]) -> str:
    """What it was, from the slice that has it; the kind alone where there is no more to say."""
    if item.kind in {SplitKind.MESSAGE, SplitKind.RECEIVED_TEXT}:
        return said.get(item.row_id, "")
    tell = _TELL.get(item.kind)
    return tell(session, item) if tell else ""


def _appointment(session: Session, item: SplitView) -> str:
    found = assessments.appointment(session, item.row_id)
    if found is None:
        return ""
    at = f"{long_date(found.slot.day)} at {clock_time(found.slot.starts_at)}" if found.slot else "no time yet"
    return f"{at}: {found.state.label}"


def _assessment(session: Session, item: SplitView) -> str:
    found = assessments.placement(session, item.row_id)
    return f"{found.level.label}, decided {long_date(found.decided_at.date())}" if found else "In progress"


def _class(session: Session, class_id: UUID, state: str) -> str:
    found = provision.classes(session, [class_id]).get(class_id)
    return f"{found.title if found else 'A class'}: {state.replace('_', ' ')}"


def _offer(session: Session, item: SplitView) -> str:
    found = matching.offer(session, item.row_id)
    return _class(session, found.class_id, found.state) if found else ""


def _enrolment(session: Session, item: SplitView) -> str:
    found = matching.enrolment_for(session, item.row_id, SYSTEM)
    return _class(session, found.class_id, found.state)


def _entry(session: Session, item: SplitView) -> str:
    found = waitlists.entry(session, item.row_id)
    return f"{found.level.label}, {found.strand.label}" if found else ""


def _consent(session: Session, item: SplitView) -> str:
    found = consents.consent(session, item.row_id)
    return f"Asked {long_date(found.given_on)}" if found else ""


def _evidence(session: Session, item: SplitView) -> str:
    shown = evidence(session, [item.learner_id]).get(item.learner_id, [])
    return next((f"{one.label}, seen by {one.seen_by_name}" for one in shown if one.id == item.row_id), "")


def _contact(session: Session, item: SplitView) -> str:
    found = learners.records(session, [item.row_id]).get(item.row_id)
    if found is None:
        return ""
    return ", ".join(part for part in (found.phone, found.email, found.postcode, found.address) if part)


_TELL: Mapping[SplitKind, Callable[[Session, SplitView], str]] = {
    SplitKind.APPOINTMENT: _appointment,
    SplitKind.ASSESSMENT: _assessment,
    SplitKind.CONSENT: _consent,
    SplitKind.CONTACT: _contact,
    SplitKind.ENROLMENT: _enrolment,
    SplitKind.ENTRY: _entry,
    SplitKind.EVIDENCE: _evidence,
    SplitKind.OFFER: _offer,
}
