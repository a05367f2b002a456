"""Requests and complaints: the list with its clocks, one case, and everything that can be done with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain.disclosure import shown, sight_of
from hub.consent.domain import PURPOSES, STOP_LABELS, stoppable
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Actor, Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.learners import reads as learners
from hub.referrals import reads as referrals
from hub.rights import domain, exchange, reads, service
from hub.rights.domain import Act, CaseKind, Door, NewCase
from hub.rights.pages.base import OFFICER, RECEIVES, blueprint
from hub.rights.reads import CaseFile
from hub.rights.schemas import (
    CaseSchema,
    CorrectionSchema,
    DecisionSchema,
    ExtendSchema,
    IdentifySchema,
    NoteSchema,
    SearchEffortSchema,
)
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

WORDS = {
    "kinds": domain.KIND_LABELS, "doors": domain.DOOR_LABELS, "identities": domain.IDENTITY_LABELS,
    "decisions": domain.DECISION_LABELS, "reasons": domain.REASON_LABELS, "longer": domain.LONGER_LABELS,
    "acts": domain.ACT_LABELS, "purposes": PURPOSES, "stops": STOP_LABELS,
}  # fmt: skip


STAFF_DOORS = [
    (code, words) for code, words in domain.DOOR_LABELS.items() if code not in {Door.LINK, Door.WEB}
]


@blueprint.get("/data-rights")
@allow(*OFFICER)
def index() -> str:
    """Open cases, the soonest due first; or all with ?show=all."""
    show_all = request.args.get("show") == "all"
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        found = reads.cases(session, clock, open_only=not show_all)
        for one in found:
            if one.learner_id is not None:
                audit.record(
                    session, actor, "learner.listed", "learner", one.learner_id, fields=("name",), clock=clock
                )
        return render_template(
            "rights/cases.html", cases=found, names=reads.names(session, found), show_all=show_all, **WORDS
        )


@blueprint.route("/data-rights/new", methods=["GET", "POST"])
@allow(*RECEIVES)
def new() -> ResponseReturnValue:
    """Write down what somebody asks or complains about."""
    clock = runtime().clock
    if request.method == "GET":
        form = blank_form({"received_on": clock.today()})
        return render_template("rights/new.html", form=form, staff_doors=STAFF_DOORS, **WORDS)
    form = read_form(CaseSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                row = _receive(session, form.data, current_actor(), clock)
            return _received(row.id, row.reference)
        except RuleBroken as error:
            form.fail_with(error)
    return render_template("rights/new.html", form=form, staff_doors=STAFF_DOORS, **WORDS), 422


def _receive(session: Session, data: dict[str, Any], actor: Actor, clock: Clock) -> Any:
    values = dict(data)
    learner_id = _learner_of(session, values.pop("reference"))
    return service.receive(session, NewCase(learner_id=learner_id, **values), actor, clock)


def _learner_of(session: Session, reference: str | None) -> UUID | None:
    """The learner of a referral's reference; RuleBroken beside `reference` for one that nobody has."""
    if reference is None:
        return None
    referral = referrals.by_reference(session, reference)
    if referral is None:
        raise RuleBroken("There is no referral with this reference.", field="reference")
    return referral.learner_id


def _received(case_id: UUID, reference: str) -> ResponseReturnValue:
    if current_actor().role is Role.DATA_PROTECTION:
        flash.success(f"Written down as {reference}. Check who asks, then answer.")
        return redirect(url_for("rights.one", case_id=case_id))
    flash.success(f"Written down as {reference}. The data protection officer has it on their list.")
    return redirect(url_for("desk.my_work"))


@blueprint.get("/data-rights/<uuid:case_id>")
@allow(*OFFICER)
def one(case_id: UUID) -> str:
    """One case: its clock, what was done, what can be done now."""
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        found = reads.case_file(session, case_id, clock)
        _note_view(session, found, actor, clock)
        users = _names_of(session, {event.actor_id for event in found.events})
        return render_template(
            "rights/case.html", file=found, case=found.case, names=reads.names(session, [found.case]),
            users=users, todo=_possible(found), Act=Act, Kind=CaseKind, **WORDS,
        )  # fmt: skip


def _names_of(session: Session, ids: set[UUID | None]) -> dict[UUID, str]:
    """Names of members of staff; the service and the learner have none."""
    hub = accounts.hub_organisation(session).id
    return {user.id: user.name for user in accounts.users_of(session, hub) if user.id in ids}


def _note_view(session: Session, found: CaseFile, actor: Actor, clock: Clock) -> None:
    about = ("learner", found.case.learner_id) if found.case.learner_id else ("rights_case", found.case.id)
    audit.record(session, actor, "rights.viewed", *about, fields=("case",), clock=clock)


@dataclass(frozen=True)
class Doing:
    """One thing that can be done with a case: its form, its verb, its words."""

    act: Act
    title: str
    schema: type[Schema]
    do: Callable[[Session, UUID, Any, Actor, Clock], Any]
    done: str
    only: CaseKind | None = None


def _identify(session: Session, case_id: UUID, data: dict[str, Any], actor: Actor, clock: Clock) -> None:
    learner_id = _learner_of(session, data["reference"])
    if learner_id is not None:
        service.attach(session, case_id, learner_id, actor, clock)
    service.identify(session, case_id, data["identity"], actor, clock)


def _noting(verb: Callable[..., None]) -> Callable[[Session, UUID, Any, Actor, Clock], None]:
    return lambda session, case_id, data, actor, clock: verb(session, case_id, data["note"], actor, clock)


