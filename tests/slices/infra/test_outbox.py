"""The outbox: each message exactly once in effect, whatever fails."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from hub.core.clock import FixedClock
from hub.core.ids import new_id
from hub.infra import outbox
from hub.infra.db import transaction
from hub.infra.outbox import Delivery, NotNow, OutboxEntry, OutboxState, Worker
from hub.infra.sms import OutgoingSms, SendLater, SendRefused, SendUnknown


class Provider:
    """A stand-in that remembers references and fails as it is told."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.failures: list[Exception] = []
        self.lock = threading.Lock()

    def send(self, outgoing):
        with self.lock:
            if self.failures:
                failure = self.failures.pop(0)
                if isinstance(failure, SendUnknown):
                    self.sent[outgoing.reference] += 1
                raise failure
            self.sent[outgoing.reference] += 1
        return f"id-{outgoing.reference}"

    def find(self, reference):
        return f"id-{reference}" if self.sent[reference] else None


class Hooks:
    def __init__(self, clock) -> None:
        self.allowed: bool | NotNow = True
        self.outcomes: list[outbox.Outcome] = []
        self.delivery = Delivery(
            gate=lambda session, ref, now: self.allowed,
            render=lambda session, ref, reference, now: OutgoingSms("+447700900123", "Hello", reference),
            settle=lambda session, ref, outcome, now: self.outcomes.append(outcome),
        )


@pytest.fixture
def hooks(committed, clock):
    made = Hooks(clock)
    committed.deliveries = {"test": made.delivery}
    return made


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def worker(hooks, provider, clock):
    return Worker("w1", provider, clock, clock)


def enqueue(clock, count: int = 1, **options) -> list[UUID]:
    refs = [new_id() for _ in range(count)]
    with transaction() as session:
        for ref in refs:
            outbox.enqueue(session, "test", ref, dedupe=f"test:{ref}", clock=clock, **options)
    return refs


def states() -> Counter[OutboxState]:
    with transaction() as session:
        return Counter(session.scalars(select(OutboxEntry.state)))


def test_a_message_is_sent_once_and_settled(worker, provider, hooks, clock):
    enqueue(clock)
    assert worker.drain() == 1
    assert worker.drain() == 0
    assert list(provider.sent.values()) == [1]
    assert hooks.outcomes[0].state is OutboxState.SENT
    assert hooks.outcomes[0].provider_ref == f"id-{next(iter(provider.sent))}"


def test_asking_twice_with_one_key_is_one_delivery(worker, provider, clock):
    ref = new_id()
    with transaction() as session:
        for _ in range(2):
            outbox.enqueue(session, "test", ref, dedupe="same", clock=clock)
    worker.drain()
    assert sum(provider.sent.values()) == 1


def test_nothing_is_sent_when_the_gate_closes_in_the_meantime(worker, provider, hooks, clock):
    enqueue(clock)
    hooks.allowed = False
    worker.drain()
    assert not provider.sent
    assert states() == {OutboxState.CANCELLED: 1}
    assert hooks.outcomes[0].state is OutboxState.CANCELLED


def test_the_gate_can_put_a_message_off_until_morning(worker, provider, hooks, clock):
    enqueue(clock)
    hooks.allowed = NotNow(clock.now() + timedelta(hours=9))
    worker.drain()
    hooks.allowed = True
    assert worker.drain() == 0
    clock.advance(timedelta(hours=9))
    assert worker.drain() == 1
    assert sum(provider.sent.values()) == 1


def test_a_refused_number_is_not_tried_again(worker, provider, hooks, clock):
    enqueue(clock)
    provider.failures = [SendRefused("ValidationError")]
    worker.drain()
    clock.advance(timedelta(days=1))
    assert worker.drain() == 0
    assert hooks.outcomes[0].error == "ValidationError"


def test_a_provider_that_is_down_is_tried_again_until_it_is_back(worker, provider, clock):
    enqueue(clock)
    provider.failures = [SendLater("unreachable")] * 3
    for _ in range(4):
        worker.drain()
        clock.advance(timedelta(minutes=16))
    assert sum(provider.sent.values()) == 1


