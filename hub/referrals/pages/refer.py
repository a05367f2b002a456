"""'Refer a learner': one question a page, a task list, save and return, check, done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.consent.domain import Authority, UnderstandingCheck, is_under_18
from hub.core.errors import Conflict, Gone, NotFound, RuleBroken
from hub.core.permissions import Role
from hub.eligibility.domain import AgeRoute, age_route, signpost
from hub.infra import audit, geography
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.infra.problems import flatten
from hub.referrals import reads, service
from hub.referrals.domain import SOURCE_LABELS, Channel
from hub.referrals.pages import journey
from hub.referrals.pages.consent_form import CHANNEL_LABELS, HOW_LABELS, HowToAsk, asked_by_link
from hub.referrals.pages.edge import REFERS, blueprint
from hub.referrals.pages.journey import QUESTIONS, SECTIONS, Question
from hub.referrals.schemas import ReferralSchema, language_names
from hub.referrals.service import NewReferral
from hub.ui.flash import notice, success
from hub.ui.forms import Form, blank_form, read_form


@blueprint.get("/refer")
@allow(*REFERS)
def start() -> str:
    """What is needed, and the referrals begun but not sent."""
    with transaction() as session:
        drafts = reads.my_drafts(session, current_actor())
        return render_template("referrals/start.html", drafts=drafts)


@blueprint.post("/refer")
@allow(*REFERS)
def begin() -> ResponseReturnValue:
    """Start a new draft."""
    with transaction() as session:
        draft = service.start_draft(session, current_actor(), runtime().clock)
        return redirect(url_for("referrals.question", draft_id=draft.id, slug="name"))


@blueprint.get("/refer/<uuid:draft_id>")
@allow(*REFERS)
def tasks(draft_id: UUID) -> ResponseReturnValue:
    """The task list of one draft."""
    with transaction() as session:
        draft = _draft(session, draft_id)
        if draft.referral_id is not None:
            return redirect(url_for("referrals.done", draft_id=draft_id))
        missing = journey.unanswered(draft.answers)
        return render_template("referrals/tasks.html", draft=draft, tasks=_tasks(draft), missing=missing)


def _tasks(draft: reads.DraftView) -> list[dict[str, str]]:
    rows = []
    for section, title in SECTIONS.items():
        status, colour = journey.progress_of(section, draft.answers)
        slug = journey.first_open(section, draft.answers)
        href = url_for("referrals.question", draft_id=draft.id, slug=slug)
        rows.append({"title": title, "href": href, "status": status, "colour": colour})
    return rows


@blueprint.get("/refer/<uuid:draft_id>/<slug>")
@allow(*REFERS)
def question(draft_id: UUID, slug: str) -> ResponseReturnValue:
    """One question, filled with what was answered before."""
    with transaction() as session:
        draft, asked = _open_draft(session, draft_id), _question(slug)
        if asked.slug == "consent" and "consent-language" not in draft.answers:
            return redirect(url_for("referrals.question", draft_id=draft_id, slug="consent-language"))
        return _show(session, draft, asked, blank_form(_stored(draft, asked)))


@blueprint.post("/refer/<uuid:draft_id>/<slug>")
@allow(*REFERS)
def answer(draft_id: UUID, slug: str) -> ResponseReturnValue:
    """Keep the answer and go on; what is wrong is said beside the field."""
    with transaction() as session:
        draft, asked = _open_draft(session, draft_id), _question(slug)
        form = read_form(asked.schema(), request.form)
        check_further(session, slug, form)
        if not form.ok:
            return _show(session, draft, asked, form), 422
        if asked.slug == "date-of-birth" and _route(form) is AgeRoute.REFUSE_UNDER_16:
            return _too_young(draft)
        stored = {slug: asked.schema().dump(form.data)}
        by_link = asked.slug == "consent-language" and form.data["how"] is not HowToAsk.NOW
        if by_link:
            today = runtime().clock.today()
            stored["consent"] = asked_by_link(form.data["language"], form.data["how"], today)
        service.save_answers(session, draft_id, stored, current_actor(), runtime().clock)
        if by_link:
            return redirect(url_for("referrals.tasks", draft_id=draft_id))
        return redirect(_after(draft_id, asked, changing=request.args.get("change") == "1"))


def check_further(session: Session, slug: str, form: Form) -> None:
    """What a schema cannot know: whether the postcode exists; and that some time must be possible."""
    if slug == "address" and form.ok and not form.data.get("postcode_checked"):
        try:
            geography.require_known(session, form.data["postcode"])
        except RuleBroken as error:
            form.fail_with(error)
    if slug == "times" and form.ok and not form.data.get("availability"):
        form.fail("availability", "Select at least one time when the learner can come")


def _route(form: Form) -> AgeRoute:
    return age_route(form.data["date_of_birth"], runtime().clock.today())


def _too_young(draft: reads.DraftView) -> str:
    """Under 16: nothing is kept beyond the draft, and the page says who can help."""
    words = signpost(runtime().clock.today())
    phone = runtime().settings.hub_phone
    return render_template("referrals/under_16.html", draft=draft, signpost=words, hub_phone=phone)


def _after(draft_id: UUID, asked: Question, *, changing: bool) -> str:
    follows = journey.next_slug(asked.slug)
    if asked.slug == "consent-language":
        return url_for(
            "referrals.question", draft_id=draft_id, slug="consent", change="1" if changing else None
        )
    if changing:
        return url_for("referrals.check", draft_id=draft_id)
    if follows is not None:
        return url_for("referrals.question", draft_id=draft_id, slug=follows)
    return url_for("referrals.tasks", draft_id=draft_id)


def _show(session: Session, draft: reads.DraftView, asked: Question, form: Form) -> str:
    previous = journey.previous_slug(asked.slug)
    return render_template(
        asked.template,
        draft=draft,
        question=asked,
        form=form,
        action=url_for(
            "referrals.answer", draft_id=draft.id, slug=asked.slug, change=request.args.get("change")
        ),
        parts=url_for("referrals.tasks", draft_id=draft.id),
        back=url_for("referrals.question", draft_id=draft.id, slug=previous)
        if previous
        else url_for("referrals.tasks", draft_id=draft.id),
        **_choices(session, draft, asked),
    )


def _choices(session: Session, draft: reads.DraftView, asked: Question) -> dict[str, Any]:
    """What the question offers to choose from."""
    if asked.slug == "consent-language":
        return {"languages": consents.languages(), "ways": list(HOW_LABELS.items())}
    if asked.slug == "consent":
        language = draft.answers["consent-language"]["language"]
        return _wording_shown(session, language) | {
            "channels": list(CHANNEL_LABELS.items()),
            "today": runtime().clock.today(),
            "checks": [(one.value, one.words) for one in UnderstandingCheck],
            "authorities": [(one.value, one.words) for one in Authority],
            "under_18": _is_child(draft),
        }
    return {"choices": _plain_choices(asked.slug)}


def _wording_shown(session: Session, language: str) -> dict[str, Any]:
    """The words of an asking in a language, the English beside them, and who may receive details."""
    return {
        "wording": consents.wording(session, language),
        "english": {one.code: one.question for one in consents.wording(session, "en").purposes},
        "relying": consents.relying_organisations(session),
    }


def _is_child(draft: reads.DraftView) -> bool:
    born = draft.answers.get("date-of-birth", {}).get("date_of_birth")
    return is_under_18(date.fromisoformat(born) if born else None, runtime().clock.today())


def _plain_choices(slug: str) -> list[Any]:
    """What a question offers that needs nothing of the draft."""
    offered = _PLAIN_CHOICES.get(slug)
    return offered() if offered else []


_PLAIN_CHOICES: dict[str, Callable[[], list[Any]]] = {
    "language": lambda: [(code.replace("_", "-"), name) for code, name in language_names().items()],
    "woman-or-man": lambda: list(journey.SEX_LABELS.items()),
    "travel": lambda: list(journey.TRAVEL_LABELS.items()),
    "study": lambda: list(journey.STUDY_LABELS.items()),
    "needs": lambda: list(journey.NEED_LABELS.items()),
    "reason": lambda: list(journey.REASON_LABELS.items()),
    "source": lambda: list(SOURCE_LABELS.items()),
}


@blueprint.get("/refer/<uuid:draft_id>/check")
@allow(*REFERS)
def check(draft_id: UUID) -> ResponseReturnValue:
    """All answers, each with a link to change it."""
    with transaction() as session:
        draft = _open_draft(session, draft_id)
        return _show_check(draft, Form())


def _show_check(draft: reads.DraftView, form: Form) -> str:
    sections = [
        (title, [one for one in journey.questions_of(section) if one.slug in draft.answers])
        for section, title in SECTIONS.items()
    ]
    return render_template(
        "referrals/check.html",
        draft=draft,
        answers=draft.answers,
        change_url=lambda slug: url_for("referrals.question", draft_id=draft.id, slug=slug, change=1),
        sections=sections,
        missing=journey.unanswered(draft.answers),
        form=form,
    )


@blueprint.post("/refer/<uuid:draft_id>/check")
@limited("intake_page")
@allow(*REFERS)
def send(draft_id: UUID) -> ResponseReturnValue:
    """Send the referral: once, however often the button is pressed."""
    actor, clock = current_actor(), runtime().clock
    form = Form()
    try:
        with transaction() as session:
            draft = _draft(session, draft_id)
            if draft.referral_id is None:
                service.submit_draft(session, draft_id, _load(draft), actor, clock)
            return redirect(url_for("referrals.done", draft_id=draft_id))
    except Unfinished as fault:
        form.errors.update(fault.errors)
    except RuleBroken as error:
        form.errors.update(faults_by_question(error))
    except Conflict as error:
        if error.code != "already_referred":
            raise
        notice(error.detail)
        return redirect(_already_sent(error))
    with transaction() as session:
        return _show_check(_open_draft(session, draft_id), form), 422


def _already_sent(error: Conflict) -> str:
    """The referral that stands already, on the page that this person has for it."""
    referral_id = error.extra.get("referral_id")
    if current_actor().role is not Role.REFERRER:
        return (
            url_for("referrals.one", referral_id=referral_id)
            if referral_id
            else url_for("referrals.worklist")
        )
    return (
        url_for("referrals.mine_one", referral_id=referral_id) if referral_id else url_for("referrals.mine")
    )


class Unfinished(Exception):
    """The draft lacks answers, or holds some that are no longer good; `errors` by question."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("unfinished")
        self.errors = errors


