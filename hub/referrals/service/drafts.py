"""A referral being written: saved answer by answer, taken up again within 30 days, submitted once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotPermitted
from hub.core.ids import new_id
from hub.core.permissions import Actor
from hub.infra.crypto import new_subject
from hub.infra.subject_keys import destroy_key
from hub.policy import reads as policy
from hub.referrals import queries
from hub.referrals.models import Referral, ReferralDraft
from hub.referrals.service.intake import NewReferral, submit


def start_draft(session: Session, actor: Actor, clock: Clock) -> ReferralDraft:
    """Begin a referral: an empty draft under a key of its own."""
    if actor.id is None or actor.organisation_id is None:
        raise NotPermitted("Sign in as a referrer to write a referral.")
    draft = ReferralDraft(
        subject_id=new_subject(new_id()),
        organisation_id=actor.organisation_id,
        user_id=actor.id,
        changed_at=clock.now(),
        expires_on=clock.today() + timedelta(days=policy.number(session, "draft_days", clock.today())),
        answers={},
    )
    session.add(draft)
    session.flush()
    return draft


def save_answers(
    session: Session, draft_id: UUID, answers: Mapping[str, Any], actor: Actor, clock: Clock
) -> ReferralDraft:
    """Keep the answers of one page; the others stay. A draft already sent changes no more."""
    draft = queries.draft_of(session, draft_id, actor, lock=True)
    if draft.referral_id is None:
        draft.answers = {**(draft.answers or {}), **answers}
        draft.changed_at = clock.now()
        session.flush()
    return draft


def submit_draft(
    session: Session, draft_id: UUID, new: NewReferral, actor: Actor, clock: Clock
) -> tuple[ReferralDraft, Referral | None]:
    """Send the draft: one referral however often the button is pressed. Its answers go with it."""
    draft = queries.draft_of(session, draft_id, actor, lock=True)
    if draft.referral_id is not None:
        return draft, None
    referral = submit(session, new, actor, clock)
    draft.referral_id = referral.id
    draft.answers = None
    destroy_key(session, draft.subject_id, clock.now())
    session.flush()
    return draft, referral


def discard_draft(session: Session, draft_id: UUID, actor: Actor, clock: Clock) -> None:
    """Delete a draft and its key at once."""
    draft = queries.draft_of(session, draft_id, actor, lock=True)
    if draft.referral_id is None:
        _remove(session, draft, clock)


def _remove(session: Session, draft: ReferralDraft, clock: Clock) -> None:
    destroy_key(session, draft.subject_id, clock.now())
    session.delete(draft)
    session.flush()
