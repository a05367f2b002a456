from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from hub.consent import reads, service
from hub.consent.domain import OPTIONAL, NewConsent
from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import entries_of
from hub.learners import service as learners
from hub.learners.domain import NewPerson

TODAY = date(2027, 1, 11)
ASKED = NewConsent(
    given_on=TODAY,
    channel="in_person",
    language="so",
    wording_version="2026-11",
    purposes=frozenset(OPTIONAL),
)
PROOF = {"wording_version": "2026-11", "language": "so", "interpreter_used": "no", "note": "Saw the form"}
ANSWERS = {
    "language": "tr",
    "channel": "phone",
    "interpreter_used": "no",
    "given_on-day": "11",
    "given_on-month": "1",
    "given_on-year": "2027",
    **dict.fromkeys(OPTIONAL, "no"),
    "P06": "yes",
}


@pytest.fixture
def manager(as_role):
    return as_role(Role.HUB_MANAGER)


@pytest.fixture
def amina(session, clock, organise):
    organise(session, "hub")
    person = NewPerson(given_names="Amina", family_name="Hassan", preferred_language="ar")
    return learners.identify(session, person, None, None, SYSTEM, clock)


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def test_a_learner_nobody_asked(manager, amina):
    page = text_of(manager.get(f"/learners/{amina.learner_id}/consent"))
    assert "Nobody has asked this learner yet" in page and "No permission needed" in page
    assert "takes a permission back" not in page


def test_the_page_says_how_everything_stands_and_notes_who_looked(manager, session, amina, clock):
    service.record(session, replace(ASKED, purposes=frozenset({"P06"})), amina, SYSTEM, clock)
    page = text_of(manager.get(f"/learners/{amina.learner_id}/consent"))
    assert "The learner said yes on 11 Jan 2027" in page and "The learner said no" in page
    assert "Version 2026-11, Somali" in page
    assert "learner.viewed" in [one.action for one in entries_of(session, [amina.learner_id])]


def test_the_data_protection_officer_looks_and_may_find_an_asking_not_valid_but_does_not_ask(
    as_role, session, amina, clock
):
    officer = as_role(Role.DATA_PROTECTION)
    service.record(session, ASKED, amina, SYSTEM, clock)
    page = text_of(officer.get(f"/learners/{amina.learner_id}/consent"))
    assert "Ask the learner again" not in page and "/consent/withdraw" not in page
    assert "Record that it does not count" in page
    assert officer.post(f"/learners/{amina.learner_id}/consent/withdraw").status_code == 403
    assert officer.get(f"/learners/{amina.learner_id}/consent/ask").status_code == 403


def test_an_unproven_permission_is_confirmed(manager, session, amina, clock):
    consent_id = service.record(session, replace(ASKED, language=None), amina, SYSTEM, clock)
    url = f"/learners/{amina.learner_id}/consent"
    assert "Confirm the permission of Monday 11 January 2027" in text_of(manager.get(url))
    assert manager.post(f"{url}/{consent_id}/confirm", data=PROOF).status_code == 302
    assert reads.may(session, amina.learner_id, "P06", TODAY)
    assert "Confirm the permission of" not in text_of(manager.get(url))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"wording_version": ""}, "wording_version"),
        ({"wording_version": "1999-01"}, "wording_version"),
        ({"language": "zzz"}, "language"),
        ({"language": "ti"}, "language"),
        ({"note": ""}, "note"),
        ({"interpreter_used": ""}, "interpreter_used"),
    ],
)
def test_a_false_confirmation_is_explained_beside_the_field(manager, session, amina, clock, wrong, field):
    consent_id = service.record(session, replace(ASKED, language=None), amina, SYSTEM, clock)
    url = f"/learners/{amina.learner_id}/consent/{consent_id}/confirm"
    answer = manager.post(url, data={**PROOF, **wrong})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)


def test_another_learners_permission_is_not_found(manager, session, amina, clock, organise):
    other = learners.identify(session, NewPerson(given_names="Other"), None, None, SYSTEM, clock)
    consent_id = service.record(session, replace(ASKED, language=None), other, SYSTEM, clock)
    url = f"/learners/{amina.learner_id}/consent"
    assert manager.post(f"{url}/{consent_id}/confirm", data=PROOF).status_code == 404
    assert manager.post(f"{url}/{uuid4()}/confirm", data=PROOF).status_code == 404
    for method, path in [("get", ""), ("get", "/ask"), ("post", "/withdraw"), ("post", "/ask")]:
        data = {"purposes": "P06"} if path == "/withdraw" else ANSWERS
        answer = getattr(manager, method)(f"/learners/{uuid4()}/consent{path}", data=data)
        assert answer.status_code == 404, path


def test_a_withdrawal_is_recorded_for_the_learner(manager, session, amina, clock):
    service.record(session, ASKED, amina, SYSTEM, clock)
    url = f"/learners/{amina.learner_id}/consent"
    assert manager.post(f"{url}/withdraw", data={"purposes": ["P05", "P06"]}).status_code == 302
    assert not reads.may(session, amina.learner_id, "P05", TODAY)
    assert reads.may(session, amina.learner_id, "P07", TODAY)
    page = text_of(manager.get(url))
    assert "The learner took it back" in page and "taken back 11 Jan 2027" in page
    assert manager.post(f"{url}/withdraw", data={"purposes": ["P05"]}).status_code == 302


@pytest.mark.parametrize("purposes", [[], ["P01"], ["P99"]])
def test_a_withdrawal_of_nothing_is_explained(manager, session, amina, clock, purposes):
    service.record(session, ASKED, amina, SYSTEM, clock)
    answer = manager.post(f"/learners/{amina.learner_id}/consent/withdraw", data={"purposes": purposes})
    assert answer.status_code == 422
    assert 'id="purposes-error"' in answer.get_data(as_text=True)


def test_the_words_are_shown_in_the_learners_language_and_in_another_on_request(manager, amina):
    url = f"/learners/{amina.learner_id}/consent/ask"
    page = text_of(manager.get(url))
    assert (
        'dir="rtl"' in page
        and "native reader" in page
        and reads.wording(None, "ar").purposes[0].question in page
    )
    turkish = text_of(manager.post(url, data={**ANSWERS, "show": "yes"}))
    assert reads.wording(None, "tr").purposes[0].question in turkish
    assert 'value="yes" checked' in turkish


def test_the_answers_are_recorded_once(manager, session, amina):
    url = f"/learners/{amina.learner_id}/consent/ask"
    for _ in range(2):
        assert manager.post(url, data=ANSWERS).status_code == 302
    assert reads.may(session, amina.learner_id, "P06", TODAY)
    assert not reads.may(session, amina.learner_id, "P05", TODAY)
    (view,) = reads.consents(session, amina.learner_id)
    assert (view.language, view.channel, view.proven) == ("tr", "phone", True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"P06": ""}, "P06"),
        ({"channel": "pigeon"}, "channel"),
        ({"given_on-year": "2028"}, "given_on"),
        ({"language": "ti"}, "language"),
        ({"interpreter_used": ""}, "interpreter_used"),
    ],
)
def test_an_incomplete_asking_is_explained_beside_the_field(manager, amina, wrong, field):
    answer = manager.post(f"/learners/{amina.learner_id}/consent/ask", data={**ANSWERS, **wrong})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER, Role.ADMIN])
def test_others_do_not_see_it(as_role, amina, role):
    assert as_role(role).get(f"/learners/{amina.learner_id}/consent").status_code == 403
