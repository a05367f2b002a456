"""Automatic linking: off until it has earned it; and then not always."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from hub.core.errors import RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM, Role
from hub.infra.db import react
from hub.learners import jobs, reads, service
from hub.learners.domain import NewPerson
from hub.learners.domain.pairs import Suggestion
from hub.learners.domain.scoring import Comparison, Part, Zone
from hub.learners.domain.zones import Held
from hub.learners.models import DuplicatePair, LinkDecision
from hub.steps.models import Step

AMINA = NewPerson(
    given_names="Amina", family_name="Warsame", date_of_birth=date(1990, 2, 3), phone="+447700900123",
    email="amina@example.com", postcode="E8 1AA",
)  # fmt: skip
VERSION = reads.recognition_model(date(2027, 1, 11)).version
SURE = Comparison(21.0, Zone.AUTO, (Part("phone", "equal", 8.0, "Same phone"),), VERSION)
LOW = replace(SURE, score=-1.5, zone=Zone.NEW)


@pytest.fixture
def manager(session, person):
    return person(session, Role.HUB_MANAGER)


def take_in(session, clock, **changes):
    """Somebody taken in with nothing suggested about them: each test suggests what it needs."""
    made = service.identify(session, replace(AMINA, **changes), None, None, SYSTEM, clock)
    session.execute(text("DELETE FROM step WHERE kind = 'duplicate_to_decide'"))
    session.execute(text("DELETE FROM duplicate_pair WHERE decision = 'open'"))
    session.expire_all()
    return made.learner_id


def suggest(session, clock, one, other, comparison=SURE):
    service.suggest(session, [Suggestion(one, other, ("PH",), comparison)], clock)
    session.flush()
    jobs.link(clock)
    session.expire_all()
    return session.scalars(select(DuplicatePair).order_by(DuplicatePair.id.desc())).first()


def decided(session, clock, manager, times, *, errors=0):
    """So many decisions of a person about the automatic zone."""
    learner_id = take_in(session, clock, email=None)
    record_id = reads.source_records(session, learner_id)[0].id
    session.add_all(
        LinkDecision(
            id=new_id(), person_id=learner_id, source_record_id=record_id,
            action="reject" if number < errors else "link", score=21.0, weights_json={"zone": "auto", "parts": []},
            model_version=VERSION, decided_by=manager.id, at=clock.now(),
        )
        for number in range(times)
    )  # fmt: skip
    session.flush()


@pytest.fixture
def linking(session, clock, manager):
    decided(session, clock, manager, 500)
    service.turn_on_linking(session, "The board agreed on 4 January", manager, clock)


def one_person(session, *ids):
    return len(set(reads.survivors(session, ids).values())) == 1


def test_the_hub_only_suggests_at_first(session, clock, manager):
    one, other = take_in(session, clock), take_in(session, clock)
    pair = suggest(session, clock, one, other)
    assert pair.zone is Zone.AUTO and pair.decision == "open" and not one_person(session, one, other)
    assert session.scalars(select(Step.state).where(Step.subject_id == pair.id)).all() == ["open"]


@pytest.mark.parametrize(("times", "errors"), [(0, 0), (499, 0), (700, 1)])
def test_it_cannot_be_turned_on_without_evidence(session, clock, manager, times, errors):
    decided(session, clock, manager, times, errors=errors)
    with pytest.raises(RuleBroken):
        service.turn_on_linking(session, "We want it", manager, clock)
    assert not service.is_linking(session, VERSION)


def test_decisions_of_another_model_and_of_other_zones_prove_nothing(session, clock, manager):
    decided(session, clock, manager, 500)
    assert service.evidence(session, "another").decided == 0
    assert service.evidence(session, VERSION).upper_bound == pytest.approx(0.006)
    one, other = take_in(session, clock), take_in(session, clock, phone=None)
    pair = suggest(session, clock, one, other, replace(SURE, zone=Zone.REVIEW))
    service.merge_pair(session, pair.id, manager, clock)
    found = service.evidence(session, VERSION)
    assert (found.all_decided, found.decided) == (501, 500)


def test_on_it_links_at_once_and_off_it_stops_at_once(session, clock, manager, linking):
    one, other, third = (take_in(session, clock) for _ in range(3))
    pair = suggest(session, clock, one, other)
    assert one_person(session, one, other) and pair.decision == "same"
    decision = session.get_one(LinkDecision, pair.decision_id)
    assert (decision.decided_by, decision.reason, decision.score) == (None, "automatic", 21.0)
    assert session.scalars(select(Step.state).where(Step.subject_id == pair.id)).all() == ["closed"]
    service.turn_off_linking(session, "One was wrong", manager, clock)
    suggest(session, clock, other, third)
    assert not one_person(session, one, third) and reads.count_duplicate_pairs(session) == 1


def test_a_link_that_a_person_undoes_is_an_error_in_the_zone(session, clock, manager, linking):
    pair = suggest(session, clock, take_in(session, clock), take_in(session, clock))
    service.undo_decision(session, pair.decision_id, manager, clock)
    assert service.evidence(session, VERSION).errors == 1
    assert jobs.link(clock) == 0 and pair.held_because is Held.TAKEN_BACK  # it does not come back by itself
    service.turn_off_linking(session, "Look into it", manager, clock)
    with pytest.raises(RuleBroken):
        service.turn_on_linking(session, "Again", manager, clock)


def test_two_with_an_assessment_each_wait_for_a_person(session, clock, linking):
    pair = suggest(session, clock, *(take_in(session, clock) for _ in range(2)))
    service.undo_decision(session, pair.decision_id, SYSTEM, clock)
    react(session)
    held = service.link_automatically(session, pair.id, SYSTEM, clock, both_assessed=True)
    assert held is Held.BOTH_ASSESSED and pair.held_because is Held.BOTH_ASSESSED and pair.decision == "open"
    assert reads.duplicate_pairs(session)[0].held_because is Held.BOTH_ASSESSED


def test_nothing_is_linked_across_a_decision_that_two_are_different(session, clock, manager, linking):
    """A is not B; C was joined with A; C and B look alike: no chain leads round the decision."""
    a, b, c = (take_in(session, clock) for _ in range(3))
    apart = suggest(session, clock, a, b, replace(SURE, zone=Zone.REVIEW))
    service.mark_different(session, apart.id, manager, clock)
    suggest(session, clock, a, c)
    assert one_person(session, a, c)
    service.suggest(session, [Suggestion(b, c, ("PH",), SURE)], clock)
    jobs.link(clock)
    assert not one_person(session, b, c) and reads.count_duplicate_pairs(session) == 0


def test_what_is_unlike_one_of_the_cluster_goes_to_review(session, clock, linking):
    stranger = {"given_names": "Oksana", "family_name": "Tkachenko", "date_of_birth": date(1961, 7, 9)}
    a, b = take_in(session, clock), take_in(session, clock)
    other = take_in(
        session, clock, **stranger, phone="+447700900777", email="o@example.com", postcode="N1 1AA"
    )
    service.merge(session, b, other, SYSTEM, clock)  # a person joined them, for reasons of their own
    pair = suggest(session, clock, a, b)
    assert pair.held_because is Held.MEMBER_UNLIKE and not one_person(session, a, b)


def test_a_cluster_of_more_than_five_goes_to_review(session, clock, linking):
    ids = [take_in(session, clock) for _ in range(6)]
    for one in ids[1:5]:
        suggest(session, clock, ids[0], one)
    assert one_person(session, *ids[:5])
    pair = suggest(session, clock, ids[0], ids[5])
    assert pair.held_because is Held.LARGE_CLUSTER and not one_person(session, ids[0], ids[5])


def test_a_second_run_asks_nothing_twice(session, clock, manager):
    a, b, c = (take_in(session, clock) for _ in range(3))
    pair = suggest(session, clock, a, b)
    service.mark_different(session, pair.id, manager, clock)
    for _ in range(2):
        service.suggest(
            session, [Suggestion(x, y, ("PH",), SURE) for x, y in ((a, b), (b, a), (a, c))], clock
        )
    assert {(one.left_id, one.right_id) for one in reads.duplicate_pairs(session)} == {(a, c)}


def test_the_low_band_is_noted_and_a_few_are_drawn_each_week(session, clock, manager, monkeypatch):
    ids = [take_in(session, clock) for _ in range(5)]
    found = [Suggestion(ids[0], one, ("PH",), LOW) for one in ids[1:]]
    found.append(Suggestion(ids[1], ids[2], ("PH",), replace(LOW, score=-3.1)))
    service.suggest(session, found, clock)
    assert reads.duplicate_pairs(session) == [] and reads.count_low_pairs(session) == (4, 0)
    assert not session.scalars(select(Step)).all() and not reads.suspected_of(session, ids)
    assert jobs.sample(clock) == 4 and jobs.sample(clock) == 0
    assert len(session.scalars(select(Step)).all()) == 4
    service.mark_different(session, reads.duplicate_pairs(session, low=True)[0].id, manager, clock)
    assert reads.count_low_pairs(session) == (3, 3)
    clock.advance(timedelta(days=7))
    assert jobs.sample(clock) == 0  # all were drawn already


def test_decisions_and_switches_are_only_ever_added(session, clock, manager, linking):
    for table in ("link_decision", "automatic_linking"):
        for statement in (f"UPDATE {table} SET reason = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="only ever added"), session.begin_nested():
                session.execute(text(statement))


def test_a_decision_names_nobody(session, clock, manager):
    one, other = take_in(session, clock), take_in(session, clock, given_names="Aamina")
    pair = suggest(session, clock, one, other)
    service.merge_pair(session, pair.id, manager, clock)
    row = session.execute(text("SELECT * FROM link_decision")).mappings().one()
    assert (row["person_id"], row["action"], row["supersedes_id"]) == (one, "link", None)
    assert row["source_record_id"] == reads.people_as_referred(session, [other])[other].source_record_ids[0]
    assert row["weights_json"] == {"zone": "auto", "parts": [["phone", "equal", 8.0]]}
    assert row["model_version"] == VERSION
    written = str(dict(row)).casefold()
    for secret in ("amina", "warsame", "07700900123", "7700900123", "1990", "e8 1aa"):
        assert secret not in written
    service.undo_decision(session, row["id"], manager, clock)
    undone = session.scalars(select(LinkDecision).where(LinkDecision.supersedes_id == row["id"])).one()
    assert undone.action == "unlink" and undone.decided_by == manager.id


def test_the_switch_has_a_page_with_the_evidence(session, clock, manager, as_role):
    client = as_role(Role.HUB_MANAGER)
    decided(session, clock, manager, 499)
    page = client.get("/duplicates/linking").get_data(as_text=True)
    assert "Made-up people are not yours" in page
    assert "499 of at least 500" in page and "1 more decisions" in page and "Switch on" not in page
    assert client.post("/duplicates/linking/on", data={"reason": "Please"}).status_code == 422
    decided(session, clock, manager, 1)
    page = client.get("/duplicates/linking").get_data(as_text=True)
    assert "0.6 in 100" in page and "Switch on" in page
    assert client.post("/duplicates/linking/on", data={"reason": " "}).status_code == 422
    assert client.post("/duplicates/linking/on", data={"reason": "The board agreed"}).status_code == 302
    page = client.get("/duplicates/linking").get_data(as_text=True)
    assert "Switch off now" in page and "The board agreed" in page
    assert client.post("/duplicates/linking/off", data={"reason": "Doubts"}).status_code == 302
    assert not service.is_linking(session, VERSION)
    assert as_role(Role.ASSESSOR).get("/duplicates/linking").status_code == 403
