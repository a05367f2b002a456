"""The learner's pages: open with a link and the date of birth, then everything in the learner's language."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts.domain.disclosure import shown, sight_of
from hub.assessment import exchange
from hub.consent import reads as consents
from hub.core.errors import Conflict, Gone, HubError, NotFound, RuleBroken, TooMany
from hub.core.permissions import Actor, learner_actor
from hub.infra import audit
from hub.infra.access import act_as, allow_public
from hub.infra.db import runtime, transaction
from hub.infra.http import pages_blueprint
from hub.infra.seals import exporting
from hub.infra.sight import open_to_the_hub
from hub.learners import reads as people
from hub.learners import service as learners
from hub.learners.domain import OpenedLink
from hub.matching.domain import LearnerAnswer, OfferState
from hub.messaging import service as messaging
from hub.oversight import reads as oversight
from hub.portal import reads, service
from hub.portal.domain import LEARNER_REASONS
from hub.portal.pages.speech import context as speech_context
from hub.portal.pages.speech import speech
from hub.portal.schemas import (
    AgreeForm,
    BirthSchema,
    ContactSchema,
    OfferSchema,
    PermissionSchema,
    QuestionSchema,
    TimesSchema,
    YesNoSchema,
)
from hub.ui.forms import Form, blank_form, read_form
from hub.ui.visits import begin_visit, end_visit, is_visiting

blueprint = pages_blueprint("portal", "hub.portal")

View = Callable[..., ResponseReturnValue]
_FIRST_PAGES = {"offer": "portal.offer", "information": "rights.own", "consent": "portal.agree"}
_SAID = {"saved", "asked", "cannot_come_done", "check_yes_done", "check_no_done", "stop_all_done"}


def render(name: str, token: str, status: int = 200, **context: Any) -> Response:
    """A page in the learner's language."""
    body = render_template(f"portal/{name}.html", token=token, **speech_context(token), **context)
    return Response(body, status)


def own_page(view: View) -> View:
    """Open the link, ask for the date of birth first, act as the learner, and write down who looked."""

    @wraps(view)
    def opened(token: str) -> ResponseReturnValue:
        clock = runtime().clock
        try:
            with transaction() as session:
                open_to_the_hub(session)  # nobody is known before the link is
                link = learners.open_link(session, token, clock)
                if not is_visiting(token, clock):
                    to = "receipt" if request.endpoint == "portal.receipt" else None
                    return redirect(
                        url_for("portal.enter", token=token, lang=request.args.get("lang"), to=to)
                    )
                actor = learner_actor(link.learner_id)
                act_as(actor)
                people.own(session, link.learner_id)
                answer = view(session, token, link, actor)
                audit.record(
                    session, actor, "learner.own_page", "learner", link.learner_id,
                    fields=[f"{request.method} {request.endpoint}"], clock=clock,
                )  # fmt: skip
                return answer
        except (NotFound, Gone, TooMany) as error:
            return _closed_link(error, token)

    return opened


def _closed_link(error: HubError, token: str) -> Response:
    """Kind words instead of an error: what happened, that nothing is lost, whom to call."""
    kind = {404: "unknown", 410: "expired", 429: "locked"}[error.status]
    return render("closed_link", token, error.status, kind=kind)


@blueprint.route("/l/<token>", methods=["GET", "POST"])
@allow_public
def enter(token: str) -> ResponseReturnValue:
    """Asks for the date of birth. No name, no sign of what it is about, before it is right."""
    clock = runtime().clock
    form = blank_form() if request.method == "GET" else read_form(BirthSchema, request.form)
    try:
        with transaction() as session:
            open_to_the_hub(session)
            learners.open_link(session, token, clock)
            if request.method == "GET" and is_visiting(token, clock):
                return redirect(url_for(_wanted_page(), token=token, lang=request.args.get("lang")))
            if request.method == "POST" and form.ok:
                if learners.confirm_birth_date(session, token, form.data["birth_date"], clock):
                    return _let_in(session, token)
                form.errors["birth_date"] = speech().plain("birth_wrong")
            elif form.errors:
                form.errors = {"birth_date": speech().plain("birth_missing")}
    except (NotFound, Gone, TooMany) as error:
        return _closed_link(error, token)
    return render("enter", token, form=form, to=request.args.get("to"))


def _let_in(session: Session, token: str) -> ResponseReturnValue:
    clock = runtime().clock
    link = learners.open_link(session, token, clock)
    person = people.person(session, link.learner_id)
    begin_visit(token, clock, person.preferred_language if person else None)
    audit.record(
        session, learner_actor(link.learner_id), "link.opened", "learner", link.learner_id, clock=clock
    )
    page = _FIRST_PAGES.get(link.purpose) or _wanted_page()
    return redirect(url_for(page, token=token))


def _wanted_page() -> str:
    """Where the link of a message leads, once the date of birth is right."""
    return "portal.receipt" if request.args.get("to") == "receipt" else "portal.home"


