"""Phone numbers in international form (E.164), with Google's libphonenumber data."""

import re

import phonenumbers

from hub.infra.db import runtime

_DRAMA = re.compile(
    r"\+44(7700900|2079460|1134960|1144960|1154960|1164960|1174960|1184960|1214960|1314960)\d{3}"
)
"""Ranges that Ofcom keeps for fiction, which libphonenumber rightly calls invalid."""


def tidy_phone(text: str) -> str:
    """`07700 900123` as `+447700900123`; ValueError with words for the person when it cannot be a number."""
    wrong = ValueError("Enter a phone number, like 07700 900 982 or +44 7700 900 982")
    if len(text) > 40 or re.search(r"[^\d\s+().\-]", text):
        raise wrong
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        raise wrong from None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if _DRAMA.fullmatch(e164) and runtime().settings.allow_drama_numbers:
        return e164
    if not phonenumbers.is_valid_number(number):
        raise wrong
    return e164


def national(e164: str) -> str:
    """As people in this country write it: `07700 900123`. What is no number (an office's "ext. 12") stays as it is."""
    try:
        number = phonenumbers.parse(e164, "GB")
    except phonenumbers.NumberParseException:
        return e164
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if number.country_code == 44
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, style)


def is_mobile(e164: str) -> bool:
    """Whether a text can reach it: mobile, or a number that libphonenumber cannot tell apart."""
    if _DRAMA.fullmatch(e164):
        return e164.startswith("+447")
    kind = phonenumbers.number_type(phonenumbers.parse(e164, None))
    return kind in {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
