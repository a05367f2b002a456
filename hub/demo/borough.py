"""The partnership: the hub's people, the organisations that refer, the providers and their venues."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as account_reads
from hub.accounts import service as accounts
from hub.accounts.domain import (
    AgreementTerms,
    NewAgreement,
    NewOrganisation,
    NewUser,
    OrganisationKind,
)
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM, Actor, Role
from hub.demo.parameters import read_data
from hub.demo.sign_ins import PASSWORD
from hub.provision import service as provision
from hub.provision.domain import ProviderDetails, ProviderKind, SaveVenue, VenueDetails

LONG_AGO = date(2020, 1, 1)
ASSESSOR_FOR = 450  # learners a year
_PARTNER_PURPOSES = ("P03", "P05", "P07")
_PARTNER_FIELDS = ("name", "phone", "level", "times", "needs", "attendance", "outcome")
_TERMS = AgreementTerms(
    reference="Borough ESOL sharing agreement",
    lawful_basis="public_task",
    dpia_id="DPIA-2020-014",
    retention="24 months after the course",
    security_terms="Encrypted in transit and at rest; named staff only",
    dsar_contact="dpo@hub.example",
    breach_contact="dpo@hub.example",
    signed_on=LONG_AGO,
    caldicott_guardian="guardian@health.example",
)


@dataclass(slots=True)
class ProviderTeam:
    """One provider: who answers for it and where it teaches. `venues` are (id, step-free)."""

    actor: Actor
    data: Mapping[str, Any]
    venues: list[tuple[UUID, bool]] = field(default_factory=list)

    @property
    def organisation_id(self) -> UUID:
        return _home(self.actor)


@dataclass(slots=True)
class Borough:
    """Everybody who works in the partnership."""

    managers: list[Actor] = field(default_factory=list)
    assessors: list[Actor] = field(default_factory=list)
    referrers: dict[str, list[Actor]] = field(default_factory=dict)
    providers: list[ProviderTeam] = field(default_factory=list)

    @property
    def manager(self) -> Actor:
        return self.managers[0]

    def team(self, organisation_id: UUID) -> ProviderTeam:
        return next(team for team in self.providers if team.organisation_id == organisation_id)


def _home(actor: Actor) -> UUID:
    if actor.organisation_id is None:
        raise ValueError("every person of the borough works somewhere")
    return actor.organisation_id


class _Staff:
    """Makes organisations and people; all share one password, hashed once for each of them."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self.session, self.clock = session, clock
        self.names = iter(read_data("names")["staff"]["names"] * 4)
        self.borough = Borough()

    def organisation(self, data: Mapping[str, Any], kind: OrganisationKind) -> UUID:
        slug = data["slug"]
        new = NewOrganisation(slug, data["name"], kind, f"office@{slug}.example", "020 7946 0123")
        return accounts.create_organisation(self.session, new, SYSTEM, self.clock).id

    def person(self, organisation_id: UUID, slug: str, role: Role) -> Actor:
        name = next(self.names)
        email = f"{name.split()[0].lower()}.{name.split()[1].lower()}@{slug}.example"
        new = NewUser(email, name, organisation_id, role)
        made = accounts.create_user(self.session, new, PASSWORD, SYSTEM, self.clock)
        return account_reads.actor_for(self.session, made.id)


def build(session: Session, clock: Clock, learners: int) -> Borough:
    """Make the whole partnership, with agreements in force between the hub and everybody."""
    staff = _Staff(session, clock)
    data = read_data("organisations")
    hub_id = _hub(staff, data["hub"], learners)
    partners = [_referrers(staff, one) for one in data["referrer"]]
    partners += [_provider(staff, one) for one in data["provider"]]
    for partner_id in partners:
        for one, other in ((hub_id, partner_id), (partner_id, hub_id)):
            until = clock.today() + timedelta(days=3 * 365)
            agreement = NewAgreement(one, other, _PARTNER_PURPOSES, _PARTNER_FIELDS, LONG_AGO, until, _TERMS)
            accounts.agree(session, agreement, SYSTEM, clock)
    return staff.borough


def _hub(staff: _Staff, data: Mapping[str, Any], learners: int) -> UUID:
    slug = "hub"
    hub_id = staff.organisation(data, OrganisationKind.HUB)
    staff.borough.managers = [staff.person(hub_id, slug, Role.HUB_MANAGER) for _ in range(2)]
    count = max(2, -(-learners // ASSESSOR_FOR))
    staff.borough.assessors = [staff.person(hub_id, slug, Role.ASSESSOR) for _ in range(count)]
    for role in (Role.DATA_PROTECTION, Role.AUDITOR, Role.ADMIN):
        staff.person(hub_id, slug, role)
    staff.borough.referrers["self"] = [staff.person(hub_id, slug, Role.REFERRER)]
    return hub_id


def _referrers(staff: _Staff, data: Mapping[str, Any]) -> UUID:
    organisation_id = staff.organisation(data, OrganisationKind(data["kind"]))
    for _ in range(data["people"]):
        actor = staff.person(organisation_id, data["slug"], Role.REFERRER)
        for source in data["sources"]:
            staff.borough.referrers.setdefault(source, []).append(actor)
    return organisation_id


def _provider(staff: _Staff, data: Mapping[str, Any]) -> UUID:
    organisation_id = staff.organisation(data, OrganisationKind.PROVIDER)
    team = ProviderTeam(staff.person(organisation_id, data["slug"], Role.PROVIDER), data)
    details = ProviderDetails(
        organisation_id=organisation_id,
        kind=ProviderKind(data["kind"]),
        ukprn=data.get("ukprn"),
        contact_name=team.actor.name,
        contact_email=f"classes@{data['slug']}.example",
    )
    provision.save_provider(staff.session, details, team.actor, staff.clock)
    for venue in data["venues"]:
        name, postcode, step = venue.split("|")
        wanted = VenueDetails(name=name, address="", postcode=postcode, step_free=step == "step")
        saved = provision.save_venue(
            staff.session, SaveVenue(details=wanted, organisation_id=organisation_id), team.actor, staff.clock
        )
        team.venues.append((saved.id, wanted.step_free))
    staff.borough.providers.append(team)
    return organisation_id
