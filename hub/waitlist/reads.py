"""What slices above may know of the waiting list: frozen rows, in bulk."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.assessment.domain import Skill, Strand
from hub.core.levels import Level
from hub.core.wording import waited
from hub.infra.ages import Bounds
from hub.learners import reads as learners
from hub.learners.domain.scoring import Zone
from hub.waitlist import queries
from hub.waitlist.domain import ACTIVE, IN_LINE, EntryFilter, EntryState, Fact, Priority, priority
from hub.waitlist.domain.overlap import Overlap
from hub.waitlist.domain.overlap import overlap as count_overlap
from hub.waitlist.models import WaitlistEntry


@dataclass(frozen=True)
class JoiningRecord:
    """Whom a fact is about, and the source record it came with."""

    learner_id: UUID
    source_record_id: UUID
    subject_id: UUID


@dataclass(frozen=True)
class EntryView:
    """One entry.

    `queue_on` is the earliest referral to any partner; `also` the higher levels, only in classes that support
    reading and writing.
    """

    id: UUID
    learner_id: UUID
    source_record_id: UUID
    subject_id: UUID
    case_id: UUID | None
    assessment_id: UUID | None
    strand: Strand
    level: Level
    also: tuple[Level, ...]
    skills: Mapping[Skill, Level]
    state: EntryState
    queue_on: date
    joined_at: datetime
    priority_band: int
    paused_until: date | None
    next_check_in_on: date | None
    check_in_asked_on: date | None
    check_in_channels: tuple[str, ...]
    lapsed_on: date | None
    removed_reason: str | None
    hold_reason: str | None
    hold_until: date | None
    previous_entry_id: UUID | None
    version: int

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    def waited(self, today: date) -> str:
        """`5 weeks`."""
        return waited(self.queue_on, today)


@dataclass(frozen=True)
class Position:
    """A place in line among those of the same strand and level."""

    place: int
    of: int


@dataclass(frozen=True)
class HistoryLine:
    """One change of an entry."""

    at: datetime
    actor_id: UUID | None
    to_state: EntryState
    reason: str | None
    note: str | None


def waiting(session: Session, today: date) -> list[EntryView]:
    """Everybody who may be matched today, in the order of the queue."""
    return [entry_view(row) for row in queries.waiting(session, today)]


def entry(session: Session, entry_id: UUID) -> EntryView | None:
    """One entry."""
    found = queries.entry(session, entry_id)
    return entry_view(found) if found else None


def entries_of(session: Session, learner_ids: Collection[UUID]) -> dict[UUID, list[EntryView]]:
    """All entries of the learners, newest first."""
    grouped: dict[UUID, list[EntryView]] = defaultdict(list)
    for row in queries.entries_of(session, learner_ids):
        grouped[row.learner_id].append(entry_view(row))
    return dict(grouped)


def learners_on_list(session: Session) -> set[UUID]:
    """Everybody with an entry that is not over."""
    return queries.learners_on_list(session)


def position(session: Session, entry_id: UUID) -> Position | None:
    """The place in line; None for an entry that is not in line (offered, paused, ended)."""
    return positions(session, [entry_id]).get(entry_id)


def positions(session: Session, entry_ids: Iterable[UUID]) -> dict[UUID, Position]:
    """Places in line of many entries, in one query."""
    wanted = list(entry_ids)
    return (
        {key: Position(*value) for key, value in queries.positions(session, wanted).items()} if wanted else {}
    )


def listed(
    session: Session, wanted: EntryFilter, offset: int = 0, limit: int | None = None
) -> list[EntryView]:
    """Entries by priority, then date."""
    return [entry_view(row) for row in queries.listed(session, wanted, offset=offset, limit=limit)]


def waiting_ages(session: Session, bounds: Bounds) -> tuple[int, int, int]:
    """How many wait: on the list since the first bound, since the second, longer."""
    return queries.waiting_ages(session, bounds)


def offered_ages(session: Session, bounds: Bounds) -> tuple[int, int, int]:
    """How many have an offer out: since the first bound, since the second, longer."""
    return queries.offered_ages(session, bounds)


def in_line(session: Session) -> list[EntryView]:
    """Everybody in line today, on hold or not, by priority, then date."""
    return [view for view in listed(session, EntryFilter()) if view.state in IN_LINE]


def priorities(session: Session, learner_ids: Collection[UUID], today: date) -> dict[UUID, Priority]:
    """The band of each learner with its reasons in words."""
    facts: dict[UUID, list[Fact]] = defaultdict(list)
    for row in queries.facts(session, learner_ids):
        facts[row.learner_id].append(Fact(row.code or "", row.noted_on))
    return {learner_id: priority(facts[learner_id], today) for learner_id in learner_ids}


def fact_codes(session: Session, learner_id: UUID) -> tuple[str, ...]:
    """The codes of what is noted about a learner and not ended."""
    return tuple(dict.fromkeys(row.code or "" for row in queries.facts(session, [learner_id])))


def history(session: Session, entry_id: UUID) -> list[HistoryLine]:
    """What happened to an entry and to those it continues, newest first."""
    ids, row = [entry_id], queries.entry(session, entry_id)
    while row is not None and row.previous_entry_id is not None:
        ids.append(row.previous_entry_id)
        row = queries.entry(session, row.previous_entry_id)
    return [
        HistoryLine(line.at, line.actor_id, line.to_state, line.reason, line.note)
        for line in queries.history(session, ids)
    ]


def entry_view(row: WaitlistEntry) -> EntryView:
    return EntryView(
        id=row.id,
        learner_id=row.learner_id,
        source_record_id=row.source_record_id,
        subject_id=row.subject_id,
        case_id=row.case_id,
        assessment_id=row.assessment_id,
        strand=row.strand,
        level=row.level,
        also=levels_of(row.also),
        skills=skills_of(row),
        state=row.state,
        queue_on=row.queue_on,
        joined_at=row.joined_at,
        priority_band=row.priority_band,
        paused_until=row.paused_until,
        next_check_in_on=row.next_check_in_on,
        check_in_asked_on=row.check_in_asked_on,
        check_in_channels=tuple(row.check_in_channels),
        lapsed_on=row.lapsed_on,
        removed_reason=row.removed_reason,
        hold_reason=row.hold_reason,
        hold_until=row.hold_until,
        previous_entry_id=row.previous_entry_id,
        version=row.version,
    )


def levels_of(codes: Iterable[str]) -> tuple[Level, ...]:
    return tuple(Level(code) for code in codes)


def skills_of(row: WaitlistEntry) -> dict[Skill, Level]:
    return {Skill(skill): Level(level) for skill, level in row.skills.items()}


@dataclass(frozen=True, slots=True)
class OverlapView:
    """Who stands on several providers' lists. `sure`: joined already, or sure by the scorer; `likely`: with all
    that wait for a decision. `names` are the providers'."""

    sure: Overlap
    likely: Overlap
    names: Mapping[UUID, str]

    def by_pair(self) -> list[tuple[str, str, int, int]]:
        """(provider, other provider, sure, likely), most first."""
        rows = [
            (
                min(self.names[a], self.names[b]),
                max(self.names[a], self.names[b]),
                self.sure.shared.get((a, b), 0),
                number,
            )
            for (a, b), number in self.likely.shared.items()
        ]
        return sorted(rows, key=lambda row: (-row[3], row[0], row[1]))

    def in_words(self) -> list[str]:
        """For the command line."""
        lines = [
            f"{self.sure.people:,} people on providers' lists ({self.likely.people:,} if all suggestions are right)."
        ]
        for lists in sorted(set(self.sure.on_lists) | set(self.likely.on_lists)):
            sure, likely = self.sure.on_lists.get(lists, 0), self.likely.on_lists.get(lists, 0)
            lines.append(f"On {lists} list{'s' * (lists > 1)}: {sure:,} sure, {likely:,} likely.")
        return lines + [
            f"{a} and {b}: {sure:,} sure, {likely:,} likely." for a, b, sure, likely in self.by_pair()
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            name: {
                "people": one.people,
                "on_lists": {str(lists): number for lists, number in one.on_lists.items()},
                "pairs": [
                    {"providers": sorted((self.names[a], self.names[b])), "people": number}
                    for (a, b), number in sorted(one.shared.items(), key=lambda item: -item[1])
                ],
            }
            for name, one in (("sure", self.sure), ("likely", self.likely))
        }


def overlap(session: Session) -> OverlapView:
    """How many people stand on 1, 2, 3 ... lists, and by pair of providers."""
    places = queries.listed_places(session)
    now = learners.survivors(session, {learner_id for _, learner_id in places})
    standing = [(provider, now.get(learner_id, learner_id)) for provider, learner_id in places]
    pairs = learners.duplicate_pairs(session, limit=None)
    likely = [
        (pair.left_id, pair.right_id)
        for pair in pairs
        if pair.comparison is None or pair.comparison.score >= 0
    ]
    sure = [(p.left_id, p.right_id) for p in pairs if p.comparison and p.comparison.zone is Zone.AUTO]
    names = {one.id: one.name for one in accounts.organisations(session)}
    return OverlapView(count_overlap(standing, sure), count_overlap(standing, likely), names)
