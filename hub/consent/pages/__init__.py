"""Pages of permission: one learner's, the purposes and their bases, the registers."""

from hub.consent.pages import agreements, learner, purposes, register
from hub.consent.pages.edge import blueprint

__all__ = ["agreements", "blueprint", "learner", "purposes", "register"]
