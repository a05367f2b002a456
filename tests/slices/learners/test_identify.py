from dataclasses import replace
from datetime import date, timedelta
from math import fsum

import pytest
from sqlalchemy import select, text

from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import entries_of
from hub.learners import reads, service
from hub.learners.domain import (
    Barrier,
    DocumentSeen,
    LearnersMerged,
    LearnersUnmerged,
    NewNeeds,
    NewPerson,
    Person,
    SearchTerms,
    TravelMode,
    contact_of,
)
from hub.learners.models import BlindIndex, LearningNeeds, SourceRecord
from hub.steps.domain import StepKind
from hub.steps.models import Step

AMINA = NewPerson(
    given_names="Amina",
    family_name="Hassan",
    date_of_birth=date(1990, 2, 3),
    postcode="E8 1AA",
    phone="+447700900123",
    email="amina@example.com",
    preferred_language="so",
    first_language="so",
    nationality="Somali",
)
NEEDS = NewNeeds(
    availability=frozenset({"mon-am"}), travel_minutes=30, travel_mode=TravelMode.BUS, childcare=True
)


def the_person(session, learner_id) -> Person:
    found = reads.person(session, learner_id)
    assert found is not None
    return found


@pytest.fixture
def hub_org(session, organise):
    return organise(session, "hub")


@pytest.fixture
def known(session, hub_org, clock):
    return service.identify(session, AMINA, NEEDS, hub_org.id, SYSTEM, clock)


def take_in(session, clock, organisation_id=None, **changes):
    return service.identify(session, replace(AMINA, **changes), None, organisation_id, SYSTEM, clock)


STRANGER = {
    "given_names": "Oksana",
    "family_name": "Tkachenko",
    "date_of_birth": date(1985, 5, 6),
    "phone": "+447700900999",
    "email": "oksana@example.com",
}


def test_a_person_is_stored_sealed_and_read_back(session, known):
    person = the_person(session, known.learner_id)
    assert person.full_name == "Amina Hassan" and person.nationality == "Somali"
    assert person.date_of_birth == date(1990, 2, 3)
    raw = session.execute(text("SELECT * FROM source_record")).mappings().one()
    texts = [
        value.encode() if isinstance(value, str) else bytes(value)
        for value in raw.values()
        if isinstance(value, (str, bytes))
    ]
    assert len(texts) > 8 and not any(b"Amina" in value for value in texts)


def test_the_index_holds_hashes_only(session, known):
    rows = session.scalars(select(BlindIndex)).all()
    assert {len(row.hash) for row in rows} == {16}
    assert {row.kind for row in rows} == {"PH", "EM", "DB", "YN", "MN", "PN", "NN"}
    assert {row.subject_id for row in rows} == {known.subject_id}


def test_needs_are_kept_with_km_computed_on_the_day(session, known):
    needs = reads.needs(session, [known.learner_id])[known.learner_id]
    assert needs.max_travel_km == 6.0 and needs.availability == {"mon-am"}
    assert needs.class_needs == {"childcare", "in_person"}


def test_a_stranger_is_nobodys_duplicate(session, known, clock):
    made = take_in(session, clock, **STRANGER)
    assert made.suspected == ()
    assert reads.duplicate_pairs(session) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"given_names": "Aminah", "family_name": "Xasan"}, "same name, spelled differently"),
        ({"given_names": "Hassan", "family_name": "AMINA", "phone": None}, "same name"),
        ({"date_of_birth": date(1990, 3, 2), "email": None}, "day and month swapped"),
        ({"date_of_birth": date(1990, 1, 1), "postcode": None}, "same year, one is 1 January"),
        ({"family_name": "Omar"}, "same phone"),
    ],
)
def test_a_likely_person_is_suggested_with_reasons_and_opens_a_step(session, known, clock, changed, why):
    made = take_in(session, clock, **changed)
    assert made.suspected == (known.learner_id,)
    assert made.learner_id != known.learner_id
    pair = reads.duplicate_pairs(session)[0]
    assert {pair.left_id, pair.right_id} == {known.learner_id, made.learner_id}
    assert why in pair.reasons
    assert pair.comparison.score >= 0 and pair.comparison.model_version
    weights = fsum(part.weight for part in pair.comparison.parts)
    assert abs(weights - pair.comparison.score) < 0.1
    step = session.scalars(select(Step).where(Step.subject_id == pair.id)).one()
    assert step.kind == StepKind.DUPLICATE_TO_DECIDE and step.learner_id == pair.right_id
    assert reads.suspected_of(session, [known.learner_id]) == {known.learner_id: (made.learner_id,)}


@pytest.mark.parametrize("shared", [{"phone": "+447700900123"}, {"postcode": "E8 1AA"}])
def test_one_household_is_not_one_person(session, known, clock, shared):
    assert take_in(session, clock, **{**STRANGER, **shared}).suspected == ()


