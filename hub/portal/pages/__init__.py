"""The learner's pages, in the learner's language."""

from hub.portal.pages import receipts
from hub.portal.pages.views import blueprint

__all__ = ["blueprint", "receipts"]
