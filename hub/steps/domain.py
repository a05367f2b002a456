"""Kinds of step, who may hold one, and when it is late."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from hub.core.events import Event
from hub.core.permissions import Role
from hub.core.working_days import add_working_days, working_days_between


class StepKind(StrEnum):
    """What is to be done. Each open case has one open step at least."""

    REFERRAL_TO_REVIEW = "referral_to_review"
    DUPLICATE_TO_DECIDE = "duplicate_to_decide"
    SPLIT_TO_SETTLE = "split_to_settle"
    INFORMATION_TO_GIVE = "information_to_give"
    APPOINTMENT_TO_MAKE = "appointment_to_make"
    ASSESSMENT_TO_DO = "assessment_to_do"
    PLACEMENT_TO_CONFIRM = "placement_to_confirm"
    WAITING_CHECK_IN = "waiting_check_in"
    OFFER_PROVIDER = "offer_provider"
    OFFER_LEARNER = "offer_learner"
    OFFER_TO_DECIDE = "offer_to_decide"
    ENROLMENT_TO_START = "enrolment_to_start"
    COURSE_TO_FINISH = "course_to_finish"
    PLACES_TO_CONFIRM = "places_to_confirm"
    MESSAGE_TO_ANSWER = "message_to_answer"
    TEXT_FAILED = "text_failed"
    CONSENT_TO_CONFIRM = "consent_to_confirm"
    CONSENT_TO_RENEW = "consent_to_renew"
    PERMISSION_ASKED = "permission_asked"
    PERMISSION_RELAYED = "permission_relayed"
    SHARING_ENDED = "sharing_ended"
    AGREEMENT_TO_RENEW = "agreement_to_renew"
    ON_HOLD_TO_REVIEW = "on_hold_to_review"
    STOP_TO_HANDLE = "stop_to_handle"
    ADVISER_TO_SEE = "adviser_to_see"
    ROUND_TO_RUN = "round_to_run"
    CASELOAD_WITHOUT_PERSON = "caseload_without_person"
    RIGHTS_CASE_TO_ANSWER = "rights_case_to_answer"
    COMPLAINT_TO_ACKNOWLEDGE = "complaint_to_acknowledge"
    NOTICE_TO_CONFIRM = "notice_to_confirm"
    HOLD_TO_LOOK_AT = "hold_to_look_at"
    RESTRICTION_TO_LOOK_AT = "restriction_to_look_at"
    BREACH_TO_DECIDE = "breach_to_decide"
    EMERGENCY_TO_REVIEW = "emergency_to_review"
    AUDIT_TO_EXAMINE = "audit_to_examine"


IN_TURN = (
    StepKind.WAITING_CHECK_IN,
    StepKind.CONSENT_TO_CONFIRM,
    StepKind.ENROLMENT_TO_START,
    StepKind.COURSE_TO_FINISH,
)
"""Steps that stand open for weeks before there is anything to do: no work of today's, and not counted as such."""


class StepState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


