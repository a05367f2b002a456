"""The referral's state machine, its outcomes and what each side of it may be told. Pure rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from hub.core.errors import Conflict, RuleBroken
from hub.core.events import Event


class ReferralState(StrEnum):
    """Where the case stands. On hold is not a state: it is a field beside it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    INFO_REQUESTED = "info_requested"
    TO_ASSESS = "to_assess"
    ASSESSED = "assessed"
    WAITING = "waiting"
    PLACED = "placed"
    CLOSED = "closed"


class Move(StrEnum):
    """Everything that can happen to a referral. One row of history tells of each."""

    SUBMIT = "submit"
    ASK = "ask"
    ANSWER = "answer"
    ACCEPT = "accept"
    ASSESS = "assess"
    LIST = "list"
    PLACE = "place"
    UNPLACE = "unplace"
    HOLD = "hold"
    RELEASE = "release"
    CLOSE = "close"
    REOPEN = "reopen"
    RELAY = "relay"
    HAND_OVER = "hand_over"


class Outcome(StrEnum):
    """How a closed referral ended."""

    ACHIEVED = "achieved"
    DUPLICATE = "duplicate"
    NO_INFO = "no_info"
    SIGNPOSTED = "signposted"
    WITHDRAWN_BY_LEARNER = "withdrawn_by_learner"
    WITHDRAWN_BY_REFERRER = "withdrawn_by_referrer"
    CLOSED_BY_HUB = "closed_by_hub"


class Channel(StrEnum):
    """The door through which the referral came."""

    PAGE = "page"
    API = "api"
    FILE = "file"
    SELF = "self"


class Source(StrEnum):
    """What kind of place sent the learner. A health source says something about health: it is kept sealed."""

    JOBCENTRE = "jobcentre"
    GP = "gp"
    MIDWIFE_HEALTH_VISITOR = "midwife_health_visitor"
    MENTAL_HEALTH = "mental_health"
    SCHOOL_CHILDRENS_CENTRE = "school_childrens_centre"
    LIBRARY = "library"
    PROVIDER_TRANSFER = "provider_transfer"
    CHARITY = "charity"
    COUNCIL_RESETTLEMENT = "council_resettlement"
    HOUSING = "housing"
    EMPLOYER = "employer"
    CAREERS_SERVICE = "careers_service"
    SELF = "self"
    FRIEND_FAMILY = "friend_family"
    OTHER = "other"


SOURCE_LABELS: Mapping[Source, str] = {
    Source.JOBCENTRE: "Jobcentre",
    Source.GP: "GP surgery",
    Source.MIDWIFE_HEALTH_VISITOR: "Midwife or health visitor",
    Source.MENTAL_HEALTH: "Mental health service",
    Source.SCHOOL_CHILDRENS_CENTRE: "School or children's centre",
    Source.LIBRARY: "Library",
    Source.PROVIDER_TRANSFER: "Another class provider",
    Source.CHARITY: "Charity or community group",
    Source.COUNCIL_RESETTLEMENT: "Council or resettlement team",
    Source.HOUSING: "Housing service",
    Source.EMPLOYER: "Employer",
    Source.CAREERS_SERVICE: "Careers service",
    Source.SELF: "The learner",
    Source.FRIEND_FAMILY: "Friend or family",
    Source.OTHER: "Somewhere else",
}

S = ReferralState
OPEN_STATES = frozenset({S.SUBMITTED, S.INFO_REQUESTED, S.TO_ASSESS, S.ASSESSED, S.WAITING, S.PLACED})
BEFORE_ASSESSMENT = frozenset({S.SUBMITTED, S.INFO_REQUESTED, S.TO_ASSESS})
PROGRESS = (S.DRAFT, S.INFO_REQUESTED, S.SUBMITTED, S.TO_ASSESS, S.ASSESSED, S.WAITING, S.PLACED, S.CLOSED)

# The machine. HOLD and RELEASE keep the state; CLOSE and REOPEN have their own rules below.
MOVES: Mapping[tuple[ReferralState, Move], ReferralState] = {
    (S.DRAFT, Move.SUBMIT): S.SUBMITTED,
    (S.SUBMITTED, Move.ASK): S.INFO_REQUESTED,
    (S.INFO_REQUESTED, Move.ANSWER): S.SUBMITTED,
    (S.SUBMITTED, Move.ACCEPT): S.TO_ASSESS,
    (S.TO_ASSESS, Move.ASSESS): S.ASSESSED,
    (S.ASSESSED, Move.LIST): S.WAITING,
    (S.WAITING, Move.PLACE): S.PLACED,
    (S.PLACED, Move.UNPLACE): S.WAITING,
}

