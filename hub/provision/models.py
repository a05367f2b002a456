"""Rows of providers, venues and classes. Nothing here is about a learner."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.infra.db import Base, Identified, Versioned, enum_column
from hub.infra.rows import anybody
from hub.provision.domain import ClassState, ProviderKind, Strand


class Provider(Versioned, Base):
    """What the hub knows of an organisation of the kind provider, beyond its name."""

    __tablename__ = "provider"
    __rows__ = anybody("providers are public")
    __table_args__ = (CheckConstraint("ukprn ~ '^1[0-9]{7}$'", name="ukprn_shape"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    kind: Mapped[ProviderKind] = enum_column(ProviderKind)
    ukprn: Mapped[str | None] = mapped_column(String(8), unique=True)
    contact_name: Mapped[str | None]
    contact_email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    accepts_hub_assessments: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Venue(Identified, Versioned, Base):
    """A place where classes are held. `name_key` finds the same venue however its name was typed."""

    __tablename__ = "venue"
    __rows__ = anybody("places")
    __table_args__ = (UniqueConstraint("organisation_id", "name_key", "postcode"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    name_key: Mapped[str]
    address: Mapped[str]
    postcode: Mapped[str] = mapped_column(String(8))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    district: Mapped[str | None]
    step_free: Mapped[bool]


class EsolClass(Identified, Versioned, Base):
    """A class. `version` counts changes of its details; the three counters of places move without it.

    `places_free` is what the provider said at the last confirmation, less holds and enrolments since.
    """

    __tablename__ = "esol_class"
    __rows__ = anybody("classes are public once published")
    __table_args__ = (
        CheckConstraint("held >= 0", name="held_not_negative"),
        CheckConstraint("enrolled >= 0", name="enrolled_not_negative"),
        CheckConstraint("places_free >= 0", name="places_free_not_negative"),
        CheckConstraint("held + enrolled <= capacity", name="not_overbooked"),
        CheckConstraint("capacity > 0", name="capacity_positive"),
        CheckConstraint("start_on <= end_on", name="dates_in_order"),
        CheckConstraint("online OR venue_id IS NOT NULL", name="somewhere"),
        UniqueConstraint("organisation_id", "import_key"),
        Index("ix_esol_class_state", "state", "start_on"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    venue_id: Mapped[UUID | None] = mapped_column(ForeignKey("venue.id"), index=True)
    title: Mapped[str]
    strand: Mapped[Strand] = enum_column(Strand)
    state: Mapped[ClassState] = enum_column(ClassState)
    levels: Mapped[list[str]]
    rw_support: Mapped[bool]
    skill_bands: Mapped[dict[str, Any]]
    start_on: Mapped[date]
    end_on: Mapped[date]
    capacity: Mapped[int]
    places_free: Mapped[int]
    held: Mapped[int] = mapped_column(default=0)
    enrolled: Mapped[int] = mapped_column(default=0)
    places_confirmed_at: Mapped[datetime]
    places_confirmed_by: Mapped[str]
    childcare: Mapped[bool]
    women_only: Mapped[bool]
    adults_only: Mapped[bool]
    step_free: Mapped[bool]
    online: Mapped[bool]
    funding: Mapped[list[str]]
    fee_pence: Mapped[int]
    has_exam: Mapped[bool]
    roll_on: Mapped[bool]
    textbook_notes: Mapped[str]
    notes: Mapped[str]
    enrol_url: Mapped[str | None]
    contract_areas: Mapped[list[str]]
    reserves: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    import_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    import_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    sessions: Mapped[list["ClassSession"]] = relationship(
        cascade="all, delete-orphan", order_by="ClassSession.weekday", lazy="select"
    )


class ClassSession(Base):
    """When a class meets: one time on each of its days, 0 for Monday."""

    __tablename__ = "class_session"
    __rows__ = anybody("times of classes")
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="day_of_the_week"),
        CheckConstraint("starts_at < ends_at", name="times_in_order"),
    )

    esol_class_id: Mapped[UUID] = mapped_column(
        ForeignKey("esol_class.id", ondelete="CASCADE"), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(primary_key=True)
    starts_at: Mapped[time]
    ends_at: Mapped[time]
