"""The look and the words of every page: templates, macros, filters, forms. `init_app` joins them to the app.

Other engineers start at `templates/ui/macros.html`, whose head lists every macro with its arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_wtf.csrf import generate_csrf
from jinja2 import ChainableUndefined, ChoiceLoader, PackageLoader, PrefixLoader, UndefinedError
from markupsafe import Markup

from hub.core.permissions import ROLE_LABELS, STAFF_ROLES, Actor
from hub.infra.access import current_actor
from hub.infra.config import Environment
from hub.infra.db import runtime
from hub.ui.assets import asset_url
from hub.ui.filters import FILTERS
from hub.ui.navigation import NavLink, Shell, endpoint_exists, links_for
from hub.ui.pages import blueprint
from hub.ui.speech import phrase

_SHELL = "hub_ui_shell"

ShellSource = Callable[[Actor], Shell]


class LoudUndefined(ChainableUndefined):
    """For development and tests: printing a name that does not exist is a fault, not a blank.

    GOV.UK's macros ask for missing members of missing members (hence chainable) but print none of them.
    """

    def __str__(self) -> str:
        raise UndefinedError(self._undefined_message)

    __html__ = __str__


def init_app(app: Flask) -> None:
    """Join templates, filters, the shell's values, static files and the public pages to the application."""
    app.jinja_loader = ChoiceLoader(
        [PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})]
    )
    environment = app.jinja_env
    loud = app.testing or app.debug or runtime().settings.environment is Environment.TEST
    environment.undefined = LoudUndefined if loud else ChainableUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(FILTERS)
    environment.globals.update(
        asset_url=asset_url,
        csrf_field=csrf_field,
        date_example=date_example,
        endpoint_exists=endpoint_exists,
        page_url=page_url,
        phrase=phrase,
    )
    app.context_processor(_shell_values)
    app.register_blueprint(blueprint)


def provide_shell(app: Flask, source: ShellSource) -> None:
    """Name who tells the staff header the person's organisation and the counts of waiting work."""
    app.extensions[_SHELL] = source


def csrf_field() -> Markup:
    """The hidden field every POST form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def date_example(of_birth: bool) -> str:
    """How a date is typed, by one that could be the answer."""
    day = date(1990, 3, 27) if of_birth else runtime().clock.today()
    return f"For example, {day.day} {day.month} {day.year}"


def page_url(page: int) -> str:
    """This very page with `page=<n>`, every other part of the query kept."""
    asked: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {}), "page": page}
    return url_for(request.endpoint or "", **asked)


def _shell_values() -> dict[str, Any]:
    """What the shells show on every page; worked out only when a template asks."""
    return {"hub": runtime().settings, "shell": ShellValues(current_actor())}


class ShellValues:
    """The header's values, worked out at most once and only if a template reads them."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._known: Shell | None = None

    @property
    def signed_in(self) -> bool:
        """Whether the person is a member of staff with an account."""
        return self.actor.kind == "user" and self.actor.role in STAFF_ROLES

    @property
    def role(self) -> str:
        """The person's role in words."""
        return ROLE_LABELS[self.actor.role]

    @property
    def organisation(self) -> str:
        """The name of the person's organisation."""
        return self._shell().organisation

    @property
    def nav(self) -> list[NavLink]:
        """The role's destinations with their counts."""
        return links_for(self.actor.role, self._shell().counts)

    def _shell(self) -> Shell:
        source: ShellSource | None = current_app.extensions.get(_SHELL)
        if self._known is None:
            self._known = source(self.actor) if source else Shell()
        return self._known
