"""Offers for the hub, for providers and for the learner's own page."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment.domain import Strand
from hub.core.clock import london_time
from hub.core.levels import Level
from hub.core.permissions import Actor
from hub.core.slots import SLOTS, slot_label
from hub.matching import queries
from hub.matching.domain.offers import LAST_HOUR_TO_ANSWER, LIVE, TO_DECIDE, OfferState
from hub.matching.models import Offer

_NEED_WORDS = {
    "childcare": "Childcare",
    "step_free": "Step-free access",
    "women_only": "A women-only class",
    "in_person": "A class in person",
}
_SKILLS = ("speaking", "listening", "reading", "writing")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider may know of a learner before the learner has said yes: nothing that names anybody."""

    level: Level
    skills: tuple[tuple[str, Level], ...]
    times: tuple[str, ...]
    needs: tuple[str, ...]

    @property
    def any_time(self) -> bool:
        """Whether the learner can come at any time of the week, or was not asked."""
        return len(self.times) == len(SLOTS)


@dataclass(frozen=True, slots=True)
class OfferView:
    """One offer. `answer_by` is the learner's last day, `answer_until` its moment (18:00 in London)."""

    id: UUID
    match_round_id: UUID
    entry_id: UUID
    learner_id: UUID
    case_id: UUID | None
    class_id: UUID
    organisation_id: UUID
    strand: Strand
    level: Level
    state: OfferState
    starts_on: date
    made_at: datetime
    changed_at: datetime
    provider_due_on: date
    provider_answered_at: datetime | None
    provider_silent: bool
    provider_reason: str | None
    answer_by: date | None
    answered_at: datetime | None
    reason: str | None
    hold_reason: str | None
    note: str | None
    profile: Profile
    version: int

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def can_be_answered(self) -> bool:
        """Whether it is the learner's turn."""
        return self.state is OfferState.WITH_LEARNER

    @property
    def answer_until(self) -> datetime | None:
        return london_time(self.answer_by, LAST_HOUR_TO_ANSWER) if self.answer_by else None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change of an offer."""

    at: datetime
    actor_id: UUID | None
    actor_role: str
    from_state: OfferState | None
    to_state: OfferState
    reason: str | None
    note: str | None


def offer(session: Session, offer_id: UUID) -> OfferView | None:
    """One offer, for slices above; None when there is none."""
    row = queries.offer(session, offer_id)
    return offer_view(row) if row else None


def offer_for(session: Session, offer_id: UUID, actor: Actor) -> OfferView:
    """One offer that this actor may see: its provider's or the hub's; NotFound."""
    return offer_view(queries.offer_of(session, offer_id, actor))


def offers_of(session: Session, learner_ids: Collection[UUID]) -> dict[UUID, list[OfferView]]:
    """All offers of the learners (as they are known now), newest first."""
    grouped: dict[UUID, list[OfferView]] = defaultdict(list)
    for row in queries.offers_of(session, learner_ids):
        grouped[row.learner_id].append(offer_view(row))
    return dict(grouped)


def offers_to_answer(session: Session, organisation_id: UUID, limit: int = 200) -> list[OfferView]:
    """What waits for a provider, longest first."""
    return offers_in_states(session, {OfferState.WITH_PROVIDER}, organisation_id, limit)


def offers_in_states(
    session: Session, states: Collection[OfferState], organisation_id: UUID | None = None, limit: int = 200
) -> list[OfferView]:
    """Offers in these states, of one provider or of all, oldest first."""
    found = queries.offers_in(session, states, organisation_id).limit(limit)
    return [offer_view(row) for row in session.scalars(found)]


def newest_in_states(
    session: Session, states: Collection[OfferState], organisation_id: UUID | None = None, limit: int = 50
) -> list[OfferView]:
    """Offers in these states, those that changed last first."""
    found = queries.offers_in(session, states, organisation_id).order_by(None)
    rows = session.scalars(found.order_by(Offer.changed_at.desc(), Offer.id.desc()).limit(limit))
    return [offer_view(row) for row in rows]


def offers_page(
    session: Session,
    organisation_id: UUID | None,
    states: Collection[OfferState],
    marker: UUID | None,
    limit: int,
) -> list[OfferView]:
    """Offers by id from a marker on, for paging through all."""
    found = queries.offers_after(session, organisation_id, states, marker).limit(limit)
    return [offer_view(row) for row in session.scalars(found)]


def count_to_answer(session: Session, organisation_id: UUID) -> int:
    """Offers that wait for a provider: the badge."""
    return queries.count_offers(session, {OfferState.WITH_PROVIDER}, organisation_id)


def count_to_decide(session: Session) -> int:
    """Offers that wait for the hub: the badge."""
    return queries.count_offers(session, TO_DECIDE)


def silences(session: Session) -> dict[UUID, int]:
    """How often each provider has let an offer's ceiling pass."""
    return queries.silences(session)


def offer_history(session: Session, offer_id: UUID) -> list[HistoryLine]:
    """What happened to an offer, oldest first."""
    return [
        HistoryLine(row.at, row.actor_id, row.actor_role, row.from_state, row.to_state, row.reason, row.note)
        for row in queries.offer_history(session, [offer_id])
    ]


def offer_view(row: Offer) -> OfferView:
    return OfferView(
        id=row.id, match_round_id=row.match_round_id, entry_id=row.entry_id, learner_id=row.learner_id,
        case_id=row.case_id, class_id=row.esol_class_id, organisation_id=row.organisation_id,
        strand=row.strand, level=row.level, state=row.state, starts_on=row.starts_on, made_at=row.made_at,
        changed_at=row.changed_at, provider_due_on=row.provider_due_on,
        provider_answered_at=row.provider_answered_at, provider_silent=row.provider_silent,
        provider_reason=row.provider_reason, answer_by=row.answer_by, answered_at=row.answered_at,
        reason=row.reason, hold_reason=row.hold_reason, note=row.note, version=row.version,
        profile=profile_of(row.level, row.facts or {}),
    )  # fmt: skip


def profile_of(level: Level, facts: Mapping[str, Any]) -> Profile:
    """The profile in an offer's frozen facts."""
    skills: Mapping[str, str] = facts.get("skills", {})
    available: Sequence[str] = facts.get("available", ())
    return Profile(
        level,
        tuple((skill.capitalize(), Level(skills[skill])) for skill in _SKILLS if skill in skills),
        tuple(slot_label(slot) for slot in SLOTS if slot in available),
        tuple(_NEED_WORDS.get(need, need) for need in facts.get("needs", ())),
    )