def test_after_twenty_tries_a_person_is_told(worker, provider, hooks, clock):
    enqueue(clock)
    provider.failures = [SendLater("unreachable")] * 30
    for _ in range(25):
        worker.drain()
        clock.advance(timedelta(minutes=16))
    assert states() == {OutboxState.UNKNOWN: 1}
    assert hooks.outcomes[-1].state is OutboxState.UNKNOWN


def test_an_answer_that_was_lost_is_looked_up_before_sending_again(worker, provider, clock):
    enqueue(clock)
    provider.failures = [SendUnknown("no_answer")]
    worker.drain()
    clock.advance(timedelta(minutes=2))
    worker.drain()
    assert sum(provider.sent.values()) == 1
    assert states() == {OutboxState.SENT: 1}


class Killed(BaseException):
    """The worker dies here, as by kill -9."""


@pytest.mark.parametrize("point", ["before_send", "after_send", "while_settling"])
def test_a_killed_worker_loses_nothing_and_sends_nothing_twice(
    point, worker, provider, hooks, clock, monkeypatch
):
    enqueue(clock, 3)

    def die(*args):
        if point == "after_send":
            provider.sent[args[0].reference] += 1
        raise Killed

    with monkeypatch.context() as patch:
        if point == "while_settling":
            patch.setattr(Worker, "_settle", die)
        else:
            patch.setattr(provider, "send", die)
        with pytest.raises(Killed):
            worker.drain()
    assert Worker("w2", provider, clock, clock).drain() == 0, "the lease still holds"
    clock.advance(outbox.LEASE + timedelta(seconds=1))
    Worker("w2", provider, clock, clock).drain()
    assert len(provider.sent) == 3
    assert set(provider.sent.values()) == {1}
    assert states() == {OutboxState.SENT: 3}