def test_a_stored_comparison_names_nobody(session, known, clock):
    take_in(session, clock, given_names="Aminah")
    raw = session.execute(text("SELECT parts::text || reasons::text FROM duplicate_pair")).scalar_one()
    assert not any(word in raw for word in ("Amina", "Hassan", "1990", "7700", "example", "E8"))


def test_a_question_about_one_person_is_asked_once(session, known, clock):
    """Two records of one person, already joined, and a third: two pairs, one question."""
    second = take_in(session, clock, given_names="Aamina")
    third = take_in(session, clock, given_names="Amiina")
    assert reads.count_duplicate_pairs(session) == 3
    service.merge(session, known.learner_id, second.learner_id, SYSTEM, clock)
    assert reads.count_duplicate_pairs(session) == len(reads.duplicate_pairs(session)) == 1
    service.merge_pair(session, reads.duplicate_pairs(session)[0].id, SYSTEM, clock)
    assert reads.count_duplicate_pairs(session) == 0
    assert reads.survivor(session, third.learner_id) == reads.survivor(session, known.learner_id)


def test_a_number_of_many_people_suggests_nothing_by_itself(session, known, clock):
    for number in range(10):
        take_in(
            session,
            clock,
            given_names=f"Person{chr(97 + number)}",
            family_name="Different",
            date_of_birth=date(1970, 1, 2 + number),
            email=None,
        )
    assert take_in(session, clock, **{**STRANGER, "phone": AMINA.phone}).suspected == ()


def test_everything_impossible_is_refused_by_field(session, clock):
    with pytest.raises(RuleBroken) as refused:
        take_in(session, clock, date_of_birth=date(2030, 1, 1), phone="123")
    assert set(refused.value.errors) == {"date_of_birth", "phone"}


def test_a_person_of_a_name_only_can_be_taken_in(session, clock):
    made = service.identify(session, NewPerson(given_names="🙂"), None, None, SYSTEM, clock)
    assert the_person(session, made.learner_id).full_name == "🙂"


def test_an_old_waiting_date_is_kept_but_never_one_of_tomorrow(session, clock):
    old = take_in(session, clock, referred_on=date(2025, 3, 1))
    new = take_in(session, clock, referred_on=date(2028, 3, 1), **STRANGER)
    dates = reads.first_referred_on(session, [old.learner_id, new.learner_id])
    assert dates == {old.learner_id: date(2025, 3, 1), new.learner_id: clock.today()}


@pytest.mark.parametrize(
    "terms",
    [
        SearchTerms(phone="07700 900123"),
        SearchTerms(email="amina@example.com"),
        SearchTerms(name="hassan amina"),
        SearchTerms(name="Amina", date_of_birth=date(1990, 2, 3)),
        SearchTerms(name="Amina Hassan", phone="+447700900123"),
    ],
)
def test_a_learner_is_found(session, known, clock, terms):
    take_in(session, clock, **STRANGER)
    assert reads.find(session, terms) == [known.learner_id]


@pytest.mark.parametrize(
    "terms",
    [SearchTerms(name="Amina"), SearchTerms(), SearchTerms(name="Amina Hassan", phone="+447700900555")],
)
def test_too_little_or_the_wrong_thing_finds_nobody(session, known, terms):
    assert reads.find(session, terms) == []


def test_who_looked_and_who_made_is_in_the_audit(session, known):
    session.flush()
    assert [one.action for one in entries_of(session, [known.learner_id])] == ["learner.created"]


def test_a_merge_moves_records_and_keeps_the_earliest_date(session, known, clock, person):
    manager = person(session, Role.HUB_MANAGER)
    again = take_in(session, clock, referred_on=date(2026, 5, 1), given_names="Amiina")
    pair = reads.duplicate_pairs(session)[0]
    decision_id = service.merge_pair(session, pair.id, manager, clock)
    assert reads.survivor(session, known.learner_id) == again.learner_id  # referred first
    merged = reads.people(session, [known.learner_id, again.learner_id])
    assert merged[known.learner_id] == merged[again.learner_id]
    assert merged[known.learner_id].first_referred_on == date(2026, 5, 1)
    assert reads.needs(session, [again.learner_id])[again.learner_id].childcare
    assert reads.same_person_ids(session, known.learner_id) == {known.learner_id, again.learner_id}
    assert session.info["hub_events"][-1] == LearnersMerged(
        again.learner_id, known.learner_id, (known.source_record_id,), decision_id
    )
    assert reads.duplicate_pairs(session) == []
    assert session.scalars(select(Step.state).where(Step.subject_id == pair.id)).all() == ["closed"]
    service.unmerge(session, decision_id, manager, clock)
    assert session.info["hub_events"][-1] == LearnersUnmerged(
        again.learner_id, known.learner_id, (known.source_record_id,), decision_id, clock.now()
    )
    assert reads.first_referred_on(session, [known.learner_id]) == {known.learner_id: clock.today()}
    assert [one.id for one in reads.duplicate_pairs(session)] == [pair.id]


