"""Taking in a provider's own waiting list: people with the date they have waited since, on the one list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.consent import service as consents
from hub.consent.domain import NewConsent
from hub.core.clock import Clock
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import Actor
from hub.core.working_days import add_working_days
from hub.infra.calendars import holidays
from hub.infra.vault import blind_index
from hub.infra.writes import put
from hub.learners import service as learners
from hub.learners.domain import Identified, person_faults
from hub.policy import reads as policy
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from hub.waitlist import queries
from hub.waitlist.domain.entries import JoinRequest
from hub.waitlist.domain.listed import NewPlace, place_faults
from hub.waitlist.models import ListedPlace
from hub.waitlist.service.joining import join

ADDED, UNCHANGED, REFUSED, READY = "added", "unchanged", "refused", "ready"
ON_PAPER = "paper"


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One understood line of the file; `content` is what the line says, to know it again."""

    line: int
    place: NewPlace
    content: str


@dataclass(frozen=True, slots=True)
class Landing:
    """What became of a line."""

    line: int
    what: str
    suspected: int = 0
    refusal: RuleBroken | Conflict | None = None


def provider_of(session: Session, slug: str) -> UUID:
    """The organisation of this slug; NotFound names the slug."""
    return accounts.organisation_by_slug(session, slug).id


def take_places(
    session: Session, rows: Sequence[PlaceRow], organisation_id: UUID, actor: Actor, clock: Clock
) -> list[Landing]:
    """Take in one batch of rows, each wholly or not at all; what was taken in before stays as it is."""
    queries.lock_lists(session, organisation_id)
    keys = {row.line: _key(row.content) for row in rows}
    here = queries.listed_already(session, organisation_id, keys.values())
    calls, landed = _calls(session, clock), []
    for row in rows:
        if keys[row.line] in here:
            landed.append(Landing(row.line, UNCHANGED))
            continue
        try:
            suspected = _take(
                session, row.place, _Listed(organisation_id, keys[row.line], calls), actor, clock
            )
        except (RuleBroken, Conflict) as refusal:
            landed.append(Landing(row.line, REFUSED, refusal=refusal))
            continue
        here.add(keys[row.line])
        landed.append(Landing(row.line, ADDED, suspected))
    return landed


def check_places(
    session: Session, rows: Sequence[PlaceRow], organisation_id: UUID, today: date
) -> list[Landing]:
    """What would become of the rows, with nothing written: for the preview."""
    here = queries.listed_already(session, organisation_id, [_key(row.content) for row in rows])
    landed = []
    for row in rows:
        faults = person_faults(row.place.person, today) | place_faults(row.place, today)
        if _key(row.content) in here:
            landed.append(Landing(row.line, UNCHANGED))
        elif faults:
            landed.append(Landing(row.line, REFUSED, refusal=RuleBroken.many(faults)))
        else:
            here.add(_key(row.content))
            landed.append(Landing(row.line, READY))
    return landed


def _key(content: str) -> bytes:
    return blind_index("waiting_list_import", content)


@dataclass(frozen=True, slots=True)
class _Listed:
    organisation_id: UUID
    key: bytes
    calls: Iterator[date | None]


def _calls(session: Session, clock: Clock) -> Iterator[date | None]:
    """By when the hub is to ask each of them: so many a working day (policy `list_calls_a_day`), after the usual time
    and after those who wait to be asked already. None where that is switched off."""
    today = clock.today()
    a_day = policy.number(session, "list_calls_a_day", today)
    if not a_day:
        return repeat(None)
    first = policy.number(session, "stall_days", today)
    before, _ = steps.counts_by_kind(session, today).get(StepKind.CONSENT_TO_CONFIRM, (0, 0))
    return _turns(add_working_days(today, first + before // a_day, holidays()), before % a_day, a_day)


def _turns(day: date, taken: int, a_day: int) -> Iterator[date]:
    while True:
        for _ in range(taken, a_day):
            yield day
        day, taken = add_working_days(day, 1, holidays()), 0


def _take(session: Session, place: NewPlace, listed: _Listed, actor: Actor, clock: Clock) -> int:
    """A person, a consent that is still to be confirmed, and an entry with the earliest date; how many suspected."""
    if faults := place_faults(place, clock.today()):
        raise RuleBroken.many(faults)
    organisation_id = listed.organisation_id
    found = learners.identify(session, place.person, None, organisation_id, actor, clock)
    asked_on = place.waiting_since or clock.today()
    unproven = NewConsent(
        given_on=asked_on, channel=ON_PAPER, organisation_id=organisation_id, confirm_by=next(listed.calls)
    )
    consents.record(session, unproven, found, actor, clock)
    row = ListedPlace(
        subject_id=found.subject_id,
        organisation_id=organisation_id,
        learner_id=found.learner_id,
        source_record_id=found.source_record_id,
        entry_id=_join(session, place, found, actor, clock),
        import_key=listed.key,
        waiting_since=place.waiting_since,
        imported_at=clock.now(),
    )
    if place.wants:
        row.wants = place.wants
    put(session, row)
    return len(found.suspected)


def _join(session: Session, place: NewPlace, found: Identified, actor: Actor, clock: Clock) -> UUID | None:
    if not place.levels:
        return None
    request = JoinRequest(
        learner_id=found.learner_id,
        source_record_id=found.source_record_id,
        subject_id=found.subject_id,
        strand=place.strand,
        level=place.levels[0],
        also=place.levels[1:],
    )
    return join(session, request, actor, clock).id
