"""Archives of what was removed from the audit: one sealed file for each removal, kept for as long as the hub says.

A file is an export (`exporting`), compressed, and sealed with AES-256-GCM under a key derived from the key file. It is
written whole before the removal is committed; one that a crash left without its removal is written anew.
"""

import os
import zlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.infra.crypto import open_sealed, seal
from hub.infra.db import runtime
from hub.infra.seals import exporting
from hub.infra.seals.models import AuditRemoval
from hub.infra.seals.removal import Removal

SUFFIX = ".jsonl.sealed"


def write(session: Session, made: Removal, seqs: Collection[int], clock: Clock) -> Path:
    """Write what is to go into a sealed file of its own, whole and on the disk."""
    lines = (
        exporting.export_all(session, clock, made.last_seal)
        if made.whole
        else exporting.export_chosen(session, seqs, clock)
    )
    folder = runtime().settings.archive_path
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"audit-removal-{made.number:05d}{SUFFIX}"
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(seal(_cipher(), b"".join(_packed(lines)), path.name.encode()))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


def _packed(lines: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj()
    for line in lines:
        yield packer.compress(line)
    yield packer.flush()


def named(made: Removal, path: Path) -> Removal:
    """The removal with its archive's name and hash, which come under its signature."""
    return replace(made, archive=path.name, archive_hash=sha256(path.read_bytes()).digest())


def opened(path: Path) -> bytes:
    """The export in an archive, which `hub audit verify --file` checks. RuleBroken when it cannot be opened."""
    try:
        return zlib.decompress(open_sealed(_cipher(), path.read_bytes(), path.name.encode()))
    except (InvalidTag, zlib.error):
        raise RuleBroken(f"{path} was altered, renamed, or sealed by another key file than ours.") from None


def over(session: Session, before: datetime) -> list[Path]:
    """The archives of removals before this moment that are still there. Without any file it asks nothing."""
    if not any(runtime().settings.archive_path.glob(f"*{SUFFIX}")):
        return []
    names = session.scalars(
        select(AuditRemoval.archive).where(AuditRemoval.archive.is_not(None), AuditRemoval.made_at < before)
    )
    paths = [runtime().settings.archive_path / name for name in names if name]
    return [path for path in paths if path.exists()]


def _cipher() -> AESGCM:
    return AESGCM(runtime().keyring.subkey("audit-archive"))
