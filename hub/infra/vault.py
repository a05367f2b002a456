"""The data keys of one unit of work: a key for each subject, wrapped by a key of the ring.

Destroying a subject's data key makes all that was sealed for the subject unreadable for ever.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.infra.crypto import KeyRing, open_sealed, seal
from hub.infra.places import Place, RowPlace, RowSeals

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Destroyed(RuntimeError):
    """The subject's key was destroyed: what was sealed is gone for ever."""


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

    def row(self, place: RowPlace) -> RowSeals:
        """What opens the sealed columns of one row; raises Destroyed after erasure."""
        return RowSeals(self._cipher(place.subject_id), place)

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


def number_indexes(e164: str) -> list[bytes]:
    """The hashes under which a telephone number may stand: the first is how it is stored now."""
    vault = current_vault()
    return [vault.ring.number_index(e164, one) for one in vault.generations]


def number_on(index: bytes) -> bytes:
    """A number's stored hash as it would be stored now."""
    vault = current_vault()
    return vault.ring.number_on(index, vault.generations[0])


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
