"""A learner with a link, and a browser that has given the date of birth."""

from datetime import date, timedelta

import pytest

from hub.consent import service as consent
from hub.consent.domain import CURRENT_VERSION, NewConsent
from hub.core.permissions import SYSTEM
from hub.learners import service as learners
from hub.learners.domain import LinkPurpose, NewNeeds, NewPerson

BIRTH = {"birth_date-day": "27", "birth_date-month": "3", "birth_date-year": "1990"}


@pytest.fixture
def learner(session, organise, clock):
    """learner(**details) -> who was identified."""
    hub_organisation = organise(session, "hub")

    def make(**details):
        details = {"phone": "+447700900123", "preferred_language": "en"} | details
        person = NewPerson(
            given_names="Amina", family_name="Yusuf", date_of_birth=date(1990, 3, 27), **details
        )
        needs = NewNeeds(availability=frozenset({"mon-am", "tue-am"}), childcare=True)
        made = learners.identify(session, person, needs, hub_organisation.id, SYSTEM, clock)
        new = NewConsent(
            given_on=clock.today(),
            channel="in_person",
            language="en",
            wording_version=CURRENT_VERSION,
            purposes=frozenset({"P06"}),
        )
        consent.record(session, new, made, SYSTEM, clock)
        session.flush()
        return made

    return make


@pytest.fixture
def link(session, clock):
    """link(learner_id) -> a token."""

    def make(learner_id, purpose=LinkPurpose.STATUS, subject_id=None, valid_for=timedelta(days=30)):
        token = learners.make_link(session, learner_id, purpose, subject_id, valid_for, clock)
        session.flush()
        return token

    return make


@pytest.fixture
def visit(client, learner, link):
    """visit() -> (client inside, token, learner id): the date of birth has been given."""

    def enter(**details):
        made = learner(**details)
        token = link(made.learner_id)
        answer = client.post(f"/l/{token}", data=BIRTH)
        assert answer.status_code == 302, answer.text
        return client, token, made.learner_id

    return enter
