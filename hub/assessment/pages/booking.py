"""Booking, moving and cancelling appointments, who came, and the calendar file."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.assessment import reads, service
from hub.assessment.domain import CHOOSABLE_REASONS, AppointmentState, AskedBy, NewBooking
from hub.assessment.pages.base import (
    appointment_or_not_found,
    blueprint,
    calendar_response,
    case_or_not_found,
    free_slots_by_day,
    hub_people,
    people_seen,
)
from hub.assessment.schemas import AttendanceSchema, BookSchema, CancelSchema, MoveSchema
from hub.core.errors import HubError, NotFound, RuleBroken
from hub.core.permissions import Role
from hub.infra.access import allow, allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.sight import open_to_the_hub
from hub.learners import reads as learner_reads
from hub.learners import service as learners
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form


@blueprint.route("/referrals/<uuid:referral_id>/book", methods=["GET", "POST"])
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def book(referral_id: UUID) -> ResponseReturnValue:
    """Choose a free time for a learner who needs an assessment."""
    if request.method == "GET":
        return _book_page(referral_id, blank_form())
    form = read_form(BookSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                case = case_or_not_found(session, referral_id)
                booking = NewBooking(referral_id, case.learner_id, form.data["slot_id"])
                booked = service.book(session, booking, current_actor(), runtime().clock)
            flash.success("The appointment is booked. The learner will be told.")
            return redirect(url_for("assessment.appointment", appointment_id=booked.id))
        except HubError as error:
            _fail_slot(form, error)
    return _book_page(referral_id, form)


@blueprint.get("/appointments/<uuid:appointment_id>")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def appointment(appointment_id: UUID) -> ResponseReturnValue:
    """One appointment: who, when, where, and what can be done with it."""
    return _appointment_page(appointment_id, blank_form())


@blueprint.post("/appointments/<uuid:appointment_id>/attendance")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def attendance(appointment_id: UUID) -> ResponseReturnValue:
    """Record that the learner came, came late or did not come."""
    form = read_form(AttendanceSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                found = service.record_attendance(
                    session, appointment_id, form.data, current_actor(), runtime().clock
                )
                onwards = reads.open_appointment(session, found.case_id)
            flash.success(_attendance_words(form.data, onwards is not None))
            return redirect(url_for("assessment.appointment", appointment_id=appointment_id))
        except RuleBroken as error:
            form.fail_with(error)
    return _appointment_page(appointment_id, form), 422


@blueprint.route("/appointments/<uuid:appointment_id>/move", methods=["GET", "POST"])
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def move(appointment_id: UUID) -> ResponseReturnValue:
    """Another time, with who asked and why."""
    if request.method == "GET":
        return _move_page(appointment_id, blank_form())
    form = read_form(MoveSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                moved = service.rebook(session, appointment_id, form.data, current_actor(), runtime().clock)
            flash.success("The appointment is moved. The learner will be told.")
            return redirect(url_for("assessment.appointment", appointment_id=moved.id))
        except HubError as error:
            _fail_slot(form, error)
    return _move_page(appointment_id, form), 422


@blueprint.route("/appointments/<uuid:appointment_id>/cancel", methods=["GET", "POST"])
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def cancel(appointment_id: UUID) -> ResponseReturnValue:
    """Cancel, with who asked and why. The learner still needs a time."""
    form = blank_form() if request.method == "GET" else read_form(CancelSchema, request.form)
    if request.method == "POST" and form.ok:
        with transaction() as session:
            service.cancel(session, appointment_id, form.data, current_actor(), runtime().clock)
        flash.success("The appointment is cancelled. The learner needs another time.")
        return redirect(url_for("assessment.to_assess"))
    with transaction() as session:
        found = appointment_or_not_found(session, appointment_id)
        people = people_seen(session, [found.learner_id], "appointment.viewed")
        page = render_template(
            "assessment/cancel.html", form=form, appointment=found, person=people.get(found.learner_id),
            asked_by=AskedBy, reasons=CHOOSABLE_REASONS,
        )  # fmt: skip
    return page, 422 if form.errors else 200


@blueprint.get("/appointments/<uuid:appointment_id>.ics")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def calendar(appointment_id: UUID) -> ResponseReturnValue:
    """The calendar file, for staff to print or send."""
    with transaction() as session:
        return calendar_response(appointment_or_not_found(session, appointment_id))


@blueprint.get("/l/<token>/appointment.ics")
@allow_public
def calendar_by_link(token: str) -> ResponseReturnValue:
    """The calendar file behind a learner's personal link: the appointment it names, else the next one booked."""
    with transaction() as session:
        open_to_the_hub(session)  # nobody is known before the link is
        opened = learners.open_link(session, token, runtime().clock)
        learner_reads.own(session, opened.learner_id)
        named = reads.appointment(session, opened.subject_id) if opened.subject_id else None
        if named is None or named.learner_id != opened.learner_id:
            named = reads.next_appointment(session, opened.learner_id)
        if named is None or named.state is AppointmentState.PROPOSED:
            raise NotFound
        return calendar_response(named)


def _book_page(referral_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        case = case_or_not_found(session, referral_id)
        if case.state is AppointmentState.BOOKED:
            return redirect(url_for("assessment.appointment", appointment_id=case.id))
        people = people_seen(session, [case.learner_id], "appointment.viewed")
        page = render_template(
            "assessment/book.html", form=form, case=case, person=people.get(case.learner_id),
            days=free_slots_by_day(session), staff=hub_people(session),
        )  # fmt: skip
    return page, 422 if form.errors else 200


def _move_page(appointment_id: UUID, form: Form) -> str:
    with transaction() as session:
        found = appointment_or_not_found(session, appointment_id)
        people = people_seen(session, [found.learner_id], "appointment.viewed")
        return render_template(
            "assessment/move.html", form=form, appointment=found, person=people.get(found.learner_id),
            days=free_slots_by_day(session), staff=hub_people(session), asked_by=AskedBy,
            reasons=CHOOSABLE_REASONS,
        )  # fmt: skip


def _appointment_page(appointment_id: UUID, form: Form) -> str:
    with transaction() as session:
        found = appointment_or_not_found(session, appointment_id)
        people = people_seen(session, [found.learner_id], "appointment.viewed")
        history = reads.appointments_of(session, [found.case_id])[found.case_id]
        begun = reads.assessments_open(session, [found.case_id]).get(found.case_id)
        return render_template(
            "assessment/appointment.html", form=form, appointment=found, states=AppointmentState,
            person=people.get(found.learner_id), earlier=[one for one in history if one.id != found.id],
            begun=begun, staff=hub_people(session), today=runtime().clock.today(), now=runtime().clock.now(),
        )  # fmt: skip


def _fail_slot(form: Form, error: HubError) -> None:
    """A slot somebody else took is shown beside the times; not found stays not found."""
    if isinstance(error, NotFound):
        raise error
    if error.errors:
        form.fail_with(error)
    else:
        form.fail("slot_id", error.detail)


def _attendance_words(outcome: AppointmentState, goes_on: bool) -> str:
    if outcome is not AppointmentState.NOT_ATTENDED:
        return "Recorded. Start the assessment when you are ready."
    if goes_on:
        return "Recorded. The learner needs another time."
    return "Recorded. The learner has missed as many appointments as allowed: a manager decides what to do."
