"""Facts that give a priority, and the band of every entry that follows from them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.learners import reads as learners
from hub.waitlist import queries
from hub.waitlist.domain import Fact, Priority, is_known, policy_on, priority
from hub.waitlist.models import PriorityFact
from hub.waitlist.reads import JoiningRecord


def note_priority(
    session: Session, about: JoiningRecord, codes: Collection[str], actor: Actor, clock: Clock
) -> None:
    """Note facts about a learner that the priority rules name (see `facts_of_referral`); what is known
    already stays. The bands of the learner's active entries follow. RuleBroken for a code that no rule has.
    """
    learner_id = learners.survivor(session, about.learner_id)
    _require_known(codes, clock)
    known = {fact.code for fact in queries.facts(session, [learner_id])}
    new = sorted(set(codes) - known)
    session.add_all(
        PriorityFact(
            subject_id=about.subject_id, learner_id=learner_id, source_record_id=about.source_record_id,
            noted_on=clock.today(), noted_by=actor.id, ended_on=None, code=code,
        )
        for code in new
    )  # fmt: skip
    if new:
        audit.record(session, actor, "priority.noted", "learner", learner_id, clock=clock)
        refresh(session, [learner_id], clock)


def end_priority(session: Session, learner_id: UUID, code: str, actor: Actor, clock: Clock) -> None:
    """A fact no longer holds. Ending it twice is the same as once."""
    learner_id = learners.survivor(session, learner_id)
    ending = [fact for fact in queries.facts(session, [learner_id]) if fact.code == code]
    for fact in ending:
        fact.ended_on = clock.today()
    if ending:
        audit.record(session, actor, "priority.ended", "learner", learner_id, clock=clock)
        refresh(session, [learner_id], clock)


def refresh(session: Session, learner_ids: Collection[UUID], clock: Clock) -> None:
    """Work out the bands of the learners' active entries again."""
    session.flush()
    given = {learner_id: priority_of(session, learner_id, clock) for learner_id in learner_ids}
    for entry in queries.active_of(session, learner_ids):
        now = given[entry.learner_id]
        if (entry.priority_band, entry.priority_until) != (now.band, now.until):
            entry.priority_band, entry.priority_until = now.band, now.until
    session.flush()


def priority_of(session: Session, learner_id: UUID, clock: Clock) -> Priority:
    """The band of a learner today, with its reasons."""
    facts = [Fact(row.code or "", row.noted_on) for row in queries.facts(session, [learner_id])]
    return priority(facts, clock.today())


def _require_known(codes: Collection[str], clock: Clock) -> None:
    if not all(is_known(code, clock.today()) for code in codes):
        known = ", ".join(rule.label for rule in policy_on(clock.today()).rules)
        raise RuleBroken(f"Choose one of: {known}.", code="priority_unknown", field="code")
