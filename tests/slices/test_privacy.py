"""What was typed about a person is nowhere in clear: logs, addresses, exceptions, tables. Nor can a referrer learn
from any answer that somebody was already known."""

import io
import json
import logging
import re
from types import SimpleNamespace

import pytest
import structlog
from flask import request_finished
from sqlalchemy import text as sql

from hub.core.clock import SystemClock
from hub.core.permissions import Role
from hub.fake_notify.app import create_app as create_fake
from hub.fake_notify.app import state_of
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.transport import InProcessAdapter
from hub.infra import db, logs
from hub.infra.outbox import Worker
from hub.infra.sms import notify_sender
from hub.learners import reads as learners
from hub.learners import service as learner_service
from hub.referrals import reads
from tests.slices.bad_input import FAULTS_OF_CANARY, masked, whole_text
from tests.slices.referrals.test_files import as_file, row
from tests.slices.referrals.test_intake import body
from tests.slices.referrals.test_refer_pages import ANSWERS, answer_all, begin

CANARY = {
    "given_names": "Zyxcanaria", "family_name": "Quillonfarb", "date_of_birth": "1987-04-19",
    "postcode": "E8 4QN", "phone": "07700 900471", "email": "zyx.quill@example.org",
}  # fmt: skip
WORDS = ("zyxcanaria", "quillonfarb", "1987-04-19", "19 april 1987", "19/04/1987", "e8 4qn", "e84qn", "e8%204qn",
         "e8+4qn", "7700900471", "7700 900471", "07700+900471", "zyx.quill", "canarious words")  # fmt: skip
HOME = "hub.referrals.service.intake"


def found_in(text):
    return [word for word in WORDS if word in text.lower()]


@pytest.fixture
def log():
    """Everything that any logger says at DEBUG, in the form that goes to standard error."""
    root, written = logging.getLogger(), io.StringIO()
    kept, level = root.handlers[:], root.level
    logs.set_up("DEBUG")
    root.handlers[0].setStream(written)
    yield written
    root.handlers[:] = kept
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def recorded(app):
    """(status, headers as text) of every answer of the application."""
    seen = []

    def note(_sender, response):
        seen.append((response.status_code, "\n".join(f"{k}: {v}" for k, v in response.headers)))

    with request_finished.connected_to(note, app):
        yield seen


def canary_page_answers():
    year, month, day = CANARY["date_of_birth"].split("-")
    return {
        "name": {"given_names": CANARY["given_names"], "family_name": CANARY["family_name"]},
        "date-of-birth": {"date_of_birth-day": day, "date_of_birth-month": month, "date_of_birth-year": year},
        "contact": ANSWERS["contact"] | {"phone": CANARY["phone"], "email": CANARY["email"]},
        "address": {"postcode": CANARY["postcode"], "address": "1 Canarious words Road"},
        "reason": {"reasons": ["find_work"], "reason": "Canarious words"},
    }


def test_nothing_typed_is_in_logs_addresses_or_tables(hub, as_role, api, session, recorded, log, clock):
    referrer, manager = as_role(Role.REFERRER), as_role(Role.HUB_MANAGER)
    draft = begin(referrer)
    answer_all(referrer, draft, leave_out=set(canary_page_answers()))
    for slug, answers in canary_page_answers().items():
        assert referrer.post(f"{draft}/{slug}", data=answers).status_code == 302, slug
    referrer.post(f"{draft}/check")
    (mine,) = reads.my_referrals(session, referrer.actor)
    sent = body(learner=body()["learner"] | CANARY, reason="Canarious words")
    client = api(Role.REFERRER)
    assert client.post("/api/v1/referrals", json=sent, headers={"Idempotency-Key": "k"}).status_code == 409
    sent["learner"]["family_name"] = "Quillonfarber"
    assert client.post("/api/v1/referrals", json=sent, headers={"Idempotency-Key": "k"}).status_code == 201
    for name, wrong in FAULTS_OF_CANARY.items():
        answer = client.post("/api/v1/referrals", json=body(learner=sent["learner"] | {name: wrong}))
        assert answer.status_code == 422
    rows = as_file(row(1, **CANARY | {"family_name": "Quillonfarba"}), row(2, **CANARY | {"phone": "12"}))
    referrer.post("/my-referrals/import", data={"file": (io.BytesIO(rows), "Zyxcanaria.csv")})
    for path in ("/my-referrals", f"/my-referrals/{mine.view.id}"):
        referrer.get(path)
    for terms in ("Zyxcanaria Quillonfarb", CANARY["phone"], CANARY["email"], "Quillonfarb 1987-04-19"):
        manager.post("/search", data={"terms": terms}, follow_redirects=True)
    for path in (
        "/referrals",
        f"/referrals/{mine.view.id}",
        "/duplicates",
        f"/learners/{mine.view.learner_id}",
    ):
        assert manager.get(path).status_code == 200
    decide_about_the_canary(manager, session)
    assert manager.post(
        f"/learners/{mine.view.learner_id}/contact", data={"phone": CANARY["phone"], "postcode": "wrong"}
    ).status_code == 422  # fmt: skip
    assert (
        manager.post(f"/messages/to/{mine.view.learner_id}", data={"text": "Canarious words"}).status_code
        == 302
    )
    deliver(hub, session, clock)
    assert len(recorded) > 45
    assert not [(status, found_in(text), text) for status, text in recorded if found_in(text)]
    assert not [line for line in log.getvalue().splitlines() if found_in(line)]
    assert {name: found_in(text) for name, text in whole_text(session).items() if found_in(text)} == {}


