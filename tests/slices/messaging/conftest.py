"""A learner with a phone, and the stand-in for Notify in this process."""

from datetime import date
from types import SimpleNamespace

import pytest

from hub.consent import service as consent
from hub.consent.domain import CURRENT_VERSION, NewConsent
from hub.core.clock import SystemClock
from hub.core.permissions import SYSTEM
from hub.fake_notify.app import create_app as create_fake
from hub.fake_notify.app import state_of
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.transport import InProcessAdapter
from hub.infra.outbox import Worker
from hub.infra.sms import notify_sender
from hub.learners import service as learners
from hub.learners.domain import NewPerson
from hub.messaging import service
from hub.messaging.domain import NewReceived
from hub.wiring import DELIVERIES

PHONE = "+447700900123"


@pytest.fixture
def hub(hub):
    """Deliveries of messages, and only the reactions that a test asks for."""
    hub.deliveries = {
        "message": DELIVERIES["message"],
        "staff_digest": DELIVERIES["staff_digest"],
    }
    hub.reactions = {}
    return hub


@pytest.fixture
def learner(session, organise, clock):
    """learner(phone=..., email=..., purposes=...) -> the id of somebody who has agreed to texts."""
    hub_organisation = organise(session, "hub")

    def make(purposes=("P06",), **details):
        details = {"phone": PHONE, "email": None} | details
        person = NewPerson(
            given_names="Amina", family_name="Yusuf", date_of_birth=date(1990, 3, 27), **details
        )
        made = learners.identify(session, person, None, hub_organisation.id, SYSTEM, clock)
        new = NewConsent(
            given_on=clock.today(),
            channel="in_person",
            language="en",
            wording_version=CURRENT_VERSION,
            purposes=frozenset(purposes),
        )
        consent.record(session, new, made, SYSTEM, clock)
        session.flush()
        return made.learner_id

    return make


@pytest.fixture
def notify(hub, session, clock):
    """The stand-in: `.drain()` delivers what is due, `.receipts()` calls back, `.text(words)` is a reply."""
    app = create_fake(FakeSettings(delivery_seconds=0), clock)
    fake = state_of(app)
    sender = notify_sender(hub.settings, clock, InProcessAdapter(app))
    worker = Worker("test", sender, clock, SystemClock())
    numbers = iter(range(1000))

    def drain():
        session.flush()
        while worker.drain():
            pass
        session.expire_all()

    def receipts(client=None):
        fake.deliver_due()
        for callback in fake.take_callbacks():
            answer = client.post(
                f"/api/v1/callbacks/notify/{callback.kind}",
                json=callback.payload,
                headers={"Authorization": "Bearer test-callback-token"},
            )
            assert answer.status_code == 204, answer.text
        session.expire_all()

    def text(words, number=PHONE):
        new = NewReceived(f"id-{next(numbers)}", number, words, clock.now())
        row = service.receive(session, new, clock)
        session.flush()
        return row

    def bodies(number=PHONE):
        return [one.body for one in fake.texts_to(number)]

    return SimpleNamespace(
        fake=fake, worker=worker, drain=drain, receipts=receipts, text=text, bodies=bodies, app=app
    )
