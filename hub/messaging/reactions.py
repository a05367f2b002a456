"""What learners are told when something happens, in the transaction in which it happens.

Events of slices above this one are named by their shape, not by their class: they may not be imported here.
"""

from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import reads as assessment
from hub.assessment import service as appointments
from hub.assessment.domain import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMissed,
    AppointmentMoved,
    AskedBy,
    Cancellation,
    MoveReason,
)
from hub.consent.domain import AskingSettled, ConsentWithdrawn, PermissionAsked, ReceiptWanted
from hub.consent.domain import Channel as AskChannel
from hub.core.clock import LONDON, Clock, london_time
from hub.core.errors import HubError
from hub.core.permissions import SYSTEM, Actor
from hub.core.wording import clock_time, day_and_date
from hub.infra import outbox
from hub.infra.columns import reseal
from hub.infra.db import runtime
from hub.learners import reads as learners
from hub.learners import service as people
from hub.learners.domain import Happening, HappeningMoved, LearnersUnmerged, LinkPurpose, SplitKind
from hub.messaging import queries
from hub.messaging.domain import (
    AskKind,
    Channel,
    NewMessage,
    ReplyReceived,
    reminder_times,
)
from hub.messaging.models import Message, ReceivedText
from hub.messaging.service.digests import ask_for_digest
from hub.messaging.service.numbers import ask_number, may_text, number_refused
from hub.messaging.service.replies import hand_to_person
from hub.messaging.service.sending import (
    KIND,
    asks_by_text,
    fall_back,
    forget_question,
    send_all,
    withdraw_waiting,
)
from hub.provision import reads as provision
from hub.provision.reads import EsolClassView
from hub.steps import reads as open_steps
from hub.steps import service as steps
from hub.steps.domain import DigestDue, StepKind

STATUS_LINK = timedelta(days=180)
LAST_HOUR_TO_ANSWER = 18
RECEIVED_REFERRAL = "P01"


class AboutReferral(Protocol):
    """Something happened to a referral."""

    @property
    def referral_id(self) -> UUID: ...
    @property
    def learner_id(self) -> UUID: ...


class ReferralIn(AboutReferral, Protocol):
    """A referral came in; `by_self`: the learner wrote it, and nobody has seen them or their phone."""

    @property
    def by_self(self) -> bool: ...


class ReferralOver(AboutReferral, Protocol):
    """A referral ended; `told` names who must hear of it."""

    @property
    def told(self) -> tuple[str, ...]: ...


class AboutEntry(Protocol):
    """Something happened to an entry of the waiting list."""

    @property
    def entry_id(self) -> UUID: ...
    @property
    def learner_id(self) -> UUID: ...


class CheckInAsked(AboutEntry, Protocol):
    """A waiting learner is to be asked whether they still want a class."""

    @property
    def channel(self) -> str: ...
    @property
    def attempt(self) -> int: ...


class AboutOffer(Protocol):
    """Something happened to an offer of a place."""

    @property
    def offer_id(self) -> UUID: ...
    @property
    def learner_id(self) -> UUID: ...


class OfferOfClass(AboutOffer, Protocol):
    """An offer and the class it is of."""

    @property
    def class_id(self) -> UUID: ...


class OfferBack(AboutOffer, Protocol):
    """An offer came to nothing; `why` is declined_by_learner, lapsed or another word."""

    @property
    def why(self) -> str: ...


# ---------------------------------------------------------------- referrals


def referral_submitted(session: Session, event: ReferralIn, actor: Actor, clock: Clock) -> None:
    """The learner hears that the hub has the form, with a page of their own. A number that nobody has vouched for is
    asked first whether it is theirs: a stranger gets no link and no second text."""
    if event.by_self and may_text(session, event.learner_id, clock):
        ask_number(session, event.learner_id, event.referral_id, clock)
        return
    link = _status_link(session, event.learner_id, clock)
    _tell(session, event.learner_id, "referral_received", {"link": link}, clock, about=event.referral_id)


