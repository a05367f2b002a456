"""How two dates of birth agree: the ways in which one date becomes another on its way through forms.

Defaults to 1 January, day and month swapped, a wrong digit, a year seven or eight back (the Ethiopian calendar
written as if it were ours), or the whole date left in that calendar.
"""

from datetime import date
from enum import StrEnum

# The Ethiopian calendar's first day as a Python ordinal: Julian day 1,723,856 + 365 is 1 Meskerem of its year 1.
_ETHIOPIAN_BEFORE = 1_723_856 - 1_721_425
_CALENDAR_YEARS = (7, 8)
A_DECADE = 10
_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9)


class BirthLevel(StrEnum):
    """How two dates agree, roughly from the strongest to the weakest; each has its weight in the model."""

    EQUAL = "equal"
    EQUAL_JANUARY = "equal_january"  # both 1 January of one year: often a default, so worth less
    SWAPPED = "swapped"  # day and month
    CALENDAR = "calendar"  # one is the other, left in the Ethiopian calendar
    YEAR_DIGIT = "year_digit"  # same day and month, one digit of the year
    YEARS_BACK = "years_back"  # same day and month, seven or eight years apart
    ONE_DIGIT = "one_digit"
    YEAR_MONTH = "year_month"
    JANUARY = "january"  # same year, one of them 1 January
    YEAR_DAY = "year_day"
    MONTH_DAY = "month_day"
    NEARLY = "nearly"  # two digits differ, in one year or one decade
    MISSING = "missing"
    JANUARY_NEAR = "january_near"  # one or both 1 January, up to two years apart
    YEAR = "year"
    DIFFERENT = "different"


def is_january_first(day: date) -> bool:
    return day.month == 1 and day.day == 1


def birth_level(left: date | None, right: date | None) -> BirthLevel:
    """How the two agree, the same whichever comes first."""
    if left is None or right is None:
        return BirthLevel.MISSING
    if left == right:
        return BirthLevel.EQUAL_JANUARY if is_january_first(left) else BirthLevel.EQUAL
    if abs(left.year - right.year) >= A_DECADE and left.day not in {right.day, right.month}:
        return BirthLevel.DIFFERENT  # what most are: nothing below can apply
    if is_january_first(left) or is_january_first(right):
        return _with_january(left, right)
    same_day = (left.month, left.day) == (right.month, right.day)
    return _same_month_and_day(left, right) if same_day else _other(left, right)


def _with_january(left: date, right: date) -> BirthLevel:
    apart = abs(left.year - right.year)
    if apart == 0:
        return BirthLevel.JANUARY
    if is_january_first(left) and is_january_first(right) and apart in _CALENDAR_YEARS:
        return BirthLevel.JANUARY_NEAR
    if _is_ethiopian_for(left, right) or _is_ethiopian_for(right, left):
        return BirthLevel.MONTH_DAY
    return BirthLevel.JANUARY_NEAR if apart <= 2 else BirthLevel.DIFFERENT


def _same_month_and_day(left: date, right: date) -> BirthLevel:
    if abs(left.year - right.year) in _CALENDAR_YEARS:
        return BirthLevel.YEARS_BACK
    if _digits_apart(left, right) == 1:
        return BirthLevel.YEAR_DIGIT
    return BirthLevel.MONTH_DAY


def _other(left: date, right: date) -> BirthLevel:
    apart = abs(left.year - right.year)
    if not apart:
        return _same_year(left, right)
    # The year and another digit, or the year and a swap: still one hand's slip, though weak.
    swapped = left.day == right.month and left.month == right.day
    if apart >= A_DECADE:
        return BirthLevel.NEARLY if swapped else BirthLevel.DIFFERENT
    if apart >= 6 and (_is_ethiopian_for(left, right) or _is_ethiopian_for(right, left)):
        return BirthLevel.CALENDAR
    near = left.month == right.month or left.day == right.day
    close = near and _digits_apart(left, right) <= 2
    return BirthLevel.NEARLY if close or swapped else BirthLevel.DIFFERENT


def _same_year(left: date, right: date) -> BirthLevel:
    if left.day == right.month and left.month == right.day:
        return BirthLevel.SWAPPED
    apart = _digits_apart(left, right)
    if apart == 1:
        return BirthLevel.ONE_DIGIT
    if left.month == right.month:
        return BirthLevel.YEAR_MONTH
    if left.day == right.day:
        return BirthLevel.YEAR_DAY
    return BirthLevel.NEARLY if apart == 2 else BirthLevel.YEAR


def _digits_apart(left: date, right: date) -> int:
    """Digits that differ; two neighbours that changed places count as one."""
    a, b = left.isoformat(), right.isoformat()
    differ = [place for place in _DIGITS if a[place] != b[place]]
    if len(differ) == 2 and differ[1] == differ[0] + 1:  # a hyphen keeps month and day apart
        one, two = differ
        if (a[one], a[two]) == (b[two], b[one]):
            return 1
    return len(differ)


def _is_ethiopian_for(written: date, day: date) -> bool:
    """Whether `written`, read in the Ethiopian calendar, is `day`. Its months have 30 days."""
    if not 6 <= day.year - written.year <= 8:
        return False
    ordinal = (
        _ETHIOPIAN_BEFORE + 365 * written.year + written.year // 4 + 30 * written.month + written.day - 31
    )
    return ordinal == day.toordinal()
