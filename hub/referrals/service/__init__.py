"""What can be done with referrals, one function a verb. Each adds, flushes and records; none commits."""

from hub.referrals.service.closing import close, reopen, use_earlier_assessment, withdraw
from hub.referrals.service.drafts import (
    discard_draft,
    discard_own_draft,
    save_answers,
    save_own_answers,
    start_draft,
    start_own_draft,
    submit_draft,
    submit_own_draft,
)
from hub.referrals.service.files import (
    FileKind,
    FileRow,
    Landed,
    SentFile,
    check_rows,
    drop_file,
    keep_file,
    open_file,
    take_rows,
)
from hub.referrals.service.handover import hand_over, hand_over_one, leave, require_hands_over
from hub.referrals.service.information import ask_information, give_information, remind
from hub.referrals.service.intake import ConsentGiven, NewReferral, submit
from hub.referrals.service.permission import ask_permission
from hub.referrals.service.progress import (
    hold,
    mark_achieved,
    mark_assessed,
    mark_placed,
    mark_to_assess,
    mark_waiting,
    release_hold,
)

__all__ = [
    "ConsentGiven",
    "FileKind",
    "FileRow",
    "Landed",
    "NewReferral",
    "SentFile",
    "ask_information",
    "ask_permission",
    "check_rows",
    "close",
    "discard_draft",
    "discard_own_draft",
    "drop_file",
    "give_information",
    "hand_over",
    "hand_over_one",
    "hold",
    "keep_file",
    "leave",
    "mark_achieved",
    "mark_assessed",
    "mark_placed",
    "mark_to_assess",
    "mark_waiting",
    "open_file",
    "release_hold",
    "remind",
    "reopen",
    "require_hands_over",
    "save_answers",
    "save_own_answers",
    "start_draft",
    "start_own_draft",
    "submit",
    "submit_draft",
    "submit_own_draft",
    "take_rows",
    "use_earlier_assessment",
    "withdraw",
]
