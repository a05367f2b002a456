"""A person decides: the same, or different people. Either can be taken back, exactly."""

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record
from hub.learners import queries
from hub.learners.domain.events import LearnersMerged, LearnersUnmerged
from hub.learners.domain.forest import tree_of
from hub.learners.domain.merging import UNDOES, LinkAct, Standing, keep_and_lose
from hub.learners.domain.pairs import PairDecision
from hub.learners.models import DuplicatePair, Learner, LinkDecision, SourceRecord
from hub.learners.service.steps import ask_to_decide, stop_asking

_ALREADY = "Somebody has already decided this. Open the list again to see what was decided."


def merge_pair(session: Session, pair_id: UUID, actor: Actor, clock: Clock) -> UUID:
    """Make the two people of a suggested pair one; returns the decision.

    A second click changes nothing; after somebody decided otherwise it is a Conflict.
    """
    pair, left_id, right_id = _pair(session, pair_id)
    if pair.decision is PairDecision.SAME and pair.decision_id is not None:
        return pair.decision_id
    if pair.decision is not PairDecision.OPEN:
        raise Conflict(_ALREADY, code="already_decided")
    one, other = _two_survivors(session, left_id, right_id)
    keep_id, lose_id = keep_and_lose(_standing_of(one), _standing_of(other))
    return merge(session, keep_id, lose_id, actor, clock)


def merge(session: Session, keep_id: UUID, lose_id: UUID, actor: Actor, clock: Clock) -> UUID:
    """Make two learners one and return the decision: all that came with `lose_id` becomes of `keep_id`.

    The earliest first referral date is kept. Raises NotFound, RuleBroken `same_learner`, and RuleBroken
    `different_people` where somebody decided that two of those who would be one are different people.
    """
    kept, lost = _two_survivors(session, keep_id, lose_id)
    kept_tree, lost_tree = queries.tree(session, kept.id), queries.tree(session, lost.id)
    pairs = queries.pairs_between(session, kept_tree, lost_tree)
    if any(pair.decision is PairDecision.DIFFERENT for pair in pairs):
        raise RuleBroken(
            "Somebody decided that these are different people. Undo that decision first.",
            code="different_people",
        )
    moved = queries.records_at_home_in(session, lost_tree)
    decision = _decide(session, LinkAct.MERGE, (kept.id, lost.id), actor, clock, moved=moved)
    for one in moved:
        one.learner_id = kept.id
    lost.merged_into_id = kept.id
    kept.first_referred_on = min(kept.first_referred_on, lost.first_referred_on)
    _settle(session, pairs, PairDecision.SAME, decision, clock)
    record(session, LearnersMerged(kept.id, lost.id, _ids(moved), decision.id))
    return decision.id


def mark_different(session: Session, pair_id: UUID, actor: Actor, clock: Clock) -> UUID:
    """Remember for ever that the two are different people. A second click changes nothing."""
    pair, left_id, right_id = _pair(session, pair_id)
    if pair.decision is PairDecision.DIFFERENT and pair.decision_id is not None:
        return pair.decision_id
    if pair.decision is not PairDecision.OPEN:
        raise Conflict(_ALREADY, code="already_decided")
    _two_survivors(session, left_id, right_id)
    left, right = queries.tree(session, left_id), queries.tree(session, right_id)
    pairs = queries.pairs_between(session, left, right, PairDecision.OPEN)
    decision = _decide(session, LinkAct.DIFFERENT, (left_id, right_id), actor, clock)
    _settle(session, pairs, PairDecision.DIFFERENT, decision, clock)
    return decision.id


def unmerge(session: Session, decision_id: UUID, actor: Actor, clock: Clock) -> None:
    """Undo a merge: every record goes back to the learner it came to, and so does what hangs on it.

    Raises NotFound when there is no such merge, Conflict when it was already undone.
    """
    decision = _standing(session, decision_id, {LinkAct.MERGE})
    _unmerge(session, decision, actor, clock)


def undo_decision(session: Session, decision_id: UUID, actor: Actor, clock: Clock) -> None:
    """Take back a decision, merge or 'different people'; the pair is open again."""
    decision = _standing(session, decision_id, {LinkAct.MERGE, LinkAct.DIFFERENT})
    if decision.act is LinkAct.MERGE:
        _unmerge(session, decision, actor, clock)
    else:
        _reopen(session, decision, actor, clock)