def decide_about_the_canary(manager, session):
    """Joined, parted, told apart: decisions with scores and weights, and nothing of whom they are about."""
    pair = learners.duplicate_pairs(session)[0]
    for path in (f"/duplicates/{pair.id}", "/duplicates/decided", "/duplicates/low", "/splits"):
        assert manager.get(path).status_code == 200
    for answer in ("same", "different"):
        assert manager.post(f"/duplicates/{pair.id}/{answer}").status_code == 302
        assert manager.post("/duplicates/undo-last").location.endswith(f"/duplicates/{pair.id}")
    decided = session.scalars(sql("SELECT weights_json FROM link_decision WHERE action <> 'unlink'")).all()
    assert len(decided) == 2 and all(one["parts"] for one in decided)


def deliver(hub, session, clock):
    fake = create_fake(FakeSettings(delivery_seconds=0), clock)
    worker = Worker("test", notify_sender(hub.settings, clock, InProcessAdapter(fake)), clock, SystemClock())
    while worker.drain():
        pass
    assert state_of(fake).texts_to("07700900471")
    session.expire_all()


def test_a_fault_of_ours_is_logged_without_its_words(app, api, session, log, monkeypatch):
    """An exception may quote a person: the log has its kind and its lines, the answer neither."""
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def break_down(_session, new, *_args, **_kwargs):
        raise ValueError(f"cannot take {new.person.given_names} {new.person.phone}")

    monkeypatch.setattr(
        f"{HOME}._store", lambda *_: (_ for _ in ()).throw(RuntimeError(CANARY["given_names"]))
    )
    monkeypatch.setattr(f"{HOME}._require_first", lambda s, *_: break_down(s, SimpleNamespace(
        person=SimpleNamespace(given_names=CANARY["given_names"], phone=CANARY["phone"]))))  # fmt: skip
    sent = body(learner=body()["learner"] | CANARY)
    answer = api(Role.REFERRER).post("/api/v1/referrals", json=sent)
    assert answer.status_code == 500
    assert "Nothing you sent was saved" in answer.json["detail"]
    assert not found_in(answer.text)
    assert not found_in(log.getvalue())
    told = json.loads([line for line in log.getvalue().splitlines() if "request.failed" in line][-1])
    assert told["error"] == "ValueError" and any("intake.py" in frame for frame in told["frames"])
    assert told["request_id"] == answer.headers["X-Request-Id"]


# ---------------------------------------------------------------- nobody learns that a person was known


def all_answers(session, referrer, machine):
    """What a referrer gets for one and the same learner by page, by API and by file, without ids."""
    draft = begin(referrer)
    answer_all(referrer, draft)
    answers = [referrer.post(f"{draft}/check"), referrer.get(f"{draft}/done")]
    (mine,) = reads.my_referrals(session, referrer.actor)
    answers += [referrer.get("/my-referrals"), referrer.get(f"/my-referrals/{mine.view.id}")]
    answers.append(machine.get(f"/api/v1/referrals/{mine.view.id}"))
    other = body(learner=body()["learner"] | {"family_name": "Yusufa"}, external_reference="JC-8")
    answers.append(machine.post("/api/v1/referrals", json=other))
    content = as_file(row(9, phone="07700 900123", family_name="Yusufo"))
    preview = referrer.post("/my-referrals/import", data={"file": (io.BytesIO(content), "a.csv")})
    taken = referrer.post(re.search(r"/my-referrals/import/[0-9a-f-]{36}", preview.text)[0])
    answers += [preview, taken, referrer.get("/"), referrer.get("/my-referrals")]
    return [
        (one.status_code, masked(one.text), [(k, masked(v)) for k, v in one.headers if k not in
         {"X-Request-Id", "Set-Cookie", "Vary"}])
        for one in answers
    ]  # fmt: skip


@pytest.mark.parametrize("known", ["referred by others", "on the hub's list under another name", "merged"])
def test_the_answers_are_the_same_for_somebody_who_was_known(
    as_role, api, session, organise, person, clock, known
):
    charity = organise(session, "charity")
    referrer, machine = as_role(Role.REFERRER, charity), api(Role.REFERRER, charity)
    others, manager = api(Role.REFERRER), person(session, Role.HUB_MANAGER)
    session.flush()
    connection = session.connection()
    connection.exec_driver_sql("SAVEPOINT trial")
    unknown = all_answers(session, referrer, machine)
    own = f"/api/v1/referrals/{newest(session, referrer)}"
    assert as_role(Role.HUB_MANAGER).post(f"/referrals/{own.rpartition('/')[2]}/accept").status_code == 302
    accepted = masked(machine.get(own).text)
    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT trial")
    session.expunge_all()
    for family_name in ("Yusuf", "Yusufa", "Yusufo"):
        changed = {"family_name": family_name} | ({"phone": "07700 900999"} if "another" in known else {})
        given = body(learner=body()["learner"] | changed, external_reference=family_name)
        made = others.post("/api/v1/referrals", json=given)
        assert made.status_code == 201
    answers = all_answers(session, referrer, machine)
    if known == "merged":
        for pair in learners.duplicate_pairs(session):
            learner_service.merge_pair(session, pair.id, manager, clock)
            db.react(session)
        own = f"/api/v1/referrals/{newest(session, referrer)}"
        assert masked(machine.get(own).text) == accepted  # as for anybody whom the hub has looked at
    for was, now in zip(unknown, answers, strict=True):
        assert now == was


def newest(session, referrer):
    return reads.my_referrals(session, referrer.actor)[0].view.id