DOINGS: Mapping[str, Doing] = {
    "identify": Doing(Act.IDENTIFY, "Say who this is, and how you made sure", IdentifySchema, _identify, "Noted."),
    "acknowledge": Doing(
        Act.ACKNOWLEDGE, "Acknowledge it", NoteSchema, _noting(service.acknowledge), "Acknowledged.",
    ),
    "ask": Doing(
        Act.ASK, "Ask for more: the clock stands still", NoteSchema, _noting(service.ask), "The clock stands still.",
    ),
    "answered": Doing(
        Act.ANSWERED, "They have answered: the clock runs again", NoteSchema, _noting(service.note_answer),
        "The clock runs again.",
    ),
    "extend": Doing(Act.EXTEND, "Take two months more", ExtendSchema, service.extend, "Two months more."),
    "search": Doing(Act.SEARCH, "Write down a search", SearchEffortSchema, service.log_search, "Written down."),
    "correct": Doing(
        Act.DECIDE, "Put it right", CorrectionSchema, service.correct, "Put right. The partners are told.",
        CaseKind.CORRECTION,
    ),
    "decide": Doing(Act.DECIDE, "Decide", DecisionSchema, service.decide, "Decided."),
    "keep": Doing(
        Act.KEEP, "Look again: it stays stopped", NoteSchema, _noting(service.keep_stopped), "It stays stopped.",
    ),
    "lift": Doing(
        Act.LIFT, "Lift it: it may go on", NoteSchema, _noting(service.lift_stop),
        "Lifted. What the learner had permitted may be done again.",
    ),
    "close": Doing(
        Act.CLOSE, "Close it: the person has the answer", NoteSchema, _noting(service.note_handed_over), "Closed.",
    ),
}  # fmt: skip


def _possible(found: CaseFile) -> list[tuple[str, str]]:
    """(slug, words) of what can be done with the case now."""
    case = found.case
    return [
        (slug, doing.title)
        for slug, doing in DOINGS.items()
        if case.may(doing.act)
        and doing.only in {None, case.kind}
        and not (doing.act is Act.IDENTIFY and case.identity is not None)
        and not (doing.act is Act.ACKNOWLEDGE and case.acknowledged_on is not None)
        and not (doing.act is Act.EXTEND and (case.longer_because or case.kind is CaseKind.COMPLAINT))
        and not (doing.act is Act.CLOSE and case.erase_on is not None)
        and not (doing.act in {Act.KEEP, Act.LIFT} and found.stop is None)
    ]


@blueprint.route("/data-rights/<uuid:case_id>/<act>", methods=["GET", "POST"])
@allow(*OFFICER)
def act(case_id: UUID, act: str) -> ResponseReturnValue:
    """One thing done with a case."""
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        found = reads.case_file(session, case_id, clock)
        doing = DOINGS.get(act)
        if doing is None:
            raise NotFound("There is nothing at this address.")
        if act not in dict(_possible(found)):  # done meanwhile, or a button pressed twice
            return redirect(url_for("rights.one", case_id=case_id))
        form = (
            blank_form(_first(session, found, act))
            if request.method == "GET"
            else read_form(doing.schema, request.form)
        )
        title = doing.title
        _note_view(session, found, actor, clock)
    if request.method == "POST" and form.ok and _done(doing, case_id, form, actor, clock):
        return redirect(url_for("rights.one", case_id=case_id))
    body = render_template(
        "rights/act.html",
        file=found,
        case=found.case,
        act=act,
        title=title,
        form=form,
        Kind=CaseKind,
        uses=_uses(),
        **WORDS,
    )
    return body, 422 if form.errors else 200


def _uses() -> list[tuple[str, str]]:
    """The uses that can be stopped, for a form."""
    return [(code, one.title) for code, one in PURPOSES.items() if code in stoppable()]


def _done(doing: Doing, case_id: UUID, form: Form, actor: Actor, clock: Clock) -> bool:
    try:
        with transaction() as session:
            doing.do(session, case_id, form.data, actor, clock)
    except RuleBroken as error:
        form.fail_with(error)
        return False
    flash.success(doing.done)
    return True


def _first(session: Session, found: CaseFile, act: str) -> dict[str, Any]:
    """What a form starts with: for a correction, what we have now."""
    if act != "correct" or found.case.learner_id is None:
        return {}
    person = learners.person(session, found.case.learner_id)
    return {name: getattr(person, name) for name in CorrectionSchema().fields} if person else {}


@blueprint.post("/data-rights/<uuid:case_id>/copy")
@allow(*OFFICER)
def make_copy(case_id: UUID) -> ResponseReturnValue:
    """Make the copy of everything, or make it anew."""
    actor, clock = current_actor(), runtime().clock
    try:
        with transaction() as session:
            learner_id = reads.case_file(session, case_id, clock).case.learner_id
            if learner_id is None:
                raise RuleBroken("First say which learner this is.")
            copy = reads.copy_of(session, learner_id, clock)
            content = exchange.zipped(shown(copy, sight_of(Role.LEARNER)), runtime().settings.hub_name)
            service.keep_package(session, case_id, content, actor, clock)
        flash.success(f"The copy is made: {copy.records:,} records. Look at it before you decide.")
    except RuleBroken as error:
        flash.notice(error.detail)
    return redirect(url_for("rights.one", case_id=case_id))


@blueprint.get("/data-rights/<uuid:case_id>/copy.zip")
@limited("export")
@allow(*OFFICER)
def copy(case_id: UUID) -> Response:
    """The copy, to look at or to hand over."""
    with transaction() as session:
        content = service.open_package(session, case_id, current_actor(), runtime().clock)
    return as_download(content)


def as_download(content: bytes) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="your-data.zip"', "Cache-Control": "no-store"}
    return Response(content, headers=headers, content_type=exchange.ZIP_TYPE)
