"""A second person looks at a placement two or more levels away from the rule.

Until they answer, the level of the rule counts and the learner is on the list with it: nobody loses a turn because
a colleague is slow. A yes puts the decided level in its place, with the date kept; a no leaves the rule's.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.assessment import queries
from hub.assessment.domain import (
    Asked,
    Override,
    PlacementConfirmed,
    SecondState,
    Verdict,
    require_may_answer,
    require_verdict,
)
from hub.assessment.models import Assessment, SecondOpinion
from hub.assessment.service.permission import require_may_assess
from hub.assessment.service.settling import completed, replace_level
from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, NotPermitted, RuleBroken
from hub.core.permissions import HUB_ROLES, Actor, Role
from hub.core.working_days import add_working_days
from hub.infra import audit
from hub.infra.calendars import holidays
from hub.infra.db import record
from hub.policy import reads as policy
from hub.steps import service as steps
from hub.steps.domain import NewStep, Owner, StepKind

KIND = StepKind.PLACEMENT_TO_CONFIRM


@dataclass(frozen=True)
class Answer:
    """Who of the hub answers, and what they say. An API key speaks for a person whom it names."""

    person_id: UUID
    verdict: Verdict


def ask(session: Session, assessment: Assessment, override: Override, actor: Actor, clock: Clock) -> None:
    """Ask the colleague whom the assessor named: a step of their own, due by the clock `second_person_days`."""
    colleague = require_colleague(session, override.second_person_id, "second_person_id")
    session.add(
        SecondOpinion(
            subject_id=assessment.subject_id, assessment_id=assessment.id, level=override.level,
            code=override.code, text=override.text.strip() or None, state=SecondState.WAITING,
            proposed_by=actor.id, asked_id=colleague.id, asked_at=clock.now(),
        )
    )  # fmt: skip
    session.flush()
    owner = Owner.person(colleague.organisation_id, colleague.role, colleague.id)
    due = steps.due(session, "second_person_days", clock)
    new = NewStep(KIND, "assessment", assessment.id, owner, due, assessment.learner_id)
    steps.open_step(session, new, clock)
    _audit(session, assessment, "assessment.second_asked", actor, clock)


def answer(session: Session, assessment_id: UUID, said: Answer, actor: Actor, clock: Clock) -> SecondOpinion:
    """Confirm or disagree. The same answer twice is one.

    Raises NotFound where nobody was asked, NotPermitted for another person, RuleBroken for a no without a reason or
    where the learner has had the use of their data stopped, Conflict once it is answered otherwise.
    """
    assessment = queries.assessment(session, assessment_id, for_update=True)
    asked = queries.second_opinion(session, assessment_id)
    if assessment is None or asked is None:
        raise NotFound
    colleague = require_colleague(session, said.person_id, "person_id")
    _require_may_answer(assessment, asked, colleague.id, colleague.role)
    wanted = SecondState.CONFIRMED if said.verdict.agrees else SecondState.DISAGREED
    if asked.state is wanted:
        return asked
    if asked.state is not SecondState.WAITING:
        raise Conflict("This level is settled already.", code="second_person_done")
    require_verdict(said.verdict)
    if said.verdict.agrees:
        require_may_assess(session, assessment.learner_id, clock)
        _confirm(session, assessment, asked, colleague.id)
    _settle(asked, wanted, said, clock)
    steps.close_step(session, KIND, assessment_id, clock, wanted.value)
    _audit(session, assessment, f"assessment.second_{wanted.value}", actor, clock)
    session.flush()
    return asked


def may_answer(session: Session, assessment_id: UUID, actor: Actor) -> bool:
    """Whether this person is the one who can answer now."""
    assessment = queries.assessment(session, assessment_id)
    asked = queries.second_opinion(session, assessment_id)
    if assessment is None or asked is None or asked.state is not SecondState.WAITING or actor.id is None:
        return False
    try:
        _require_may_answer(assessment, asked, actor.id, actor.role)
    except NotPermitted:
        return False
    return True


def _require_may_answer(assessment: Assessment, asked: SecondOpinion, person_id: UUID, role: Role) -> None:
    who = frozenset(one for one in (asked.proposed_by, assessment.assessor_id) if one is not None)
    question = Asked(who, asked.asked_id, asked.handed_on_at is not None)
    require_may_answer(question, person_id, is_manager=role is Role.HUB_MANAGER)


def _confirm(session: Session, assessment: Assessment, asked: SecondOpinion, person_id: UUID) -> None:
    """The decided level takes the place of the rule's; the waiting list hears of it in this transaction."""
    placement = queries.placement(session, assessment.id)
    if placement is None:
        raise NotFound
    override = Override(asked.level, asked.code, asked.text or "", person_id)
    profile = {row.skill: row.placement_level for row in queries.results(session, [assessment.id])}
    replace_level(placement, override, profile)
    record(session, completed(assessment, placement, profile, PlacementConfirmed))


def _settle(asked: SecondOpinion, state: SecondState, said: Answer, clock: Clock) -> None:
    asked.state, asked.answered_by, asked.answered_at = state, said.person_id, clock.now()
    asked.why = said.verdict.why.strip() or None


def drop_for_case(session: Session, case_id: UUID, clock: Clock) -> None:
    """The case is closed: nobody needs to look any more, and the rule's level stays."""
    for asked in queries.second_opinions_waiting(session, Assessment.case_id == case_id):
        asked.state, asked.answered_at = SecondState.NOT_NEEDED, clock.now()
        steps.close_step(session, KIND, asked.assessment_id, clock, SecondState.NOT_NEEDED.value)


def hand_on(session: Session, clock: Clock) -> int:
    """What waits longer than the clock `second_person_manager_days` goes to the hub's managers too; how many."""
    days = policy.number(session, "second_person_manager_days", clock.today())
    if not days:
        return 0
    late = [one for one in queries.second_opinions_waiting(session) if _is_late(one, days, clock.today())]
    for asked in late:
        asked.handed_on_at = clock.now()
        steps.give(session, KIND, asked.assessment_id, steps.hub_role(session))
    session.flush()
    return len(late)


def _is_late(asked: SecondOpinion, days: int, today: date) -> bool:
    return asked.handed_on_at is None and add_working_days(asked.asked_at.date(), days, holidays()) < today


def require_colleague(session: Session, person_id: UUID | None, field: str) -> accounts.UserView:
    """The active assessor or manager of the hub; RuleBroken beside the field for anybody else."""
    hub = accounts.hub_organisation(session)
    for user in accounts.users_of(session, hub.id):
        if user.id == person_id and user.role in HUB_ROLES and user.is_active:
            return user
    raise RuleBroken("Choose a colleague of the hub.", code="second_person", field=field)


def _audit(session: Session, assessment: Assessment, action: str, actor: Actor, clock: Clock) -> None:
    audit.record(session, actor, action, "learner", assessment.learner_id, clock=clock)
