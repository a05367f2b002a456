"""The result of a round: who got which class, who did not and why, and the cutoffs anyone can check against.

Format `esol-hub/matching-result/1`. Only the standard library is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.matching.domain.reading import Fields, SnapshotInvalid

RESULT_FORMAT = "esol-hub/matching-result/1"
ALGORITHM = "learner-proposing-deferred-acceptance/1"
NO_ELIGIBLE_CLASS = "no_eligible_class"
OUTRANKED = "outranked"
_HIGHEST = 10**12  # far beyond any count, day or metre


class ResultInvalid(ValueError):
    """The JSON value is not a result of the published format; the message names the place."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A learner's class, the preference band it lies in and how far it is (0 online)."""

    learner: str
    cls: str
    band: int
    distance_km: float


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A learner without a class: `no_eligible_class` is a gap in provision, `outranked` is a queue."""

    learner: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Standing of the last person who got an open place in a full class."""

    priority_band: int
    outside_area: bool
    waiting_bucket: int
    ticket: str

    def key(self) -> tuple[int, bool, int, str]:
        """The class's order; smaller goes first."""
        return self.priority_band, self.outside_area, -self.waiting_bucket, self.ticket


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of the round; `maximum_possible` is None above 20,000 learners."""

    placed: int
    edges: int
    maximum_possible: int | None
    blocking_pairs: int


@dataclass(frozen=True, slots=True)
class Result:
    """Everything published or stored about the outcome of one round."""

    snapshot_sha256: str
    seed: str
    algorithm: str
    assignments: tuple[Assignment, ...]
    unmatched: tuple[Unmatched, ...]
    cutoffs: Mapping[str, Cutoff]
    summary: Summary


def result_to_dict(result: Result) -> dict[str, Any]:
    """The JSON object of a result; rows sorted by learner, cutoffs by class."""
    return {
        "format": RESULT_FORMAT,
        "snapshot_sha256": result.snapshot_sha256,
        "seed": result.seed,
        "algorithm": result.algorithm,
        "assignments": [
            {"learner": one.learner, "class": one.cls, "band": one.band, "distance_km": one.distance_km}
            for one in result.assignments
        ],
        "unmatched": [{"learner": one.learner, "reason": one.reason} for one in result.unmatched],
        "cutoffs": {name: _plain(cutoff) for name, cutoff in sorted(result.cutoffs.items())},
        "summary": _plain(result.summary),
    }


def _plain(row: Cutoff | Summary) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def result_from_dict(data: Any) -> Result:
    """The result in a JSON object; raises `ResultInvalid` naming the first place that is malformed."""
    try:
        return _result(data)
    except SnapshotInvalid as error:
        raise ResultInvalid(str(error)) from error


def _result(data: Any) -> Result:
    names = ("snapshot_sha256", "seed", "algorithm", "assignments", "unmatched", "cutoffs", "summary")
    fields = Fields(data, "", ("format", *names))
    if fields.raw("format") != RESULT_FORMAT:
        raise fields.fault("format", f"must be {RESULT_FORMAT!r}")
    cutoffs = fields.raw("cutoffs")
    if not isinstance(cutoffs, dict):
        raise fields.fault("cutoffs", "must be an object")
    if not isinstance(fields.raw("seed"), str):
        raise fields.fault("seed", "must be a text")
    return Result(
        snapshot_sha256=fields.text("snapshot_sha256"),
        seed=fields.raw("seed"),
        algorithm=fields.text("algorithm"),
        assignments=tuple(fields.each("assignments", _assignment)),
        unmatched=tuple(fields.each("unmatched", _unmatched)),
        cutoffs={name: _cutoff(one, f"cutoffs.{name}") for name, one in cutoffs.items()},
        summary=_summary(fields.raw("summary")),
    )


def _assignment(data: Any, path: str) -> Assignment:
    fields = Fields(data, path, ("learner", "class", "band", "distance_km"))
    return Assignment(
        learner=fields.text("learner"),
        cls=fields.text("class"),
        band=fields.integer("band", 0, _HIGHEST * _HIGHEST),
        distance_km=fields.number("distance_km", 0, _HIGHEST),
    )


def _unmatched(data: Any, path: str) -> Unmatched:
    fields = Fields(data, path, ("learner", "reason"))
    return Unmatched(fields.text("learner"), fields.choice("reason", (NO_ELIGIBLE_CLASS, OUTRANKED)))


def _cutoff(data: Any, path: str) -> Cutoff:
    fields = Fields(data, path, ("priority_band", "outside_area", "waiting_bucket", "ticket"))
    return Cutoff(
        priority_band=fields.integer("priority_band", 0, _HIGHEST),
        outside_area=fields.flag("outside_area"),
        waiting_bucket=fields.integer("waiting_bucket", -_HIGHEST, _HIGHEST),
        ticket=fields.text("ticket"),
    )


def _summary(data: Any) -> Summary:
    fields = Fields(data, "summary", ("placed", "edges", "maximum_possible", "blocking_pairs"))
    maximum = fields.raw("maximum_possible")
    return Summary(
        placed=fields.integer("placed", 0, _HIGHEST),
        edges=fields.integer("edges", 0, _HIGHEST),
        maximum_possible=None if maximum is None else fields.integer("maximum_possible", 0, _HIGHEST),
        blocking_pairs=fields.integer("blocking_pairs", 0, _HIGHEST),
    )
