"""What the phones showed outlives the process, and the hub is told what it was not told."""

import stat
from dataclasses import replace

import pytest

from hub.core.clock import SystemClock
from hub.fake_notify import keeping
from hub.fake_notify.keeping import Keeper
from hub.fake_notify.records import Notification
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.store import FakeNotify


@pytest.fixture
def start(tmp_path):
    """start() -> the stand-in, with the file of the one before it."""
    settings = FakeSettings(delivery_seconds=0, keep_in=tmp_path / "demo" / "phones.jsonl")
    return lambda: FakeNotify(settings, SystemClock())


def send(fake, body="Hello", to="+447700900123"):
    one = Notification("sms", to, body, None, f"ref-{body}", "t", fake.clock.now())
    return fake.accept(one)


def deliver(fake):
    """All receipts reach the hub."""
    fake.deliver_due(everything=True)
    for callback in fake.take_callbacks():
        fake.finished(callback)


def test_the_next_start_shows_the_same_messages(start):
    before = start()
    send(before, "First")
    deliver(before)
    before.reply("07700 900123", "Yes")
    send(before, "Second")
    after = start()
    assert after.notifications == before.notifications
    assert after.received == before.received
    assert after.changes == 3
    assert send(after, "Third").order == 4


def test_a_message_is_found_by_its_reference_after_a_restart(start):
    sent = send(start())
    [found] = start().page({"reference": "ref-Hello"}, None)
    assert found.id == sent.id


def test_the_hub_is_told_after_a_restart_what_it_was_not_told_before(start):
    before = start()
    send(before, "Told")
    deliver(before)
    send(before, "Not told")
    before.deliver_due(everything=True)
    before.reply("07700 900123", "Yes")
    after = start()
    after.deliver_due(everything=True)
    assert sorted(one.payload.get("reference") or "a reply" for one in after.take_callbacks()) == [
        "a reply",
        "ref-Not told",
    ]


def test_a_line_that_was_not_finished_costs_only_itself(start, tmp_path):
    before = start()
    send(before, "First")
    path = before.settings.keep_in
    with path.open("a") as file:
        file.write('{"what": "sent", "id": "x"}\n["no"]\n{"what": "sent", "id": "y", "bo')
    assert [one.body for one in start().notifications] == ["First"]


def test_only_the_owner_reads_it_and_forgetting_empties_it(start):
    fake = start()
    send(fake)
    path = fake.settings.keep_in
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    fake.forget()
    assert path.read_text() == ""
    assert not start().notifications


def test_the_file_does_not_grow_for_ever(start, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_KEPT", 3)
    fake = start()
    for number in range(5):
        send(fake, str(number))
    assert [one.body for one in start().notifications] == ["2", "3", "4"]
    assert len(fake.settings.keep_in.read_text().splitlines()) == 3


def test_without_a_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(Keeper, "keep", lambda *_: pytest.fail("no file was asked for"))
    fake = FakeNotify(replace(FakeSettings(), delivery_seconds=0), SystemClock())
    send(fake)
    deliver(fake)
