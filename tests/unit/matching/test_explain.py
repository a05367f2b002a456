"""'Why not this class?': each answer by hand, and what it must not tell."""

import pytest

from hub.matching.domain.allocation import allocate
from hub.matching.domain.explain import Better, ClassFull, Decider, NotEligible, RankedHigher, explain
from hub.matching.domain.snapshot import parse_snapshot, ticket
from tests.unit.matching.worlds import esol_class, learner, snapshot

SEED = "s"
ROUND = "2027-01-11-weekly"


def why(data, person="me", one="C1"):
    parsed = parse_snapshot(data)
    return explain(parsed, allocate(parsed, SEED), person, one)


def crowd(**changes):
    """Four others, so that a cutoff may be shown."""
    return [learner(id=f"other{number}", **{"priority_band": 1, **changes}) for number in range(4)]


def full(me, others=None, **one):
    """The answer to one who found the class full."""
    rows = [learner(id="me", **me), *(crowd() if others is None else others)]
    answer = why(snapshot(rows, [esol_class(**one)]))
    assert isinstance(answer, ClassFull)
    return answer


def test_not_eligible_names_every_rule_with_both_values():
    answer = why(snapshot([learner(id="me", level="E1", max_travel_km=0.1)], [esol_class()]))
    assert isinstance(answer, NotEligible)
    assert [(one.code, one.learner_value, one.class_value) for one in answer.refusals] == [
        ("LEVEL", "E1", "E2"),
        ("TRAVEL", "0.1 km", "0.262 km"),
    ]
    assert answer.sentences() == (
        "The class is for Entry 2 (A2). Your level is Entry 1 (A1).",
        "The class is 0.262 km away. You can travel 0.1 km.",
    )


def test_a_safeguarding_exclusion_reads_like_a_class_declined():
    answer = why(snapshot([learner(id="me", declined=["C1"])], [esol_class()]))
    assert answer.sentences() == ("This class was set aside for you, so it was not offered again.",)


@pytest.mark.parametrize(
    ("me", "second", "because"),
    [
        ({"choices": ["C2"]}, {}, Better.NOT_CHOSEN),
        ({"choices": ["C2", "C1"]}, {}, Better.OWN_CHOICE),
        ({}, {"pressure": 0}, Better.LESS_CONTESTED),
        ({"location": [51.5, 0.0], "max_travel_km": 9}, {"location": [51.5, 0.0]}, Better.BETTER_BAND),
    ],
)
def test_a_class_ranked_at_least_as_high(me, second, because):
    answer = why(snapshot([learner(id="me", **me)], [esol_class(), esol_class(id="C2", **second)]))
    assert answer == RankedHigher(because, "C2")
    assert len(answer.sentences()) == 1


def test_the_lottery_between_two_classes_and_the_class_itself():
    data = snapshot([learner(id="me")], [esol_class(), esol_class(id="C2")])
    mine, other = sorted(("C1", "C2"), key=lambda name: ticket(SEED, ROUND, name))
    assert why(data, one=other) == RankedHigher(Better.LOTTERY, mine)
    assert why(data, one=mine) == RankedHigher(Better.THIS_CLASS, mine)


def test_full_by_priority_band():
    answer = full({"priority_band": 3})
    assert answer.decided_by is Decider.PRIORITY_BAND
    assert answer.sentences() == ("The class is full. The last place went to priority band 1; yours is 3.",)
    assert answer.own.ticket is None, "the ticket is shown only where it decided"


def test_full_by_area():
    assert full({"priority_band": 1, "area": "elsewhere"}).decided_by is Decider.OUTSIDE_AREA


def test_full_by_waiting_time_in_whole_buckets():
    answer = full({"priority_band": 1, "referred_on": "2027-01-05"})
    assert answer.decided_by is Decider.WAITING_BUCKET
    assert answer.cutoff is not None
    assert (answer.cutoff.waited_at_least_days, answer.own.waited_at_least_days) == (112, 0)
    assert "112 days" in answer.sentences()[0]


def test_full_by_ticket():
    data = snapshot([learner(id=f"L{number}") for number in range(6)], [esol_class(places=5)])
    last = max((f"L{number}" for number in range(6)), key=lambda name: ticket(SEED, ROUND, name))
    answer = why(data, last)
    assert isinstance(answer, ClassFull)
    assert answer.decided_by is Decider.TICKET
    assert answer.own.ticket == ticket(SEED, ROUND, last)
    assert answer.own.ticket[:8] in answer.sentences()[0]


def test_no_places_at_all():
    assert full({}, places=0).sentences() == ("The class has no free places.",)


def test_all_places_reserved_for_others():
    others = crowd(priority_band=3, referred_on="2024-01-01")
    answer = full({}, others, reserves=[{"count": 1, "min_waiting_days": 365}])
    assert (answer.decided_by, answer.cutoff, answer.reserved_for_others) == (
        Decider.ALL_RESERVED,
        None,
        True,
    )


def test_some_places_reserved_for_others():
    others = crowd()
    others[0]["area"] = "north"
    answer = full({"priority_band": 3}, others, places=2, reserves=[{"count": 1, "areas": ["north"]}])
    assert answer.sentences()[1] == "Some places were kept first for people in a group you are not in."


def test_below_five_applicants_nothing_of_another_person_is_shown():
    answer = full({"priority_band": 3}, crowd()[:3])
    assert (answer.decided_by, answer.cutoff) == (Decider.NOT_SHOWN, None)
    assert "1" not in answer.sentences()[0]


def test_an_id_that_is_not_in_the_round():
    with pytest.raises(KeyError):
        why(snapshot([learner(id="me")], [esol_class()]), one="C9")


def test_a_result_of_another_round_is_noticed():
    rows = [learner(id="me", priority_band=3), *crowd()]
    parsed = parse_snapshot(snapshot(rows, [esol_class()]))
    result = allocate(parsed, SEED)
    rows[0]["priority_band"] = 0
    with pytest.raises(ValueError, match="does not belong to this round"):
        explain(parse_snapshot(snapshot(rows, [esol_class()])), result, "me", "C1")
