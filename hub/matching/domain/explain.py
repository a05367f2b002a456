"""'Why not this class?': a complete answer for every learner and every class of a round.

A stable outcome leaves three answers and no fourth: (A) not eligible, with every rule that fails; (B) the
learner has, or asked for, something they put at least as high; (C) the class is full, and everybody in an
open place comes first by the published order. No answer tells anything of another person beyond the class's
cutoff.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hub.matching.domain.allocation import Round, prepare, standing
from hub.matching.domain.eligibility import Refusal, RefusalCode, refusals
from hub.matching.domain.plain import groups_missing, in_words
from hub.matching.domain.result import Cutoff, Result
from hub.matching.domain.snapshot import Snapshot, SnapshotClass

SHOWN_FROM = 5  # applicants; below, a cutoff could point at a person


class Better(StrEnum):
    """Why the learner's outcome stands at least as high as the class asked about."""

    THIS_CLASS = "this_class"
    OWN_CHOICE = "own_choice"
    NOT_CHOSEN = "not_chosen"
    BETTER_BAND = "better_band"
    LESS_CONTESTED = "less_contested"
    LOTTERY = "lottery"


class Decider(StrEnum):
    """The first part of the class's order in which the learner comes later, or why none is shown."""

    PRIORITY_BAND = "priority_band"
    OUTSIDE_AREA = "outside_area"
    WAITING_BUCKET = "waiting_bucket"
    TICKET = "ticket"
    NO_PLACES = "no_places"
    ALL_RESERVED = "all_reserved"
    NOT_SHOWN = "not_shown"


@dataclass(frozen=True, slots=True)
class NotEligible:
    """(A) Every rule that keeps the learner out, with both values."""

    refusals: tuple[Refusal, ...]
    letter: str = "A"

    def sentences(self) -> tuple[str, ...]:
        """One plain sentence for each rule."""
        return tuple(_REFUSED[one.code](one) for one in self.refusals)


@dataclass(frozen=True, slots=True)
class RankedHigher:
    """(B) The learner's class (None where they have none), and why it stands at least as high."""

    because: Better
    has_class: str | None
    letter: str = "B"

    def sentences(self) -> tuple[str, ...]:
        """One plain sentence."""
        return (_PREFERRED[self.because],)


@dataclass(frozen=True, slots=True)
class Standing:
    """A place in a class's order, as far as it may be shown; the ticket only where all else is equal."""

    priority_band: int
    outside_area: bool
    waited_at_least_days: int
    ticket: str | None


@dataclass(frozen=True, slots=True)
class ClassFull:
    """(C) All places went to people who come first by the class's order."""

    places: int
    decided_by: Decider
    own: Standing
    cutoff: Standing | None
    reserved_for_others: bool
    letter: str = "C"

    def sentences(self) -> tuple[str, ...]:
        """What the last person had, what the learner has, and a word on places kept for others."""
        first = _FULL[self.decided_by](self)
        if self.reserved_for_others and self.decided_by is not Decider.ALL_RESERVED:
            return (first, "Some places were kept first for people in a group you are not in.")
        return (first,)


Answer = NotEligible | RankedHigher | ClassFull


class Explainer:
    """Answers for one round and its result; build once, ask as often as wanted (microseconds a question)."""

    def __init__(self, prepared: Round, result: Result) -> None:
        """`result` must be the result of the prepared round."""
        self._round = prepared
        self._result = result
        self._learners = {one.id: row for row, one in enumerate(prepared.snapshot.learners)}
        self._classes = {one.id: row for row, one in enumerate(prepared.snapshot.classes)}
        self._has = {one.learner: one.cls for one in result.assignments}
        self._applicants = np.bincount(prepared.wishes.cls, minlength=len(self._classes)).tolist()

    def why(self, learner_id: str, class_id: str) -> Answer:
        """The answer for one pair; `KeyError` for an id that is not in the round."""
        row, cls = self._learners[learner_id], self._classes[class_id]
        snapshot = self._round.snapshot
        failed = refusals(snapshot.learners[row], snapshot.classes[cls])
        if failed:
            return NotEligible(failed)
        has = self._has.get(learner_id)
        if has == class_id:
            return RankedHigher(Better.THIS_CLASS, has)
        wishes = self._round.market.wishes[row]
        if cls not in wishes:
            return RankedHigher(Better.NOT_CHOSEN, has)
        if has is not None and wishes.index(self._classes[has]) < wishes.index(cls):
            return RankedHigher(self._why_better(row, self._classes[has], cls), has)
        return self._full(row, cls)

    def _why_better(self, row: int, has: int, asked: int) -> Better:
        snapshot, wishes = self._round.snapshot, self._round.wishes
        if snapshot.learners[row].choices:
            return Better.OWN_CHOICE
        mine = self._round.market.wishes[row]
        start = wishes.start[row]
        if wishes.band[start + mine.index(has)] < wishes.band[start + mine.index(asked)]:
            return Better.BETTER_BAND
        if snapshot.classes[has].pressure < snapshot.classes[asked].pressure:
            return Better.LESS_CONTESTED
        return Better.LOTTERY

    def _full(self, row: int, cls: int) -> ClassFull:
        one = self._round.snapshot.classes[cls]
        own = standing(self._round, row, cls)
        cutoff = self._result.cutoffs.get(one.id)
        decider = self._decider(one, own, cutoff)
        tied = decider is Decider.TICKET
        quotas = self._round.market.quotas[cls]
        return ClassFull(
            places=one.places,
            decided_by=decider,
            own=self._shown(own, tied),
            cutoff=None if cutoff is None or decider is Decider.NOT_SHOWN else self._shown(cutoff, tied),
            reserved_for_others=any(quota.count and row not in quota.members for quota in quotas),
        )

    def _decider(self, one: SnapshotClass, own: Cutoff, cutoff: Cutoff | None) -> Decider:
        if one.places == 0:
            return Decider.NO_PLACES
        if cutoff is not None and own.key() < cutoff.key():
            raise ValueError("this result does not belong to this round: the learner comes before the cutoff")
        if self._applicants[self._classes[one.id]] < SHOWN_FROM:
            return Decider.NOT_SHOWN
        if cutoff is None:
            if not one.reserves:
                raise ValueError("this result does not belong to this round: a full class has no cutoff")
            return Decider.ALL_RESERVED
        parts = zip(_ORDER, own.key(), cutoff.key(), strict=True)
        return next(decider for decider, mine, last in parts if mine != last)

    def _shown(self, place: Cutoff, tied: bool) -> Standing:
        days = place.waiting_bucket * self._round.snapshot.policy.waiting_bucket_days
        return Standing(place.priority_band, place.outside_area, max(days, 0), place.ticket if tied else None)


