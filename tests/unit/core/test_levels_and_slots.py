"""Levels as people write them, and the week in 21 slots."""

from datetime import time

import pytest

from hub.core.levels import Level, parse_levels
from hub.core.slots import SLOTS, slot_label, slots_of

E1, E2, E3 = Level.E1, Level.E2, Level.E3


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("E1", (E1,)),
        ("Entry 1", (E1,)),
        ("entry level 2", (E2,)),
        ("E1-E3", (E1, E2, E3)),
        ("E1 – E2", (E1, E2)),
        ("Entry 1 to Entry 3", (E1, E2, E3)),
        ("E1/E3", (E1, E3)),
        ("Pre-entry", (Level.PRE,)),
        ("pre entry & E1", (Level.PRE, E1)),
        ("Level 2", (Level.L2,)),
    ],
)
def test_levels_are_understood(text, levels):
    assert parse_levels(text) == levels


@pytest.mark.parametrize("text", ["", "E4", "beginners", "E1 or so", "A1", "E1 😀"])
def test_other_words_are_refused_with_an_example(text):
    with pytest.raises(ValueError, match="Use a level such as E1"):
        parse_levels(text)


def test_a_level_is_told_with_its_cefr_equal():
    assert (E2.label, E2.cefr, E2.rank) == ("Entry 2 (A2)", "A2", 2)


def test_there_are_21_slots():
    assert len(SLOTS) == 21
    assert slot_label("tue-am") == "Tuesday morning"


@pytest.mark.parametrize(
    ("start", "end", "parts"),
    [
        (time(9, 30), time(12), {"am"}),
        (time(9, 30), time(12, 29), {"am"}),
        (time(9, 30), time(12, 30), {"am", "pm"}),
        (time(16, 45), time(18), {"eve"}),
        (time(16, 30), time(18), {"pm", "eve"}),
        (time(11, 50), time(12, 10), {"am"}),
    ],
)
def test_a_class_fills_each_slot_it_overlaps_by_half_an_hour(start, end, parts):
    assert slots_of("tue", start, end) == {f"tue-{part}" for part in parts}
