"""Joining two learners and telling two apart, by a person or by the hub; either can be taken back, exactly."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record
from hub.learners import queries, reads
from hub.learners.domain.events import LearnersMerged, LearnersUnmerged
from hub.learners.domain.forest import tree_of
from hub.learners.domain.merging import LinkAction, Standing, keep_and_lose, weights_json
from hub.learners.domain.pairs import PairDecision
from hub.learners.domain.scoring import Comparison, Zone
from hub.learners.domain.zones import Held
from hub.learners.models import DuplicatePair, Learner, LinkDecision, SourceRecord
from hub.learners.queries import deciding
from hub.learners.service.splitting import ask_whose_here, keep_split_steps
from hub.learners.service.steps import ask_to_decide, stop_asking

AUTOMATIC = "automatic"
"""The reason of a decision that the hub made by itself."""

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
    compared = reads.comparison_of(session, pair, clock.today())
    return merge(session, keep_id, lose_id, actor, clock, compared=compared)


def merge(  # noqa: PLR0913 - the contract: which two, by whom, when, by what comparison
    session: Session,
    keep_id: UUID,
    lose_id: UUID,
    actor: Actor,
    clock: Clock,
    *,
    compared: Comparison | None = None,
) -> UUID:
    """Make two learners one and return the decision: all that came with `lose_id` becomes of `keep_id`.

    The earliest first referral date is kept. Raises NotFound, RuleBroken `same_learner`, and RuleBroken
    `different_people` where somebody decided that two of those who would be one are different people.
    """
    kept, lost = _two_survivors(session, keep_id, lose_id)
    kept_tree, lost_tree = queries.tree(session, kept.id), queries.tree(session, lost.id)
    pairs = deciding.pairs_between(session, kept_tree, lost_tree)
    _require_not_told_apart(pairs)
    queries.forget_taken_in(session)
    moved = queries.records_at_home_in(session, lost_tree)
    said = _Saying(LinkAction.LINK, kept.id, lost.id, compared)
    decision = _decide(session, said, actor, clock)
    for one in moved:
        one.learner_id = kept.id
    lost.merged_into_id = kept.id
    kept.first_referred_on = min(kept.first_referred_on, lost.first_referred_on)
    _settle(session, pairs, PairDecision.SAME, decision, clock)
    keep_split_steps(session, {*kept_tree, *lost_tree}, clock)
    record(session, LearnersMerged(kept.id, lost.id, _ids(moved), decision.id))
    return decision.id


def _require_not_told_apart(pairs: Iterable[DuplicatePair]) -> None:
    if any(pair.decision is PairDecision.DIFFERENT for pair in pairs):
        raise RuleBroken(
            "Somebody decided that these are different people. Undo that decision first.",
            code="different_people",
        )


def mark_different(session: Session, pair_id: UUID, actor: Actor, clock: Clock) -> UUID:
    """Remember for ever that the two are different people. A second click changes nothing."""
    pair, left_id, right_id = _pair(session, pair_id)
    if pair.decision is PairDecision.DIFFERENT and pair.decision_id is not None:
        return pair.decision_id
    if pair.decision is not PairDecision.OPEN:
        raise Conflict(_ALREADY, code="already_decided")
    _two_survivors(session, left_id, right_id)
    left, right = queries.tree(session, left_id), queries.tree(session, right_id)
    pairs = deciding.pairs_between(session, left, right, PairDecision.OPEN)
    said = _Saying(LinkAction.REJECT, left_id, right_id, reads.comparison_of(session, pair, clock.today()))
    decision = _decide(session, said, actor, clock)
    _settle(session, pairs, PairDecision.DIFFERENT, decision, clock)
    return decision.id


def unmerge(session: Session, decision_id: UUID, actor: Actor, clock: Clock) -> None:
    """Undo a merge: every record goes back to the learner it came to, and so does what hangs on it.

    Raises NotFound when there is no such merge, Conflict when it was already undone.
    """
    decision, lost_id = _standing(session, decision_id, {LinkAction.LINK})
    _unmerge(session, decision, lost_id, actor, clock)


def undo_decision(session: Session, decision_id: UUID, actor: Actor, clock: Clock) -> None:
    """Take back a decision, 'one person' or 'different people'; the pair is open again."""
    decision, lost_id = _standing(session, decision_id, {LinkAction.LINK, LinkAction.REJECT})
    if decision.action is LinkAction.LINK:
        _unmerge(session, decision, lost_id, actor, clock)
    else:
        _reopen(session, decision, lost_id, actor, clock)


def _unmerge(session: Session, decision: LinkDecision, lost_id: UUID, actor: Actor, clock: Clock) -> None:
    kept = queries.locked_survivors(session, {lost_id})[lost_id]
    lost = queries.locked_learners(session, {lost_id})[lost_id]
    everybody = queries.tree(session, kept.id)
    leaving = tree_of(lost.id, everybody)
    moved = queries.records_at_home_in(session, leaving)
    for one in moved:
        one.learner_id = lost.id
    lost.merged_into_id = None
    lost.first_referred_on = _earliest(moved)
    staying = queries.records_at_home_in(session, set(everybody) - leaving)
    kept.first_referred_on = _earliest(staying)
    _reopen(session, decision, lost_id, actor, clock)
    keep_split_steps(session, everybody, clock)
    event = LearnersUnmerged(kept.id, lost.id, _ids(moved), decision.id, decision.at)
    ask_whose_here(session, event, clock)
    record(session, event)


def _reopen(session: Session, decision: LinkDecision, lost_id: UUID, actor: Actor, clock: Clock) -> None:
    said = _Saying(LinkAction.UNLINK, decision.person_id, lost_id, supersedes=decision)
    _decide(session, said, actor, clock)
    pairs = deciding.pairs_decided_by(session, decision.id)
    for pair in pairs:
        pair.decision, pair.decision_id, pair.decided_at = PairDecision.OPEN, None, None
        pair.held_because = Held.TAKEN_BACK  # the hub must not link again what a person has parted
    session.flush()
    if asked := [pair for pair in pairs if pair.zone is not Zone.NEW or pair.sampled_on is not None]:
        ask_to_decide(session, asked, clock)  # of the low band nobody was asked before either


def _pair(session: Session, pair_id: UUID) -> tuple[DuplicatePair, UUID, UUID]:
    """The pair, locked and fresh, with the learners it is about now."""
    deciding.lock_decisions(session)
    row = deciding.locked_pair(session, pair_id)
    if row is None:
        raise NotFound("There is no such pair.")
    now = queries.survivors(session, [row.left_id, row.right_id])
    return row, now[row.left_id], now[row.right_id]


def _two_survivors(session: Session, keep_id: UUID, lose_id: UUID) -> tuple[Learner, Learner]:
    """Whom the two are now, locked."""
    deciding.lock_decisions(session)
    now = queries.locked_survivors(session, {keep_id, lose_id})
    if len(now) < len({keep_id, lose_id}):
        raise NotFound("There is no such learner.")
    if now[keep_id].id == now[lose_id].id:
        raise RuleBroken("These two are already one learner.", code="same_learner")
    return now[keep_id], now[lose_id]


def _standing_of(learner: Learner) -> Standing:
    return Standing(learner.id, learner.first_referred_on, learner.created_at)


def _standing(
    session: Session, decision_id: UUID, actions: Collection[LinkAction]
) -> tuple[LinkDecision, UUID]:
    """The decision and the learner it joined or told apart, unless it was taken back already."""
    deciding.lock_decisions(session)
    found = deciding.decision(session, decision_id)
    if found is None or found[0].action not in actions:
        raise NotFound("There is no such decision.")
    if not deciding.still_stands(session, decision_id):
        raise Conflict("This decision has already been undone.", code="already_undone")
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class _Saying:
    """What is decided of two learners, and by what comparison; `supersedes` is the decision taken back."""

    action: LinkAction
    person_id: UUID
    other_id: UUID
    compared: Comparison | None = None
    supersedes: LinkDecision | None = None


def _decide(session: Session, said: _Saying, actor: Actor, clock: Clock) -> LinkDecision:
    before, compared = said.supersedes, said.compared
    decision = LinkDecision(
        person_id=said.person_id,
        source_record_id=deciding.first_record_of(session, said.other_id),
        action=said.action,
        score=compared.score if compared else None,
        weights_json=weights_json(compared),
        model_version=compared.model_version if compared else None,
        decided_by=actor.id,
        reason=AUTOMATIC if actor.id is None and compared else None,
        at=clock.now(),
        supersedes_id=before.id if before else None,
    )
    session.add(decision)
    session.flush()
    done = _TAKEN_BACK[before.action] if before else _DONE[said.action]
    for learner_id in (said.person_id, said.other_id):
        audit.record(session, actor, f"learner.{done}", "learner", learner_id, clock=clock)
    return decision


_DONE = {LinkAction.LINK: "merged", LinkAction.REJECT: "told_apart"}
_TAKEN_BACK = {LinkAction.LINK: "unmerged", LinkAction.REJECT: "reconsidered"}


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
