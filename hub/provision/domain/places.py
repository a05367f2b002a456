"""Arithmetic of places. A place is free, held for an offer, or taken by an enrolment through the hub.

`places_free` is the provider's own count at the last confirmation, less holds and enrolments made since,
so it already leaves out learners that the provider enrolled itself.
"""


def free_places(places_free: int, capacity: int, held: int, enrolled: int) -> int:
    """Places that can still be offered: never more than capacity less held and enrolled."""
    return max(min(places_free, capacity - held - enrolled), 0)


def places_after_capacity(places_free: int, old: int, new: int, taken: int) -> int:
    """Free places when the capacity changes: three chairs more are three places more, three less three less.

    `taken` is held plus enrolled; the answer lies between 0 and what the new capacity leaves.
    """
    return max(min(places_free + new - old, new - taken), 0)


def suggested_places(places_free: int, capacity: int, taken: int) -> tuple[int | None, int | None]:
    """What the buttons - and + would set, None where the button has nothing to do."""
    fewer = places_free - 1 if places_free > 0 else None
    more = places_free + 1 if places_free < capacity - taken else None
    return fewer, more
