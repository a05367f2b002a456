"""The borough's figures follow the published mix."""

from collections import Counter
from datetime import date
from random import Random
from typing import Any

import pytest

from hub.core.levels import Level
from hub.demo.borough import Borough, ProviderTeam
from hub.demo.classes import plan as plan_classes
from hub.demo.parameters import parameters, read_data
from hub.demo.people import invent, postcode_rows
from hub.demo.year import intake
from hub.demo.year.writing import of_a_household, written_again

YEAR = (date(2026, 9, 1), date(2027, 8, 31))
PEOPLE = list(invent(Random("p"), parameters(), 1000, date(2026, 9, 1)))


@pytest.mark.parametrize("name", ["level", "age", "source", "language"])
def test_shares_add_up_to_one(name: str):
    assert sum(parameters().mix[name].values()) == pytest.approx(1.0, abs=0.01)


def test_every_community_has_names():
    assert set(parameters().mix["language"]) <= set(read_data("names"))


def test_people_are_told_apart():
    assert (
        len({(one.person.given_names, one.person.family_name, one.person.date_of_birth) for one in PEOPLE})
        == 1000
    )
    phones = Counter(one.person.phone for one in PEOPLE)
    assert max(phones.values()) == 1


def test_phones_are_numbers_for_drama_and_never_those_that_misbehave():
    for one in PEOPLE:
        phone = one.person.phone or ""
        assert phone.startswith(("+447700900", "+442079460", "+441214960", "+441134960"))
        assert phone not in {f"+447700900{n}" for n in ("000", "002", "003", "111", "222")}


def test_the_mix_is_near_what_was_published():
    women = sum(one.person.sex == "F" for one in PEOPLE) / 1000
    turkish = sum(one.person.preferred_language == "tr" for one in PEOPLE) / 1000
    assert women == pytest.approx(parameters().mix["female"], abs=0.05)
    assert turkish == pytest.approx(parameters().mix["language"]["tr"], abs=0.04)


def test_everybody_is_at_least_sixteen():
    assert all(one.person.date_of_birth <= date(2010, 9, 1) for one in PEOPLE if one.person.date_of_birth)


def test_postcodes_are_of_hackney_and_its_neighbours():
    districts = Counter(row["district"] for row in postcode_rows())
    assert districts["E09000012"] > 4000
    assert len(districts) == 7


def test_arrivals_follow_the_months_and_some_come_twice():
    planned = intake.plan(Random("a"), parameters(), PEOPLE, YEAR)
    by_month = Counter(day.month for day, own in planned.items() for one in own if not one.again)
    assert by_month[9] > by_month[11] * 1.6
    again = sum(one.again for own in planned.values() for one in own)
    assert again / (1000 + again) == pytest.approx(parameters().mix["duplicate_referrals"], abs=0.05)
    assert all(day.weekday() < 5 for day in planned)


def test_people_are_written_down_again_in_other_ways_and_keep_numbers_of_their_own():
    rng = Random("w")
    ways: Counter[str] = Counter()
    lines: dict[Any, Any] = {}
    for one in PEOPLE:
        again = written_again(rng, parameters(), one.person)
        ways.update(name for name in ("phone", "date_of_birth", "family_name", "given_names")
                    if getattr(again, name) != getattr(one.person, name))  # fmt: skip
        if again.phone != one.person.phone:
            assert lines.setdefault(again.phone, one.person.phone) == one.person.phone
    assert min(ways.values()) > 60 and len(lines) > 100


def test_a_household_shares_a_phone_and_twins_a_birthday():
    rng = Random("h")
    found: Counter[str] = Counter()
    known = [one for one in PEOPLE if one.person.family_name == PEOPLE[0].person.family_name][1:]
    for _ in range(40):
        person = of_a_household(rng, PEOPLE[0].person, known)
        assert person.second_phone in {one.person.phone for one in known}
        found[person.date_of_birth == PEOPLE[0].person.date_of_birth] += 1
    assert min(found[True], found[False]) > 5
    assert of_a_household(rng, PEOPLE[0].person, []) == PEOPLE[0].person


def test_classes_are_few_where_demand_is_high():
    borough = Borough(providers=[ProviderTeam(None, data) for data in read_data("organisations")["provider"]])  # type: ignore[arg-type]
    for team in borough.providers:
        team.venues = [(None, True)]  # type: ignore[list-item]
    classes = [one.details for one in plan_classes(Random("c"), parameters(), borough, 1000, YEAR)]
    places: Counter[Level] = Counter()
    for one in classes:
        places[one.levels[0]] += one.capacity
    assert 55 <= len(classes) <= 120
    assert all(12 <= one.capacity <= 16 for one in classes)
    assert places[Level.E1] < 300 * 0.8
