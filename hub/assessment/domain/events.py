"""What this slice tells the rest of the hub. Identifiers and levels only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hub.assessment.domain.combining import Skill, Strand
from hub.core.events import Event
from hub.core.levels import Level


@dataclass(frozen=True)
class AppointmentEvent(Event):
    """Something happened to an appointment of a case."""

    appointment_id: UUID
    learner_id: UUID
    case_id: UUID


@dataclass(frozen=True)
class AppointmentBooked(AppointmentEvent):
    """A time was agreed: the learner is told."""

    starts_at: datetime


@dataclass(frozen=True)
class AppointmentMoved(AppointmentEvent):
    """A new appointment replaces `previous_id`: the learner is told the new time."""

    previous_id: UUID
    starts_at: datetime


@dataclass(frozen=True)
class AppointmentCancelled(AppointmentEvent):
    """Cancelled, by the hub or by the learner."""

    by_hub: bool


@dataclass(frozen=True)
class AppointmentMissed(AppointmentEvent):
    """The learner did not come, for the `times`-th time; with `limit_reached` a person must decide."""

    times: int
    limit_reached: bool


@dataclass(frozen=True)
class AppointmentAttended(AppointmentEvent):
    """The learner came, in time or late."""

    late: bool


@dataclass(frozen=True)
class AssessmentStarted(Event):
    """An assessor began an assessment."""

    assessment_id: UUID
    learner_id: UUID
    case_id: UUID


@dataclass(frozen=True)
class AssessmentCompleted(Event):
    """A placement was decided. The list entry follows in the same transaction."""

    assessment_id: UUID
    learner_id: UUID
    case_id: UUID
    level: Level
    strand: Strand
    source_record_id: UUID
    subject_id: UUID
    skills: Mapping[Skill, Level] = field(default_factory=dict)
    also: tuple[Level, ...] = ()


@dataclass(frozen=True)
class PlacementConfirmed(AssessmentCompleted):
    """The second person confirmed a level two or more away from the rule's: from now on it counts."""
