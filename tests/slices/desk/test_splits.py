"""Two people were one record for a while: what happened meanwhile is given to one of them by a person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Role
from hub.eligibility import service as eligibility
from hub.eligibility.domain import EvidenceKind, NewEvidence
from hub.eligibility.reads import evidence
from hub.infra.audit import entries_of
from hub.infra.db import react
from hub.learners import reads, service
from hub.learners.domain import NewNeeds, SearchTerms, SplitKind, contact_of
from hub.learners.models import SplitItem
from hub.matching import reads as matching
from hub.matching import service as matching_service
from hub.messaging import reads as messages
from hub.messaging import service as messaging
from hub.messaging.models import Message
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from hub.waitlist import reads as waitlists
from tests.slices.matching.conftest import World, put_agreement, put_postcodes


@pytest.fixture
def world(session, person, clock):
    put_postcodes(session)
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    return World(session, clock, manager, college)


@pytest.fixture
def two(world):
    """Two learners who wait, the first referred kept in a merge."""
    first = world.add_learner(given_names="Amina", family_name="Warsame")
    world.clock.advance(timedelta(hours=1))
    second = world.add_learner(given_names="Hodan", family_name="Abdi")
    return first.learner_id, second.learner_id


def joined(world, two, meanwhile):
    """Merge the two, let something happen a day later, and part them another day later; the decision."""
    session, clock = world.session, world.clock
    decision = service.merge(session, two[0], two[1], world.manager, clock)
    react(session)
    clock.advance(timedelta(days=1))
    meanwhile(two[0])
    react(session)
    clock.advance(timedelta(days=1))
    service.undo_decision(session, decision, world.manager, clock)
    react(session)
    return decision


def settle(world, item, learner_id):
    service.settle_split(world.session, item.id, learner_id, world.manager, world.clock)
    react(world.session)
    world.session.expire_all()


def test_nothing_happened_nothing_is_asked(world, two, session):
    decision = joined(world, two, lambda _: None)
    assert reads.splits(session, decision) == [] and not reads.open_splits(session)


def test_a_message_is_given_to_the_other_with_its_words_under_their_key(world, two, session, clock):
    decision = joined(
        world, two, lambda one: messaging.write_to(session, one, "Come on Monday", world.manager, clock)
    )
    [item] = reads.splits(session, decision)
    assert (item.kind, item.learner_id, item.other_id) == (SplitKind.MESSAGE, *two)
    assert [one.kind for one in steps.learner_steps(session, [two[1]], clock.today())].count(
        StepKind.SPLIT_TO_SETTLE
    ) == 1
    settle(world, item, two[1])
    message = session.scalars(select(Message).where(Message.id == item.row_id)).one()
    assert message.learner_id == two[1] and message.body.endswith("Come on Monday")
    assert message.subject_id in reads.person(session, two[1]).subject_ids
    assert not reads.splits(session, decision)
    assert StepKind.SPLIT_TO_SETTLE not in [
        one.kind for one in steps.learner_steps(session, [two[1]], clock.today())
    ]
    assert message.id not in [one.id for one in messages.conversation(session, two[0])]
    assert "learner.split_settled" in [one.action for one in entries_of(session, [two[1]])]


def test_what_stays_is_settled_too(world, two, session, clock):
    decision = joined(world, two, lambda one: messaging.write_to(session, one, "Hello", world.manager, clock))
    [item] = reads.splits(session, decision)
    settle(world, item, two[0])
    assert item.row_id in [one.id for one in messages.conversation(session, two[0])]
    assert not reads.splits(session, decision)
    with pytest.raises(Conflict):
        settle(world, item, two[1])


def test_contact_details_and_needs_go_to_whose_they_are(world, two, session, clock):
    def meanwhile(one):
        change = replace(
            contact_of(reads.person(session, one)), phone="+447700900777", confirmed_by_learner=True
        )
        service.update_contact(session, one, change, world.manager, clock)
        service.update_needs(session, one, NewNeeds(childcare=True), world.manager, clock)

    before = {one: reads.person(session, one).phone for one in two}
    decision = joined(world, two, meanwhile)
    items = {one.kind: one for one in reads.splits(session, decision)}
    assert set(items) == {SplitKind.CONTACT, SplitKind.NEEDS}
    had = items[SplitKind.CONTACT].learner_id
    other = two[1] if had == two[0] else two[0]
    for item in items.values():
        settle(world, item, other)
    wrong, right = reads.person(session, had), reads.person(session, other)
    assert right.phone == "+447700900777" and right.contact_confirmed
    assert wrong.phone == before[had] and "+447700900777" not in wrong.other_phones
    assert reads.find(session, SearchTerms(phone="07700900777")) == [other]
    needs = reads.needs(session, two)
    assert needs[other].childcare and not needs[had].childcare


def test_an_offer_goes_to_the_other_with_its_place(world, two, session, clock):
    world.add_class()
    decision = joined(world, two, lambda _: world.release())
    items = [one for one in reads.splits(session, decision) if one.kind is SplitKind.OFFER]
    assert len(items) == 1 and items[0].learner_id == two[0]
    settle(world, items[0], two[1])
    offer = matching.offer(session, items[0].row_id)
    assert offer.learner_id == two[1] and offer.is_live
    states = {one: waitlists.entries_of(session, [one])[one][0].state.value for one in two}
    assert states == {two[0]: "waiting", two[1]: "offered"}
    assert waitlists.entry(session, offer.entry_id).learner_id == two[1]
    matching_service.accept_as_provider(session, offer.id, world.college, clock)


def test_evidence_and_priorities_go_to_whose_they_are(world, two, session, clock):
    def meanwhile(one):
        seen = NewEvidence(one, EvidenceKind.PASSPORT, clock.today())
        eligibility.record_evidence(session, seen, world.manager, clock)

    decision = joined(world, two, meanwhile)
    [item] = reads.splits(session, decision)
    assert item.kind is SplitKind.EVIDENCE
    other = item.other_id
    settle(world, item, other)
    found = evidence(session, two)
    assert list(found) == [other] and found[other][0].kind is EvidenceKind.PASSPORT


def test_while_they_are_one_again_nothing_is_asked(world, two, session, clock):
    decision = joined(world, two, lambda one: messaging.write_to(session, one, "Hello", world.manager, clock))
    [item] = reads.splits(session, decision)
    again = service.merge(session, two[0], two[1], world.manager, clock)
    react(session)
    assert not reads.open_splits(session)
    with pytest.raises(Conflict):
        settle(world, item, two[1])
    service.undo_decision(session, again, world.manager, clock)
    react(session)
    assert list(reads.open_splits(session)) == [decision]
    assert StepKind.SPLIT_TO_SETTLE in [
        one.kind for one in steps.learner_steps(session, list(two), clock.today())
    ]


def test_only_one_of_the_two_can_have_it(world, two, session, clock):
    decision = joined(world, two, lambda one: messaging.write_to(session, one, "Hello", world.manager, clock))
    [item] = reads.splits(session, decision)
    stranger = world.add_learner().learner_id
    with pytest.raises(RuleBroken):
        settle(world, item, stranger)
    with pytest.raises(NotFound):
        service.settle_split(session, decision, two[0], world.manager, clock)


def test_the_page_tells_what_it_was_and_takes_one_press(world, two, session, clock, as_role):
    assert "There is nothing to decide" in as_role(Role.HUB_MANAGER).get("/splits").get_data(as_text=True)
    decision = joined(
        world, two, lambda one: messaging.write_to(session, one, "Come on Monday", world.manager, clock)
    )
    client = as_role(Role.HUB_MANAGER)
    assert "Hodan Abdi" in client.get("/splits").get_data(as_text=True)
    assert "Records parted again" in client.get("/duplicates").get_data(as_text=True)
    page = client.get(f"/splits/{decision}").get_data(as_text=True)
    assert "Come on Monday" in page and "Message to the learner" in page and "Has it now" in page
    assert "Learner A" in page and "Learner B" in page, "two of one name and birthday are told apart"
    [item] = reads.splits(session, decision)
    answer = client.post(f"/splits/{decision}", data={"item_id": item.id, "learner_id": two[1]})
    assert answer.status_code == 302
    assert client.get(f"/splits/{decision}").location.endswith("/splits")
    assert session.get_one(SplitItem, item.id).moved
    assert client.get(f"/splits/{item.id}").status_code == 404
    assert client.post(f"/splits/{decision}", data={"item_id": "x"}).status_code in {302, 422}
    assert as_role(Role.REFERRER).get("/splits").status_code == 403
