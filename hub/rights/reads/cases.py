"""Cases, notices, holds and breaches as people see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.consent import reads as consents
from hub.consent.domain import StopView
from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.core.working_days import add_working_days
from hub.infra.calendars import holidays
from hub.infra.sight import as_the_hub
from hub.learners import reads as learners
from hub.policy import reads as policy
from hub.referrals import reads as referrals
from hub.rights import queries
from hub.rights.domain.breaches import Risk
from hub.rights.domain.cases import (
    STATE_LABELS,
    Act,
    CaseKind,
    CaseState,
    Decision,
    Door,
    Identity,
    Reason,
    WhyLonger,
    allowed_acts,
)
from hub.rights.domain.clocks import AnswerClock, acknowledge_by, countdown, report_by, urgency
from hub.rights.domain.holds import HoldKind
from hub.rights.models import DataBreach, LegalHold, RightsCase, RightsEvent, RightsNotice, RightsPackage


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with its clock. `left`: words and colour of the time that is left, None once it is closed."""

    id: UUID
    reference: str
    kind: CaseKind
    state: CaseState
    door: Door
    learner_id: UUID | None
    received_on: date
    identity: Identity | None
    identified_on: date | None
    acknowledged_on: date | None
    longer_because: WhyLonger | None
    paused_on: date | None
    paused_days: int
    due_on: date
    decision: Decision | None
    reason: Reason | None
    decided_at: datetime | None
    erase_on: date | None
    closed_at: datetime | None
    left: tuple[str, str] | None
    acknowledge_left: tuple[str, str] | None
    name: str | None = field(repr=False)
    contact: str | None = field(repr=False)
    words: str | None = field(repr=False)
    answer: str | None = field(repr=False)

    @property
    def is_open(self) -> bool:
        return self.state is not CaseState.CLOSED

    @property
    def label(self) -> tuple[str, str]:
        return STATE_LABELS[self.state]

    def may(self, act: Act) -> bool:
        return act in allowed_acts(self.state)


@dataclass(frozen=True, slots=True)
class EventView:
    at: datetime
    act: Act
    actor_id: UUID | None
    minutes: int | None
    found: bool | None
    note: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PackageView:
    made_at: datetime
    size: int
    expires_on: date
    released_at: datetime | None
    fetched_at: datetime | None
    sha256: str


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice to one partner. `references`: of the partner's own referrals."""

    id: UUID
    case_id: UUID
    organisation: str
    about: Sequence[str]
    told_at: datetime
    acknowledged_at: datetime | None
    references: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case with all that belongs to it. `minutes`: spent on searching so far; `stop`: what stands by it."""

    case: CaseView
    events: Sequence[EventView]
    package: PackageView | None
    notices: Sequence[NoticeView]
    held: bool
    stop: StopView | None

    @property
    def minutes(self) -> int:
        return sum(one.minutes or 0 for one in self.events)


def due_on(session: Session, row: RightsCase, clock: Clock) -> date:
    """The last day to answer. A complaint: the hub's own target, for the law says only without undue delay."""
    if row.kind is CaseKind.COMPLAINT:
        days = policy.number(session, "complaint_reply_days", clock.today())
        return add_working_days(row.received_on, days, holidays())
    return clock_of(row).due_on(clock.today(), holidays())


def clock_of(row: RightsCase) -> AnswerClock:
    return AnswerClock(
        row.received_on, row.identified_on, row.longer_because is not None, row.paused_days, row.paused_on
    )


def cases(session: Session, clock: Clock, *, open_only: bool = True) -> list[CaseView]:
    """Open cases, the soonest due first; or all, the newest first."""
    found = [case_view(session, row, clock) for row in session.scalars(queries.cases(open_only))]
    return sorted(found, key=lambda one: one.due_on) if open_only else found


def cases_of(session: Session, learner_id: UUID, clock: Clock) -> list[CaseView]:
    """A learner's cases, newest first, also those of before a merge."""
    ids = learners.same_person_ids(session, learner_id) | {learner_id}
    return [case_view(session, row, clock) for row in queries.cases_of(session, ids)]


def case_file(session: Session, case_id: UUID, clock: Clock) -> CaseFile:
    """One case; NotFound."""
    row = queries.case(session, case_id)
    ids = learners.same_person_ids(session, row.learner_id) if row.learner_id else frozenset()
    return CaseFile(
        case_view(session, row, clock),
        [_event(one) for one in queries.events_of(session, case_id)],
        package_of(session, case_id),
        [_notice(session, one) for one in queries.notices_of(session, case_id)],
        bool(queries.held(session, ids)),
        _stop_of(session, row),
    )


def _stop_of(session: Session, row: RightsCase) -> StopView | None:
    """What this case has stopped and what still stands."""
    found = consents.stops_of(session, row.learner_id) if row.learner_id else ()
    return next((one for one in found if one.case_id == row.id), None)


def package_of(session: Session, case_id: UUID) -> PackageView | None:
    row = queries.package_of(session, case_id)
    return _package(row) if row else None


