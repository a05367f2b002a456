"""Classes are added, changed, copied, published and cancelled by their provider, or by the hub for it."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain import OrganisationKind
from hub.core.clock import Clock
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import Actor
from hub.eligibility.domain import pots
from hub.infra import audit
from hub.infra.db import record
from hub.provision import queries
from hub.provision.domain import (
    ClassCancelled,
    ClassDetails,
    ClassState,
    CopyDates,
    SaveClass,
    details_faults,
    places_after_capacity,
)
from hub.provision.models import ClassSession, EsolClass
from hub.provision.reads import class_to_change
from hub.steps import service as steps

_ALIVE = {ClassState.DRAFT, ClassState.PUBLISHED}


def save_class(session: Session, asked: SaveClass, actor: Actor, clock: Clock) -> EsolClass:
    """Add a class, or change one from the version that was read.

    A change of capacity moves the free places with it. Raises RuleBroken naming each field, Conflict `stale`
    for another version and `class_not_open` for a class that is over, NotFound for another provider's.
    """
    if asked.class_id is None:
        return _add(session, asked, actor, clock)
    row = queries.class_to_change(session, asked.class_id, actor)
    _require_version(row, asked.version)
    _require_alive(row)
    _require_sound(session, asked.details, row.organisation_id, clock.today())
    taken = row.held + row.enrolled
    if asked.details.capacity < taken:
        raise RuleBroken(
            f"{taken} places are held or taken, so there must be at least {taken} places.",
            field="capacity", code="capacity_too_small",
        )  # fmt: skip
    row.places_free = places_after_capacity(row.places_free, row.capacity, asked.details.capacity, taken)
    _write(row, asked, clock)
    session.flush()
    audit.record(session, actor, "class.changed", "esol_class", row.id, clock=clock)
    return row


def _add(session: Session, asked: SaveClass, actor: Actor, clock: Clock) -> EsolClass:
    organisation_id = require_provider(session, asked.organisation_id or actor.organisation_id, actor)
    details = asked.details
    _require_sound(session, details, organisation_id, clock.today())
    places_free = details.capacity if asked.places_free is None else asked.places_free
    if not 0 <= places_free <= details.capacity:
        raise RuleBroken(
            f"Free places must be between 0 and {details.capacity}.", field="places_free", code="places_wrong"
        )
    row = EsolClass(
        organisation_id=organisation_id, state=ClassState.DRAFT, places_free=places_free, held=0, enrolled=0,
        places_confirmed_at=clock.now(), places_confirmed_by=actor.name, created_at=clock.now(),
    )  # fmt: skip
    _write(row, asked, clock)
    session.add(row)
    audit.record(session, actor, "class.added", "esol_class", row.id, clock=clock)
    session.flush()
    return row


def require_provider(session: Session, organisation_id: UUID | None, actor: Actor) -> UUID:
    """The organisation whose classes these are; RuleBroken when it provides none, NotFound for a foreign one."""
    if organisation_id is None:
        raise RuleBroken(
            "Say which provider the class belongs to.", field="provider", code="provider_missing"
        )
    queries.require_own(organisation_id, actor)
    known: set[UUID] = session.info.setdefault("hub_providers", set())
    if organisation_id not in known:
        if accounts.organisation(session, organisation_id).kind is not OrganisationKind.PROVIDER:
            raise RuleBroken("This organisation is not a provider.", field="provider", code="not_a_provider")
        known.add(organisation_id)
    return organisation_id


def _require_sound(session: Session, details: ClassDetails, organisation_id: UUID, today: date) -> None:
    faults = details_faults(details, {pot.code for pot in pots(details.start_on)}, today)
    if details.venue_id is not None:
        venue = queries.venue(session, details.venue_id)
        if venue is None or venue.organisation_id != organisation_id:
            faults["venue_id"] = "Select one of your venues"
    if faults:
        raise RuleBroken.many(faults, code="class_invalid")


def _require_version(row: EsolClass, version: int | None) -> None:
    if version is not None and row.version != version:
        stale = Conflict(
            "Somebody else changed this class since you opened it. Open it again and make your change there.",
            code="stale",
        )
        stale.extra["current_version"] = row.version
        raise stale


def _require_alive(row: EsolClass) -> None:
    if row.state not in _ALIVE:
        raise Conflict("This class is over, so it cannot be changed. Copy it instead.", code="class_not_open")


def _write(row: EsolClass, asked: SaveClass, clock: Clock) -> None:
    details = asked.details
    row.title, row.strand, row.levels = (
        details.title.strip(),
        details.strand,
        [str(one) for one in details.levels],
    )
    row.start_on, row.end_on, row.capacity = details.start_on, details.end_on, details.capacity
    row.venue_id, row.online, row.rw_support = details.venue_id, details.online, details.rw_support
    row.skill_bands = {skill: [str(one) for one in levels] for skill, levels in details.skill_bands.items()}
    row.childcare, row.women_only, row.adults_only = (
        details.childcare,
        details.women_only,
        details.adults_only,
    )
    row.step_free, row.has_exam, row.roll_on = details.step_free, details.has_exam, details.roll_on
    row.funding, row.fee_pence, row.enrol_url = list(details.funding), details.fee_pence, details.enrol_url
    row.textbook_notes, row.notes = details.textbook_notes.strip(), details.notes.strip()
    row.contract_areas, row.reserves = list(details.contract_areas), [dict(one) for one in details.reserves]
    if asked.publish and row.state is ClassState.DRAFT:
        row.state = ClassState.PUBLISHED
    if asked.import_key is not None:
        row.import_key, row.import_hash = asked.import_key, asked.import_hash
    row.changed_at = clock.now()
    _write_meetings(row, details)


def _write_meetings(row: EsolClass, details: ClassDetails) -> None:
    """Keep the rows of the days that stay, so that the key of a day is never deleted and added at once."""
    known = {one.weekday: one for one in row.sessions}
    kept = []
    for meeting in details.meetings:
        one = known.get(meeting.weekday) or ClassSession(weekday=meeting.weekday)
        one.starts_at, one.ends_at = meeting.starts_at, meeting.ends_at
        kept.append(one)
    row.sessions = kept


def copy_class(session: Session, class_id: UUID, dates: CopyDates, actor: Actor, clock: Clock) -> EsolClass:
    """A draft of the same class on other dates, all places free: next term's class. NotFound for a foreign one."""
    view = class_to_change(session, class_id, actor)
    details = replace(view.details, start_on=dates.start_on, end_on=dates.end_on)
    asked = SaveClass(details=details, organisation_id=view.organisation_id, publish=False)
    return save_class(session, asked, actor, clock)


