"""The assessment itself: start, save marks stage by stage, complete with a placement."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import queries, reads
from hub.assessment.domain import (
    AppointmentState,
    AssessmentStarted,
    AssessmentStatus,
    CaseToAssess,
    Literacy,
    Mark,
    Marks,
    NewAssessment,
    Purpose,
    Skill,
    is_known,
    require_no_valid_result,
    rubrics,
)
from hub.assessment.models import Appointment, Assessment, LiteracyProfile, RubricMark
from hub.assessment.service import appointments
from hub.assessment.service.permission import require_may_assess
from hub.core.clock import LONDON, Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor, Role
from hub.infra import audit
from hub.infra.db import record
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind


def start(session: Session, new: NewAssessment, actor: Actor, clock: Clock) -> Assessment:
    """Begin an assessment of a case, or return the one that is open already.

    The learner of a booked appointment of today came, so it is recorded as attended. Raises NotFound for a
    case without any appointment, and RuleBroken `already_assessed` when a valid result exists and no purpose
    and reason are given.
    """
    queries.lock(session, f"assessment/{new.case_id}")
    for already in queries.open_assessments(session, [new.case_id]):
        return already
    appointment = _appointment_of(session, new)
    require_may_assess(session, appointment.learner_id, clock)
    valid = reads.valid_placement(session, appointment.learner_id, clock.today())
    purpose = require_no_valid_result(new, valid.valid_until if valid else None)
    attended = _settle_appointment(session, appointment, actor, clock)
    assessment = _begin(session, new, purpose, appointment if attended else None, actor, clock, appointment)
    if not (attended and appointment.slot and appointment.slot.assessor_id == actor.id):
        _open_step(session, assessment, actor, clock)
    _audit(session, assessment, "assessment.started", actor, clock, new.reason.strip() or None)
    record(session, AssessmentStarted(assessment.id, assessment.learner_id, assessment.case_id))
    return assessment


def save_marks(session: Session, assessment_id: UUID, marks: Marks, actor: Actor, clock: Clock) -> Assessment:
    """Save some marks, the literacy profile, or both; a mark given again replaces the first.

    The same save twice changes nothing.
    """
    assessment = open_for_change(session, assessment_id)
    _require_known(marks.marks)
    _store_marks(session, assessment, marks.marks, actor, clock)
    if marks.literacy is not None:
        _store_literacy(session, assessment, marks.literacy)
    assessment.changed_at = clock.now()
    _audit(session, assessment, "assessment.marked", actor, clock)
    session.flush()
    return assessment


def abandon(session: Session, assessment_id: UUID, actor: Actor, clock: Clock) -> Assessment:
    """Give up an assessment that cannot be finished. The case needs an appointment again."""
    assessment = open_for_change(session, assessment_id)
    assessment.status, assessment.closed_at = AssessmentStatus.ABANDONED, clock.now()
    assessment.changed_at = clock.now()
    _audit(session, assessment, "assessment.abandoned", actor, clock)
    session.flush()
    steps.close_step(session, StepKind.ASSESSMENT_TO_DO, assessment.case_id, clock, "not_done")
    case = CaseToAssess(
        assessment.case_id, assessment.learner_id, assessment.source_record_id, assessment.subject_id
    )
    appointments.ask(session, case, actor, clock)
    return assessment


def open_for_change(session: Session, assessment_id: UUID) -> Assessment:
    """The assessment, locked. Raises NotFound, or Conflict when it is no longer open."""
    found = queries.assessment(session, assessment_id, for_update=True)
    if found is None:
        raise NotFound
    return require_open(found)


def require_open(assessment: Assessment) -> Assessment:
    """Raise Conflict when the assessment is no longer in progress."""
    if assessment.status is not AssessmentStatus.IN_PROGRESS:
        raise Conflict("This assessment is closed. Its result stays as it is.", code="assessment_closed")
    return assessment


def literacy_details(literacy: Literacy) -> dict[str, object]:
    """The sealed part of a literacy profile."""
    return {
        "roman_script": literacy.roman_script,
        "scripts_known": list(literacy.scripts_known),
        "first_language": literacy.first_language,
        "reads_first_language": literacy.reads_first_language,
        "writes_first_language": literacy.writes_first_language,
        "years_schooling": literacy.years_schooling,
        "pen_control": literacy.pen_control,
        "numeracy": literacy.numeracy,
    }


def _appointment_of(session: Session, new: NewAssessment) -> Appointment:
    """The appointment named, else the open one of the case, else its last one (a review long after)."""
    if new.appointment_id is not None:
        found = queries.appointment(session, new.appointment_id, for_update=True)
        if found is None or found.case_id != new.case_id:
            raise NotFound
        return found
    found = queries.open_appointment(session, new.case_id, for_update=True)
    found = found or queries.last_appointment(session, new.case_id)
    if found is None:
        raise NotFound
    return found


def _settle_appointment(session: Session, found: Appointment, actor: Actor, clock: Clock) -> bool:
    """Is this assessment the one of the appointment? Booked for today or earlier: the learner came.

    Still without a time, or booked for a later day: the learner is assessed without it.
    """
    booked = found.state is AppointmentState.BOOKED and found.slot is not None
    if booked and found.slot and found.slot.starts_at.astimezone(LONDON).date() <= clock.today():
        appointments.attend(session, found, AppointmentState.ATTENDED, actor, clock)
        return True
    if found.state in (AppointmentState.BOOKED, AppointmentState.PROPOSED):
        appointments.close_for_walk_in(session, found, actor, clock)
        return False
    return found.state in (AppointmentState.ATTENDED, AppointmentState.ATTENDED_LATE)


def _begin(  # noqa: PLR0913, PLR0917 - everything a new row is made of
    session: Session,
    new: NewAssessment,
    purpose: Purpose,
    attended: Appointment | None,
    actor: Actor,
    clock: Clock,
    case: Appointment,
) -> Assessment:
    assessment = Assessment(
        case_id=new.case_id,
        learner_id=case.learner_id,
        source_record_id=case.source_record_id,
        subject_id=case.subject_id,
        appointment_id=attended.id if attended else None,
        mode=attended.slot.mode if attended and attended.slot else new.mode,
        purpose=purpose,
        purpose_reason=new.reason.strip(),
        assessor_id=actor.id if actor.kind == "user" else None,
        interpreter_used=new.interpreter_used,
        status=AssessmentStatus.IN_PROGRESS,
        started_at=clock.now(),
        changed_at=clock.now(),
        closed_at=None,
        valid_until=None,
    )
    session.add(assessment)
    session.flush()
    return assessment


def _open_step(session: Session, assessment: Assessment, actor: Actor, clock: Clock) -> None:
    """Who began it finishes it, today; where it is the slot's own assessor, the step is theirs since the
    booking. An API key holds no step: the hub's assessors do."""
    owner = steps.hub_role(session, Role.ASSESSOR)
    if actor.kind == "user" and actor.id is not None:
        owner = Owner.person(owner.organisation_id, actor.role, actor.id)
    new = NewStep(
        StepKind.ASSESSMENT_TO_DO, "referral", assessment.case_id, owner, clock.today(), assessment.learner_id
    )
    steps.open_step(session, new, clock)


