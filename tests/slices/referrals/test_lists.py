"""A provider's own waiting list by page: looked at, taken in once, and shown who stands on several."""

import io
import re

import pytest

from hub.core.permissions import Role
from hub.infra.audit import AuditEntry
from hub.waitlist import reads as waitlist
from tests.slices.waitlist.test_imported_lists import AMINA, CALI, HEADER


@pytest.fixture
def colleges(session, organise):
    organise(session, "hub")
    return [organise(session, "provider", slug) for slug in ("the-provider", "other-college")]


@pytest.fixture
def manager(as_role, colleges):
    return as_role(Role.HUB_MANAGER)


def send(client, content, provider, **more):
    data = {"provider": str(provider), "file": (io.BytesIO(content.encode()), "list.csv"), **more}
    return client.post("/waiting-list/import", data=data)


def confirm(client, page):
    return client.post(re.search(r'action="(/waiting-list/import/[^"]+)"', page.text)[1])


def test_a_list_is_looked_at_and_then_taken_in_once(session, manager, colleges):
    bad = "4,Ivan,Petrov,M,31/02/1990,,,,E1,,\r\n5,,,F,,,,,,,\r\n6,Maria,Silva,F,,,,,E1,01/01/2030,\r\n"
    page = send(manager, HEADER + AMINA + CALI + bad, colleges[0].id)
    assert page.status_code == 200
    assert "Take in 2 people" in page.text
    for words in ("Nothing is saved yet", "31/02/1990", "given_name", "The day must not be in the future"):
        assert words in page.text
    assert waitlist.in_line(session) == []
    done = confirm(manager, page)
    assert "2 people added" in done.text
    assert len(waitlist.in_line(session)) == 2
    made = session.query(AuditEntry).filter_by(action="learner.created", actor_id=manager.actor.id)
    assert made.count() == 2, "the manager did it, not the program"
    assert confirm(manager, page).headers["Location"] == "/waiting-list/import"
    assert "There is nothing to take in" in send(manager, HEADER + AMINA + CALI, colleges[0].id).text


def test_the_end_names_who_is_on_another_list(session, manager, colleges):
    confirm(manager, send(manager, HEADER + AMINA, colleges[0].id))
    done = confirm(manager, send(manager, HEADER + AMINA.replace("2025", "2026"), colleges[1].id))
    assert "may be known already" in done.text
    assert colleges[0].name in done.text
    assert "Take in a provider" in manager.get("/waiting-list/overlap").text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Choose a CSV file"),
        ("just words", "given_name"),
        ("x" * 1005, "smaller than 2 MB"),
    ],
)
def test_a_bad_file_is_named_and_the_provider_stays(manager, colleges, content, said, monkeypatch):
    monkeypatch.setattr("hub.referrals.pages.upload.LARGEST", 1000)
    page = send(manager, content, colleges[1].id)
    assert page.status_code == 422
    assert said in page.text
    assert f'value="{colleges[1].id}" selected' in page.text


@pytest.mark.parametrize("provider", ["", "nonsense", "01900000-0000-7000-8000-000000000000"])
def test_the_list_is_a_providers(manager, provider):
    page = send(manager, HEADER + AMINA, provider)
    assert page.status_code == 422
    assert "Select the provider" in page.text


def test_too_many_people_for_a_page_go_by_the_command(session, manager, colleges, monkeypatch):
    monkeypatch.setattr("hub.referrals.pages.lists.MOST_ROWS", 1)
    assert "more than 1 new people" in send(manager, HEADER + AMINA + CALI, colleges[0].id).text


def test_a_list_is_not_taken_in_as_referrals(session, manager, colleges):
    page = send(manager, HEADER + AMINA, colleges[0].id)
    file_id = re.search(r'action="/waiting-list/import/([^"]+)"', page.text)[1]
    assert manager.post(f"/my-referrals/import/{file_id}").headers["Location"] == "/my-referrals/import"
    assert "1 person added" in confirm(manager, page).text, "the file was not lost by it"
