"""How records compare now, by the model of the day."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.learners import reads
from hub.learners.domain.scoring import Comparison, comparable, compare, prepare, stored_comparison, weigh
from hub.learners.models import DuplicatePair


def scores_between(
    session: Session, left: Collection[UUID], right: Collection[UUID], clock: Clock
) -> list[float]:
    """The score of each learner of one cluster against each of another, all as they were first referred."""
    model = reads.recognition_model(clock.today())
    people = reads.people_as_referred(session, [*left, *right])
    prepared = {one: prepare(comparable(person), model) for one, person in people.items()}
    return [weigh(prepared[one], prepared[other], model).score for one in left for other in right]


def comparison_of(session: Session, pair: DuplicatePair, clock: Clock) -> Comparison:
    """The comparison that a decision about this pair rests on: the one by which it was suggested, or today's where
    it is older than the scorer."""
    stored = stored_comparison(pair.score, pair.zone, pair.parts, pair.model_version)
    if stored is not None:
        return stored
    people = reads.people_as_referred(session, [pair.left_id, pair.right_id])
    left, right = comparable(people[pair.left_id]), comparable(people[pair.right_id])
    return compare(left, right, reads.recognition_model(clock.today()))
