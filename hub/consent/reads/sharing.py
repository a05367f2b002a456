"""The one door through which a learner's identity, or what became of them, goes to another organisation.

Two locks: an agreement in force today between the hub and that organisation, for the purpose and every field; and
the learner's permission for the purpose. Whoever shows or sends such data asks here, at the moment of acting. An
architecture test (tests/architecture/test_permission.py) fails when somebody does not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import domain as accounts_domain
from hub.accounts import reads as accounts
from hub.consent.reads.standing import may_many
from hub.learners import reads as learners

SUPPORT = "P08"


@dataclass(frozen=True, slots=True)
class Share:
    """What is about to pass: to whom, what for, which fields (`accounts.domain.shared_fields`)."""

    to_id: UUID | None
    purpose: str
    fields: frozenset[str]


def may_share(session: Session, learner_ids: Collection[UUID], share: Share, today: date) -> set[UUID]:
    """Those of the learners of whom these fields may pass today. Nobody, where no agreement covers it."""
    if not learner_ids or not agreed(session, share, today):
        return set()
    with learners.alone(session, learner_ids):  # whoever asks hears yes or no, never what the learner said
        return may_many(session, learner_ids, share.purpose, today)


def may_pass(
    session: Session, learner_ids: Collection[UUID], share: Share, today: date
) -> dict[UUID, frozenset[str]]:
    """Learner -> the fields of `share` that may pass today: each field by agreement and permission of its own.

    Health and disability need the permission for support needs (P08) beside that of the purpose. Who is left out
    may not be named at all.
    """
    covered = _covered(session, share, today)
    if not learner_ids or not covered:
        return {}
    special = {code for code in covered if accounts_domain.shared_fields()[code].special}
    with learners.alone(session, learner_ids):
        permitted = may_many(session, learner_ids, share.purpose, today)
        health = may_many(session, permitted, SUPPORT, today) if special and permitted else set()
    return {one: covered if one in health else covered - special for one in permitted}


def _covered(session: Session, share: Share, today: date) -> frozenset[str]:
    if share.to_id is None:
        return frozenset()
    hub_id = accounts.hub_organisation(session).id
    return share.fields & accounts.agreed_fields(session, hub_id, share.to_id, share.purpose, today)


def agreed(session: Session, share: Share, today: date) -> bool:
    """Whether an agreement covers it: the first lock alone, for planning ahead of the learner's answer."""
    if share.to_id is None:
        return False
    hub_id = accounts.hub_organisation(session).id
    return accounts.agreement_covers(session, hub_id, share.to_id, share.purpose, today, share.fields)
