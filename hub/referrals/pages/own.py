"""'Ask for an English class': an adult refers themselves, without an account.

A secret in the signed cookie leads back to the answers until the next day; nothing personal is in the cookie or in an
address. Whoever asks gets the same pages, words and reference whether or not they are known already.
"""

from dataclasses import dataclass
from typing import Any

import flask
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.consent.domain import is_under_18
from hub.core.errors import NotFound, RuleBroken
from hub.eligibility.domain import AgeRoute, age_route, signpost
from hub.infra.access import allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.infra.sight import as_the_hub
from hub.referrals import reads, service
from hub.referrals.domain import Source
from hub.referrals.pages.edge import blueprint
from hub.referrals.pages.journey import Question
from hub.referrals.pages.own_journey import (
    NOT_ASKED,
    SECTION_TITLES,
    follows,
    own_questions,
    precedes,
    say_it_to_them,
    unanswered,
    words,
)
from hub.referrals.pages.refer import (
    Unfinished,
    check_further,
    faults_by_question,
    load_answers,
    plain_choices,
    stored,
    wording_shown,
)
from hub.referrals.reads import DraftView
from hub.ui.flash import success
from hub.ui.forms import Form, blank_form, read_form

_KEY = "own_referral"
FIRST = "name"


@dataclass(frozen=True, slots=True)
class _Own:
    """The draft of this browser and the secret that leads to it."""

    token: str
    draft: DraftView


def _find(session: Session) -> _Own | None:
    token = flask.session.get(_KEY)
    draft = reads.own_draft(session, token, runtime().clock.today()) if token else None
    return _Own(token, draft) if token and draft else None


@blueprint.get("/refer-yourself")
@allow_public
def own_start() -> str:
    """What it is and what is asked; or the form that was begun here."""
    with transaction() as session:
        own = _find(session)
    begun = _further(own.draft) if own else None
    return render_template("referrals/own_start.html", form=Form(), begun=begun)


def _further(draft: DraftView) -> str:
    if draft.referral_id is not None:
        return url_for("referrals.own_done")
    missing = unanswered(draft.answers)
    return (
        url_for("referrals.own_question", slug=missing[0].slug) if missing else url_for("referrals.own_check")
    )


@blueprint.post("/refer-yourself")
@limited("own_referral")
@allow_public
def own_begin() -> ResponseReturnValue:
    """Begin a form; one that was begun here goes on."""
    with transaction() as session:
        own = _find(session)
        if own is not None:
            return redirect(_further(own.draft))
        flask.session[_KEY] = service.start_own_draft(session, {}, runtime().clock)
    return redirect(url_for("referrals.own_question", slug=FIRST))


@blueprint.get("/refer-yourself/<slug>")
@allow_public
def own_question(slug: str) -> ResponseReturnValue:
    """One question, filled with what was answered before."""
    asked = _asked(slug)
    with transaction() as session:
        own = _find(session)
        if own is None or own.draft.referral_id is not None:
            return redirect(url_for("referrals.own_start"))
        if slug == "consent" and "consent-language" not in own.draft.answers:
            return redirect(url_for("referrals.own_question", slug="consent-language"))
        return _show(session, own.draft, asked, blank_form(stored(own.draft, asked)))


@blueprint.post("/refer-yourself/<slug>")
@allow_public
def own_answer(slug: str) -> ResponseReturnValue:
    """Keep the answer and go on; what is wrong is said beside the field."""
    asked = _asked(slug)
    with transaction() as session:
        own = _find(session)
        if own is None or own.draft.referral_id is not None:
            return redirect(url_for("referrals.own_start"))
        form = read_form(asked.schema(), request.form)
        check_further(session, asked, form)
        if not form.ok:
            say_it_to_them(form)
            return _show(session, own.draft, asked, form), 422
        if slug == "date-of-birth" and is_under_18(form.data["date_of_birth"], runtime().clock.today()):
            return _too_young(form)
        service.save_own_answers(session, own.token, {slug: _kept(asked, form)}, runtime().clock)
    return redirect(_after(slug, changing=request.args.get("change") == "1"))


def _asked(slug: str) -> Question:
    found = own_questions().get(slug)
    if found is None:
        raise NotFound
    return found


def _kept(asked: Question, form: Form) -> dict[str, Any]:
    """The answers as they are stored; the permission with how and when it was asked: here and now."""
    values: dict[str, Any] = asked.schema().dump(form.data)
    if asked.slug == "consent":
        today = runtime().clock.today().isoformat()
        values |= {"channel": "web", "interpreter_used": False, "given_on": today}
    return values


