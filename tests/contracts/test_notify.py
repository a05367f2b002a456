"""GOV.UK Notify's contract: our sender, through the official client, against the stand-in with rules of its own."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from hub.core.clock import FixedClock
from hub.fake_notify.app import create_app, state_of
from hub.fake_notify.moods import Behaviour, Mood
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.transport import InProcessAdapter
from hub.infra.sms import (
    NotifyAccount,
    NotifySender,
    OutgoingEmail,
    OutgoingSms,
    SendLater,
    SendRefused,
    SendUnknown,
)

URL = "http://notify.test"
SETTINGS = FakeSettings(delivery_seconds=0)


class World:
    """One stand-in and one sender that reaches it without a socket."""

    def __init__(self, settings: FakeSettings = SETTINGS) -> None:
        self.clock = FixedClock(datetime(2027, 1, 12, 10, tzinfo=UTC))
        self.app = create_app(settings, self.clock)
        self.fake = state_of(self.app)
        self.adapter = InProcessAdapter(self.app)
        account = NotifyAccount(settings.api_key, URL, settings.sms_template_id, settings.email_template_id)
        self.sender = NotifySender(account, self.clock, self.adapter)

    def client(self, key: str = SETTINGS.api_key) -> NotificationsAPIClient:
        client = NotificationsAPIClient(key, URL)
        client.request_session.mount(URL, self.adapter)
        return client

    def mood(self, mood: Mood, remaining: int | None = None) -> None:
        self.fake.behaviour = Behaviour(mood, remaining)


@pytest.fixture
def world():
    return World()


def name_of(error):
    return error.response.json()["errors"][0]["error"]


def text(to="+447700900123", body="Hello. See you on Tuesday.", reference="ref-1"):
    return OutgoingSms(to, body, reference)


def test_a_text_arrives_with_its_reference_and_can_be_found_by_it(world):
    sent = world.sender.send(text())
    assert [one.body for one in world.fake.texts_to("07700 900123")] == ["Hello. See you on Tuesday."]
    assert world.sender.find("ref-1") == sent
    assert world.sender.find("never-sent") is None


def test_an_email_arrives_with_subject_and_body(world):
    world.sender.send(OutgoingEmail("a.person@example.org", "Work waiting", "3 steps are late.", "ref-2"))
    [one] = world.fake.notifications
    assert (one.kind, one.subject, one.body) == ("email", "Work waiting", "3 steps are late.")


@pytest.mark.parametrize(
    "number", ["+447700900", "020 7946 0100", "07700 9001234", "hello", "", "+4477009001 23x"]
)
def test_a_number_that_is_no_mobile_is_refused_for_good(world, number):
    with pytest.raises(SendRefused) as refused:
        world.sender.send(text(to=number))
    assert refused.value.code == "ValidationError"
    assert not world.fake.notifications


@pytest.mark.parametrize(
    "number", ["07700 900123", "447700900123", "+44 (0)7700 900123", "+90 532 123 45 67"]
)
def test_a_number_is_understood_however_it_is_written(world, number):
    assert world.sender.send(text(to=number))


@pytest.mark.parametrize(
    ("mood", "code"),
    [(Mood.DOWN, "provider_503"), (Mood.FAILING, "provider_500"), (Mood.NOT_AUTHORISED, "not_authorised")],
)
def test_trouble_at_the_provider_is_for_later(world, mood, code):
    world.mood(mood)
    with pytest.raises(SendLater) as later:
        world.sender.send(text())
    assert later.value.code == code
    assert not world.fake.notifications


def test_too_fast_waits_a_minute(world):
    world.mood(Mood.RATE_LIMITED)
    with pytest.raises(SendLater) as later:
        world.sender.send(text())
    assert (later.value.retry_after, later.value.daily) == (timedelta(seconds=60), False)


def test_the_days_limit_waits_until_midnight_utc(world):
    world.mood(Mood.DAILY_LIMIT)
    with pytest.raises(SendLater) as later:
        world.sender.send(text())
    assert later.value.daily
    assert later.value.retry_after == timedelta(hours=14, minutes=1)


def test_limits_are_counted_per_minute_and_per_day():
    world = World(FakeSettings(rate_per_minute=2, texts_per_day=3))
    for number in range(2):
        world.sender.send(text(reference=f"a{number}"))
    with pytest.raises(SendLater, match="rate_limit"):
        world.sender.send(text(reference="b"))
    world.clock.advance(timedelta(minutes=1))
    world.sender.send(text(reference="b"))
    with pytest.raises(SendLater, match="daily_limit"):
        world.sender.send(text(reference="c"))


def test_a_lost_answer_is_unknown_and_the_look_up_finds_the_message(world):
    world.mood(Mood.LOST_ANSWER, remaining=1)
    with pytest.raises(SendUnknown):
        world.sender.send(text())
    assert world.sender.find("ref-1") == world.fake.notifications[0].id


def test_a_refused_connection_sent_nothing():
    account = NotifyAccount(SETTINGS.api_key, "http://127.0.0.1:9", SETTINGS.sms_template_id, "x", 2)
    clock = FixedClock(datetime(2027, 1, 12, 10, tzinfo=UTC))
    with pytest.raises(SendLater, match="unreachable"):
        NotifySender(account, clock).send(text())


def test_a_broken_connection_and_a_timeout_are_unknown(world):
    class Broken(InProcessAdapter):
        failure: Exception = requests.ReadTimeout()

        def send(self, request, *args, **kwargs):
            raise self.failure

    adapter = Broken(world.app)
    account = NotifyAccount(SETTINGS.api_key, URL, SETTINGS.sms_template_id, SETTINGS.email_template_id)
    sender = NotifySender(account, world.clock, adapter)
    for failure in (requests.ReadTimeout(), requests.ConnectionError("Connection aborted.")):
        adapter.failure = failure
        with pytest.raises(SendUnknown):
            sender.send(text())


def test_nothing_personal_is_in_the_repr_of_a_message(world):
    assert "900123" not in repr(text())
    assert "Tuesday" not in repr(text())
    assert "secret" not in repr(NotifyAccount("name-secret", URL, "a", "b"))


# ---------------------------------------------------------------- the stand-in keeps Notify's rules


def test_a_wrong_secret_or_service_is_403(world):
    for key in (
        SETTINGS.api_key[:-1] + "0x"[SETTINGS.api_key[-1] == "0"],
        "demo-" + "0" * 36 + "-" + "1" * 36,
    ):
        with pytest.raises(HTTPError) as error:
            world.client(key).send_sms_notification("07700900123", SETTINGS.sms_template_id, {"body": "x"})
        assert error.value.status_code == 403
        assert name_of(error.value) == "AuthError"


def test_a_token_older_than_30_seconds_is_403(world, monkeypatch):
    from notifications_python_client import authentication

    real = authentication.epoch_seconds
    for seconds, allowed in ((-25, True), (-40, False), (40, False)):
        monkeypatch.setattr(authentication, "epoch_seconds", lambda shift=seconds: real() + shift)
        if allowed:
            world.sender.find("x")
        else:
            with pytest.raises(SendLater, match="not_authorised"):
                world.sender.find("x")


def test_no_token_is_401(world):
    answer = world.app.test_client().get("/v2/notifications")
    assert answer.status_code == 401
    assert answer.json["errors"][0]["error"] == "AuthError"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"colour": "red"}, "ValidationError"),
        ({"template_id": "not-a-uuid"}, "ValidationError"),
        ({"template_id": "11111111-1111-4111-8111-111111111111"}, "BadRequestError"),
        ({"personalisation": {}}, "BadRequestError"),
        ({"personalisation": ["body"]}, "ValidationError"),
        ({"reference": "x" * 1001}, "ValidationError"),
        ({"personalisation": {"body": "x" * 919}}, "BadRequestError"),
        ({"phone_number": 7700900123}, "ValidationError"),
    ],
)
def test_payloads_are_held_strictly_to_the_schema(world, change, error):
    payload = {
        "phone_number": "07700900123",
        "template_id": SETTINGS.sms_template_id,
        "personalisation": {"body": "x"},
    } | change
    with pytest.raises(HTTPError) as raised:
        world.client().post("/v2/notifications/sms", data=payload)
    assert raised.value.status_code == 400
    assert name_of(raised.value) == error


def test_an_unknown_id_is_404(world):
    with pytest.raises(HTTPError) as error:
        world.client().get_notification_by_id("11111111-1111-4111-8111-111111111111")
    assert (error.value.status_code, name_of(error.value)) == (404, "NoResultFound")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("07700900003", "temporary-failure"),
        ("07700900002", "permanent-failure"),
        ("07700900123", "delivered"),
    ],
)
def test_sandbox_numbers_have_their_outcome_and_a_delivery_callback(world, number, status):
    sent = world.sender.send(text(to=number))
    world.fake.deliver_due()
    [callback] = world.fake.take_callbacks()
    assert (callback.kind, callback.payload["id"], callback.payload["status"]) == ("delivery", sent, status)
    assert callback.payload["created_at"] == "2027-01-12T10:00:00.000000Z"
    assert world.client().get_notification_by_id(sent)["status"] == status


def test_smoke_numbers_give_no_receipt(world):
    world.sender.send(text(to="07700900111"))
    world.fake.deliver_due()
    assert world.fake.take_callbacks() == []


def test_a_reply_becomes_a_received_text(world):
    world.fake.reply("07700 900123", "YES")
    [callback] = world.fake.take_callbacks()
    assert (callback.kind, callback.payload["source_number"]) == ("received", "447700900123")
    assert [one["content"] for one in world.client().get_received_texts_iterator()] == ["YES"]


def test_lists_come_in_pages_of_250(world):
    for number in range(260):
        world.sender.send(text(reference=f"r{number}"))
    assert len(list(world.client().get_all_notifications_iterator())) == 260


def test_phones_show_what_the_network_leaves_of_a_text(world):
    world.sender.send(text(body="Café – “yes” ş ž বাংলা"))
    assert world.fake.notifications[0].body.startswith('Café - "yes" s z ?')
