"""Completing an assessment: four levels, the rule, perhaps an override, one explained placement."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from hub.assessment import queries
from hub.assessment.domain import (
    RULE_VERSION,
    AssessmentStatus,
    Combined,
    Completion,
    Mark,
    Override,
    ResultSource,
    Rule,
    achieved,
    combine,
    eligible_levels,
    levels,
    literacy_need,
    missing,
    needs_second_person,
    require_override,
    valid_until,
)
from hub.assessment.models import Assessment, Placement, SkillResult
from hub.assessment.service import seconding
from hub.assessment.service.assessments import require_open
from hub.assessment.service.permission import require_may_assess
from hub.assessment.service.settling import Profile, completed, explanation, replace_level
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.levels import Level
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record
from hub.policy import reads as policy
from hub.steps import service as steps
from hub.steps.domain import StepKind


@dataclass(frozen=True)
class _Done:
    """An assessment, its four levels and what they gave."""

    assessment: Assessment
    placement: Placement
    profile: Profile


def complete(
    session: Session, assessment_id: UUID, completion: Completion, actor: Actor, clock: Clock
) -> Placement:
    """Decide the placement.

    All criteria must be marked and the literacy need recorded; an override needs a coded reason, and counts only
    when a second person has confirmed it where it lies two or more levels away. The waiting list hears of it in the
    same transaction (AssessmentCompleted). Completing again returns the placement that stands.
    """
    assessment = queries.assessment(session, assessment_id, for_update=True)
    if assessment is None:
        raise NotFound
    if assessment.status is AssessmentStatus.COMPLETED:
        return _standing(session, assessment_id)
    require_open(assessment)
    require_may_assess(session, assessment.learner_id, clock)
    profile, combined = _result(session, assessment)
    _require_override(session, completion.override, combined.level, actor)
    _close(session, assessment, clock)
    _store_results(session, assessment, profile)
    placement = _place(assessment, profile, combined, completion.sublevel)
    _decide(session, _Done(assessment, placement, profile), completion.override, actor, clock)
    audit.record(
        session, actor, "assessment.completed", "learner", assessment.learner_id, clock=clock,
        reason=placement.override_code.value if placement.override_code else None,
    )  # fmt: skip
    record(session, completed(assessment, placement, profile))
    session.flush()
    return placement


def preview(session: Session, assessment: Assessment) -> Combined | None:
    """The rule's answer so far; None while a skill or the literacy need is still open."""
    marks = _marks(session, assessment.id)
    profile = queries.literacy(session, assessment.id)
    if profile is None or missing(marks):
        return None
    return combine(levels(marks), literacy_need(profile.need, marks), Rule.LOWER_MEDIAN)


def _standing(session: Session, assessment_id: UUID) -> Placement:
    placement = queries.placement(session, assessment_id)
    if placement is None:
        raise NotFound
    return placement


def _marks(session: Session, assessment_id: UUID) -> list[Mark]:
    return [Mark(row.skill, row.criterion, row.band) for row in queries.marks(session, assessment_id)]


def _result(session: Session, assessment: Assessment) -> tuple[Profile, Combined]:
    """The four levels and what the rule makes of them.

    Raises RuleBroken naming every stage that is not done.
    """
    marks = _marks(session, assessment.id)
    literacy = queries.literacy(session, assessment.id)
    faults = {
        skill.value: f"{skill.label} is not finished: {len(codes)} of the marks are still to give."
        for skill, codes in missing(marks).items()
    }
    if literacy is None:
        faults["literacy"] = "Record the literacy need."
    if faults or literacy is None:
        raise RuleBroken.many(faults, code="assessment_unfinished")
    profile = levels(marks)
    return profile, combine(profile, literacy_need(literacy.need, marks))


def _require_override(session: Session, override: Override | None, computed: Level, actor: Actor) -> None:
    if override is None:
        return
    require_override(override, computed, actor.id)
    if needs_second_person(override.level, computed):
        seconding.require_colleague(session, override.second_person_id, "second_person_id")


def _store_results(session: Session, assessment: Assessment, profile: Profile) -> None:
    session.add_all(
        SkillResult(
            assessment_id=assessment.id, skill=skill, placement_level=level, achieved_level=achieved(level),
            sublevel=None, confidence=None, source=ResultSource.RUBRIC,
        )
        for skill, level in profile.items()
    )  # fmt: skip


def _place(assessment: Assessment, profile: Profile, combined: Combined, sublevel: str | None) -> Placement:
    """The placement as the rule gives it."""
    return Placement(
        subject_id=assessment.subject_id,
        assessment_id=assessment.id,
        level=combined.level,
        achieved_level=achieved(combined.level),
        sublevel=sublevel,
        strand=combined.strand,
        literacy_offered=combined.literacy_offered,
        also=[one.value for one in eligible_levels(profile, combined.level)],
        rule_version=RULE_VERSION,
        explanation=explanation(profile, combined),
    )


def _decide(session: Session, done: "_Done", override: Override | None, actor: Actor, clock: Clock) -> None:
    """A level near the rule's counts at once; one two or more away when the second person has confirmed it."""
    done.placement.decided_by, done.placement.decided_at = actor.id, clock.now()
    session.add(done.placement)
    if override is None:
        return
    if needs_second_person(override.level, done.placement.level):
        seconding.ask(session, done.assessment, override, actor, clock)
    else:
        replace_level(done.placement, override, done.profile)


def _close(session: Session, assessment: Assessment, clock: Clock) -> None:
    days = policy.number(session, "assessment_valid_days", clock.today())
    steps.close_step(session, StepKind.ASSESSMENT_TO_DO, assessment.case_id, clock)
    assessment.status = AssessmentStatus.COMPLETED
    assessment.closed_at = assessment.changed_at = clock.now()
    assessment.valid_until = valid_until(clock.today(), days)
