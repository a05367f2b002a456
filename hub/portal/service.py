"""What learners do on their own pages. Each verb writes in the learner's name."""

from dataclasses import dataclass, field, fields
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import service as appointments
from hub.assessment.domain import AskedBy, Cancellation, MoveReason
from hub.consent import reads as consents
from hub.consent import service as consent
from hub.consent.domain import CURRENT_VERSION, Channel, NewConsent
from hub.core.clock import Clock
from hub.core.errors import NotFound
from hub.core.permissions import Actor
from hub.learners import reads as people
from hub.learners import service as learners
from hub.learners.domain import ContactChange, NewNeeds
from hub.matching import service as matching
from hub.matching.domain import LearnerAnswer
from hub.messaging import service as messaging
from hub.portal import reads
from hub.waitlist import service as waitlist


def answer_offer(
    session: Session, learner_id: UUID, answer: LearnerAnswer, actor: Actor, clock: Clock
) -> None:
    """Yes or no to the offer that waits for the learner. NotFound when none does."""
    offer = reads.here(session, learner_id, clock).offer
    if offer is None:
        raise NotFound("There is no offer to answer.")
    matching.answer_as_learner(session, offer.id, answer, actor, clock)


def cannot_come(session: Session, learner_id: UUID, actor: Actor, clock: Clock) -> None:
    """The learner cannot come to the meeting; the hub makes a new time. Twice is the same as once."""
    meeting = reads.here(session, learner_id, clock).meeting
    if meeting is not None:
        declined = Cancellation(AskedBy.LEARNER, MoveReason.OTHER)
        appointments.cancel(session, meeting.id, declined, actor, clock)


def still_waiting(session: Session, learner_id: UUID, wants: bool, actor: Actor, clock: Clock) -> None:
    """The answer to 'do you still want a place?'; without a question it changes nothing."""
    here = reads.here(session, learner_id, clock)
    if here.entry is not None and here.next_key == "check_title":
        waitlist.check_in_replied(session, here.entry.id, wants, actor, clock)
        messaging.forget_question(session, here.entry.id, clock)


def change_times(
    session: Session, learner_id: UUID, availability: frozenset[str], actor: Actor, clock: Clock
) -> None:
    """New times; everything else the learner said stays."""
    told = people.needs(session, [learner_id]).get(learner_id)
    kept = {one.name: getattr(told, one.name) for one in fields(NewNeeds)} if told else {}
    needs = NewNeeds(**kept | {"availability": availability})
    learners.update_needs(session, learner_id, needs, actor, clock)


@dataclass(frozen=True, slots=True)
class OwnContact:
    """How the learner can be reached, in the learner's own word."""

    phone: str | None = field(repr=False)
    email: str | None = field(repr=False)
    texts: bool


def change_contact(session: Session, learner_id: UUID, own: OwnContact, actor: Actor, clock: Clock) -> None:
    """A new phone or e-mail from the learner's own hand; the rest stays as it was."""
    person = people.person(session, learner_id)
    if person is None:
        raise NotFound("There is no such learner.")
    change = ContactChange(
        phone=own.phone,
        second_phone=person.second_phone,
        email=own.email,
        postcode=person.postcode,
        address=person.address,
        preferred_language=person.preferred_language,
        interpreter_needed=person.interpreter_needed,
        safe_to_text=own.texts,
        safe_to_call=person.safe_to_call,
        confirmed_by_learner=True,
    )
    learners.update_contact(session, learner_id, change, actor, clock)


def stop_permission(session: Session, learner_id: UUID, purpose: str, actor: Actor, clock: Clock) -> None:
    """Take a permission back, at once."""
    consent.withdraw(session, learner_id, [purpose], actor, clock)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A permission given, and the language in which its words stood on the page."""

    purpose: str
    language: str


def allow(session: Session, learner_id: UUID, allowed: Allowed, actor: Actor, clock: Clock) -> None:
    """Give a permission that was not given, with the words that stand on the page; the others stay."""
    wording = consents.wording(session, allowed.language)
    given = {
        one.purpose.code
        for one in consents.standings(session, learner_id, clock.today())
        if one.permitted and one.purpose.optional
    }
    new = NewConsent(
        given_on=clock.today(),
        channel=Channel.SMS_LINK,
        language=wording.language.code,
        wording_version=wording.version,
        purposes=frozenset(given | {allowed.purpose}),
    )
    consent.record_again(session, learner_id, new, actor, clock)


def answer_permissions(  # noqa: PLR0913, PLR0917 - who said yes to what, in which language
    session: Session, learner_id: UUID, said: frozenset[str], language: str, actor: Actor, clock: Clock
) -> None:
    """The learner answers everything that was asked by link. A second press changes nothing."""
    new = NewConsent(
        given_on=clock.today(), channel=Channel.WEB, language=language, wording_version=CURRENT_VERSION,
        purposes=said,
    )  # fmt: skip
    consent.answer(session, learner_id, new, actor, clock)
