"""The page of phones: reading, answering, misbehaving."""

import pytest

from hub.fake_notify.app import create_app, state_of
from hub.fake_notify.courier import Courier
from hub.fake_notify.moods import Mood
from hub.fake_notify.records import Notification
from hub.fake_notify.settings import FakeSettings


@pytest.fixture
def app():
    return create_app(FakeSettings(delivery_seconds=0))


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def fake(app):
    return state_of(app)


def add(fake, to="+447700900123", body="Hello", kind="sms", subject=None):
    fake.accept(Notification(kind, to, body, subject, "r", "t", fake.clock.now()))


def test_an_empty_page_says_what_will_appear(client):
    assert "No texts yet" in client.get("/").text
    assert "No e-mails yet" in client.get("/emails").text


def test_a_thread_shows_texts_newest_first_with_links(client, fake):
    add(fake, body="First")
    add(fake, body="Look: https://hub.example/l/abc.")
    page = client.get("/").text
    assert page.index("hub.example") < page.index("First")
    assert '<a href="https://hub.example/l/abc" target="_blank">' in page
    assert "07700 900123" in page


def test_a_text_cannot_put_markup_into_the_page(client, fake):
    add(fake, body='<script>alert(1)</script> https://x.example/"><img>')
    page = client.get("/").text
    assert "<script>alert" not in page
    assert "<img>" not in page


def test_a_reply_is_kept_and_shown(client, fake):
    answer = client.post("/reply", data={"number": "07700 900123", "message": "YES"})
    assert answer.status_code == 302
    assert "YES" in client.get("/").text
    assert fake.take_callbacks()[0].payload["message"] == "YES"


def test_a_reply_from_no_number_or_without_words_is_dropped(client, fake):
    client.post("/reply", data={"number": "nobody", "message": "YES"})
    client.post("/reply", data={"number": "07700900123", "message": "  "})
    assert fake.received == []


def test_phones_are_found_by_last_digits_or_words(client, fake):
    add(fake, to="+447700900123", body="Tuesday")
    add(fake, to="+447700900456", body="Friday")
    assert "07700 900456" not in client.get("/?q=123").text
    assert "07700 900123</a>" not in client.get("/?q=friday").text
    assert "No phone matches" in client.get("/?q=999999").text


def test_another_site_cannot_post(client):
    answer = client.post("/forget", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_moods_are_chosen_and_shown(client, fake):
    client.post("/mood", data={"mood": "down"})
    assert fake.behaviour.mood is Mood.DOWN
    assert "pretending to be ill" in client.get("/").text
    assert client.post("/mood", data={"mood": "purple"}).status_code == 400


def test_a_counted_mood_wears_off(client, fake):
    client.post("/mood", data={"mood": "failing", "count": "2"})
    assert [fake.behaviour.next_mood() for _ in range(3)] == [Mood.FAILING, Mood.FAILING, Mood.WELL]


def test_emails_are_shown(client, fake):
    add(fake, to="a@example.org", body="Three steps", kind="email", subject="Work waiting")
    assert "Work waiting" in client.get("/emails").text


def test_forgetting_starts_over(client, fake):
    add(fake)
    client.post("/forget")
    assert fake.notifications == []
    assert fake.changes == 0


def test_no_outside_files_and_a_closed_page(client):
    answer = client.get("/")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "style=" not in answer.text
    assert "//cdn" not in answer.text


def test_the_courier_keeps_what_the_hub_did_not_take():
    app = create_app(FakeSettings(delivery_seconds=0, hub_url="http://127.0.0.1:9", retries=2))
    fake = state_of(app)
    fake.reply("07700900123", "YES")
    courier = Courier(fake)
    assert [courier.round() for _ in range(3)] == [False, False, True]
    assert fake.take_callbacks() == []