def test_a_second_click_merges_nothing_more(session, known, clock, person):
    manager = person(session, Role.HUB_MANAGER)
    take_in(session, clock)
    pair = reads.duplicate_pairs(session)[0]
    first = service.merge_pair(session, pair.id, manager, clock)
    assert service.merge_pair(session, pair.id, manager, clock) == first
    with pytest.raises(Conflict):
        service.mark_different(session, pair.id, manager, clock)


def test_different_people_are_remembered_and_block_a_merge(session, known, clock, person):
    manager = person(session, Role.HUB_MANAGER)
    husband = take_in(session, clock, given_names="Aminah", email=None, date_of_birth=date(1990, 2, 8))
    pair = reads.duplicate_pairs(session)[0]
    service.mark_different(session, pair.id, manager, clock)
    service.mark_different(session, pair.id, manager, clock)
    again = take_in(session, clock, given_names="Aminah")
    assert len(reads.duplicate_pairs(session)) == 2
    service.merge(session, known.learner_id, again.learner_id, manager, clock)
    with pytest.raises(RuleBroken) as refused:
        service.merge(session, again.learner_id, husband.learner_id, manager, clock)
    assert refused.value.code == "different_people"
    decision = next(one for one in reads.decisions(session) if one.action == "reject")
    service.undo_decision(session, decision.id, manager, clock)
    service.merge(session, again.learner_id, husband.learner_id, manager, clock)
    assert len({reads.survivor(session, one.learner_id) for one in (known, again, husband)}) == 1


def test_a_decision_is_undone_once(session, known, clock, person):
    manager = person(session, Role.HUB_MANAGER)
    take_in(session, clock)
    decision_id = service.merge_pair(session, reads.duplicate_pairs(session)[0].id, manager, clock)
    service.undo_decision(session, decision_id, manager, clock)
    with pytest.raises(Conflict):
        service.undo_decision(session, decision_id, manager, clock)
    with pytest.raises(NotFound):
        service.unmerge(session, known.learner_id, manager, clock)


def test_one_learner_cannot_be_merged_with_themselves_or_with_nobody(session, known, clock):
    with pytest.raises(RuleBroken):
        service.merge(session, known.learner_id, known.learner_id, SYSTEM, clock)
    with pytest.raises(NotFound):
        service.merge(session, known.learner_id, known.subject_id, SYSTEM, clock)


def test_new_contact_details_keep_the_old_as_aliases(session, known, clock):
    person = the_person(session, known.learner_id)
    clock.advance(timedelta(days=1))
    change = replace(contact_of(person), phone="+447700900456", confirmed_by_learner=True)
    service.update_contact(session, known.learner_id, change, SYSTEM, clock)
    service.update_contact(
        session, known.learner_id, replace(change, confirmed_by_learner=False), SYSTEM, clock
    )
    person = the_person(session, known.learner_id)
    assert person.phone == "+447700900456" and person.other_phones == ("+447700900123",)
    assert person.first_language == "so" and person.contact_confirmed
    assert reads.find(session, SearchTerms(phone="07700900123")) == [known.learner_id]
    assert reads.find(session, SearchTerms(phone="07700900456")) == [known.learner_id]
    assert session.query(SourceRecord).count() == 2
    assert reads.source_record_ids(session, [known.learner_id]) == {
        known.learner_id: {known.source_record_id}
    }


def test_a_correction_of_nobody_is_not_found(session, hub, clock, known):
    person = the_person(session, known.learner_id)
    with pytest.raises(NotFound):
        service.update_contact(session, known.subject_id, contact_of(person), SYSTEM, clock)


def test_the_newest_needs_count_and_health_can_be_forgotten(session, known, clock):
    clock.advance(timedelta(hours=1))
    told = NewNeeds(
        barriers=frozenset({Barrier.HEALTH_OR_DISABILITY, Barrier.DIGITAL}), support_needed="Hearing aid"
    )
    service.update_needs(session, known.learner_id, told, SYSTEM, clock)
    assert reads.needs(session, [known.learner_id])[known.learner_id].support_needed == "Hearing aid"
    service.forget_health_needs(session, known.learner_id, SYSTEM, clock)
    session.flush()
    session.expire_all()
    needs = reads.needs(session, [known.learner_id])[known.learner_id]
    assert needs.support_needed is None and needs.barriers == {Barrier.DIGITAL}
    assert not any("Hearing" in str(row.answers) for row in session.query(LearningNeeds))


def test_a_verified_date_of_birth_stands(session, known, clock):
    service.mark_verified(session, known.learner_id, DocumentSeen(date_of_birth=True), SYSTEM, clock)
    session.flush()
    assert the_person(session, known.learner_id).birth_date_verified
