"""Somebody of whom the hub knows a great deal, by two sources, merged; and people who answer for data protection."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.core.permissions import SYSTEM, Role, learner_actor
from hub.eligibility import service as eligibility
from hub.eligibility.domain import NewEvidence
from hub.infra import db
from hub.learners import service as learners
from hub.learners.domain import LinkPurpose, NewNeeds, NewPerson, TravelMode
from hub.matching import service as matching
from hub.matching.domain import LearnerAnswer
from hub.messaging import service as messaging
from hub.messaging.domain import NewReceived
from hub.referrals import service as referrals
from hub.rights import service
from hub.rights.domain import CaseKind, Door, Identity, NewCase
from hub.waitlist import service as waitlist
from hub.waitlist.reads import JoiningRecord
from tests.slices.matching.conftest import World, put_agreement, put_postcodes
from tests.slices.referrals.test_intake import new_referral

BORN = date(1990, 3, 27)
CANARY = ("Zyxcanaria", "Quillonfarb", "+447700900471", "zyx.quill@example.org", "Canarious")
ZYX = NewPerson(
    given_names="Zyxcanaria", family_name="Quillonfarb", known_as="Zyxy", date_of_birth=BORN, postcode="E8 1AA",
    address="1 Canarious Road", phone="+447700900471", email="zyx.quill@example.org", first_language="so",
)  # fmt: skip


@dataclass
class Life:
    """Somebody's traces: the id they are known by now, both ids, the referral, the entry and the offer."""

    learner_id: UUID
    ids: tuple[UUID, UUID]
    referral_id: UUID
    entry: Any
    world: World
    token: str = ""
    offer_id: UUID | None = None


@pytest.fixture
def officer(person, session):
    return person(session, Role.DATA_PROTECTION)


@pytest.fixture
def life(session, person, clock, hub):
    """Referred with needs and consent, known by a second source too, merged, waiting; texts both ways."""
    put_postcodes(session)
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    referrer = person(session, Role.REFERRER)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    world = World(session, clock, manager, college)
    needs = NewNeeds(
        availability=frozenset({"mon-am"}),
        support_needed="Canarious support",
        travel_minutes=60,
        travel_mode=TravelMode.BUS,
        barriers=frozenset({"health_or_disability"}),
    )
    sent = new_referral(person=ZYX, needs=needs, reason="Canarious reason", external_reference="JC-77")
    referral = referrals.submit(session, sent, referrer, clock)
    db.react(session)
    entry = world.add_learner(given_names="Zyxcanaria", family_name="Quillonfarba", needs=needs)
    kept, lost = referral.learner_id, entry.learner_id
    learners.merge(session, kept, lost, manager, clock)
    db.react(session)
    about = JoiningRecord(kept, referral.source_record_id, referral.subject_id)
    waitlist.note_priority(session, about, ["safeguarding"], manager, clock)
    eligibility.record_evidence(
        session, NewEvidence(kept, "passport", clock.today(), "Canarious note"), manager, clock
    )
    messaging.receive(session, NewReceived("in-1", ZYX.phone or "", "Canarious question", clock.now()), clock)
    token = learners.make_link(session, kept, LinkPurpose.INFORMATION, None, timedelta(days=60), clock)
    db.react(session)
    session.flush()
    return Life(kept, (kept, lost), referral.id, entry, world, token)


@pytest.fixture
def offered(life, session, clock):
    """The same, with a place offered that the provider has accepted."""
    life.world.add_class()
    life.world.release()
    db.react(session)
    (offer,) = _offers(session, life)
    matching.accept_as_provider(session, offer.id, life.world.college, clock)
    db.react(session)
    life.offer_id = offer.id
    return life


@pytest.fixture
def placed(offered, session, clock):
    """The same, with the place taken."""
    assert offered.offer_id is not None
    actor = learner_actor(offered.learner_id)
    matching.answer_as_learner(session, offered.offer_id, LearnerAnswer(True), actor, clock)
    db.react(session)
    return offered


def _offers(session, life):
    from hub.matching import reads

    return reads.offers_of(session, [life.learner_id])[life.learner_id]


@pytest.fixture
def ask(session, clock, officer):
    """ask(kind, learner_id, identity=...) -> a case that was received by the officer today."""

    def make(kind=CaseKind.ACCESS, learner_id=None, **changes):
        given: dict[str, Any] = {
            "kind": kind, "door": Door.IN_PERSON, "received_on": clock.today(), "words": "Please",
            "learner_id": learner_id, "identity": Identity.DOCUMENT if learner_id else None,
            "contact": None if learner_id else "zyx.quill@example.org",
        }  # fmt: skip
        return service.receive(session, NewCase(**given | changes), officer, clock)

    return make


def system():
    return SYSTEM
