"""Making and opening personal links."""

import hmac
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotFound
from hub.infra.writes import write_later
from hub.learners import queries, reads
from hub.learners.domain.links import (
    MOST_WRONG_BIRTH_DATES,
    LinkExpired,
    LinkLocked,
    LinkPurpose,
    OpenedLink,
    looks_like_token,
    new_token,
    token_hash,
)
from hub.learners.models import PersonalLink


def make_link(  # noqa: PLR0913, PLR0917 - the contract of the slices: for whom, for what, how long
    session: Session,
    learner_id: UUID,
    purpose: LinkPurpose,
    subject_id: UUID | None,
    valid_for: timedelta,
    clock: Clock,
) -> str:
    """A new secret token of 22 characters (128 random bits): returned once, stored only as a hash."""
    token = new_token()
    link = PersonalLink(
        token_hash=token_hash(token),
        learner_id=learner_id,
        purpose=purpose,
        subject_id=subject_id,
        created_at=clock.now(),
        expires_at=clock.now() + valid_for,
        wrong_birth_dates=0,
    )
    write_later(session, link)
    return token


def open_link(session: Session, token: str, clock: Clock) -> OpenedLink:
    """What the holder of `token` may do now.

    Raises NotFound for a token that never was, LinkExpired for one that has run out or was taken back, and
    LinkLocked after five wrong dates of birth.
    """
    link = _real_link(session, token, clock)
    link.last_opened_at = clock.now()
    now = queries.survivors(session, [link.learner_id])
    return OpenedLink(
        link.id, now[link.learner_id], LinkPurpose(link.purpose), link.subject_id, link.expires_at
    )


def confirm_birth_date(session: Session, token: str, born: date, clock: Clock) -> bool:
    """Whether `born` is the learner's date of birth. A wrong one is counted: keep the transaction.

    Raises as `open_link`; the fifth wrong date locks the link. Without a known date of birth nothing fits.
    """
    link = _real_link(session, token, clock)
    person = reads.person(session, link.learner_id)
    known = person.date_of_birth if person else None
    if known is not None and hmac.compare_digest(known.isoformat(), born.isoformat()):
        link.wrong_birth_dates = 0
        return True
    link.wrong_birth_dates += 1
    return False


def revoke_links(
    session: Session,
    learner_id: UUID,
    clock: Clock,
    purpose: LinkPurpose | None = None,
    subject_id: UUID | None = None,
) -> int:
    """End the learner's live links, all or those of a purpose or subject, from now; returns how many."""
    everybody = queries.tree(session, queries.survivors(session, [learner_id]).get(learner_id, learner_id))
    links = queries.live_links(session, everybody or [learner_id], purpose, subject_id, clock.now())
    for link in links:
        link.expires_at = clock.now()
    return len(links)


def _real_link(session: Session, token: str, clock: Clock) -> PersonalLink:
    link = queries.link_by_hash(session, token_hash(token)) if looks_like_token(token) else None
    if link is None:
        raise NotFound("This link does not work. Check that you copied all of it.")
    if link.expires_at <= clock.now():
        raise LinkExpired("This link has expired. Ask for a new one.")
    if link.wrong_birth_dates >= MOST_WRONG_BIRTH_DATES:
        raise LinkLocked("There were too many wrong dates of birth. Ask for a new link.")
    return link