def _unmerge(session: Session, decision: LinkDecision, actor: Actor, clock: Clock) -> None:
    kept = queries.locked_survivors(session, {decision.lost_id})[decision.lost_id]
    lost = queries.locked_learners(session, {decision.lost_id})[decision.lost_id]
    everybody = queries.tree(session, kept.id)
    leaving = tree_of(lost.id, everybody)
    moved = queries.records_at_home_in(session, leaving)
    for one in moved:
        one.learner_id = lost.id
    lost.merged_into_id = None
    lost.first_referred_on = _earliest(moved)
    staying = queries.records_at_home_in(session, set(everybody) - leaving)
    kept.first_referred_on = _earliest(staying)
    _reopen(session, decision, actor, clock, moved=moved)
    record(session, LearnersUnmerged(kept.id, lost.id, _ids(moved), decision.id))


def _reopen(
    session: Session,
    decision: LinkDecision,
    actor: Actor,
    clock: Clock,
    *,
    moved: Collection[SourceRecord] = (),
) -> None:
    undo = UNDOES[LinkAct(decision.act)]
    who = (decision.kept_id, decision.lost_id)
    _decide(session, undo, who, actor, clock, moved=moved, supersedes_id=decision.id)
    pairs = queries.pairs_decided_by(session, decision.id)
    for pair in pairs:
        pair.decision, pair.decision_id, pair.decided_at = PairDecision.OPEN, None, None
    session.flush()
    if pairs:
        ask_to_decide(session, pairs, clock)


def _pair(session: Session, pair_id: UUID) -> tuple[DuplicatePair, UUID, UUID]:
    """The pair, locked and fresh, with the learners it is about now."""
    queries.lock_decisions(session)
    row = queries.locked_pair(session, pair_id)
    if row is None:
        raise NotFound("There is no such pair.")
    now = queries.survivors(session, [row.left_id, row.right_id])
    return row, now[row.left_id], now[row.right_id]


def _two_survivors(session: Session, keep_id: UUID, lose_id: UUID) -> tuple[Learner, Learner]:
    """Whom the two are now, locked."""
    queries.lock_decisions(session)
    now = queries.locked_survivors(session, {keep_id, lose_id})
    if len(now) < len({keep_id, lose_id}):
        raise NotFound("There is no such learner.")
    if now[keep_id].id == now[lose_id].id:
        raise RuleBroken("These two are already one learner.", code="same_learner")
    return now[keep_id], now[lose_id]


def _standing_of(learner: Learner) -> Standing:
    return Standing(learner.id, learner.first_referred_on, learner.created_at)


def _standing(session: Session, decision_id: UUID, acts: Collection[LinkAct]) -> LinkDecision:
    queries.lock_decisions(session)
    decision = queries.decision(session, decision_id)
    if decision is None or decision.act not in acts:
        raise NotFound("There is no such decision.")
    if not queries.still_stands(session, decision_id):
        raise Conflict("This decision has already been undone.", code="already_undone")
    return decision


def _decide(  # noqa: PLR0913 - one decision has these parts
    session: Session,
    act: LinkAct,
    who: tuple[UUID, UUID],
    actor: Actor,
    clock: Clock,
    *,
    moved: Collection[SourceRecord] = (),
    supersedes_id: UUID | None = None,
) -> LinkDecision:
    decision = LinkDecision(
        act=act,
        kept_id=who[0],
        lost_id=who[1],
        source_record_ids=[str(one.id) for one in moved],
        decided_by=actor.id,
        at=clock.now(),
        supersedes_id=supersedes_id,
    )
    session.add(decision)
    session.flush()
    for learner_id in who:
        audit.record(session, actor, f"learner.{_DONE[act]}", "learner", learner_id, clock=clock)
    return decision


_DONE = {
    LinkAct.MERGE: "merged",
    LinkAct.UNMERGE: "unmerged",
    LinkAct.DIFFERENT: "told_apart",
    LinkAct.RECONSIDER: "reconsidered",
}


def _settle(
    session: Session, pairs: Iterable[DuplicatePair], how: PairDecision, decision: LinkDecision, clock: Clock
) -> None:
    waiting = [pair for pair in pairs if pair.decision is PairDecision.OPEN]
    for pair in waiting:
        pair.decision, pair.decision_id, pair.decided_at = how, decision.id, clock.now()
    session.flush()
    stop_asking(session, waiting, clock)


def _earliest(records: Iterable[SourceRecord]) -> date:
    return min(one.referred_on for one in records)


def _ids(records: Iterable[SourceRecord]) -> tuple[UUID, ...]:
    return tuple(one.id for one in records)