def _load(draft: reads.DraftView) -> NewReferral:
    missing = journey.unanswered(draft.answers)
    if missing:
        raise Unfinished({one.slug: f"Answer this question: {one.title}" for one in missing})
    return replace(load_answers(draft.answers), channel=Channel.PAGE)


def load_answers(answers: journey.Answers) -> NewReferral:
    """The referral that the answers describe; `Unfinished` names the questions of what is no longer good."""
    try:
        new: NewReferral = ReferralSchema().load(journey.as_body(answers))
    except ValidationError as error:
        raise Unfinished({_anchor(field): words for field, words in flatten(error.messages)}) from None
    return replace(new, postcode_checked=bool(answers["address"].get("postcode_checked")))


def _anchor(field: str) -> str:
    return journey.question_of_field(field)


def faults_by_question(error: RuleBroken) -> dict[str, str]:
    """What a rule refused, by the question where it is put right."""
    return {_anchor(field): words for field, words in error.errors.items()} or {"": error.detail}


@blueprint.get("/refer/<uuid:draft_id>/done")
@allow(*REFERS)
def done(draft_id: UUID) -> ResponseReturnValue:
    """The reference to read out, and what happens next."""
    with transaction() as session:
        draft = _draft(session, draft_id)
        if draft.referral_id is None:
            return redirect(url_for("referrals.tasks", draft_id=draft_id))
        mine = reads.my_referral(session, draft.referral_id, current_actor())
        outlook = reads.outlooks(session, [mine], runtime().clock.today())[mine.view.id]
        audit.record(session, None, "referral.viewed", "referral", mine.view.id, clock=runtime().clock)
        return render_template("referrals/done.html", mine=mine, outlook=outlook)


