"""The assessment cockpit: one screen per stage, saved at each, and the result with its explanation."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.assessment import queries, reads, service
from hub.assessment.domain import (
    AssessmentStatus,
    Completion,
    Ease,
    Literacy,
    LiteracyNeed,
    Mark,
    Marks,
    Mode,
    Numeracy,
    Override,
    OverrideCode,
    Purpose,
    Script,
    Skill,
    levels,
    missing,
    prompt_for,
    rubrics,
)
from hub.assessment.models import Assessment
from hub.assessment.pages.base import blueprint, case_or_not_found, hub_people, people_seen
from hub.assessment.schemas import (
    Decision,
    LiteracyFormSchema,
    ResultFormSchema,
    SecondFormSchema,
    StartSchema,
    marks_of,
    marks_schema,
    start_command,
)
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.levels import Level
from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

STAGES = {
    "speaking": ("Speaking and listening", (Skill.SPEAKING, Skill.LISTENING)),
    "reading": ("Reading", (Skill.READING,)),
    "writing": ("Writing", (Skill.WRITING,)),
    "literacy": ("Literacy", ()),
    "result": ("Result", ()),
}
ORDER = tuple(STAGES)


@blueprint.route("/referrals/<uuid:referral_id>/assess", methods=["GET", "POST"])
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def start(referral_id: UUID) -> ResponseReturnValue:
    """Start an assessment; where a valid result exists, ask first why it is needed again."""
    if request.method == "GET":
        return _start_page(referral_id, blank_form({"mode": Mode.VENUE, "interpreter_used": False}))
    form = read_form(StartSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                case = case_or_not_found(session, referral_id)
                new = start_command(form.data, referral_id, case.learner_id)
                begun = service.start(session, new, current_actor(), runtime().clock)
            return redirect(url_for("assessment.cockpit", assessment_id=begun.id))
        except RuleBroken as error:
            form.fail_with(error)
    return _start_page(referral_id, form), 422


@blueprint.get("/assessments/<uuid:assessment_id>")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def cockpit(assessment_id: UUID) -> ResponseReturnValue:
    """One stage of an assessment; without a stage, the first that is not finished."""
    with transaction() as session:
        assessment = _assessment(session, assessment_id)
        done = _stages_done(session, assessment)
        stage = request.args.get("stage", "")
        if stage not in STAGES:
            stage = next((one for one in ORDER if not done.get(one)), "result")
        if assessment.status is not AssessmentStatus.IN_PROGRESS:
            stage = "result"
        return _stage_page(session, assessment, stage, _stored_form(session, assessment, stage))


@blueprint.post("/assessments/<uuid:assessment_id>")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def save(assessment_id: UUID) -> ResponseReturnValue:
    """Save one stage and go on to the next, or stay."""
    stage = request.args.get("stage", "")
    if stage not in STAGES or stage == "result":
        raise NotFound
    answers = request.form.copy()
    later = bool(answers.pop("later", None))
    form = read_form(_schema_of(stage), answers)
    if form.ok:
        try:
            with transaction() as session:
                service.save_marks(
                    session, assessment_id, _command_of(stage, form.data), current_actor(), runtime().clock
                )
            flash.success("Saved.")
            onwards = stage if later else ORDER[ORDER.index(stage) + 1]
            return redirect(url_for("assessment.cockpit", assessment_id=assessment_id, stage=onwards))
        except (RuleBroken, Conflict) as error:
            form.fail_with(error)
    with transaction() as session:
        return _stage_page(session, _assessment(session, assessment_id), stage, form), 422


@blueprint.post("/assessments/<uuid:assessment_id>/complete")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def complete(assessment_id: UUID) -> ResponseReturnValue:
    """Decide the placement: agree with the rule, or another level with its reason."""
    form = read_form(ResultFormSchema, request.form)
    completion = _completion(form)
    if form.ok and completion is not None:
        try:
            with transaction() as session:
                service.complete(session, assessment_id, completion, current_actor(), runtime().clock)
                asked = reads.second_opinion(session, assessment_id)
            flash.success("The assessment is complete. The learner is on the waiting list.")
            if asked is not None:
                flash.notice(
                    "Your colleague is asked about the level. Until they answer, the rule's level counts."
                )
            return redirect(url_for("assessment.cockpit", assessment_id=assessment_id))
        except (RuleBroken, Conflict) as error:
            form.fail_with(error)
    with transaction() as session:
        return _stage_page(session, _assessment(session, assessment_id), "result", form), 422


@blueprint.post("/assessments/<uuid:assessment_id>/second-opinion")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def answer_second(assessment_id: UUID) -> ResponseReturnValue:
    """The second person confirms a level far from the rule's, or disagrees and says why."""
    form, me = read_form(SecondFormSchema, request.form), current_actor()
    if form.ok and me.id is not None:
        try:
            with transaction() as session:
                said = service.Answer(me.id, form.data)
                service.answer(session, assessment_id, said, me, runtime().clock)
            flash.success("Thank you. Your answer is kept.")
            return redirect(url_for("assessment.cockpit", assessment_id=assessment_id))
        except (RuleBroken, Conflict) as error:
            form.fail_with(error)
    with transaction() as session:
        return _stage_page(session, _assessment(session, assessment_id), "result", form), 422


