"""The shells: who you are, where you can go, and nothing that the content security policy would refuse."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from flask import Flask, g, render_template_string, session
from flask.testing import FlaskClient
from jinja2 import UndefinedError

from hub import ui
from hub.core.errors import RuleBroken
from hub.core.permissions import STAFF_ROLES, Actor, Role
from hub.ui import flash
from hub.ui.assets import asset_url
from hub.ui.navigation import ROLE_NAV, links_for
from tests.unit.ui.gallery import ERROR_CODES, PAGES

TEMPLATES = sorted((Path(ui.__file__).parent / "templates").rglob("*.html"))


def text_of(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


@pytest.mark.parametrize(
    "path", [*PAGES, *(f"{name}?as=public" for name in ("privacy", "accessibility", "help"))]
)
def test_every_page_has_one_title_one_main_and_no_repeated_id(client: FlaskClient, path: str) -> None:
    page = text_of(client, f"/{path}")
    assert page.count("<title>") == page.count("<main ") == 1
    assert "<h1" in page
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|<script(?! type=\"module\" src=)|javascript:", page)
    described = " ".join(re.findall(r'aria-describedby="([^"]*)"', page)).split()
    assert set(described) <= set(ids)
    assert set(re.findall(r'<label[^>]* for="([^"]*)"', page)) <= set(ids)


def test_the_staff_header_names_the_person_and_the_work(client: FlaskClient) -> None:
    page = text_of(client, "/worklist")
    assert "Amina Yusuf" in page
    assert "Hub manager, <bdi>Hackney Council</bdi>" in page
    assert re.search(r'My work <span class="hub-count">12<span class="govuk-visually-hidden"> waiting', page)
    assert 'action="/x/desk.search"' in page
    assert "<title>Referrals - Hackney English Hub</title>" in page


def test_a_page_with_a_faulty_form_says_so_first(client: FlaskClient) -> None:
    assert "<title>Error: Refer a learner - " in text_of(client, "/faulty")
    assert "<title>Refer a learner - " in text_of(client, "/form")


def test_the_public_see_no_staff_header(client: FlaskClient) -> None:
    page = text_of(client, "/learner?as=public")
    assert "hub-person" not in page
    assert "Staff sign in" in page
    assert "Staff sign in" not in text_of(client, "/learner-ar?as=public")


def test_a_language_written_from_right_to_left_turns_the_page(client: FlaskClient) -> None:
    assert '<html lang="ar" dir="rtl"' in text_of(client, "/learner-ar?as=public")
    assert '<html lang="en" dir="ltr"' in text_of(client, "/learner?as=public")


def test_only_installed_pages_are_linked(hub_runtime: SimpleNamespace) -> None:
    app = Flask("bare", static_folder=None)
    app.config["SECRET_KEY"] = "x"
    ui.init_app(app)
    app.add_url_rule("/board", "desk.board", lambda: "")
    with app.test_request_context("/board"):
        links = links_for(Role.HUB_MANAGER, {})
        assert [(link.text, link.current) for link in links] == [("Board", "page")]
    with app.test_request_context("/board/below"):
        assert [link.current for link in links_for(Role.HUB_MANAGER, {})] == ["true"]
    with app.test_request_context("/board"):
        g.actor = Actor("user", UUID(int=1), "Bo", Role.PROVIDER)
        page = render_template_string("{% extends 'ui/staff.html' %}")
    assert "desk.search" not in page
    assert "Class provider" in page or "Provider" in page


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_every_member_of_staff_has_somewhere_to_go(role: Role) -> None:
    assert ROLE_NAV[role][0].endpoint == "desk.my_work"


def test_messages_of_the_last_page_are_shown_once(app: Flask) -> None:
    with app.test_request_context("/"):
        flash.success("Referral sent <now>")
        flash.notice("Phone her")
        page = render_template_string("{% extends 'ui/base.html' %}")
        assert "Referral sent &lt;now&gt;" in page
        assert "govuk-notification-banner--success" in page
        assert "Phone her" in page
        assert "_flashes" not in session


def test_a_misspelt_name_is_a_fault_in_tests_and_a_blank_for_people(
    app: Flask, hub_runtime: SimpleNamespace
) -> None:
    with app.test_request_context("/"):
        assert (
            render_template_string("{{ nobody.here|default('x', true) }}{% if nobody.here %}y{% endif %}")
            == "x"
        )
        with pytest.raises(UndefinedError):
            render_template_string("{{ nobody.name }}")
    live = Flask("live", static_folder=None)
    ui.init_app(live)
    with live.test_request_context("/"):
        assert render_template_string("[{{ nobody.name }}]") == "[]"


@pytest.mark.parametrize("code", ERROR_CODES)
def test_every_error_page_says_what_to_do_next(client: FlaskClient, code: int) -> None:
    answer = client.get(f"/errors/{code}?as=public")
    page = answer.get_data(as_text=True)
    assert answer.status_code == code
    assert "Get help" in page
    assert page.count('<p class="govuk-body">') >= 3
    assert ("R-7K3Q-94" in page) is (code in {500, 503})


def test_an_error_page_shows_the_words_of_the_rule(app: Flask) -> None:
    with app.test_request_context("/"):
        page = render_template_string(
            "{% include 'ui/errors/422.html' %}", error=RuleBroken("Nobody <b> may")
        )
        unsaid = render_template_string("{% include 'ui/errors/422.html' %}", error=RuleBroken())
    assert "Nobody &lt;b&gt; may" in page
    assert "A rule of the service does not allow this step." in unsaid


def test_gov_uk_s_own_macros_can_be_used(app: Flask) -> None:
    piece = (
        "{% from 'govuk_frontend_jinja/components/tabs/macro.html' import govukTabs %}"
        "{{ govukTabs({'items': [{'label': 'One', 'id': 'one', 'panel': {'html': '<p>1</p>'}}]}) }}"
    )
    with app.test_request_context("/"):
        assert "govuk-tabs__panel" in render_template_string(piece)


def test_static_files_are_kept_for_a_year_when_named_by_content(client: FlaskClient) -> None:
    href = re.findall(r'href="([^"]*hub.css[^"]*)"', text_of(client, "/worklist"))[0]
    assert client.get(href, buffered=True).cache_control.max_age == 31_536_000
    assert client.get("/static/ui/hub.css", buffered=True).cache_control.max_age == 3_600
    assert client.get("/static/ui/../pages.py").status_code == 404
    assert client.get("/favicon.ico", buffered=True).mimetype == "image/svg+xml"


def test_a_file_that_is_not_there_has_an_address_all_the_same(app: Flask) -> None:
    with app.test_request_context("/"):
        assert asset_url("nothing.css") == "/static/ui/nothing.css?v=0"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_keep_to_the_content_security_policy(path: Path) -> None:
    source = path.read_text()
    assert not re.search(
        r"<style|\sstyle=\"|\son[a-z]+=\"|<script(?! type=\"module\" src=\"\{\{)|\|\s*safe\b", source
    )


def test_the_stylesheet_asks_for_nothing_from_elsewhere() -> None:
    sheet = (Path(ui.__file__).parent / "static" / "hub.css").read_text()
    assert not re.search(r"@import|https?:|data:", sheet)
