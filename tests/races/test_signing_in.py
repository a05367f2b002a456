"""Codes and links that are used at the same moment count once."""

import threading

import pyotp
import pytest

from hub.accounts import service
from hub.accounts.domain import NewInvitation
from hub.accounts.domain.places import Where
from hub.accounts.models import UserAccount, UserSession
from hub.accounts.service.notices import INVITATION, link_token
from hub.core.errors import HubError
from hub.core.permissions import SYSTEM, Role
from hub.infra.db import runtime, transaction
from tests.conftest import PASSWORD

AT_ONCE = 8


def all_at_once(deed):
    """What the deed gave in each thread; a refusal is None."""
    found, ready = [], threading.Barrier(AT_ONCE)

    def run(number):
        ready.wait()
        try:
            found.append(deed(number))
        except HubError:
            found.append(None)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(AT_ONCE)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


@pytest.fixture
def assessor(committed, person):
    with transaction(SYSTEM) as session:
        return person(session, Role.ASSESSOR)


def test_one_code_lets_one_browser_in_however_many_send_it(assessor, clock):
    with transaction(SYSTEM) as session:
        service.second_factor.offer(session, assessor.id, clock)
        secret, _ = service.second_factor.address(session, assessor.id)
        step = int(clock.now().timestamp()) // 30
        recovery = service.second_factor.confirm(
            session, assessor.id, pyotp.TOTP(secret).generate_otp(step - 1), assessor, clock
        )
    for code in (pyotp.TOTP(secret).generate_otp(step), recovery[0]):
        starts = []
        for _ in range(AT_ONCE):
            with transaction(SYSTEM) as session:
                starts.append(
                    service.sign_in(session, "assessor@the-hub.example", PASSWORD, Where("x"), clock)
                )

        def give(number, code=code, starts=starts):
            with transaction(SYSTEM) as session:
                return service.give_code(session, starts[number].token, code, Where("x"), runtime().clock)

        assert len([one for one in all_at_once(give) if one]) == 1
    with transaction(SYSTEM) as session:
        assert session.query(UserSession).count() == 2


def test_an_invitation_makes_one_account(assessor, committed, clock, organise):
    with transaction(SYSTEM) as session:
        home = organise(session, "provider")
        made = service.invite(session, NewInvitation("ola@x.example", home.id, Role.PROVIDER), SYSTEM, clock)
    token = link_token(INVITATION, made.id, made.serial)

    def accept(number):
        with transaction(SYSTEM) as session:
            return service.accept(session, token, "Ola Nowak", f"four slow purple herons {number}", clock)

    assert len([one for one in all_at_once(accept) if one]) == 1
    with transaction(SYSTEM) as session:
        assert session.query(UserAccount).filter_by(email="ola@x.example").count() == 1
