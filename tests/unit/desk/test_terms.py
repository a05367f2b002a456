"""What one search box understands."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.core.errors import RuleBroken
from hub.core.ids import new_reference
from hub.desk.domain import Terms, read_terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("07700 900123", Terms(phone="07700 900123")),
        ("+44 (7700) 900-123", Terms(phone="+44 (7700) 900-123")),
        ("Amina@Example.org", Terms(email="amina@example.org")),
        ("Amina  Yusuf", Terms(name="Amina Yusuf")),
        ("amina 27/3/1990", Terms(name="amina", date_of_birth=date(1990, 3, 27))),
        ("1990-03-27 Amina Yusuf", Terms(name="Amina Yusuf", date_of_birth=date(1990, 3, 27))),
        ("محمد علی", Terms(name="محمد علی")),
    ],
)
def test_understood(text, terms):
    assert read_terms(text) == terms


def test_a_reference_is_forgiven_case_and_spaces():
    reference = new_reference(length=6)
    assert read_terms(f" {reference.lower().replace('-', ' ')} ") == Terms(reference=reference)


@pytest.mark.parametrize("text", ["", "  ", "Amina", "27/3/1990", "31/2/1990 Amina", "x" * 201])
def test_too_little(text):
    with pytest.raises(RuleBroken) as refused:
        read_terms(text)
    assert "terms" in refused.value.errors


@given(some.text(max_size=60))
def test_any_text_is_understood_or_refused_in_words(text):
    with contextlib.suppress(RuleBroken):
        assert read_terms(text).kinds
