"""The learner answers what they were asked by link."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import queries
from hub.consent.domain import (
    NOTICE_ID,
    OPTIONAL,
    SAYS_NO_DETRIMENT,
    Channel,
    ConsentGiven,
    NewConsent,
    ReceiptWanted,
    consent_faults,
    is_proven,
    load_wording,
)
from hub.consent.models import Consent
from hub.consent.queries import Doer, NewEvent
from hub.consent.service.asking import flagged, given_before, record_answers, said
from hub.consent.service.requesting import close_asking
from hub.consent.service.subject import originals
from hub.consent.service.taking_back import settle_asked, take_back
from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record as record_event
from hub.learners import reads as learners

ANSWERED = "answered"


def answer(session: Session, learner_id: UUID, new: NewConsent, actor: Actor, clock: Clock) -> bool:
    """Every asking by link of the learner becomes what they answered, and so does every other source of theirs.

    What stood before and is refused now is taken back. The learner gets a receipt. False, and nothing done, when
    nothing was asked, or was answered a moment ago. Raises RuleBroken by field.
    """
    if (faults := consent_faults(new, clock.today())) or not is_proven(new.wording_version, new.language):
        raise RuleBroken.many(faults or {"language": "Say which words were read, and in which language"})
    now_id = learners.survivor(session, learner_id)
    queries.lock_learner(session, now_id)
    asked = queries.open_requests(session, [now_id], lock=True)
    if not asked:
        return False
    sources = originals(session, now_id)
    before = given_before(session, now_id)
    take_back(session, now_id, set(OPTIONAL) - new.purposes, Doer(actor, clock.now()), clock)
    for row in asked:
        channel = Channel(row.channel).answered_by
        _fill(session, row, flagged(replace(new, channel=channel), sources), before, Doer(actor, clock.now()))
    filled, channel = {row.source_record_id for row in asked}, asked[-1].channel
    for one in sources:
        if one.source_record_id not in filled:
            record_answers(
                session, flagged(replace(new, channel=channel), sources), one, before, actor, clock
            )
    audit.record(
        session, actor, "consent.recorded", "learner", now_id, fields=sorted(new.purposes), clock=clock
    )
    close_asking(session, asked, clock, ANSWERED)
    settle_asked(session, now_id, clock)
    record_event(session, ReceiptWanted(now_id))
    return True


def _fill(session: Session, row: Consent, new: NewConsent, before: frozenset[str], doer: Doer) -> None:
    """The asking is answered: now, in these words. That it had been asked before stands in its first events."""
    version, language = new.wording_version or "", new.language or ""
    row.channel, row.given_on, row.created_at = Channel(new.channel), new.given_on, doer.at
    row.wording_version, row.language, row.notice_id = version, language, NOTICE_ID
    row.wording_sha256 = load_wording(language, version).sha256
    row.under_18, row.no_detriment_shown = new.under_18, version in SAYS_NO_DETRIMENT
    row.circumstances = new.circumstances.as_dict() or None
    session.flush()
    events = [NewEvent(row.id, code, *said(new, code, True, before)) for code in OPTIONAL]
    queries.add_events(session, events, doer)
    record_event(session, ConsentGiven(row.id, row.learner_id))
