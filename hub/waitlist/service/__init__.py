"""What can be done with entries: one function per verb."""

from hub.waitlist.service.check_ins import (
    ask_check_ins,
    call_unanswered,
    chase_check_ins,
    check_in_replied,
    end_pauses,
    lapse,
)
from hub.waitlist.service.joining import change_level, come_back, join, rejoin
from hub.waitlist.service.listed import check_places, provider_of, take_places
from hub.waitlist.service.merging import merge_entries, move_happening, set_queue_dates, unmerge_entries
from hub.waitlist.service.priorities import end_priority, note_priority, refresh
from hub.waitlist.service.queue import (
    fulfil,
    hold,
    mark_offered,
    mark_offered_many,
    pause,
    release,
    remove,
    remove_for_case,
    remove_for_learner,
    resume,
    return_to_waiting,
)

__all__ = [
    "ask_check_ins",
    "call_unanswered",
    "change_level",
    "chase_check_ins",
    "check_in_replied",
    "check_places",
    "come_back",
    "end_pauses",
    "end_priority",
    "fulfil",
    "hold",
    "join",
    "lapse",
    "mark_offered",
    "mark_offered_many",
    "merge_entries",
    "move_happening",
    "note_priority",
    "pause",
    "provider_of",
    "refresh",
    "rejoin",
    "release",
    "remove",
    "remove_for_case",
    "remove_for_learner",
    "resume",
    "return_to_waiting",
    "set_queue_dates",
    "take_places",
    "unmerge_entries",
]
