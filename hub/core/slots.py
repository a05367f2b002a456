"""The week in 21 slots: seven days by morning, afternoon and evening."""

from datetime import time

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PARTS = ("am", "pm", "eve")
SLOTS = tuple(f"{day}-{part}" for day in DAYS for part in PARTS)
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PART_NAMES = {"am": "morning", "pm": "afternoon", "eve": "evening"}

_BOUNDS = {"am": (0, 12 * 60), "pm": (12 * 60, 17 * 60), "eve": (17 * 60, 24 * 60)}
_LEAST_OVERLAP = 30


def slot_label(slot: str) -> str:
    """`tue-am` as `Tuesday morning`."""
    day, part = slot.split("-")
    return f"{DAY_NAMES[DAYS.index(day)]} {PART_NAMES[part]}"


def slots_of(day: str, start: time, end: time) -> frozenset[str]:
    """The slots that a class from `start` to `end` fills: each it overlaps by 30 minutes or more.

    Mornings end at 12:00, afternoons at 17:00. A class too short for that fills the slot it starts in.
    """
    first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    overlaps = {part: min(last, high) - max(first, low) for part, (low, high) in _BOUNDS.items()}
    filled = frozenset(f"{day}-{part}" for part, minutes in overlaps.items() if minutes >= _LEAST_OVERLAP)
    return filled or frozenset(
        {f"{day}-{part}" for part, (low, high) in _BOUNDS.items() if low <= first < high}
    )
