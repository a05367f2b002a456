"""What can be done with slots, appointments and assessments: one function per verb."""

from hub.assessment.service.appointments import ask, book, cancel, cancel_for_case, rebook, record_attendance
from hub.assessment.service.assessments import abandon, save_marks, start
from hub.assessment.service.placing import complete, preview
from hub.assessment.service.seconding import Answer, answer, drop_for_case, hand_on, may_answer
from hub.assessment.service.slots import offer_slots, withdraw_slot

__all__ = [
    "Answer",
    "abandon",
    "answer",
    "ask",
    "book",
    "cancel",
    "cancel_for_case",
    "complete",
    "drop_for_case",
    "hand_on",
    "may_answer",
    "offer_slots",
    "preview",
    "rebook",
    "record_attendance",
    "save_marks",
    "start",
    "withdraw_slot",
]
