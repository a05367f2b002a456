"""The verbs of provision: one function each; they flush, record events and never commit."""

from hub.provision.service.classes import (
    cancel_class,
    copy_class,
    provider_of,
    publish_class,
    require_provider,
    save_class,
)
from hub.provision.service.places import (
    change_places,
    confirm_places,
    drop_held_place,
    free_enrolled_place,
    hold_place,
    hold_places,
    release_place,
    take_held_place,
)
from hub.provision.service.sweeps import ask_for_places, end_classes
from hub.provision.service.venues import save_provider, save_venue, venue_like

__all__ = [
    "ask_for_places",
    "cancel_class",
    "change_places",
    "confirm_places",
    "copy_class",
    "drop_held_place",
    "end_classes",
    "free_enrolled_place",
    "hold_place",
    "hold_places",
    "provider_of",
    "publish_class",
    "release_place",
    "require_provider",
    "save_class",
    "save_provider",
    "save_venue",
    "take_held_place",
    "venue_like",
]
