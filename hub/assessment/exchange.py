"""An appointment as a calendar file (RFC 5545)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event

from hub.assessment.domain import AppointmentState, Mode
from hub.assessment.reads import AppointmentView

CALENDAR_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"


@dataclass(frozen=True)
class Publisher:
    """Whose calendar file it is: the hub's name, and its web host for the identifiers."""

    name: str
    host: str
    words: str = "Appointment with {hub}"
    """What the event is called; in the learner's own language on the learner's own page."""

    @property
    def title(self) -> str:
        return self.words.replace("{hub}", self.name)


def calendar_file(appointment: AppointmentView, publisher: Publisher, stamped: datetime) -> bytes:
    """One event, METHOD PUBLISH.

    The UID stays the same when the appointment moves and SEQUENCE grows, so that a calendar updates its
    entry. Nothing personal: 'Appointment with <hub>', time and place. ValueError without a time.
    """
    slot = appointment.slot
    if slot is None:
        raise ValueError("an appointment without a time has no calendar file")
    event = Event()
    event.add("uid", f"{appointment.series_id}@{publisher.host}")
    event.add("dtstamp", stamped)
    event.add("sequence", _sequence(appointment))
    event.add("dtstart", slot.starts_at)
    event.add("dtend", slot.ends_at)
    event.add("summary", publisher.title)
    if slot.mode in (Mode.VENUE, Mode.OUTREACH):
        event.add("location", slot.place)
    event.add("status", "CONFIRMED" if appointment.state is AppointmentState.BOOKED else "CANCELLED")
    event.add("class", "PRIVATE")
    event.add_component(_reminder(publisher))
    return _wrap(event, publisher)


def _sequence(appointment: AppointmentView) -> int:
    """Two numbers for each row of the series: booked, and then cancelled."""
    booked = appointment.state is AppointmentState.BOOKED
    return 2 * appointment.sequence + (0 if booked else 1)


def _reminder(publisher: Publisher) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", publisher.title)
    alarm.add("trigger", timedelta(days=-1))
    return alarm


def _wrap(event: Event, publisher: Publisher) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//ESOL Hub//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", publisher.name)
    calendar.add_component(event)
    return bytes(calendar.to_ical())
