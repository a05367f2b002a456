"""Rounds as a manager looks at them: by class, by learner, what is different, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.errors import NotFound, RuleBroken
from hub.learners import reads as learners
from hub.matching import queries
from hub.matching.domain.allocation import prepare
from hub.matching.domain.explain import Answer, Explainer
from hub.matching.domain.packing import unpack
from hub.matching.domain.result import result_from_dict
from hub.matching.domain.rounds import LeftOut, LineState, RoundKind, RoundState, Stale
from hub.matching.domain.snapshot import parse_snapshot
from hub.matching.models import MatchClass, MatchLine, MatchRound
from hub.provision import reads as provision
from hub.provision.reads import EsolClassView


@dataclass(frozen=True, slots=True)
class RoundView:
    """One round in figures. `counts`: lines by state."""

    id: UUID
    name: str
    kind: RoundKind
    state: RoundState
    seed: str
    snapshot_sha256: str
    algorithm: str
    policy: Mapping[str, Any]
    learners: int
    placed: int
    edges: int
    maximum_possible: int | None
    blocking_pairs: int
    created_at: datetime
    released_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    counts: Mapping[LineState, int]
    version: int

    @property
    def can_release(self) -> bool:
        return self.state in {RoundState.PREVIEWED, RoundState.RELEASED} and bool(
            self.counts.get(LineState.PROPOSED)
        )

    @property
    def can_undo(self) -> bool:
        return self.state in {RoundState.PREVIEWED, RoundState.RELEASED}


@dataclass(frozen=True, slots=True)
class Line:
    """One learner's line. `before`: the class of the last round, None where there was none."""

    id: UUID
    learner_id: UUID
    entry_id: UUID
    class_id: UUID | None
    state: LineState
    band: int | None
    reason: str | None
    stale: Stale | None
    distance_km: float | None
    before: UUID | None
    was_there: bool

    @property
    def difference(self) -> str:
        """What changed since the last round, in words."""
        if not self.was_there:
            return "New"
        if self.before == self.class_id:
            return "Same"
        return (
            "Other class" if self.before and self.class_id else "Placed now" if self.class_id else "Not now"
        )


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class in a round: its places then, how many the round would fill, or why it was left out."""

    view: EsolClassView
    places: int
    placed: int
    left_out: LeftOut | None
    pressure: float


@dataclass(frozen=True, slots=True)
class Detail:
    """A whole round."""

    view: RoundView
    lines: tuple[Line, ...]
    classes: tuple[ClassLine, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a learner did or did not get a class, in sentences for the learner."""

    learner_id: UUID
    class_id: UUID
    letter: str
    sentences: tuple[str, ...]
    answer: Answer


def rounds(session: Session, limit: int = 50) -> list[RoundView]:
    """Rounds, newest first."""
    rows = queries.rounds(session, limit)
    counts = queries.line_counts(session, [row.id for row in rows]) if rows else {}
    return [_view(row, counts.get(row.id, {})) for row in rows]


def match_round(session: Session, round_id: UUID) -> RoundView:
    """One round in figures; NotFound."""
    row = queries.match_round(session, round_id)
    return _view(row, queries.line_counts(session, [row.id]).get(row.id, {}))


def detail(session: Session, round_id: UUID) -> Detail:
    """A round with every line and class; NotFound."""
    row = queries.match_round(session, round_id)
    result = unpack(row.result or "")
    km = {one["learner"]: one["distance_km"] for one in result["assignments"]}
    older = queries.round_before(session, row)
    before = {one.entry_id: one for one in queries.lines(session, older.id)} if older else {}
    found = queries.round_classes(session, row.id)
    views = provision.classes(session, [one.esol_class_id for one in found])
    classes = (
        ClassLine(views[one.esol_class_id], one.places, one.placed, one.left_out, one.pressure)
        for one in found
    )
    return Detail(
        match_round(session, round_id),
        tuple(
            _line(one, km.get(one.key), before.get(one.entry_id)) for one in queries.lines(session, row.id)
        ),
        tuple(sorted(classes, key=lambda one: (one.view.start_on, one.view.title, one.view.id))),
    )


