"""What happened to two people while they were one record, and is to be given to one of them afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class SplitKind(StrEnum):
    """What can have happened to a learner; each kind belongs to one slice, which moves it when it is told to."""

    APPOINTMENT = "appointment"
    ASSESSMENT = "assessment"
    CONSENT = "consent"
    CONTACT = "contact"
    ENROLMENT = "enrolment"
    ENTRY = "entry"
    EVIDENCE = "evidence"
    MESSAGE = "message"
    NEEDS = "needs"
    OFFER = "offer"
    PRIORITY = "priority"
    RECEIVED_TEXT = "received_text"


KIND_WORDS = {
    SplitKind.APPOINTMENT: "Appointment",
    SplitKind.ASSESSMENT: "Assessment",
    SplitKind.CONSENT: "Permissions asked",
    SplitKind.CONTACT: "Contact details changed",
    SplitKind.ENROLMENT: "Place in a class",
    SplitKind.ENTRY: "Joined the waiting list",
    SplitKind.EVIDENCE: "Evidence seen",
    SplitKind.MESSAGE: "Message to the learner",
    SplitKind.NEEDS: "Needs told",
    SplitKind.OFFER: "Offer of a class",
    SplitKind.PRIORITY: "Priority noted",
    SplitKind.RECEIVED_TEXT: "Text from the learner",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """A row of some slice that came to be while two people were one; `learner_id` is whose it is now."""

    kind: SplitKind
    row_id: UUID
    at: datetime
    learner_id: UUID


@dataclass(frozen=True, slots=True)
class SplitView:
    """One thing to be given to `learner_id`, who has it now, or to `other_id`."""

    id: UUID
    decision_id: UUID
    kind: SplitKind
    row_id: UUID
    at: datetime
    learner_id: UUID
    other_id: UUID

    @property
    def words(self) -> str:
        return KIND_WORDS[self.kind]


def unsettled(happenings: Iterable[Happening], both: frozenset[UUID]) -> list[Happening]:
    """What is to be asked about two people, oldest first: only what one of them has."""
    return sorted((one for one in happenings if one.learner_id in both), key=lambda one: (one.at, one.row_id))
