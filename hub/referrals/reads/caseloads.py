"""Who follows how many referrals at an organisation: counts only, so that an administrator may see them too."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.reads import UserView
from hub.infra.sight import as_the_hub
from hub.referrals import queries
from hub.steps import reads as steps


@dataclass(frozen=True, slots=True)
class Caseload:
    """What one person has in hand."""

    user: UserView
    referrals: int
    steps: int
    drafts: int

    @property
    def is_empty(self) -> bool:
        return not (self.referrals or self.steps or self.drafts)


def caseloads(session: Session, organisation_id: UUID) -> list[Caseload]:
    """Everybody of the organisation, by name; of those who have left only who still has something."""
    people = accounts.users_of(session, organisation_id)
    ids = [one.id for one in people]
    open_, drafts, held = _counts(session, ids)
    found = [
        Caseload(one, open_.get(one.id, 0), held.get(one.id, 0), drafts.get(one.id, 0)) for one in people
    ]
    return [one for one in found if one.user.is_active or not one.is_empty]


def caseload(session: Session, user_id: UUID) -> Caseload:
    """One person's; NotFound for nobody."""
    user = accounts.user(session, user_id)
    open_, drafts, held = _counts(session, [user_id])
    return Caseload(user, open_.get(user_id, 0), held.get(user_id, 0), drafts.get(user_id, 0))


def _counts(session: Session, user_ids: list[UUID]) -> tuple[dict[UUID, int], ...]:
    """(open referrals, drafts, steps) by person: numbers, which tell of no learner."""
    with as_the_hub(session):
        open_, drafts = queries.caseload_counts(session, user_ids)
        return open_, drafts, steps.counts_by_person(session, user_ids)


def successors(session: Session, user: UserView) -> list[UserView]:
    """Who can take over: colleagues of the same organisation and role whose account is open."""
    people = accounts.users_of(session, user.organisation_id, user.role)
    return [one for one in people if one.is_active and one.id != user.id]
