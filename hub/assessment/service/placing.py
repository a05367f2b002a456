"""Completing an assessment: four levels, the rule, perhaps an override, one explained placement."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.assessment import queries
from hub.assessment.domain import (
    RULE_VERSION,
    AssessmentCompleted,
    AssessmentStatus,
    Combined,
    Completion,
    Mark,
    Override,
    ResultSource,
    Rule,
    Skill,
    achieved,
    combine,
    eligible_levels,
    learner_text,
    levels,
    literacy_need,
    missing,
    require_override,
    valid_until,
)
from hub.assessment.models import Assessment, Placement, SkillResult
from hub.assessment.service.assessments import require_open
from hub.assessment.service.permission import require_may_assess
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.levels import Level
from hub.core.permissions import HUB_ROLES, Actor
from hub.infra import audit
from hub.infra.db import record
from hub.policy import reads as policy
from hub.steps import service as steps
from hub.steps.domain import StepKind

Profile = Mapping[Skill, Level]


def complete(
    session: Session, assessment_id: UUID, completion: Completion, actor: Actor, clock: Clock
) -> Placement:
    """Decide the placement.

    All criteria must be marked and the literacy need recorded; an override needs a coded reason. The waiting
    list hears of it in the same transaction (AssessmentCompleted). Completing again returns the placement
    that stands.
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
    placement = _place(assessment, profile, combined, completion, actor, clock)
    session.add(placement)
    audit.record(
        session, actor, "assessment.completed", "learner", assessment.learner_id, clock=clock,
        reason=placement.override_code.value if placement.override_code else None,
    )  # fmt: skip
    record(session, _completed(assessment, placement, profile))
    session.flush()
    return placement


def _completed(assessment: Assessment, placement: Placement, profile: Profile) -> AssessmentCompleted:
    return AssessmentCompleted(
        assessment_id=assessment.id,
        learner_id=assessment.learner_id,
        case_id=assessment.case_id,
        level=placement.level,
        strand=placement.strand,
        source_record_id=assessment.source_record_id,
        subject_id=assessment.subject_id,
        skills=profile,
        also=tuple(Level(one) for one in placement.also),
    )


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
    if override.second_person_id is None:
        return
    hub = accounts.hub_organisation(session)
    colleagues = {user.id for user in accounts.users_of(session, hub.id) if user.role in HUB_ROLES}
    if override.second_person_id not in colleagues:
        raise RuleBroken("Choose a colleague of the hub.", code="second_person", field="second_person_id")


def _store_results(session: Session, assessment: Assessment, profile: Profile) -> None:
    session.add_all(
        SkillResult(
            assessment_id=assessment.id, skill=skill, placement_level=level, achieved_level=achieved(level),
            sublevel=None, confidence=None, source=ResultSource.RUBRIC,
        )
        for skill, level in profile.items()
    )  # fmt: skip


def _place(  # noqa: PLR0913, PLR0917 - everything a placement is made of
    assessment: Assessment,
    profile: Profile,
    combined: Combined,
    completion: Completion,
    actor: Actor,
    clock: Clock,
) -> Placement:
    override = completion.override
    level = override.level if override else combined.level
    also = eligible_levels(profile, level)
    return Placement(
        subject_id=assessment.subject_id,
        assessment_id=assessment.id,
        level=level,
        achieved_level=achieved(level),
        sublevel=completion.sublevel,
        strand=combined.strand,
        literacy_offered=combined.literacy_offered,
        also=[one.value for one in also],
        rule_version=RULE_VERSION,
        explanation=explanation(profile, combined, override),
        overridden_from=combined.level if override else None,
        override_code=override.code if override else None,
        override_text=(override.text.strip() or None) if override else None,
        decided_by=actor.id,
        second_person_id=override.second_person_id if override else None,
        decided_at=clock.now(),
    )


def explanation(profile: Profile, combined: Combined, override: Override | None) -> dict[str, object]:
    """Why this level, in words and figures, as it is stored and shown."""
    level = override.level if override else combined.level
    steps_in_words = list(combined.steps)
    if override:
        steps_in_words.append(
            f"The assessor decided {override.level.label} instead of {combined.level.label}:"
            f" {override.code.label}."
        )
    return {
        "rule": combined.rule_id,
        "rule_version": RULE_VERSION,
        "skills": {
            skill.value: {"level": level_of.value, "source": ResultSource.RUBRIC.value, "confidence": None}
            for skill, level_of in profile.items()
        },
        "spread": combined.spread,
        "spiky": combined.spiky,
        "computed": combined.level.value,
        "steps": steps_in_words,
        "changes": list(combined.changes),
        "for_learner": learner_text(level, combined.strand, eligible_levels(profile, level)),
    }


def _close(session: Session, assessment: Assessment, clock: Clock) -> None:
    days = policy.number(session, "assessment_valid_days", clock.today())
    steps.close_step(session, StepKind.ASSESSMENT_TO_DO, assessment.case_id, clock)
    assessment.status = AssessmentStatus.COMPLETED
    assessment.closed_at = assessment.changed_at = clock.now()
    assessment.valid_until = valid_until(clock.today(), days)
