"""Learners who wait, classes with places, a provider with an agreement; and the way from preview to place."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.accounts import service as accounts
from hub.accounts.domain import NewAgreement
from hub.assessment.domain import Skill, Strand
from hub.core.levels import Level
from hub.core.permissions import SYSTEM, Role
from hub.infra.geography import Postcode
from hub.learners import service as learners
from hub.learners.domain import NewNeeds, NewPerson, TravelMode
from hub.matching import reads, service
from hub.matching.domain import NewRound
from hub.provision import service as provision
from hub.provision.domain import ClassDetails, Meeting, SaveClass, SaveVenue, VenueDetails
from hub.provision.domain import Strand as ClassStrand
from hub.waitlist import service as waitlist
from hub.waitlist.domain import JoinRequest

POSTCODES = {"E8 1AA": (51.55, -0.06), "E8 1AB": (51.552, -0.06), "N1 1AA": (51.54, -0.10)}


def put_postcodes(session):
    for postcode, (lat, lon) in POSTCODES.items():
        session.merge(Postcode(postcode=postcode, lat=lat, lon=lon, district="E09000012", ward=None))
    session.flush()


def put_agreement(session, from_id, to_id, clock):
    wanted = NewAgreement(
        from_id, to_id, ("P05",), ("name", "phone"), clock.today() - timedelta(days=30), date(2028, 7, 31)
    )
    return accounts.agree(session, wanted, SYSTEM, clock)


class World:
    """A hub with providers, classes and learners who wait; for slices, races and properties alike."""

    def __init__(self, session, clock, hub_actor, college):
        self.session, self.clock = session, clock
        self.manager, self.college = hub_actor, college
        self.venues = {}

    def venue(self, provider):
        if provider.organisation_id not in self.venues:
            details = VenueDetails(
                name="Dalston Library", address="1 High Street", postcode="E8 1AA", step_free=True
            )
            asked = SaveVenue(details=details, organisation_id=provider.organisation_id)
            self.venues[provider.organisation_id] = provision.save_venue(
                self.session, asked, SYSTEM, self.clock
            ).id
        return self.venues[provider.organisation_id]

    def add_class(self, *, capacity=2, provider=None, **changes):
        provider = provider or self.college
        given: dict[str, Any] = {
            "title": "Everyday English",
            "strand": ClassStrand.GENERAL,
            "levels": (Level.E1,),
            "meetings": (Meeting(0, time(10), time(12)),),
            "start_on": self.clock.today() + timedelta(days=14),
            "end_on": self.clock.today() + timedelta(days=84),
            "capacity": capacity,
            "funding": ("asf", "charity"),
            "venue_id": self.venue(provider),
        }
        asked = SaveClass(
            details=ClassDetails(**given | changes), organisation_id=provider.organisation_id, publish=True
        )
        return provision.save_class(self.session, asked, provider, self.clock)

    def add_learner(self, *, level=Level.E1, strand=Strand.GENERAL, needs=None, waited=30, **changes):
        given: dict[str, Any] = {
            "given_names": "Amina",
            "family_name": f"Warsame {uuid4().hex[:8]}",
            "date_of_birth": date(1990, 3, 27),
            "postcode": "E8 1AB",
            "phone": f"+4477009{uuid4().int % 100000:05d}",
            "email": f"{uuid4().hex[:10]}@example.com",
        }
        needs = needs or NewNeeds(
            availability=frozenset({"mon-am", "tue-pm"}), travel_minutes=60, travel_mode=TravelMode.BUS
        )
        made = learners.identify(
            self.session,
            NewPerson(**given | changes),
            needs,
            self.manager.organisation_id,
            SYSTEM,
            self.clock,
        )
        request = JoinRequest(
            learner_id=made.learner_id,
            source_record_id=made.source_record_id,
            subject_id=made.subject_id,
            strand=strand,
            level=level,
            skills=dict.fromkeys(Skill, level),
        )
        return waitlist.join(self.session, request, SYSTEM, self.clock)

    def preview(self, new=None):
        return service.preview(self.session, new or NewRound(), self.manager, self.clock)

    def release(self, lines=None):
        row = self.preview()
        return service.release(self.session, row.id, lines, self.manager, self.clock)

    def offer(self, offer_id: UUID):
        found = reads.offer(self.session, offer_id)
        assert found is not None
        return found


@pytest.fixture
def world(session, person, clock):
    """A hub, a college with a sharing agreement, known postcodes."""
    put_postcodes(session)
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    return World(session, clock, manager, college)
