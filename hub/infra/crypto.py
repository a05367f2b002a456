"""Sealing with AES-256-GCM, and the key ring: keys that wrap data keys, and keys of blind indexes.

What is sealed with them stands in `places` (bound to a row) and `vault` (the data keys of a unit of work).
"""

import base64
import hmac
import json
import os
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = 1
_NONCE = 12
_KEY_BYTES = 32
_INDEX_BYTES = 16
FIRST_INDEX = "b1"


class KeyProblem(RuntimeError):
    """The keys are missing, unreadable or not those of this database. The message says what to do."""


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
    number_keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    """By retired index key: what carries hashes of numbers on to it, since a number itself may be gone."""
    _subkeys: dict[str, bytes] = field(default_factory=dict, repr=False)
    _indexers: dict[tuple[str, str], hmac.HMAC] = field(default_factory=dict, repr=False)
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
            self.number_keys.update(fresh.number_keys)
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
        return self._index(kind, text, generation)

    def blind_index(self, kind: str, text: str) -> bytes:
        """16 bytes of HMAC-SHA256 of `text` under the sub-key of `kind`: finds equals, tells nothing else."""
        return self._index(kind, text, FIRST_INDEX)

    def _index(self, kind: str, text: str, generation: str) -> bytes:
        begun = self._indexers.get((kind, generation))
        if begun is None:
            key = self.subkey(f"blind-index/{kind}", generation)
            begun = self._indexers[kind, generation] = hmac.new(key, digestmod="sha256")
        made = begun.copy()  # a copy costs a third of a new one
        made.update(text.encode())
        return made.digest()[:_INDEX_BYTES]

    def number_index(self, text: str, generation: str) -> bytes:
        """A blind index of a telephone number under the keys up to this one."""
        return self.number_on(self.blind_index("message_number", text), generation)

    def number_on(self, index: bytes, generation: str) -> bytes:
        """A number's stored index, carried on to a later key: hashed again, key after key, without the number.

        One of the first key has 16 bytes; a later one has the key's number before them.
        """
        stands, bare = (index[0], index[1:]) if len(index) > _INDEX_BYTES else (1, index)
        wanted = max(stands, generation_number(generation))
        for number in range(stands + 1, wanted + 1):
            bare = hmac.digest(self._number_key(f"b{number}"), bare, "sha256")[:_INDEX_BYTES]
        return bare if wanted == 1 else bytes([wanted]) + bare

    def _number_key(self, generation: str) -> bytes:
        if generation in self.number_keys:
            return self.number_keys[generation]
        if generation not in self.people_keys:
            raise KeyProblem(lacks(generation))
        return self.subkey("number-chain", generation)

    def let_go(self, generation: str) -> None:
        """Look for nobody under this key any more; numbers still pass through it on their way to the newest."""
        if generation in self.people_keys:
            self.number_keys[generation] = self._number_key(generation)
            del self.people_keys[generation]

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


def generation_number(name: str) -> int:
    """The place of an index key in the row of them: b1, b2, ..."""
    return int(name.removeprefix("b"))


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
    numbers = {name: _encode(key) for name, key in ring.number_keys.items()}
    return {"people": {"search": list(ring.searched), "keys": keys, "numbers": numbers}}


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
            number_keys={str(name): _decode(key) for name, key in people.get("numbers", {}).items()},
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


def join(*parts: bytes) -> bytes:
    """Length-prefixed, so that no two lists of parts give the same bytes."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def seal(cipher: AESGCM, plain: bytes, context: bytes, version: int = 1) -> bytes:
    """format(1) | key version(2) | nonce(12) | ciphertext and tag."""
    head = bytes([FORMAT]) + version.to_bytes(2, "big")
    nonce = os.urandom(_NONCE)
    return head + nonce + cipher.encrypt(nonce, plain, head + context)


def open_sealed(cipher: AESGCM, sealed: bytes, context: bytes) -> bytes:
    """What was sealed; InvalidTag when it was altered, moved, or sealed under another key."""
    head, nonce, body = sealed[:3], sealed[3 : 3 + _NONCE], sealed[3 + _NONCE :]
    if head[:1] != bytes([FORMAT]):
        raise InvalidTag
    return cipher.decrypt(nonce, body, head + context)


def _wrap_context(subject_id: UUID, kek_id: str) -> bytes:
    return b"".join((_WRAP_HEAD, subject_id.bytes, _wrap_tail(kek_id)))


_WRAP_HEAD = join(b"subject_key") + (16).to_bytes(2, "big")  # and the length of an id


@lru_cache(maxsize=64)
def _wrap_tail(kek_id: str) -> bytes:
    return join(kek_id.encode())
