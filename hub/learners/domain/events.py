"""What other slices hear about people."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.core.events import Event
from hub.learners.domain.splitting import SplitKind


@dataclass(frozen=True)
class LearnersMerged(Event):
    """Two learners were decided to be one: everything of `source_record_ids` is now of `kept_id`.

    The ids are all records that moved, corrections included; `lost_id` keeps its row and points at `kept_id`.
    """

    kept_id: UUID
    lost_id: UUID
    source_record_ids: tuple[UUID, ...]
    decision_id: UUID


@dataclass(frozen=True)
class LearnersUnmerged(Event):
    """A merge was undone: everything of `source_record_ids` goes back from `kept_id` to `restored_id`.

    What came to be since `merged_at` may be either's: each slice names it to `service.ask_whose`.
    """

    kept_id: UUID
    restored_id: UUID
    source_record_ids: tuple[UUID, ...]
    decision_id: UUID
    merged_at: datetime


@dataclass(frozen=True)
class StrongMatchFound(Event):
    """Two records are in the automatic zone and automatic linking is on. Whoever knows of assessments answers with
    `service.link_automatically`."""

    pair_id: UUID
    left_id: UUID
    right_id: UUID


@dataclass(frozen=True)
class HappeningMoved(Event):
    """A person gave something that happened while two were one to the other of them: the row `row_id` of `kind`
    goes from `from_id` to `learner_id`, under the source record and the subject named here."""

    kind: SplitKind
    row_id: UUID
    from_id: UUID
    learner_id: UUID
    source_record_id: UUID
    subject_id: UUID


@dataclass(frozen=True)
class IndexesRenewed(Event):
    """These source records are found by other hashes from now on: what others keep of the same kind follows."""

    source_record_ids: tuple[UUID, ...]
