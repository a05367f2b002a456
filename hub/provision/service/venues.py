"""Venues and what is known of providers."""

import re
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.contact import tidy_email
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import Actor
from hub.core.postcode import tidy_postcode
from hub.infra import audit, geography
from hub.provision import queries
from hub.provision.domain import ProviderDetails, SaveVenue, VenueDetails
from hub.provision.models import Provider, Venue
from hub.provision.service.classes import require_provider

_UKPRN = re.compile(r"1[0-9]{7}")
LONGEST_NAME = 120


def venue_key(name: str) -> str:
    """The same for `Dalston Library` and `dalston  library.`: letters and digits only."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def save_venue(session: Session, asked: SaveVenue, actor: Actor, clock: Clock) -> Venue:
    """Add a venue or change one; its postcode gives its place on the map.

    Raises RuleBroken naming each field, Conflict `venue_known` for the same name and postcode, `stale`, NotFound.
    """
    details = _sound(session, asked.details)
    if asked.venue_id is None:
        organisation_id = require_provider(session, asked.organisation_id or actor.organisation_id, actor)
        row = Venue(organisation_id=organisation_id)
        action = "venue.added"
    else:
        row = queries.venue_to_change(session, asked.venue_id, actor)
        action = "venue.changed"
        if asked.version is not None and row.version != asked.version:
            raise Conflict("Somebody else changed this venue since you opened it.", code="stale")
    known = venue_like(session, row.organisation_id, details.name, details.postcode)
    if known is not None and known.id != row.id:
        raise Conflict("You already have this venue.", code="venue_known", field="name")
    _write(session, row, details)
    session.add(row)
    audit.record(session, actor, action, "venue", row.id, clock=clock)
    session.flush()
    return row


def venue_like(session: Session, organisation_id: UUID, name: str, postcode: str) -> Venue | None:
    """The provider's venue of that name, however it is typed, at that postcode."""
    key = venue_key(name)
    of_provider = queries.venues_of(session, organisation_id)
    return next((one for one in of_provider if one.name_key == key and one.postcode == postcode), None)


def _sound(session: Session, details: VenueDetails) -> VenueDetails:
    faults = {}
    name = " ".join(details.name.split())
    if not venue_key(name) or len(name) > LONGEST_NAME:
        faults["name"] = f"Enter the name of the venue, in {LONGEST_NAME} characters or fewer"
    try:
        postcode = tidy_postcode(details.postcode)
        geography.require_known(session, postcode)
    except ValueError as error:
        faults["postcode"] = str(error)
    except RuleBroken:
        faults["postcode"] = "We cannot find this postcode. Check it"
    if faults:
        raise RuleBroken.many(faults, code="venue_invalid")
    return replace(details, name=name, address=" ".join(details.address.split()), postcode=postcode)


def _write(session: Session, row: Venue, details: VenueDetails) -> None:
    place = geography.locate(session, details.postcode)
    row.name, row.name_key, row.address = details.name, venue_key(details.name), details.address
    row.postcode, row.step_free = details.postcode, details.step_free
    row.lat, row.lon = (place.lat, place.lon) if place else (None, None)
    row.district = place.district if place else None


def save_provider(session: Session, details: ProviderDetails, actor: Actor, clock: Clock) -> Provider:
    """Say what kind of provider an organisation is, and whom to ask. RuleBroken naming each field, NotFound."""
    require_provider(session, details.organisation_id, actor)
    _require_sound_provider(details)
    row = queries.provider(session, details.organisation_id, lock=True)
    if row is None:
        row = Provider(organisation_id=details.organisation_id, created_at=clock.now())
        session.add(row)
    row.kind, row.ukprn = details.kind, details.ukprn or None
    row.contact_name, row.contact_email = details.contact_name or None, details.contact_email or None
    row.contact_phone, row.accepts_hub_assessments = (
        details.contact_phone or None,
        details.accepts_hub_assessments,
    )
    audit.record(session, actor, "provider.changed", "provider", details.organisation_id, clock=clock)
    session.flush()
    return row


def _require_sound_provider(details: ProviderDetails) -> None:
    faults = {}
    if details.ukprn and not _UKPRN.fullmatch(details.ukprn):
        faults["ukprn"] = "Enter the UKPRN as 8 numbers beginning with 1, like 10000055"
    try:
        tidy_email(details.contact_email or "a@example.org")
    except ValueError as error:
        faults["contact_email"] = str(error)
    if faults:
        raise RuleBroken.many(faults, code="provider_invalid")
