"""Migrations of the database, run with the owner's role through Alembic."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import UUID

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, insert, text

from hub.core.acts import act_of
from hub.core.clock import SystemClock
from hub.core.errors import HubError
from hub.core.ids import new_id
from hub.core.permissions import Role
from hub.infra.audit import AuditEntry
from hub.infra.db import Base
from hub.infra.rows import policy_of

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def config(owner_url: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["url"] = owner_url
    return made


@cache
def head_revision() -> str | None:
    """The newest migration that this program knows."""
    return ScriptDirectory.from_config(config("")).get_current_head()


def is_known(revision: str) -> bool:
    """Whether this program has that migration; a newer version made one that it has not."""
    return any(
        script.revision == revision for script in ScriptDirectory.from_config(config("")).walk_revisions()
    )


def is_current(owner_url: str) -> bool:
    """Whether the database is at this program's version."""
    return revision_of(owner_url) == head_revision()


def revision_of(owner_url: str) -> str | None:
    """The migration that the database is at; None for an empty one."""
    engine = create_engine(owner_url, hide_parameters=True)
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return at


def upgrade(owner_url: str, key_file: Path | None = None) -> None:
    """Bring the database to this program's version. HubError when a newer version has already changed it.

    `key_file` for a migration that seals what stands in clear; without it, the one of the settings.
    """
    at = revision_of(owner_url)
    if at is not None and not is_known(at):
        raise HubError(newer(at))
    made = config(owner_url)
    made.attributes["key_file"] = key_file
    command.upgrade(made, "head")
    secure(owner_url)


def secure(owner_url: str) -> None:
    """Put each table under the row security that its model declares; what stands already is left alone.

    Alembic has loaded the models. A policy keeps its own words as a comment, since PostgreSQL rewrites them.
    """
    engine = create_engine(owner_url, hide_parameters=True)
    quote = engine.dialect.identifier_preparer.quote
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        standing = {row.table: row for row in connection.execute(text(_POLICIES))}
        for mapper in Base.registry.mappers:
            name, wanted = mapper.local_table.name, policy_of(mapper.class_)  # type: ignore[attr-defined]
            known = standing.get(name)
            if known is not None and (known.said, known.forced) != (wanted, wanted is not None):
                for statement in _policy(quote(name), wanted):
                    connection.execute(text(statement))
    engine.dispose()


_POLICIES = """
SELECT class.relname AS table, class.relrowsecurity AND class.relforcerowsecurity AS forced,
       obj_description(policy.oid, 'pg_policy') AS said
FROM pg_class AS class LEFT JOIN pg_policy AS policy ON policy.polrelid = class.oid AND policy.polname = 'rows'
WHERE class.relnamespace = 'public'::regnamespace AND class.relkind = 'r'
"""


def _policy(table: str, wanted: str | None) -> Iterator[str]:
    yield f"DROP POLICY IF EXISTS rows ON {table}"
    if wanted is None:
        yield f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY"
        return
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    words = wanted.replace(":", "\\:")  # SQLAlchemy reads :name as a parameter
    yield f"CREATE POLICY rows ON {table} USING ({words})"
    quoted = words.replace("'", "''")
    yield f"COMMENT ON POLICY rows ON {table} IS '{quoted}'"


def note(owner_url: str, before: str | None) -> None:
    """Write into the audit that the database was changed to another version; nothing where it was not."""
    after = head_revision()
    if before == after:
        return
    engine = create_engine(owner_url, hide_parameters=True)
    entry = {
        "id": new_id(), "at": SystemClock().now(), "actor_kind": "system", "role": Role.WORKER.value,
        "action": "database.migrated", "subject_type": "database", "subject_id": UUID(int=0), "fields": [],
        "purpose": act_of("database.migrated").purpose, "outcome": "done", "reason": f"{before} to {after}",
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(AuditEntry), entry)
    engine.dispose()


def newer(at: str) -> str:
    """What to tell a person whose database is ahead of the program."""
    return (
        f"The database (at {at}) was changed by a newer version of this program, which knows up to "
        f"{head_revision()}. Install that version, or restore a backup of this one."
    )


def check(owner_url: str) -> str | None:
    """None when tables and models agree, else what differs."""
    try:
        command.check(config(owner_url))
    except CommandError as error:
        return str(error)
    return None


def grant(owner_url: str, app_role: str) -> None:
    """Let the application's role read and write every table, except to change the audit."""
    engine = create_engine(owner_url, hide_parameters=True)
    quote = engine.dialect.identifier_preparer.quote
    quoted = quote(app_role)
    with engine.begin() as connection:
        for statement in (
            f"GRANT USAGE ON SCHEMA public TO {quoted}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
            f"REVOKE UPDATE, DELETE ON audit_entry, audit_seal, audit_check FROM {quoted}",
            f"REVOKE INSERT, UPDATE, DELETE ON audit_removal FROM {quoted}",
            f"GRANT EXECUTE ON FUNCTION remove_audit(jsonb), audit_floor(boolean) TO {quoted}",
            f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}",
            f"GRANT TEMPORARY ON DATABASE {quote(engine.url.database or '')} TO {quoted}",
        ):
            connection.execute(text(statement))
    engine.dispose()
