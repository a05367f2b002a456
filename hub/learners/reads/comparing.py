"""How two records compare: for a person to decide by, and for the hub to link by."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.learners.domain.golden import Person
from hub.learners.domain.reviewing import Knowing, knowing
from hub.learners.domain.scoring import Comparison, comparable, compare, prepare, stored_comparison, weigh
from hub.learners.models import DuplicatePair
from hub.learners.queries import deciding
from hub.learners.reads.people import people, people_as_referred, recognition_model, source_records


@dataclass(frozen=True)
class Review:
    """A pair as a person decides about it: both people, what each record knows, and how they compare."""

    left: Person
    right: Person
    comparison: Comparison
    known: tuple[Knowing, Knowing]


def review(session: Session, pair_id: UUID, day: date) -> Review | None:
    """What to show of a pair; None when there is no such pair or the two are one person already."""
    row = deciding.pair(session, pair_id)
    if row is None or row[1] == row[2]:
        return None
    pair, left_id, right_id = row
    found = people(session, [left_id, right_id])
    left, right = found[left_id], found[right_id]
    known = tuple(knowing(one, source_records(session, one.learner_id)) for one in (left, right))
    return Review(left, right, _comparison(pair, left, right, day), (known[0], known[1]))


def comparison_of(session: Session, pair: DuplicatePair, day: date) -> Comparison:
    """The comparison that a decision about this pair rests on: the one that `review` shows."""
    found = people(session, [pair.left_id, pair.right_id])
    return _comparison(pair, found[pair.left_id], found[pair.right_id], day)


def _comparison(pair: DuplicatePair, left: Person, right: Person, day: date) -> Comparison:
    """As it was suggested, while either is still one record; else of the two as they are known now."""
    stored = stored_comparison(pair.score, pair.zone, pair.parts, pair.model_version)
    unchanged = len(left.source_record_ids) == len(right.source_record_ids) == 1
    if stored is not None and unchanged:
        return stored
    return compare(comparable(left), comparable(right), recognition_model(day))


def scores_between(
    session: Session, left: Collection[UUID], right: Collection[UUID], day: date
) -> list[float]:
    """The score of each learner of one cluster against each of another, all as they were first referred."""
    model = recognition_model(day)
    found = people_as_referred(session, [*left, *right])
    prepared = {one: prepare(comparable(person), model) for one, person in found.items()}
    return [weigh(prepared[one], prepared[other], model).score for one in left for other in right]
