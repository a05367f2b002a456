"""A referral being written: saved answer by answer, taken up again within 30 days, submitted once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.core.clock import Clock
from hub.core.errors import NotFound, NotPermitted
from hub.core.ids import new_id, new_secret, secret_hash
from hub.core.permissions import Actor
from hub.infra.sight import open_to_the_hub
from hub.infra.subject_keys import destroy_key
from hub.infra.vault import new_subject
from hub.policy import reads as policy
from hub.referrals import queries
from hub.referrals.domain import Channel, Source
from hub.referrals.models import Referral, ReferralDraft
from hub.referrals.service.intake import NewReferral, submit

OWN_DRAFT_DAYS = 1
"""What a learner writes about themselves on any computer stays until the next day."""


def start_draft(session: Session, actor: Actor, clock: Clock) -> ReferralDraft:
    """Begin a referral: an empty draft under a key of its own."""
    if actor.id is None or actor.organisation_id is None:
        raise NotPermitted("Sign in as a referrer to write a referral.")
    days = policy.number(session, "draft_days", clock.today())
    return _started(
        session, ReferralDraft(organisation_id=actor.organisation_id, user_id=actor.id), days, clock
    )


def start_own_draft(session: Session, answers: Mapping[str, Any], clock: Clock) -> str:
    """Begin a learner's referral of themselves, laid before the hub; the secret that leads back to it."""
    open_to_the_hub(session)
    token, home = new_secret(256), accounts.hub_organisation(session).id
    draft = _started(
        session, ReferralDraft(organisation_id=home, token_hash=secret_hash(token)), OWN_DRAFT_DAYS, clock
    )
    _keep(session, draft, answers, clock)
    return token


def _started(session: Session, draft: ReferralDraft, days: int, clock: Clock) -> ReferralDraft:
    draft.subject_id = new_subject(new_id())
    draft.changed_at = clock.now()
    draft.expires_on = clock.today() + timedelta(days=days)
    draft.answers = {}
    session.add(draft)
    session.flush()
    return draft


def save_answers(
    session: Session, draft_id: UUID, answers: Mapping[str, Any], actor: Actor, clock: Clock
) -> ReferralDraft:
    """Keep the answers of one page; the others stay. A draft already sent changes no more."""
    return _keep(session, queries.draft_of(session, draft_id, actor, lock=True), answers, clock)


def save_own_answers(session: Session, token: str, answers: Mapping[str, Any], clock: Clock) -> None:
    """The same for a learner about themselves."""
    open_to_the_hub(session)
    _keep(session, queries.own_draft(session, secret_hash(token), lock=True), answers, clock)


def _keep(session: Session, draft: ReferralDraft, answers: Mapping[str, Any], clock: Clock) -> ReferralDraft:
    if draft.referral_id is None:
        draft.answers = {**(draft.answers or {}), **answers}
        draft.changed_at = clock.now()
        session.flush()
    return draft


def submit_draft(
    session: Session, draft_id: UUID, new: NewReferral, actor: Actor, clock: Clock
) -> tuple[ReferralDraft, Referral | None]:
    """Send the draft: one referral however often the button is pressed. Its answers go with it."""
    return _send(session, queries.draft_of(session, draft_id, actor, lock=True), new, actor, clock)


def submit_own_draft(
    session: Session, token: str, new: NewReferral, actor: Actor, clock: Clock
) -> tuple[ReferralDraft, Referral | None]:
    """The same for a learner about themselves: the hub is the organisation, whoever else knows the person."""
    open_to_the_hub(session)
    home = accounts.hub_organisation(session).id
    own = replace(new, channel=Channel.SELF, source=Source.SELF, organisation_id=home)
    return _send(session, queries.own_draft(session, secret_hash(token), lock=True), own, actor, clock)


def _send(
    session: Session, draft: ReferralDraft, new: NewReferral, actor: Actor, clock: Clock
) -> tuple[ReferralDraft, Referral | None]:
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


def discard_own_draft(session: Session, token: str, clock: Clock) -> None:
    """Delete what a learner wrote, also after it was sent: the referral stands by itself. Nothing there is fine."""
    open_to_the_hub(session)
    try:
        draft = queries.own_draft(session, secret_hash(token), lock=True)
    except NotFound:
        return
    _remove(session, draft, clock)


def _remove(session: Session, draft: ReferralDraft, clock: Clock) -> None:
    destroy_key(session, draft.subject_id, clock.now())
    session.delete(draft)
    session.flush()
