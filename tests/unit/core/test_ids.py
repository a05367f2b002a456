"""References that people read out, and identifiers in order of time."""

from hypothesis import given
from hypothesis import strategies as st

from hub.core.ids import CROCKFORD, new_id, new_reference, reference_is_valid, tidy_reference

BODIES = st.text(CROCKFORD, min_size=4, max_size=4)


def test_a_reference_is_short_and_has_two_check_characters():
    assert len(new_reference()) == len("R-7K3Q-94")
    assert reference_is_valid(new_reference())


@given(st.integers(0, 3), st.sampled_from(CROCKFORD))
def test_one_wrong_character_is_always_noticed(position, other):
    reference = new_reference()
    body = reference[2:6]
    wrong = body[:position] + other + body[position + 1 :]
    assert wrong == body or tidy_reference(f"R-{wrong}-{reference[-2:]}") is None


@given(st.integers(0, 2))
def test_two_swapped_characters_are_always_noticed(position):
    reference = new_reference()
    body = list(reference[2:6])
    body[position], body[position + 1] = body[position + 1], body[position]
    swapped = "".join(body)
    assert swapped == reference[2:6] or tidy_reference(f"R-{swapped}-{reference[-2:]}") is None


def test_what_people_say_is_forgiven():
    reference = new_reference()
    said = reference.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert tidy_reference(said) == reference


@given(st.text(max_size=30))
def test_nonsense_is_no_reference(text):
    tidy = tidy_reference(text)
    assert tidy is None or reference_is_valid(tidy)


def test_ids_are_version_7_and_in_the_order_in_which_they_were_made():
    ids = [new_id() for _ in range(2000)]
    assert {one.version for one in ids} == {7}
    assert sorted(set(ids)) == ids
