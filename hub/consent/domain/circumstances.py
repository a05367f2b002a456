"""How an asking went, where it was not the plain case: who helped, who decided, what was checked."""

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum


class UnderstandingCheck(StrEnum):
    """How it was made sure that the learner understood."""

    OWN_WORDS = "own_words"
    QUESTIONS = "questions"
    READ_BY_LEARNER = "read_by_learner"
    EASY_READ = "easy_read"

    @property
    def words(self) -> str:
        return _CHECK_WORDS[self.value]


_CHECK_WORDS = {
    "own_words": "The learner said it back in their own words",
    "questions": "The learner could answer questions about it",
    "read_by_learner": "The learner read it and had no questions",
    "easy_read": "With pictures or easy words",
}


class Authority(StrEnum):
    """By what right somebody decides for the learner (Mental Capacity Act 2005; Children Act 1989)."""

    PARENT = "parent"
    LASTING_POWER = "lasting_power"
    DEPUTY = "deputy"
    ADVOCATE = "advocate"
    APPOINTEE = "appointee"

    @property
    def words(self) -> str:
        return _AUTHORITY_WORDS[self.value]


_AUTHORITY_WORDS = {
    "parent": "Parent, or somebody with parental responsibility",
    "lasting_power": "Lasting power of attorney",
    "deputy": "Deputy named by the Court of Protection",
    "advocate": "Advocate, in the learner's best interests",
    "appointee": "Appointee for benefits",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """All of it personal, so it is sealed as one; everything may be absent.

    `interpreter`: name or number of who interpreted. `witness`: who else was there. `evidence_ref`: where the
    signed paper or the recording is, never a copy. `capacity_note`: what was seen, and the decision about it.
    `on_behalf_of`: who decided for the learner, by which `authority`. `adult`: who of age agreed with a learner
    under 18.
    """

    interpreter: str | None = None
    witness: str | None = None
    understanding: str | None = None
    evidence_ref: str | None = None
    capacity_note: str | None = None
    on_behalf_of: str | None = None
    authority: str | None = None
    adult: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to keep."""
        return not self.as_dict()

    def as_dict(self) -> dict[str, str]:
        """What there is, by name."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Asked:
    """How one circumstance is asked: its label, and how many characters it may have."""

    label: str
    most: int
    lines: bool = False


CIRCUMSTANCES = {
    "interpreter": Asked("name or number of the interpreter", 120),
    "witness": Asked("who else was there", 120),
    "understanding": Asked("how you checked that the learner understood", 20),
    "evidence_ref": Asked("where the signed paper or the recording is", 120),
    "adult": Asked("adult who agreed too", 120),
    "capacity_note": Asked("note about capacity", 1000, lines=True),
    "on_behalf_of": Asked("who decided for the learner", 120),
    "authority": Asked("by what right", 20),
}
"""What may be told of an asking, in the order of the pages; the same for pages and API."""


def is_under_18(born: date | None, on: date) -> bool:
    """Whether somebody born on a day was a child on another; not known counts as of age."""
    return born is not None and (on.year - born.year - ((on.month, on.day) < (born.month, born.day))) < 18


def circumstances_faults(told: Circumstances, interpreter_used: bool) -> dict[str, str]:
    """What is wrong, by field: who decides for another needs a right to, and a reason why the learner cannot."""
    faults = {}
    if told.understanding and told.understanding not in _CHECK_WORDS:
        faults["understanding"] = f"Say how you checked: {', '.join(_CHECK_WORDS)}"
    if told.authority and told.authority not in _AUTHORITY_WORDS:
        faults["authority"] = f"Say by what right: {', '.join(_AUTHORITY_WORDS)}"
    elif told.on_behalf_of and not told.authority:
        faults["authority"] = "Say by what right this person decides for the learner"
    elif told.authority and not told.on_behalf_of:
        faults["on_behalf_of"] = "Say who decided for the learner"
    if told.on_behalf_of and told.authority != Authority.PARENT and not told.capacity_note:
        faults["capacity_note"] = "Say why the learner could not decide"
    if told.interpreter and not interpreter_used:
        faults["interpreter_used"] = "You named an interpreter: say that one helped"
    return faults
