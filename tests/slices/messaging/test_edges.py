"""Callbacks of Notify, the hub's pages of messages, the digest."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.core.permissions import SYSTEM, Role
from hub.infra import db
from hub.messaging import reactions, service
from hub.messaging.domain import NewMessage
from hub.steps import service as step_service
from hub.steps.domain import DigestDue, NewStep, StepKind

TOKEN = {"Authorization": "Bearer test-callback-token"}


def received(**change):
    return {
        "id": str(uuid4()),
        "source_number": "447700900123",
        "destination_number": "07700900999",
        "message": "Hello there",
        "date_received": "2027-01-11T10:00:00.000000Z",
    } | change


@pytest.mark.parametrize("kind", ["delivery", "received"])
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong-token"}, {"Authorization": "Basic x"}]
)
def test_a_callback_without_the_token_is_refused(client, kind, headers):
    answer = client.post(f"/api/v1/callbacks/notify/{kind}", json={}, headers=headers)
    assert answer.status_code == 401
    assert answer.json["code"] == "not_signed_in"


@pytest.mark.parametrize("body", [{}, {"id": "x"}, {"id": str(uuid4()), "status": 5}])
def test_a_callback_that_is_not_notifys_is_refused(client, body):
    answer = client.post("/api/v1/callbacks/notify/delivery", json=body, headers=TOKEN)
    assert answer.status_code == 422


def test_an_unknown_delivery_is_taken(client):
    body = {"id": str(uuid4()), "reference": None, "status": "delivered", "to": "x", "template_version": 3}
    answer = client.post("/api/v1/callbacks/notify/delivery", json=body, headers=TOKEN)
    assert answer.status_code == 204


def test_a_received_text_is_kept_once(client, session, learner, as_role):
    learner()
    body = received()
    for _ in range(2):
        assert client.post("/api/v1/callbacks/notify/received", json=body, headers=TOKEN).status_code == 204
    page = as_role(Role.HUB_MANAGER).get("/messages").text
    assert page.count("Hello there") == 1
    assert "Amina Yusuf" in page
    assert "To answer (1)" in page


@pytest.mark.parametrize("words", ["", "👋🏽", "<script>alert(1)</script>", "x" * 5000, "مرحبا", "a\x00b"])
def test_any_words_are_taken_and_shown_safely(client, session, learner, as_role, words):
    learner()
    answer = client.post("/api/v1/callbacks/notify/received", json=received(message=words), headers=TOKEN)
    assert answer.status_code == 204
    page = as_role(Role.HUB_MANAGER).get("/messages")
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_a_short_code_can_write_too(client, session, organise, as_role):
    organise(session, "hub")
    answer = client.post(
        "/api/v1/callbacks/notify/received", json=received(source_number="60777"), headers=TOKEN
    )
    assert answer.status_code == 204
    assert "60777" in as_role(Role.HUB_MANAGER).get("/messages").text


def test_the_pages_are_for_the_hub_alone(as_role):
    for role in (Role.REFERRER, Role.PROVIDER, Role.AUDITOR):
        assert as_role(role).get("/messages").status_code == 403
    assert as_role(Role.ASSESSOR).get("/messages").status_code == 200


@pytest.mark.parametrize("show", ["answer", "failed", "all"])
def test_an_empty_page_says_so(as_role, show):
    page = as_role(Role.HUB_MANAGER).get(f"/messages?show={show}")
    assert page.status_code == 200
    assert "hub-empty" in page.text


def test_answering_by_page(session, learner, notify, as_role):
    learner()
    row = notify.text("Can I come late?")
    client = as_role(Role.HUB_MANAGER)
    assert "Can I come late?" in client.get(f"/messages/texts/{row.id}").text
    wrong = client.post(f"/messages/texts/{row.id}", data={"text": "你好"})
    assert "cannot carry" in wrong.text
    assert client.post(f"/messages/texts/{row.id}", data={}).text.count("Enter the message") >= 1
    sent = client.post(f"/messages/texts/{row.id}", data={"text": "Yes, until 10:30."})
    assert sent.status_code == 302
    notify.drain()
    assert notify.bodies()[-1].endswith("Yes, until 10:30.")
    again = client.post(f"/messages/texts/{row.id}", data={"text": "Again"})
    assert again.status_code == 409
    assert "dealt with this message already" in client.get(f"/messages/texts/{row.id}").text


def test_answering_on_the_learners_page_leads_back_to_it(session, learner, notify, as_role):
    learner_id = learner()
    first = notify.text("Can I come late?")
    client = as_role(Role.ASSESSOR)
    page = client.get(f"/learners/{learner_id}").text
    assert "Answer the learner" in page
    assert f'action="/messages/texts/{first.id}?back=learner"' in page
    wrong = client.post(f"/messages/texts/{first.id}?back=learner", data={"text": "你好"})
    assert "cannot carry" in wrong.text
    assert "你好" in wrong.text, "what was written is not lost"
    assert "back=learner" in wrong.text
    done = client.post(f"/messages/texts/{first.id}?back=learner", data={"text": "Yes."})
    assert done.headers["Location"] == f"/learners/{learner_id}"
    notify.drain()
    assert notify.bodies()[-1].endswith("Yes.")
    after = client.get(f"/learners/{learner_id}").text
    assert "Answer the learner" not in after
    assert f'action="/messages/to/{learner_id}"' in after
    row = notify.text("STOP")
    assert f"/messages/texts/{row.id}" not in client.get(f"/learners/{learner_id}").text


def test_the_box_says_when_a_text_is_not_allowed(session, learner, as_role):
    agreed, refused = learner(), learner(purposes=(), phone="+447700900999")
    client = as_role(Role.ASSESSOR)
    for address in ("/learners/{}", "/messages/to/{}"):
        assert "has not agreed to texts" not in client.get(address.format(agreed)).text
        assert "has not agreed to texts" in client.get(address.format(refused)).text


def test_failed_messages_are_shown_with_what_to_do(session, learner, notify, clock, as_role):
    new = NewMessage(learner_id=learner(phone=None), template="help", must_reach=True)
    message: Any = service.send(session, new, SYSTEM, clock)
    session.flush()
    client = as_role(Role.HUB_MANAGER)
    page = client.get("/messages?show=failed").text
    assert "There is no mobile number and no email address." in page
    assert client.post(f"/messages/{message.id}/done").status_code == 302
    assert "Every message that must arrive has arrived" in client.get("/messages?show=failed").text


def test_all_messages_come_in_pages(session, learner, clock, as_role):
    learner_id = learner()
    for number in range(51):
        service.send(
            session, NewMessage(learner_id=learner_id, template="help", dedupe=str(number)), SYSTEM, clock
        )
    session.flush()
    client = as_role(Role.HUB_MANAGER)
    assert client.get("/messages?show=all").text.count("To stop texts") == 50
    assert client.get("/messages?show=all&page=2").text.count("To stop texts") == 1
    assert client.get("/messages?show=all&page=999").status_code == 200


def test_a_missing_message_is_not_found(as_role):
    client = as_role(Role.HUB_MANAGER)
    missing = uuid4()
    assert client.get(f"/messages/texts/{missing}").status_code == 404
    for path in (f"texts/{missing}/done", f"{missing}/done", f"{missing}/again"):
        assert client.post(f"/messages/{path}").status_code == 404
    assert client.get(f"/messages/to/{missing}").status_code == 404


def test_writing_to_a_learner(session, learner, notify, as_role):
    learner_id = learner()
    client = as_role(Role.ASSESSOR)
    assert "Write to a learner" in client.get(f"/messages/to/{learner_id}").text
    assert "Enter the message" in client.post(f"/messages/to/{learner_id}", data={"text": " "}).text


# ---------------------------------------------------------------- the digest


def test_one_digest_a_day_with_counts_and_links_and_no_names(hub, session, learner, notify, clock, person):
    hub.reactions = {DigestDue: [reactions.digest_due]}
    manager = person(session, Role.HUB_MANAGER)
    learner_id = learner()
    for _number in range(3):
        owner = step_service.hub_role(session)
        step = NewStep(StepKind.REFERRAL_TO_REVIEW, "referral", uuid4(), owner, clock.today(), learner_id)
        step_service.open_step(session, step, clock)
    clock.advance(timedelta(days=2))
    session.flush()
    for _ in range(2):
        step_service.digests_due(session, clock)
        db.react(session)
    notify.drain()
    [email] = notify.fake.notifications
    assert email.to == f"{Role.HUB_MANAGER}@the-hub.example"
    assert "Look at a new referral: 3" in email.body
    assert "http://127.0.0.1:8000/" in email.body
    assert "Amina" not in email.body + email.subject
    assert manager.name not in email.body


def test_no_digest_when_all_was_done_meanwhile(hub, session, notify, clock, person):
    hub.reactions = {DigestDue: [reactions.digest_due]}
    manager = person(session, Role.HUB_MANAGER)
    db.record(session, DigestDue(manager.id, clock.today()))
    db.react(session)
    notify.drain()
    assert notify.fake.notifications == []
