"""What the hub changed: rows are only added, the newest that is valid counts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from hub.infra.db import Base, Identified
from hub.infra.rows import anybody


class PolicyValue(Identified, Base):
    """One value of `code`, valid from a day on, with its source and who set it."""

    __tablename__ = "policy_value"
    __rows__ = anybody("settings of the hub")
    __table_args__ = (Index("ix_policy_value_code", "code", "valid_from"),)

    code: Mapped[str]
    value: Mapped[str]
    valid_from: Mapped[date]
    source: Mapped[str]
    changed_by: Mapped[UUID | None]
    changed_by_name: Mapped[str]
    changed_at: Mapped[datetime]
