"""Made-up pages that use every macro, for the tests and for looking at them in a browser.

`python -m tests.unit.ui.gallery` serves them on port 8090.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from flask import Flask, Response, g, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import Markup
from marshmallow import Schema
from werkzeug.datastructures import MultiDict

import hub.infra.db
from hub import ui
from hub.core.clock import FixedClock
from hub.core.permissions import PUBLIC, Actor, Role
from hub.infra.access import allow_public
from hub.infra.config import Settings
from hub.ui.fields import Choice, Choices, DateOfBirth, Name, Phone, Postcode, Text, Whole, YesNo
from hub.ui.forms import Form, blank_form, read_form
from hub.ui.navigation import ROLE_NAV, Shell

NOW = datetime(2027, 1, 12, 9, 0, tzinfo=UTC)
MANAGER = Actor("user", UUID(int=7), "Amina Yusuf", Role.HUB_MANAGER, UUID(int=1))
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewiss"
ERROR_CODES = (400, 403, 404, 409, 410, 413, 422, 429, 500, 503)


class Source(StrEnum):
    JOBCENTRE = "jobcentre"
    GP = "gp"


class Sample(Schema):
    given_names = Name("given names", required=True)
    born_on = DateOfBirth("date of birth", required=True)
    postcode = Postcode(required=True)
    phone = Phone(required=True)
    source = Choice(Source, "who sent them", required=True)
    needs = Choices(Source, "one or more needs", required=True)
    agreed = YesNo("permission to text", required=True)
    children = Whole(0, 12, "number of children")
    reason = Text(200, "reason", lines=True, required=True)
    language = Choice(Source, "language", required=True)
    consent = YesNo("consent", required=True)


FAULTY: MultiDict[str, Any] = MultiDict(
    [
        ("given_names", LONG_NAME + "1"),
        ("born_on-day", "31"),
        ("born_on-month", ""),
        ("postcode", "E8"),
        ("phone", "12"),
    ]
)


def runtime_double() -> SimpleNamespace:
    """What the ui layer asks of the runtime: settings and a clock."""
    settings = dataclasses.replace(Settings(), hub_name="Hackney English Hub", allow_drama_numbers=True)
    return SimpleNamespace(settings=settings, clock=FixedClock(NOW))


def make_app() -> Flask:
    """The ui layer with sample pages at /<name>; `?as=public` shows them to a stranger."""
    app = Flask("tests.ui", static_folder=None)
    app.config.update(TESTING=True, SECRET_KEY="test")
    ui.init_app(app)
    here = FileSystemLoader(Path(__file__).parent / "templates")
    assert app.jinja_loader is not None
    app.jinja_loader = ChoiceLoader([app.jinja_loader, here])
    ui.provide_shell(app, lambda actor: Shell("Hackney Council", {"my_work": 12, "offers": 3}))
    app.before_request(_take_role)
    app.after_request(_strict)
    _empty_pages(app)
    for name, view in PAGES.items():
        app.add_url_rule(f"/{name}", name, allow_public(view), methods=["GET", "POST"])
    app.add_url_rule("/errors/<int:code>", "error", _error)
    return app


def _take_role() -> None:
    g.actor = PUBLIC if request.args.get("as") == "public" else MANAGER


def _strict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return response


def _empty_pages(app: Flask) -> None:
    """A page for each destination of the staff header, so that its links exist."""
    named = {place.endpoint for places in ROLE_NAV.values() for place in places}
    for endpoint in sorted(
        named | {"desk.search", "accounts.sign_out", "accounts.sign_in", "accounts.my_account"}
    ):
        app.add_url_rule(f"/x/{endpoint}", endpoint, lambda: Response("a page"), methods=["GET", "POST"])


def _error(code: int) -> tuple[str, int]:
    return render_template(f"ui/errors/{code}.html", error=None, reference="R-7K3Q-94"), code


def _form_page(form: Form) -> Callable[[], str]:
    return lambda: render_template("form.html", form=form)


def _faulty() -> str:
    return render_template("form.html", form=read_form(Sample, FAULTY))


def _sent() -> str:
    return render_template("form.html", form=read_form(Sample, request.form))


def _worklist() -> str:
    people = ["Fatima Al-Sayed", "Nguyễn Thị Minh Khai", "محمد احمدزی", LONG_NAME, "Oksana Коваленко"]
    columns: list[Any] = [
        "Learner",
        "Next step",
        {"text": "Waiting, weeks", "number": True},
        "Due",
        {"text": "Action", "hidden": "Action"},
    ]
    rows = [
        [
            Markup('<a class="govuk-link" href="#"><bdi>{}</bdi></a>').format(person),
            {"html": Markup('<strong class="govuk-tag govuk-tag--{}">{}</strong>').format(colour, step)},
            weeks,
            {"text": due, "sort": number},
            Markup(
                '<a class="govuk-link" href="#">Book<span class="govuk-visually-hidden"> {}</span></a>'
            ).format(person),
        ]
        for number, (person, colour, step, weeks, due) in enumerate(
            zip(
                people,
                ("red", "yellow", "green", "teal", "grey"),
                ("Assessment to book", "To review", "Offer sent", "Waiting for provider", "On hold"),
                (11, 9, 5, 2, 0),
                (
                    "Friday 8 January",
                    "Tuesday 12 January",
                    "Wednesday 13 January",
                    "Thursday 14 January",
                    "Not set",
                ),
                strict=True,
            )
        )
    ]
    return render_template("worklist.html", columns=columns, rows=rows, empty=request.args.get("empty"))


PAGES: dict[str, Callable[[], str]] = {
    "form": _form_page(blank_form({"given_names": "Zoë", "needs": [Source.GP], "agreed": True})),
    "faulty": _faulty,
    "sent": _sent,
    "worklist": _worklist,
    "parts": lambda: render_template("parts.html"),
    "learner": lambda: render_template("learner.html", lang="en", form=blank_form()),
    "learner-ar": lambda: render_template("learner.html", lang="ar", form=read_form(Sample, FAULTY)),
}


if __name__ == "__main__":
    hub.infra.db._runtime[:] = [runtime_double()]  # type: ignore[list-item]
    make_app().run(port=8090)