TITLES = {
    StepKind.REFERRAL_TO_REVIEW: ("Look at a new referral", "Open"),
    StepKind.DUPLICATE_TO_DECIDE: ("Decide whether two records are one person", "Compare"),
    StepKind.SPLIT_TO_SETTLE: ("Say whose it was: two learners were one record", "Decide"),
    StepKind.INFORMATION_TO_GIVE: ("Answer the hub's question", "Answer"),
    StepKind.APPOINTMENT_TO_MAKE: ("Make an appointment", "Book"),
    StepKind.ASSESSMENT_TO_DO: ("Assess a learner", "Assess"),
    StepKind.PLACEMENT_TO_CONFIRM: ("Confirm a level far from the rule", "Look"),
    StepKind.WAITING_CHECK_IN: ("Check that a learner still wants a class", "Open"),
    StepKind.OFFER_PROVIDER: ("Answer an offer", "Answer"),
    StepKind.OFFER_LEARNER: ("The learner answers an offer", "Open"),
    StepKind.OFFER_TO_DECIDE: ("Decide about an offer", "Decide"),
    StepKind.ENROLMENT_TO_START: ("Say whether a learner came", "Record"),
    StepKind.COURSE_TO_FINISH: ("Record how the course ended", "Record"),
    StepKind.PLACES_TO_CONFIRM: ("Confirm the free places of a class", "Confirm"),
    StepKind.MESSAGE_TO_ANSWER: ("Answer a learner's message", "Answer"),
    StepKind.TEXT_FAILED: ("A text did not arrive: reach the learner another way", "Open"),
    StepKind.CONSENT_TO_CONFIRM: ("Confirm a permission", "Confirm"),
    StepKind.CONSENT_TO_RENEW: ("Ask a learner again for permission", "Ask"),
    StepKind.PERMISSION_ASKED: ("A learner was asked for permission by link: no answer yet", "Open"),
    StepKind.PERMISSION_RELAYED: (
        "A referrer says a learner takes a permission back: ask the learner",
        "Open",
    ),
    StepKind.SHARING_ENDED: ("A learner ended sharing: confirm that you have noted it", "Open"),
    StepKind.AGREEMENT_TO_RENEW: ("A sharing agreement ends soon", "Open"),
    StepKind.ON_HOLD_TO_REVIEW: ("Look again at a referral on hold", "Open"),
    StepKind.STOP_TO_HANDLE: ("A learner sent STOP: ask what they want", "Open"),
    StepKind.ADVISER_TO_SEE: ("An adviser sees a learner aged 16 to 18", "Open"),
    StepKind.ROUND_TO_RUN: ("Run a matching round", "Preview"),
    StepKind.CASELOAD_WITHOUT_PERSON: (
        "Nobody is left at an organisation that has open referrals: find somebody",
        "Open",
    ),
    StepKind.RIGHTS_CASE_TO_ANSWER: ("Answer somebody about their data", "Open"),
    StepKind.COMPLAINT_TO_ACKNOWLEDGE: ("Acknowledge a complaint", "Open"),
    StepKind.NOTICE_TO_CONFIRM: ("Confirm that you changed or deleted your copy", "Confirm"),
    StepKind.HOLD_TO_LOOK_AT: ("Look again at a legal hold", "Open"),
    StepKind.RESTRICTION_TO_LOOK_AT: ("Look again at what a learner has had stopped", "Open"),
    StepKind.BREACH_TO_DECIDE: ("Decide about a data breach: 72 hours", "Open"),
    StepKind.EMERGENCY_TO_REVIEW: ("Review an emergency access to a record", "Review"),
    StepKind.AUDIT_TO_EXAMINE: ("The audit was changed: find out how", "Open"),
}
"""Title, and the verb on its button."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a step: one person, or everybody with a role in an organisation."""

    organisation_id: UUID
    role: Role
    user_id: UUID | None = None

    @staticmethod
    def of_role(organisation_id: UUID, role: Role) -> "Owner":
        return Owner(organisation_id, role)

    @staticmethod
    def person(organisation_id: UUID, role: Role, user_id: UUID) -> "Owner":
        return Owner(organisation_id, role, user_id)


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to open. `learner_id` where it is about a learner; `due_on` is a London date."""

    kind: StepKind
    subject_type: str
    subject_id: UUID
    owner: Owner
    due_on: date
    learner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late a step is on a day, in working days; `stalled` after the stall clock, `escalated` twice that."""

    working_days: int
    is_overdue: bool
    is_stalled: bool
    is_escalated: bool


def lateness(due_on: date, today: date, stall_days: int, holidays: Collection[date]) -> Lateness:
    """Overdue from the day after `due_on`; stalled and escalated by the clock, never when it is 0."""
    late = working_days_between(due_on, today, holidays)
    return Lateness(
        late,
        today > due_on,
        bool(stall_days) and late >= stall_days,
        bool(stall_days) and late >= 2 * stall_days,
    )


def due_on(working_days: int, today: date, holidays: Collection[date]) -> date:
    """The day that a clock of so many working days runs out."""
    return add_working_days(today, working_days, holidays)


@dataclass(frozen=True)
class StepChased(Event):
    """A stalled step's holder is to be reminded, in the person's one digest of the day."""

    step_id: UUID


@dataclass(frozen=True)
class StepEscalated(Event):
    """A step stalled twice as long: the hub is told too."""

    step_id: UUID


@dataclass(frozen=True)
class DigestDue(Event):
    """One person has overdue steps and gets one e-mail about all of them."""

    user_id: UUID
    day: date
