"""Who was erased, in ids only: kept in the database and in a file apart from it, for the day of a restore.

A backup of yesterday holds whom we erased today. `hub db restore` reads this file and destroys their keys again
before anybody can use the restored tables.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.core.errors import HubError
from hub.infra.db import Base
from hub.infra.personal import DataSubject


class ErasureTombstone(Base):
    """One data key that was destroyed because its person was erased. `person_id`: whom it stood for."""

    __tablename__ = "erasure_tombstone"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    erased_at: Mapped[datetime]
    logged_at: Mapped[datetime | None]


class ErasureLogProblem(HubError):
    """The file of erasures cannot be read; the words say which line."""

    code, title = "erasure_log_problem", "The file of erasures cannot be read"


@dataclass(frozen=True, slots=True)
class Erased:
    """One line of the file."""

    subject_id: UUID
    person_id: UUID
    erased_at: datetime


def remember(session: Session, subject: DataSubject, person_id: UUID, at: datetime) -> None:
    """Write the tombstones of a person; those that are there stay."""
    known = set(
        session.scalars(
            select(ErasureTombstone.subject_id).where(ErasureTombstone.subject_id.in_(subject.subject_ids))
        )
    )
    session.add_all(
        ErasureTombstone(subject_id=one, person_id=person_id, erased_at=at)
        for one in sorted(subject.subject_ids - known)
    )


def all_erased(session: Session) -> list[Erased]:
    """Every tombstone, oldest first."""
    rows = session.scalars(
        select(ErasureTombstone).order_by(ErasureTombstone.erased_at, ErasureTombstone.subject_id)
    )
    return [Erased(row.subject_id, row.person_id, row.erased_at) for row in rows]


def erased_people(session: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Those of these people who were erased."""
    wanted = select(ErasureTombstone.person_id).where(ErasureTombstone.person_id.in_(list(ids)))
    return set(session.scalars(wanted))


def log_new(session: Session, path: Path, at: datetime) -> int:
    """Append the tombstones that the file does not have yet; how many. Twice in the file does no harm."""
    rows = session.scalars(select(ErasureTombstone).where(ErasureTombstone.logged_at.is_(None))).all()
    if rows:
        append(path, [Erased(row.subject_id, row.person_id, row.erased_at) for row in rows])
    for row in rows:
        row.logged_at = at
    return len(rows)


def append(path: Path, erased: Sequence[Erased]) -> None:
    """Add lines to the file, on disk before this returns; readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
        for one in erased:
            file.write(json.dumps(_line(one)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[Erased]:
    """What the file says; nothing where there is no file. ErasureLogProblem names the first bad line."""
    if not path.exists():
        return []
    return [_erased(path, number, line) for number, line in enumerate(path.read_text().splitlines(), 1)]


def _line(one: Erased) -> dict[str, str]:
    return {
        "subject_id": str(one.subject_id),
        "person_id": str(one.person_id),
        "erased_at": one.erased_at.isoformat(),
    }


def _erased(path: Path, number: int, line: str) -> Erased:
    try:
        found = json.loads(line)
        at = datetime.fromisoformat(found["erased_at"])
        return Erased(UUID(found["subject_id"]), UUID(found["person_id"]), at)
    except (ValueError, KeyError, TypeError) as error:
        raise ErasureLogProblem(
            f"Line {number} of {path} is not an erasure ({type(error).__name__})."
        ) from None