def case_view(session: Session, row: RightsCase, clock: Clock) -> CaseView:
    today, due, is_open = clock.today(), due_on(session, row, clock), row.state is not CaseState.CLOSED
    waits = row.kind is CaseKind.COMPLAINT and row.acknowledged_on is None and row.decision is None
    return CaseView(
        id=row.id, reference=row.reference, kind=row.kind, state=row.state, door=row.door,
        learner_id=row.learner_id, received_on=row.received_on, identity=row.identity,
        identified_on=row.identified_on, acknowledged_on=row.acknowledged_on,
        longer_because=row.longer_because, paused_on=row.paused_on, paused_days=row.paused_days, due_on=due,
        decision=row.decision, reason=row.reason, decided_at=row.decided_at, erase_on=row.erase_on,
        closed_at=row.closed_at, left=urgency(due, today) if is_open else None,
        acknowledge_left=urgency(acknowledge_by(row.received_on), today) if waits else None,
        name=row.name, contact=row.contact, words=row.words, answer=row.answer,
    )  # fmt: skip


def _event(row: RightsEvent) -> EventView:
    return EventView(row.at, row.act, row.actor_id, row.minutes, row.found, row.note)


def _package(row: RightsPackage) -> PackageView:
    return PackageView(row.made_at, row.size, row.expires_on, row.released_at, row.fetched_at, row.sha256)


def _notice(session: Session, row: RightsNotice, references: Sequence[str] = ()) -> NoticeView:
    name = accounts.organisation(session, row.organisation_id).name
    return NoticeView(row.id, row.case_id, name, row.about, row.told_at, row.acknowledged_at, references)


def notices_to(session: Session, actor: Actor) -> list[NoticeView]:
    """What the actor's organisation was told, with its own referrals that each is about."""
    if actor.organisation_id is None:
        return []
    rows = queries.notices_to(session, actor.organisation_id)
    with as_the_hub(session):  # the case names all referrals; told are the organisation's own
        return [_notice(session, row, _references(session, row)) for row in rows]


def _references(session: Session, notice: RightsNotice) -> list[str]:
    row = queries.case(session, notice.case_id)
    ids = learners.same_person_ids(session, row.learner_id) if row.learner_id else frozenset()
    found = referrals.referrals_of(session, list(ids)).values()
    return [one.reference for each in found for one in each if one.organisation_id == notice.organisation_id]


@dataclass(frozen=True, slots=True)
class HoldView:
    id: UUID
    learner_id: UUID
    name: str = field(repr=False)
    kind: HoldKind
    reason: str | None = field(repr=False)
    placed_at: datetime
    review_on: date
    left: tuple[str, str]
    lifted_at: datetime | None
    lifted_because: str | None = field(repr=False)


def holds(session: Session, clock: Clock) -> list[HoldView]:
    """Standing holds first, the next to look at on top."""
    rows = queries.holds(session)
    people = learners.people(session, {row.learner_id for row in rows})
    return [_hold(row, people[row.learner_id].full_name, clock) for row in rows]


def _hold(row: LegalHold, name: str, clock: Clock) -> HoldView:
    return HoldView(
        row.id, row.learner_id, name, row.kind, row.reason, row.placed_at, row.review_on,
        urgency(row.review_on, clock.today()), row.lifted_at, row.lifted_because,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BreachView:
    """A breach with its 72 hours; `left` None once the ICO was told or needs not be."""

    id: UUID
    reference: str
    aware_at: datetime
    report_by: datetime
    left: tuple[str, str] | None
    people: int
    risk: Risk | None
    reported_at: datetime | None
    reported_late: bool
    ico_reference: str | None
    people_told_at: datetime | None
    closed_at: datetime | None
    what: str | None = field(repr=False)
    effects: str | None = field(repr=False)
    measures: str | None = field(repr=False)
    why: str | None = field(repr=False)


def breaches(session: Session, clock: Clock) -> list[BreachView]:
    """Open ones first, then the newest."""
    return [breach_view(row, clock) for row in queries.breaches(session)]


def breach(session: Session, breach_id: UUID, clock: Clock) -> BreachView:
    return breach_view(queries.breach(session, breach_id), clock)


def breach_view(row: DataBreach, clock: Clock) -> BreachView:
    by = report_by(row.aware_at)
    runs = row.closed_at is None and row.reported_at is None
    return BreachView(
        row.id, row.reference, row.aware_at, by, countdown(by, clock.now()) if runs else None, row.people,
        row.risk, row.reported_at, row.reported_at is not None and row.reported_at > by, row.ico_reference,
        row.people_told_at, row.closed_at, row.what, row.effects, row.measures, row.why,
    )  # fmt: skip


def names(session: Session, views: Sequence[CaseView]) -> Mapping[UUID, str]:
    """By case: the learner's name, else the name that was given with the request."""
    people = learners.people(session, {one.learner_id for one in views if one.learner_id})
    return {
        one.id: people[one.learner_id].full_name if one.learner_id in people else one.name or "Not known yet"
        for one in views
    }
