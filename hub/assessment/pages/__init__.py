"""The pages of appointments and assessments."""

from hub.assessment.pages import booking, cockpit, diary
from hub.assessment.pages.base import blueprint

__all__ = ["blueprint", "booking", "cockpit", "diary"]
