"""What can be done about people's rights. Verbs add, flush and record events; none commits."""

from hub.rights.service.breaches import register, rule
from hub.rights.service.cases import (
    Longer,
    Search,
    acknowledge,
    ask,
    attach,
    extend,
    identify,
    log_search,
    note_answer,
    note_handed_over,
    receive,
)
from hub.rights.service.corrections import correct
from hub.rights.service.deciding import decide
from hub.rights.service.erasing import carry_out, erase_person, replay
from hub.rights.service.holds import keep, lift, place
from hub.rights.service.notices import confirm
from hub.rights.service.packages import fetch, keep_package, open_package, send_code
from hub.rights.service.stopping import keep_stopped
from hub.rights.service.stopping import lift as lift_stop

__all__ = [
    "Longer",
    "Search",
    "acknowledge",
    "ask",
    "attach",
    "carry_out",
    "confirm",
    "correct",
    "decide",
    "erase_person",
    "extend",
    "fetch",
    "identify",
    "keep",
    "keep_package",
    "keep_stopped",
    "lift",
    "lift_stop",
    "log_search",
    "note_answer",
    "note_handed_over",
    "open_package",
    "place",
    "receive",
    "register",
    "replay",
    "rule",
    "send_code",
]