@blueprint.post("/assessments/<uuid:assessment_id>/give-up")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def give_up(assessment_id: UUID) -> ResponseReturnValue:
    """Give up an assessment that cannot be finished; the learner needs another time."""
    with transaction() as session:
        service.abandon(session, assessment_id, current_actor(), runtime().clock)
    flash.notice("The assessment was given up. The learner needs another appointment.")
    return redirect(url_for("assessment.to_assess"))


def _start_page(referral_id: UUID, form: Form) -> str:
    with transaction() as session:
        case = case_or_not_found(session, referral_id)
        people = people_seen(session, [case.learner_id], "appointment.viewed")
        return render_template(
            "assessment/start.html", form=form, case=case, person=people.get(case.learner_id), modes=Mode,
            purposes=Purpose, valid=reads.valid_placement(session, case.learner_id, runtime().clock.today()),
        )  # fmt: skip


def _stage_page(session: Session, assessment: Assessment, stage: str, form: Form) -> str:
    people = people_seen(session, [assessment.learner_id], "assessment.viewed")
    marks = _marks(session, assessment)
    found = levels(marks)
    done = _stages_done(session, assessment)
    return render_template(
        f"assessment/{_template_of(stage)}.html",
        form=form, stage=stage, stages=STAGES, done=done, assessment=assessment,
        person=people.get(assessment.learner_id), skills=STAGES[stage][1], rubrics=rubrics(),
        levels=found, prompt=prompt_for(found.get(Skill.SPEAKING)), needs=LiteracyNeed, scripts=Script,
        ease=Ease, numeracy=Numeracy, codes=OverrideCode, all_levels=Level, statuses=AssessmentStatus,
        **(_result(session, assessment) if stage == "result" else {}),
    )  # fmt: skip


def _template_of(stage: str) -> str:
    return {"literacy": "literacy", "result": "result"}.get(stage, "marks")


def _result(session: Session, assessment: Assessment) -> dict[str, Any]:
    """What the result screen shows: the placement decided, or what the rule says so far."""
    staff = hub_people(session)
    return {
        "placement": reads.placement(session, assessment.id),
        "second": reads.second_opinion(session, assessment.id),
        "may_answer": service.may_answer(session, assessment.id, current_actor()),
        "combined": service.preview(session, assessment),
        "colleagues": {key: name for key, name in staff.items() if key != current_actor().id},
        "staff": staff,
    }


def _assessment(session: Session, assessment_id: UUID) -> Assessment:
    found = queries.assessment(session, assessment_id)
    if found is None:
        raise NotFound
    return found


def _marks(session: Session, assessment: Assessment) -> list[Mark]:
    return [Mark(row.skill, row.criterion, row.band) for row in queries.marks(session, assessment.id)]


def _stages_done(session: Session, assessment: Assessment) -> dict[str, bool]:
    """Which stages have all that they need."""
    open_skills = missing(_marks(session, assessment))
    done = {name: not any(skill in open_skills for skill in skills) for name, (_, skills) in STAGES.items()}
    done["literacy"] = queries.literacy(session, assessment.id) is not None
    done["result"] = assessment.status is AssessmentStatus.COMPLETED
    return done


def _stored_form(session: Session, assessment: Assessment, stage: str) -> Form:
    """The stage as it was saved."""
    if stage == "literacy":
        row = queries.literacy(session, assessment.id)
        details = dict(row.details or {}) if row else {}
        if details:
            details["scripts_known"] = ", ".join(details["scripts_known"])
        return blank_form(details | {"need": row.need if row else ""})
    wanted = STAGES[stage][1]
    return blank_form(
        {
            f"{mark.skill}-{mark.criterion}": mark.band
            for mark in _marks(session, assessment)
            if mark.skill in wanted
        }
    )


def _schema_of(stage: str) -> Any:
    return LiteracyFormSchema() if stage == "literacy" else marks_schema(STAGES[stage][1])


def _command_of(stage: str, data: Any) -> Marks:
    if isinstance(data, Literacy):
        return Marks(literacy=data)
    return Marks(marks_of(data, STAGES[stage][1]))


def _completion(form: Form) -> Completion | None:
    """The completion that the result form asks for; names the fields an override still lacks."""
    if not form.ok:
        return None
    data = form.data
    if data["decision"] is Decision.AGREE:
        return Completion()
    if data["level"] is None:
        form.fail("level", "Choose the level you decide")
    if data["code"] is None:
        form.fail("code", "Choose the reason for the other level")
    if data["level"] is None or data["code"] is None:
        return None
    return Completion(Override(data["level"], data["code"], data["text"], data["second_person_id"]))
