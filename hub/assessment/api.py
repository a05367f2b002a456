"""The JSON edge of appointments and assessments, for the hub's own systems.

Cases are named by their referral.
"""

from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from hub.assessment import queries, reads, service
from hub.assessment.domain import Completion, Mark, Marks, NewBooking, missing
from hub.assessment.schemas import (
    AppointmentIn,
    AppointmentOut,
    AppointmentPage,
    AssessmentOut,
    AssessmentPage,
    CompletionSchema,
    NewAssessmentSchema,
    ResponsesSchema,
    SecondAnswerSchema,
    start_command,
)
from hub.core.errors import NotFound
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import PAGING, api_blueprint, as_uuid, asked_page, page_of
from hub.infra.idempotency import idempotent

blueprint = api_blueprint("assessment", __name__, "Book appointments and record assessments")


@blueprint.get("/appointments")
@blueprint.doc(parameters=list(PAGING))
@blueprint.response(200, AppointmentPage)
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def list_appointments() -> Any:
    """Appointments that are booked or need a time."""
    marker, limit = asked_page()
    with transaction() as session:
        found = reads.open_appointments(session, limit + 1, as_uuid(str(marker)) if marker else None)
        _audit(session, {one.learner_id for one in found[:limit]}, "appointment.viewed")
        audit.record_export(session, "appointment", len(found[:limit]), clock=runtime().clock)
        return page_of(found, limit, lambda one: one.id)


@blueprint.post("/appointments")
@idempotent
@blueprint.arguments(AppointmentIn)
@blueprint.response(201, AppointmentOut)
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def book_appointment(new: dict[str, UUID]) -> Any:
    """Book a free slot for a referral whose learner needs an assessment."""
    with transaction() as session:
        case = reads.open_appointment(session, new["referral_id"])
        if case is None:
            raise NotFound
        booking = NewBooking(case.case_id, case.learner_id, new["slot_id"])
        booked = service.book(session, booking, current_actor(), runtime().clock)
        return reads.appointment_view(booked)


@blueprint.get("/assessments")
@blueprint.doc(parameters=list(PAGING))
@blueprint.response(200, AssessmentPage)
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def list_assessments() -> Any:
    """All assessments, oldest first."""
    marker, limit = asked_page()
    with transaction() as session:
        found = queries.assessments_after(session, limit + 1, as_uuid(str(marker)) if marker else None)
        _audit(session, {one.learner_id for one in found[:limit]}, "assessment.viewed")
        audit.record_export(session, "assessment", len(found[:limit]), clock=runtime().clock)
        return page_of([reads.assessment_view(one) for one in found], limit, lambda one: one.id)


@blueprint.post("/assessments")
@idempotent
@blueprint.arguments(NewAssessmentSchema)
@blueprint.response(201, AssessmentOut)
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def start_assessment(data: dict[str, Any]) -> Any:
    """Start an assessment of a referral's learner, or get the one that is open.

    422 `already_assessed` while a valid result stands, unless purpose and reason are given.
    """
    with transaction() as session:
        case_id = data["referral_id"]
        known = reads.appointments_of(session, [case_id]).get(case_id)
        if not known:
            raise NotFound
        new = start_command(data, case_id, known[-1].learner_id)
        begun = service.start(session, new, current_actor(), runtime().clock)
        where = url_for("assessment_api.show_assessment", assessment_id=begun.id)
        return _body(session, begun.id), 201, {"Location": where}


@blueprint.get("/assessments/<uuid:assessment_id>")
@blueprint.response(200, AssessmentOut)
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def show_assessment(assessment_id: UUID) -> Any:
    """One assessment: what is missing, and the result once it is there."""
    with transaction() as session:
        body = _body(session, assessment_id)
        _audit(session, {body["learner_id"]}, "assessment.viewed")
        return body


@blueprint.post("/assessments/<uuid:assessment_id>/responses")
@idempotent
@blueprint.arguments(ResponsesSchema)
@blueprint.response(200, AssessmentOut)
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def save_responses(marks: Marks, assessment_id: UUID) -> Any:
    """Save rubric marks, the literacy profile, or both. A mark sent again replaces the earlier one."""
    with transaction() as session:
        service.save_marks(session, assessment_id, marks, current_actor(), runtime().clock)
        return _body(session, assessment_id)


@blueprint.post("/assessments/<uuid:assessment_id>/complete")
@idempotent
@blueprint.arguments(CompletionSchema)
@blueprint.response(200, AssessmentOut)
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def complete_assessment(completion: Completion, assessment_id: UUID) -> Any:
    """Decide the placement. 422 names what is missing, or what an override lacks."""
    with transaction() as session:
        service.complete(session, assessment_id, completion, current_actor(), runtime().clock)
        return _body(session, assessment_id)


@blueprint.post("/assessments/<uuid:assessment_id>/second-opinion")
@idempotent
@blueprint.arguments(SecondAnswerSchema)
@blueprint.response(200, AssessmentOut)
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def answer_second(said: service.Answer, assessment_id: UUID) -> Any:
    """Confirm a level two or more away from the rule's, or disagree with a reason. 403 for whoever was not asked, and
    for whoever decided the level."""
    with transaction() as session:
        service.answer(session, assessment_id, said, current_actor(), runtime().clock)
        return _body(session, assessment_id)


def _body(session: Session, assessment_id: UUID) -> dict[str, Any]:
    view = reads.assessment(session, assessment_id)
    if view is None:
        raise NotFound
    marks = [Mark(row.skill, row.criterion, row.band) for row in queries.marks(session, assessment_id)]
    open_parts = {skill.value: list(codes) for skill, codes in missing(marks).items()}
    if queries.literacy(session, assessment_id) is None:
        open_parts["literacy"] = ["need"]
    return {
        **vars(view),
        "missing": open_parts,
        "placement": reads.placement(session, assessment_id),
        "second_opinion": reads.second_opinion(session, assessment_id),
    }


def _audit(session: Session, learner_ids: set[UUID], action: str) -> None:
    for learner_id in learner_ids:
        audit.record(session, current_actor(), action, "learner", learner_id, clock=runtime().clock)
