"""Health for machines: is the process up, can it serve, and how is it doing."""

from datetime import datetime
from ipaddress import ip_address
from typing import Any

from alembic.runtime.migration import MigrationContext
from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from hub.core.errors import HubError, NotFound
from hub.infra.access import allow_public
from hub.infra.db import runtime, transaction
from hub.infra.migrations import head_revision
from hub.infra.outbox import OutboxEntry, OutboxState
from hub.infra.subject_keys import check_keyring

MOST_LAG_SECONDS = 900


def install(app: Flask) -> None:
    app.add_url_rule("/healthz", "health.healthz", healthz)
    app.add_url_rule("/readyz", "health.readyz", readyz)
    app.add_url_rule("/metrics", "health.metrics", metrics)


@allow_public
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@allow_public
def readyz() -> ResponseReturnValue:
    """The process can serve: database, its migrations, its role, the keys, and the outbox's lag."""
    checks = readiness()
    ready = all(check == "ok" for check in checks.values())
    return jsonify(status="ok" if ready else "not ready", checks=checks), 200 if ready else 503


def readiness() -> dict[str, str]:
    """Each check with `ok` or what is wrong, in plain words."""
    try:
        with transaction() as session:
            return {
                "migrations": _migrations(session),
                "role": _role(session),
                "keys": _keys(session),
                "outbox": _outbox(session),
            }
    except (HubError, SQLAlchemyError) as error:
        return {"database": f"cannot be used ({type(error).__name__})"}


def _migrations(session: Any) -> str:
    at, head = MigrationContext.configure(session.connection()).get_current_revision(), head_revision()
    return "ok" if at == head else f"the database is at {at}, the program at {head}: run `hub db upgrade`"


def _role(session: Any) -> str:
    asked = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    owns = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
    if session.scalar(asked):
        return "the application's role may pass row security: give it a plain role"
    return (
        "the application's role owns tables: use the owner's address for migrations only"
        if session.scalar(owns)
        else "ok"
    )


def _keys(session: Any) -> str:
    try:
        check_keyring(session, runtime().keyring)
    except RuntimeError as error:
        return str(error)
    return "ok"


def _outbox(session: Any) -> str:
    lag = _lag(session)
    return (
        "ok"
        if lag < MOST_LAG_SECONDS
        else f"the oldest message waits {int(lag)} seconds: is a worker running?"
    )


def _lag(session: Any) -> float:
    due = select(func.min(OutboxEntry.next_at)).where(OutboxEntry.state == OutboxState.PENDING)
    oldest: datetime | None = session.scalar(due)
    return 0.0 if oldest is None else (runtime().clock.now() - oldest).total_seconds()


@allow_public
def metrics() -> ResponseReturnValue:
    """Numbers for a monitor; only to a private address, others get the same 404 as for any missing page."""
    if not _is_private(request.remote_addr):
        raise NotFound("There is nothing at this address.")
    registry = CollectorRegistry()
    with transaction() as session:
        Gauge("hub_outbox_lag_seconds", "Age of the oldest due message", registry=registry).set(
            max(_lag(session), 0)
        )
        gauge = Gauge("hub_outbox_entries", "Messages by state", ["state"], registry=registry)
        for state, count in session.execute(
            select(OutboxEntry.state, func.count()).group_by(OutboxEntry.state)
        ):
            gauge.labels(state).set(count)
    return Response(generate_latest(registry), mimetype="text/plain")


def _is_private(address: str | None) -> bool:
    try:
        return address is not None and ip_address(address).is_private
    except ValueError:
        return False
