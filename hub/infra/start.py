"""Bringing a process up: settings, keys, database, and clear words when one of them is wrong."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from hub.core.clock import Clock, SystemClock
from hub.core.events import Event
from hub.infra import logs
from hub.infra.config import Settings, load_settings
from hub.infra.crypto import KeyProblem, KeyRing, load_keyring, make_keyring, save_keyring
from hub.infra.db import Handler, Runtime, configure, make_engine
from hub.infra.embedded_postgres import ensure_running
from hub.infra.embedded_postgres.errors import plain_errors


def database_urls(settings: Settings) -> tuple[str, str]:
    """(application's, owner's address): those of the settings, or of the embedded server, now running."""
    if settings.database_url and settings.database_owner_url:
        return settings.database_url, settings.database_owner_url
    server = ensure_running(settings.data_dir)
    return server.app_url, server.owner_url


def keyring_for(settings: Settings) -> KeyRing:
    """The key file's ring. Outside production a new data folder gets new keys by itself."""
    path = settings.keys_path
    if not path.exists() and not settings.is_production:
        with plain_errors(path.parent):
            save_keyring(make_keyring(), path)
    return load_keyring(path)


def start(
    reactions: Mapping[type[Event], Sequence[Handler]],
    deliveries: Mapping[str, Any],
    settings: Settings | None = None,
    clock: Clock | None = None,
) -> Runtime:
    """Configure this process. Raises SettingsFaulty, KeyProblem or EmbeddedPostgresError in plain words."""
    settings = settings or load_settings(os.environ)
    logs.set_up(settings.log_level)
    keyring = keyring_for(settings)
    app_url, _ = database_urls(settings)
    made = Runtime(
        settings=settings,
        engine=make_engine(app_url, settings.pool_size, fast_commits=settings.fast_commits),
        keyring=keyring,
        clock=clock or SystemClock(),
        reactions=reactions,
        deliveries=deliveries,
    )
    configure(made)
    return made


__all__ = ["KeyProblem", "database_urls", "keyring_for", "start"]
