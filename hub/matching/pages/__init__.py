"""Pages of rounds, offers and enrolments."""

from hub.matching.pages import enrolments, notices, offers, rounds
from hub.matching.pages.edge import blueprint

__all__ = ["blueprint", "enrolments", "notices", "offers", "rounds"]