def snapshot(session: Session, round_id: UUID) -> tuple[Any, Any]:
    """(snapshot, result) of a round: personal data, for the manager, the auditor and a named verifier."""
    row = queries.match_round(session, round_id)
    return unpack(row.snapshot or ""), unpack(row.result or "")


def why(session: Session, round_id: UUID, learner_id: UUID, class_id: UUID) -> list[Why]:
    """The answers for a learner and a class, one for each of the learner's entries in the round.

    Raises NotFound when the learner or the class took no part, RuleBroken `left_out` with the reason when the
    class was left out of the round.
    """
    row = queries.match_round(session, round_id)
    found = queries.line_of_learner(session, row.id, learners.same_person_ids(session, learner_id))
    by_class = {one.esol_class_id: one for one in queries.round_classes(session, row.id)}
    if not found or class_id not in by_class:
        raise NotFound("This learner or this class was not in the round.")
    one = by_class[class_id]
    if one.key is None:
        reason = one.left_out.words if one.left_out else ""
        raise RuleBroken(f"The class was left out of this round. {reason}.", code="left_out")
    answers = explainer(row)
    return [
        Why(line.learner_id, class_id, answer.letter, answer.sentences(), answer)
        for line in found
        for answer in [answers.why(line.key, one.key)]
    ]


@dataclass(frozen=True, slots=True)
class ClassAnswer:
    """The answer for one class of a round and one entry of a learner."""

    view: EsolClassView
    has_it: bool
    letter: str
    sentences: tuple[str, ...]


def class_answers(session: Session, round_id: UUID, learner_id: UUID) -> list[ClassAnswer]:
    """For one learner, the answer for every class of the round: the own one first, then the nearest miss.

    NotFound when the learner took no part.
    """
    row = queries.match_round(session, round_id)
    found = queries.line_of_learner(session, row.id, learners.same_person_ids(session, learner_id))
    if not found:
        raise NotFound("This learner was not in the round.")
    classes = queries.round_classes(session, row.id)
    views = provision.classes(session, [one.esol_class_id for one in classes])
    answers = explainer(row)
    rows = [_class_answer(views[one.esol_class_id], one, line, answers) for line in found for one in classes]
    return sorted(rows, key=lambda one: (not one.has_it, "BCA-".index(one.letter), len(one.sentences)))


def _class_answer(view: EsolClassView, one: MatchClass, line: MatchLine, answers: Explainer) -> ClassAnswer:
    if one.key is None:
        return ClassAnswer(view, False, "-", (one.left_out.words + "." if one.left_out else "",))
    answer = answers.why(line.key, one.key)
    return ClassAnswer(view, line.esol_class_id == view.id, answer.letter, answer.sentences())


def explainer(row: MatchRound) -> Explainer:
    """The round worked out again from its own snapshot and seed."""
    result = result_from_dict(unpack(row.result or ""))
    return Explainer(prepare(parse_snapshot(unpack(row.snapshot or "")), result.seed), result)


def vacancies(session: Session) -> list[tuple[EsolClassView, datetime]]:
    """Classes in which a place came free and that wait for a refill, with since when."""
    found = queries.open_vacancies(session)
    views = provision.classes(session, [one.esol_class_id for one in found])
    return [(views[one.esol_class_id], one.opened_at) for one in found if views[one.esol_class_id].free > 0]


def _view(row: MatchRound, counts: Mapping[LineState, int]) -> RoundView:
    return RoundView(
        id=row.id, name=row.name, kind=row.kind, state=row.state, seed=row.seed,
        snapshot_sha256=row.snapshot_sha256, algorithm=row.algorithm, policy=row.policy,
        learners=row.learners, placed=row.placed, edges=row.edges, maximum_possible=row.maximum_possible,
        blocking_pairs=row.blocking_pairs, created_at=row.created_at, released_at=row.released_at,
        ended_at=row.ended_at, end_reason=row.end_reason, counts=counts, version=row.version,
    )  # fmt: skip


def _line(row: MatchLine, km: float | None, before: MatchLine | None) -> Line:
    return Line(
        row.id, row.learner_id, row.entry_id, row.esol_class_id, row.state, row.band, row.reason, row.stale,
        km, before.esol_class_id if before else None, before is not None,
    )  # fmt: skip
