"""Searching for a learner, with its trace in the audit log."""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import NotPermitted, RuleBroken
from hub.core.permissions import Actor
from hub.desk import queries
from hub.desk.domain import Terms
from hub.desk.models import SavedSearch
from hub.infra import audit
from hub.infra.phones import tidy_phone
from hub.infra.vault import blind_index
from hub.learners import reads as learners
from hub.learners.domain import SearchTerms
from hub.referrals import reads as referrals


def search(session: Session, terms: Terms, actor: Actor, clock: Clock) -> UUID:
    """Find learners and keep the result under an opaque id; the terms themselves are not kept anywhere.

    Raises RuleBroken for a phone number that is none.
    """
    if actor.id is None:
        raise NotPermitted
    found = _find(session, terms)
    row = SavedSearch(
        user_id=actor.id,
        made_at=clock.now(),
        kinds=list(terms.kinds),
        learner_ids=[str(learner_id) for learner_id in found],
    )
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "learner.searched", "search", row.id,
        fields=terms.kinds, reason=f"{len(found)} found; terms {_hashed(terms)}", clock=clock,
    )  # fmt: skip
    return row.id


def _hashed(terms: Terms) -> str:
    """The same for the same search, and nothing else can be told from it."""
    words = "\n".join(f"{name}={getattr(terms, name)}".casefold() for name in terms.kinds)
    return blind_index("search", words).hex()


def _find(session: Session, terms: Terms) -> list[UUID]:
    if terms.reference is not None:
        referral = referrals.by_reference(session, terms.reference)
        return [referral.learner_id] if referral else []
    phone = _phone(terms.phone) if terms.phone else None
    wanted = SearchTerms(phone=phone, email=terms.email, name=terms.name, date_of_birth=terms.date_of_birth)
    return learners.find(session, wanted)


def _phone(text: str) -> str:
    try:
        return tidy_phone(text)
    except ValueError as error:
        raise RuleBroken(str(error), field="terms") from None


def forget_old_searches(session: Session, clock: Clock) -> int:
    """Delete results that are no longer shown; how many."""
    return queries.forget_old(session, clock.now())
