"""Alembic's environment: the owner's address comes from `hub.infra.migrations.config`."""

from alembic import context
from sqlalchemy import create_engine, pool

import hub.wiring  # noqa: F401 - importing the slices gives Base all tables
from hub.infra.columns import SealedBytes
from hub.infra.db import Base
from hub.infra.rows import OWNER_OPTIONS

config = context.config


def plain_types(kind: str, thing: object, _: object) -> str | bool:
    """Write sealed columns as the plain type they are stored in: a migration must not lean on our code."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(thing, SealedBytes) else False


def run() -> None:
    """Run with short lock waits, so that a migration never holds up the service: it fails and is run again."""
    engine = create_engine(
        config.attributes["url"],
        poolclass=pool.NullPool,
        hide_parameters=True,
        connect_args={"options": OWNER_OPTIONS},
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '2s'")
        connection.commit()
        context.configure(
            connection=connection, target_metadata=Base.metadata, transaction_per_migration=True,
            compare_server_default=True, render_item=plain_types,
        )  # fmt: skip
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