def _require_known(marks: tuple[Mark, ...]) -> None:
    unknown = [mark for mark in marks if not is_known(mark)]
    if not unknown:
        return
    faults = {
        f"{mark.skill}-{mark.criterion}": "Give a mark from 0 to 5 for one of: "
        + ", ".join(rubrics()[mark.skill].codes)
        for mark in unknown
    }
    raise RuleBroken.many(faults, code="mark_unknown")


def _store_marks(
    session: Session, assessment: Assessment, marks: tuple[Mark, ...], actor: Actor, clock: Clock
) -> None:
    stored: Mapping[tuple[Skill, str], RubricMark] = {
        (mark.skill, mark.criterion): mark for mark in queries.marks(session, assessment.id)
    }
    latest = {(mark.skill, mark.criterion): mark.band for mark in marks}
    for (skill, criterion), band in latest.items():
        row = stored.get((skill, criterion))
        if row is None:
            row = RubricMark(
                assessment_id=assessment.id, skill=skill, criterion=criterion, band=band, round=1,
                blind=False, marker_id=actor.id, marked_at=clock.now(),
            )  # fmt: skip
            session.add(row)
        elif row.band != band:
            row.band, row.marker_id, row.marked_at = band, actor.id, clock.now()


def _store_literacy(session: Session, assessment: Assessment, literacy: Literacy) -> None:
    row = queries.literacy(session, assessment.id)
    details = literacy_details(literacy)
    if row is None:
        about = {"assessment_id": assessment.id, "subject_id": assessment.subject_id}
        session.add(LiteracyProfile(**about, need=literacy.need, details=details))
        return
    row.need, row.details = literacy.need, details


def _audit(  # noqa: PLR0913, PLR0917 - an entry of the audit log
    session: Session,
    assessment: Assessment,
    action: str,
    actor: Actor,
    clock: Clock,
    reason: str | None = None,
) -> None:
    audit.record(session, actor, action, "learner", assessment.learner_id, clock=clock, reason=reason)
