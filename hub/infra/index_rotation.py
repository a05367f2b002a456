"""Rotation of the key under which people are found (blind indexes), while the hub runs.

1. `prepare` adds a new key to the key file: hashes are still made by the old one, and looked up under both.
2. `activate` has new hashes made by it; `hub keys rotate-index` then has every record hashed anew, 200 a transaction.
   Old and new are looked up meanwhile, so nobody is missed. Stopped half-way, it goes on where it was.
3. `retire` stops looking under the old key, once no record stands under it.

Telephone numbers of messages, which may be gone, are carried on: their hashes are hashed again by the new key.

The index key itself (`index` in the key file, called b1) stays in the file: seals and links depend on it, and it is
the first step of a number's hash. After its rotation nobody is found by it alone any more.
"""

import os

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import SYSTEM
from hub.infra.crypto import FIRST_INDEX, KeyRing, generation_number, load_keyring, replace_keyring
from hub.infra.db import runtime, transaction
from hub.infra.key_rotation import note
from hub.infra.subject_keys import forget_key, remember_keys


def prepare(clock: Clock) -> str:
    """Add the next key to the file, looked up from now on but not used yet; its name. Once prepared, the same."""
    ring = load_keyring(runtime().settings.keys_path)
    waiting = _newest(ring)
    if waiting != ring.searched[0]:
        return waiting
    name = f"b{generation_number(waiting) + 1}"
    ring.people_keys[name] = os.urandom(32)
    ring.searched = (*ring.searched, name)
    _replace(ring)
    with transaction(SYSTEM) as session:  # from now on a process without the new key says so and stops
        remember_keys(session, runtime().keyring)
    note("key.prepared", name, clock)
    return name


def activate(clock: Clock) -> str:
    """Have new hashes made by the prepared key, or a new one; its name. RuleBroken while the last one goes on."""
    ring = load_keyring(runtime().settings.keys_path)
    if _newest(ring) == ring.searched[0] and len(ring.searched) > 1:
        return ring.searched[0]  # half-way: it goes on
    name = prepare(clock)
    ring = load_keyring(runtime().settings.keys_path)
    ring.searched = (name, *(one for one in ring.searched if one != name))
    _replace(ring)
    note("key.rotated", name, clock)
    return name


def retire(clock: Clock, left: int) -> tuple[str, ...]:
    """Stop looking under older keys; their names. `left`: records that still stand under them. RuleBroken."""
    ring = load_keyring(runtime().settings.keys_path)
    active, *old = ring.searched
    if not old or _newest(ring) != active:
        raise RuleBroken("No rotation of the index key is under way: `hub keys rotate-index` first.")
    if left:
        raise RuleBroken(
            f"{left:,} records are still found by the old key: run `hub keys rotate-index` again."
        )
    with transaction(SYSTEM) as session:
        for name in old:
            forget_key(session, name)
    ring.searched = (active,)
    for name in old:
        ring.let_go(name)
    _replace(ring)
    for name in old:
        note("key.retired", name, clock)
    return tuple(old)


def _replace(ring: KeyRing) -> None:
    replace_keyring(ring, runtime().settings.keys_path)
    runtime().keyring.look_again()


def _newest(ring: KeyRing) -> str:
    return max((FIRST_INDEX, *ring.people_keys), key=generation_number)
