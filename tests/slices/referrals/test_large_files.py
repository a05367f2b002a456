"""A large file of referrals: in good time, in little memory, whatever is wrong with it. 100,000 rows: `make bench`."""

import time
import tracemalloc

import pytest

from hub.core.permissions import SYSTEM
from hub.referrals.exchange import import_referrals
from tests.slices.referrals.test_files import as_file, row

ROWS = 1_500
GOOD_EVERY = 30
SECONDS = 60.0
"""Of this process alone: what else the machine does is not the file's fault."""
MEGABYTES = 20.0


def lines(count):
    """One good row in thirty; the rest lack a phone, have an impossible date, too many cells, or stand there twice."""
    faults = ({"phone": ""}, {"date_of_birth": "31/02/1990"}, {"family_name": "9"}, {"postcode": "none"})
    for number in range(count):
        names = {"given_names": f"Amina {letters(number)}", "phone": f"07700 9{number // GOOD_EVERY:05d}"}
        if number % GOOD_EVERY == 0:
            yield row(number, **names)
        elif number % GOOD_EVERY == 1:
            yield row(number - 1, **names | {"given_names": f"Amina {letters(number - 1)}"})
        else:
            yield row(number, **names | faults[number % 4])


def letters(number):
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


@pytest.mark.parametrize("again", [False, True])
def test_a_large_file_is_taken_in_within_bounds(session, organise, clock, again):
    organise(session, "hub")
    home = organise(session, "jobcentre")
    content = as_file(*lines(ROWS // 3 if again else ROWS))
    count = content.count(b"\n") - 1
    if again:
        import_referrals(content, home.id, SYSTEM, clock)
    seen: list[int] = []
    tracemalloc.start()
    began = time.process_time()
    result = import_referrals(content, home.id, SYSTEM, clock, seen.append)
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    good = len(range(0, count, GOOD_EVERY))
    assert (result.added, result.unchanged) == ((0, 2 * good) if again else (good, good))
    assert result.refused == count - 2 * good
    assert seen and seen == sorted(seen)
    assert seconds < SECONDS
    assert peak < MEGABYTES * 1_000_000, f"{peak:,}"
