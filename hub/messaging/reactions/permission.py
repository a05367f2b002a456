"""What happens to messages when permission changes, and what answers by text do here."""

from sqlalchemy.orm import Session

from hub.consent.domain import AskingSettled, ConsentWithdrawn, PermissionAsked, ReceiptWanted
from hub.consent.domain import Channel as AskChannel
from hub.core.clock import Clock, london_time
from hub.core.permissions import SYSTEM, Actor
from hub.core.wording import day_and_date
from hub.infra import outbox
from hub.learners import reads as learners
from hub.learners.domain import LinkPurpose
from hub.messaging import queries
from hub.messaging.domain import (
    AskKind,
    Channel,
    NewMessage,
    ReplyReceived,
)
from hub.messaging.reactions.cases import _appointment_answered
from hub.messaging.reactions.offers import LAST_HOUR_TO_ANSWER
from hub.messaging.reactions.telling import status_link, tell
from hub.messaging.service.digests import ask_for_digest
from hub.messaging.service.numbers import number_refused
from hub.messaging.service.sending import (
    KIND,
    fall_back,
    send_all,
    withdraw_waiting,
)
from hub.steps.domain import DigestDue

RECEIVED_REFERRAL = "P01"


def consent_withdrawn(session: Session, event: ConsentWithdrawn, actor: Actor, clock: Clock) -> None:
    """Texts that wait are cancelled in this very transaction; what must arrive goes by e-mail or to a person."""
    for message in queries.waiting_for(session, learners.same_person_ids(session, event.learner_id)):
        if message.channel is Channel.SMS and message.purpose in event.purposes:
            outbox.cancel(session, KIND, [message.id])
            fall_back(session, message, "no_permission", clock)


def permission_asked(session: Session, event: PermissionAsked, actor: Actor, clock: Clock) -> None:
    """A link to the questions, and a reminder in the middle of the time. It asks for permission, so it needs none
    but that the learner was referred; on paper somebody hands the link over."""
    if event.by is AskChannel.ASK_ON_PAPER:
        return
    until = london_time(event.until, LAST_HOUR_TO_ANSWER)
    link = status_link(session, event.learner_id, clock, LinkPurpose.CONSENT, event.consent_id)
    half = london_time(clock.today() + (event.until - clock.today()) / 2, 10)
    values = {"link": link, "by": day_and_date(event.until)}
    news = [
        NewMessage(
            learner_id=event.learner_id, template=template, values=values, purpose=RECEIVED_REFERRAL,
            about_id=event.consent_id, not_before=at, useless_after=until, must_reach=at is None,
            channel=Channel.EMAIL if event.by is AskChannel.ASK_BY_EMAIL else None,
            dedupe=f"{template}:{event.consent_id}",
        )
        for template, at in (("permission_asked", None), ("permission_reminder", half))
    ]  # fmt: skip
    send_all(session, news, SYSTEM, clock)


def asking_settled(session: Session, event: AskingSettled, actor: Actor, clock: Clock) -> None:
    """Nothing more is said about what was answered, or is over."""
    withdraw_waiting(session, event.consent_ids)


def receipt_wanted(session: Session, event: ReceiptWanted, actor: Actor, clock: Clock) -> None:
    """The learner gets a link to what they said yes and no to."""
    link = f"{status_link(session, event.learner_id, clock)}?to=receipt"
    tell(session, event.learner_id, "permissions_receipt", {"link": link}, clock, about=event.learner_id)


def replied(session: Session, event: ReplyReceived, actor: Actor, clock: Clock) -> None:
    """What an answer by text does here; offers and check-ins are answered in their own slices."""
    withdraw_waiting(session, [event.subject_id])
    if event.asks_kind is AskKind.APPOINTMENT:
        _appointment_answered(session, event, clock)
    elif event.asks_kind is AskKind.NUMBER and event.answer == "yes":
        link = status_link(session, event.learner_id, clock)
        tell(session, event.learner_id, "referral_received", {"link": link}, clock, about=event.subject_id)
    elif event.asks_kind is AskKind.NUMBER:
        number_refused(session, event.message_id, clock)
    elif event.asks_kind is AskKind.CHECK_IN and event.answer == "yes":
        values = {"link": status_link(session, event.learner_id, clock)}
        tell(session, event.learner_id, "check_in_thanks", values, clock, about=event.message_id)


def digest_due(session: Session, event: DigestDue, actor: Actor, clock: Clock) -> None:
    """One e-mail a day about what is overdue."""
    ask_for_digest(session, event.user_id, event.day, clock)
