"""A request or complaint of somebody about their data: kinds, states, what may happen when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from hub.core.errors import Conflict, RuleBroken

LONGEST = 4000
STOPPING = frozenset({"restriction", "objection"})
"""Kinds of case that stop something when they are granted."""


class CaseKind(StrEnum):
    """What somebody asks for."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    COMPLAINT = "complaint"


class Door(StrEnum):
    """How it reached us."""

    LINK = "link"
    WEB = "web"
    IN_PERSON = "in_person"
    PHONE = "phone"
    EMAIL = "email"
    LETTER = "letter"


class CaseState(StrEnum):
    """received -> working -> decided -> closed; working <-> clarifying. Complaints need no identity check."""

    RECEIVED = "received"
    WORKING = "working"
    CLARIFYING = "clarifying"
    DECIDED = "decided"
    CLOSED = "closed"


class Act(StrEnum):
    """Everything that can happen to a case; one line of its history tells of each."""

    RECEIVE = "receive"
    IDENTIFY = "identify"
    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    ANSWERED = "answered"
    EXTEND = "extend"
    SEARCH = "search"
    PREPARE = "prepare"
    DECIDE = "decide"
    FETCHED = "fetched"
    TELL = "tell"
    CARRY_OUT = "carry_out"
    KEEP = "keep"
    LIFT = "lift"
    CLOSE = "close"


class Identity(StrEnum):
    """How we made sure who asks."""

    LINK_AND_BIRTH_DATE = "link_and_birth_date"
    DOCUMENT = "document"
    KNOWN = "known"
    QUESTIONS = "questions"
    ACTS_FOR = "acts_for"