def referral_closed(session: Session, event: ReferralOver, actor: Actor, clock: Clock) -> None:
    """What was still to be said about it is taken back; the learner is told where the closing says so."""
    withdraw_waiting(session, [event.referral_id])
    if "learner" in event.told:
        link = _status_link(session, event.learner_id, clock)
        _tell(session, event.learner_id, "referral_closed", {"link": link}, clock, about=event.referral_id)


# ---------------------------------------------------------------- appointments


def appointment_booked(session: Session, event: AppointmentBooked, actor: Actor, clock: Clock) -> None:
    """The learner is asked to come, and reminded the day before."""
    _appointment(session, event.appointment_id, event.learner_id, "appointment_booked", clock)


def appointment_moved(session: Session, event: AppointmentMoved, actor: Actor, clock: Clock) -> None:
    """The learner hears the new time; what was to be said of the old one is taken back."""
    forget_question(session, event.previous_id, clock)
    _appointment(session, event.appointment_id, event.learner_id, "appointment_moved", clock)


def appointment_cancelled(session: Session, event: AppointmentCancelled, actor: Actor, clock: Clock) -> None:
    """The learner hears of it, unless the referral itself was closed, which has a text of its own."""
    forget_question(session, event.appointment_id, clock)
    found = assessment.appointment(session, event.appointment_id)
    if found is None or found.reason is MoveReason.REFERRAL_CLOSED:
        return
    values = _appointment_values(found)
    template = "appointment_cancelled" if event.by_hub else "appointment_declined"
    _tell(session, event.learner_id, template, values, clock, about=event.appointment_id)


def appointment_missed(session: Session, event: AppointmentMissed, actor: Actor, clock: Clock) -> None:
    """The learner is told that a new time is possible; at the limit a person calls instead."""
    forget_question(session, event.appointment_id, clock)
    if not event.limit_reached:
        values = {"link": _status_link(session, event.learner_id, clock)}
        _tell(session, event.learner_id, "appointment_missed", values, clock, about=event.appointment_id)


def _appointment(
    session: Session, appointment_id: UUID, learner_id: UUID, template: str, clock: Clock
) -> None:
    found = assessment.appointment(session, appointment_id)
    if found is None or found.slot is None:
        return
    starts = found.slot.starts_at
    values = _appointment_values(found) | {"link": _status_link(session, learner_id, clock)}
    sending: list[tuple[str, datetime | None]] = [(template, None)]
    day_before = london_time(found.slot.day - timedelta(days=1), 10)
    if day_before - clock.now() >= timedelta(hours=18):
        sending.append(("appointment_reminder", day_before))
    news = [
        NewMessage(
            learner_id=learner_id, template=name, values=values, asks=asks_by_text(name, appointment_id),
            not_before=at, useless_after=starts,
        )
        for name, at in sending
    ]  # fmt: skip
    send_all(session, news, SYSTEM, clock)


def _appointment_values(found: assessment.AppointmentView) -> dict[str, str]:
    if found.slot is None:
        return {"when": "the day we agreed", "where": "the place we agreed"}
    starts = found.slot.starts_at.astimezone(LONDON)
    when = f"{day_and_date(starts.date())} at {clock_time(found.slot.starts_at)}"
    return {"when": when, "where": found.slot.place or found.slot.mode.label}


# ---------------------------------------------------------------- waiting list


def entry_joined(session: Session, event: AboutEntry, actor: Actor, clock: Clock) -> None:
    """The learner hears that they are on the list."""
    if getattr(event, "previous_id", None) is None:
        link = _status_link(session, event.learner_id, clock)
        _tell(session, event.learner_id, "on_the_list", {"link": link}, clock, about=event.entry_id)


def check_in_due(session: Session, event: CheckInAsked, actor: Actor, clock: Clock) -> None:
    """A waiting learner is asked, by the channel whose turn it is; a call is made by a person."""
    if event.channel not in {"text", "email"}:
        return
    asked_on = clock.today()
    values = {"link": _status_link(session, event.learner_id, clock, LinkPurpose.CHECK_IN, event.entry_id)}
    new = NewMessage(
        learner_id=event.learner_id, template="check_in", values=values,
        asks=asks_by_text("check_in", event.entry_id), dedupe=f"check_in:{event.entry_id}:{asked_on}:{event.attempt}",
        channel=Channel.EMAIL if event.channel == "email" else None,
    )  # fmt: skip
    send_all(session, [new], SYSTEM, clock)


