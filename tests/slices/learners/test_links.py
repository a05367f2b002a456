from datetime import date, timedelta

import pytest

from hub.core.errors import NotFound
from hub.core.permissions import SYSTEM
from hub.learners import reads, service
from hub.learners.domain import LinkExpired, LinkPurpose, NewPerson
from hub.learners.domain.links import LinkLocked
from hub.learners.models import PersonalLink

BORN = date(1990, 2, 3)


@pytest.fixture
def learner_id(session, clock, organise):
    organise(session, "hub")
    person = NewPerson(given_names="Amina", family_name="Hassan", date_of_birth=BORN, phone="+447700900123")
    return service.identify(session, person, None, None, SYSTEM, clock).learner_id


@pytest.fixture
def token(session, learner_id, clock):
    return service.make_link(session, learner_id, LinkPurpose.STATUS, None, timedelta(days=7), clock)


def test_a_link_opens_for_its_learner_and_purpose(session, learner_id, token, clock):
    opened = service.open_link(session, token, clock)
    assert (opened.learner_id, opened.purpose) == (learner_id, LinkPurpose.STATUS)


def test_only_the_hash_is_stored(session, token):
    session.flush()
    row = session.query(PersonalLink).one()
    assert token not in str(row.__dict__) and len(row.token_hash) == 32


@pytest.mark.parametrize("guess", ["", "x" * 22, "é" * 22, "' OR 1=1 --", "x" * 5000])
def test_a_guess_is_not_found(session, token, clock, guess):
    with pytest.raises(NotFound):
        service.open_link(session, guess, clock)


def test_an_old_link_says_so_to_its_holder_only(session, token, clock):
    clock.advance(timedelta(days=7))
    with pytest.raises(LinkExpired):
        service.open_link(session, token, clock)


def test_a_link_can_be_taken_back(session, learner_id, token, clock):
    other = service.make_link(session, learner_id, LinkPurpose.OFFER, learner_id, timedelta(days=7), clock)
    assert service.revoke_links(session, learner_id, clock, LinkPurpose.STATUS) == 1
    with pytest.raises(LinkExpired):
        service.open_link(session, token, clock)
    assert service.open_link(session, other, clock).subject_id == learner_id


def test_the_date_of_birth_opens_and_five_wrong_ones_lock(session, token, clock):
    assert service.confirm_birth_date(session, token, BORN, clock)
    for day in range(1, 6):
        assert not service.confirm_birth_date(session, token, date(1991, 1, day), clock)
    with pytest.raises(LinkLocked):
        service.confirm_birth_date(session, token, BORN, clock)
    with pytest.raises(LinkLocked):
        service.open_link(session, token, clock)


def test_a_link_follows_a_merge(session, learner_id, token, clock):
    clock.advance(timedelta(days=1))
    person = NewPerson(
        given_names="Amina", family_name="Hassan", phone="+447700900123", referred_on=date(2020, 1, 1)
    )
    older = service.identify(session, person, None, None, SYSTEM, clock)
    service.merge_pair(session, reads.duplicate_pairs(session)[0].id, SYSTEM, clock)
    assert service.open_link(session, token, clock).learner_id == older.learner_id
    assert service.revoke_links(session, older.learner_id, clock) == 1