# Outcomes that only some states may end in; the rest may end any open referral.
_ENDS: Mapping[Outcome, frozenset[ReferralState]] = {
    Outcome.ACHIEVED: frozenset({S.PLACED}),
    Outcome.DUPLICATE: frozenset({S.SUBMITTED}),
    Outcome.NO_INFO: frozenset({S.INFO_REQUESTED}),
    Outcome.SIGNPOSTED: frozenset({S.ASSESSED}),
}
REASON_NEEDED = frozenset(
    {Outcome.WITHDRAWN_BY_LEARNER, Outcome.WITHDRAWN_BY_REFERRER, Outcome.CLOSED_BY_HUB, Outcome.SIGNPOSTED}
)

OUTCOME_LABELS: Mapping[Outcome, str] = {
    Outcome.ACHIEVED: "Finished a class",
    Outcome.DUPLICATE: "Same learner, kept under another referral",
    Outcome.NO_INFO: "Information asked for did not come",
    Outcome.SIGNPOSTED: "Shown to another service",
    Outcome.WITHDRAWN_BY_LEARNER: "Learner withdrew",
    Outcome.WITHDRAWN_BY_REFERRER: "Referrer withdrew",
    Outcome.CLOSED_BY_HUB: "Closed by the hub",
}


MOVE_LABELS: Mapping[Move, str] = {
    Move.SUBMIT: "Referral came in",
    Move.ASK: "Information asked",
    Move.ANSWER: "Information given",
    Move.ACCEPT: "Accepted for assessment",
    Move.ASSESS: "Assessed",
    Move.LIST: "On the waiting list",
    Move.PLACE: "Has a place",
    Move.UNPLACE: "Back on the waiting list",
    Move.HOLD: "Put on hold",
    Move.RELEASE: "Taken off hold",
    Move.CLOSE: "Closed",
    Move.REOPEN: "Opened again",
    Move.RELAY: "The referrer asked to withdraw; passed on",
    Move.HAND_OVER: "Handed over at the referrer",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a case is closed: the outcome, the coded reason where one is needed, a note, the survivor of a duplicate."""

    outcome: Outcome
    reason: str | None = None
    note: str = ""
    duplicate_of_id: UUID | None = None


def next_state(
    state: ReferralState,
    move: Move,
    *,
    outcome: Outcome | None = None,
    before: ReferralState | None = None,
) -> ReferralState:
    """The state after `move`; the only place where a referral's state is decided.

    `outcome` is needed to close (and tells RELAY, the wish of the referrer of a duplicate, what the case is),
    `before` (the state it was closed in) to reopen.
    Raises Conflict `not_possible_now` when the machine has no such move.
    """
    if move in {Move.HOLD, Move.RELEASE, Move.HAND_OVER} and state in OPEN_STATES:
        return state
    if move is Move.CLOSE and outcome is not None and state in _ENDS.get(outcome, OPEN_STATES):
        return S.CLOSED
    if move is Move.RELAY and state is S.CLOSED and outcome is Outcome.DUPLICATE:
        return S.CLOSED
    if move is Move.REOPEN and state is S.CLOSED and before in OPEN_STATES:
        return before
    found = MOVES.get((state, move))
    if found is None:
        raise Conflict("This referral has moved on, so that can no longer be done.", code="not_possible_now")
    return found


def is_open(state: ReferralState) -> bool:
    """Whether somebody still has something to do for this referral."""
    return state in OPEN_STATES


def may_end_in(state: ReferralState) -> tuple[Outcome, ...]:
    """The outcomes that a person may choose for a referral in this state (the program's own left out)."""
    by_hand = (
        Outcome.SIGNPOSTED,
        Outcome.WITHDRAWN_BY_LEARNER,
        Outcome.WITHDRAWN_BY_REFERRER,
        Outcome.CLOSED_BY_HUB,
    )
    return tuple(one for one in by_hand if state in _ENDS.get(one, OPEN_STATES))


def require_ending(ending: Ending, known: Mapping[str, bool]) -> None:
    """Refuse an ending without its coded reason or the note the reason asks for.

    `known` maps each reason code to whether it needs a note.
    """
    if ending.outcome is Outcome.DUPLICATE and ending.duplicate_of_id is None:
        raise RuleBroken("Say which referral is kept.", field="duplicate_of_id")
    if ending.reason is None:
        if ending.outcome in REASON_NEEDED:
            raise RuleBroken("Choose a reason.", code="reason_missing", field="reason")
        return
    if ending.reason not in known:
        raise RuleBroken("Choose a reason from the list.", code="reason_unknown", field="reason")
    if known[ending.reason] and not ending.note.strip():
        raise RuleBroken("Add a note: this reason needs one.", code="note_missing", field="note")


@dataclass(frozen=True, slots=True)
class CaseInBrief:
    """What the choice between two referrals of one learner looks at."""

    id: UUID
    state: ReferralState
    submitted_at: datetime


def duplicates_among(cases: Iterable[CaseInBrief]) -> tuple[UUID | None, tuple[UUID, ...]]:
    """Which open referral of one learner survives, and which others close as duplicates.

    The one furthest along survives, then the earliest. Only referrals still `submitted` close: a case on which
    somebody has acted is left to a person.
    """
    opened = sorted(
        (one for one in cases if is_open(one.state)),
        key=lambda one: (-PROGRESS.index(one.state), one.submitted_at, one.id),
    )
    if not opened:
        return None, ()
    survivor, rest = opened[0], opened[1:]
    return survivor.id, tuple(one.id for one in rest if one.state is S.SUBMITTED)


def public_state(
    state: ReferralState,
    outcome: Outcome | None,
    survivor: "Survivor | None" = None,
) -> tuple[ReferralState, Outcome | None]:
    """The state that a referrer may be told.

    A duplicate never looks like one: to its referrer it goes on as a case being arranged, and follows the
    survivor from the first step the hub takes after the two were joined. (Invariant: nobody outside the hub can
    tell from any label or timing that a person was already known.)
    """
    if outcome is not Outcome.DUPLICATE:
        return state, outcome
    if survivor is None or not survivor.moved_since:
        return S.TO_ASSESS, None
    if survivor.state in BEFORE_ASSESSMENT or survivor.outcome is Outcome.DUPLICATE:
        return S.TO_ASSESS, None
    return survivor.state, survivor.outcome


@dataclass(frozen=True, slots=True)
class Survivor:
    """The referral that a duplicate points at, and whether it moved after the two were joined."""

    state: ReferralState
    outcome: Outcome | None
    moved_since: bool


@dataclass(frozen=True, slots=True)
class InformationAnswer:
    """What the referrer answered, by topic code."""

    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """Why a case waits and until when somebody looks at it again."""

    reason: str
    until: date


def require_hold(terms: HoldTerms, today: date) -> None:
    """A hold needs a reason and a day after today, at most a year ahead: otherwise it would be a silent closing."""
    faults = {}
    if not terms.reason.strip():
        faults["hold_reason"] = "Say why the referral is on hold."
    if terms.until <= today:
        faults["hold_until"] = "The day to look again must be after today."
    elif (terms.until - today).days > 366:
        faults["hold_until"] = "The day to look again must be within a year."
    if faults:
        raise RuleBroken.many(faults)


# ---------------------------------------------------------------- events


@dataclass(frozen=True)
class ReferralSubmitted(Event):
    """A learner was referred, or `by_self`; nobody outside the hub learns from it whether they were known."""

    referral_id: UUID
    learner_id: UUID
    organisation_id: UUID
    by_self: bool = False


@dataclass(frozen=True)
class InformationAsked(Event):
    """The hub needs to know something before it can go on."""

    referral_id: UUID
    learner_id: UUID
    request_id: UUID


@dataclass(frozen=True)
class InformationGiven(Event):
    """The referrer answered."""

    referral_id: UUID
    learner_id: UUID
    request_id: UUID


@dataclass(frozen=True)
class ReferralClosed(Event):
    """The case ended. `told` names who must hear of it: `learner`, `referrer`."""

    referral_id: UUID
    learner_id: UUID
    outcome: Outcome
    told: tuple[str, ...]


@dataclass(frozen=True)
class ReferralReopened(Event):
    """The hub took a closed case up again, in the state it was closed in."""

    referral_id: UUID
    learner_id: UUID
