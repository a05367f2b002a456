"""Rows of cases, copies, notices, holds, breaches. A case's words stand under a key of its own: it outlives the
learner's record, and its words end by a rule of their own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, Versioned, enum_column
from hub.infra.rows import of_organisation, of_parent
from hub.rights.domain.breaches import Risk
from hub.rights.domain.cases import Act, CaseKind, CaseState, Decision, Door, Identity, Reason, WhyLonger
from hub.rights.domain.holds import HoldKind


class RightsCase(Identified, SealedRow, Versioned, Base):
    """A request or complaint. `paused_on` is set while the clock stands still; `erase_on` once erasure is granted."""

    __tablename__ = "rights_case"
    __table_args__ = (
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_whole"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_day"),
        Index("ix_rights_case_open", "received_on", postgresql_where=text("state <> 'closed'")),
    )

    reference: Mapped[str] = mapped_column(String(12), unique=True)
    kind: Mapped[CaseKind] = enum_column(CaseKind)
    state: Mapped[CaseState] = enum_column(CaseState)
    door: Mapped[Door] = enum_column(Door)
    learner_id: Mapped[UUID | None] = mapped_column(ForeignKey("learner.id"), index=True)
    received_on: Mapped[date]
    received_by: Mapped[UUID | None]
    made_at: Mapped[datetime]
    identity: Mapped[Identity | None] = enum_column(Identity)
    identified_on: Mapped[date | None]
    identified_by: Mapped[UUID | None]
    acknowledged_on: Mapped[date | None]
    longer_because: Mapped[WhyLonger | None] = enum_column(WhyLonger)
    paused_on: Mapped[date | None]
    paused_days: Mapped[int]
    decision: Mapped[Decision | None] = enum_column(Decision)
    reason: Mapped[Reason | None] = enum_column(Reason)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    erase_on: Mapped[date | None] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    wiped_at: Mapped[datetime | None]

    name = Sealed.text()
    contact = Sealed.text()
    words = Sealed.text()
    answer = Sealed.text()


class RightsEvent(Identified, SealedRow, Base):
    """One thing that happened to a case. `minutes`: of searching, where that is what happened."""

    __tablename__ = "rights_event"
    __rows__ = of_parent("rights_case", "case_id")

    case_id: Mapped[UUID] = mapped_column(ForeignKey("rights_case.id"), index=True)
    at: Mapped[datetime]
    act: Mapped[Act] = enum_column(Act)
    actor_id: Mapped[UUID | None]
    actor_role: Mapped[str]
    minutes: Mapped[int | None]
    found: Mapped[bool | None]

    note = Sealed.text()


class RightsPackage(Identified, SealedRow, Base):
    """The copy made for an access request: a zip, sealed, until it was fetched or its days are over.

    Behind the personal link it needs a second check: a code of seven digits by text, ten minutes, once.
    """

    __tablename__ = "rights_package"
    __rows__ = of_parent("rights_case", "case_id")

    case_id: Mapped[UUID] = mapped_column(ForeignKey("rights_case.id"), unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    sha256: Mapped[str]
    size: Mapped[int]
    expires_on: Mapped[date] = mapped_column(index=True)
    released_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    code_until: Mapped[datetime | None]
    code_wrong: Mapped[int]

    content = Sealed.text()


class RightsNotice(Identified, Base):
    """A partner that has the data was told to do the same (Art 19), and said that it has."""

    __tablename__ = "rights_notice"
    __rows__ = of_organisation()
    __table_args__ = (UniqueConstraint("case_id", "organisation_id"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("rights_case.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    about: Mapped[list[str]]
    told_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]


class LegalHold(Identified, SealedRow, Base):
    """While it stands, nothing of the learner is erased. The reason is sealed under the learner's key."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        Index("ix_legal_hold_standing", "learner_id", postgresql_where=text("lifted_at IS NULL")),
    )

    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    kind: Mapped[HoldKind] = enum_column(HoldKind)
    placed_at: Mapped[datetime]
    placed_by: Mapped[UUID | None]
    review_on: Mapped[date]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]

    reason = Sealed.text()
    lifted_because = Sealed.text()


class DataBreach(Identified, SealedRow, Versioned, Base):
    """A breach in the register, under a key of its own. 72 hours run from `aware_at`."""

    __tablename__ = "data_breach"

    reference: Mapped[str] = mapped_column(String(12), unique=True)
    aware_at: Mapped[datetime] = mapped_column(index=True)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    people: Mapped[int]
    risk: Mapped[Risk | None] = enum_column(Risk)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reported_at: Mapped[datetime | None]
    ico_reference: Mapped[str | None] = mapped_column(String(40))
    people_told_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    wiped_at: Mapped[datetime | None]

    what = Sealed.text()
    effects = Sealed.text()
    measures = Sealed.text()
    why = Sealed.text()


class RetentionNotice(Identified, Base):
    """A learner whose time is over was told so, and is erased from `erase_on` unless something happens."""

    __tablename__ = "retention_notice"
    __table_args__ = (
        Index(
            "uq_retention_notice_open", "learner_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
    )

    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    rule: Mapped[str] = mapped_column(String(40))
    told_at: Mapped[datetime]
    erase_on: Mapped[date]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
