"""Addresses of static files that change when the file does, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import url_for

STATIC = Path(__file__).parent / "static"


def asset_url(name: str) -> str:
    """The address of `static/<name>` with the first eight digits of its content's hash."""
    return url_for("ui.static", filename=name, v=_digest(name))


@lru_cache(maxsize=64)
def _digest(name: str) -> str:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else "0"
