"""What learners are told about places offered to them."""

from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock, london_time
from hub.core.permissions import SYSTEM, Actor
from hub.core.wording import clock_time, day_and_date
from hub.learners.domain import LinkPurpose
from hub.messaging import queries
from hub.messaging.domain import (
    NewMessage,
    reminder_times,
)
from hub.messaging.reactions.telling import link_to, status_link, tell
from hub.messaging.service.sending import (
    asks_by_text,
    forget_question,
    send_all,
    withdraw_waiting,
)
from hub.provision import reads as provision
from hub.provision.reads import EsolClassView
from hub.steps import reads as open_steps
from hub.steps import service as steps
from hub.steps.domain import StepKind

LAST_HOUR_TO_ANSWER = 18


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


def offer_ready(session: Session, event: OfferOfClass, actor: Actor, clock: Clock) -> None:
    """The learner is offered the place, and reminded twice before the time to answer runs out."""
    _offer(session, event, clock, told=False)


def offer_restored(session: Session, event: OfferOfClass, actor: Actor, clock: Clock) -> None:
    """An offer that was taken back is there again. Who has not heard yet that it was gone hears nothing, and the
    old question counts again; who has is offered it once more."""
    gone_is_waiting = bool(withdraw_waiting(session, [event.offer_id]))
    if gone_is_waiting and queries.told_about(session, event.offer_id):
        queries.ask_again(session, event.offer_id)
        _offer(session, event, clock, told=True)
    else:
        _offer(session, event, clock, told=False)


def _offer(session: Session, event: OfferOfClass, clock: Clock, *, told: bool) -> None:
    """The offer, unless the learner has it, and its reminders."""
    found = provision.esol_class(session, event.class_id)
    answer_by = _answer_by(session, event.offer_id, clock)
    until = london_time(answer_by, LAST_HOUR_TO_ANSWER)
    valid_for = until - clock.now() + timedelta(days=30)  # afterwards the page says what became of it
    link = link_to(session, event.learner_id, LinkPurpose.OFFER, event.offer_id, valid_for, clock)
    by = f"{day_and_date(answer_by)} at {clock_time(until)}"
    values = _class_values(found) | {"link": link, "by": by}
    times: list[tuple[str, datetime | None]] = [] if told else [("offer", None)]
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
    values = _class_values(found) | {"link": status_link(session, event.learner_id, clock)}
    tell(session, event.learner_id, "offer_confirmed", values, clock, about=event.offer_id)


def offer_returned(session: Session, event: OfferBack, actor: Actor, clock: Clock) -> None:
    """The learner hears why the place is gone and that their turn is kept, if they had heard of the place."""
    told = queries.told_about(session, event.offer_id)
    forget_question(session, event.offer_id, clock)
    if not told:
        return
    template = {"declined_by_learner": "offer_declined", "lapsed": "offer_lapsed"}.get(
        event.why, "offer_withdrawn"
    )
    values = {"link": status_link(session, event.learner_id, clock)}
    tell(session, event.learner_id, template, values, clock, about=event.offer_id)


def offer_withdrawn(session: Session, event: AboutOffer, actor: Actor, clock: Clock) -> None:
    """As `offer_returned`, for a place that was taken back."""
    told = queries.told_about(session, event.offer_id)
    forget_question(session, event.offer_id, clock)
    if told:
        values = {"link": status_link(session, event.learner_id, clock)}
        tell(session, event.learner_id, "offer_withdrawn", values, clock, about=event.offer_id)


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
