"""May we? The strictest answer over all sources of a learner, from the newest word of each.

Within one source the newest asking about a purpose counts. Across sources all must say yes: a person referred
twice who refused once has refused. A learner who changes their mind is asked for all sources at once.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Standing(StrEnum):
    """From the most to the least restrictive, `given` and `not_needed` permit."""

    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NOT_PROVEN = "not_proven"
    NOT_ASKED = "not_asked"
    GIVEN = "given"
    NOT_NEEDED = "not_needed"

    @property
    def permits(self) -> bool:
        return self in {Standing.GIVEN, Standing.NOT_NEEDED}


_STRICTEST_FIRST = tuple(Standing)


@dataclass(frozen=True, slots=True)
class ChoiceMade:
    """The answer about one purpose."""

    purpose: str
    granted: bool
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """One answer of one asking at one source, without what identifies anybody."""

    source_record_id: UUID
    given_on: date
    created_at: datetime
    proven: bool
    choice: ChoiceMade


def standing_of(
    tellings: Sequence[Telling], sources: Collection[UUID], today: date | None = None
) -> Standing:
    """How a purpose stands over `sources`, given the tellings about that purpose alone.

    A source that never asked makes it `not_asked`; a telling dated after `today` does not count yet.
    """
    newest: dict[UUID, Telling] = {}
    for telling in sorted(tellings, key=lambda one: one.created_at):
        if today is None or telling.given_on <= today:
            newest[telling.source_record_id] = telling
    return strictest(_standing(newest.get(source)) for source in sources)


def strictest(standings: Iterable[Standing]) -> Standing:
    """The most restrictive; `not_asked` of none."""
    return min(standings, key=_STRICTEST_FIRST.index, default=Standing.NOT_ASKED)


def _standing(telling: Telling | None) -> Standing:
    if telling is None:
        return Standing.NOT_ASKED
    if telling.choice.withdrawn_at is not None:
        return Standing.WITHDRAWN
    if not telling.choice.granted:
        return Standing.REFUSED
    return Standing.GIVEN if telling.proven else Standing.NOT_PROVEN
