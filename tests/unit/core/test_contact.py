"""Postcodes, e-mail addresses and phone numbers as people type them."""

import pytest

from hub.core.contact import mask_phone, tidy_email
from hub.core.postcode import outward, sector, tidy_postcode


@pytest.mark.parametrize("text", ["e81aa", "E8 1AA", " e8-1aa ", "E8.1AA"])
def test_a_postcode_is_tidied(text):
    assert tidy_postcode(text) == "E8 1AA"


@pytest.mark.parametrize("text", ["", "E8", "E8 1A", "EC1A 1BBB", "Hackney", "1AA E8", "E8 1CI", "' OR 1=1"])
def test_what_is_no_postcode_is_refused(text):
    with pytest.raises(ValueError, match="full UK postcode"):
        tidy_postcode(text)


def test_the_parts_of_a_postcode():
    assert (outward("EC1A 1BB"), sector("EC1A 1BB")) == ("EC1A", "EC1A 1")


def test_an_address_is_put_in_small_letters():
    assert tidy_email("  Amina@Example.COM ") == "amina@example.com"


@pytest.mark.parametrize(
    "text",
    ["", "amina", "amina@", "@example.com", "a b@example.com", "a@b", "a@b..com", "a@" + "b" * 250 + ".com"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match="correct format"):
        tidy_email(text)


def test_only_the_end_of_a_number_is_shown():
    assert mask_phone("+447700900123") == "number ending 123"
