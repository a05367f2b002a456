"""The blueprint of the pages, and what several of them need."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.assessment import reads
from hub.assessment.exchange import CALENDAR_TYPE, Publisher, calendar_file
from hub.assessment.reads import AppointmentView, SlotView
from hub.core.errors import NotFound
from hub.core.permissions import HUB_ROLES
from hub.infra import audit
from hub.infra.access import current_actor
from hub.infra.db import runtime
from hub.infra.http import pages_blueprint
from hub.learners import reads as learners
from hub.learners.domain import Person

blueprint = pages_blueprint("assessment", "hub.assessment")

MOST_SLOTS = 120


def people_seen(session: Session, learner_ids: Collection[UUID], action: str) -> Mapping[UUID, Person]:
    """The people behind these ids; that they were shown is in the audit log."""
    found = learners.people(session, set(learner_ids))
    for learner_id in found:
        audit.record(
            session, current_actor(), action, "learner", learner_id, clock=runtime().clock, fields=("name",)
        )
    return found


def hub_people(session: Session) -> dict[UUID, str]:
    """The hub's active assessors and managers by id, in the order of their names."""
    hub = accounts.hub_organisation(session)
    users = [user for user in accounts.users_of(session, hub.id) if user.role in HUB_ROLES and user.is_active]
    return {user.id: user.name for user in sorted(users, key=lambda user: user.name)}


def case_or_not_found(session: Session, case_id: UUID) -> AppointmentView:
    """The newest appointment of a case: it says whose case it is. A case nobody asked for is not found."""
    found = reads.appointments_of(session, [case_id]).get(case_id)
    if not found:
        raise NotFound
    return next((one for one in found if one.is_open), found[-1])


def appointment_or_not_found(session: Session, appointment_id: UUID) -> AppointmentView:
    found = reads.appointment(session, appointment_id)
    if found is None:
        raise NotFound
    return found


def free_slots_by_day(session: Session) -> dict[object, list[SlotView]]:
    """The next free slots, an hour from now on, by day."""
    start = runtime().clock.now() + timedelta(hours=1)
    days: dict[object, list[SlotView]] = {}
    for slot in reads.free_slots(session, start, MOST_SLOTS):
        days.setdefault(slot.day, []).append(slot)
    return days


def calendar_response(appointment: AppointmentView) -> Response:
    """The appointment as a file to download; NotFound while it has no time."""
    if appointment.slot is None:
        raise NotFound
    settings = runtime().settings
    publisher = Publisher(settings.hub_name, urlsplit(settings.base_url).hostname or "hub")
    content = calendar_file(appointment, publisher, runtime().clock.now())
    answer = Response(content, content_type=CALENDAR_TYPE)
    answer.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer
