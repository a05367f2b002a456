"""May we? The strictest answer over all sources of a learner, from the newest word of each.

What was said about a purpose is a chain of events that only grows; its last event counts. Within one source the
newest asking counts. Across sources all must say yes: a person referred twice who refused once has refused. A
learner who changes their mind is asked for all sources at once.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class ConsentState(StrEnum):
    """What happened to one permission (states of ISO/IEC TS 27560, names of the W3C's DPV).

    `unknown`: said to be given, but in words that are not known. `requested`: asked, not answered yet; it changes
    nothing about what was said before.
    """

    REQUESTED = "requested"
    REFUSED = "refused"
    GIVEN = "given"
    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        return _STATE_WORDS[self.value]


_STATE_WORDS = {
    "requested": "Asked, no answer yet",
    "refused": "No",
    "given": "Yes",
    "renewed": "Yes, again",
    "withdrawn": "Taken back",
    "expired": "Ran out",
    "invalidated": "Found not to be valid",
    "unknown": "Yes, in words that are not known",
}
GRANTS = frozenset({ConsentState.GIVEN, ConsentState.RENEWED, ConsentState.UNKNOWN})


class EventType(StrEnum):
    """How plainly the learner had to say it."""

    REGULAR = "regular"
    EXPLICIT = "explicit"


class Standing(StrEnum):
    """From the most to the least restrictive, `given` and `not_needed` permit."""

    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    INVALIDATED = "invalidated"
    EXPIRED = "expired"
    NOT_PROVEN = "not_proven"
    NOT_ASKED = "not_asked"
    GIVEN = "given"
    NOT_NEEDED = "not_needed"

    @property
    def permits(self) -> bool:
        return self in {Standing.GIVEN, Standing.NOT_NEEDED}


_STRICTEST_FIRST = tuple(Standing)
_STANDING_OF = {
    ConsentState.REFUSED: Standing.REFUSED,
    ConsentState.GIVEN: Standing.GIVEN,
    ConsentState.RENEWED: Standing.GIVEN,
    ConsentState.WITHDRAWN: Standing.WITHDRAWN,
    ConsentState.EXPIRED: Standing.EXPIRED,
    ConsentState.INVALIDATED: Standing.INVALIDATED,
    ConsentState.UNKNOWN: Standing.NOT_PROVEN,
}


@dataclass(frozen=True, slots=True)
class Telling:
    """The last word about one purpose in one asking at one source, without what identifies anybody.

    `stopped`: a restriction or objection stands at the source (`stops`).
    """

    source_record_id: UUID
    purpose: str
    given_on: date
    created_at: datetime
    state: ConsentState
    valid_until: date | None = None
    stopped: bool = False


def permitted(tellings: Sequence[Telling], sources: Collection[UUID], today: date | None = None) -> bool:
    """Whether a purpose may be followed: as it stands over `sources`, and nothing stops it at any of them."""
    return standing_of(tellings, sources, today).permits and not any(one.stopped for one in tellings)


def standing_of(
    tellings: Sequence[Telling], sources: Collection[UUID], today: date | None = None
) -> Standing:
    """How a purpose stands over `sources`, given the tellings about that purpose alone.

    A source that never asked makes it `not_asked`; a telling dated after `today` does not count yet, and a yes
    does not count after its last day.
    """
    newest: dict[UUID, Telling] = {}
    for telling in sorted(tellings, key=lambda one: one.created_at):
        if telling.state is not ConsentState.REQUESTED and (today is None or telling.given_on <= today):
            newest[telling.source_record_id] = telling
    return strictest(_standing(newest.get(source), today) for source in sources)


def strictest(standings: Iterable[Standing]) -> Standing:
    """The most restrictive; `not_asked` of none."""
    return min(standings, key=_STRICTEST_FIRST.index, default=Standing.NOT_ASKED)


def _standing(telling: Telling | None, today: date | None) -> Standing:
    if telling is None:
        return Standing.NOT_ASKED
    found = _STANDING_OF[telling.state]
    over = today is not None and telling.valid_until is not None and telling.valid_until < today
    return Standing.EXPIRED if found is Standing.GIVEN and over else found
