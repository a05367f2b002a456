"""What other slices hear of people's rights."""

from dataclasses import dataclass
from uuid import UUID

from hub.core.events import Event


@dataclass(frozen=True)
class ErasureGranted(Event):
    """The person is to be erased: whatever is still going on for them, under any of these ids, ends now."""

    learner_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class PersonErased(Event):
    """Everything of these learners (one person) was erased: whoever keeps their ids somewhere drops them."""

    person_id: UUID
    learner_ids: tuple[UUID, ...]
