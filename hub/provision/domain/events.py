"""What other slices hear about classes."""

from dataclasses import dataclass
from uuid import UUID

from hub.core.events import Event


@dataclass(frozen=True)
class ClassCancelled(Event):
    """The provider will not hold the class: its offers and enrolments end, its learners are first again."""

    class_id: UUID
