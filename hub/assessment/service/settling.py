"""The placement as a row: why this level, in words and figures; another level in its place; and who hears of it."""

from collections.abc import Mapping

from hub.assessment.domain import (
    RULE_VERSION,
    AssessmentCompleted,
    Combined,
    Override,
    ResultSource,
    Skill,
    achieved,
    eligible_levels,
    learner_text,
)
from hub.assessment.models import Assessment, Placement
from hub.core.levels import Level

Profile = Mapping[Skill, Level]


def explanation(profile: Profile, combined: Combined) -> dict[str, object]:
    """Why the rule gives this level, as it is stored and shown."""
    level = combined.level
    return {
        "rule": combined.rule_id,
        "rule_version": RULE_VERSION,
        "skills": {
            skill.value: {"level": level_of.value, "source": ResultSource.RUBRIC.value, "confidence": None}
            for skill, level_of in profile.items()
        },
        "spread": combined.spread,
        "spiky": combined.spiky,
        "computed": level.value,
        "steps": list(combined.steps),
        "changes": list(combined.changes),
        "for_learner": learner_text(level, combined.strand, eligible_levels(profile, level)),
    }


def replace_level(placement: Placement, override: Override, profile: Profile) -> None:
    """The level that a person decided instead of the rule's, with its reason; the rule's is kept beside it."""
    computed, level = placement.level, override.level
    also = eligible_levels(profile, level)
    said = f"The assessor decided {level.label} instead of {computed.label}: {override.code.label}."
    placement.level, placement.achieved_level = level, achieved(level)
    placement.also = [one.value for one in also]
    placement.overridden_from, placement.override_code = computed, override.code
    placement.override_text = override.text.strip() or None
    placement.second_person_id = override.second_person_id
    placement.explanation = placement.explanation | {
        "steps": [*placement.explanation["steps"], said],
        "for_learner": learner_text(level, placement.strand, also),
    }


def completed(
    assessment: Assessment,
    placement: Placement,
    profile: Profile,
    event: type[AssessmentCompleted] = AssessmentCompleted,
) -> AssessmentCompleted:
    """What the other slices hear."""
    return event(
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
