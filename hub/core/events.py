"""What has happened. Slices record events; `hub.wiring` says who reacts, in the same transaction."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """Base of all events. Subclasses are frozen dataclasses named in the past tense, holding ids only."""
