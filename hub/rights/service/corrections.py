"""Putting right what is wrong: an amending source record, and word to those who have the old one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import RuleBroken
from hub.core.permissions import Actor
from hub.learners import service as learners
from hub.rights.domain.cases import Act, CaseKind, CaseState, Decision, Ruling
from hub.rights.service import notices
from hub.rights.service.casework import Line, take, write
from hub.rights.service.deciding import decide


def correct(
    session: Session, case_id: UUID, changes: Mapping[str, Any], actor: Actor, clock: Clock
) -> list[str]:
    """Accept a correction: write what is right, tell the partners, and decide the case; the changed fields.

    RuleBroken by field, and where nothing would change.
    """
    row = take(session, case_id, Act.DECIDE)
    if row.kind is not CaseKind.CORRECTION or row.learner_id is None or row.state is CaseState.RECEIVED:
        raise RuleBroken(
            "First say which learner this is, and how you made sure who asks.", code="not_identified"
        )
    changed = learners.correct(session, row.learner_id, changes, actor, clock)
    if not changed:
        raise RuleBroken("Nothing is different from what we have.", code="nothing_changed")
    decide(session, case_id, Ruling(Decision.GRANTED), actor, clock)
    notices.tell_partners(session, row, changed, clock)
    write(session, row, Line(Act.CARRY_OUT), actor, clock)
    return changed
