"""Messages of people who were one record and are two again."""

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.permissions import Actor
from hub.infra.columns import reseal
from hub.learners import reads as learners
from hub.learners import service as people
from hub.learners.domain import Happening, HappeningMoved, LearnersUnmerged, SplitKind
from hub.messaging import queries
from hub.messaging.models import Message, ReceivedText
from hub.steps import service as steps


def learners_unmerged(session: Session, event: LearnersUnmerged, actor: Actor, clock: Clock) -> None:
    """Messages stay with whom they were written to; whose those since the merge were, a person says."""
    ids = learners.same_person_ids(session, event.kept_id) | learners.same_person_ids(
        session, event.restored_id
    )
    now = learners.survivors(session, ids)
    found = [
        Happening(SplitKind.MESSAGE, row.id, row.created_at, now[row.learner_id])
        for row in queries.written_since(session, ids, event.merged_at)
        if row.learner_id is not None
    ]
    found += [
        Happening(SplitKind.RECEIVED_TEXT, text.id, text.received_at, now[text.learner_id])
        for text in queries.received_since(session, ids, event.merged_at)
        if text.learner_id is not None
    ]
    people.ask_whose(session, event, found, clock)


def happening_moved(session: Session, event: HappeningMoved, actor: Actor, clock: Clock) -> None:
    """A message to or a text from the other person: its words are sealed under that one's key from now on."""
    row: Message | ReceivedText
    if event.kind is SplitKind.MESSAGE:
        row = session.get_one(Message, event.row_id)
    elif event.kind is SplitKind.RECEIVED_TEXT:
        row = session.get_one(ReceivedText, event.row_id)
    else:
        return
    reseal(row, event.subject_id)
    row.learner_id = event.learner_id
    steps.move_learner(session, [row.id], event.learner_id)