# ---------------------------------------------------------------- offers


def offer_ready(session: Session, event: OfferOfClass, actor: Actor, clock: Clock) -> None:
    """The learner is offered the place, and reminded twice before the time to answer runs out."""
    found = provision.esol_class(session, event.class_id)
    answer_by = _answer_by(session, event.offer_id, clock)
    until = london_time(answer_by, LAST_HOUR_TO_ANSWER)
    valid_for = until - clock.now() + timedelta(days=30)  # afterwards the page says what became of it
    link = _link(session, event.learner_id, LinkPurpose.OFFER, event.offer_id, valid_for, clock)
    by = f"{day_and_date(answer_by)} at {clock_time(until)}"
    values = _class_values(found) | {"link": link, "by": by}
    times: list[tuple[str, datetime | None]] = [("offer", None)]
    times += [("offer_reminder", at) for at in reminder_times(clock.now(), answer_by)]
    news = [
        NewMessage(
            learner_id=event.learner_id, template=template, values=values,
            asks=asks_by_text(template, event.offer_id), not_before=at, useless_after=until,
        )
        for template, at in times
    ]  # fmt: skip
    send_all(session, news, SYSTEM, clock)


def offer_confirmed(session: Session, event: OfferOfClass, actor: Actor, clock: Clock) -> None:
    """The learner has the place: the first day and the place itself."""
    forget_question(session, event.offer_id, clock)
    found = provision.esol_class(session, event.class_id)
    values = _class_values(found) | {"link": _status_link(session, event.learner_id, clock)}
    _tell(session, event.learner_id, "offer_confirmed", values, clock, about=event.offer_id)


def offer_returned(session: Session, event: OfferBack, actor: Actor, clock: Clock) -> None:
    """The learner hears why the place is gone and that their turn is kept, if they had heard of the place."""
    told = queries.told_about(session, event.offer_id)
    forget_question(session, event.offer_id, clock)
    if not told:
        return
    template = {"declined_by_learner": "offer_declined", "lapsed": "offer_lapsed"}.get(
        event.why, "offer_withdrawn"
    )
    values = {"link": _status_link(session, event.learner_id, clock)}
    _tell(session, event.learner_id, template, values, clock, about=event.offer_id)


def offer_withdrawn(session: Session, event: AboutOffer, actor: Actor, clock: Clock) -> None:
    """As `offer_returned`, for a place that was taken back."""
    told = queries.told_about(session, event.offer_id)
    forget_question(session, event.offer_id, clock)
    if told:
        values = {"link": _status_link(session, event.learner_id, clock)}
        _tell(session, event.learner_id, "offer_withdrawn", values, clock, about=event.offer_id)


def _answer_by(session: Session, offer_id: UUID, clock: Clock) -> date:
    held = open_steps.open_steps(session, [offer_id], clock.today()).get(offer_id, [])
    days = [step.due_on for step in held if step.kind is StepKind.OFFER_LEARNER]
    return days[0] if days else steps.due(session, "learner_offer_days", clock)


def _class_values(found: EsolClassView) -> dict[str, str]:
    return {
        "times": found.when,
        "area": _area(found),
        "where": found.where,
        "starts": day_and_date(found.joins_on),
    }


def _area(found: EsolClassView) -> str:
    """`near E8 3`: near enough to decide, and no address on a phone that others may read."""
    return f"near {found.postcode[:-2]}" if found.postcode and found.venue_name else "online"


# ---------------------------------------------------------------- permission, replies, staff


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
    link = _status_link(session, event.learner_id, clock, LinkPurpose.CONSENT, event.consent_id)
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
    link = f"{_status_link(session, event.learner_id, clock)}?to=receipt"
    _tell(session, event.learner_id, "permissions_receipt", {"link": link}, clock, about=event.learner_id)


