"""Two at once: the last place, a yes pressed twice, a yes against a lapse, a round released twice."""

from collections import Counter
from datetime import timedelta

import pytest

from hub.core.errors import Conflict
from hub.core.permissions import SYSTEM, Role
from hub.infra import db
from hub.infra.db import transaction
from hub.matching import queries, reads, service
from hub.matching.domain import LearnerAnswer, NewRound, OfferState, RoundKind
from hub.provision import reads as provision
from hub.waitlist import reads as waitlist
from hub.waitlist.domain import EntryState
from tests.races.test_waitlist_and_appointments import at_once
from tests.slices.matching.conftest import World, put_agreement, put_postcodes

YES, NO = LearnerAnswer(True), LearnerAnswer(False, "time")


@pytest.fixture
def made(committed, person, clock):
    """made(capacity, learners) -> a committed round in preview: (world, class id, round id)."""

    def make(capacity, learners):
        with transaction(SYSTEM) as session:
            put_postcodes(session)
            manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
            put_agreement(session, manager.organisation_id, college.organisation_id, clock)
            world = World(session, clock, manager, college)
            esol_class = world.add_class(capacity=capacity)
            for _ in range(learners):
                world.add_learner()
            return world, esol_class.id, world.preview().id

    return make


def do(act):
    def run():
        with transaction(SYSTEM) as session:
            act(session)

    return run


def release(world, round_id):
    return do(lambda session: service.release(session, round_id, None, world.manager, world.clock))


def offers_of_round(round_id):
    with transaction(SYSTEM) as session:
        return [reads.offer(session, one.id) for one in queries.offers_of_round(session, round_id)]


def places(class_id):
    with transaction(SYSTEM) as session:
        view = provision.esol_class(session, class_id)
        return view.held, view.enrolled, view.free


def no_faults(ends):
    """Refusals are told as such; anything else (a deadlock, a broken rule of the database) is a fault."""
    assert [end for end in ends if end is not None and not isinstance(end, Conflict)] == []


def test_releasing_a_round_eight_times_at_once_makes_each_offer_once(made):
    world, class_id, round_id = made(3, 3)
    no_faults(at_once(*[release(world, round_id)] * 8))
    offers = offers_of_round(round_id)
    assert len(offers) == 3
    assert places(class_id) == (3, 0, 0)


def test_eight_answers_at_once_are_one(made):
    world, class_id, round_id = made(1, 1)
    release(world, round_id)()
    offer = offers_of_round(round_id)[0]
    do(lambda s: service.accept_as_provider(s, offer.id, world.college, world.clock))()

    def answer(what):
        return do(lambda s: service.answer_as_learner(s, offer.id, what, world.manager, world.clock))

    ends = at_once(*[answer(YES), answer(NO)] * 4)
    no_faults(ends)
    state = offers_of_round(round_id)[0].state
    with transaction(SYSTEM) as session:
        enrolments = reads.enrolments_of(session, [offer.learner_id]).get(offer.learner_id, [])
        entry = waitlist.entry(session, offer.entry_id)
    assert entry is not None
    if state is OfferState.CONFIRMED:
        assert (len(enrolments), entry.state, places(class_id)) == (1, EntryState.FULFILLED, (0, 1, 0))
    else:
        assert (len(enrolments), entry.state, places(class_id)) == (0, EntryState.WAITING, (0, 0, 1))
    assert ends.count(None) >= 4, "the answer that counted is the same however often it is given"


def test_provider_accepts_while_the_hub_undoes(made):
    world, class_id, round_id = made(2, 2)
    release(world, round_id)()
    acts = [
        do(lambda s, one=one: service.accept_as_provider(s, one.id, world.college, world.clock))
        for one in offers_of_round(round_id)
    ]
    no_faults(at_once(*acts, do(lambda s: service.undo(s, round_id, world.manager, world.clock))))
    found = Counter(one.state for one in offers_of_round(round_id))
    held = found[OfferState.WITH_LEARNER] + found[OfferState.WITH_PROVIDER]
    assert places(class_id) == (held, 0, 2 - held)


def test_two_rounds_never_offer_one_learner_twice_nor_a_place_twice(made):
    world, class_id, first = made(2, 4)
    with transaction(SYSTEM) as session:
        second = service.preview(
            session, NewRound(RoundKind.REFILL, frozenset({class_id})), SYSTEM, world.clock
        ).id
    no_faults(at_once(*[release(world, first), release(world, second)] * 4))
    offers = [*offers_of_round(first), *offers_of_round(second)]
    assert len(offers) == 2
    assert len({one.learner_id for one in offers}) == 2
    assert places(class_id) == (2, 0, 0)


def test_places_confirmed_and_offers_lapsing_at_once(made):
    """A learner's yes against the lapse of the same offer, and a provider changing the places."""
    world, class_id, round_id = made(4, 4)
    release(world, round_id)()
    for one in offers_of_round(round_id):
        do(lambda s, one=one: service.accept_as_provider(s, one.id, world.college, world.clock))()
    world.clock.advance(timedelta(days=9))
    yes = [
        do(lambda s, one=one: service.answer_as_learner(s, one.id, YES, world.manager, world.clock))
        for one in offers_of_round(round_id)
    ]
    lapse = do(lambda s: service.lapse_due(s, world.clock, SYSTEM))
    no_faults(at_once(*yes, lapse, lapse, lapse, lapse))
    found = Counter(one.state for one in offers_of_round(round_id))
    assert set(found) <= {OfferState.CONFIRMED, OfferState.LAPSED}
    assert places(class_id) == (0, found[OfferState.CONFIRMED], found[OfferState.LAPSED])
    assert db.runtime().reactions, "with the real wiring"