def explain(snapshot: Snapshot, result: Result, learner_id: str, class_id: str) -> Answer:
    """One answer from a stored snapshot and its result; for many, keep an `Explainer`."""
    return Explainer(prepare(snapshot, result.seed), result).why(learner_id, class_id)


_ORDER = (Decider.PRIORITY_BAND, Decider.OUTSIDE_AREA, Decider.WAITING_BUCKET, Decider.TICKET)

# ---------------------------------------------------------------- in plain English

_REFUSED: dict[RefusalCode, Callable[[Refusal], str]] = {
    RefusalCode.LEVEL: lambda one: (
        f"The class is for {in_words(one.class_value)}. Your level is {in_words(one.learner_value)}."
    ),
    RefusalCode.SLOT: lambda one: (
        f"The class meets {in_words(one.class_value)}. You can come {in_words(one.learner_value)}."
    ),
    RefusalCode.REQUIRES: lambda one: (
        f"The class is only for {groups_missing(one.class_value, one.learner_value)}."
    ),
    RefusalCode.NEEDS: lambda one: (
        f"You need: {in_words(one.learner_value)}. The class has: {in_words(one.class_value)}."
    ),
    RefusalCode.FUNDING: lambda one: (
        f"The class can be paid for by: {in_words(one.class_value)}. You can use: {in_words(one.learner_value)}."
    ),
    RefusalCode.START: lambda one: (
        f"The class starts on {in_words(one.class_value)}. You can start from {in_words(one.learner_value)}."
    ),
    RefusalCode.TRAVEL: lambda one: (
        "The class is in person and we do not know where you live."
        if one.learner_value == "no location"
        else f"The class is {one.class_value} away. You can travel {one.learner_value}."
    ),
    RefusalCode.DECLINED: lambda _: "This class was set aside for you, so it was not offered again.",
}

_PREFERRED = {
    Better.THIS_CLASS: "You have a place in this class.",
    Better.OWN_CHOICE: "You have a place in a class that you put higher on your list.",
    Better.NOT_CHOSEN: "You gave us a list of classes, and this class is not on it.",
    Better.BETTER_BAND: "You have a place in a class that is nearer, starts sooner, or both.",
    Better.LESS_CONTESTED: (
        "You have a place in a class that suits you about as well, and that fewer people are waiting for."
    ),
    Better.LOTTERY: "You have a place in a class that suits you just as well; the lottery put it first.",
}

_FULL: dict[Decider, Callable[[ClassFull], str]] = {
    Decider.NO_PLACES: lambda _: "The class has no free places.",
    Decider.ALL_RESERVED: lambda _: (
        "The class is full. All its places were kept first for groups of people, and they filled them."
    ),
    Decider.NOT_SHOWN: lambda _: (
        "The class is full, and everyone with a place comes before you by the published rules. "
        "Few people asked for it, so we cannot say more without telling you about them."
    ),
    Decider.PRIORITY_BAND: lambda full: (
        f"The class is full. The last place went to priority band {_cutoff(full).priority_band}; "
        f"yours is {full.own.priority_band}."
    ),
    Decider.OUTSIDE_AREA: lambda _: (
        "The class is full. The last place went to someone who lives in the area the class is paid for; "
        "you live outside it."
    ),
    Decider.WAITING_BUCKET: lambda full: (
        f"The class is full. The last person to get a place had waited at least "
        f"{_cutoff(full).waited_at_least_days} days; you had waited {full.own.waited_at_least_days} or more."
    ),
    Decider.TICKET: lambda full: (
        "The class is full. You and the last person to get a place were equal, and the lottery decided: "
        f"their ticket {str(_cutoff(full).ticket)[:8]} came before yours, {str(full.own.ticket)[:8]}."
    ),
}


def _cutoff(full: ClassFull) -> Standing:
    if full.cutoff is None:
        raise ValueError(f"{full.decided_by} comes with a cutoff")
    return full.cutoff
