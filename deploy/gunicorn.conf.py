"""gunicorn's settings for production: those of `hub serve`, and what the machine decides.

gunicorn --config deploy/gunicorn.conf.py 'hub.wsgi:make()'
"""

import os
import sys
from typing import Any

from hub import cli
from hub.infra.db import runtime
from hub.serving import OPTIONS

globals().update(OPTIONS)

bind = os.environ.get("BIND", "0.0.0.0:8000")
# One process more than cores: while one waits for its commit to reach the disk, another computes.
workers = int(os.environ.get("WEB_PROCESSES", str((os.cpu_count() or 1) + 1)))
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")


def on_starting(_server: Any) -> None:
    """Refuse in one line, before any process is made, what each of them would refuse with a traceback."""
    try:
        cli.begin()
    except cli.PLAIN_FAULTS as error:
        sys.stderr.write(f"hub: {getattr(error, 'detail', error)}\n")
        sys.exit(2)
    runtime().engine.dispose()
