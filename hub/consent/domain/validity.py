"""How long a yes counts."""

from datetime import date, timedelta

from hub.consent.domain.purposes import PURPOSES


def last_day(purpose: str, given_on: date) -> date | None:
    """The last day on which a yes of `given_on` counts; None where it does not run out.

    Counted in whole months (`valid_months`): a yes of 31 August 2026 counts to 30 August 2028 with 24.
    """
    months = PURPOSES[purpose].valid_months
    if months is None:
        return None
    year, month = divmod(given_on.year * 12 + given_on.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    days = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - first).days
    return first + timedelta(days=min(given_on.day, days) - 2)
