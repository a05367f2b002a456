"""The step."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.core.permissions import Role
from hub.infra.db import Base, Identified, enum_column
from hub.infra.rows import of_organisation
from hub.steps.domain import StepKind, StepState


class Step(Identified, Base):
    """One thing to be done. One open step of a kind for a subject."""

    __tablename__ = "step"
    __rows__ = of_organisation()
    __table_args__ = (
        Index("uq_step_open", "kind", "subject_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_step_owner", "organisation_id", "role", "due_on", postgresql_where=text("state = 'open'")),
    )

    kind: Mapped[StepKind] = enum_column(StepKind)
    state: Mapped[StepState] = enum_column(StepState)
    subject_type: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(index=True)
    learner_id: Mapped[UUID | None] = mapped_column(ForeignKey("learner.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[Role] = enum_column(Role)
    user_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    due_on: Mapped[date]
    chased_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
