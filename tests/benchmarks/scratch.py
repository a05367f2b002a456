"""A hub of its own in this process, on a new durable PostgreSQL, for benchmarks that need no web server."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.core.clock import SystemClock
from hub.infra import db, embedded_postgres, logs, migrations
from hub.infra.config import Environment, Settings
from hub.infra.crypto import load_keyring, make_keyring, save_keyring


@contextmanager
def scratch_hub() -> Iterator[db.Runtime]:
    """The configured runtime, with a key file of its own; database and folder are gone afterwards."""
    from hub.wiring import DELIVERIES, REACTIONS

    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    folder.chmod(0o755)
    logs.set_up("WARNING")
    try:
        server = embedded_postgres.ensure_running(folder)
        migrations.upgrade(server.owner_url)
        migrations.grant(server.owner_url, "hub_app")
        save_keyring(make_keyring(), folder / "keys.json")
        settings = Settings(environment=Environment.TEST, data_dir=folder, log_level="WARNING")
        engine = db.make_engine(server.app_url, 4)
        made = db.Runtime(
            settings, engine, load_keyring(folder / "keys.json"), SystemClock(), REACTIONS, DELIVERIES
        )
        db.configure(made)
        yield made
        engine.dispose()
    finally:
        embedded_postgres.destroy(folder)
        shutil.rmtree(folder, ignore_errors=True)
