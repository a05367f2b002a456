"""Rows of the person. What describes somebody is sealed; dates of the process and pointers are not."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.infra.columns import Sealed, SealedRow
from hub.infra.db import Base, Identified, Versioned, enum_column
from hub.infra.rows import HUB_ONLY, of_organisation
from hub.learners.domain.links import LinkPurpose
from hub.learners.domain.merging import LinkAction
from hub.learners.domain.pairs import PairDecision
from hub.learners.domain.scoring import Zone
from hub.learners.domain.splitting import SplitKind
from hub.learners.domain.zones import Held


class Learner(Identified, Versioned, Base):
    """A learner as known to the hub. After a merge the row stays and `merged_into_id` says who it became."""

    __tablename__ = "learner"
    __rows__ = HUB_ONLY.and_learners("id")

    first_referred_on: Mapped[date]
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("learner.id"), index=True)
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),)


class SourceRecord(Identified, SealedRow, Base):
    """What one source said about a person, never changed: a correction is a new row that amends it.

    `home_learner_id` is the learner it came with, for ever; `learner_id` the one it belongs to now, moved by
    merge and unmerge alone. A correction keeps the subject and the home of what it amends.
    """

    __tablename__ = "source_record"
    __rows__ = of_organisation().and_learners("home_learner_id", "learner_id")

    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    home_learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    amends_id: Mapped[UUID | None] = mapped_column(ForeignKey("source_record.id"))
    referred_on: Mapped[date]
    created_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    contact_confirmed_at: Mapped[datetime | None]
    name_verified_at: Mapped[datetime | None]
    birth_date_verified_at: Mapped[datetime | None]
    index_version: Mapped[str | None]  # of the rules that made its blind index

    given_names = Sealed.text()
    family_name = Sealed.text()
    known_as = Sealed.text()
    date_of_birth = Sealed.day()
    sex = Sealed.text()
    postcode = Sealed.text()
    address = Sealed.text()
    phone = Sealed.text()
    second_phone = Sealed.text()
    email = Sealed.text()
    preferred_language = Sealed.text()
    other_languages = Sealed.json()
    reads_in = Sealed.text()
    first_language = Sealed.text()
    nationality = Sealed.text()
    contact_rules = Sealed.json()  # interpreter needed, safe to text, safe to call


class LearningNeeds(Identified, SealedRow, Base):
    """What a learner said they need, as one sealed value per telling; the newest of a learner counts."""

    __tablename__ = "learning_needs"
    __rows__ = HUB_ONLY.and_learners_of("source_record", "source_record_id")

    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    recorded_on: Mapped[date]
    created_at: Mapped[datetime]

    answers = Sealed.json()


class BlindIndex(Base):
    """A keyed hash under which a source record can be found. The keys stay with the subject."""

    __tablename__ = "blind_index"

    hash: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    source_record_id: Mapped[UUID] = mapped_column(
        ForeignKey("source_record.id"), primary_key=True, index=True
    )
    kind: Mapped[str]
    subject_id: Mapped[UUID]


class DuplicatePair(Identified, Versioned, Base):
    """Two learners suggested as one person, by their home ids in order; what was decided stays for ever.

    `zone` is where the score fell: auto, review, or new for the low band that is only logged and sampled.
    `held_because` is why an automatic one waits for a person all the same.
    """

    __tablename__ = "duplicate_pair"
    __table_args__ = (
        UniqueConstraint("left_id", "right_id"),
        CheckConstraint("left_id < right_id", name="in_order"),
        Index("ix_duplicate_pair_open", "created_at", postgresql_where=text("decision = 'open'")),
    )

    left_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    right_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    reasons: Mapped[list[str]]
    score: Mapped[float | None]  # bits; NULL for pairs suggested before there was a scorer
    zone: Mapped[Zone | None] = enum_column(Zone, nullable=True)
    parts: Mapped[list[Any] | None] = mapped_column(JSONB)  # [field, level, weight] each: nothing personal
    model_version: Mapped[str | None]
    held_because: Mapped[Held | None] = enum_column(Held)
    sampled_on: Mapped[date | None]
    decision: Mapped[PairDecision] = enum_column(PairDecision)
    decided_at: Mapped[datetime | None]
    decision_id: Mapped[UUID | None] = mapped_column(ForeignKey("link_decision.id"))
    created_at: Mapped[datetime]


class LinkDecision(Identified, Base):
    """One decision about a source record and a person; rows are only ever added (a trigger sees to it).

    `source_record_id` is the first record of the learner who was joined with or told apart from `person_id`;
    what had been joined with that learner before follows. An `unlink` supersedes what it takes back.
    `decided_by` is empty where the hub linked by itself. Ids, weights and coded reasons only: the rows stay
    after erasure without naming anybody.
    """

    __tablename__ = "link_decision"
    __table_args__ = (
        UniqueConstraint("supersedes_id"),
        CheckConstraint("(action = 'unlink') = (supersedes_id IS NOT NULL)", name="unlink_supersedes"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    source_record_id: Mapped[UUID] = mapped_column(ForeignKey("source_record.id"), index=True)
    action: Mapped[LinkAction] = enum_column(LinkAction)
    score: Mapped[float | None]
    weights_json: Mapped[dict[str, Any]]
    model_version: Mapped[str | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    at: Mapped[datetime]
    supersedes_id: Mapped[UUID | None] = mapped_column(ForeignKey("link_decision.id"))


class AutomaticLinking(Identified, Base):
    """Automatic linking was switched on or off: by whom, why, and on what evidence. Only added; the newest counts.

    `errors` and `decided` are what people had decided about pairs of the automatic zone under `model_version`.
    """

    __tablename__ = "automatic_linking"

    is_on: Mapped[bool]
    reason: Mapped[str]
    model_version: Mapped[str]
    decided: Mapped[int]
    errors: Mapped[int]
    changed_by: Mapped[UUID | None]
    changed_at: Mapped[datetime]


class SplitItem(Identified, Versioned, Base):
    """Something that happened while two people were one record, to be given to one of them after they were parted.

    `kind` and `row_id` name the row of the slice that has it; `learner_id` is whose it is now. Nothing of
    what happened is kept here.
    """

    __tablename__ = "split_item"
    __table_args__ = (
        UniqueConstraint("decision_id", "kind", "row_id"),
        Index("ix_split_item_open", "decision_id", postgresql_where=text("settled_at IS NULL")),
    )

    decision_id: Mapped[UUID] = mapped_column(ForeignKey("link_decision.id"))
    kind: Mapped[SplitKind] = enum_column(SplitKind)
    row_id: Mapped[UUID]
    happened_at: Mapped[datetime]
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
    moved: Mapped[bool]


class PersonalLink(Identified, Base):
    """A secret link of a learner. Only its hash is here: who reads the database cannot use it."""

    __tablename__ = "personal_link"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), index=True)
    purpose: Mapped[LinkPurpose] = enum_column(LinkPurpose)
    subject_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_opened_at: Mapped[datetime | None]
    wrong_birth_dates: Mapped[int]
