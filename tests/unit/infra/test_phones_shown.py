"""How numbers are shown."""

import pytest

from hub.infra.phones import national


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+447700900123", "07700 900123"),
        ("020 7946 0123", "020 7946 0123"),
        ("+4915112345678", "+49 1511 2345678"),
        ("ask at the desk", "ask at the desk"),
    ],
)
def test_a_number_is_shown_as_people_write_it_and_words_stay_words(stored, shown):
    assert national(stored) == shown
