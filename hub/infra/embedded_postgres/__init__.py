"""The hub's own PostgreSQL, for when no HUB_DATABASE_URL is set.

One supervisor starts and stops it; every other process adopts it:

    with running(settings.data_dir) as server:
        engine = create_engine(server.app_url)
"""

from hub.infra.embedded_postgres.binaries import MAJOR, binary, find_binaries
from hub.infra.embedded_postgres.errors import EmbeddedPostgresError
from hub.infra.embedded_postgres.server import (
    EmbeddedServer,
    ServerStatus,
    create_database,
    destroy,
    drop_database,
    ensure_running,
    for_database,
    running,
    status,
    stop,
)

__all__ = [
    "MAJOR",
    "EmbeddedPostgresError",
    "EmbeddedServer",
    "ServerStatus",
    "binary",
    "create_database",
    "destroy",
    "drop_database",
    "ensure_running",
    "find_binaries",
    "for_database",
    "running",
    "status",
    "stop",
]
