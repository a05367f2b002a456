"""Where a learner stands, and the words of the pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.wordbook import WordsFaulty, check
from hub.portal.domain import (
    LEARNER_REASONS,
    STAGE_OF,
    Facts,
    Stage,
    is_reviewed,
    languages,
    next_step,
    stage_of,
    words,
)

STATES = [*STAGE_OF]


@pytest.mark.parametrize("code", sorted(languages()))
def test_every_language_has_all_words_with_the_same_places(code):
    assert words(code)["language"] == code


def test_twelve_languages_and_only_english_is_reviewed():
    assert languages() == {"en", "tr", "pl", "es", "pt", "fr", "bn", "gu", "ar", "uk", "so", "fa"}
    assert [code for code in sorted(languages()) if is_reviewed(code)] == ["en"]


def test_an_unknown_language_is_english():
    assert words("xx")["language"] == "en"


@pytest.mark.parametrize(
    "wrong",
    [{"a": "{date}", "b": ""}, {"a": "no place", "b": "x"}, {"a": "{date}"}, {"a": "{other}", "b": "x"}],
)
def test_a_file_of_words_that_is_not_whole_is_refused(wrong):
    with pytest.raises(WordsFaulty):
        check("xx", wrong, {"a": "by {date}", "b": "yes"})


def test_every_reason_has_words():
    assert all(f"reason_{code}" in words("en") for code in LEARNER_REASONS)


@pytest.mark.parametrize(
    ("facts", "stage", "key"),
    [
        (Facts([]), None, "next_closed"),
        (Facts(["submitted"]), Stage.FORM, "next_form"),
        (Facts(["info_requested"]), Stage.FORM, "next_form"),
        (Facts(["to_assess"]), Stage.MEETING, "next_meeting_wait"),
        (Facts(["to_assess"], has_meeting=True), Stage.MEETING, "next_meeting"),
        (Facts(["to_assess"], on_hold=True), Stage.MEETING, "next_hold"),
        (Facts(["waiting"], has_active_entry=True), Stage.LIST, "next_list"),
        (Facts([], has_active_entry=True), Stage.LIST, "next_list"),
        (Facts(["waiting"], check_in_due=True), Stage.LIST, "check_title"),
        (Facts(["waiting"], has_offer=True, check_in_due=True), Stage.LIST, "next_offer"),
        (Facts(["placed"], has_class=True), Stage.CLASS, "next_class"),
        (Facts(["to_assess"], is_stopped=True), Stage.MEETING, "next_stopped"),
        (Facts(["submitted", "placed"]), Stage.CLASS, "next_class"),
    ],
)
def test_the_furthest_step_counts_and_what_the_learner_can_do_comes_first(facts, stage, key):
    assert (stage_of(facts), next_step(facts)) == (stage, key)


@given(st.lists(st.sampled_from(STATES), max_size=4), st.tuples(*[st.booleans()] * 7))
def test_there_is_always_a_next_step_with_words(states, flags):
    assert next_step(Facts(states, *flags)) in words("en")
