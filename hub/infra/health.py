"""Health for machines: is the process up, can it serve, and how is it doing."""

from datetime import datetime
from ipaddress import ip_address
from typing import Any

from alembic.runtime.migration import MigrationContext
from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from psycopg import OperationalError as OperationalFault
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from hub.core.errors import HubError, NotFound
from hub.infra.access import allow_public
from hub.infra.db import Base, runtime, transaction
from hub.infra.logs import logger
from hub.infra.migrations import head_revision, is_known, newer
from hub.infra.outbox import OutboxEntry, OutboxState
from hub.infra.rows import policy_of
from hub.infra.seals import sealer, verifying
from hub.infra.subject_keys import check_keyring

log = logger(__name__)
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
    """The process can serve: database, its migrations, its role, the keys, and the lag of outbox and sealer."""
    checks = readiness()
    if "database" in checks:  # the cause names servers and roles: for the log and the terminal only
        log.warning("health.database", cause=checks["database"])
        checks = {"database": "The database cannot be used."}
    ready = all(check == "ok" for check in checks.values())
    return jsonify(status="ok" if ready else "not ready", checks=checks), 200 if ready else 503


def readiness() -> dict[str, str]:
    """Each check with `ok` or what is wrong, in plain words. Tables are read only when they are up to date."""
    try:
        with transaction() as session:
            behind = _migrations(session)
            if behind != "ok":
                return {"migrations": behind}
            return {
                "migrations": behind,
                "role": _role(session),
                "keys": _keys(session),
                "outbox": _outbox(session),
                "seals": _seals(session),
            }
    except (HubError, SQLAlchemyError) as error:
        return {"database": f"The database cannot be used ({_cause(error)})."}


def require_usable() -> None:
    """HubError before any work, when the database, its version, its role or the keys are not the right ones.

    Going on would write what cannot be read again. A late worker or scheduler is no reason: starting it is the remedy.
    """
    for name, found in readiness().items():
        if found != "ok" and name not in {"outbox", "seals"}:
            raise HubError(found, code=f"unusable_{name}")


def _cause(error: Exception) -> str:
    """The kind of fault, and libpq's first line, which names servers and roles but no person."""
    original = getattr(error.__cause__ or error, "orig", None)
    said = str(original).strip().splitlines() if isinstance(original, OperationalFault) else []
    return said[0] if said else type(error).__name__


def _migrations(session: Any) -> str:
    at, head = MigrationContext.configure(session.connection()).get_current_revision(), head_revision()
    if at == head:
        return "ok"
    if at is not None and not is_known(at):
        return newer(at)
    return (
        f"The database is at migration {at or 'none'}, this program needs {head}. Make a backup (`hub db backup`), "
        "then run `hub db upgrade`."
    )


def _role(session: Any) -> str:
    asked = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    owns = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
    if session.scalar(asked):
        return "The application's role in HUB_DATABASE_URL may pass row security. Give it a plain role."
    if session.scalar(owns):
        return "The role in HUB_DATABASE_URL owns the tables. Use the owner's address for HUB_DATABASE_OWNER_URL only."
    return _rows(session)


def _rows(session: Any) -> str:
    """Whether every table whose rows are not everybody's is under row security, the owner included."""
    wanted = [one.class_.__tablename__ for one in Base.registry.mappers if policy_of(one.class_) is not None]
    open_ = text(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(:wanted) "
        "AND NOT (relrowsecurity AND relforcerowsecurity)"
    )
    return (
        "Row security is missing on tables. Run `hub db upgrade`."
        if session.scalar(open_, {"wanted": wanted})
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


def _seals(session: Any) -> str:
    late = sealer.lag(session, runtime().clock)
    return (
        "ok"
        if late < MOST_LAG_SECONDS
        else f"the audit has not been sealed for {int(late)} seconds: does a scheduler lead?"
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
        Gauge("hub_audit_unsealed_seconds", "Age of the oldest entry without a seal", registry=registry).set(
            sealer.lag(session, runtime().clock)
        )
        checked = verifying.last_check(session)
        Gauge("hub_audit_fault", "1 when the last check found a change", registry=registry).set(
            bool(checked and checked.fault)
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
