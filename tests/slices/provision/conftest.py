"""What the tests of classes share."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from hub.core.levels import Level
from hub.core.permissions import SYSTEM, Actor, Role
from hub.infra.geography import Postcode
from hub.provision import service
from hub.provision.domain import ClassDetails, Meeting, SaveClass, SaveVenue, Strand, VenueDetails
from hub.provision.models import EsolClass, Venue

DETAILS = ClassDetails(
    title="Everyday English", strand=Strand.GENERAL, levels=(Level.E1,),
    meetings=(Meeting(0, time(10), time(12)), Meeting(2, time(10), time(12))), start_on=date(2027, 1, 25),
    end_on=date(2027, 4, 2), capacity=12, funding=("asf", "charity"),
)  # fmt: skip


@pytest.fixture
def postcodes(session: Session) -> None:
    """Three places that are known, a mile or so apart."""
    for postcode, lat, lon in (("E8 1AA", 51.55, -0.06), ("E8 1AB", 51.552, -0.06), ("N1 1AA", 51.54, -0.10)):
        session.merge(Postcode(postcode=postcode, lat=lat, lon=lon, district="E09000012", ward=None))
    session.flush()


@pytest.fixture
def college(session: Session, person: Callable[..., Actor]) -> Actor:
    """Somebody of a provider."""
    return person(session, Role.PROVIDER)


@pytest.fixture
def rival(session: Session, person: Callable[..., Actor], organise: Callable[..., Any]) -> Actor:
    """Somebody of another provider."""
    return person(session, Role.PROVIDER, organise(session, "provider", "the-rival"))


@pytest.fixture
def venue(session: Session, college: Actor, clock, postcodes: None) -> Venue:
    details = VenueDetails(name="Dalston Library", address="1 High Street", postcode="e81aa", step_free=True)
    asked = SaveVenue(details=details, organisation_id=college.organisation_id)
    return service.save_venue(session, asked, SYSTEM, clock)


@pytest.fixture
def make_class(session: Session, college: Actor, venue: Venue, clock) -> Callable[..., EsolClass]:
    """make_class(capacity=2, places_free=1, publish=False, ...) -> a class of the college."""

    def make(*, places_free: int | None = None, publish: bool = True, **changes: Any) -> EsolClass:
        details = replace(DETAILS, venue_id=venue.id, **changes)
        asked = SaveClass(
            details=details, organisation_id=college.organisation_id, places_free=places_free, publish=publish
        )
        return service.save_class(session, asked, college, clock)

    return make
