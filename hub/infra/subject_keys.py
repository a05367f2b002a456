"""The wrapped data keys of subjects, and the check that the key file belongs to this database."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.infra.crypto import KeyProblem, KeyRing, lacks
from hub.infra.db import Base
from hub.infra.rows import anybody
from hub.infra.writes import write_later


class SubjectKey(Base):
    """One subject's data key, wrapped by the key `kek_id`. After erasure `wrapped` is gone."""

    __tablename__ = "subject_key"
    __rows__ = anybody("wrapped keys open nothing without a sealed row")

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    kek_id: Mapped[str]
    wrapped: Mapped[bytes | None]
    destroyed_at: Mapped[datetime | None]


class KeyCheck(Base):
    """The fingerprint of a key that this database needs: `index`, or `key NAME` of one that wraps data keys."""

    __tablename__ = "key_check"
    __rows__ = anybody("a fingerprint of the key file")

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


def destroy_keys(session: Session, subject_ids: Collection[UUID], at: datetime) -> None:
    """Destroy many keys; one that was destroyed before keeps its day."""
    gone = update(SubjectKey).where(SubjectKey.subject_id.in_(subject_ids), SubjectKey.wrapped.is_not(None))
    session.execute(gone.values(wrapped=None, destroyed_at=at))


def was_destroyed(session: Session, subject_id: UUID) -> bool:
    """Whether there was a key and it was destroyed."""
    found = select(SubjectKey.destroyed_at).where(SubjectKey.subject_id == subject_id)
    with session.no_autoflush:
        return session.scalar(found) is not None


def check_keyring(session: Session, ring: KeyRing) -> None:
    """Remember the ring at first use; afterwards KeyProblem when it is another one or lacks a key in use."""
    known = _known(session)
    if not known:
        remember_keys(session, ring)
        known = _known(session)  # another process that started in the same moment may have been first
    if any(name not in ring.fingerprints() for name in known):
        ring.look_again()
    own = ring.fingerprints()
    if any(name in own and own[name] != mark for name, mark in known.items()):
        raise KeyProblem(
            "The key file does not belong to this database: sealed records could not be read. "
            "Put back the key file that this database was made with (HUB_KEY_FILE)."
        )
    for name in known.keys() - own.keys():
        raise KeyProblem(lacks(name.removeprefix("key ")))


def _known(session: Session) -> dict[str, bytes]:
    rows = session.execute(select(KeyCheck.name, KeyCheck.fingerprint))
    return {name: fingerprint for name, fingerprint in rows}  # noqa: C416 - a Row is no pair to mypy


def remember_keys(session: Session, ring: KeyRing) -> None:
    """From now on every process must hold all keys of this ring."""
    marks = [{"name": name, "fingerprint": mark} for name, mark in ring.fingerprints().items()]
    session.execute(insert(KeyCheck).values(marks).on_conflict_do_nothing())


def forget_key(session: Session, name: str) -> None:
    """This wrapping key is no longer needed."""
    session.execute(delete(KeyCheck).where(KeyCheck.name == f"key {name}"))


def counts_by_key(session: Session) -> dict[str, int]:
    """How many data keys each wrapping key wraps; destroyed ones are not counted."""
    counted = select(SubjectKey.kek_id, func.count()).where(SubjectKey.wrapped.is_not(None))
    return {row[0]: row[1] for row in session.execute(counted.group_by(SubjectKey.kek_id))}


def wrapped_otherwise(
    session: Session, active: str, after: UUID, limit: int
) -> list[tuple[UUID, str, bytes]]:
    """(subject, wrapping key, wrapped key) of those not wrapped by `active` yet, locked until the commit."""
    found = select(SubjectKey.subject_id, SubjectKey.kek_id, SubjectKey.wrapped).where(
        SubjectKey.subject_id > after, SubjectKey.kek_id != active, SubjectKey.wrapped.is_not(None)
    )
    rows = session.execute(
        found.order_by(SubjectKey.subject_id).limit(limit).with_for_update(skip_locked=True)
    )
    return [(subject_id, name, wrapped) for subject_id, name, wrapped in rows if wrapped is not None]


def rewrap(session: Session, active: str, rows: Sequence[tuple[UUID, bytes]]) -> None:
    """Store data keys that are now wrapped by `active`, in one statement."""
    session.execute(
        _REWRAP,
        {"active": active, "ids": [row[0] for row in rows], "wrapped": [row[1] for row in rows]},
    )


_REWRAP = text("""
UPDATE subject_key SET kek_id = :active, wrapped = made.wrapped
FROM unnest(CAST(:ids AS uuid[]), CAST(:wrapped AS bytea[])) AS made(subject_id, wrapped)
WHERE subject_key.subject_id = made.subject_id AND subject_key.wrapped IS NOT NULL
""")
