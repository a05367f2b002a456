"""What can be done with people. Verbs add, flush and record events; none commits."""

from hub.learners.service.details import (
    forget_health_needs,
    mark_verified,
    update_contact,
    update_needs,
)
from hub.learners.service.identify import identify
from hub.learners.service.links import confirm_birth_date, make_link, open_link, revoke_links
from hub.learners.service.merge import mark_different, merge, merge_pair, undo_decision, unmerge

__all__ = [
    "confirm_birth_date",
    "forget_health_needs",
    "identify",
    "make_link",
    "mark_different",
    "mark_verified",
    "merge",
    "merge_pair",
    "open_link",
    "revoke_links",
    "undo_decision",
    "unmerge",
    "update_contact",
    "update_needs",
]
