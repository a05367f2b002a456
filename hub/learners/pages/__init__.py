"""Hub pages about people: possible duplicates, automatic linking, the learner's details and needs."""

from hub.learners.pages import details, duplicates, linking
from hub.learners.pages.edge import blueprint

__all__ = ["blueprint", "details", "duplicates", "linking"]