def replied(session: Session, event: ReplyReceived, actor: Actor, clock: Clock) -> None:
    """What an answer by text does here; offers and check-ins are answered in their own slices."""
    withdraw_waiting(session, [event.subject_id])
    if event.asks_kind is AskKind.APPOINTMENT:
        _appointment_answered(session, event, clock)
    elif event.asks_kind is AskKind.NUMBER and event.answer == "yes":
        link = _status_link(session, event.learner_id, clock)
        _tell(session, event.learner_id, "referral_received", {"link": link}, clock, about=event.subject_id)
    elif event.asks_kind is AskKind.NUMBER:
        number_refused(session, event.message_id, clock)
    elif event.asks_kind is AskKind.CHECK_IN and event.answer == "yes":
        values = {"link": _status_link(session, event.learner_id, clock)}
        _tell(session, event.learner_id, "check_in_thanks", values, clock, about=event.message_id)


def _appointment_answered(session: Session, event: ReplyReceived, clock: Clock) -> None:
    found = assessment.appointment(session, event.subject_id)
    if found is None or not found.is_open:
        return
    if event.answer == "yes":
        values = _appointment_values(found)
        _tell(session, event.learner_id, "appointment_thanks", values, clock, about=event.message_id)
        return
    declined = Cancellation(AskedBy.LEARNER, MoveReason.OTHER)
    try:
        appointments.cancel(session, found.id, declined, SYSTEM, clock)
    except HubError:  # too late for the program, so a person reads the NO
        hand_to_person(session, event.message_id, clock)


def digest_due(session: Session, event: DigestDue, actor: Actor, clock: Clock) -> None:
    """One e-mail a day about what is overdue."""
    ask_for_digest(session, event.user_id, event.day, clock)


# ---------------------------------------------------------------- shared


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """Messages stay with whom they were written to; whose those since the merge were, a person says."""
    ids = learners.same_person_ids(session, event.kept_id) | learners.same_person_ids(
        session, event.restored_id
    )
    now = learners.survivors(session, ids)
    found = [
        Happening(SplitKind.MESSAGE, row.id, row.created_at, now[row.learner_id])
        for row in queries.written_since(session, ids, event.merged_at)
        if row.learner_id is not None
    ]
    found += [
        Happening(SplitKind.RECEIVED_TEXT, text.id, text.received_at, now[text.learner_id])
        for text in queries.received_since(session, ids, event.merged_at)
        if text.learner_id is not None
    ]
    people.ask_whose(session, event, found, clock)


def happening_moved(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """A message to or a text from the other person: its words are sealed under that one's key from now on."""
    row: Message | ReceivedText
    if event.kind is SplitKind.MESSAGE:
        row = session.get_one(Message, event.row_id)
    elif event.kind is SplitKind.RECEIVED_TEXT:
        row = session.get_one(ReceivedText, event.row_id)
    else:
        return
    reseal(row, event.subject_id)
    row.learner_id = event.learner_id
    steps.move_learner(session, [row.id], event.learner_id)


def _tell(  # noqa: PLR0913, PLR0917 - whom, what, with which words, about what
    session: Session, learner_id: UUID, template: str, values: dict[str, str], clock: Clock, about: UUID
) -> None:
    new = NewMessage(learner_id=learner_id, template=template, values=values, about_id=about)
    send_all(session, [new], SYSTEM, clock)


def _status_link(
    session: Session,
    learner_id: UUID,
    clock: Clock,
    purpose: LinkPurpose = LinkPurpose.STATUS,
    subject_id: UUID | None = None,
) -> str:
    return _link(session, learner_id, purpose, subject_id, STATUS_LINK, clock)


def _link(  # noqa: PLR0913, PLR0917 - everything a link is made of
    session: Session,
    learner_id: UUID,
    purpose: LinkPurpose,
    subject_id: UUID | None,
    valid_for: timedelta,
    clock: Clock,
) -> str:
    token = people.make_link(session, learner_id, purpose, subject_id, valid_for, clock)
    return f"{runtime().settings.base_url}/l/{token}"
