"""What other slices and the pages may know of classes and providers: frozen, in bulk."""

from hub.provision.reads.classes import (
    area_centre,
    class_for,
    class_to_change,
    classes,
    classes_of,
    esol_class,
    matchable_classes,
    search,
    sketch_of,
)
from hub.provision.reads.providers import (
    ProviderFreshness,
    ProviderView,
    VenueView,
    freshness,
    provider,
    providers,
    stale_before,
    venue_to_change,
    venues_of,
)
from hub.provision.reads.views import EsolClassView, FoundClass, fee_words

__all__ = [
    "EsolClassView",
    "FoundClass",
    "ProviderFreshness",
    "ProviderView",
    "VenueView",
    "area_centre",
    "class_for",
    "class_to_change",
    "classes",
    "classes_of",
    "esol_class",
    "fee_words",
    "freshness",
    "matchable_classes",
    "provider",
    "providers",
    "search",
    "sketch_of",
    "stale_before",
    "venue_to_change",
    "venues_of",
]
