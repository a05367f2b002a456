"""Two at once: real connections, real commits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from hub.accounts import service as accounts
from hub.accounts.domain import NewOrganisation, OrganisationKind
from hub.consent import reads as consents
from hub.consent import service as consent_service
from hub.consent.domain import NewConsent
from hub.core.errors import HubError
from hub.core.permissions import SYSTEM
from hub.infra.db import transaction
from hub.learners import reads, service
from hub.learners.domain import NewNeeds, NewPerson
from hub.learners.models import LinkDecision

AMINA = NewPerson(
    given_names="Amina", family_name="Hassan", date_of_birth=date(1990, 2, 3), phone="+447700900123",
    second_phone="+447700900124", email="amina@example.com",
)  # fmt: skip


@pytest.fixture
def hub_org(committed, clock):
    with transaction() as session:
        accounts.create_organisation(
            session, NewOrganisation("hub", "Hub", OrganisationKind.HUB), SYSTEM, clock
        )


def at_once(count, act):
    """Run `act(number)` in so many threads, started together; results, errors among them."""
    gate = Barrier(count)

    def run(number):
        gate.wait()
        try:
            return act(number)
        except HubError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def take_in(clock):
    with transaction() as session:
        return service.identify(session, AMINA, None, None, SYSTEM, clock)


@pytest.mark.parametrize("trial", range(5))
def test_the_same_person_referred_by_several_at_once_is_always_noticed(hub_org, clock, trial):
    made = at_once(4, lambda _: take_in(clock))
    assert sorted(len(one.suspected) for one in made) == [0, 1, 2, 3]
    with transaction() as session:
        assert len(reads.duplicate_pairs(session)) == 6


def test_two_managers_click_same_person_at_once(hub_org, clock):
    for _ in range(2):
        take_in(clock)
    with transaction() as session:
        pair_id = reads.duplicate_pairs(session)[0].id

    def click(_):
        with transaction() as session:
            return service.merge_pair(session, pair_id, SYSTEM, clock)

    assert len(set(at_once(4, click))) == 1
    with transaction() as session:
        assert session.query(LinkDecision).count() == 1


@pytest.mark.parametrize("trial", range(3))
def test_two_people_decide_differently_about_one_pair_at_once(hub_org, clock, trial):
    """One of them decides; the other is told that it was decided, and nothing of theirs is kept."""
    for _ in range(2):
        take_in(clock)
    with transaction() as session:
        pair_id = reads.duplicate_pairs(session)[0].id

    def click(number):
        with transaction() as session:
            decide = service.merge_pair if number % 2 else service.mark_different
            return decide(session, pair_id, SYSTEM, clock)

    results = at_once(4, click)
    refused = [one for one in results if isinstance(one, HubError)]
    assert len(refused) == 2 and {one.code for one in refused} == {"already_decided"}
    with transaction() as session:
        kept = session.query(LinkDecision).one()
        found = reads.duplicate_pair(session, pair_id)
        assert found is not None
        pair, state = found
        one_person = reads.survivor(session, pair.left_id) == reads.survivor(session, pair.right_id)
        assert (kept.action == "link") == (state == "same") == one_person


def test_one_split_is_settled_once(hub_org, clock):
    ids = [take_in(clock).learner_id for _ in range(2)]
    with transaction() as session:
        decision = service.merge(session, ids[0], ids[1], SYSTEM, clock)
    clock.advance(timedelta(hours=1))
    with transaction() as session:
        service.update_needs(session, ids[0], NewNeeds(childcare=True), SYSTEM, clock)
    with transaction() as session:
        service.undo_decision(session, decision, SYSTEM, clock)
        [item] = reads.splits(session, decision)

    def click(number):
        with transaction() as session:
            service.settle_split(
                session, item.id, (item.learner_id, item.other_id)[number % 2], SYSTEM, clock
            )

    results = at_once(4, click)
    assert sum(one is None for one in results) == 1
    assert {one.code for one in results if one is not None} == {"already_settled"}


def test_merges_in_a_circle_at_once_make_no_circle(hub_org, clock):
    ids = [take_in(clock).learner_id for _ in range(3)]

    def merge(number):
        with transaction() as session:
            return service.merge(session, ids[number], ids[(number + 1) % 3], SYSTEM, clock)

    results = at_once(3, merge)
    assert sum(not isinstance(one, HubError) for one in results) == 2
    with transaction() as session:
        assert len(set(reads.survivors(session, ids).values())) == 1


def test_a_correction_and_a_merge_at_once_lose_nothing(hub_org, clock):
    from hub.learners.domain import ContactChange

    ids = [take_in(clock).learner_id for _ in range(2)]

    def act(number):
        with transaction() as session:
            if number:
                return service.merge(session, ids[0], ids[1], SYSTEM, clock)
            change = ContactChange(phone="+447700900777", confirmed_by_learner=True)
            return service.update_contact(session, ids[1], change, SYSTEM, clock)

    assert not any(isinstance(one, HubError) for one in at_once(2, act))
    with transaction() as session:
        person = reads.person(session, ids[0])
        assert person is not None and person.phone == "+447700900777"
        assert len(set(reads.survivors(session, ids).values())) == 1


def test_a_double_click_on_the_answers_is_one_asking(hub_org, clock):
    learner_id = take_in(clock).learner_id
    asked = NewConsent(
        given_on=clock.today(),
        channel="phone",
        language="en",
        wording_version="2026-11",
        purposes=frozenset({"P06"}),
    )

    def click(_):
        with transaction() as session:
            consent_service.record_again(session, learner_id, asked, SYSTEM, clock)

    at_once(3, click)
    with transaction() as session:
        assert len(consents.consents(session, learner_id)) == 1


def test_withdrawing_twice_at_once_is_told_once(hub_org, clock):
    with transaction() as session:
        found = service.identify(session, AMINA, None, None, SYSTEM, clock)
        asked = NewConsent(
            given_on=clock.today(), channel="phone", language="en", wording_version="2026-11",
            purposes=frozenset({"P06"}),
        )  # fmt: skip
        consent_service.record(session, asked, found, SYSTEM, clock)

    def click(_):
        with transaction() as session:
            return consent_service.withdraw(session, found.learner_id, {"P06"}, SYSTEM, clock)

    assert sorted(map(len, at_once(4, click))) == [0, 0, 0, 1]
