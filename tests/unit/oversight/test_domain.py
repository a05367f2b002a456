"""Who looked, as a learner is told it; the reason of an emergency."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub.core.permissions import Role
from hub.oversight.domain import Seen, Told, looks, reason_fault

HUB, JCP, ROBIN, KIM = (UUID(int=number) for number in range(1, 5))


def seen(hour, action="learner.viewed", role=Role.ASSESSOR, home=HUB, user=ROBIN, day=11):
    return Seen(datetime(2027, 1, day, hour, tzinfo=UTC), role, home, user, action)


def test_many_acts_of_a_day_are_one_line():
    (line,) = looks([seen(9), seen(10), seen(11, user=KIM), seen(12, "learner.listed")])
    assert (line.times, line.told, line.user_ids) == (4, Told.LOOKED, frozenset({ROBIN, KIM}))


def test_days_roles_organisations_and_kinds_of_act_stand_apart_newest_first():
    found = looks([
        seen(9, day=10), seen(9), seen(9, role=Role.HUB_MANAGER), seen(9, home=JCP),
        seen(9, "learner.contact_changed"), seen(9, "message.written"), seen(9, "emergency.viewed"),
        seen(9, "audit.exported"),
    ])  # fmt: skip
    assert len(found) == 8
    assert [line.day.day for line in found] == [11] * 7 + [10]
    assert {line.told for line in found} == set(Told)


def test_the_day_is_londons():
    (line,) = looks(
        [Seen(datetime(2027, 6, 30, 23, 30, tzinfo=UTC), Role.ASSESSOR, HUB, ROBIN, "learner.viewed")]
    )
    assert (line.day.month, line.day.day) == (7, 1)


@pytest.mark.parametrize("role", [Role.LEARNER, Role.WORKER, Role.PUBLIC])
def test_the_learner_and_the_program_are_nobody_looking(role):
    assert looks([seen(9, role=role)]) == []


@pytest.mark.parametrize(
    "action", ["user.signed_in", "access.refused", "key.rotated", "link.opened", "audit.gap"]
)
def test_acts_that_touch_no_record_are_left_out(action):
    assert looks([seen(9, action)]) == []


@pytest.mark.parametrize(
    ("reason", "right"),
    [("", False), ("urgent", False), ("x" + " " * 30 + "y", False), ("She may be in danger", True)],
)
def test_a_reason_says_why_in_twenty_characters(reason, right):
    assert (reason_fault(reason) is None) is right
