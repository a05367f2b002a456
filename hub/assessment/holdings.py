"""A person's rows in this slice: levels and dates stay as figures of nobody; what was written goes."""

from hub.assessment.models import (
    Appointment,
    AppointmentHistory,
    Assessment,
    LiteracyProfile,
    Placement,
    RubricMark,
    SecondOpinion,
    SkillResult,
)
from hub.infra.personal import Contact, Holding, OnErasure, by_record, within

APPOINTMENTS = Holding(Appointment, by_record(Appointment.source_record_id))
ASSESSMENTS = Holding(Assessment, by_record(Assessment.source_record_id), wipe={"purpose_reason": ""})
HOLDINGS = (
    Holding(AppointmentHistory, within(AppointmentHistory.appointment_id, APPOINTMENTS)),
    APPOINTMENTS,
    Holding(RubricMark, within(RubricMark.assessment_id, ASSESSMENTS)),
    Holding(LiteracyProfile, within(LiteracyProfile.assessment_id, ASSESSMENTS), OnErasure.DELETE),
    Holding(SkillResult, within(SkillResult.assessment_id, ASSESSMENTS)),
    Holding(Placement, within(Placement.assessment_id, ASSESSMENTS)),
    Holding(SecondOpinion, within(SecondOpinion.assessment_id, ASSESSMENTS)),
    ASSESSMENTS,
)
CONTACTS = (
    Contact(Appointment.learner_id, (Appointment.changed_at,)),
    Contact(Assessment.learner_id, (Assessment.changed_at,)),
)
