"""Messages that leave together: each is judged by itself, and twenty cost hardly more statements than one."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from hub.consent import service as consent
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra import outbox
from hub.learners import queries as people
from hub.messaging import queries, service
from hub.messaging.domain import Channel, MessageState, NewMessage, Receipt
from hub.messaging.models import DeliveryReceipt, Message, NumberBlock

S = MessageState


@pytest.fixture
def write(session, clock):
    """write(learner_id) -> a message to them, queued."""

    def make(learner_id, **details):
        message = service.send(
            session, NewMessage(learner_id=learner_id, template="help", **details), SYSTEM, clock
        )
        assert message is not None
        return message

    return make


@contextmanager
def counting(hub):
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    event.listen(hub.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(hub.engine, "before_cursor_execute", note)


def phone(number: int) -> str:
    return f"+447700900{300 + number}"


def test_in_one_batch_each_message_is_judged_by_itself(session, learner, notify, clock, write):
    fine = write(learner(phone=phone(1)))
    withdrawn_id = learner(phone=phone(2), email="two@example.org")
    withdrawn = write(withdrawn_id)
    consent.withdraw(session, withdrawn_id, {"P06"}, SYSTEM, clock)
    stopped = write(learner(phone=phone(3)))
    queries.block(session, queries.number_index(phone(3)), "stopped", clock.now())
    by_email = write(learner(phone=None, email="four@example.org"))
    too_late = write(learner(phone=phone(5)), useless_after=clock.now() - timedelta(minutes=1))
    without_need = write(learner(phone=phone(6), purposes=()), purpose=None)
    notify.drain()
    assert (fine.state, fine.number_index) == (S.SENT, queries.number_index(phone(1)))
    assert (withdrawn.state, withdrawn.channel) == (S.SENT, Channel.EMAIL)
    assert (stopped.state, stopped.why) == (S.NOT_SENT, "stopped")
    assert (by_email.state, by_email.number_index) == (S.SENT, None)
    assert (too_late.state, too_late.why) == (S.NOT_SENT, "too_late")
    assert without_need.state is S.SENT
    assert sorted(one.to for one in notify.fake.notifications) == sorted(
        [phone(1), "two@example.org", "four@example.org", phone(6)]
    )
    assert len({one.reference for one in (fine, withdrawn, by_email, without_need)}) == 4


def test_the_number_of_statements_does_not_grow_with_the_batch(
    hub, session, learner, notify, write, monkeypatch
):
    monkeypatch.setattr(outbox, "WINDOW", timedelta(minutes=1))  # however busy the machine
    with counting(hub) as for_one:
        write(learner(phone=phone(1)))
        notify.drain()
    ids = [learner(phone=phone(number)) for number in range(2, 22)]
    messages = [write(one) for one in ids]
    session.flush()
    with counting(hub) as for_twenty:
        notify.drain()
    assert {one.state for one in messages} == {S.SENT}
    assert len(for_twenty) < len(for_one)
    assert len(for_twenty) < 25


def test_messages_of_one_unit_of_work_are_written_together(hub, session, learner, clock):
    ids = [learner(phone=phone(number)) for number in range(5)]
    for one in ids:
        service.send_all(session, [NewMessage(learner_id=one, template="help")], SYSTEM, clock)
    people.forget_taken_in(session)  # as if they had come before this unit of work
    with counting(hub) as seen:
        found = session.scalars(select(Message)).all()
    assert {one.learner_id for one in found} == set(ids)
    assert sum("FROM source_record" in one for one in seen) == 1


def test_messages_with_the_same_word_are_one_also_when_written_together(session, learner, clock):
    learner_id = learner()
    new = NewMessage(learner_id=learner_id, template="help", dedupe="once")
    service.send_all(session, [new, new], SYSTEM, clock)
    assert len(session.scalars(select(Message)).all()) == 1
    service.send_all(session, [new], SYSTEM, clock)
    assert len(session.scalars(select(Message)).all()) == 1


def test_receipts_are_taken_together(session, learner, notify, clock, write):
    messages = [write(learner(phone=phone(number))) for number in range(4)]
    notify.drain()
    first, second, third, fourth = messages
    receipts = [
        Receipt(first.provider_ref, first.reference, "delivered"),
        Receipt(second.provider_ref, second.reference, "permanent-failure"),
        Receipt(third.provider_ref, "", "delivered"),  # Notify gave no reference
        Receipt(str(new_id()), "nothing-of-ours", "delivered"),
        Receipt(first.provider_ref, first.reference, "delivered"),
    ]
    assert service.note_receipts(session, receipts, clock) == 3
    assert service.note_receipts(session, receipts, clock) == 0
    session.expire_all()
    assert [one.state for one in messages] == [S.DELIVERED, S.FAILED, S.DELIVERED, S.SENT]
    assert fourth.settled_at is not None
    assert len(session.scalars(select(DeliveryReceipt)).all()) == 3
    assert session.scalars(select(NumberBlock.why)).all() == ["unusable"]


def test_a_receipt_that_overtakes_the_worker_stands(session, learner, notify, clock, write):
    """It comes after the reference was noted and before the outcome was."""
    message = write(learner())
    send = notify.worker.sender.send

    def send_and_call_back(outgoing):
        provider_ref = send(outgoing)
        receipt = Receipt(provider_ref, outgoing.reference, "delivered")
        assert service.note_receipts(session, [receipt], clock) == 1
        session.flush()
        return provider_ref

    notify.worker.sender.send = send_and_call_back
    notify.drain()
    assert message.state is S.DELIVERED
    assert message.provider_ref == notify.fake.notifications[0].id
