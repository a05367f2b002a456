"""Asking: what a learner answered is recorded, confirmed, asked anew."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries, reads
from hub.consent.domain import (
    NOTICE_ID,
    OPTIONAL,
    SAYS_NO_DETRIMENT,
    Channel,
    ConsentGiven,
    ConsentState,
    NewConsent,
    Proof,
    ReceiptWanted,
    consent_faults,
    is_proven,
    is_under_18,
    load_wording,
)
from hub.consent.domain.records import wording_faults
from hub.consent.domain.validity import last_day
from hub.consent.models import Consent
from hub.consent.queries import Doer, NewEvent
from hub.consent.service.requesting import request, settle_requests
from hub.consent.service.rows import row_of
from hub.consent.service.subject import Source, Subject, originals
from hub.consent.service.taking_back import SAID_STOP, TEXTS, settle_asked, take_back
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record as record_event
from hub.infra.writes import put
from hub.learners import reads as learners
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind

_S = ConsentState


def record(session: Session, new: NewConsent, subject: Subject, actor: Actor, clock: Clock) -> UUID:
    """Keep what the learner answered; returns the record's id. Refusing everything optional is valid. By a channel
    that `asks`, the learner is to answer behind a link (`requesting`).

    Without wording version or language it is not proven: it permits nothing optional, and a step asks the hub
    to confirm it. Raises RuleBroken naming `consent.<field>`.
    """
    if faults := consent_faults(new, clock.today()):
        raise RuleBroken.many({f"consent.{name}": words for name, words in faults.items()})
    if Channel(new.channel).asks:
        return request(session, new, [subject], actor, clock)
    return record_answers(session, new, subject, frozenset(), actor, clock)


def record_answers(  # noqa: PLR0913, PLR0917 - as above, and what the learner had said yes to before
    session: Session, new: NewConsent, subject: Subject, before: frozenset[str], actor: Actor, clock: Clock
) -> UUID:
    row = row_of(new, subject, actor, clock)
    put(session, row)
    events = [NewEvent(row.id, code, *said(new, code, row.proven, before)) for code in OPTIONAL]
    queries.add_events(session, events, Doer(actor, clock.now()))
    if not row.proven:
        _ask_to_confirm(session, row, new.confirm_by, clock)
    audit.record(
        session, actor, "consent.recorded", "learner", subject.learner_id, fields=_granted(new), clock=clock
    )
    record_event(session, ConsentGiven(row.id, subject.learner_id))
    return row.id


def said(
    new: NewConsent, code: str, proven: bool, before: frozenset[str]
) -> tuple[ConsentState, date | None]:
    """The state that an answer makes, and its last day."""
    if code not in new.purposes:
        return _S.REFUSED, None
    if not proven:
        return _S.UNKNOWN, None
    return _S.RENEWED if code in before else _S.GIVEN, last_day(code, new.given_on)


def record_again(session: Session, learner_id: UUID, new: NewConsent, actor: Actor, clock: Clock) -> None:
    """The learner was asked anew: the answers count for every source, and settle what was to be confirmed.

    A new record at every source, never a change of an old one. What was given before and is refused now is taken
    back, with its event. The same answers twice on one day are one asking. The learner gets a receipt. Raises
    NotFound, RuleBroken.
    """
    if not is_proven(new.wording_version, new.language):
        raise RuleBroken("Say which words were read, and in which language.", field="consent.language")
    if Channel(new.channel).asks:
        raise RuleBroken("Say how the learner has answered.", field="consent.channel")
    if faults := consent_faults(new, clock.today()):
        raise RuleBroken.many({f"consent.{name}": words for name, words in faults.items()})
    now_id = learners.survivor(session, learner_id)
    queries.lock_learner(session, now_id)
    sources = originals(session, now_id)
    if _already_said(session, now_id, len(sources), new):
        return
    new = flagged(new, sources)
    unconfirmed = queries.unproven_of(session, now_id)
    settle_requests(session, now_id, actor, clock)
    before = given_before(session, now_id)
    take_back(session, now_id, set(OPTIONAL) - new.purposes, Doer(actor, clock.now()), clock)
    for one in sources:
        record_answers(session, new, one, before, actor, clock)
    for consent_id in unconfirmed:
        steps.close_step(session, StepKind.CONSENT_TO_CONFIRM, consent_id, clock, "asked_again")
    settle_asked(session, now_id, clock)
    record_event(session, ReceiptWanted(now_id))


def given_before(session: Session, learner_id: UUID) -> frozenset[str]:
    """What the learner has said yes to and not taken back."""
    standing = queries.last_events(session, learner_id, OPTIONAL, {_S.GIVEN, _S.RENEWED})
    return frozenset(one.purpose for one in standing)


def grant(session: Session, learner_id: UUID, new: NewConsent, actor: Actor, clock: Clock) -> None:
    """The learner says yes to these purposes and was asked about no others: at every source, proven.

    What stands about the other purposes stays. What is permitted already is not recorded again, so a second
    click changes nothing. Raises NotFound, RuleBroken by field.
    """
    if (faults := consent_faults(new, clock.today())) or not is_proven(new.wording_version, new.language):
        raise RuleBroken.many(faults or {"language": "Say which words were read, and in which language"})
    now_id = learners.survivor(session, learner_id)
    queries.lock_learner(session, now_id)
    sources = originals(session, now_id)
    if all(reads.may(session, now_id, code, clock.today()) for code in _granted(new)):
        return
    new, events = flagged(new, sources), []
    for one in sources:
        row = row_of(new, one, actor, clock)
        put(session, row)
        events += [NewEvent(row.id, code, _S.GIVEN, last_day(code, new.given_on)) for code in _granted(new)]
        record_event(session, ConsentGiven(row.id, now_id))
    queries.add_events(session, events, Doer(actor, clock.now()))
    audit.record(session, actor, "consent.recorded", "learner", now_id, fields=_granted(new), clock=clock)


def flagged(new: NewConsent, sources: Iterable[Source]) -> NewConsent:
    """With the flag for a child, by any date of birth that we were given."""
    child = any(is_under_18(one.date_of_birth, new.given_on) for one in sources)
    return replace(new, under_18=new.under_18 or child)


def texts_again(session: Session, learner_id: UUID, actor: Actor, clock: Clock) -> bool:
    """START after STOP: a new permission to text, in the words the learner had agreed to before.

    Only where it was a STOP that ended it; False when there is nothing to renew.
    """
    now_id = learners.survivor(session, learner_id)
    queries.lock_learner(session, now_id)
    if reads.may(session, now_id, TEXTS, clock.today()):
        return False
    ended = [
        one
        for one in queries.last_events(session, now_id, [TEXTS], {_S.WITHDRAWN})
        if one.reason == SAID_STOP
    ]
    events = []
    for event in ended:
        old = queries.consent(session, event.consent_id)
        if old is None or not is_proven(old.wording_version, old.language):
            continue
        new = NewConsent(
            given_on=clock.today(), channel=Channel.SMS_LINK, language=old.language,
            wording_version=old.wording_version, purposes=frozenset({TEXTS}),
            interpreter_used=old.interpreter_used, organisation_id=old.organisation_id,
        )  # fmt: skip
        row = row_of(new, Source(now_id, old.source_record_id, old.subject_id), actor, clock)
        put(session, row)
        events.append(NewEvent(row.id, TEXTS, _S.RENEWED, last_day(TEXTS, clock.today())))
        record_event(session, ConsentGiven(row.id, now_id))
    queries.add_events(session, events, Doer(actor, clock.now()))
    if events:
        audit.record(session, actor, "consent.recorded", "learner", now_id, fields=[TEXTS], clock=clock)
    return bool(events)


def confirm_proof(session: Session, consent_id: UUID, proof: Proof, actor: Actor, clock: Clock) -> None:
    """The hub found out which words were shown: the consent is proven. A second click changes nothing.

    Raises NotFound, and RuleBroken by field when the wording or language is not one that was used.
    """
    row = queries.consent(session, consent_id)
    if row is None:
        raise NotFound("There is no such permission.")
    if row.proven:
        return
    faults = wording_faults(proof.wording_version, proof.language, proof.interpreter_used)
    if not is_proven(proof.wording_version, proof.language):
        faults = {"language": "Say which words were read, and in which language"}
    if faults:
        raise RuleBroken.many(faults)
    row.wording_version, row.language = proof.wording_version, proof.language
    row.wording_sha256 = load_wording(proof.language, proof.wording_version).sha256
    row.interpreter_used = proof.interpreter_used
    row.proof_note = proof.note.strip() or None
    row.proven, row.proven_at, row.proven_by = True, clock.now(), actor.id
    row.notice_id, row.no_detriment_shown = NOTICE_ID, proof.wording_version in SAYS_NO_DETRIMENT
    _prove_answers(session, row, actor, clock)
    steps.close_step(session, StepKind.CONSENT_TO_CONFIRM, row.id, clock, "confirmed")
    audit.record(session, actor, "consent.confirmed", "learner", row.learner_id, clock=clock)


def _prove_answers(session: Session, row: Consent, actor: Actor, clock: Clock) -> None:
    """What the learner had said yes to in words then unknown counts from now."""
    last = {one.purpose: one for one in queries.events_of(session, [row.id])}
    events = [
        NewEvent(row.id, code, _S.GIVEN, last_day(code, row.given_on))
        for code, one in last.items()
        if one.state is _S.UNKNOWN
    ]
    queries.add_events(session, events, Doer(actor, clock.now(), reason="proven"))


def _already_said(session: Session, learner_id: UUID, sources: int, new: NewConsent) -> bool:
    """Whether the newest asking at every source is this very one."""
    newest: dict[UUID, Consent] = {}
    for row in queries.consents_of(session, learner_id):
        newest.setdefault(row.source_record_id, row)
    last = {(one.consent_id, one.purpose): one for one in queries.events_of(session, _ids(newest.values()))}
    wanted = new.purposes & set(OPTIONAL)
    return (
        len(newest) == sources
        and all(
            (row.proven, row.given_on, row.channel, row.language, row.wording_version, row.interpreter_used)
            == (True, new.given_on, new.channel, new.language, new.wording_version, new.interpreter_used)
            for row in newest.values()
        )
        and all((one.state in {_S.GIVEN, _S.RENEWED}) == (one.purpose in wanted) for one in last.values())
        and all((row.circumstances or {}) == new.circumstances.as_dict() for row in newest.values())
        and len(last) == sources * len(OPTIONAL)
    )


def _ids(rows: Iterable[Consent]) -> list[UUID]:
    return [row.id for row in rows]


def _granted(new: NewConsent) -> list[str]:
    return sorted(new.purposes & set(OPTIONAL))


def _ask_to_confirm(session: Session, row: Consent, by: date | None, clock: Clock) -> None:
    step = NewStep(
        kind=StepKind.CONSENT_TO_CONFIRM,
        subject_type="consent",
        subject_id=row.id,
        owner=steps.hub_role(session),
        due_on=by or steps.due(session, "stall_days", clock),
        learner_id=row.learner_id,
    )
    steps.open_step(session, step, clock)


def send_receipt(session: Session, learner_id: UUID, actor: Actor, clock: Clock) -> None:
    """The learner is sent a link to what they said yes and no to. NotFound for a learner that is none."""
    now_id = originals(session, learners.survivor(session, learner_id))[0].learner_id
    audit.record(session, actor, "consent.receipt_sent", "learner", now_id, clock=clock)
    record_event(session, ReceiptWanted(now_id))
