"""Where a learner stands, as the learner is told; and the words of the pages in twelve languages."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from hub.core.wordbook import WordBook

BOOK = WordBook(Path(__file__).parent / "data" / "words")
LEARNER_REASONS = (
    "location", "time", "childcare", "work_or_caring", "health", "needs_met_elsewhere", "wrong_level",
    "cost_or_funding", "moved_away", "no_longer_interested", "other",
)  # fmt: skip


class Stage(IntEnum):
    """The four steps that are drawn on the learner's page."""

    FORM = 1
    MEETING = 2
    LIST = 3
    CLASS = 4


STAGE_OF = {
    "draft": Stage.FORM,
    "submitted": Stage.FORM,
    "info_requested": Stage.FORM,
    "to_assess": Stage.MEETING,
    "assessed": Stage.LIST,
    "waiting": Stage.LIST,
    "placed": Stage.CLASS,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the next step follows from: states of open referrals, and what else is going on."""

    referral_states: Collection[str]
    on_hold: bool = False
    has_active_entry: bool = False
    check_in_due: bool = False
    has_offer: bool = False
    has_class: bool = False
    has_meeting: bool = False
    is_stopped: bool = False
    """Whether the learner has had stopped what comes next: assessing, or everything."""


def stage_of(facts: Facts) -> Stage | None:
    """The furthest step any open referral, entry or class has reached; None when nothing is open."""
    stages = [STAGE_OF[state] for state in facts.referral_states if state in STAGE_OF]
    if facts.has_active_entry:
        stages.append(Stage.LIST)
    if facts.has_class:
        stages.append(Stage.CLASS)
    return max(stages, default=None)


def next_step(facts: Facts) -> str:
    """The key of the words that say what happens next: what the learner can do comes first."""
    stage = stage_of(facts)
    if facts.has_offer:
        return "next_offer"
    if facts.is_stopped and stage not in {None, Stage.CLASS}:
        return "next_stopped"
    if facts.check_in_due:
        return "check_title"
    if stage is None:
        return "next_closed"
    if facts.on_hold and stage is not Stage.CLASS:
        return "next_hold"
    if stage is Stage.MEETING:
        return "next_meeting" if facts.has_meeting else "next_meeting_wait"
    return {Stage.FORM: "next_form", Stage.LIST: "next_list", Stage.CLASS: "next_class"}[stage]


def words(language: str) -> Mapping[str, str]:
    """The words in a language; English for one we do not have. WordsFaulty when a file is not whole."""
    return BOOK.words(language)


def languages() -> frozenset[str]:
    """The codes of the languages that have words."""
    return BOOK.languages()


def is_reviewed(language: str) -> bool:
    """Whether a native reader has checked the words."""
    return BOOK.is_reviewed(language)
