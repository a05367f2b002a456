"""Enrolments for providers and the hub; who it is only as far as it may be told today."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts.domain import shared_fields
from hub.accounts.domain.disclosure import Disclosed, Sight, State, disclose, sight_of
from hub.assessment.domain import Strand
from hub.consent import reads as consents
from hub.core.levels import Level
from hub.core.permissions import Actor, Role
from hub.infra.ages import Bounds
from hub.learners import reads as learners
from hub.learners.domain import Needs, Person
from hub.matching import queries
from hub.matching.domain.enrolments import TAKES_PLACE, EnrolmentState
from hub.matching.models import Enrolment

SHARE = "P05"
IDENTITY = frozenset({"name", "phone"})
"""What a provider must be allowed to see before a place is offered there, in the words of sharing agreements."""
_ALL = frozenset(shared_fields())


@dataclass(frozen=True, slots=True)
class WeekView:
    """Hours attended out of hours taught, in the week of this Monday."""

    week_on: date
    hours_attended: float
    hours_of: float


@dataclass(frozen=True, slots=True)
class Known:
    """Who an enrolled learner is and the support they need; `fields`, in the words of agreements, may be seen."""

    person: Person
    support: str | None
    fields: frozenset[str]

    @property
    def name(self) -> str | None:
        """What to call the learner by; None where the name does not pass."""
        return self.person.full_name if "name" in self.fields else None


@dataclass(frozen=True, slots=True)
class EnrolmentView:
    """One enrolment with its weeks."""

    id: UUID
    offer_id: UUID
    entry_id: UUID
    learner_id: UUID
    case_id: UUID | None
    class_id: UUID
    organisation_id: UUID
    strand: Strand
    level: Level
    state: EnrolmentState
    expected_on: date
    course_ends_on: date
    started_on: date | None
    ended_on: date | None
    achieved: bool | None
    reason: str | None
    changed_at: datetime
    weeks: tuple[WeekView, ...]
    version: int

    @property
    def is_current(self) -> bool:
        return self.state in TAKES_PLACE

    @property
    def hours(self) -> tuple[float, float]:
        """(attended, taught) over all weeks recorded."""
        return sum(week.hours_attended for week in self.weeks), sum(week.hours_of for week in self.weeks)


def enrolments_of(session: Session, learner_ids: Collection[UUID]) -> dict[UUID, list[EnrolmentView]]:
    """All enrolments of the learners, newest first."""
    grouped: dict[UUID, list[EnrolmentView]] = defaultdict(list)
    for view in _views(session, queries.enrolments_of(session, learner_ids)):
        grouped[view.learner_id].append(view)
    return dict(grouped)


def learners_with_place(session: Session) -> dict[UUID, bool]:
    """Everybody who ever had a place -> whether they have one now."""
    return queries.learners_with_place(session)


def enrolments_of_offers(session: Session, offer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Offer -> the enrolment it became."""
    return queries.enrolments_of_offers(session, offer_ids)


def enrolments(
    session: Session,
    states: Collection[EnrolmentState],
    organisation_id: UUID | None = None,
    limit: int = 500,
) -> list[EnrolmentView]:
    """Enrolments in these states, of one provider or of all, by first day."""
    found = queries.enrolments(session, states, organisation_id).limit(limit)
    return _views(session, session.scalars(found).all())


def enrolment_for(session: Session, enrolment_id: UUID, actor: Actor) -> EnrolmentView:
    """One enrolment that this actor may see: its provider's or the hub's; NotFound."""
    return _views(session, [queries.enrolment(session, enrolment_id, actor)])[0]


def place_ages(session: Session, bounds: Bounds) -> tuple[int, int, int]:
    """Learners who have a place that is not over: since the first bound, since the second, longer."""
    return queries.ages(session, {EnrolmentState.EXPECTED, EnrolmentState.STARTED}, bounds)


def count_expected(session: Session, organisation_id: UUID) -> int:
    """Learners of whom the provider has not said whether they came: the badge."""
    return queries.count_enrolments(session, {EnrolmentState.EXPECTED}, organisation_id)


def identities(
    session: Session, views: Collection[EnrolmentView], actor: Actor, today: date
) -> dict[UUID, Disclosed[Known]]:
    """By enrolment: who it is, for the hub always; for a provider field by field what the learner's permission and
    the sharing agreement cover today. Confirmed places only: an enrolment exists from the learner's yes on."""
    ids = {view.learner_id for view in views}
    if not ids:
        return {}  # about nobody a partner may not even ask
    if actor.role is not Role.PROVIDER:
        people = learners.people(session, ids)
        return {
            one.id: disclose(Known(people[one.learner_id], None, _ALL), sight_of(actor.role))
            for one in views
            if one.learner_id in people
        }
    share = consents.Share(actor.organisation_id, SHARE, _ALL)
    with learners.alone(session, ids):
        passing = consents.may_pass(session, ids, share, today)
        people = learners.people(session, passing)
        needs = learners.needs(session, [one for one in passing if "health" in passing[one]])
    return {
        one.id: disclose(
            Known(people[one.learner_id], _support(needs.get(one.learner_id)), passing[one.learner_id]),
            Sight(actor.role, State.CONFIRMED, passing[one.learner_id]),
        )
        for one in views
        if one.learner_id in people
    }


def _support(needs: Needs | None) -> str | None:
    return needs.support_needed if needs else None


def _views(session: Session, rows: Sequence[Enrolment]) -> list[EnrolmentView]:
    weeks: dict[UUID, list[WeekView]] = defaultdict(list)
    for week in queries.attendance(session, [row.id for row in rows]) if rows else ():
        weeks[week.enrolment_id].append(WeekView(week.week_on, week.hours_attended, week.hours_of))
    return [_view(row, tuple(weeks[row.id])) for row in rows]


def _view(row: Enrolment, weeks: tuple[WeekView, ...]) -> EnrolmentView:
    return EnrolmentView(
        id=row.id, offer_id=row.offer_id, entry_id=row.entry_id, learner_id=row.learner_id,
        case_id=row.case_id, class_id=row.esol_class_id, organisation_id=row.organisation_id,
        strand=row.strand, level=row.level, state=row.state, expected_on=row.expected_on,
        course_ends_on=row.course_ends_on, started_on=row.started_on, ended_on=row.ended_on,
        achieved=row.achieved, reason=row.reason, changed_at=row.changed_at, weeks=weeks, version=row.version,
    )  # fmt: skip
