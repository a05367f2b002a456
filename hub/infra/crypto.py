"""Sealing with AES-256-GCM: a data key per subject, wrapped by a versioned key; blind indexes.

A ciphertext is bound to its table, column, row and subject, so that moving it elsewhere makes it unreadable.
Destroying a subject's data key makes all that was sealed for the subject unreadable for ever.
"""

import base64
import hmac
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_FORMAT = 1
_NONCE = 12
_KEY_BYTES = 32
_INDEX_BYTES = 16
FIRST_INDEX = "b1"


class KeyProblem(RuntimeError):
    """The keys are missing, unreadable or not those of this database. The message says what to do."""


class Destroyed(RuntimeError):
    """The subject's key was destroyed: what was sealed is gone for ever."""


@dataclass(slots=True)
class KeyRing:
    """The secrets of one deployment: kept in a file or a vault outside the database.

    `keys` wrap the data keys; `active` is the one that new ones are wrapped by. People are found by hashes under the
    keys of `searched`: the first makes new hashes, the others are looked up besides while a rotation goes on; `b1` is
    the index key itself. A ring that was read from a file looks again when the file has changed, so that keys are
    rotated while the hub runs.
    """

    active: str
    keys: dict[str, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    web_secret: bytes = field(repr=False)
    source: Path | None = None
    people_keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    searched: tuple[str, ...] = (FIRST_INDEX,)
    _subkeys: dict[str, bytes] = field(default_factory=dict, repr=False)
    _indexers: dict[str, hmac.HMAC] = field(default_factory=dict, repr=False)
    _stamp: tuple[int, int] = (0, 0)

    def look_again(self) -> None:
        """Take over the wrapping keys of a file that changed since. A file that cannot be read changes nothing."""
        if self.source is None:
            return
        try:
            stamp = _stamp_of(self.source)
            if stamp == self._stamp:
                return
            fresh = load_keyring(self.source)
        except (OSError, KeyProblem):
            return
        if fresh.index_key == self.index_key:
            self.keys.update(fresh.keys)
            self.people_keys.update(fresh.people_keys)
            self.active, self.searched, self._stamp = fresh.active, fresh.searched, stamp

    def subkey(self, kind: str, generation: str = FIRST_INDEX) -> bytes:
        """A key of its own for each kind of blind index or transient sealing (HKDF-SHA256)."""
        name = kind if generation == FIRST_INDEX else f"{generation}/{kind}"
        if name not in self._subkeys:
            hkdf = HKDF(SHA256(), _KEY_BYTES, salt=None, info=kind.encode())
            root = self.index_key if generation == FIRST_INDEX else self.people_keys[generation]
            self._subkeys[name] = hkdf.derive(root)
        return self._subkeys[name]

    def people_index(self, kind: str, text: str, generation: str) -> bytes:
        """A blind index by which people are found, under a key that can be rotated."""
        return hmac.digest(self.subkey(f"blind-index/{kind}", generation), text.encode(), "sha256")[
            :_INDEX_BYTES
        ]

    def blind_index(self, kind: str, text: str) -> bytes:
        """16 bytes of HMAC-SHA256 of `text` under the sub-key of `kind`: finds equals, tells nothing else."""
        begun = self._indexers.get(kind)
        if begun is None:
            begun = self._indexers[kind] = hmac.new(self.subkey(f"blind-index/{kind}"), digestmod="sha256")
        made = begun.copy()  # a copy costs a third of a new one
        made.update(text.encode())
        return made.digest()[:_INDEX_BYTES]

    def fingerprints(self) -> dict[str, bytes]:
        """Tell whether each key belongs to a database, without revealing it: `index`, and `key NAME` for each."""
        made = {f"key {name}": sha256(key).digest() for name, key in self.keys.items()}
        made |= {f"key {name}": sha256(key).digest() for name, key in self.people_keys.items()}
        return {
            name: hmac.digest(self.subkey("fingerprint"), material, "sha256")
            for name, material in {"index": b"index", **made}.items()
        }

    def cipher(self, name: str) -> AESGCM:
        """What wraps with the key of this name; KeyProblem when neither ring nor file holds it."""
        if name not in self.keys:
            self.look_again()
        if name not in self.keys:
            raise KeyProblem(lacks(name))
        return _wrapping(self.keys[name])

    def wrap(self, subject_id: UUID, key: bytes) -> tuple[str, bytes]:
        """(name of the active key, the data key wrapped by it)."""
        self.look_again()
        return self.active, seal(self.cipher(self.active), key, _wrap_context(subject_id, self.active))

    def unwrap(self, subject_id: UUID, name: str, wrapped: bytes) -> bytes:
        """The data key; InvalidTag when it was altered or belongs to another subject."""
        return open_sealed(self.cipher(name), wrapped, _wrap_context(subject_id, name))


@lru_cache(maxsize=16)
def _wrapping(key: bytes) -> AESGCM:
    return AESGCM(key)


def lacks(name: str) -> str:
    """What to tell a person whose key file is too old."""
    return (
        f"The key file does not hold the key {name!r}, with which records of this database are sealed. Put back the "
        "newest copy of the key file (HUB_KEY_FILE): `hub keys rotate` adds keys to it, and every machine needs it."
    )


def make_keyring() -> KeyRing:
    return KeyRing("k1", {"k1": os.urandom(_KEY_BYTES)}, os.urandom(_KEY_BYTES), os.urandom(_KEY_BYTES))


def save_keyring(ring: KeyRing, path: Path) -> None:
    """Write the ring to a file that only its owner can read; refuses to overwrite one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(_as_text(ring))


def replace_keyring(ring: KeyRing, path: Path) -> None:
    """Put a changed ring in the place of the file: whole or not at all, with the same owner."""
    was = path.stat()
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(_as_text(ring))
        file.flush()
        os.fsync(file.fileno())
    if os.geteuid() == 0:
        os.chown(part, was.st_uid, was.st_gid)
    part.replace(path)


def _as_text(ring: KeyRing) -> str:
    return json.dumps(
        {
            "active": ring.active,
            "keys": {name: _encode(key) for name, key in ring.keys.items()},
            "index": _encode(ring.index_key),
            "web": _encode(ring.web_secret),
        }
        | _people_text(ring),
        indent=2,
    )


def _people_text(ring: KeyRing) -> dict[str, Any]:
    """Nothing before the first rotation: a file as it always was."""
    if ring.searched == (FIRST_INDEX,) and not ring.people_keys:
        return {}
    keys = {name: _encode(key) for name, key in ring.people_keys.items()}
    return {"people": {"search": list(ring.searched), "keys": keys}}


def _stamp_of(path: Path) -> tuple[int, int]:
    """Changes whenever the file is replaced."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ino


def load_keyring(path: Path) -> KeyRing:
    """The ring in `path`; KeyProblem with what to do when it is missing or damaged."""
    try:
        stamp = _stamp_of(path)
        found = json.loads(path.read_text())
        keys = {str(name): _decode(key) for name, key in found["keys"].items()}
        people = found.get("people", {"search": [FIRST_INDEX], "keys": {}})
        ring = KeyRing(
            found["active"], keys, _decode(found["index"]), _decode(found["web"]), source=path, _stamp=stamp,
            people_keys={str(name): _decode(key) for name, key in people["keys"].items()},
            searched=tuple(map(str, people["search"])),
        )  # fmt: skip
    except FileNotFoundError:
        raise KeyProblem(
            f"There is no key file at {path}. Restore it from your key backup: without it, nothing sealed in "
            "this database can be read. For a new, empty hub run `hub keys new`."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise KeyProblem(
            f"The key file {path} cannot be read ({type(error).__name__}). Restore it."
        ) from None
    if ring.active not in ring.keys:
        raise KeyProblem(f"The key file {path} names {ring.active!r} as active but does not hold it.")
    if not ring.searched or set(ring.searched) - {FIRST_INDEX, *ring.people_keys}:
        raise KeyProblem(f"The key file {path} names keys to find people by that it does not hold.")
    return ring


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _decode(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != _KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return key


def _join(*parts: bytes) -> bytes:
    """Length-prefixed, so that no two lists of parts give the same bytes."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def seal(cipher: AESGCM, plain: bytes, context: bytes, version: int = 1) -> bytes:
    """format(1) | key version(2) | nonce(12) | ciphertext and tag."""
    head = bytes([_FORMAT]) + version.to_bytes(2, "big")
    nonce = os.urandom(_NONCE)
    return head + nonce + cipher.encrypt(nonce, plain, head + context)


def open_sealed(cipher: AESGCM, sealed: bytes, context: bytes) -> bytes:
    """What was sealed; InvalidTag when it was altered, moved, or sealed under another key."""
    head, nonce, body = sealed[:3], sealed[3 : 3 + _NONCE], sealed[3 + _NONCE :]
    if head[:1] != bytes([_FORMAT]):
        raise InvalidTag
    return cipher.decrypt(nonce, body, head + context)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value belongs."""

    table: str
    column: str
    row_id: UUID
    subject_id: UUID

    def context(self) -> bytes:
        return _column_head(self.table, self.column) + _row_tail(self.row_id, self.subject_id)


_UUID_LENGTH = (16).to_bytes(2, "big")


def _row_tail(row_id: UUID, subject_id: UUID) -> bytes:
    return b"".join((_UUID_LENGTH, row_id.bytes, _UUID_LENGTH, subject_id.bytes))


@lru_cache(maxsize=1024)
def _column_head(table: str, column: str) -> bytes:
    return _join(table.encode(), column.encode())


class Vault:
    """The data keys that one unit of work has opened. Keys of many subjects are fetched in one query."""

    def __init__(self, session: "Session", ring: KeyRing) -> None:
        self.session, self.ring = session, ring
        self._ciphers: dict[UUID, AESGCM | None] = {}
        self._generations: tuple[str, ...] = ()

    @property
    def generations(self) -> tuple[str, ...]:
        """The keys under which people are looked for, the one of new hashes first: the same for all of this work."""
        if not self._generations:
            self.ring.look_again()
            self._generations = self.ring.searched
        return self._generations

    def new_subject(self, subject_id: UUID) -> UUID:
        """Make the data key of a new subject."""
        from hub.infra.subject_keys import keep_key  # noqa: PLC0415 - the row needs Base, which needs sealing

        key = AESGCM.generate_key(256)
        keep_key(self.session, subject_id, *self.ring.wrap(subject_id, key))
        self._ciphers[subject_id] = AESGCM(key)
        return subject_id

    def seal(self, place: Place, plain: bytes) -> bytes:
        return seal(self._cipher(place.subject_id), plain, place.context())

    def open(self, place: Place, sealed: bytes) -> bytes:
        """Raises Destroyed after erasure and InvalidTag for a value that was altered or moved."""
        return open_sealed(self._cipher(place.subject_id), sealed, place.context())

    def take(self, subject_id: UUID, name: str, wrapped: bytes) -> None:
        """A subject's key that came along with a row of theirs, wrapped by the key `name`."""
        if subject_id not in self._ciphers:
            self._ciphers[subject_id] = AESGCM(self.ring.unwrap(subject_id, name, wrapped))

    def row(self, table: str, row_id: UUID, subject_id: UUID) -> "RowSeals":
        """What opens the sealed columns of one row; raises Destroyed after erasure."""
        return RowSeals(self._cipher(subject_id), table, row_id, subject_id)

    def preload(self, subject_ids: Iterable[UUID]) -> None:
        """Fetch the keys of many subjects at once."""
        from hub.infra.subject_keys import wrapped_keys  # noqa: PLC0415 - as above

        missing = {subject_id for subject_id in subject_ids if subject_id not in self._ciphers}
        if not missing:
            return
        for subject_id in missing:
            self._ciphers[subject_id] = None
        for subject_id, kek_id, wrapped in wrapped_keys(self.session, missing):
            self._ciphers[subject_id] = AESGCM(self.ring.unwrap(subject_id, kek_id, wrapped))

    def forget(self, subject_ids: Iterable[UUID]) -> None:
        """Drop keys that were destroyed in this unit of work: it cannot open anything with them either."""
        self._ciphers.update(dict.fromkeys(subject_ids))

    def was_destroyed(self, subject_id: UUID) -> bool:
        """Whether the subject's key was destroyed, and is not merely missing."""
        from hub.infra.subject_keys import was_destroyed  # noqa: PLC0415 - as above

        return was_destroyed(self.session, subject_id)

    def _cipher(self, subject_id: UUID) -> AESGCM:
        if subject_id not in self._ciphers:
            self.preload({subject_id, *self._subjects_in_session()})
        cipher = self._ciphers[subject_id]
        if cipher is None:
            raise Destroyed("This person's record was erased")
        return cipher

    def _subjects_in_session(self) -> set[UUID]:
        rows = self.session.identity_map.values()
        return {row.__dict__["subject_id"] for row in rows if row.__dict__.get("subject_id") is not None}


class RowSeals:
    """Opens the sealed columns of one row that was selected column by column."""

    __slots__ = ("_cipher", "_table", "_tail")

    def __init__(self, cipher: AESGCM, table: str, row_id: UUID, subject_id: UUID) -> None:
        self._cipher, self._table, self._tail = cipher, table, _row_tail(row_id, subject_id)

    def open(self, column: str, sealed: bytes) -> bytes:
        if sealed[0] != _FORMAT:
            raise InvalidTag
        context = sealed[:3] + _column_head(self._table, column) + self._tail
        return self._cipher.decrypt(sealed[3:15], sealed[15:], context)


def _wrap_context(subject_id: UUID, kek_id: str) -> bytes:
    return _join(b"subject_key", subject_id.bytes, kek_id.encode())


_vault: ContextVar[Vault | None] = ContextVar("vault", default=None)


@contextmanager
def using_vault(vault: Vault) -> Iterator[Vault]:
    token = _vault.set(vault)
    try:
        yield vault
    finally:
        _vault.reset(token)


def current_vault() -> Vault:
    """The vault of the open unit of work."""
    vault = _vault.get()
    if vault is None:
        raise RuntimeError("Sealed values can be read and written only inside a transaction()")
    return vault


def blind_index(kind: str, text: str) -> bytes:
    """16 bytes that find equals of `text` among values of `kind`; see KeyRing.blind_index."""
    return current_vault().ring.blind_index(kind, text)


def people_indexes(kind: str, text: str) -> list[bytes]:
    """The hashes under which somebody may stand: the first is how they are stored now."""
    vault = current_vault()
    return [vault.ring.people_index(kind, text, one) for one in vault.generations]


def new_subject(subject_id: UUID) -> UUID:
    """Make a data key for a new subject in the open unit of work."""
    return current_vault().new_subject(subject_id)


def seal_transient(plain: bytes, context: str) -> bytes:
    """Seal something short-lived that belongs to no subject (a stored answer), bound to `context`."""
    cipher = AESGCM(current_vault().ring.subkey("transient"))
    return seal(cipher, plain, context.encode())


def open_transient(sealed: bytes, context: str) -> bytes:
    cipher = AESGCM(current_vault().ring.subkey("transient"))
    return open_sealed(cipher, sealed, context.encode())
