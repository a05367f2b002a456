"""A person's rows in this slice: that something was said stays; the words, the numbers and what finds them go.

A block of a number goes too, unless somebody else is written to at that number: a family's STOP stays.
"""

from sqlalchemy import ColumnElement, and_, or_, select

from hub.infra.personal import Contact, DataSubject, Holding, OnErasure, by_person, within
from hub.infra.sweeping import NOW, Sweep, Then
from hub.messaging.domain import MessageState
from hub.messaging.models import DeliveryReceipt, Message, NumberBlock, ReceivedText


def _own_numbers(subject: DataSubject) -> ColumnElement[bool]:
    own = select(Message.number_index).where(
        Message.learner_id.in_(subject.person_ids), Message.number_index.is_not(None)
    )
    said = select(ReceivedText.number_index).where(ReceivedText.learner_id.in_(subject.person_ids))
    others = select(Message.number_index).where(
        or_(Message.learner_id.is_(None), Message.learner_id.not_in(subject.person_ids)),
        Message.number_index.is_not(None),
    )
    index = NumberBlock.number_index
    return and_(or_(index.in_(own), index.in_(said)), index.not_in(others))


MESSAGES = Holding(Message, by_person(Message.learner_id), wipe={"number_index": None})
HOLDINGS = (
    Holding(NumberBlock, _own_numbers, OnErasure.DELETE),
    Holding(ReceivedText, by_person(ReceivedText.learner_id), OnErasure.DELETE),
    Holding(DeliveryReceipt, within(DeliveryReceipt.message_id, MESSAGES)),
    MESSAGES,
)
SWEEPS = {
    "message_body": (
        Sweep(
            Message,
            lambda before: and_(
                Message.wiped_at.is_(None),
                Message.state != MessageState.QUEUED,
                Message.created_at < before,
            ),
            Then.WIPE,
            {"body_sealed": None, "number_sealed": None, "wiped_at": NOW},
        ),
        Sweep(
            ReceivedText,
            lambda before: and_(
                ReceivedText.wiped_at.is_(None),
                ReceivedText.handled_at.is_not(None),
                ReceivedText.received_at < before,
            ),
            Then.WIPE,
            {"body_sealed": None, "number_sealed": None, "wiped_at": NOW},
        ),
    )
}
CONTACTS = (
    Contact(ReceivedText.learner_id, (ReceivedText.received_at,)),
    Contact(Message.learner_id, (Message.answered_at,)),
)
