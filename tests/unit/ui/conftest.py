"""A small application of its own: the ui layer with a few made-up pages, no database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest
from flask import Flask, Response, g

import hub.infra.db
from hub import ui
from hub.core.clock import FixedClock
from hub.core.permissions import Actor, Role
from hub.infra.config import Settings

MANAGER = Actor("user", UUID(int=7), "Amina Yusuf", Role.HUB_MANAGER, UUID(int=1))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    """Tuesday 12 January 2027, 9am, for everything that asks the runtime."""
    fixed = FixedClock(datetime(2027, 1, 12, 9, 0, tzinfo=UTC))
    settings = dataclasses.replace(Settings(), hub_name="Hackney English Hub", allow_drama_numbers=True)
    monkeypatch.setattr(hub.infra.db, "_runtime", [SimpleNamespace(settings=settings, clock=fixed)])
    return fixed


@pytest.fixture
def app(clock: FixedClock) -> Iterator[Flask]:
    made = Flask("tests.ui", static_folder=None)
    made.config.update(TESTING=True, SECRET_KEY="test", SERVER_NAME="hub.test")
    ui.init_app(made)
    yield made


def page_names(app: Flask, *endpoints: str) -> None:
    """Give the application empty pages of these endpoint names."""
    for endpoint in endpoints:
        app.add_url_rule(f"/x/{endpoint}", endpoint, lambda: Response("a page"))


@pytest.fixture
def as_manager(app: Flask) -> Actor:
    @app.before_request
    def sign_in() -> None:
        g.actor = MANAGER

    return MANAGER
