"""Rotation of the key that wraps the data keys, while the hub runs.

1. `prepare` adds a new key to the key file, not in use yet: the file is copied to every machine.
2. `rotate` makes it active and wraps every data key anew, in batches that each commit. Sealed records are not touched.
   Processes look at the file again, so all read old and new meanwhile. Stopped half-way, it goes on where it was.
3. `retire` takes the old key out of the file, once nothing needs it and the backups that do are gone (30 days).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import SYSTEM
from hub.infra import audit
from hub.infra.crypto import KeyRing, load_keyring, replace_keyring
from hub.infra.db import runtime, transaction
from hub.infra.subject_keys import counts_by_key, forget_key, remember_keys, rewrap, wrapped_otherwise

BATCH = 1_000
_FIRST = UUID(int=0)
_KEY_FILE = UUID(int=0)
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """How it ended: the active key, how many data keys were wrapped anew, how many could not be opened."""

    active: str
    done: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One wrapping key: whether new data keys get it, whether the file has it, how many data keys it wraps."""

    name: str
    is_active: bool
    in_file: bool
    data_keys: int


def held_keys() -> list[HeldKey]:
    """Every wrapping key that the file holds or the database needs."""
    ring = _ring()
    with transaction(SYSTEM) as session:
        counts = counts_by_key(session)
    names = sorted({*ring.keys, *counts}, key=_number)
    return [HeldKey(name, name == ring.active, name in ring.keys, counts.get(name, 0)) for name in names]


def prepare(clock: Clock) -> str:
    """Add a new key to the file, unless one is prepared already; its name."""
    ring = _ring()
    waiting = _prepared(ring)
    if waiting is not None:
        return waiting
    name = f"k{max(map(_number, ring.keys), default=0) + 1}"
    ring.keys[name] = os.urandom(32)
    replace_keyring(ring, _path())
    runtime().keyring.look_again()
    note("key.prepared", name, clock)
    return name


def rotate(clock: Clock, progress: Progress = lambda done: None) -> Rotated:
    """Activate the prepared key, or a new one where none is half-way, and wrap every data key by it."""
    ring = _ring()
    if _prepared(ring) is not None or not _is_half_way(ring):
        name = prepare(clock)
        with transaction(SYSTEM) as session:  # from now on a process without the new key says so and stops
            remember_keys(session, runtime().keyring)
        ring = _ring()
        ring.active = name
        replace_keyring(ring, _path())
        runtime().keyring.look_again()
    done, unreadable = _rewrap_all(ring.active, progress)
    note("key.rotated", ring.active, clock, f"{ring.active}: {done} data keys, {unreadable} unreadable")
    return Rotated(ring.active, done, unreadable)


def _is_half_way(ring: KeyRing) -> bool:
    """Whether an earlier rotation to the active key was stopped before its end."""
    with transaction(SYSTEM) as session:
        counts = counts_by_key(session)
    return len(ring.keys) > 1 and any(number for name, number in counts.items() if name != ring.active)


def _prepared(ring: KeyRing) -> str | None:
    """The key that stands in the file for the next rotation."""
    newer = [name for name in ring.keys if _number(name) > _number(ring.active)]
    return max(newer, key=_number, default=None)


def _rewrap_all(active: str, progress: Progress) -> tuple[int, int]:
    """Passes until one finds nothing: what another transaction held locked is met by the next."""
    done, unreadable = 0, set[UUID]()
    while True:
        before, after = done, _FIRST
        while True:
            ids, failed, last = _rewrap_batch(active, after)
            unreadable |= failed
            done += ids
            if last is None:
                break
            after = last
            progress(done)
        if done == before:
            return done, len(unreadable)


def _rewrap_batch(active: str, after: UUID) -> tuple[int, set[UUID], UUID | None]:
    """(how many wrapped anew, those that could not be opened, the last subject looked at)."""
    ring, made, failed = runtime().keyring, list[tuple[UUID, bytes]](), set[UUID]()
    with transaction(SYSTEM) as session:
        rows = wrapped_otherwise(session, active, after, BATCH)
        for subject_id, name, wrapped in rows:
            try:
                made.append((subject_id, ring.wrap(subject_id, ring.unwrap(subject_id, name, wrapped))[1]))
            except InvalidTag:
                failed.add(subject_id)
        if made:
            rewrap(session, active, made)
    return len(made), failed, rows[-1][0] if rows else None


def retire(name: str, clock: Clock) -> None:
    """Take a key out of the file for ever. RuleBroken while it is active or a data key needs it."""
    ring = _ring()
    with transaction(SYSTEM) as session:
        needed = counts_by_key(session).get(name, 0)
        if name not in ring.keys:
            raise RuleBroken(f"The key file holds no key {name!r}. `hub keys list` shows them.")
        if name == ring.active:
            raise RuleBroken(f"{name} is the active key: `hub keys rotate` first.")
        if needed:
            raise RuleBroken(f"{needed:,} data keys are still wrapped by {name}: `hub keys rotate` first.")
        forget_key(session, name)
    del ring.keys[name]
    replace_keyring(ring, _path())
    runtime().keyring.keys.pop(name, None)
    runtime().keyring.look_again()
    note("key.retired", name, clock)


def note(action: str, name: str, clock: Clock, reason: str | None = None) -> None:
    """Write into the audit what was done with a key."""
    with transaction(SYSTEM) as session:
        audit.record(session, SYSTEM, action, "key", _KEY_FILE, clock=clock, reason=reason or name)


def _ring() -> KeyRing:
    """The ring as the file has it now."""
    return load_keyring(_path())


def _path() -> Path:
    return runtime().settings.keys_path


def _number(name: str) -> int:
    digits = name.lstrip("k")
    return int(digits) if digits.isdecimal() else 0
