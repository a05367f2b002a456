"""Bank holidays of England and Wales, from the copy of GOV.UK's list inside `govuk-bank-holidays`."""

from datetime import date
from functools import cache

from govuk_bank_holidays.bank_holidays import BankHolidays


@cache
def holidays() -> frozenset[date]:
    """All known bank holidays (2012 to 2028 in version 0.19); no network is used."""
    england = BankHolidays(use_cached_holidays=True).get_holidays(BankHolidays.ENGLAND_AND_WALES)
    return frozenset(holiday["date"] for holiday in england)
