"""Classes, venues and providers as values, with the rules that hold for them."""

from hub.provision.domain.details import ClassDetails, Meeting, details_faults, meetings_in_words
from hub.provision.domain.events import ClassCancelled
from hub.provision.domain.kinds import (
    PROVIDER_KIND_LABELS,
    STATE_LABELS,
    STRAND_LABELS,
    ClassState,
    ProviderKind,
    Strand,
)
from hub.provision.domain.places import free_places, places_after_capacity, suggested_places
from hub.provision.domain.requests import (
    CopyDates,
    PlacesChange,
    ProviderDetails,
    SaveClass,
    SaveVenue,
    SearchTerms,
    VenueDetails,
)

__all__ = [
    "PROVIDER_KIND_LABELS",
    "STATE_LABELS",
    "STRAND_LABELS",
    "ClassCancelled",
    "ClassDetails",
    "ClassState",
    "CopyDates",
    "Meeting",
    "PlacesChange",
    "ProviderDetails",
    "ProviderKind",
    "SaveClass",
    "SaveVenue",
    "SearchTerms",
    "Strand",
    "VenueDetails",
    "details_faults",
    "free_places",
    "meetings_in_words",
    "places_after_capacity",
    "suggested_places",
]
