"""How long people have waited, in bands."""

from datetime import date

AGE_BANDS = ("Under 4 weeks", "4 to 12 weeks", "13 to 26 weeks", "Over 26 weeks")
_UP_TO = (27, 90, 188)
"""Last day of each band but the open one: week 4 begins on day 28, week 13 on day 91, week 27 on day 189."""


def age_band(since: date, today: date) -> str:
    """The band of somebody who waits since that day."""
    days = (today - since).days
    return AGE_BANDS[sum(days > limit for limit in _UP_TO)]
