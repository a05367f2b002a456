"""The learner's own pages: the link, the date of birth, and what can be done behind them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.consent import reads as consents
from hub.core.permissions import Role
from hub.infra.audit import AuditEntry
from hub.infra.db import runtime
from hub.infra.seals import exporting
from hub.learners import reads as people
from hub.learners import service as learners
from hub.messaging import reads as messages
from hub.portal.domain import languages, words
from tests.foreign import english_on

OTHER_SCRIPTS = {"ar", "bn", "gu", "uk", "fa"}
"""Languages in which a page shows at once whether English is left on it."""
BIRTH = {"birth_date-day": "27", "birth_date-month": "3", "birth_date-year": "1990"}
WRONG = BIRTH | {"birth_date-year": "1991"}


def test_nothing_is_shown_before_the_date_of_birth(client, learner, link):
    token = link(learner().learner_id)
    page = client.get(f"/l/{token}")
    assert page.status_code == 200
    assert "Your date of birth" in page.text
    for word in ("Amina", "Yusuf", "900123", "Waiting list", "level"):
        assert word not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("page", ["here", "offer", "times", "contact", "permissions", "ask", "meeting.ics"])
def test_no_page_opens_without_the_date_of_birth(client, learner, link, page):
    token = link(learner().learner_id)
    answer = client.get(f"/l/{token}/{page}")
    assert answer.status_code == 302
    assert answer.location == f"/l/{token}"


def test_the_right_date_opens_the_page_and_leaves_a_trace(visit, session):
    client, token, learner_id = visit()
    page = client.get(f"/l/{token}/here")
    assert page.status_code == 200
    assert "Where am I?" in page.text
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == learner_id)).all()
    assert {"link.opened", "learner.own_page"} <= set(actions)


@pytest.mark.parametrize(
    ("data", "words_shown"),
    [
        (WRONG, "This is not the date of birth we have"),
        ({}, "Type the day, the month and the year"),
        (BIRTH | {"birth_date-month": "13"}, "Type the day, the month and the year"),
        (BIRTH | {"birth_date-year": "abc"}, "Type the day, the month and the year"),
        (BIRTH | {"birth_date-year": "2090"}, "Type the day, the month and the year"),
        (BIRTH | {"birth_date-day": "<script>"}, "Type the day, the month and the year"),
    ],
)
def test_a_wrong_date_is_told_kindly(client, learner, link, data, words_shown):
    page = client.post(f"/l/{link(learner().learner_id)}", data=data)
    assert page.status_code == 200
    assert words_shown in page.text
    assert "<script>" not in page.text.split("<main")[1]


def test_five_wrong_dates_lock_the_link(client, learner, link):
    token = link(learner().learner_id)
    for _ in range(5):
        client.post(f"/l/{token}", data=WRONG)
    page = client.post(f"/l/{token}", data=BIRTH)
    assert page.status_code == 429
    assert "This link is locked" in page.text
    assert "020\u00a07946\u00a00100" in page.text


def test_an_old_link_is_kind(client, learner, link, clock):
    token = link(learner().learner_id, valid_for=timedelta(days=1))
    clock.advance(timedelta(days=2))
    page = client.get(f"/l/{token}")
    assert page.status_code == 410
    assert "Nothing is lost" in page.text
    assert "020\u00a07946\u00a00100" in page.text


@pytest.mark.parametrize("token", ["x", "A" * 22, "..%2f..", "é" * 22, "A" * 500])
def test_a_link_that_never_was_is_kind(client, organise, session, token):
    organise(session, "hub")
    page = client.get(f"/l/{token}")
    assert page.status_code == 404


def test_a_visit_is_for_one_link_only(visit, learner, link, client):
    visit()
    other = link(learner().learner_id)
    assert client.get(f"/l/{other}/here").status_code == 302


def test_a_visit_ends_after_half_an_hour_and_by_leaving(visit, clock):
    client, token, _ = visit()
    clock.advance(timedelta(minutes=29))
    assert client.get(f"/l/{token}/here").status_code == 200
    clock.advance(timedelta(minutes=31))
    assert client.get(f"/l/{token}/here").status_code == 302
    client.post(f"/l/{token}", data=BIRTH)
    assert "closed" in client.post(f"/l/{token}/leave").text
    assert client.get(f"/l/{token}/here").status_code == 302


def test_a_link_taken_back_during_a_visit_closes_the_pages(visit, session, clock):
    client, token, learner_id = visit()
    learners.revoke_links(session, learner_id, clock)
    session.flush()
    assert client.get(f"/l/{token}/here").status_code == 410


@pytest.mark.parametrize("code", sorted(languages()))
def test_every_page_in_every_language(visit, code):
    client, token, _ = visit()
    for page in (
        "here",
        "times",
        "contact",
        "permissions",
        "ask",
        "receipt",
        "stop-all",
        "who-looked",
        "data",
    ):
        shown = client.get(f"/l/{token}/{page}?lang={code}")
        assert shown.status_code == 200
        if code in OTHER_SCRIPTS:
            assert english_on(shown.text, runtime().settings.hub_name, exporting.HOW_TO_VERIFY) == [], page
        direction = "rtl" if code in {"ar", "fa"} else "ltr"
        assert f'<html lang="{code}" dir="{direction}"' in shown.text
        if page == "ask":
            assert words(code)["ask_title"] in shown.text.replace("&#39;", "'")


@pytest.mark.parametrize("code", ["bn", "fa"])
def test_faults_are_told_in_the_learners_language(visit, code):
    """What was typed wrong, a page that is not there, a link that never was, a fault of ours."""
    client, token, _ = visit()
    own = runtime().settings.hub_name
    wrong = [
        client.post(f"/l/{token}/{page}?lang={code}", data={"phone": "1"})
        for page in ("times", "contact", "ask")
    ]
    missing = [client.get(f"/l/{token}/nowhere"), client.get("/l/never"), client.put(f"/l/{token}/times")]
    for page in (*wrong, *missing, client.get("/l/never/here")):
        assert f'<html lang="{code}"' in page.text
        assert english_on(page.text, own) == [], page.request
    assert [one.status_code for one in missing] == [404, 404, 405]


def test_a_fault_of_ours_is_told_in_the_learners_language_with_its_number(app, visit, monkeypatch):
    client, token, _ = visit()
    monkeypatch.setattr("hub.portal.reads.here", lambda *_: 1 / 0)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    page = client.get(f"/l/{token}/here?lang=so")
    assert page.status_code == 500
    assert "Waan ka xunnahay" in page.text
    assert "Tixraac: <bdi>" in page.text


def test_a_dari_speaker_reads_the_persian_words(visit):
    client, token, _ = visit(preferred_language="prs")
    assert '<html lang="fa" dir="rtl"' in client.get(f"/l/{token}/here").text


def test_the_language_stays_and_the_learners_own_comes_first(visit):
    client, token, _ = visit(preferred_language="tr")
    assert "Hangi aşamadayım?" in client.get(f"/l/{token}/here").text
    client.get(f"/l/{token}/here?lang=fr")
    assert "Mes heures" in client.get(f"/l/{token}/times").text
    assert client.get(f"/l/{token}/times?lang=xx").status_code == 200


def test_the_browsers_language_is_used_before_anything_is_known(client, learner, link):
    page = client.get(f"/l/{link(learner().learner_id)}", headers={"Accept-Language": "pl,en;q=0.5"})
    assert "Twoja data urodzenia" in page.text


def test_changing_times_keeps_the_rest(visit, session):
    client, token, learner_id = visit()
    shown = client.get(f"/l/{token}/times").text
    assert shown.count(" checked") == 2
    answer = client.post(f"/l/{token}/times", data={"times": ["wed-eve", "sat-am"]})
    assert answer.status_code == 302
    needs = people.needs(session, [learner_id])[learner_id]
    assert needs.availability == {"wed-eve", "sat-am"}
    assert needs.childcare
    assert "Saved. Thank you." in client.get(answer.location).text


@pytest.mark.parametrize("times", [[], ["never"], ["mon-am", "<x>"]])
def test_times_that_cannot_be_are_refused(visit, times):
    client, token, _ = visit()
    page = client.post(f"/l/{token}/times", data={"times": times})
    assert page.status_code == 200
    assert "Mark one time or more." in page.text


def test_changing_phone_and_email(visit, session):
    client, token, learner_id = visit()
    data = {"phone": "07700 900777", "email": "Amina@Example.org", "texts": "no"}
    assert client.post(f"/l/{token}/contact", data=data).status_code == 302
    person = people.people(session, [learner_id])[learner_id]
    assert (person.phone, person.email, person.safe_to_text) == ("+447700900777", "amina@example.org", False)
    assert person.contact_confirmed


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"phone": "123"}, "Type a phone number"),
        ({"email": "nobody"}, "Type the whole email"),
        ({"phone": "", "email": ""}, "so that we can reach you"),
        ({"texts": ""}, "Choose one answer."),
    ],
)
def test_contact_that_cannot_be_is_refused(visit, change, told):
    client, token, _ = visit()
    data = {"phone": "07700 900123", "email": "a@example.org", "texts": "yes"} | change
    page = client.post(f"/l/{token}/contact", data=data)
    assert page.status_code == 200
    assert told in page.text


def test_a_permission_is_taken_back_in_one_press_and_given_again(visit, session, clock):
    client, token, learner_id = visit()
    assert consents.may(session, learner_id, "P06", clock.today())
    assert "You said yes" in client.get(f"/l/{token}/permissions").text
    client.post(f"/l/{token}/permissions", data={"purpose": "P06", "act": "stop"})
    assert not consents.may(session, learner_id, "P06", clock.today())
    clock.advance(timedelta(minutes=1))
    client.post(f"/l/{token}/permissions", data={"purpose": "P06", "act": "allow"})
    assert consents.may(session, learner_id, "P06", clock.today())
    assert not consents.may(session, learner_id, "P07", clock.today())


@pytest.mark.parametrize("data", [{}, {"purpose": "P01", "act": "stop"}, {"purpose": "P99", "act": "allow"}])
def test_other_purposes_are_not_the_learners_to_change(visit, data):
    client, token, _ = visit()
    assert client.post(f"/l/{token}/permissions", data=data).status_code == 302


def test_a_question_reaches_the_hub(visit, session, as_role):
    client, token, _ = visit()
    assert client.post(f"/l/{token}/ask", data={"question": "هل يوجد صف صباحي؟"}).status_code == 302
    assert client.post(f"/l/{token}/ask", data={"call": "yes"}).status_code == 302
    bodies = [text.body for text in messages.inbox(session).to_answer]
    assert bodies == ["هل يوجد صف صباحي؟", "Please call me."]
    assert "هل يوجد صف صباحي؟" in as_role(Role.HUB_MANAGER).get("/messages").text


def test_an_empty_question_is_not_sent(visit, session):
    client, token, _ = visit()
    assert "Write your question." in client.post(f"/l/{token}/ask", data={"question": "  "}).text
    assert messages.inbox(session).to_answer == []


def test_without_an_open_case_the_page_says_what_to_do(visit):
    client, token, _ = visit()
    page = client.get(f"/l/{token}/here").text
    assert "Your form is closed." in page
    assert client.get(f"/l/{token}/offer").status_code == 302
    assert client.get(f"/l/{token}/meeting.ics").status_code == 302
    for act in ("cannot-come", "still-waiting"):
        assert client.post(f"/l/{token}/{act}", data={"answer": "yes"}).status_code == 302


def test_words_in_the_address_are_not_shown(visit):
    client, token, _ = visit()
    assert "evil" not in client.get(f"/l/{token}/here?said=evil").text


def test_staff_and_learner_can_share_a_browser(as_role, learner, link):
    client = as_role(Role.HUB_MANAGER)
    token = link(learner().learner_id)
    client.post(f"/l/{token}", data=BIRTH)
    assert client.get(f"/l/{token}/here").status_code == 200
    assert client.get("/messages").status_code == 200
