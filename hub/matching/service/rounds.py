"""Rounds: previewed, closed. Previewing stores snapshot and result and holds nothing."""

import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.vault import new_subject
from hub.matching import queries
from hub.matching.domain.allocation import decide, next_pressures, prepare
from hub.matching.domain.packing import pack
from hub.matching.domain.result import Result, result_to_dict
from hub.matching.domain.rounds import LineState, NewRound, RoundKind, RoundState
from hub.matching.domain.snapshot import Snapshot, canonical_sha256, parse_snapshot
from hub.matching.models import MatchClass, MatchLine, MatchRound
from hub.matching.service.snapshots import Taken, take
from hub.policy import reads as policy
from hub.steps import service as steps
from hub.steps.domain import NewStep, StepKind

SUBJECT = "match_round"
SEED_BYTES = 32


def preview(session: Session, new: NewRound, actor: Actor, clock: Clock) -> MatchRound:
    """Match everybody who waits with every open place, and keep the result for a person to look at.

    An older preview of the same kind is closed. Raises RuleBroken `nobody_waiting` or `no_classes` when there
    is nothing to match, `round_unstable` when the check of the result finds a pair that would rather have
    each other (which must not happen: then nothing is stored).
    """
    queries.lock_releases(session)
    taken = take(session, new, clock)
    _require_something(taken)
    seed = secrets.token_hex(SEED_BYTES)
    snapshot = parse_snapshot(taken.data)
    result = decide(prepare(snapshot, seed), canonical_sha256(taken.data))
    require_stable(result)
    for older in queries.previews(session, new.kind):
        end(session, older, RoundState.CLOSED, "newer_preview", actor, clock)
    row = _store(session, new, taken, result, actor, clock)
    session.add_all(_classes(row, taken, snapshot, result))
    session.execute(insert(MatchLine), _lines(row, taken, result))
    session.flush()
    audit.record(session, actor, "match_round.previewed", SUBJECT, row.id, clock=clock)
    _ask_to_release(session, row, clock)
    session.flush()
    return row


def require_stable(result: Result) -> None:
    """No pair that would both rather have each other, and no place empty while somebody wants it."""
    if result.summary.blocking_pairs:
        raise RuleBroken(
            "The check of this round failed, so it was not kept. Tell whoever runs this service.",
            code="round_unstable",
        )


def _require_something(taken: Taken) -> None:
    if not taken.entries:
        raise RuleBroken("Nobody is waiting who can be matched today.", code="nobody_waiting")
    if not taken.data["classes"]:
        raise RuleBroken(
            "There is no open class to match. A class must be published, not begun, and its provider needs"
            " a sharing agreement with the hub.",
            code="no_classes",
        )


def _store(  # noqa: PLR0913, PLR0917 - what a round is made of
    session: Session, new: NewRound, taken: Taken, result: Result, actor: Actor, clock: Clock
) -> MatchRound:
    row = MatchRound(
        subject_id=new_subject(new_id()),
        name=taken.name,
        kind=new.kind,
        state=RoundState.PREVIEWED,
        seed=result.seed,
        algorithm=result.algorithm,
        snapshot_sha256=result.snapshot_sha256,
        policy=taken.data["policy"],
        learners=len(taken.entries),
        placed=result.summary.placed,
        edges=result.summary.edges,
        maximum_possible=result.summary.maximum_possible,
        blocking_pairs=result.summary.blocking_pairs,
        created_at=clock.now(),
        created_by=actor.id,
        snapshot=pack(taken.data),
        result=pack(result_to_dict(result)),
    )
    session.add(row)
    session.flush()
    return row


def _classes(row: MatchRound, taken: Taken, snapshot: Snapshot, result: Result) -> list[MatchClass]:
    placed = Counter(one.cls for one in result.assignments)
    pressures = next_pressures(snapshot)
    return [
        MatchClass(
            match_round_id=row.id,
            esol_class_id=one.view.id,
            class_version=one.view.version,
            key=one.key,
            left_out=one.left_out,
            places=one.view.free,
            placed=placed[one.key] if one.key else 0,
            pressure=one.pressure,
            next_pressure=pressures.get(one.key, one.pressure) if one.key else one.pressure,
        )
        for one in taken.classes
    ]


def _lines(row: MatchRound, taken: Taken, result: Result) -> list[dict[str, Any]]:
    """Rows to insert in one go: there may be thousands."""
    class_ids: Mapping[str, UUID] = {one.key: one.view.id for one in taken.classes if one.key}
    placed = [
        _line(row, taken, one.learner, LineState.PROPOSED)
        | {"esol_class_id": class_ids[one.cls], "band": one.band, "reason": None}
        for one in result.assignments
    ]
    return placed + [
        _line(row, taken, one.learner, LineState.UNMATCHED)
        | {"esol_class_id": None, "band": None, "reason": one.reason}
        for one in result.unmatched
    ]


def _line(row: MatchRound, taken: Taken, key: str, state: LineState) -> dict[str, Any]:
    entry = taken.entries[key]
    return {
        "id": new_id(), "match_round_id": row.id, "key": key, "state": state, "entry_id": entry.id,
        "entry_version": entry.version, "learner_id": entry.learner_id, "stale": None,
    }  # fmt: skip


def _ask_to_release(session: Session, row: MatchRound, clock: Clock) -> None:
    """The preview waits for a person, in their list of work; it takes the place of the step that asked for it."""
    if row.kind is RoundKind.WEEKLY:
        steps.close_step(session, StepKind.ROUND_TO_RUN, steps.hub_role(session).organisation_id, clock)
    if row.placed:
        due = steps.due(session, "review_days", clock)
        step = NewStep(StepKind.ROUND_TO_RUN, SUBJECT, row.id, steps.hub_role(session), due)
        steps.open_step(session, step, clock)


def end(  # noqa: PLR0913, PLR0917 - how, why, by whom
    session: Session, row: MatchRound, state: RoundState, reason: str, actor: Actor, clock: Clock
) -> None:
    """A round takes no more releases."""
    row.state, row.end_reason = state, reason
    row.ended_at, row.ended_by = clock.now(), actor.id
    steps.close_step(session, StepKind.ROUND_TO_RUN, row.id, clock, reason)
    audit.record(session, actor, f"match_round.{state.value}", SUBJECT, row.id, clock=clock, reason=reason)
    session.flush()


def close_finished(session: Session, actor: Actor, clock: Clock) -> int:
    """Close released rounds whose offers have all been answered; how many."""
    done = queries.finished_rounds(session)
    for row in done:
        end(session, row, RoundState.CLOSED, "all_answered", actor, clock)
    return len(done)


def ask_for_round(session: Session, clock: Clock) -> bool:
    """Open the step that a round is due, when the last one lies as many days back as the clock allows."""
    every = policy.number(session, "round_every_days", clock.today())
    last = queries.newest_round(session, RoundKind.WEEKLY, released=False)
    if not every or (last is not None and (clock.now() - last.created_at).days < every):
        return False
    owner = steps.hub_role(session)
    due = steps.due(session, "review_days", clock)
    steps.open_step(session, NewStep(StepKind.ROUND_TO_RUN, "hub", owner.organisation_id, owner, due), clock)
    session.flush()
    return True
