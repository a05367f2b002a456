"""The columns of a person in CSV files, and how their cells are read."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from hub.core.errors import RuleBroken

PERSON_COLUMNS: Mapping[str, Sequence[str]] = {
    "rec_id": ("id", "record id", "reference", "ref", "learner id"),
    "given_name": ("given names", "first name", "first names", "forename", "forenames"),
    "family_name": ("surname", "last name", "family names"),
    "gender": ("sex",),
    "dob": ("date of birth", "birth date", "born"),
    "phone": ("mobile", "telephone", "phone number", "mobile number"),
    "email": ("e-mail", "email address"),
    "postcode": ("post code", "postal code"),
    "address": ("street", "address line 1"),
    "first_language": ("language", "main language", "mother tongue"),
}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")
_UK = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_GENDERS = {
    "f": "F", "female": "F", "woman": "F", "w": "F", "m": "M", "male": "M", "man": "M", "x": "X", "other": "X",
    "non-binary": "X",
}  # fmt: skip


def read_gender(text: str) -> str | None:
    """F, M or X; what is not understood counts as not given."""
    return _GENDERS.get(text.casefold().strip())


def read_birth_date(text: str) -> date | None:
    """YYYY-MM-DD or DD/MM/YYYY; RuleBroken for anything else that is not empty."""
    if not text.strip():
        return None
    try:
        if iso := _ISO.fullmatch(text.strip()):
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if uk := _UK.fullmatch(text.strip()):
            return date(int(uk[3]), int(uk[2]), int(uk[1]))
    except ValueError:
        pass
    raise RuleBroken("Write the date of birth like 1990-03-14 or 14/03/1990", field="dob")
