"""Automatic linking: off until the hub turns it on with evidence; what it does, and what it leaves to a person."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record
from hub.learners import queries, reads
from hub.learners.domain.events import StrongMatchFound
from hub.learners.domain.merging import Standing, keep_and_lose
from hub.learners.domain.pairs import PairDecision
from hub.learners.domain.zones import Evidence, Held, Joining, held_because, require_evidence, zone_rules
from hub.learners.models import AutomaticLinking
from hub.learners.queries import deciding
from hub.learners.service.merge import merge

_SETTING = "automatic_linking"
BATCH = 200
"""The most pairs of one run: a first run over a linked file is spread over some minutes."""


def is_linking(session: Session, model_version: str | None) -> bool:
    """Whether the hub links by itself now, by this model: evidence about another model's zone proves nothing."""
    newest = deciding.switches(session, 1)
    return bool(newest) and newest[0].is_on and newest[0].model_version == model_version


def evidence(session: Session, model_version: str) -> Evidence:
    """What people have decided so far, for the automatic zone of this model."""
    return Evidence(*deciding.evidence(session, model_version))


def turn_on_linking(session: Session, reason: str, actor: Actor, clock: Clock) -> None:
    """Let the hub link the automatic zone by itself. RuleBroken without the evidence, or without a reason."""
    model_version = reads.recognition_model(clock.today()).version
    found = evidence(session, model_version)
    require_evidence(found, zone_rules(clock.today()))
    _switch(session, (True, reason), (model_version, found), actor, clock)


def turn_off_linking(session: Session, reason: str, actor: Actor, clock: Clock) -> None:
    """Only suggest from now on, at once; what was linked stays until somebody undoes it."""
    model_version = reads.recognition_model(clock.today()).version
    _switch(session, (False, reason), (model_version, evidence(session, model_version)), actor, clock)


def _switch(
    session: Session, to: tuple[bool, str], seen: tuple[str, Evidence], actor: Actor, clock: Clock
) -> None:
    (is_on, reason), (model_version, found) = to, seen
    if not reason.strip():
        raise RuleBroken("Say why", field="reason")
    row = AutomaticLinking(
        is_on=is_on,
        reason=reason.strip(),
        model_version=model_version,
        decided=found.decided,
        errors=found.errors,
        changed_by=actor.id,
        changed_at=clock.now(),
    )
    session.add(row)
    session.flush()
    done = "linking.turned_on" if is_on else "linking.turned_off"
    audit.record(session, actor, done, _SETTING, row.id, clock=clock)


def links_due(session: Session, clock: Clock) -> Sequence[UUID]:
    """Pairs of the automatic zone that the hub may try to link now; none while it only suggests."""
    version = reads.recognition_model(clock.today()).version
    return deciding.automatic_pairs(session, version, BATCH) if is_linking(session, version) else ()


def propose_link(session: Session, pair_id: UUID) -> None:
    """Ask who knows of assessments; the answer is `link_automatically`, in the same transaction."""
    pair = deciding.locked_pair(session, pair_id)
    if pair is not None:
        record(session, StrongMatchFound(pair.id, pair.left_id, pair.right_id))


def link_automatically(
    session: Session, pair_id: UUID, actor: Actor, clock: Clock, *, both_assessed: bool
) -> Held | None:
    """Link a pair of the automatic zone, or leave it to a person with the reason, which is returned.

    Nothing happens to a pair that somebody has decided in the meantime, or after linking was switched off.
    """
    deciding.lock_decisions(session)
    pair = deciding.locked_pair(session, pair_id)
    if pair is None or pair.decision is not PairDecision.OPEN or not is_linking(session, pair.model_version):
        return None
    now = queries.locked_survivors(session, {pair.left_id, pair.right_id})
    left, right = now[pair.left_id], now[pair.right_id]
    if left.id == right.id:
        return None
    joining = _joining(session, (left.id, right.id), both_assessed, clock)
    pair.held_because = held_because(joining, zone_rules(clock.today()))
    if pair.held_because is not None:
        session.flush()
        return pair.held_because
    standings = [Standing(one.id, one.first_referred_on, one.created_at) for one in (left, right)]
    keep_id, lose_id = keep_and_lose(standings[0], standings[1])
    merge(session, keep_id, lose_id, actor, clock, compared=reads.comparison_of(session, pair, clock.today()))
    return None


def _joining(session: Session, two: tuple[UUID, UUID], both_assessed: bool, clock: Clock) -> Joining:
    left, right = (queries.tree(session, one) for one in two)
    pairs = deciding.pairs_between(session, left, right, PairDecision.DIFFERENT)
    return Joining(
        records=len(left) + len(right),
        scores=() if pairs else reads.scores_between(session, left, right, clock.today()),
        told_apart=bool(pairs),
        both_assessed=both_assessed,
    )
