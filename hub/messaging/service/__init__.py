"""What can be done with messages. Verbs add, flush and record events; none commits."""

from hub.messaging.service.handling import answer, deal_with_message, deal_with_text, send_again
from hub.messaging.service.numbering import numbers_to_renew, renew_numbers
from hub.messaging.service.receipts import note_receipts
from hub.messaging.service.replies import leave_question, receive
from hub.messaging.service.sending import (
    asks_by_text,
    forget_question,
    require_sendable,
    send,
    send_all,
    withdraw_waiting,
    write_to,
)

__all__ = [
    "answer",
    "asks_by_text",
    "deal_with_message",
    "deal_with_text",
    "forget_question",
    "leave_question",
    "note_receipts",
    "numbers_to_renew",
    "receive",
    "renew_numbers",
    "require_sendable",
    "send",
    "send_again",
    "send_all",
    "withdraw_waiting",
    "write_to",
]