def test_four_workers_at_once_send_each_message_once(hooks, provider, clock):
    enqueue(clock, 60)

    def drain(name: str) -> None:
        worker = Worker(name, provider, clock, FixedClock(clock.now()))
        while worker.drain(7):
            pass

    threads = [threading.Thread(target=drain, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(provider.sent) == 60
    assert set(provider.sent.values()) == {1}


def test_what_was_not_sent_can_be_cancelled(worker, provider, clock):
    refs = enqueue(clock, 2)
    with transaction() as session:
        outbox.cancel(session, "test", refs[:1])
    worker.drain()
    assert states() == {OutboxState.SENT: 1, OutboxState.CANCELLED: 1}


def test_a_message_that_cannot_be_written_does_not_hold_up_the_others(
    worker, provider, hooks, committed, clock
):
    broken, *_ = enqueue(clock, 3)
    good = hooks.delivery.render

    def render(session, ref, reference, now):
        if ref == broken:
            raise KeyError("a name nobody should read in a log")
        return good(session, ref, reference, now)

    committed.deliveries = {"test": replace(hooks.delivery, render=render)}
    worker.drain()
    assert states() == {OutboxState.SENT: 2, OutboxState.PENDING: 1}
    with transaction() as session:
        assert (
            session.scalars(select(OutboxEntry.last_error).where(OutboxEntry.ref == broken)).one()
            == "fault_KeyError"
        )


def test_a_slow_worker_keeps_what_it_holds(provider, hooks, clock):
    """Each sending takes 40 seconds of a lease of 60: the lease of what is left is renewed after each."""
    real = FixedClock(clock.now())
    slow, other = Worker("slow", provider, clock, real), Worker("other", provider, clock, real)
    enqueue(clock, 4)
    send = provider.send

    def send_slowly(outgoing):
        real.advance(timedelta(seconds=40))
        assert other.drain() == 0
        return send(outgoing)

    provider.send = send_slowly
    assert slow.drain() == 4
    assert len(provider.sent) == 4
    assert set(provider.sent.values()) == {1}


def test_a_worker_that_stood_still_leaves_alone_what_another_took_over(provider, hooks, clock):
    """After its first sending the worker stands still for longer than its lease."""
    real = FixedClock(clock.now())
    still, other = Worker("still", provider, clock, real), Worker("other", provider, clock, real)
    enqueue(clock, 3)
    send = provider.send

    def send_and_stand_still(outgoing):
        answer = send(outgoing)
        provider.send = send
        real.advance(outbox.LEASE + timedelta(seconds=10))
        assert other.drain() == 3, "the one that was sent is looked up, not sent again"
        return answer

    provider.send = send_and_stand_still
    still.drain()
    assert len(provider.sent) == 3
    assert set(provider.sent.values()) == {1}
    assert states() == {OutboxState.SENT: 3}


def test_gates_are_asked_again_when_sending_takes_long(worker, provider, hooks, clock):
    """What is taken back while a slow batch is leaving does not leave: the gates' word lasts for the window."""
    enqueue(clock, 3)
    real = FixedClock(clock.now())
    slow = Worker("slow", provider, clock, real)
    send = provider.send

    def send_slowly(outgoing):
        hooks.allowed = False
        real.advance(outbox.WINDOW + timedelta(milliseconds=1))
        return send(outgoing)

    provider.send = send_slowly
    slow.drain()
    assert sum(provider.sent.values()) == 1
    assert states() == {OutboxState.SENT: 1, OutboxState.CANCELLED: 2}


def test_a_worker_killed_in_the_middle_of_a_batch_sends_nothing_twice(worker, provider, hooks, clock):
    """Two of five were sent and none was settled: the next worker looks all of them up, and sends three."""
    enqueue(clock, 5)
    send = provider.send

    def send_two_and_die(outgoing):
        if len(provider.sent) == 2:
            raise Killed
        return send(outgoing)

    provider.send = send_two_and_die
    with pytest.raises(Killed):
        worker.drain()
    assert states() == {OutboxState.SENDING: 5}
    provider.send = send
    assert Worker("w2", provider, clock, clock).drain() == 0, "the lease still holds"
    clock.advance(outbox.LEASE + timedelta(seconds=1))
    assert Worker("w2", provider, clock, clock).drain() == 5
    assert len(provider.sent) == 5
    assert set(provider.sent.values()) == {1}
    assert states() == {OutboxState.SENT: 5}


def test_one_outcome_that_cannot_be_noted_does_not_undo_the_others(worker, provider, hooks, committed, clock):
    broken, *_ = enqueue(clock, 3)
    good = hooks.delivery.settle

    def settle(session, ref, outcome, now):
        if ref == broken:
            raise KeyError("a name nobody should read in a log")
        good(session, ref, outcome, now)

    committed.deliveries = {"test": replace(hooks.delivery, settle=settle)}
    with pytest.raises(KeyError):
        worker.drain()
    assert states() == {OutboxState.SENT: 2, OutboxState.SENDING: 1}
    committed.deliveries = {"test": hooks.delivery}
    clock.advance(outbox.LEASE + timedelta(seconds=1))
    assert Worker("w2", provider, clock, clock).drain() == 1
    assert set(provider.sent.values()) == {1}


def test_a_batch_is_looked_up_and_stored_together(worker, provider, hooks, committed, clock):
    seen: list[object] = []
    committed.deliveries = {
        "test": replace(
            hooks.delivery,
            preload=lambda session, refs, now: seen.append(set(refs)),
            store=lambda session, now: seen.append("stored"),
        )
    }
    refs = enqueue(clock, 3)
    worker.drain()
    assert seen == [set(refs), "stored"] * 2, "before sending and after it"


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_not_sent(provider, hooks, clock):
    worker = Worker("w1", provider, clock, clock)
    enqueue(clock, 3)
    send = provider.send

    def send_and_stop(outgoing):
        worker.stop.set()
        return send(outgoing)

    provider.send = send_and_stop
    worker.drain()
    assert states() == {OutboxState.SENT: 1, OutboxState.PENDING: 2}
    provider.send = send
    assert Worker("w2", provider, clock, clock).drain() == 2, "at once, without waiting for the lease"
    assert set(provider.sent.values()) == {1}
