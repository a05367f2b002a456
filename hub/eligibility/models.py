"""Evidence that staff saw. What it was is sealed; that something was seen, by whom and when, is not."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified


class EvidenceSeen(Identified, SealedRow, Base):
    """One thing that was shown to a member of staff. Never changed; taken back when it was entered in error.

    It hangs on the source record under whose key it is sealed; `learner_id` follows merges and unmerges.
    """

    __tablename__ = "evidence_seen"

    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    seen_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    seen_by_name: Mapped[str]
    seen_on: Mapped[date]
    created_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]

    kind = Sealed.text()
    note = Sealed.text()