@blueprint.get("/refer/<uuid:draft_id>/delete")
@allow(*REFERS)
def confirm_delete(draft_id: UUID) -> str:
    """Ask before a draft is thrown away."""
    with transaction() as session:
        return render_template("referrals/delete_draft.html", draft=_open_draft(session, draft_id))


@blueprint.post("/refer/<uuid:draft_id>/delete")
@allow(*REFERS)
def delete(draft_id: UUID) -> ResponseReturnValue:
    """Throw the draft away, with its key."""
    with transaction() as session:
        service.discard_draft(session, draft_id, current_actor(), runtime().clock)
    success("The unfinished referral is deleted")
    return redirect(url_for("referrals.start"))


def _draft(session: Session, draft_id: UUID) -> reads.DraftView:
    return reads.draft(session, draft_id, current_actor())


def _open_draft(session: Session, draft_id: UUID) -> reads.DraftView:
    """A draft that can still be changed; a sent one says so."""
    draft = _draft(session, draft_id)
    if draft.referral_id is not None:
        raise Gone("This referral has been sent. You find it under My referrals.", code="already_sent")
    return draft


def _question(slug: str) -> Question:
    found = QUESTIONS.get(slug)
    if found is None:
        raise NotFound
    return found


def _stored(draft: reads.DraftView, asked: Question) -> dict[str, Any]:
    """The stored answers as the form's fields show them; dates come back as dates."""
    values = draft.answers.get(asked.slug, {})
    if asked.slug == "consent":
        chosen = draft.answers["consent-language"]["language"]
        fits = values.get("language") == chosen and values.get("channel") in CHANNEL_LABELS
        values = values if fits else {}
    return {name: reads.as_shown(value) for name, value in values.items()}
