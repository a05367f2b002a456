"""What stories about signing in share."""

import re
from collections.abc import Callable
from dataclasses import replace

import pyotp
import pytest

from hub.core.clock import SystemClock
from hub.fake_notify.app import create_app as create_fake
from hub.fake_notify.app import state_of
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.transport import InProcessAdapter
from hub.infra import db
from hub.infra.config import SecondFactor
from hub.infra.outbox import Worker
from hub.infra.sms import notify_sender


@pytest.fixture
def required(hub: db.Runtime) -> db.Runtime:
    """A hub that asks everybody for a second proof."""
    hub.settings = replace(hub.settings, second_factor=SecondFactor.REQUIRED)
    return hub


@pytest.fixture
def phone(clock) -> Callable[[str], str]:
    """phone(secret, steps=0) -> the code that the person's phone shows now."""

    def code(secret: str, steps: int = 0) -> str:
        return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30 + steps)

    return code


def key_on(page: str) -> str:
    """The key to type, as the page shows it."""
    return re.search(r'<code class="hub-secret">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")


def codes_on(page: str) -> list[str]:
    return re.findall(r'<code class="hub-secret">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</code>', page)


@pytest.fixture
def post(session, hub, clock):
    """post() delivers what waits; post.to(address) gives the mails of somebody, newest last."""
    app = create_fake(FakeSettings(delivery_seconds=0), clock)
    sender = notify_sender(hub.settings, clock, InProcessAdapter(app))
    worker = Worker("test", sender, clock, SystemClock())

    class Post:
        def __call__(self) -> None:
            session.flush()
            while worker.drain():
                pass

        def to(self, address: str) -> list[str]:
            self()
            mails = [one for one in state_of(app).notifications if one.to == address]
            return [f"{one.subject}\n{one.body}" for one in mails]

        def link(self, address: str) -> str:
            """The path of the link in the newest mail to somebody."""
            return re.findall(rf"{hub.settings.base_url}(/\S+)", self.to(address)[-1])[-1]

    return Post()
