"""What other slices hear about people."""

from dataclasses import dataclass
from uuid import UUID

from hub.core.events import Event


@dataclass(frozen=True)
class LearnersMerged(Event):
    """A person decided that two learners are one: everything of `source_record_ids` is now of `kept_id`.

    The ids are all records that moved, corrections included; `lost_id` keeps its row and points at `kept_id`.
    """

    kept_id: UUID
    lost_id: UUID
    source_record_ids: tuple[UUID, ...]
    decision_id: UUID


@dataclass(frozen=True)
class LearnersUnmerged(Event):
    """A merge was undone: everything of `source_record_ids` goes back from `kept_id` to `restored_id`."""

    kept_id: UUID
    restored_id: UUID
    source_record_ids: tuple[UUID, ...]
    decision_id: UUID
