"""Administrators who take each other's role away at the same moment: one is left, and it is the one who was first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from hub.accounts import service
from hub.accounts.models import UserAccount
from hub.accounts.reads import actor_of_user
from hub.core.errors import HubError, NotPermitted, RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM, Role
from hub.infra.db import transaction


@pytest.fixture
def administrators(committed, person):
    """administrators(count): their actors, as each of them signed in before."""

    def make(count):
        with transaction(SYSTEM) as session:
            home = person(session, Role.ADMIN).organisation_id
            for number in range(count - 1):
                session.add(
                    UserAccount(
                        id=new_id(), organisation_id=home, email=f"a{number}@hub.example", name="Bo",
                        role=Role.ADMIN, password_hash="", is_active=True, failures=0,
                        created_at=committed.clock.now(),
                    )
                )  # fmt: skip
            session.flush()
            return [actor_of_user(one) for one in session.scalars(select(UserAccount))]

    return make


def at_once(*acts):
    """What each act gave, begun together, each in a transaction of its own; refusals among them."""
    gate = Barrier(len(acts))

    def run(act):
        gate.wait()
        try:
            with transaction(SYSTEM) as session:
                act(session)
        except HubError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def left():
    with transaction(SYSTEM) as session:
        found = select(UserAccount.id).where(UserAccount.role == Role.ADMIN, UserAccount.is_active)
        return set(session.scalars(found))


def demote(actor, other, clock):
    return lambda session: service.set_role(session, other.id, Role.AUDITOR, actor, clock)


def close(actor, other, clock):
    return lambda session: service.set_active(session, other.id, False, actor, clock)


@pytest.mark.parametrize(
    ("first", "second", "count"), [(demote, demote, 2), (demote, close, 2), (close, close, 3)]
)
def test_two_who_take_each_others_role_away(administrators, clock, first, second, count):
    """With a third one, too: whoever is no administrator any more takes nobody's role away."""
    one, other, *rest = administrators(count)
    refused = [each for each in at_once(first(one, other, clock), second(other, one, clock)) if each]
    assert [type(each) for each in refused] == [NotPermitted]
    assert len(left() - {each.id for each in rest}) == 1


def test_both_taken_away_by_the_command_line_at_once_leaves_the_last(administrators, clock):
    one, other = administrators(2)
    refused = [each for each in at_once(demote(SYSTEM, one, clock), close(SYSTEM, other, clock)) if each]
    assert [type(each) for each in refused] == [RuleBroken]
    assert len(left()) == 1
