"""What other slices may know of organisations and people."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import queries
from hub.accounts.domain import KIND_LABELS, OrganisationKind
from hub.accounts.models import Organisation, UserAccount
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Actor, Role
from hub.infra import memory

_HUB = "hub_organisation"


@dataclass(frozen=True, slots=True)
class OrganisationView:
    id: UUID
    slug: str
    name: str
    kind: OrganisationKind
    email: str | None
    phone: str | None

    @property
    def kind_label(self) -> str:
        return KIND_LABELS[self.kind]


@dataclass(frozen=True, slots=True)
class UserView:
    id: UUID
    name: str
    email: str
    role: Role
    organisation_id: UUID
    is_active: bool


def organisation(session: Session, organisation_id: UUID) -> OrganisationView:
    """One organisation; NotFound."""
    row = session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound("There is no such organisation.")
    return _organisation(row)


def organisation_by_slug(session: Session, slug: str) -> OrganisationView:
    """For commands; NotFound names the slug, which is not personal."""
    row = queries.organisation_by_slug(session, slug)
    if row is None:
        raise NotFound(f"There is no organisation {slug!r}. `hub organisations list` shows them.")
    return _organisation(row)


def organisations(session: Session, kind: OrganisationKind | None = None) -> list[OrganisationView]:
    return [_organisation(row) for row in queries.organisations(session, kind)]


def hub_organisation(session: Session) -> OrganisationView:
    """The hub itself, as remembered.

    RuleBroken while none was made (`hub organisations create ... --kind hub`).
    """
    return memory.remembered(session, _HUB, _the_hub)


def _the_hub(session: Session) -> OrganisationView:
    found = queries.organisations(session, OrganisationKind.HUB)
    if not found:
        raise RuleBroken(
            "This hub has not been set up yet: no organisation is of the kind hub.", code="no_hub"
        )
    return _organisation(found[0])


def user(session: Session, user_id: UUID) -> UserView:
    row = session.get(UserAccount, user_id)
    if row is None:
        raise NotFound("There is no such person.")
    return _user(row)


def users_of(session: Session, organisation_id: UUID, role: Role | None = None) -> list[UserView]:
    return [_user(row) for row in queries.users_of(session, organisation_id, role)]


def actor_for(session: Session, user_id: UUID) -> Actor:
    """The actor that a person is: for commands and simulations."""
    row = session.get(UserAccount, user_id)
    if row is None:
        raise NotFound("There is no such person.")
    return actor_of_user(row)


def actor_of_user(row: UserAccount) -> Actor:
    return Actor("user", row.id, row.name, row.role, row.organisation_id)


def agreement_covers(session: Session, from_id: UUID, to_id: UUID, purpose: str, today: date) -> bool:
    """Whether an agreement in force today lets `from_id` pass data to `to_id` for this purpose."""
    if from_id == to_id:
        return True
    in_force = queries.agreements_in_force(session, from_id, to_id, today)
    return any(purpose in agreement.purposes for agreement in in_force)


def _organisation(row: Organisation) -> OrganisationView:
    return OrganisationView(row.id, row.slug, row.name, row.kind, row.email, row.phone)


def _user(row: UserAccount) -> UserView:
    return UserView(row.id, row.name, row.email, row.role, row.organisation_id, row.is_active)
