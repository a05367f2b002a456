"""What can be done with people. Verbs add, flush and record events; none commits."""

from hub.learners.service.details import (
    correct,
    forget_health_needs,
    lock_person,
    mark_verified,
    update_contact,
    update_needs,
)
from hub.learners.service.identify import identify
from hub.learners.service.indexing import forget_index_versions, renew_indexes, to_renew
from hub.learners.service.linking import (
    evidence,
    is_linking,
    link_automatically,
    links_due,
    propose_link,
    turn_off_linking,
    turn_on_linking,
)
from hub.learners.service.links import confirm_birth_date, make_link, open_link, revoke_links
from hub.learners.service.merge import mark_different, merge, merge_pair, undo_decision, unmerge
from hub.learners.service.splitting import ask_whose, settle_split
from hub.learners.service.suggesting import sample_low_band, suggest

__all__ = [
    "ask_whose",
    "confirm_birth_date",
    "correct",
    "evidence",
    "forget_health_needs",
    "forget_index_versions",
    "identify",
    "is_linking",
    "link_automatically",
    "links_due",
    "lock_person",
    "make_link",
    "mark_different",
    "mark_verified",
    "merge",
    "merge_pair",
    "open_link",
    "propose_link",
    "renew_indexes",
    "revoke_links",
    "sample_low_band",
    "settle_split",
    "suggest",
    "to_renew",
    "turn_off_linking",
    "turn_on_linking",
    "undo_decision",
    "unmerge",
    "update_contact",
    "update_needs",
]
