"""Enough for a class?"""

from uuid import UUID

from hub.core.levels import Level
from hub.reporting.domain import Opening, PartOfWeek, Wish, unmet_demand

MORNING = frozenset({"mon-am", "thu-am"})


def wishes(count, *, level=Level.E1, area="E8", slots=MORNING, start=0):
    return [Wish(UUID(int=start + n), level, area, slots) for n in range(count)]


def test_fourteen_people_are_enough_for_a_class():
    [group] = unmet_demand(wishes(14), [])
    assert (group.level, group.part, group.area) == (Level.E1, PartOfWeek.MORNINGS, "E8")
    assert (group.people, group.free, group.short_of) == (14, 0, 14)
    assert group.fills_a_class
    assert group.part.label == "Weekday mornings"


def test_small_groups_are_not_told():
    assert unmet_demand(wishes(4), []) == []
    assert len(unmet_demand(wishes(5), [])) == 1


def test_free_places_there_count_but_not_elsewhere_or_at_another_time():
    openings = [
        Opening([Level.E1], "E8", {"mon-am"}, 3),
        Opening([Level.E1, Level.E2], "E8", {"tue-am", "tue-pm"}, 1),
        Opening([Level.E1], "E9", {"mon-am"}, 10),
        Opening([Level.E1], "E8", {"mon-eve", "sat-am"}, 10),
        Opening([Level.E2], "E8", {"mon-am"}, 10),
    ]
    [group] = unmet_demand(wishes(14), openings)
    assert (group.free, group.short_of, group.fills_a_class) == (4, 10, False)


def test_who_can_come_at_several_times_counts_at_each_and_once_only():
    several = wishes(6, slots=frozenset({"mon-am", "mon-eve", "sun-pm"}))
    found = unmet_demand([*several, *several], [])
    assert {one.part: one.people for one in found} == {
        PartOfWeek.MORNINGS: 6, PartOfWeek.EVENINGS: 6, PartOfWeek.WEEKENDS: 6,
    }  # fmt: skip


def test_who_was_not_asked_can_come_at_any_time():
    assert len(unmet_demand(wishes(5, slots=frozenset()), [])) == 4


def test_the_largest_gap_comes_first():
    found = unmet_demand(
        [*wishes(6), *wishes(9, area="N16", start=50)], [Opening([Level.E1], "N16", MORNING, 8)]
    )
    assert [one.area for one in found] == ["E8", "N16"]
