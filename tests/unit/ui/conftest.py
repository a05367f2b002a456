"""The sample application, its client and the stand-in for the runtime."""

from __future__ import annotations

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


@pytest.fixture
def app(hub_runtime: SimpleNamespace) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
