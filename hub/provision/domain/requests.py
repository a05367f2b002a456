"""What the edges ask of the service."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub.core.levels import Level
from hub.provision.domain.details import ClassDetails
from hub.provision.domain.kinds import ProviderKind, Strand


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveClass:
    """Add a class of `organisation_id` (no `class_id`), or change one from the `version` that was read.

    `places_free` counts for a new class only; without it all places are free. `publish` opens a draft.
    """

    details: ClassDetails
    organisation_id: UUID | None = None
    class_id: UUID | None = None
    version: int | None = None
    places_free: int | None = None
    publish: bool = True
    import_key: bytes | None = None
    import_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class CopyDates:
    """The first and last day of the copy of a class."""

    start_on: date
    end_on: date


@dataclass(frozen=True, slots=True)
class PlacesChange:
    """From the number of free places that the person saw to the one it should be."""

    class_id: UUID
    seen: int
    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueDetails:
    name: str
    address: str
    postcode: str
    step_free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveVenue:
    """Add a venue (no `venue_id`) or change one from the `version` that was read."""

    details: VenueDetails
    organisation_id: UUID | None = None
    venue_id: UUID | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDetails:
    """What the hub knows of a provider. The UKPRN has 8 digits and begins with 1."""

    organisation_id: UUID
    kind: ProviderKind
    ukprn: str | None = None
    contact_name: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    accepts_hub_assessments: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTerms:
    """What somebody looks for. `at` is (latitude, longitude); `parts` are am, pm, eve, weekend."""

    level: Level | None = None
    strand: Strand | None = None
    at: tuple[float, float] | None = None
    within_km: float | None = None
    parts: frozenset[str] = frozenset()
    childcare: bool = False
    women_only: bool = False
    step_free: bool = False
    online: bool = False
    organisation_id: UUID | None = None
    only_free: bool = False
