"""The sample application, its client and the stand-in for the runtime."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

import hub.infra.db
from tests.unit.ui.gallery import make_app, runtime_double


@pytest.fixture(autouse=True)
def hub_runtime(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Tuesday 12 January 2027, 9am, for everything that asks the runtime."""
    double = runtime_double()
    monkeypatch.setattr(hub.infra.db, "_runtime", [double])
    return double


@cache
def _sample_app() -> Flask:
    """Made once: compiling its templates costs more than all that the tests ask of them."""
    return make_app()


@pytest.fixture
def app(hub_runtime: SimpleNamespace) -> Flask:
    return _sample_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
