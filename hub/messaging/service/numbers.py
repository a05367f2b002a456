"""Whether a phone number is whose it is said to be: asked of who refers themselves, whom nobody has seen."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.messaging import queries
from hub.messaging.domain import TEXTING, AskKind, Asks, NewMessage
from hub.messaging.service.replies import hand_to_person
from hub.messaging.service.sending import send_all


def may_text(session: Session, learner_id: UUID, clock: Clock) -> bool:
    """Whether the learner agrees to texts today."""
    return consents.may(session, learner_id, TEXTING, clock.today())


def ask_number(session: Session, learner_id: UUID, referral_id: UUID, clock: Clock) -> None:
    """Ask the number of a self-referral whether it is theirs; a person takes over where it cannot be asked."""
    asks = Asks(AskKind.NUMBER, referral_id)
    check = NewMessage(learner_id=learner_id, template="number_check", asks=asks, about_id=referral_id)
    send_all(session, [check], SYSTEM, clock)


def number_refused(session: Session, message_id: UUID, clock: Clock) -> None:
    """NO: the number gets no texts until its holder says START, and a person sees to the form."""
    text = queries.reply_to(session, message_id)
    if text is not None:
        queries.block(session, text.number_index, "unconfirmed", clock.now())
    hand_to_person(session, message_id, clock)
