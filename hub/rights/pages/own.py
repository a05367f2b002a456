"""The learner's own page about their data: ask, see what became of it, fetch the copy with a code."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.errors import Conflict, Gone, NotFound, RuleBroken, TooMany
from hub.core.permissions import Actor, learner_actor
from hub.core.wordbook import WordBook
from hub.infra import audit
from hub.infra.access import act_as, allow_public
from hub.infra.db import runtime, transaction
from hub.infra.sight import open_to_the_hub
from hub.learners import reads as people
from hub.learners import service as learners
from hub.rights import reads, service
from hub.rights.domain import CaseKind, Door, Identity, NewCase
from hub.rights.pages.base import blueprint
from hub.rights.pages.casework import as_download
from hub.rights.schemas import CodeSchema, OwnRequestSchema
from hub.ui.forms import Form, blank_form, read_form
from hub.ui.speech import Speech, spoken
from hub.ui.visits import is_visiting

BOOK = WordBook(Path(__file__).parent.parent / "data" / "words")
CHOICES = (
    CaseKind.ACCESS, CaseKind.CORRECTION, CaseKind.RESTRICTION, CaseKind.OBJECTION, CaseKind.COMPLAINT,
    CaseKind.ERASURE,
)  # fmt: skip
View = Callable[..., ResponseReturnValue]


def speech() -> Speech:
    """The words of this request's language."""
    return spoken(BOOK)


def _context(token: str) -> dict[str, Any]:
    return speech().context(lambda code: url_for("rights.own", token=token, lang=code))


def own_page(view: View) -> View:
    """Only behind the link and, before it, the date of birth: the portal's first page asks for that, and says in
    the learner's language what is the matter with a link that does not open."""

    @wraps(view)
    def opened(token: str, **values: Any) -> ResponseReturnValue:
        clock = runtime().clock
        try:
            with transaction() as session:
                open_to_the_hub(session)  # nobody is known before the link is
                link = learners.open_link(session, token, clock)
                if not is_visiting(token, clock):
                    return redirect(url_for("portal.enter", token=token))
                actor = learner_actor(link.learner_id)
                act_as(actor)
                people.own(session, link.learner_id)
                answer = view(session, token, link.learner_id, actor, **values)
                audit.record(
                    session, actor, "learner.own_page", "learner", link.learner_id,
                    fields=[f"{request.method} {request.endpoint}"], clock=clock,
                )  # fmt: skip
                return answer
        except (NotFound, Gone, TooMany):
            if request.method == "POST":
                raise
            return redirect(url_for("portal.enter", token=token))

    return opened


@blueprint.route("/l/<token>/data", methods=["GET", "POST"])
@allow_public
@own_page
def own(session: Session, token: str, learner_id: UUID, actor: Actor) -> ResponseReturnValue:
    """Ask for something, and see what became of what was asked before."""
    form = blank_form() if request.method == "GET" else read_form(OwnRequestSchema, request.form)
    if request.method == "POST":
        if form.ok and _asked(session, form, learner_id, actor):
            return redirect(url_for("rights.own", token=token, said="sent"))
        form.errors = {
            name: speech().plain("choose_missing" if name == "kind" else "words_missing")
            for name in form.errors
        }
    return _page(session, token, learner_id, Shown(form))


def _asked(session: Session, form: Form, learner_id: UUID, actor: Actor) -> bool:
    clock = runtime().clock
    if form.data["kind"] not in CHOICES:
        form.fail("kind", "choose")
        return False
    new = NewCase(
        door=Door.LINK, received_on=clock.today(), learner_id=learner_id,
        identity=Identity.LINK_AND_BIRTH_DATE, **form.data,
    )  # fmt: skip
    try:
        service.receive(session, new, actor, clock)
    except RuleBroken as error:
        form.fail_with(error)
    return form.ok


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows above its lists: a form with what was typed, and what is wrong with a code."""

    form: Form = field(default_factory=blank_form)
    code_error: str | None = None


def _page(session: Session, token: str, learner_id: UUID, shown: Shown) -> Response:
    clock, form, error = runtime().clock, shown.form, shown.code_error
    cases = reads.cases_of(session, learner_id, clock)
    packages = {one.id: reads.package_of(session, one.id) for one in cases if one.kind is CaseKind.ACCESS}
    ready = {
        key: one for key, one in packages.items()
        if one is not None and one.released_at and one.expires_on >= clock.today()
    }  # fmt: skip
    said = request.args.get("said", "")
    body = render_template(
        "rights/own.html", token=token, form=form, cases=cases, ready=ready, choices=CHOICES, code_error=error,
        stopped={one.case_id: one.since for one in consents.stops_of(session, learner_id)},
        said=said if said in {"sent", "code_sent"} else None, **_context(token),
    )  # fmt: skip
    return Response(body, 422 if form.errors or error else 200)


@blueprint.post("/l/<token>/data/<uuid:case_id>/code")
@allow_public
@own_page
def own_code(
    session: Session, token: str, learner_id: UUID, actor: Actor, case_id: UUID
) -> ResponseReturnValue:
    """Text the learner a new code for the copy."""
    try:
        service.send_code(session, case_id, learner_id, runtime().clock)
    except (Conflict, TooMany) as error:
        key = {"code_sent": "wait", "code_locked": "locked"}.get(error.code, "locked")
        return _page(session, token, learner_id, Shown(code_error=speech().plain(key)))
    return redirect(url_for("rights.own", token=token, said="code_sent"))


@blueprint.post("/l/<token>/data/<uuid:case_id>/copy")
@allow_public
@own_page
def own_copy(
    session: Session, token: str, learner_id: UUID, actor: Actor, case_id: UUID
) -> ResponseReturnValue:
    """The copy, for the right code."""
    form = read_form(CodeSchema, request.form)
    try:
        code = form.data["code"] if form.ok else ""
        content = service.fetch(session, case_id, learner_id, code, actor, runtime().clock)
    except (Conflict, TooMany):
        return _page(session, token, learner_id, Shown(code_error=speech().plain("locked")))
    if content is None:
        return _page(session, token, learner_id, Shown(code_error=speech().plain("code_wrong")))
    return as_download(content)
