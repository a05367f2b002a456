"""The receipt: all that a learner said yes and no to, what stands now, and who may receive details."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain import OrganisationKind
from hub.accounts.reads import OrganisationView
from hub.consent.domain import ConsentView, Purpose, PurposeStanding
from hub.consent.reads.standing import consents, purposes_of_day, standings

SHARING = frozenset({"P03", "P05", "P07"})
"""Purposes by which details leave the hub."""


@dataclass(frozen=True)
class Receipt:
    """`purposes`: by asking, the purposes with the basis of its day. `recipients`: providers with an agreement."""

    askings: tuple[ConsentView, ...]
    standings: tuple[PurposeStanding, ...]
    purposes: Mapping[UUID, Mapping[str, Purpose]]
    recipients: tuple[OrganisationView, ...]
    organisations: Mapping[UUID, str]
    sharing: frozenset[str] = SHARING

    @property
    def newest(self) -> ConsentView | None:
        return self.askings[0] if self.askings else None


def receipt(session: Session, learner_id: UUID, today: date) -> Receipt:
    """The receipt of a learner as it stands today; empty where nobody has asked."""
    found = tuple(one for one in consents(session, learner_id) if one.is_answered)
    days = {one.given_on: purposes_of_day(session, one.given_on) for one in found}
    hub_id = accounts.hub_organisation(session).id
    providers = accounts.organisations(session, OrganisationKind.PROVIDER)
    return Receipt(
        found,
        standings(session, learner_id, today),
        {one.id: days[one.given_on] for one in found},
        tuple(one for one in providers if accounts.agreement_covers(session, hub_id, one.id, "P05", today)),
        {one.id: one.name for one in accounts.organisations(session)},
    )
