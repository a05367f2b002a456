"""The diary by day and week, adding and withdrawing slots, and the learners who wait to be assessed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.assessment import reads, service
from hub.assessment.domain import AppointmentState, Mode, SlotRun
from hub.assessment.pages.base import blueprint, hub_people, people_seen
from hub.assessment.reads import DiaryLine
from hub.assessment.schemas import SlotRunSchema
from hub.core.clock import LONDON
from hub.core.errors import HubError
from hub.core.permissions import Role
from hub.core.wording import count_of
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form


@blueprint.get("/diary")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def diary() -> ResponseReturnValue:
    """One day or one week of an assessor's time, or of everybody's."""
    actor, day = current_actor(), _asked_day()
    view = "week" if request.args.get("view") == "week" else "day"
    who = request.args.get("who") or ("mine" if actor.role is Role.ASSESSOR else "all")
    first = day - timedelta(days=day.weekday()) if view == "week" else day
    days = [first + timedelta(days=number) for number in range(7 if view == "week" else 1)]
    with transaction() as session:
        lines = reads.diary(session, _start_of(first), _start_of(days[-1] + timedelta(days=1)),
                            actor.id if who == "mine" else None)  # fmt: skip
        people = people_seen(session, {line.learner_id for line in lines if line.learner_id}, "diary.viewed")
        return render_template(
            "assessment/diary.html",
            day=day, view=view, who=who, people=people, staff=hub_people(session),
            days=[(one, _lines_of(lines, one)) for one in days],
            before=day - timedelta(days=len(days)), after=day + timedelta(days=len(days)),
            today=runtime().clock.today(), states=AppointmentState, now=runtime().clock.now(),
        )  # fmt: skip


@blueprint.route("/diary/times", methods=["GET", "POST"])
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def add_times() -> ResponseReturnValue:
    """Cut a stretch of a day into free appointments."""
    if request.method == "GET":
        start: dict[str, object] = {
            "minutes": 30,
            "gap": 0,
            "mode": Mode.VENUE.value,
            "start": "10:00",
            "end": "15:00",
        }
        own = current_actor().id if current_actor().role is Role.ASSESSOR else ""
        form = blank_form(start | {"day": _asked_day(), "assessor_id": own})
        return _times_page(form)
    form = read_form(SlotRunSchema, request.form)
    if form.ok:
        try:
            return _offer(form.data)
        except HubError as error:
            form.fail_with(error)
    return _times_page(form), 422


@blueprint.post("/diary/times/<uuid:slot_id>/withdraw")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def withdraw_time(slot_id: UUID) -> ResponseReturnValue:
    """Take a free appointment out of the diary."""
    with transaction() as session:
        service.withdraw_slot(session, slot_id, current_actor(), runtime().clock)
    flash.success("That time is out of the diary.")
    date_, view, who = (request.form.get(key) for key in ("date", "view", "who"))
    return redirect(url_for("assessment.diary", date=date_, view=view, who=who))


@blueprint.get("/learners-to-assess")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def to_assess() -> ResponseReturnValue:
    """Who needs a time, who is booked, and which assessments are not finished."""
    with transaction() as session:
        appointments = reads.open_appointments(session)
        begun = reads.assessments_in_progress(session)
        shown = {one.learner_id for one in appointments} | {one.learner_id for one in begun}
        people = people_seen(session, shown, "to_assess.viewed")
        return render_template(
            "assessment/to_assess.html",
            needs_time=[one for one in appointments if one.slot is None],
            booked=sorted((one for one in appointments if one.slot), key=_starts),
            begun=begun,
            people=people,
            staff=hub_people(session),
            now=runtime().clock.now(),
        )


def _offer(run: SlotRun) -> ResponseReturnValue:
    with transaction() as session:
        made = service.offer_slots(session, run, current_actor(), runtime().clock)
    flash.success(f"{count_of(len(made), 'appointment')} added to the diary.")
    who = "mine" if run.assessor_id == current_actor().id else "all"
    return redirect(url_for("assessment.diary", date=run.day.isoformat(), who=who))


def _times_page(form: Form) -> str:
    with transaction() as session:
        staff = hub_people(session)
    actor = current_actor()
    if actor.role is Role.ASSESSOR and actor.id in staff:
        staff = {actor.id: staff[actor.id]}
    return render_template("assessment/times.html", form=form, staff=staff, modes=Mode)


def _asked_day() -> date:
    """The day of the address, today when there is none or it is no date."""
    try:
        asked = date.fromisoformat(request.args.get("date", ""))
    except ValueError:
        return runtime().clock.today()
    return min(max(asked, date(2000, 1, 8)), date(2100, 1, 1))


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def _lines_of(lines: Sequence[DiaryLine], day: date) -> list[DiaryLine]:
    return [line for line in lines if line.slot.day == day]


def _starts(one: reads.AppointmentView) -> datetime:
    return one.slot.starts_at if one.slot else one.created_at