@blueprint.post("/l/<token>/leave")
@allow_public
def leave(token: str) -> ResponseReturnValue:
    """Close the page on a phone that others use."""
    end_visit()
    return render("left", token)


@blueprint.get("/l/<token>/here")
@allow_public
@own_page
def home(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """Where am I, what happens next, and what can I do."""
    here = reads.here(session, link.learner_id, runtime().clock)
    said = request.args.get("said", "")
    return render("home", token, here=here, said=said if said in _SAID else None)


@blueprint.get("/l/<token>/meeting.ics")
@allow_public
@own_page
def calendar(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """The meeting as a calendar file."""
    meeting = reads.here(session, link.learner_id, runtime().clock).meeting
    if meeting is None:
        return redirect(url_for("portal.home", token=token))
    settings = runtime().settings
    host = urlsplit(settings.base_url).hostname or "hub"
    publisher = exchange.Publisher(settings.hub_name, host, speech().plain("meeting_with"))
    body = exchange.calendar_file(meeting, publisher, runtime().clock.now())
    headers = {"Content-Disposition": 'attachment; filename="meeting.ics"'}
    return Response(body, headers=headers, content_type=exchange.CALENDAR_TYPE)


@blueprint.post("/l/<token>/cannot-come")
@allow_public
@own_page
def cannot_come(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """The learner cannot come to the meeting."""
    service.cannot_come(session, link.learner_id, actor, runtime().clock)
    return redirect(url_for("portal.home", token=token, said="cannot_come_done"))


@blueprint.route("/l/<token>/offer", methods=["GET", "POST"])
@allow_public
@own_page
def offer(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """The place offered, with everything needed to decide; yes is one press, no asks why."""
    form = blank_form() if request.method == "GET" else read_form(OfferSchema, request.form)
    found = reads.offer_to_show(session, link.learner_id, link.subject_id)
    if found is None:
        return redirect(url_for("portal.home", token=token))
    if request.method == "POST" and found.state is OfferState.WITH_LEARNER:
        if form.ok and (form.data["answer"] == "yes" or form.data["reason"]):
            answer = LearnerAnswer(
                form.data["answer"] == "yes", form.data["reason"], channel="sms_link", language=speech().code
            )
            _answer_offer(session, link, answer, actor)
            return redirect(url_for("portal.offer", token=token))
        form.errors = {"reason": speech().plain("choose_one")}
    asks_why = form.values.get("answer") == "no"
    if asks_why and "asked" not in form.values:
        form.errors = {}  # the question has not been asked yet
    return render(
        "offer", token, offer=found, esol_class=reads.class_of(session, found), form=form, asks_why=asks_why,
        open=found.state is OfferState.WITH_LEARNER, reasons=LEARNER_REASONS,
    )  # fmt: skip


def _answer_offer(session: Session, link: OpenedLink, answer: LearnerAnswer, actor: Actor) -> None:
    """A second press, or an answer by text a moment before, changes nothing: the page shows what holds."""
    try:
        service.answer_offer(session, link.learner_id, answer, actor, runtime().clock)
    except (Conflict, NotFound):
        session.expire_all()


@blueprint.post("/l/<token>/still-waiting")
@allow_public
@own_page
def still_waiting(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """Whether the learner still wants a place."""
    form = read_form(YesNoSchema, request.form)
    if not form.ok:
        return redirect(url_for("portal.home", token=token))
    wants = form.data["answer"] == "yes"
    service.still_waiting(session, link.learner_id, wants, actor, runtime().clock)
    said = "check_yes_done" if wants else "check_no_done"
    return redirect(url_for("portal.home", token=token, said=said))


@blueprint.route("/l/<token>/times", methods=["GET", "POST"])
@allow_public
@own_page
def times(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """When the learner can come."""
    if request.method == "POST":
        form = read_form(TimesSchema, request.form)
        if form.ok:
            chosen = frozenset(form.data["times"])
            service.change_times(session, link.learner_id, chosen, actor, runtime().clock)
            return redirect(url_for("portal.home", token=token, said="saved"))
        form.errors = {"times": speech().plain("times_missing")}
    else:
        told = people.needs(session, [link.learner_id]).get(link.learner_id)
        form = blank_form({"times": sorted(told.availability) if told else []})
    return render("times", token, form=form)


@blueprint.route("/l/<token>/contact", methods=["GET", "POST"])
@allow_public
@own_page
def contact(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """Phone, e-mail, and whether texts are safe."""
    if request.method == "POST":
        form = read_form(ContactSchema, request.form)
        if form.ok and not (form.data["phone"] or form.data["email"]):
            form.fail("phone", "contact_missing")
        if form.ok and _contact_saved(session, link, form, actor):
            return redirect(url_for("portal.home", token=token, said="saved"))
        form.errors = _contact_errors(form)
    else:
        person = shown(people.person(session, link.learner_id), sight_of(actor.role))
        form = blank_form(
            {"phone": person.phone, "email": person.email, "texts": person.safe_to_text} if person else {}
        )
    return render("contact", token, form=form)


def _contact_saved(session: Session, link: OpenedLink, form: Form, actor: Actor) -> bool:
    data = form.data
    change = service.OwnContact(data["phone"], data["email"], data["texts"])
    try:
        service.change_contact(session, link.learner_id, change, actor, runtime().clock)
    except RuleBroken as error:
        form.fail_with(error)
    return form.ok


def _contact_errors(form: Form) -> dict[str, str]:
    keys = {"phone": "phone_wrong", "email": "email_wrong", "texts": "choose_one"}
    missing = form.errors.get("phone") == "contact_missing"
    return {
        name: speech().plain("contact_missing" if missing and name == "phone" else keys.get(name, "problem"))
        for name in form.errors
    }


@blueprint.route("/l/<token>/agree", methods=["GET", "POST"])
@allow_public
@own_page
def agree(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """The questions that somebody asked by link, each a choice of its own. Answered, it leads to what stands."""
    clock = runtime().clock
    asked = consents.asked_by_link(session, link.learner_id)
    if not asked:
        return redirect(url_for("portal.permissions", token=token))
    form = blank_form() if request.method == "GET" else read_form(AgreeForm, request.form)
    wording = consents.wording(session, speech().code)
    if request.method == "POST" and form.ok:
        said = frozenset(code for code, yes in form.data.items() if yes)
        service.answer_permissions(session, link.learner_id, said, wording.language.code, actor, clock)
        return redirect(url_for("portal.home", token=token, said="saved"))
    form.errors = {name: speech().plain("choose_one") for name in form.errors}
    receivers = consents.relying_organisations(session)
    body = render("agree", token, form=form, wording=wording, receivers=receivers)
    body.status_code = 422 if form.errors else 200
    return body


@blueprint.route("/l/<token>/permissions", methods=["GET", "POST"])
@allow_public
@own_page
def permissions(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """Each permission with one button that takes it back or gives it."""
    clock = runtime().clock
    if request.method == "POST":
        form = read_form(PermissionSchema, request.form)
        if form.ok and form.data["purpose"] in _optional(session, link):
            if form.data["act"] == "stop":
                service.stop_permission(session, link.learner_id, form.data["purpose"], actor, clock)
            else:
                purpose = service.Allowed(form.data["purpose"], speech().code)
                service.allow(session, link.learner_id, purpose, actor, clock)
        return redirect(url_for("portal.permissions", token=token))
    given = _optional(session, link)
    wording = consents.wording(session, speech().code)
    shown = [(one.code, one.question, given[one.code]) for one in wording.purposes if one.code in given]
    return render("permissions", token, permissions=shown)


def _optional(session: Session, link: OpenedLink) -> dict[str, bool]:
    """The permissions that the learner may give or refuse, and what they last said about each."""
    standings = consents.standings(session, link.learner_id, runtime().clock.today())
    return {one.purpose.code: one.standing.permits for one in standings if one.purpose.optional}


@blueprint.route("/l/<token>/ask", methods=["GET", "POST"])
@allow_public
@own_page
def ask(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """A question in any language, or the wish to be called."""
    form = blank_form() if request.method == "GET" else read_form(QuestionSchema, request.form)
    if request.method == "POST":
        question = _question(form)
        if question:
            messaging.leave_question(session, link.learner_id, question, actor, runtime().clock)
            return redirect(url_for("portal.home", token=token, said="asked"))
        form.errors = {"question": speech().plain("question_missing")}
    return render("ask", token, form=form)


def _question(form: Form) -> str | None:
    if not form.ok:
        return None
    written: str | None = form.data["question"]
    if form.data["call"]:
        return f"Please call me. {written or ''}".strip()
    return written


@blueprint.get("/l/<token>/who-looked")
@allow_public
@own_page
def who_looked(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """Who looked at the record or changed it: by day, organisation and role; and what is no longer kept of it."""
    found = oversight.who_looked(session, link.learner_id, runtime().clock.today())
    gone = oversight.removed_before(session, link.learner_id)
    day = speech().full_date(gone) if gone else None
    return render("who_looked", token, looks=found, removed_before=day, command=exporting.HOW_TO_VERIFY)


@blueprint.get("/l/<token>/who-looked.jsonl")
@allow_public
@own_page
def access_history(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """The learner's own entries of the audit, each with the proof that it is sealed."""
    clock = runtime().clock
    seqs = oversight.seqs_about(session, link.learner_id)
    body = b"".join(exporting.export_chosen(session, seqs, clock))
    audit.record(session, actor, "learner.access_exported", "learner", link.learner_id, clock=clock)
    headers = {"Content-Disposition": 'attachment; filename="who-looked.jsonl"'}
    return Response(body, headers=headers, content_type=exporting.MEDIA_TYPE)
