"""Rows of emergency access."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.core.permissions import Role
from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, enum_column
from hub.oversight.domain import Verdict


class EmergencyAccess(Identified, SealedRow, Base):
    """A record that somebody opened outside their work. What they wrote is sealed with the learner's key."""

    __tablename__ = "emergency_access"

    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[Role] = enum_column(Role)
    reason = Sealed.text()
    opened_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    review_due_on: Mapped[date]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    verdict: Mapped[Verdict | None] = enum_column(Verdict, nullable=True)
    note = Sealed.text()
