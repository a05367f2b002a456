"""After two were parted: giving to each what happened while they were one record."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.columns import reseal
from hub.infra.db import record
from hub.infra.writes import put
from hub.learners import queries
from hub.learners.domain.events import HappeningMoved, LearnersUnmerged
from hub.learners.domain.splitting import Happening, SplitKind, unsettled
from hub.learners.models import LearningNeeds, SourceRecord, SplitItem
from hub.learners.queries import deciding, splitting
from hub.learners.service.details import move_correction
from hub.learners.service.steps import ask_to_split, stop_asking_to_split


def ask_whose(
    session: Session, event: LearnersUnmerged, happenings: Iterable[Happening], clock: Clock
) -> None:
    """Put on the list what happened while the two were one, for a person to say whose it was.

    It stays with whom its source record says until then. One step for all that one parting left open.
    """
    both = frozenset({event.kept_id, event.restored_id})
    found = unsettled(happenings, both)
    if not found:
        return
    put(session, *(_item(event, one) for one in found))
    ask_to_split(session, event.decision_id, event.restored_id, clock)


def _item(event: LearnersUnmerged, one: Happening) -> SplitItem:
    other = event.restored_id if one.learner_id == event.kept_id else event.kept_id
    return SplitItem(
        decision_id=event.decision_id,
        kind=one.kind,
        row_id=one.row_id,
        happened_at=one.at,
        learner_id=one.learner_id,
        other_id=other,
        moved=False,
    )


def ask_whose_here(session: Session, event: LearnersUnmerged, clock: Clock) -> None:
    """What this slice itself was told of the two while they were one: contact details and needs."""
    both = {event.kept_id, event.restored_id}
    rows: list[tuple[SplitKind, SourceRecord | LearningNeeds, UUID]] = [
        (SplitKind.CONTACT, row, row.learner_id)
        for row in splitting.corrections_since(session, both, event.merged_at)
    ]
    rows += [
        (SplitKind.NEEDS, needs, learner_id)
        for needs, learner_id in splitting.needs_since(session, both, event.merged_at)
    ]
    ask_whose(
        session, event, [Happening(kind, row.id, row.created_at, whose) for kind, row, whose in rows], clock
    )


def settle_split(session: Session, item_id: UUID, learner_id: UUID, actor: Actor, clock: Clock) -> None:
    """Give one thing to one of the two. NotFound; RuleBroken for somebody else; Conflict when it was settled
    or the two are one again."""
    deciding.lock_decisions(session)
    item = splitting.locked_item(session, item_id)
    if item is None:
        raise NotFound("There is nothing to give to anybody.")
    if item.settled_at is not None:
        raise Conflict("Somebody has already said whose this is.", code="already_settled")
    if learner_id not in {item.learner_id, item.other_id}:
        raise RuleBroken("Choose one of the two learners.", field="learner_id")
    now = queries.survivors(session, [item.learner_id, item.other_id])
    if now[item.learner_id] == now[item.other_id]:
        raise Conflict("The two are one learner again.", code="same_learner")
    if learner_id == item.other_id:
        _move(session, item, (now[item.learner_id], now[learner_id]), clock)
        item.learner_id, item.other_id, item.moved = item.other_id, item.learner_id, True
    item.settled_at, item.settled_by = clock.now(), actor.id
    session.flush()
    for one in (item.learner_id, item.other_id):
        audit.record(session, actor, "learner.split_settled", "learner", one, fields=[item.kind], clock=clock)
    if not splitting.open_items(session, [item.decision_id]):
        stop_asking_to_split(session, item.decision_id, clock)


def _move(session: Session, item: SplitItem, now: tuple[UUID, UUID], clock: Clock) -> None:
    """To the first record of the other learner: corrections and needs here, all else by whoever has it."""
    record_id = deciding.first_record_of(session, item.other_id)
    target = queries.records_by_id(session, [record_id])[0]
    if item.kind is SplitKind.NEEDS:
        needs = session.get_one(LearningNeeds, item.row_id)
        reseal(needs, target.subject_id)
        needs.source_record_id = target.id
    elif item.kind is SplitKind.CONTACT:
        wrong = session.get_one(SourceRecord, item.row_id)
        before = splitting.moved_corrections(session, wrong.home_learner_id)
        move_correction(session, wrong, target, before, clock)
    else:
        moved = HappeningMoved(item.kind, item.row_id, *now, target.id, target.subject_id)
        record(session, moved)
    session.flush()


def keep_split_steps(session: Session, learner_ids: Collection[UUID], clock: Clock) -> None:
    """While two are one again there is nothing to split between them; when they are parted again, there is."""
    items = splitting.open_items_about(session, learner_ids)
    if not items:
        return
    session.flush()
    now = queries.survivors(session, {one for item in items for one in (item.learner_id, item.other_id)})
    apart = {item.decision_id: item for item in items if now[item.learner_id] != now[item.other_id]}
    for decision_id in {item.decision_id for item in items} - apart.keys():
        stop_asking_to_split(session, decision_id, clock)
    for decision_id, item in apart.items():
        ask_to_split(session, decision_id, item.learner_id, clock)
