from datetime import date

import pytest

from hub.core.errors import HubError
from hub.learners.domain import (
    Barrier,
    NewNeeds,
    NewPerson,
    Sex,
    StudyMode,
    TravelMode,
    needs_faults,
    person_faults,
    travel_km,
)
from hub.learners.domain.links import LinkExpired, looks_like_token, new_token, token_hash
from hub.learners.domain.needs import as_json, from_json

TODAY = date(2027, 1, 11)


@pytest.mark.parametrize(
    ("person", "field"),
    [
        (NewPerson(), "given_names"),
        (NewPerson(given_names="A", date_of_birth=date(2027, 1, 12)), "date_of_birth"),
        (NewPerson(given_names="A", date_of_birth=date(1900, 1, 1)), "date_of_birth"),
        (NewPerson(given_names="A" * 101), "given_names"),
        (NewPerson(given_names="A\x00B"), "given_names"),
        (NewPerson(given_names="A", phone="07700 900123"), "phone"),
        (NewPerson(given_names="A", address="x" * 301), "address"),
    ],
)
def test_what_cannot_be_true_is_named_by_field(person, field):
    assert field in person_faults(person, TODAY)


@pytest.mark.parametrize(
    "name", ["Robert'); DROP TABLE learner;--", "محمد", "李明", "<b>x</b>", "A" * 60, "Zoë 🙂"]
)
def test_any_script_and_any_text_is_only_text(name):
    assert person_faults(NewPerson(given_names=name, sex=Sex.FEMALE), TODAY) == {}


def test_travel_in_minutes_becomes_km_by_mode():
    assert travel_km(30, TravelMode.WALK, TODAY) == 2.5
    assert travel_km(30, TravelMode.BUS, TODAY) == 6.0
    assert travel_km(30, TravelMode.CYCLE, TODAY) == 6.5
    assert travel_km(30, TravelMode.CAR, TODAY) == 10.0
    assert travel_km(30, TravelMode.BUS, date(2020, 1, 1)) == 6.0


@pytest.mark.parametrize(
    ("needs", "field"),
    [
        (NewNeeds(availability=frozenset({"mon-night"})), "availability"),
        (NewNeeds(travel_minutes=181, travel_mode=TravelMode.BUS), "travel_minutes"),
        (NewNeeds(travel_minutes=20), "travel_mode"),
        (NewNeeds(hours_per_week=0), "hours_per_week"),
        (NewNeeds(available_from=date(2027, 2, 1), latest_start=date(2027, 1, 1)), "latest_start"),
        (NewNeeds(children_ages=(3, 18)), "children_ages"),
    ],
)
def test_needs_that_cannot_be_are_named(needs, field):
    assert field in needs_faults(needs)


def test_needs_come_back_as_they_were_sealed():
    needs = NewNeeds(
        availability=frozenset({"mon-am", "sun-eve"}),
        travel_minutes=20,
        travel_mode=TravelMode.CYCLE,
        study_mode=StudyMode.EITHER,
        childcare=True,
        children_ages=(2, 4),
        available_from=date(2027, 1, 1),
        barriers=frozenset({Barrier.DIGITAL}),
    )
    assert NewNeeds(**from_json(as_json(needs))) == needs  # type: ignore[arg-type]


def test_health_is_dropped_without_permission_but_step_free_stays():
    needs = NewNeeds(
        step_free=True,
        support_needed="Uses a hearing aid",
        barriers=frozenset({Barrier.HEALTH_OR_DISABILITY}),
    )
    kept = needs.without_health()
    assert kept.step_free and not kept.barriers and kept.support_needed is None


def test_tokens_are_short_and_long_enough():
    token = new_token()
    assert len(token) == 22 and looks_like_token(token) and len(token_hash(token)) == 32
    assert new_token() != token
    assert not looks_like_token("x" * 21) and not looks_like_token("é" * 22)
    assert issubclass(LinkExpired, HubError) and LinkExpired.status == 410
