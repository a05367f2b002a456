"""Rows of the desk: what a search found, under an opaque id, for a while."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.infra.db import Base, Identified


class SavedSearch(Base, Identified):
    """The learners that one person's search found. What was typed is not kept."""

    __tablename__ = "saved_search"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(index=True)
    kinds: Mapped[list[str]]
    learner_ids: Mapped[list[str]]
