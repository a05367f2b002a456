"""Rows of seals, of removals by rule, and of checks. They only grow: a trigger refuses every UPDATE and DELETE.

The database's function `remove_audit` alone takes entries and seals away, and only together with the removal's row.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.infra.db import Base, Identified
from hub.infra.rows import anybody


class AuditSeal(Base):
    """One sealed batch of audit entries. `leaves` holds 32 bytes for each, so that a changed one can be named."""

    __tablename__ = "audit_seal"
    __rows__ = anybody("hashes of audit entries")
    __table_args__ = (
        Index("ix_audit_seal_first_seq", "first_seq"),
        Index("ix_audit_seal_last_seq", "last_seq"),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    made_at: Mapped[datetime]
    first_seq: Mapped[int] = mapped_column(BigInteger)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    ranges: Mapped[list[list[int]]] = mapped_column(JSONB)
    entries: Mapped[int]
    leaves: Mapped[bytes]
    root: Mapped[bytes]
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]
    key_id: Mapped[str]
    signature: Mapped[bytes]


class AuditRemoval(Base):
    """One removal by rule, as `removal.Removal` says; only the function `remove_audit` writes it."""

    __tablename__ = "audit_removal"
    __rows__ = anybody("numbers and hashes of audit entries that are gone")

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    made_at: Mapped[datetime]
    rule: Mapped[str]
    whole: Mapped[bool]
    before: Mapped[datetime]
    first_seal: Mapped[int] = mapped_column(BigInteger)
    last_seal: Mapped[int] = mapped_column(BigInteger)
    ranges: Mapped[list[list[int]]] = mapped_column(JSONB)
    entries: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    root: Mapped[bytes]
    end: Mapped[dict[str, Any] | None]
    archive: Mapped[str | None]
    archive_hash: Mapped[bytes | None]
    key_id: Mapped[str]
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]
    signature: Mapped[bytes]


class AuditCheck(Identified, Base):
    """One check of the audit: from which seal on, how far it reached, and what was found first, if anything.

    `after_seal`: the last seal that had been removed by rule, 0 for none. A check of everything there is begins behind
    it; any other is of what came since the check before it.
    """

    __tablename__ = "audit_check"
    __rows__ = anybody("times of checks of the log")
    __table_args__ = (Index("ix_audit_check_at", "at"),)

    at: Mapped[datetime]
    first_seal: Mapped[int] = mapped_column(BigInteger, server_default="1")
    after_seal: Mapped[int] = mapped_column(BigInteger, server_default="0")
    seals: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(BigInteger)
    sealed_to: Mapped[int | None] = mapped_column(BigInteger)
    unsealed: Mapped[int] = mapped_column(BigInteger)
    milliseconds: Mapped[int]
    fault: Mapped[dict[str, Any] | None]
