"""Kinds of organisation, rules of sign-in and of sharing agreements."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from hub.accounts.domain.agreements import (
    AgreementStatus,
    AgreementTerms,
    ControllerRoles,
    NewAgreement,
    SharedField,
    agreement_faults,
    agreement_status,
    shared_fields,
)
from hub.core.events import Event
from hub.core.permissions import Role

__all__ = [
    "AgreementStatus",
    "AgreementTerms",
    "ControllerRoles",
    "NewAgreement",
    "SharedField",
    "agreement_faults",
    "agreement_status",
    "shared_fields",
]

IDLE_LIMIT = timedelta(hours=4)
SESSION_LIMIT = timedelta(hours=14)
MOST_FAILURES = 10
LOCKED_FOR = timedelta(minutes=15)
INVITATION_LIMIT = timedelta(days=7)
RESET_LIMIT = timedelta(hours=1)
PROOF_LIMIT = timedelta(minutes=10)
"""How long after password and code a person may change what protects the account."""
SILENT_AFTER = timedelta(days=90)
"""Without a sign-in for so long an account is shown as unused."""
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200


class OrganisationKind(StrEnum):
    """What an organisation does in the partnership."""

    HUB = "hub"
    JOBCENTRE = "jobcentre"
    HEALTH = "health"
    SCHOOL = "school"
    CHARITY = "charity"
    COUNCIL = "council"
    LIBRARY = "library"
    PROVIDER = "provider"


KIND_LABELS = {
    OrganisationKind.HUB: "The hub",
    OrganisationKind.JOBCENTRE: "JobCentre",
    OrganisationKind.HEALTH: "Health service",
    OrganisationKind.SCHOOL: "School or children's centre",
    OrganisationKind.CHARITY: "Charity",
    OrganisationKind.COUNCIL: "Council team",
    OrganisationKind.LIBRARY: "Library",
    OrganisationKind.PROVIDER: "Provider of classes",
}

ROLES_IN = {
    OrganisationKind.HUB: frozenset(
        {Role.HUB_MANAGER, Role.ASSESSOR, Role.ADMIN, Role.AUDITOR, Role.DATA_PROTECTION, Role.REFERRER}
    ),
    OrganisationKind.PROVIDER: frozenset({Role.PROVIDER, Role.REFERRER}),
}
_REFERRERS_ONLY = frozenset({Role.REFERRER})


ONLY_ADMIN_GIVES = frozenset({Role.ADMIN, Role.AUDITOR, Role.DATA_PROTECTION})
"""Roles that see what others must not: a hub manager cannot hand them out."""


ROLE_DOES = {
    Role.REFERRER: "Refers learners and sees what became of them",
    Role.PROVIDER: "Keeps the classes of the organisation, answers offers",
    Role.ASSESSOR: "Books, assesses and helps every learner of the hub",
    Role.HUB_MANAGER: "Everything an assessor does, and lists, rounds, partners, settings",
    Role.AUDITOR: "Reads the audit and the registers, no learner's record",
    Role.DATA_PROTECTION: "Requests under the law, registers, breaches; finds a learner, changes no record",
    Role.ADMIN: "Organisations, people and settings, no learner at all",
}
"""What each role is for, to choose by."""


def roles_in(kind: OrganisationKind) -> frozenset[Role]:
    """The roles that a person of such an organisation may hold: only the hub's people act for the hub."""
    return ROLES_IN.get(kind, _REFERRERS_ONLY)


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    slug: str
    name: str
    kind: OrganisationKind
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class NewUser:
    email: str
    name: str
    organisation_id: UUID
    role: Role


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Who is asked to join, where, as what."""

    email: str
    organisation_id: UUID
    role: Role


@dataclass(frozen=True)
class AccountOpened(Event):
    """A person can sign in for an organisation: new, or open again."""

    user_id: UUID
    organisation_id: UUID


@dataclass(frozen=True)
class RoleChanged(Event):
    """A person does other work from now on: what was theirs to do reaches those whose work it is."""

    user_id: UUID
    organisation_id: UUID


@dataclass(frozen=True)
class AccountClosed(Event):
    """A person signs in no more: what was theirs must reach somebody else."""

    user_id: UUID
    organisation_id: UUID
