"""Drafts as their writer sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.errors import NotFound
from hub.core.ids import secret_hash
from hub.core.permissions import Actor
from hub.infra.sight import as_the_hub
from hub.referrals import queries
from hub.referrals.models import ReferralDraft


@dataclass(frozen=True, slots=True)
class DraftView:
    """A referral being written; `referral_id` once it was sent. `answers` are by question."""

    id: UUID
    answers: Mapping[str, Any]
    changed_at: datetime
    expires_on: date
    referral_id: UUID | None

    @property
    def name(self) -> str:
        """Whom it is about, as far as that was written."""
        name = self.answers.get("name", {})
        return " ".join(part for part in (name.get("given_names"), name.get("family_name")) if part)


def draft(session: Session, draft_id: UUID, actor: Actor) -> DraftView:
    """The user's own draft; NotFound for any other."""
    return _view(queries.draft_of(session, draft_id, actor))


def own_draft(session: Session, token: str, today: date) -> DraftView | None:
    """What a learner has written about themselves in this browser; None when nothing stands there any more."""
    with as_the_hub(session):
        try:
            row = queries.own_draft(session, secret_hash(token))
        except NotFound:
            return None
        return _view(row) if row.expires_on >= today else None


def my_drafts(session: Session, actor: Actor) -> list[DraftView]:
    """The user's unfinished drafts, newest first."""
    return [_view(row) for row in queries.drafts_of(session, actor)]


def as_shown(value: Any) -> Any:
    """A stored answer as a form shows it: ISO dates become dates, the rest stays."""
    if isinstance(value, str) and len(value) == 10 and value[4:5] == "-" and value[7:8] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _view(row: ReferralDraft) -> DraftView:
    sent = row.referral_id is not None
    return DraftView(
        row.id, {} if sent else row.answers or {}, row.changed_at, row.expires_on, row.referral_id
    )
