"""Messages from being written to being delivered, and everything that may stand in between."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.consent import service as consent
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.fake_notify.moods import Behaviour, Mood
from hub.infra import db
from hub.infra.audit import AuditEntry
from hub.infra.outbox import OutboxEntry
from hub.learners import service as learners
from hub.learners.domain import ContactChange
from hub.messaging import reactions, reads, service
from hub.messaging.domain import AskKind, Asks, Channel, MessageState, NewMessage, TextFailed
from hub.rights.service import retention
from hub.steps import reads as steps
from hub.steps.domain import StepKind


def send(session, clock, learner_id, template="help", **details) -> Any:
    return service.send(
        session, NewMessage(learner_id=learner_id, template=template, **details), SYSTEM, clock
    )


def steps_about(session, clock, *ids):
    return [step.kind for found in steps.open_steps(session, ids, clock.today()).values() for step in found]


def test_a_message_goes_out_and_its_receipt_comes_back(session, learner, notify, clock, client):
    message = send(session, clock, learner())
    notify.drain()
    assert notify.bodies() == [
        (
            "Hackney ESOL Hub: to talk to a person call 020 7946 0100. Answer our questions with YES or NO. "
            "To stop texts reply STOP."
        )
    ]
    assert message.state is MessageState.SENT
    notify.receipts(client)
    assert str(message.state) == "delivered"


def test_nothing_personal_stands_in_the_outbox_or_in_clear(session, learner, clock):
    message = send(session, clock, learner())
    entry = session.scalars(select(OutboxEntry)).one()
    assert (entry.kind, entry.ref) == ("message", message.id)
    raw = session.connection().exec_driver_sql("SELECT * FROM message").mappings().one()
    assert not any("person" in str(value) for value in raw.values())


def test_the_same_dedupe_is_one_message(session, learner, notify, clock):
    learner_id = learner()
    assert send(session, clock, learner_id, dedupe="x")
    assert send(session, clock, learner_id, dedupe="x") is None
    notify.drain()
    assert len(notify.bodies()) == 1


def test_every_message_is_in_the_audit_log(session, learner, clock):
    learner_id = learner()
    send(session, clock, learner_id)
    session.flush()
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == learner_id)).all()
    assert "message.written" in actions


def test_permission_is_asked_at_the_moment_of_sending(session, learner, notify, clock):
    learner_id = learner()
    message = send(session, clock, learner_id)
    consent.withdraw(session, learner_id, ["P06"], SYSTEM, clock)
    notify.drain()
    assert notify.bodies() == []
    assert (message.state, message.why) == (MessageState.NOT_SENT, "no_permission")


def test_a_withdrawn_permission_takes_back_what_waits_in_the_same_transaction(hub, session, learner, clock):
    from hub.consent.domain import ConsentWithdrawn

    hub.reactions = {ConsentWithdrawn: [reactions.consent_withdrawn]}
    learner_id = learner()
    message = send(session, clock, learner_id)
    consent.withdraw(session, learner_id, ["P06"], SYSTEM, clock)
    db.react(session)
    assert message.state is MessageState.NOT_SENT


def test_without_permission_for_texts_it_goes_by_email(session, learner, notify, clock):
    message = send(session, clock, learner(purposes=(), email="amina@example.org"))
    notify.drain()
    [email] = notify.fake.notifications
    assert (email.kind, email.to) == ("email", "amina@example.org")
    assert (message.channel, message.state) == (Channel.EMAIL, MessageState.SENT)


def test_where_nothing_can_arrive_a_person_takes_over(hub, session, learner, notify, clock):
    heard = []
    hub.reactions = {TextFailed: [lambda s, event, a, c: heard.append(event)]}
    learner_id = learner(phone=None)
    message = send(session, clock, learner_id, must_reach=True)
    db.react(session)
    assert (message.state, message.why) == (MessageState.NOT_SENT, "no_number")
    assert steps_about(session, clock, message.id) == [StepKind.TEXT_FAILED]
    assert heard == [TextFailed(message.id, learner_id)]


def test_a_learner_for_whom_texting_is_not_safe_gets_no_text(session, learner, notify, clock):
    message = send(session, clock, learner(safe_to_text=False), must_reach=True)
    notify.drain()
    assert notify.bodies() == []
    assert message.why == "not_safe"
    assert steps_about(session, clock, message.id) == [StepKind.TEXT_FAILED]


@pytest.mark.parametrize(("hour", "goes_at"), [(6, 8), (8, 8), (19, 19), (20, 32), (23, 32)])
def test_texts_go_between_eight_and_eight(session, learner, notify, clock, hour, goes_at):
    day = datetime(2027, 1, 12, tzinfo=UTC)
    clock.move_to(day + timedelta(hours=hour))
    send(session, clock, learner())
    notify.drain()
    if hour != goes_at:
        assert notify.bodies() == []
        clock.move_to(day + timedelta(hours=goes_at) - timedelta(minutes=1))
        notify.drain()
        assert notify.bodies() == []
    clock.move_to(day + timedelta(hours=goes_at))
    notify.drain()
    assert len(notify.bodies()) == 1


def test_a_text_that_would_come_too_late_does_not_go(session, learner, notify, clock):
    message = send(session, clock, learner(), useless_after=clock.now() + timedelta(hours=1))
    clock.advance(timedelta(hours=2))
    notify.drain()
    assert notify.bodies() == []
    assert (message.state, message.why) == (MessageState.NOT_SENT, "too_late")


def test_what_is_no_longer_true_is_taken_back(session, learner, notify, clock):
    about = new_id()
    message = send(session, clock, learner(), about_id=about)
    assert service.withdraw_waiting(session, [about]) == 1
    notify.drain()
    assert notify.bodies() == []
    assert message.state is MessageState.CANCELLED


def test_a_message_goes_to_the_number_of_the_moment(session, learner, notify, clock):
    learner_id = learner()
    send(session, clock, learner_id)
    learners.update_contact(session, learner_id, ContactChange(phone="+447700900777"), SYSTEM, clock)
    notify.drain()
    assert notify.bodies() == []
    assert len(notify.bodies("07700900777")) == 1


# ---------------------------------------------------------------- when sending fails


@pytest.mark.parametrize(
    "mood", [Mood.DOWN, Mood.FAILING, Mood.RATE_LIMITED, Mood.NOT_AUTHORISED, Mood.DAILY_LIMIT]
)
def test_nothing_is_lost_while_notify_is_unwell(session, learner, notify, clock, mood):
    notify.fake.behaviour = Behaviour(mood)
    message = send(session, clock, learner())
    notify.drain()
    assert message.state is MessageState.QUEUED
    notify.fake.behaviour = Behaviour()
    clock.advance(timedelta(days=1))
    notify.drain()
    assert len(notify.bodies()) == 1
    assert str(message.state) == "sent"


def test_a_lost_answer_does_not_send_twice(session, learner, notify, clock):
    notify.fake.behaviour = Behaviour(Mood.LOST_ANSWER, 1)
    message = send(session, clock, learner())
    notify.drain()
    clock.advance(timedelta(minutes=30))
    notify.drain()
    assert len(notify.bodies()) == 1
    assert message.state is MessageState.SENT


def test_a_refused_number_is_unusable_and_a_person_takes_over(session, learner, notify, clock):
    learner_id = learner()
    notify.fake.refused_numbers.add("447700900123")
    first = send(session, clock, learner_id)
    notify.drain()
    assert (first.state, first.why) == (MessageState.FAILED, "ValidationError")
    assert steps_about(session, clock, first.id) == [StepKind.TEXT_FAILED]
    notify.fake.refused_numbers.clear()
    second = send(session, clock, learner_id, "new_link", values={"link": "x"})
    notify.drain()
    assert (second.state, second.why) == (MessageState.NOT_SENT, "number_unusable")


def test_a_permanent_failure_marks_the_number_and_asks_a_person(session, learner, notify, clock, client):
    message = send(session, clock, learner(phone="+447700900002"))
    notify.drain()
    notify.receipts(client)
    assert (message.state, message.why) == (MessageState.FAILED, "permanent-failure")
    assert steps_about(session, clock, message.id) == [StepKind.TEXT_FAILED]


def test_a_temporary_failure_is_tried_three_times_more_an_hour_apart(session, learner, notify, clock, client):
    clock.move_to(datetime(2027, 1, 12, 9, tzinfo=UTC))
    message = send(session, clock, learner(phone="+447700900003"))
    for attempt in range(1, 5):
        notify.drain()
        assert len(notify.bodies("07700900003")) == attempt
        notify.receipts(client)
        clock.advance(timedelta(hours=1))
    notify.drain()
    assert len(notify.bodies("07700900003")) == 4
    assert len({one.reference for one in notify.fake.notifications}) == 4
    assert (message.state, message.why) == (MessageState.FAILED, "temporary-failure")
    assert steps_about(session, clock, message.id) == [StepKind.TEXT_FAILED]


def test_a_technical_failure_is_sent_again_at_once(session, learner, notify, clock):
    from hub.messaging.domain import Receipt

    message = send(session, clock, learner())
    notify.drain()
    receipt = Receipt(message.provider_ref, message.reference, "technical-failure")
    assert service.note_receipts(session, [receipt], clock)
    notify.drain()
    assert len(notify.bodies()) == 2


def test_the_same_receipt_twice_has_no_effect(session, learner, notify, clock):
    from hub.messaging.domain import Receipt

    message = send(session, clock, learner())
    notify.drain()
    receipt = Receipt(message.provider_ref, message.reference, "temporary-failure")
    assert service.note_receipts(session, [receipt], clock)
    assert not service.note_receipts(session, [receipt], clock)
    assert message.resends == 1


def test_a_receipt_about_nothing_of_ours_changes_nothing(session, notify, clock):
    from hub.messaging.domain import Receipt

    assert not service.note_receipts(session, [Receipt("a", "b", "delivered")], clock)


# ---------------------------------------------------------------- what people do


def test_a_person_deals_with_a_failed_message_once(session, learner, notify, clock, person):
    from hub.core.permissions import Role

    manager = person(session, Role.HUB_MANAGER)
    message = send(session, clock, learner(phone=None), must_reach=True)
    session.flush()
    service.deal_with_message(session, message.id, manager, clock)
    service.deal_with_message(session, message.id, manager, clock)
    session.flush()
    assert steps_about(session, clock, message.id) == []
    assert reads.counts(session) == (0, 0)


def test_a_failed_message_is_sent_again_to_the_number_of_now(session, learner, notify, clock):
    learner_id = learner()
    notify.fake.refused_numbers.add("447700900123")
    message = send(session, clock, learner_id)
    notify.drain()
    learners.update_contact(session, learner_id, ContactChange(phone="+447700900777"), SYSTEM, clock)
    service.send_again(session, message.id, SYSTEM, clock)
    notify.drain()
    assert len(notify.bodies("07700900777")) == 1
    assert message.state is MessageState.SENT
    assert steps_about(session, clock, message.id) == []


def test_words_are_wiped_after_a_week_and_the_rest_stays(session, learner, notify, clock):
    learner_id = learner()
    message = send(session, clock, learner_id)
    notify.drain()
    clock.advance(timedelta(days=6))
    assert retention.sweep(session, "message_body", clock) == 0
    clock.advance(timedelta(days=2))
    assert retention.sweep(session, "message_body", clock) == 1
    session.expire_all()
    assert message.body is None
    seen: Any = reads.conversation(session, learner_id)[0]
    assert (seen.body, seen.state) == (None, MessageState.SENT)


def test_a_question_that_cannot_be_asked_opens_a_step(session, learner, notify, clock):
    message = send(
        session,
        clock,
        learner(purposes=()),
        "check_in",
        values={"link": "x"},
        asks=Asks(AskKind.CHECK_IN, new_id()),
    )
    notify.drain()
    assert message.why == "no_permission"
    assert steps_about(session, clock, message.id) == [StepKind.TEXT_FAILED]
