"""A row of a provider's own waiting list, understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hub.assessment.domain import Strand
from hub.core.levels import Level
from hub.learners.domain import NewPerson

EARLIEST_YEARS = 15  # a date further back is a typing mistake: no list is kept that long

_WANTED: Mapping[Strand, tuple[str, ...]] = {
    Strand.CITIZENSHIP: ("citizenship", "life in the uk"),
    Strand.CONVERSATION: ("conversation", "speaking club"),
    Strand.FAMILY: ("family",),
    Strand.WORK: ("work", "employ", "job"),
    Strand.LITERACY: ("literacy",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlace:
    """Who waits, since when, for what. Without a level there is a person to assess and no entry yet."""

    person: NewPerson
    levels: tuple[Level, ...] = ()
    waiting_since: date | None = None
    wants: str = ""

    @property
    def strand(self) -> Strand:
        """The kind of class that `wants` names; general English where it names none."""
        text = self.wants.casefold()
        named = (strand for strand, words in _WANTED.items() if any(word in text for word in words))
        return next(named, Strand.GENERAL)


def place_faults(place: NewPlace, today: date) -> dict[str, str]:
    """What cannot be true of a row, by column; empty when nothing is."""
    since = place.waiting_since
    if since is not None and since > today:
        return {"waiting_since": "The day must not be in the future"}
    if since is not None and since.year < today.year - EARLIEST_YEARS:
        return {"waiting_since": f"The day must be within the last {EARLIEST_YEARS} years"}
    return {}