class Decision(StrEnum):
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why not, or not all of it. Each needs words for the person."""

    NOT_IDENTIFIED = "not_identified"
    NOTHING_HELD = "nothing_held"
    UNFOUNDED = "unfounded"
    OTHERS_RIGHTS = "others_rights"
    LEGAL_HOLD = "legal_hold"
    PUBLIC_TASK = "public_task"
    ACCURATE = "accurate"
    NOT_UPHELD = "not_upheld"
    WITHDRAWN = "withdrawn"


class WhyLonger(StrEnum):
    """The two reasons for which the law gives two months more."""

    COMPLEX = "complex"
    MANY = "many"


KIND_LABELS: Mapping[CaseKind, str] = {
    CaseKind.ACCESS: "Copy of their data",
    CaseKind.CORRECTION: "Put something right",
    CaseKind.ERASURE: "Delete their data",
    CaseKind.RESTRICTION: "Stop using their data for now",
    CaseKind.OBJECTION: "Object to a use",
    CaseKind.COMPLAINT: "Complaint",
}
DOOR_LABELS: Mapping[Door, str] = {
    Door.LINK: "The learner's own page",
    Door.WEB: "The form on our website",
    Door.IN_PERSON: "In person",
    Door.PHONE: "By phone",
    Door.EMAIL: "By email",
    Door.LETTER: "By letter",
}
STATE_LABELS: Mapping[CaseState, tuple[str, str]] = {
    CaseState.RECEIVED: ("Check who asks", "blue"),
    CaseState.WORKING: ("To answer", "yellow"),
    CaseState.CLARIFYING: ("Waiting for an answer", "light-blue"),
    CaseState.DECIDED: ("Decided, to be carried out", "purple"),
    CaseState.CLOSED: ("Closed", "grey"),
}
IDENTITY_LABELS: Mapping[Identity, str] = {
    Identity.LINK_AND_BIRTH_DATE: "Their personal link and date of birth",
    Identity.DOCUMENT: "A document was seen (not kept)",
    Identity.KNOWN: "Known in person to a member of staff",
    Identity.QUESTIONS: "Answered questions about their record",
    Identity.ACTS_FOR: "Acts for the learner; the authority was seen",
}
DECISION_LABELS: Mapping[Decision, str] = {
    Decision.GRANTED: "Yes",
    Decision.PARTLY: "In part",
    Decision.REFUSED: "No",
}
REASON_LABELS: Mapping[Reason, str] = {
    Reason.NOT_IDENTIFIED: "We could not make sure who asks",
    Reason.NOTHING_HELD: "We hold nothing about them",
    Reason.UNFOUNDED: "Manifestly unfounded or excessive",
    Reason.OTHERS_RIGHTS: "It would harm the rights of others",
    Reason.LEGAL_HOLD: "The record is needed for a legal claim or an inquiry",
    Reason.PUBLIC_TASK: "The record is still needed for our public task",
    Reason.ACCURATE: "The record is accurate",
    Reason.NOT_UPHELD: "The complaint is not upheld",
    Reason.WITHDRAWN: "They took it back",
}
LONGER_LABELS: Mapping[WhyLonger, str] = {
    WhyLonger.COMPLEX: "The request is complex",
    WhyLonger.MANY: "The person has made a number of requests",
}
ACT_LABELS: Mapping[Act, str] = {
    Act.RECEIVE: "Received",
    Act.IDENTIFY: "Identity checked",
    Act.ACKNOWLEDGE: "Acknowledged",
    Act.ASK: "Asked for more; the clock stands still",
    Act.ANSWERED: "They answered; the clock runs again",
    Act.EXTEND: "Two months more",
    Act.SEARCH: "Searched",
    Act.PREPARE: "Copy made",
    Act.DECIDE: "Decided",
    Act.FETCHED: "Copy fetched",
    Act.TELL: "Told those who have the data",
    Act.CARRY_OUT: "Carried out",
    Act.KEEP: "Looked at again: it stays stopped",
    Act.LIFT: "Lifted: it may go on",
    Act.CLOSE: "Closed",
}

S = CaseState
_ALLOWED: Mapping[Act, frozenset[CaseState]] = {
    Act.IDENTIFY: frozenset({S.RECEIVED, S.WORKING, S.CLARIFYING}),
    Act.ACKNOWLEDGE: frozenset({S.RECEIVED, S.WORKING, S.CLARIFYING}),
    Act.ASK: frozenset({S.WORKING}),
    Act.ANSWERED: frozenset({S.CLARIFYING}),
    Act.EXTEND: frozenset({S.WORKING, S.CLARIFYING}),
    Act.SEARCH: frozenset({S.WORKING, S.CLARIFYING}),
    Act.PREPARE: frozenset({S.WORKING, S.DECIDED}),
    Act.DECIDE: frozenset({S.RECEIVED, S.WORKING, S.CLARIFYING}),
    Act.CLOSE: frozenset({S.DECIDED}),
    Act.KEEP: frozenset({S.DECIDED, S.CLOSED}),
    Act.LIFT: frozenset({S.DECIDED, S.CLOSED}),
}
_LEADS_TO: Mapping[Act, CaseState] = {
    Act.ASK: S.CLARIFYING,
    Act.ANSWERED: S.WORKING,
    Act.DECIDE: S.DECIDED,
    Act.CLOSE: S.CLOSED,
}


def require_allowed(state: CaseState, act: Act) -> CaseState:
    """The state after an act; Conflict when the case is not where this can be done."""
    allowed = _ALLOWED.get(act)
    if allowed is not None and state not in allowed:
        raise Conflict("This case has moved on. Look at it again.", code="case_moved_on")
    if act is Act.IDENTIFY and state is S.RECEIVED:
        return S.WORKING
    return _LEADS_TO.get(act, state)


def allowed_acts(state: CaseState) -> frozenset[Act]:
    return frozenset(act for act, states in _ALLOWED.items() if state in states)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What somebody asks. `learner_id` None: somebody we do not know, or have not found yet."""

    kind: CaseKind
    door: Door
    received_on: date
    words: str = field(repr=False)
    learner_id: UUID | None = None
    name: str | None = field(default=None, repr=False)
    contact: str | None = field(default=None, repr=False)
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision. Anything but a whole yes needs a reason and words for the person.

    `purposes`: the uses that end, of an objection and of a restriction that is granted in part.
    """

    decision: Decision
    reason: Reason | None = None
    note: str = field(default="", repr=False)
    purposes: frozenset[str] = frozenset()


def case_faults(new: NewCase, today: date) -> dict[str, str]:
    """What is wrong with a request, by field."""
    faults = {}
    if not new.words.strip() and new.kind is not CaseKind.ACCESS:
        faults["words"] = "Say in a few words what this is about"
    if len(new.words) > LONGEST:
        faults["words"] = f"Use {LONGEST:,} characters or fewer"
    if new.received_on > today:
        faults["received_on"] = "The day it was received cannot be in the future"
    if new.learner_id is None and not (new.contact or "").strip():
        faults["contact"] = "Say how we can answer: an email address, a phone number or an address"
    return faults


def require_ruling(kind: CaseKind, state: CaseState, ruling: Ruling) -> None:
    """RuleBroken beside a field: a reason or words are missing, or nobody has checked who asks."""
    if ruling.decision is not Decision.REFUSED and state is S.RECEIVED and kind is not CaseKind.COMPLAINT:
        raise RuleBroken("First note how you made sure who asks.", field="decision", code="not_identified")
    if ruling.decision is Decision.GRANTED:
        return
    if ruling.reason is None:
        raise RuleBroken("Choose why not, or not all of it.", field="reason")
    if not ruling.note.strip():
        raise RuleBroken("Write the reason for the person, in plain words.", field="note")
