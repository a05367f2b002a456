"""What can be done with permission: record, confirm, ask again, withdraw; and the bases of purposes."""

from hub.consent.service.agreements import watch_agreements
from hub.consent.service.answering import answer
from hub.consent.service.asking import (
    confirm_proof,
    grant,
    record,
    record_again,
    send_receipt,
    texts_again,
)
from hub.consent.service.bases import NewBasis, decide_basis
from hub.consent.service.requesting import NewRequest, ask_by_link, expire_requests, link_for
from hub.consent.service.stopping import lift_stop, stop
from hub.consent.service.subject import Subject
from hub.consent.service.taking_back import SAID_STOP, TEXTS, expire, invalidate, leave, relay, withdraw

__all__ = [
    "SAID_STOP",
    "TEXTS",
    "NewBasis",
    "NewRequest",
    "Subject",
    "answer",
    "ask_by_link",
    "confirm_proof",
    "decide_basis",
    "expire",
    "expire_requests",
    "grant",
    "invalidate",
    "leave",
    "lift_stop",
    "link_for",
    "record",
    "record_again",
    "relay",
    "send_receipt",
    "stop",
    "texts_again",
    "watch_agreements",
    "withdraw",
]
