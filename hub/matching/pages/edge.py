"""What the pages of matching share."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import current_actor
from hub.infra.db import runtime
from hub.infra.http import pages_blueprint
from hub.learners import reads as learners
from hub.learners.domain import Person
from hub.policy import reads as policy
from hub.policy.domain import Label

blueprint = pages_blueprint("matching", "hub.matching")
PAGE = 100


def asked_page() -> int:
    """The page asked for, 1 for anything that is not a page."""
    text = request.args.get("page", "1")
    return max(int(text), 1) if text.isdecimal() and len(text) < 6 else 1


def people_shown(session: Session, learner_ids: Collection[UUID], action: str) -> dict[UUID, Person]:
    """Who the learners are; that they were shown is recorded for each."""
    seen(session, learner_ids, action, ("name",))
    return learners.people(session, set(learner_ids))


def seen(session: Session, learner_ids: Collection[UUID], action: str, fields: tuple[str, ...]) -> None:
    for learner_id in dict.fromkeys(learner_ids):
        audit.record(
            session, current_actor(), action, "learner", learner_id, clock=runtime().clock, fields=fields
        )


def labels(session: Session, machine: str, states: Iterable[str]) -> Mapping[str, Label]:
    """State -> what staff see of it."""
    return {state: policy.label(session, machine, state, "staff") for state in states}


def own_organisation() -> UUID | None:
    """A provider sees its own; the hub sees all (None)."""
    actor = current_actor()
    return actor.organisation_id if actor.role is Role.PROVIDER else None


def reason_options(session: Session, whose: str) -> list[tuple[str, str]]:
    """Reasons to choose from; those that need words say so."""
    return [
        (one.code, f"{one.label} (say more)" if one.note_required else one.label)
        for one in policy.reasons(session, whose)
    ]
