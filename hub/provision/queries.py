"""Selects of providers, venues and classes. With an actor, a foreign and a missing id are answered alike."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from hub.core.errors import NotFound
from hub.core.permissions import Actor, Role
from hub.infra.geography import Postcode
from hub.provision.domain import ClassState
from hub.provision.models import EsolClass, Provider, Venue

CHANGES_ALL = frozenset({Role.HUB_MANAGER, Role.WORKER})
SEES_ALL = CHANGES_ALL | {Role.ASSESSOR}

_ALIVE = (ClassState.DRAFT, ClassState.PUBLISHED)


def require_own(organisation_id: UUID, actor: Actor) -> None:
    """NotFound unless the actor may change what this organisation provides."""
    own = actor.role is Role.PROVIDER and actor.organisation_id == organisation_id
    if not own and actor.role not in CHANGES_ALL:
        raise NotFound("There is no such class or venue.")


def class_to_change(session: Session, class_id: UUID, actor: Actor) -> EsolClass:
    """The class, locked to the end of the transaction; NotFound when missing or another provider's."""
    found = select(EsolClass).where(EsolClass.id == class_id).with_for_update(key_share=True)
    row = session.scalar(found.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("There is no such class or venue.")
    require_own(row.organisation_id, actor)
    return row


def venue_to_change(session: Session, venue_id: UUID, actor: Actor) -> Venue:
    found = select(Venue).where(Venue.id == venue_id).with_for_update(key_share=True)
    row = session.scalar(found.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("There is no such class or venue.")
    require_own(row.organisation_id, actor)
    return row


def venues_of(session: Session, organisation_id: UUID) -> Sequence[Venue]:
    return session.scalars(
        select(Venue).where(Venue.organisation_id == organisation_id).order_by(Venue.name, Venue.postcode)
    ).all()


def venue(session: Session, venue_id: UUID) -> Venue | None:
    return session.get(Venue, venue_id)


def provider(session: Session, organisation_id: UUID, *, lock: bool = False) -> Provider | None:
    return session.get(Provider, organisation_id, with_for_update={"key_share": True} if lock else None)


def providers(session: Session) -> dict[UUID, Provider]:
    return {row.organisation_id: row for row in session.scalars(select(Provider))}


ClassRow = Row[EsolClass, Venue | None]


def classes() -> Select[EsolClass, Venue | None]:
    """Classes with their venue (None online) and, in one more query for all, their times."""
    return (
        select(EsolClass, Venue)
        .outerjoin(Venue, Venue.id == EsolClass.venue_id)
        .options(selectinload(EsolClass.sessions))
    )


def classes_by_id(session: Session, ids: Collection[UUID]) -> Sequence[ClassRow]:
    return session.execute(classes().where(EsolClass.id.in_(ids))).all() if ids else []


def classes_of(session: Session, organisation_id: UUID | None, *, past: bool = False) -> Sequence[ClassRow]:
    """A provider's classes (or everybody's): open and drafts by first day, or past ones, newest first."""
    found = classes().where(EsolClass.state.in_(_ALIVE) if not past else EsolClass.state.not_in(_ALIVE))
    if organisation_id is not None:
        found = found.where(EsolClass.organisation_id == organisation_id)
    order = EsolClass.start_on.desc() if past else EsolClass.start_on
    return session.execute(found.order_by(order, EsolClass.title, EsolClass.id)).all()


def joinable(session: Session, today: date) -> Sequence[ClassRow]:
    """Published classes that a learner can still join: not begun, or roll-on and not over."""
    still = or_(EsolClass.start_on > today, EsolClass.roll_on & (EsolClass.end_on > today))
    found = classes().where(EsolClass.state == ClassState.PUBLISHED, still)
    return session.execute(found.order_by(EsolClass.start_on, EsolClass.id)).all()


def unconfirmed(session: Session, before: datetime, today: date) -> Sequence[tuple[UUID, UUID]]:
    """(class, organisation) of open classes whose free places were last confirmed before a moment."""
    found = select(EsolClass.id, EsolClass.organisation_id).where(
        EsolClass.state == ClassState.PUBLISHED,
        EsolClass.end_on >= today,
        EsolClass.places_confirmed_at <= before,
    )
    rows = session.execute(found.order_by(EsolClass.id))
    return [(class_id, organisation_id) for class_id, organisation_id in rows]


def over(session: Session, today: date) -> Sequence[UUID]:
    """Published classes and drafts whose last day has passed."""
    found = select(EsolClass.id).where(EsolClass.state.in_(_ALIVE), EsolClass.end_on < today)
    return session.scalars(found).all()


def imported(session: Session, organisation_id: UUID) -> dict[bytes, tuple[UUID, bytes | None]]:
    """A provider's classes that came from a file, by the key of their row: (class, fingerprint of what it said)."""
    found = select(EsolClass.import_key, EsolClass.id, EsolClass.import_hash).where(
        EsolClass.organisation_id == organisation_id, EsolClass.import_key.is_not(None)
    )
    return {key: (class_id, said) for key, class_id, said in session.execute(found) if key is not None}


@dataclass(frozen=True, slots=True)
class Fresh:
    """How a provider's open classes stand."""

    classes: int
    places_free: int
    oldest: datetime | None
    stale: int


def freshness(session: Session, stale_before: datetime) -> dict[UUID, Fresh]:
    """By organisation: open classes, free places, oldest confirmation, how many are older than a moment."""
    free = func.least(EsolClass.places_free, EsolClass.capacity - EsolClass.held - EsolClass.enrolled)
    found = (
        select(
            EsolClass.organisation_id,
            func.count(),
            func.sum(free),
            func.min(EsolClass.places_confirmed_at),
            func.count().filter(EsolClass.places_confirmed_at <= stale_before),
        )
        .where(EsolClass.state == ClassState.PUBLISHED)
        .group_by(EsolClass.organisation_id)
    )
    return {row[0]: Fresh(row[1], int(row[2] or 0), row[3], row[4]) for row in session.execute(found)}


def centre_of(session: Session, area: str) -> tuple[float, float] | None:
    """The middle of the known postcodes of `E8` or `E8 1`; None when none is known."""
    whole = f"{area} " if " " not in area else area
    found = select(func.avg(Postcode.lat), func.avg(Postcode.lon)).where(Postcode.postcode.startswith(whole))
    lat, lon = session.execute(found).one()
    return (float(lat), float(lon)) if lat is not None else None


def centres_of(session: Session, districts: Collection[str]) -> dict[str, tuple[float, float]]:
    """The middle of each postcode district such as `E8` that is known."""
    if not districts:
        return {}
    district = func.split_part(Postcode.postcode, " ", 1)
    wanted = or_(*(Postcode.postcode.startswith(f"{one} ") for one in sorted(districts)))
    found = select(district, func.avg(Postcode.lat), func.avg(Postcode.lon)).where(wanted).group_by(district)
    return {name: (float(lat), float(lon)) for name, lat, lon in session.execute(found)}
