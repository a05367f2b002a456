"""Providers and their venues, and how fresh their free places are."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain import OrganisationKind
from hub.accounts.reads import OrganisationView
from hub.core.errors import NotFound
from hub.core.permissions import Actor
from hub.policy import reads as policy
from hub.provision import queries
from hub.provision.domain import PROVIDER_KIND_LABELS, ProviderKind
from hub.provision.models import Provider, Venue

_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class VenueView:
    id: UUID
    organisation_id: UUID
    name: str
    address: str
    postcode: str
    lat: float | None
    lon: float | None
    step_free: bool
    version: int

    @property
    def in_words(self) -> str:
        return f"{self.name}, {self.postcode}"


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider as the hub knows it; `kind` is None until somebody said what it is."""

    organisation_id: UUID
    name: str
    slug: str
    kind: ProviderKind | None
    ukprn: str | None
    contact_name: str | None
    contact_email: str | None
    contact_phone: str | None
    accepts_hub_assessments: bool

    @property
    def kind_label(self) -> str:
        return PROVIDER_KIND_LABELS[self.kind] if self.kind else "Not said yet"


@dataclass(frozen=True, slots=True)
class ProviderFreshness:
    """How fresh a provider's free places are; `stale` counts classes not confirmed within the clock."""

    provider: ProviderView
    classes: int
    places_free: int
    oldest: datetime | None
    stale: int


def venues_of(session: Session, organisation_id: UUID) -> list[VenueView]:
    return [_venue(row) for row in queries.venues_of(session, organisation_id)]


def venue_to_change(session: Session, venue_id: UUID, actor: Actor) -> VenueView:
    """One venue that this actor may change; NotFound."""
    row = queries.venue(session, venue_id)
    if row is None:
        raise NotFound("There is no such class or venue.")
    queries.require_own(row.organisation_id, actor)
    return _venue(row)


def _venue(row: Venue) -> VenueView:
    return VenueView(
        row.id, row.organisation_id, row.name, row.address, row.postcode, row.lat, row.lon, row.step_free,
        row.version,
    )  # fmt: skip


def provider(session: Session, organisation_id: UUID) -> ProviderView:
    """One provider; NotFound when the organisation is not one."""
    organisation = accounts.organisation(session, organisation_id)
    if organisation.kind is not OrganisationKind.PROVIDER:
        raise NotFound("There is no such provider.")
    return _provider(organisation, queries.provider(session, organisation_id))


def providers(session: Session) -> list[ProviderView]:
    """Every organisation of the kind provider, by name."""
    known = queries.providers(session)
    organisations = accounts.organisations(session, OrganisationKind.PROVIDER)
    return [_provider(one, known.get(one.id)) for one in organisations]


def _provider(organisation: OrganisationView, row: Provider | None) -> ProviderView:
    if row is None:
        return ProviderView(
            organisation.id, organisation.name, organisation.slug, None, None, None, organisation.email,
            organisation.phone, True,
        )  # fmt: skip
    return ProviderView(
        organisation.id, organisation.name, organisation.slug, row.kind, row.ukprn, row.contact_name,
        row.contact_email or organisation.email, row.contact_phone or organisation.phone,
        row.accepts_hub_assessments,
    )  # fmt: skip


def stale_before(session: Session, now: datetime, today: date) -> datetime | None:
    """Places confirmed before this moment want confirming again; None while that clock is off."""
    days = policy.number(session, "places_confirm_days", today)
    return now - timedelta(days=days) if days else None


def freshness(session: Session, now: datetime, today: date) -> list[ProviderFreshness]:
    """Every provider with its open classes, free places and how fresh they are, stalest first."""
    before = stale_before(session, now, today)
    found = queries.freshness(session, before or _NEVER)
    rows = [
        (one, found.get(one.organisation_id) or queries.Fresh(0, 0, None, 0)) for one in providers(session)
    ]
    views = [ProviderFreshness(one, f.classes, f.places_free, f.oldest, f.stale) for one, f in rows]
    return sorted(views, key=lambda view: (-view.stale, view.oldest or now, view.provider.name))
