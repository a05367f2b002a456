"""Pages of rounds, offers and enrolments."""

from hub.matching.pages import enrolments, offers, rounds
from hub.matching.pages.edge import blueprint

__all__ = ["blueprint", "enrolments", "offers", "rounds"]
