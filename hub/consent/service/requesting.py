"""Asking by link: nobody has answered yet. The learner is sent, or handed, a link to the questions.

An asking begins as `requested` for every optional purpose, which permits nothing and takes nothing away. It ends as
given or refused when the learner answers (`answering`), or as expired: on its last day, or when the learner was asked
in another way. The referral goes on meanwhile: refusing never blocks it, and neither does not having answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries
from hub.consent.domain import (
    CURRENT_VERSION,
    NO_ANSWER,
    OPTIONAL,
    AskingSettled,
    Channel,
    ConsentState,
    NewConsent,
    PermissionAsked,
    load_wording,
)
from hub.consent.models import Consent
from hub.consent.queries import Doer, NewEvent
from hub.consent.service.rows import row_of
from hub.consent.service.subject import Subject, originals
from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound
from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra import audit
from hub.infra.db import record as record_event
from hub.infra.sight import open_to_the_hub
from hub.infra.writes import put
from hub.learners import reads as learners
from hub.learners import service as people
from hub.learners.domain import LinkPurpose
from hub.policy import reads as policy
from hub.steps import reads as open_steps
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind

BATCH = 500
_S = ConsentState


@dataclass(frozen=True, slots=True)
class NewRequest:
    """How the learner is to be asked. `source_record_id`: only about what came with this record (a referrer's)."""

    by: Channel
    language: str | None = None
    source_record_id: UUID | None = None


def ask_by_link(session: Session, learner_id: UUID, new: NewRequest, actor: Actor, clock: Clock) -> UUID:
    """Ask a learner who is known; returns the record's id. While one of the same sources is open, it is that one.

    Raises NotFound for a learner that is none.
    """
    open_to_the_hub(session)
    now_id = learners.survivor(session, learner_id)
    queries.lock_learner(session, now_id)
    sources = [
        one for one in originals(session, now_id) if new.source_record_id in {None, one.source_record_id}
    ]
    if not sources:
        raise NotFound("There is no such learner.")
    asked = {row.source_record_id: row.id for row in queries.open_requests(session, [now_id])}
    known = [asked[one.source_record_id] for one in sources if one.source_record_id in asked]
    if known:
        return known[0]
    person = learners.person(session, now_id)
    wanted = new.language or (person.preferred_language if person else None)
    consent = NewConsent(
        given_on=clock.today(), channel=new.by, language=load_wording(wanted).language.code,
        wording_version=CURRENT_VERSION,
    )  # fmt: skip
    return request(session, consent, sources, actor, clock)


def request(
    session: Session, new: NewConsent, sources: Sequence[Subject], actor: Actor, clock: Clock
) -> UUID:
    """Begin an asking at these sources of one learner, with the step of who asked; returns the first record's id."""
    until = last_day_to_answer(session, clock)
    rows = [row_of(new, one, actor, clock) for one in sources]
    put(session, *rows)
    events = [NewEvent(row.id, code, _S.REQUESTED, until) for row in rows for code in OPTIONAL]
    queries.add_events(session, events, Doer(actor, clock.now()))
    first = rows[0]
    owner = _asker(session, first, actor)
    step = NewStep(StepKind.PERMISSION_ASKED, "consent", first.id, owner, until, first.learner_id)
    steps.open_step(session, step, clock)
    audit.record(session, actor, "consent.asked_by_link", "learner", first.learner_id, clock=clock)
    record_event(session, PermissionAsked(first.id, first.learner_id, Channel(new.channel), until))
    return first.id


def last_day_to_answer(session: Session, clock: Clock) -> date:
    return clock.today() + timedelta(
        days=policy.number(session, "consent_request_days", clock.today()) or 365
    )


def _asker(session: Session, row: Consent, actor: Actor) -> Owner:
    """The person who refers, else their organisation; the hub's people for who works there."""
    if actor.role is Role.REFERRER and row.organisation_id is not None:
        own = actor.kind == "user" and actor.organisation_id == row.organisation_id and actor.id is not None
        return (
            Owner.person(row.organisation_id, Role.REFERRER, actor.id)
            if own and actor.id is not None
            else Owner.of_role(row.organisation_id, Role.REFERRER)
        )
    return steps.hub_role(session)


@dataclass(frozen=True, slots=True)
class LinkToAnswer:
    """A secret, once, and the language in which the learner was asked."""

    token: str
    language: str | None


def link_for(session: Session, consent_id: UUID, actor: Actor, clock: Clock) -> LinkToAnswer:
    """A new secret link to the questions of an asking that is open, to print or to hand over; Conflict when it is not.

    The token is returned once. Behind it the learner says their date of birth first.
    """
    open_to_the_hub(session)
    row = queries.consent(session, consent_id)
    if row is None or row.id not in {one.id for one in queries.open_requests(session, [row.learner_id])}:
        raise Conflict("The learner has answered, or was asked in another way since.", code="asking_over")
    audit.record(session, actor, "consent.link_made", "learner", row.learner_id, clock=clock)
    valid_for = timedelta(days=(last_day_to_answer(session, clock) - clock.today()).days + 30)
    token = people.make_link(session, row.learner_id, LinkPurpose.CONSENT, row.id, valid_for, clock)
    return LinkToAnswer(token, row.language)


def settle_requests(session: Session, learner_id: UUID, actor: Actor, clock: Clock) -> None:
    """The learner was asked in another way: what was asked by link is over, and its link leads to what stands."""
    _end(session, queries.open_requests(session, [learner_id], lock=True), actor, clock)


def expire_requests(session: Session, clock: Clock) -> int:
    """End the askings whose last day has passed; where something of the learner is open the hub asks in person."""
    over = queries.requests_over(session, clock.today(), BATCH)
    _end(session, over, SYSTEM, clock)
    for learner_id in {row.learner_id for row in over}:
        if open_steps.learner_steps(session, [learner_id], clock.today()):
            due = steps.due(session, "stall_days", clock)
            owner = steps.hub_role(session)
            new = NewStep(StepKind.CONSENT_TO_RENEW, "learner", learner_id, owner, due, learner_id)
            steps.open_step(session, new, clock)
    return len(over)


def _end(session: Session, rows: Sequence[Consent], actor: Actor, clock: Clock) -> None:
    if not rows:
        return
    events = [NewEvent(row.id, code, _S.EXPIRED) for row in rows for code in OPTIONAL]
    queries.add_events(session, events, Doer(actor, clock.now(), reason=NO_ANSWER))
    close_asking(session, rows, clock, NO_ANSWER)


def close_asking(session: Session, rows: Sequence[Consent], clock: Clock, outcome: str) -> None:
    """The step of who asked, and what was still to be said, are done with."""
    for row in rows:
        steps.close_step(session, StepKind.PERMISSION_ASKED, row.id, clock, outcome)
    record_event(session, AskingSettled(tuple(row.id for row in rows)))
