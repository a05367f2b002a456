"""The figures, put together from what the other slices tell: numbers only, never a name."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import reads as assessments
from hub.assessment.domain import Purpose
from hub.assessment.reads import CompletedView
from hub.core.clock import LONDON, london_time
from hub.core.levels import Level
from hub.core.postcode import outward
from hub.core.working_days import working_days_between
from hub.infra.calendars import holidays
from hub.learners import reads as learners
from hub.matching import reads as matching
from hub.matching.domain import OfferState
from hub.matching.reads import EnrolmentFigure, OfferFigure
from hub.policy import reads as policy
from hub.provision import reads as provision
from hub.provision.reads import ProviderFreshness
from hub.referrals import reads as referrals
from hub.referrals.domain import SOURCE_LABELS
from hub.reporting.domain import (
    AGE_BANDS,
    Breakdown,
    Count,
    Demand,
    Median,
    Opening,
    Period,
    Wish,
    age_band,
    breakdown,
    median_of,
    suppressed,
    unmet_demand,
)
from hub.waitlist import reads as waitlist
from hub.waitlist.reads import EntryView

_REASON_OF = {OfferState.DECLINED_BY_PROVIDER: "provider_reason"}
_ENDED = (
    (OfferState.DECLINED_BY_LEARNER, "Declined by the learner"),
    (OfferState.DECLINED_BY_PROVIDER, "Declined by the provider"),
    (OfferState.LAPSED, "Not answered in time"),
    (OfferState.WITHDRAWN, "Withdrawn by the hub"),
    (OfferState.SUPERSEDED, "The learner had another class"),
)


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """Learners who wait for one level, by how long."""

    level: Level
    total: Count
    bands: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """How the service did in a period; who waits is as of today."""

    period: Period
    referred: Breakdown
    assessed: Breakdown
    to_assessment: Median
    waiting: Breakdown
    waiting_rows: tuple[WaitingRow, ...]
    offered: Breakdown
    offers_ended: Breakdown
    placed: Count
    started: Count
    to_start: Median


@dataclass(frozen=True, slots=True)
class ProviderFigures:
    """How fresh a provider's places are, and how it answered the offers of a period.

    `answer_days`: the median of working days from offer to answer.
    """

    freshness: ProviderFreshness
    offers: int
    answered: int
    answer_days: int | None
    silences: int


def service_figures(session: Session, period: Period, today: date) -> ServiceFigures:
    """Everything about a period in one go; about a second for 5,000 learners."""
    start, end = _moments(period)
    completed = assessments.completed_between(session, start, end)
    enrolments = matching.enrolments_between(session, start, end)
    offers = matching.offers_made_between(session, start, end)
    started = [one for one in enrolments if one.started_on and period.first <= one.started_on < period.end]
    came = referrals.submitted_at(
        session, {one.case_id for one in completed} | {one.case_id for one in started if one.case_id}
    )
    waiting = waitlist.in_line(session)
    return ServiceFigures(
        period=period,
        referred=_referred(session, start, end),
        assessed=_by_level("assessed", "Assessed, by level", (one.level for one in completed)),
        to_assessment=median_of(_days_to_assessment(completed, came)),
        waiting=_by_level("waiting", "Waiting today, by level", (one.level for one in waiting)),
        waiting_rows=tuple(_waiting_rows(waiting, today)),
        offered=_offered(offers),
        offers_ended=_offers_ended(session, offers),
        placed=_placed(enrolments, start, end),
        started=_count("Started a class", len(started)),
        to_start=median_of(_days_to_start(started, came)),
    )


def unmet(session: Session, today: date) -> list[Demand]:
    """Who waits for what, where and when, and what is free there."""
    waiting = waitlist.in_line(session)
    ids = {entry.learner_id for entry in waiting}
    areas, needs = learners.areas(session, ids), learners.needs(session, ids)
    wishes = [
        Wish(
            entry.learner_id,
            entry.level,
            areas[entry.learner_id],
            needs[entry.learner_id].availability if entry.learner_id in needs else frozenset(),
        )
        for entry in waiting
        if entry.learner_id in areas
    ]
    return unmet_demand(wishes, _openings(session, today))


def providers(session: Session, period: Period, now: datetime, today: date) -> list[ProviderFigures]:
    """Every provider, the one with the most classes to confirm first."""
    by_provider: dict[UUID, list[OfferFigure]] = defaultdict(list)
    for offer in matching.offers_made_between(session, *_moments(period)):
        by_provider[offer.organisation_id].append(offer)
    return [
        _provider(fresh, by_provider[fresh.provider.organisation_id])
        for fresh in provision.freshness(session, now, today)
    ]


def _moments(period: Period) -> tuple[datetime, datetime]:
    return london_time(period.first, 0), london_time(period.end, 0)


def _day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def _count(label: str, number: int) -> Count:
    return suppressed([(label, number)])[0]


def _referred(session: Session, start: datetime, end: datetime) -> Breakdown:
    counts = Counter(one.source for one in referrals.submitted_between(session, start, end))
    parts = {SOURCE_LABELS[source]: number for source, number in counts.most_common()}
    return breakdown("referred", "Referred, by source", "Referrals", parts)


def _by_level(code: str, title: str, levels: Iterable[Level]) -> Breakdown:
    counts = Counter(levels)
    return breakdown(code, title, "Learners", {level.label: counts[level] for level in Level})


def _days_to_assessment(completed: Iterable[CompletedView], came: Mapping[UUID, datetime]) -> list[int]:
    """Of first assessments only: a later one says nothing about the wait."""
    return [
        (_day(one.decided_at) - _day(came[one.case_id])).days
        for one in completed
        if one.purpose is Purpose.INITIAL and one.case_id in came
    ]


def _days_to_start(started: Iterable[EnrolmentFigure], came: Mapping[UUID, datetime]) -> list[int]:
    return [
        (one.started_on - _day(came[one.case_id])).days
        for one in started
        if one.started_on and one.case_id and one.case_id in came
    ]


def _waiting_rows(waiting: Sequence[EntryView], today: date) -> Iterable[WaitingRow]:
    ages = Counter((entry.level, age_band(entry.queue_on, today)) for entry in waiting)
    for level in Level:
        numbers = [(band, ages[level, band]) for band in AGE_BANDS]
        if total := sum(number for _, number in numbers):
            yield WaitingRow(level, _count(level.label, total), suppressed(numbers))


def _offered(offers: Sequence[OfferFigure]) -> Breakdown:
    """All offers made, by what became of them."""
    ended = {state for state, _ in _ENDED}
    parts = {"Accepted": sum(one.state is OfferState.CONFIRMED for one in offers)}
    parts |= {label: sum(one.state is state for one in offers) for state, label in _ENDED}
    parts["Still open"] = len([one for one in offers if one.state not in ended | {OfferState.CONFIRMED}])
    return breakdown("offered", "Offers made, by what became of them", "Offers", parts)


def _offers_ended(session: Session, offers: Sequence[OfferFigure]) -> Breakdown:
    """Offers that led to no place, by the reason given."""
    labels = {reason.code: reason.label for reason in policy.reasons(session)}
    counts: Counter[str] = Counter()
    for offer in offers:
        if offer.state in dict(_ENDED):
            code = getattr(offer, _REASON_OF.get(offer.state, "reason"))
            counts[f"{dict(_ENDED)[offer.state]}: {_reason_words(code, labels)}"] += 1
    return breakdown("reasons", "Why offers led to no place", "Offers", dict(counts.most_common()))


def _reason_words(code: str | None, labels: Mapping[str, str]) -> str:
    if not code:
        return "no reason given"
    words = labels.get(code, code.replace("_", " "))
    return words[:1].lower() + words[1:]


def _placed(enrolments: Iterable[EnrolmentFigure], start: datetime, end: datetime) -> Count:
    return _count("Placed in a class", sum(start <= one.created_at < end for one in enrolments))


def _openings(session: Session, today: date) -> list[Opening]:
    classes = provision.matchable_classes(session, today)
    return [
        Opening(one.levels, outward(one.postcode), one.slots, one.free)
        for one in classes
        if one.postcode and one.free > 0
    ]


def _provider(fresh: ProviderFreshness, offers: Collection[OfferFigure]) -> ProviderFigures:
    days = [
        working_days_between(_day(one.made_at), _day(one.provider_answered_at), holidays())
        for one in offers
        if one.provider_answered_at
    ]
    middle = sorted(days)[len(days) // 2] if days else None
    silences = sum(one.provider_silent for one in offers)
    return ProviderFigures(fresh, len(offers), len(days), middle, silences)
