"""Texts from learners: answers become events, STOP is obeyed, the rest waits for a person."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from hub.core.ids import new_id
from hub.core.permissions import SYSTEM, Role
from hub.infra import db
from hub.messaging import reactions, reads, service
from hub.messaging.domain import (
    AskKind,
    Asks,
    LearnerStopped,
    Meaning,
    MessageState,
    NewMessage,
    NewReceived,
    ReplyReceived,
)
from hub.steps import reads as steps
from hub.steps.domain import StepKind

VALUES = {"times": "Tuesday, 10am", "area": "near E8 3", "starts": "Monday", "by": "Friday", "link": "x"}


@pytest.fixture
def heard(hub):
    events: list[object] = []
    hub.reactions = {
        kind: [lambda session, event, actor, clock: events.append(event)]
        for kind in (ReplyReceived, LearnerStopped)
    }
    return events


@pytest.fixture
def ask(session, notify, clock):
    def make(learner_id, kind=AskKind.OFFER, template="offer"):
        subject_id = new_id()
        new = NewMessage(learner_id=learner_id, template=template, values=VALUES, asks=Asks(kind, subject_id))
        message: Any = service.send(session, new, SYSTEM, clock)
        notify.drain()
        clock.advance(timedelta(minutes=5))
        return message, subject_id

    return make


def open_kinds(session, clock, subject_id):
    return [step.kind for step in steps.open_steps(session, [subject_id], clock.today()).get(subject_id, [])]


def test_yes_answers_the_newest_question(session, learner, notify, ask, heard, clock):
    learner_id = learner()
    ask(learner_id, AskKind.CHECK_IN, "check_in")
    message, offer_id = ask(learner_id)
    notify.text("Yes please")
    db.react(session)
    assert heard == [ReplyReceived(message.id, AskKind.OFFER, offer_id, learner_id, "yes")]
    assert message.answered_at is not None
    assert reads.counts(session) == (0, 0)


@pytest.fixture
def number_asked(hub, session, notify, learner, clock):
    """Somebody has referred themselves; (learner, referral) after the question went to the number."""
    hub.reactions = {ReplyReceived: [reactions.replied]}
    learner_id, referral_id = learner(), new_id()
    event = SimpleNamespace(learner_id=learner_id, referral_id=referral_id, by_self=True)
    reactions.referral_submitted(session, event, SYSTEM, clock)
    db.react(session)
    notify.drain()
    assert "someone gave us this number" in notify.bodies()[-1]
    assert "/l/" not in notify.bodies()[-1], "a stranger gets no link"
    clock.advance(timedelta(minutes=5))
    return learner_id


def test_who_says_the_number_is_theirs_gets_their_page(session, number_asked, notify, clock):
    notify.text("Yes")
    db.react(session)
    notify.drain()
    assert "we have your form" in notify.bodies()[-1]
    assert "/l/" in notify.bodies()[-1]


def test_a_number_that_is_not_theirs_is_left_alone_until_it_says_start(session, number_asked, notify, clock):
    row = notify.text("No")
    db.react(session)
    assert open_kinds(session, clock, row.id) == [StepKind.MESSAGE_TO_ANSWER]
    service.write_to(session, number_asked, "Hello again", SYSTEM, clock)
    notify.drain()
    assert "Hello again" not in "".join(notify.bodies())
    notify.text("START")
    service.write_to(session, number_asked, "Welcome", SYSTEM, clock)
    notify.drain()
    assert notify.bodies()[-1].endswith("Welcome")


def test_who_wants_no_texts_is_not_asked_by_one(session, learner, notify, clock):
    event = SimpleNamespace(learner_id=learner(purposes=()), referral_id=new_id(), by_self=True)
    reactions.referral_submitted(session, event, SYSTEM, clock)
    db.react(session)
    notify.drain()
    assert notify.bodies() == []


def test_a_second_answer_is_for_a_person(session, learner, notify, ask, heard, clock):
    _, _offer_id = ask(learner())
    notify.text("NO")
    notify.text("YES")
    db.react(session)
    assert [event.answer for event in heard] == ["no"]
    assert reads.counts(session)[0] == 1


def test_a_family_with_one_phone_is_asked_by_a_person(session, learner, notify, ask, heard, clock):
    for _ in range(2):
        ask(learner())
    row = notify.text("YES")
    db.react(session)
    assert heard == []
    assert open_kinds(session, clock, row.id) == [StepKind.MESSAGE_TO_ANSWER]


def test_a_yes_to_nothing_or_long_after_is_for_a_person(session, learner, notify, ask, heard, clock):
    learner_id = learner()
    row = notify.text("YES")
    assert open_kinds(session, clock, row.id) == [StepKind.MESSAGE_TO_ANSWER]
    ask(learner_id)
    clock.advance(timedelta(days=22))
    row = notify.text("YES")
    db.react(session)
    assert heard == []
    assert open_kinds(session, clock, row.id) == [StepKind.MESSAGE_TO_ANSWER]


def test_other_words_wait_for_a_person_and_the_learner_is_told_once_a_day(
    session, learner, notify, ask, heard, clock
):
    ask(learner())
    for words in ("Can my husband come too?", "Hello?"):
        row = notify.text(words)
        assert open_kinds(session, clock, row.id) == [StepKind.MESSAGE_TO_ANSWER]
    notify.drain()
    assert sum("A person will read it" in body for body in notify.bodies()) == 1
    assert [text.body for text in reads.inbox(session).to_answer] == ["Can my husband come too?", "Hello?"]


def test_stop_is_obeyed_confirmed_once_and_opens_a_step(session, learner, notify, ask, heard, clock):
    learner_id = learner()
    message, _ = ask(learner_id)
    waiting: Any = service.send(session, NewMessage(learner_id=learner_id, template="help"), SYSTEM, clock)
    row = notify.text("STOP")
    notify.text("STOP")
    db.react(session)
    notify.drain()
    assert heard == [LearnerStopped(learner_id)] * 2
    assert message.answered_at is None
    assert waiting.state is MessageState.NOT_SENT
    assert sum("we will not text you again" in body for body in notify.bodies()) == 1
    assert open_kinds(session, clock, row.id) == [StepKind.STOP_TO_HANDLE]
    later: Any = service.send(session, NewMessage(learner_id=learner_id, template="help"), SYSTEM, clock)
    notify.drain()
    assert (later.state, later.why) == (MessageState.NOT_SENT, "stopped")
    assert reads.stopped(session, ["+447700900123", "+447700900124"]) == {"+447700900123"}


def test_start_lets_texts_go_again(session, learner, notify, ask, heard, clock):
    learner_id = learner()
    notify.text("STOP")
    notify.text("START")
    message: Any = service.send(session, NewMessage(learner_id=learner_id, template="help"), SYSTEM, clock)
    notify.drain()
    assert message.state is MessageState.SENT


def test_stop_after_the_question_went_by_email_still_reaches_the_hub(session, learner, notify, heard, clock):
    learner_id = learner()
    row = notify.text("stop")
    db.react(session)
    assert heard == [LearnerStopped(learner_id)]
    assert row.meaning is Meaning.STOP


def test_help_is_answered(session, learner, notify, clock):
    learner()
    notify.text("HELP")
    notify.drain()
    assert "call 020 7946 0100" in notify.bodies()[0]


def test_an_unknown_number_is_kept_for_the_hub_and_gets_no_answer(session, organise, notify, clock):
    organise(session, "hub")
    row = notify.text("I want a class", "+447700900999")
    notify.drain()
    assert row.learner_id is None
    assert row.body == "I want a class"
    assert open_kinds(session, clock, row.id) == [StepKind.MESSAGE_TO_ANSWER]
    assert notify.bodies("07700900999") == []


def test_stop_from_an_unknown_number_is_obeyed(session, organise, notify, clock):
    organise(session, "hub")
    notify.text("STOP", "+447700900999")
    notify.drain()
    assert len(notify.bodies("07700900999")) == 1


def test_the_same_text_handed_over_twice_is_one(session, learner, clock):
    learner()
    new = NewReceived("one-id", "+447700900123", "Hello", clock.now())
    assert service.receive(session, new, clock)
    assert service.receive(session, new, clock) is None


def test_staff_answer_goes_to_the_phone_that_asked_and_closes_the_step(
    session, learner, notify, clock, person
):
    manager = person(session, Role.HUB_MANAGER)
    learner()
    row = notify.text("Can I bring my baby?")
    service.answer(session, row.id, "Yes, you can. See you on Tuesday.", manager, clock)
    notify.drain()
    assert notify.bodies()[-1].endswith("Yes, you can. See you on Tuesday.")
    assert open_kinds(session, clock, row.id) == []
    with pytest.raises(Exception, match="colleague"):
        service.answer(session, row.id, "Again", manager, clock)


@pytest.mark.parametrize("words", ["", "   ", "你好", "x" * 919])
def test_staff_cannot_send_what_a_phone_cannot_show(session, learner, notify, clock, person, words):
    from hub.core.errors import RuleBroken

    learner()
    row = notify.text("Hello?")
    with pytest.raises(RuleBroken) as error:
        service.answer(session, row.id, words, person(session, Role.HUB_MANAGER), clock)
    assert "text" in error.value.errors


def test_a_check_in_answered_yes_is_thanked(hub, session, learner, notify, ask, clock):
    hub.reactions = {ReplyReceived: [reactions.replied]}
    ask(learner(), AskKind.CHECK_IN, "check_in")
    notify.text("Tak")
    db.react(session)
    notify.drain()
    assert "You keep your turn" in notify.bodies()[-1]


def test_the_conversation_shows_both_sides_newest_first(session, learner, notify, ask, clock):
    learner_id = learner()
    ask(learner_id)
    notify.text("What is the address?")
    said = reads.conversation(session, learner_id)
    assert [one.is_from_learner for one in said] == [False, True, False]
    assert said[1].body == "What is the address?"
