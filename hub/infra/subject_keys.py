"""The wrapped data keys of subjects, and the check that the key file belongs to this database."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.infra.crypto import KeyProblem, KeyRing
from hub.infra.db import Base
from hub.infra.writes import write_later


class SubjectKey(Base):
    """One subject's data key, wrapped by the key `kek_id`. After erasure `wrapped` is gone."""

    __tablename__ = "subject_key"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    kek_id: Mapped[str]
    wrapped: Mapped[bytes | None]
    destroyed_at: Mapped[datetime | None]


class KeyCheck(Base):
    """The fingerprint of the key ring that this database was made with."""

    __tablename__ = "key_check"

    name: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]


def keep_key(session: Session, subject_id: UUID, kek_id: str, wrapped: bytes) -> None:
    """Store the wrapped key of a new subject."""
    write_later(session, SubjectKey(subject_id=subject_id, kek_id=kek_id, wrapped=wrapped))


def wrapped_keys(session: Session, subject_ids: Iterable[UUID]) -> list[tuple[UUID, str, bytes]]:
    """(subject, wrapping key, wrapped key) of those subjects whose key was not destroyed."""
    found = select(SubjectKey.subject_id, SubjectKey.kek_id, SubjectKey.wrapped).where(
        SubjectKey.subject_id.in_(list(subject_ids)), SubjectKey.wrapped.is_not(None)
    )
    with session.no_autoflush:
        rows = session.execute(found).all()
    return [(subject_id, kek_id, wrapped) for subject_id, kek_id, wrapped in rows if wrapped is not None]


def destroy_key(session: Session, subject_id: UUID, at: datetime) -> None:
    """Make everything sealed for the subject unreadable, for ever."""
    gone = update(SubjectKey).where(SubjectKey.subject_id == subject_id)
    session.execute(gone.values(wrapped=None, destroyed_at=at))


def check_keyring(session: Session, ring: KeyRing) -> None:
    """Remember the ring at first use; afterwards KeyProblem when it is another one."""
    known = session.get(KeyCheck, "keyring")
    if known is None:
        session.add(KeyCheck(name="keyring", fingerprint=ring.fingerprint()))
    elif known.fingerprint != ring.fingerprint():
        raise KeyProblem(
            "The key file does not belong to this database: sealed records could not be read. "
            "Put back the key file that this database was made with (HUB_KEY_FILE)."
        )