def publish_class(session: Session, class_id: UUID, actor: Actor, clock: Clock) -> EsolClass:
    """Open a draft to learners and to the matching; doing it twice is doing it once."""
    row = queries.class_to_change(session, class_id, actor)
    _require_alive(row)
    if row.state is ClassState.DRAFT:
        row.state, row.changed_at = ClassState.PUBLISHED, clock.now()
        audit.record(session, actor, "class.published", "esol_class", row.id, clock=clock)
        session.flush()
    return row


def cancel_class(session: Session, class_id: UUID, actor: Actor, clock: Clock) -> EsolClass:
    """The class will not be held: records ClassCancelled once, closes the step about its places.

    Raises Conflict `class_not_open` for one that has ended, NotFound for another provider's.
    """
    row = queries.class_to_change(session, class_id, actor)
    if row.state is ClassState.CANCELLED:
        return row
    if row.state is ClassState.ENDED:
        raise Conflict("This class has already ended, so it cannot be cancelled.", code="class_not_open")
    row.state, row.changed_at = ClassState.CANCELLED, clock.now()
    session.flush()
    steps.close_steps(session, [row.id], clock, "cancelled")
    audit.record(session, actor, "class.cancelled", "esol_class", row.id, clock=clock)
    record(session, ClassCancelled(row.id))
    return row


def provider_of(session: Session, slug: str) -> UUID:
    """The provider of a slug, for commands; NotFound, RuleBroken when it is no provider."""
    organisation = accounts.organisation_by_slug(session, slug)
    if organisation.kind is not OrganisationKind.PROVIDER:
        raise RuleBroken(f"{slug} is not a provider of classes.", code="not_a_provider")
    return organisation.id