def _after(slug: str, *, changing: bool) -> str:
    following = follows(slug)
    if slug == "consent-language" or (following and not changing):
        change = 1 if changing else None
        return url_for("referrals.own_question", slug=following, change=change)
    return url_for("referrals.own_check")


def _too_young(form: Form) -> str:
    """Nothing of it is kept, and the page says who can help."""
    today = runtime().clock.today()
    refused = age_route(form.data["date_of_birth"], today) is AgeRoute.REFUSE_UNDER_16
    return render_template("referrals/own_too_young.html", signpost=signpost(today) if refused else None)


def _show(session: Session, draft: DraftView, asked: Question, form: Form) -> str:
    before = precedes(asked.slug)
    return render_template(
        asked.template,
        question=asked,
        form=form,
        words=words()[asked.slug],
        action=url_for("referrals.own_answer", slug=asked.slug, change=request.args.get("change")),
        parts=None,
        back=url_for("referrals.own_question", slug=before) if before else url_for("referrals.own_start"),
        **_choices(session, draft, asked),
    )


def _choices(session: Session, draft: DraftView, asked: Question) -> dict[str, Any]:
    if asked.slug == "consent-language":
        return {"languages": consents.languages()}
    if asked.slug == "consent":
        shown = wording_shown(session, draft.answers["consent-language"]["language"])
        return shown | {"left_out": NOT_ASKED}
    return {"choices": plain_choices(asked.slug)}


@blueprint.get("/refer-yourself/check")
@allow_public
def own_check() -> ResponseReturnValue:
    """All answers, each with a link to change it."""
    with transaction() as session:
        own = _find(session)
    if own is None or own.draft.referral_id is not None:
        return redirect(url_for("referrals.own_start"))
    return _show_check(own.draft, Form())


def _show_check(draft: DraftView, form: Form) -> str:
    questions = own_questions().values()
    answered = [one for one in questions if one.slug in draft.answers and one.slug != "consent-language"]
    sections = [
        (title, [one for one in answered if one.section == section])
        for section, title in SECTION_TITLES.items()
    ]
    return render_template(
        "referrals/own_check.html",
        sections=sections,
        answers=draft.answers,
        change_url=lambda slug: url_for("referrals.own_question", slug=slug, change=1),
        missing=unanswered(draft.answers),
        form=form,
        back=url_for("referrals.own_question", slug="consent"),
    )


@blueprint.post("/refer-yourself/check")
@limited("own_referral")
@allow_public
def own_send() -> ResponseReturnValue:
    """Send it: once, however often the button is pressed."""
    form = Form()
    try:
        with transaction() as session:
            own = _find(session)
            if own is None:
                return redirect(url_for("referrals.own_start"))
            if own.draft.referral_id is None:
                new = _load(own.draft)
                service.submit_own_draft(session, own.token, new, current_actor(), runtime().clock)
        return redirect(url_for("referrals.own_done"))
    except Unfinished as fault:
        form.errors.update(fault.errors)
    except RuleBroken as error:
        form.errors.update(faults_by_question(error))
    say_it_to_them(form)
    with transaction() as session:
        own = _find(session)
    return (_show_check(own.draft, form), 422) if own else redirect(url_for("referrals.own_start"))


def _load(draft: DraftView) -> service.NewReferral:
    if missing := unanswered(draft.answers):
        raise Unfinished({one.slug: f"Answer this question: {one.title}" for one in missing})
    return load_answers({**draft.answers, "source": {"source": Source.SELF.value}})


@blueprint.get("/refer-yourself/done")
@allow_public
def own_done() -> ResponseReturnValue:
    """The reference, and what happens next: the same for everybody."""
    with transaction() as session:
        own = _find(session)
        if own is None or own.draft.referral_id is None:
            return redirect(url_for("referrals.own_start"))
        with as_the_hub(session):
            sent = reads.referral(session, own.draft.referral_id)
    if sent is None:
        raise NotFound
    return render_template("referrals/own_done.html", reference=sent.reference)


@blueprint.post("/refer-yourself/stop")
@allow_public
def own_stop() -> ResponseReturnValue:
    """Forget the form in this browser, and delete what was written. A form that was sent stays with the hub."""
    token = flask.session.pop(_KEY, None)
    if token:
        with transaction() as session:
            service.discard_own_draft(session, token, runtime().clock)
        success("This form is closed. Nothing of it is left on this computer or phone.")
    return redirect(url_for("referrals.own_start"))
