"""A class as other slices and the pages see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from hub.core.levels import Level
from hub.eligibility import domain as eligibility
from hub.provision.domain import (
    STATE_LABELS,
    STRAND_LABELS,
    ClassDetails,
    ClassState,
    Meeting,
    Strand,
    free_places,
    meetings_in_words,
    suggested_places,
)
from hub.provision.domain.details import first_meeting

MILE = 1.609344
"""In kilometres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EsolClassView:
    """A class with all that matching, messages, the learner's page and the desk need.

    `joins_on` is the day a learner who is matched now would begin: the first meeting, or, where a roll-on class
    has begun, the first at least a week from the day asked about. `funding` holds codes of pots.
    """

    id: UUID
    organisation_id: UUID
    provider_name: str
    provider_email: str | None
    provider_phone: str | None
    title: str
    strand: Strand
    state: ClassState
    levels: tuple[Level, ...]
    rw_support: bool
    skill_bands: Mapping[str, tuple[str, ...]]
    meetings: tuple[Meeting, ...]
    slots: frozenset[str]
    start_on: date
    end_on: date
    joins_on: date
    capacity: int
    places_free: int
    held: int
    enrolled: int
    places_confirmed_at: datetime
    places_confirmed_by: str
    venue_id: UUID | None
    venue_name: str | None
    address: str | None
    postcode: str | None
    lat: float | None
    lon: float | None
    district: str | None
    childcare: bool
    women_only: bool
    adults_only: bool
    step_free: bool
    online: bool
    funding: tuple[str, ...]
    fee_pence: int
    has_exam: bool
    roll_on: bool
    textbook_notes: str
    notes: str
    enrol_url: str | None
    contract_areas: tuple[str, ...]
    reserves: tuple[Mapping[str, Any], ...]
    version: int

    @property
    def free(self) -> int:
        """Places that can be offered now."""
        return free_places(self.places_free, self.capacity, self.held, self.enrolled)

    @property
    def taken(self) -> int:
        """Places held for offers or taken by enrolments through the hub."""
        return self.held + self.enrolled

    @property
    def buttons(self) -> tuple[int | None, int | None]:
        """What - and + would set."""
        return suggested_places(self.free, self.capacity, self.taken)

    @property
    def requires(self) -> frozenset[str]:
        """What a learner must hold, in the words of the matching snapshot: woman, adult, device."""
        wanted = {"woman": self.women_only, "adult": self.adults_only, "device": self.online}
        return frozenset(name for name, is_needed in wanted.items() if is_needed)

    @property
    def offers(self) -> frozenset[str]:
        """Needs that the class meets; nobody climbs stairs to an online class."""
        met = {
            "childcare": self.childcare,
            "step_free": self.step_free or self.online,
            "women_only": self.women_only,
        }
        return frozenset(name for name, is_met in met.items() if is_met)

    @property
    def location(self) -> tuple[float, float] | None:
        return (self.lat, self.lon) if self.lat is not None and self.lon is not None else None

    @property
    def level_label(self) -> str:
        """`Entry 1 (A1)`, or from the lowest to the highest."""
        first, last = self.levels[0].label, self.levels[-1].label
        return first if len(self.levels) == 1 else f"{first} to {last}"

    @property
    def strand_label(self) -> str:
        return STRAND_LABELS[self.strand]

    @property
    def state_label(self) -> tuple[str, str]:
        """Words and tag colour."""
        return STATE_LABELS[self.state]

    @property
    def when(self) -> str:
        """`Monday and Wednesday, 10am to midday`."""
        return meetings_in_words(self.meetings)

    @property
    def begins_on(self) -> date:
        """The first day on which the class meets."""
        return first_meeting(self.meetings, self.start_on, self.end_on)

    @property
    def where(self) -> str:
        """Venue, address and postcode in one line, or `Online`."""
        if self.venue_name is None:
            return "Online"
        place = ", ".join(part for part in (self.venue_name, self.address, self.postcode) if part)
        return f"Online, and at {place}" if self.online else place

    @property
    def fee(self) -> str:
        """`Free`, `£20`, `£20.50`."""
        return fee_words(self.fee_pence)

    @property
    def funding_labels(self) -> tuple[str, ...]:
        return tuple(eligibility.pot(code).label for code in self.funding)

    @property
    def cost(self) -> str:
        """What it costs, in plain words for learners."""
        if self.fee_pence == 0:
            return "Free"
        return f"{self.fee}, but many people pay less or nothing" if self.others_may_pay else self.fee

    @property
    def others_may_pay(self) -> bool:
        """Whether somebody else than the learner may pay the fee."""
        return bool(set(self.funding) - {"self"})

    @property
    def map_url(self) -> str | None:
        """A map of the venue on OpenStreetMap."""
        if self.lat is None or self.lon is None or self.venue_name is None:
            return None
        marker = urlencode({"mlat": f"{self.lat:.5f}", "mlon": f"{self.lon:.5f}"})
        return f"https://www.openstreetmap.org/?{marker}#map=17/{self.lat:.5f}/{self.lon:.5f}"

    @property
    def details(self) -> ClassDetails:
        """The class as its provider may change it."""
        return ClassDetails(
            title=self.title, strand=self.strand, levels=self.levels, meetings=self.meetings,
            start_on=self.start_on, end_on=self.end_on, capacity=self.capacity, venue_id=self.venue_id,
            online=self.online, rw_support=self.rw_support, skill_bands=self.skill_bands,
            childcare=self.childcare, women_only=self.women_only, adults_only=self.adults_only,
            step_free=self.step_free, funding=self.funding, fee_pence=self.fee_pence,
            has_exam=self.has_exam, roll_on=self.roll_on,
            textbook_notes=self.textbook_notes, notes=self.notes, enrol_url=self.enrol_url,
            contract_areas=self.contract_areas, reserves=self.reserves,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundClass:
    """A class that fits a search, with the distance as the crow flies where a place was given."""

    view: EsolClassView
    km: float | None

    @property
    def distance(self) -> str:
        """`about 0.8 miles`; nothing for an online class or without a place."""
        if self.km is None:
            return ""
        miles = self.km / MILE
        return "less than 0.1 miles" if miles < 0.1 else f"about {miles:.1f} miles"


def fee_words(pence: int) -> str:
    if pence == 0:
        return "Free"
    return f"£{pence // 100:,}" if pence % 100 == 0 else f"£{pence // 100:,}.{pence % 100:02d}"
