"""What learners are told about their referral, their appointments and their place on the list."""

from datetime import datetime, timedelta
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
    Mode,
    MoveReason,
)
from hub.core.clock import LONDON, Clock, london_time
from hub.core.errors import HubError
from hub.core.permissions import SYSTEM, Actor
from hub.core.wording import clock_time, day_and_date
from hub.learners.domain import LinkPurpose
from hub.messaging.domain import (
    Channel,
    NewMessage,
    ReplyReceived,
)
from hub.messaging.reactions.telling import status_link, tell
from hub.messaging.service.numbers import ask_number, may_text
from hub.messaging.service.replies import hand_to_person
from hub.messaging.service.sending import (
    asks_by_text,
    forget_question,
    send_all,
    withdraw_waiting,
)


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


def referral_submitted(session: Session, event: ReferralIn, actor: Actor, clock: Clock) -> None:
    """The learner hears that the hub has the form, with a page of their own. A number that nobody has vouched for is
    asked first whether it is theirs: a stranger gets no link and no second text."""
    if event.by_self and may_text(session, event.learner_id, clock):
        ask_number(session, event.learner_id, event.referral_id, clock)
        return
    link = status_link(session, event.learner_id, clock)
    tell(session, event.learner_id, "referral_received", {"link": link}, clock, about=event.referral_id)


def referral_closed(session: Session, event: ReferralOver, actor: Actor, clock: Clock) -> None:
    """What was still to be said about it is taken back; the learner is told where the closing says so."""
    withdraw_waiting(session, [event.referral_id])
    if "learner" in event.told:
        link = status_link(session, event.learner_id, clock)
        tell(session, event.learner_id, "referral_closed", {"link": link}, clock, about=event.referral_id)


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
    by_hub = (
        "appointment_stopped" if found.reason is MoveReason.PROCESSING_STOPPED else "appointment_cancelled"
    )
    template = by_hub if event.by_hub else "appointment_declined"
    tell(session, event.learner_id, template, values, clock, about=event.appointment_id)


def appointment_missed(session: Session, event: AppointmentMissed, actor: Actor, clock: Clock) -> None:
    """The learner is told that a new time is possible; at the limit a person calls instead."""
    forget_question(session, event.appointment_id, clock)
    if not event.limit_reached:
        found = assessment.appointment(session, event.appointment_id)
        template = _by_phone("appointment_missed", found) if found else "appointment_missed"
        values = {"link": status_link(session, event.learner_id, clock)}
        tell(session, event.learner_id, template, values, clock, about=event.appointment_id)


def _appointment(
    session: Session, appointment_id: UUID, learner_id: UUID, template: str, clock: Clock
) -> None:
    found = assessment.appointment(session, appointment_id)
    if found is None or found.slot is None:
        return
    starts = found.slot.starts_at
    values = _appointment_values(found) | {"link": status_link(session, learner_id, clock)}
    sending: list[tuple[str, datetime | None]] = [(_by_phone(template, found), None)]
    day_before = london_time(found.slot.day - timedelta(days=1), 10)
    if day_before - clock.now() >= timedelta(hours=18):
        sending.append((_by_phone("appointment_reminder", found), day_before))
    news = [
        NewMessage(
            learner_id=learner_id, template=name, values=values, asks=asks_by_text(name, appointment_id),
            not_before=at, useless_after=starts,
        )
        for name, at in sending
    ]  # fmt: skip
    send_all(session, news, SYSTEM, clock)


def _by_phone(template: str, found: assessment.AppointmentView) -> str:
    """Nobody is asked to come to a meeting at which they are rung."""
    call = found.slot is not None and found.slot.mode is Mode.PHONE
    return template.replace("appointment_", "appointment_call_") if call else template


def _appointment_values(found: assessment.AppointmentView) -> dict[str, str]:
    if found.slot is None:
        return {"when": "the day we agreed", "where": "the place we agreed"}
    starts = found.slot.starts_at.astimezone(LONDON)
    when = f"{day_and_date(starts.date())} at {clock_time(found.slot.starts_at)}"
    return {"when": when, "where": found.slot.place or found.slot.mode.label}


def entry_joined(session: Session, event: AboutEntry, actor: Actor, clock: Clock) -> None:
    """The learner hears that they are on the list."""
    if getattr(event, "previous_id", None) is None:
        link = status_link(session, event.learner_id, clock)
        tell(session, event.learner_id, "on_the_list", {"link": link}, clock, about=event.entry_id)


def check_in_due(session: Session, event: CheckInAsked, actor: Actor, clock: Clock) -> None:
    """A waiting learner is asked, by the channel whose turn it is; a call is made by a person."""
    if event.channel not in {"text", "email"}:
        return
    asked_on = clock.today()
    values = {"link": status_link(session, event.learner_id, clock, LinkPurpose.CHECK_IN, event.entry_id)}
    new = NewMessage(
        learner_id=event.learner_id, template="check_in", values=values,
        asks=asks_by_text("check_in", event.entry_id), dedupe=f"check_in:{event.entry_id}:{asked_on}:{event.attempt}",
        channel=Channel.EMAIL if event.channel == "email" else None,
    )  # fmt: skip
    send_all(session, [new], SYSTEM, clock)


def _appointment_answered(session: Session, event: ReplyReceived, clock: Clock) -> None:
    found = assessment.appointment(session, event.subject_id)
    if found is None or not found.is_open:
        return
    if event.answer == "yes":
        values = _appointment_values(found)
        template = _by_phone("appointment_thanks", found)
        tell(session, event.learner_id, template, values, clock, about=event.message_id)
        return
    declined = Cancellation(AskedBy.LEARNER, MoveReason.OTHER)
    try:
        appointments.cancel(session, found.id, declined, SYSTEM, clock)
    except HubError:  # too late for the program, so a person reads the NO
        hand_to_person(session, event.message_id, clock)
