"""Whose permission it is: a learner, by each of the records that came in about them."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.errors import NotFound
from hub.learners import reads as learners


class Subject(Protocol):
    """`learners.service.identify` gives one."""

    @property
    def learner_id(self) -> UUID: ...
    @property
    def source_record_id(self) -> UUID: ...
    @property
    def subject_id(self) -> UUID: ...


@dataclass(frozen=True)
class Source:
    """One record of a learner as it stands today."""

    learner_id: UUID
    source_record_id: UUID
    subject_id: UUID
    date_of_birth: date | None = None


def originals(session: Session, learner_id: UUID) -> list[Source]:
    """Every record that came in about the learner, corrections left out; NotFound where there is none."""
    found = [
        Source(learner_id, one.id, one.subject_id, one.date_of_birth)
        for one in learners.source_records(session, learner_id)
        if one.amends_id is None
    ]
    if not found:
        raise NotFound("There is no such learner.")
    return found
