"""'Ask for an English class': an adult refers themselves, without an account, in one of the hub's languages.

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
from hub.eligibility.domain import AgeRoute, age_route
from hub.infra.access import allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.infra.sight import as_the_hub
from hub.referrals import reads, service
from hub.referrals.domain import Source
from hub.referrals.pages.edge import blueprint
from hub.referrals.pages.own_journey import (
    ASKED,
    FIRST,
    OWN_QUESTIONS,
    SECTIONS,
    OwnQuestion,
    follows,
    languages_offered,
    precedes,
    rows_of,
    speech,
    tell_faults,
    unanswered,
)
from hub.referrals.pages.refer import Unfinished, check_further, faults_by_question, load_answers
from hub.referrals.reads import DraftView
from hub.ui.forms import Form, blank_form, read_form
from hub.ui.speech import language_is_chosen

_KEY = "own_referral"


@dataclass(frozen=True, slots=True)
class _Own:
    """The draft of this browser and the secret that leads to it."""

    token: str
    draft: DraftView


def _find(session: Session) -> _Own | None:
    token = flask.session.get(_KEY)
    draft = reads.own_draft(session, token, runtime().clock.today()) if token else None
    return _Own(token, draft) if token and draft else None


def _page(name: str, **context: Any) -> str:
    """A page in the learner's language."""
    address = request.path if request.method == "GET" else url_for("referrals.own_start")
    words = speech().context(lambda code: f"{address}?lang={code}")
    return render_template(f"referrals/own/{name}.html", **words, **context)


@blueprint.get("/refer-yourself")
@allow_public
def own_start() -> str:
    """Which language; then what it is and what is asked, or the form that was begun here."""
    if not language_is_chosen():
        return _page("choose")
    with transaction() as session:
        own = _find(session)
    begun = _further(own.draft) if own else None
    return _page("start", begun=begun, closed=request.args.get("said") == "closed")


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
        return _show(session, asked, blank_form(_stored(own.draft, asked)))


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
        check_further(session, slug, form)
        if not form.ok:
            tell_faults(form, asked, speech())
            return _show(session, asked, form), 422
        if slug == "date-of-birth" and is_under_18(form.data["date_of_birth"], runtime().clock.today()):
            return _too_young(form)
        service.save_own_answers(session, own.token, {slug: _kept(asked, form)}, runtime().clock)
    return redirect(_after(slug, changing=request.args.get("change") == "1"))


def _asked(slug: str) -> OwnQuestion:
    found = OWN_QUESTIONS.get(slug)
    if found is None:
        raise NotFound
    return found


def _stored(draft: DraftView, asked: OwnQuestion) -> dict[str, Any]:
    """The answers as they were given. Permissions count for the words that were read, so not in another language."""
    values = draft.answers.get(asked.slug, {})
    if asked.slug == "consent" and values.get("language") != speech().code:
        return {}
    return {name: reads.as_shown(value) for name, value in values.items()}


def _kept(asked: OwnQuestion, form: Form) -> dict[str, Any]:
    """The answers as they are stored; the permission with how and when it was asked: here and now."""
    values: dict[str, Any] = asked.schema().dump(form.data)
    if asked.slug == "consent":
        today = runtime().clock.today().isoformat()
        values |= {"channel": "web", "interpreter_used": False, "given_on": today}
    return values


def _after(slug: str, *, changing: bool) -> str:
    following = follows(slug)
    if following and not changing:
        return url_for("referrals.own_question", slug=following)
    return url_for("referrals.own_check")


def _too_young(form: Form) -> str:
    """Nothing of it is kept, and the page says who can help."""
    refused = age_route(form.data["date_of_birth"], runtime().clock.today()) is AgeRoute.REFUSE_UNDER_16
    return _page("too_young", who_helps="young_under_16" if refused else "young_16")


def _show(session: Session, asked: OwnQuestion, form: Form) -> str:
    before = precedes(asked.slug)
    return _page(
        "consent" if asked.slug == "consent" else "question",
        question=asked,
        form=form,
        action=url_for("referrals.own_answer", slug=asked.slug, change=request.args.get("change")),
        back=url_for("referrals.own_question", slug=before) if before else url_for("referrals.own_start"),
        **_choices(session, asked),
    )


def _choices(session: Session, asked: OwnQuestion) -> dict[str, Any]:
    """What a page needs beside its boxes."""
    if asked.slug == "consent":
        wording = consents.wording(session, speech().code)
        purposes = [one for one in wording.purposes if one.code in ASKED]
        return {
            "wording": wording, "purposes": purposes, "relying": consents.relying_organisations(session),
        }  # fmt: skip
    return {"known_languages": languages_offered(speech())} if asked.slug == "language" else {}


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
    said, answered = speech(), [one for one in OWN_QUESTIONS.values() if one.slug in draft.answers]
    sections = [
        (
            said.plain(f"section_{section}"),
            [
                (one.slug, rows_of(one, draft.answers[one.slug], said))
                for one in answered
                if one.section == section
            ],
        )
        for section in SECTIONS
    ]
    missing, back = unanswered(draft.answers), url_for("referrals.own_question", slug="consent")
    return _page("check", sections=sections, missing=missing, form=form, back=back)


@blueprint.post("/refer-yourself/check")
@limited("own_referral")
@allow_public
def own_send() -> ResponseReturnValue:
    """Send it: once, however often the button is pressed."""
    faults: set[str] = set()
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
        faults.update(fault.errors)
    except RuleBroken as error:
        faults.update(faults_by_question(error))
    with transaction() as session:
        own = _find(session)
    if own is None:
        return redirect(url_for("referrals.own_start"))
    return _show_check(own.draft, _not_sent(own.draft, faults)), 422


def _not_sent(draft: DraftView, slugs: set[str]) -> Form:
    """Which questions stand in the way; a fault that is none of theirs leads to the telephone."""
    said, form = speech(), Form()
    for question in OWN_QUESTIONS.values():
        if question.slug in slugs:
            key = "wrong_answer" if question.slug in draft.answers else "unanswered"
            form.fail(question.slug, said.say(key, question=said.plain(f"{question.words}_title")))
    if form.ok:
        form.fail(None, said.plain("cannot_send"))
    return form


def _load(draft: DraftView) -> service.NewReferral:
    if missing := unanswered(draft.answers):
        raise Unfinished(dict.fromkeys([one.slug for one in missing], ""))
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
    return _page("done", reference=sent.reference)


@blueprint.post("/refer-yourself/stop")
@allow_public
def own_stop() -> ResponseReturnValue:
    """Forget the form in this browser, and delete what was written. A form that was sent stays with the hub."""
    token = flask.session.pop(_KEY, None)
    if not token:
        return redirect(url_for("referrals.own_start"))
    with transaction() as session:
        service.discard_own_draft(session, token, runtime().clock)
    return redirect(url_for("referrals.own_start", said="closed"))
