"""Plain words for each level of evidence. They name no person, date or number."""

_NOTES = {
    "name": {
        "same": "Same name",
        "spelled": "Same name, spelled differently",
        "nearly": "Nearly the same name",
        "extra": "Same name, one has more words",
        "family_differs": "Family name differs",
        "taken": "Same family name, one goes by an English first name",
        "given_differs": "Given name differs",
        "differs": "Part of the name differs",
        "missing": "A name is missing",
    },
    "date_of_birth": {
        "equal": "Same date of birth",
        "equal_january": "Same year, both 1 January",
        "swapped": "Day and month swapped",
        "calendar": "Same day in the Ethiopian calendar",
        "year_digit": "Same day and month, one digit of the year differs",
        "years_back": "Same day and month, seven or eight years apart",
        "one_digit": "One digit differs",
        "year_month": "Same year and month",
        "january": "Same year, one is 1 January",
        "year_day": "Same year and day",
        "month_day": "Same day and month, another year",
        "nearly": "Two digits differ",
        "missing": "A date of birth is missing",
        "january_near": "1 January of a year close by",
        "year": "Same year only",
        "different": "Different dates of birth",
    },
    "household": {"shared": "Contact details that a household shares count less"},
    "population": {"prior": "How many other people it could be"},
}
_FIELDS = {
    "phone": "phone",
    "email": "email",
    "postcode": "postcode",
    "address": "address",
    "gender": "sex",
    "first_language": "first language",
}
_LEVELS = {
    "equal": "Same {}",
    "crowded": "Same {}, shared by many people",
    "one_slip": "Nearly the same {}",
    "area": "{} close by",
    "different": "Different {}",
    "missing": "{} not known for both",
}


def note_of(field: str, level: str) -> str:
    """What a level of a field means, in words."""
    if field in _NOTES:
        return _NOTES[field][level]
    words = _LEVELS[level].format(_FIELDS[field])
    return words[:1].upper() + words[1:]
