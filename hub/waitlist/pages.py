"""The waiting list: the list with filters and download, one entry with what can be done with it."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain.disclosure import shown, sight_of
from hub.assessment.domain import Skill, Strand
from hub.core.errors import HubError, NotFound
from hub.core.levels import Level
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.csvfiles import csv_text
from hub.infra.db import runtime, transaction
from hub.infra.http import page_number, pages_blueprint
from hub.infra.limits import limited
from hub.learners import reads as learners
from hub.learners.domain import Person
from hub.policy import reads as policy
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form
from hub.waitlist import queries, reads, service
from hub.waitlist.domain import Channel, EntryFilter, EntryState, policy_on
from hub.waitlist.reads import EntryView
from hub.waitlist.schemas import (
    Answer,
    CheckInSchema,
    FilterSchema,
    LevelSchema,
    PauseSchema,
    PrioritySchema,
    RemovalSchema,
)

blueprint = pages_blueprint("waitlist", __name__)
PAGE = 100
Act = Callable[[Session, UUID, Any], object]


@blueprint.get("/waiting-list")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def index() -> ResponseReturnValue:
    """Everybody on the list, by priority and then by date, 100 a page."""
    wanted, today = _wanted(), runtime().clock.today()
    page = page_number()
    with transaction() as session:
        total = queries.count(session, wanted)
        entries = reads.listed(session, wanted, (page - 1) * PAGE, PAGE)
        return render_template(
            "waitlist/index.html",
            entries=entries, people=_people(session, entries, "waitlist_entry.viewed"), today=today,
            places=reads.positions(session, [entry.id for entry in entries]), total=total, page=page,
            pages=-(-total // PAGE), labels=_labels(session), wanted=wanted, levels=Level, strands=Strand,
            states=EntryState, bands=policy_on(today).bands, form=blank_form(_as_values(wanted)),
            filters={key: value for key, value in _as_values(wanted).items() if value},
        )  # fmt: skip


@blueprint.get("/waiting-list/overlap")
@allow(Role.HUB_MANAGER)
def overlap() -> ResponseReturnValue:
    """How many people stand on the lists of 2, 3, 4 providers, and of which."""
    with transaction() as session:
        seen = reads.overlap(session)
        return render_template(
            "waitlist/overlap.html", seen=seen, lists=sorted({*seen.sure.on_lists, *seen.likely.on_lists})
        )


_IN_FILE = ("name", "level", "strand", "state", "waiting_since", "priority", "place", "skills")


@blueprint.get("/waiting-list.csv")
@limited("export")
@allow(Role.HUB_MANAGER)
def download() -> ResponseReturnValue:
    """The list as it is filtered, as a file for a spreadsheet."""
    wanted, today = _wanted(), runtime().clock.today()
    with transaction() as session:
        entries = shown(reads.listed(session, wanted), sight_of(current_actor().role))
        people = _people(session, entries, "waitlist_entry.downloaded")
        audit.record_export(session, "waiting_list", len(entries), clock=runtime().clock, fields=_IN_FILE)
        places = reads.positions(session, [entry.id for entry in entries])
        labels, bands = _labels(session), policy_on(today).bands
        rows = [
            [_name(people.get(one.learner_id)), one.level.label, one.strand.label, labels[one.state].text,
             one.queue_on, one.waited(today), bands[one.priority_band],
             places[one.id].place if one.id in places else "",
             *(one.skills[skill].label if skill in one.skills else "" for skill in Skill)]
            for one in entries
        ]  # fmt: skip
    head = [
        "Learner",
        "Level",
        "Kind of class",
        "State",
        "Waiting since",
        "Waited",
        "Priority",
        "Place in line",
    ]
    return _csv([[*head, *(skill.label for skill in Skill)], *rows])


@blueprint.get("/waiting-list/<uuid:entry_id>")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def entry(entry_id: UUID) -> ResponseReturnValue:
    """One entry: place, priority with its reasons, history, and what can be done."""
    return _entry_page(entry_id, blank_form())


@blueprint.route("/waiting-list/<uuid:entry_id>/pause", methods=["GET", "POST"])
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def pause(entry_id: UUID) -> ResponseReturnValue:
    """No offers until a day; the date is kept."""
    return _act(entry_id, PauseSchema(), _with(service.pause), "The entry is paused. The date is kept.")


@blueprint.post("/waiting-list/<uuid:entry_id>/resume")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def resume(entry_id: UUID) -> ResponseReturnValue:
    """Back in line."""
    return _act(entry_id, None, _without(service.resume), "The learner is in line again.")


@blueprint.route("/waiting-list/<uuid:entry_id>/remove", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER)
def remove(entry_id: UUID) -> ResponseReturnValue:
    """Off the list, with a coded reason."""
    return _act(entry_id, RemovalSchema(), _with(service.remove), "The entry is off the list.")


@blueprint.route("/waiting-list/<uuid:entry_id>/level", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER)
def level(entry_id: UUID) -> ResponseReturnValue:
    """Another level, with the date kept."""
    return _act(
        entry_id, LevelSchema(), _with(service.change_level), "The level is changed. The date is kept."
    )


@blueprint.route("/waiting-list/<uuid:entry_id>/check-in", methods=["GET", "POST"])
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def check_in(entry_id: UUID) -> ResponseReturnValue:
    """What the learner said on the phone."""

    def answer(session: Session, one: UUID, data: dict[str, Answer]) -> object:
        actor, clock = current_actor(), runtime().clock
        if data["answer"] is Answer.NO_ANSWER:
            return service.call_unanswered(session, one, actor, clock)
        return service.check_in_replied(session, one, data["answer"] is Answer.YES, actor, clock)

    return _act(entry_id, CheckInSchema(), answer, "Recorded.")


@blueprint.post("/waiting-list/<uuid:entry_id>/come-back")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def come_back(entry_id: UUID) -> ResponseReturnValue:
    """A lapsed learner got in touch."""
    return _act(
        entry_id, None, _without(service.come_back), "The learner is in line again, with the date kept."
    )


@blueprint.route("/waiting-list/<uuid:entry_id>/priority", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER)
def change_priority(entry_id: UUID) -> ResponseReturnValue:
    """Note or end a fact that gives a priority."""

    def note(session: Session, one: UUID, data: dict[str, str]) -> None:
        view, actor, clock = _entry(session, one), current_actor(), runtime().clock
        about = reads.JoiningRecord(view.learner_id, view.source_record_id, view.subject_id)
        if data["act"] == "end":
            service.end_priority(session, view.learner_id, data["code"], actor, clock)
        else:
            service.note_priority(session, about, [data["code"]], actor, clock)

    return _act(entry_id, PrioritySchema(), note, "The priority is worked out again.")


@blueprint.post("/waiting-list/<uuid:entry_id>/release")
@allow(Role.ASSESSOR, Role.HUB_MANAGER)
def release(entry_id: UUID) -> ResponseReturnValue:
    """A person has looked at what held the entry."""

    def go_on(session: Session, one: UUID, _data: object) -> None:
        service.release(session, _entry(session, one).learner_id, current_actor(), runtime().clock)

    return _act(entry_id, None, go_on, "The hold is lifted.")


def _act(entry_id: UUID, schema: Any, act: Act, done: str) -> ResponseReturnValue:
    """Show the form of an act, or load it, do it and say so; what is wrong is shown with the form."""
    if request.method == "GET":
        return _entry_page(entry_id, blank_form(), _asked_act())
    form = read_form(schema, request.form) if schema else blank_form()
    if form.ok:
        try:
            with transaction() as session:
                act(session, entry_id, form.data)
            flash.success(done)
            return redirect(url_for("waitlist.entry", entry_id=entry_id))
        except NotFound:
            raise
        except HubError as error:
            form.fail_with(error)
    return _entry_page(entry_id, form, _asked_act() if schema else ""), 422


def _asked_act() -> str:
    """The last part of the address: pause, remove, level, check-in or priority."""
    return request.path.rpartition("/")[2]


def _with(verb: Callable[..., object]) -> Act:
    """A service verb that takes what the form says."""
    return lambda session, entry_id, data: verb(session, entry_id, data, current_actor(), runtime().clock)


def _without(verb: Callable[..., object]) -> Act:
    """A service verb that needs nothing more."""
    return lambda session, entry_id, _data: verb(session, entry_id, current_actor(), runtime().clock)


def _entry(session: Session, entry_id: UUID) -> EntryView:
    found = reads.entry(session, entry_id)
    if found is None:
        raise NotFound
    return found


def _entry_page(entry_id: UUID, form: Form, act: str = "") -> str:
    """The entry, or with an act the page of its form."""
    today = runtime().clock.today()
    with transaction() as session:
        one = _entry(session, entry_id)
        hub = accounts.hub_organisation(session)
        return render_template(
            "waitlist/act.html" if act else "waitlist/entry.html",
            form=form, act=act, entry=one, person=_people(session, [one], "waitlist_entry.viewed").get(one.learner_id),
            place=reads.position(session, entry_id), today=today, labels=_labels(session),
            states=EntryState, levels=Level, channels=Channel, history=reads.history(session, entry_id),
            priority=reads.priorities(session, [one.learner_id], today)[one.learner_id],
            facts=reads.fact_codes(session, one.learner_id), rules=policy_on(today).rules, answers=Answer,
            reasons=policy.reasons(session, "hub"), may_manage=current_actor().role is Role.HUB_MANAGER,
            staff={user.id: user.name for user in accounts.users_of(session, hub.id)},
            reason_words={reason.code: reason.label for reason in policy.reasons(session)},
        )  # fmt: skip


def _people(session: Session, entries: Sequence[EntryView], action: str) -> dict[UUID, Person]:
    """The people behind the entries; that they were shown is in the audit log."""
    known = learners.people(session, {entry.learner_id for entry in entries}) if entries else {}
    found = shown(known, sight_of(current_actor().role))
    for learner_id in found:
        audit.record(
            session, current_actor(), action, "learner", learner_id, clock=runtime().clock, fields=("name",)
        )
    return found


def _labels(session: Session) -> dict[EntryState, Any]:
    return {state: policy.label(session, "waitlist_entry", state.value, "staff") for state in EntryState}


def _wanted() -> EntryFilter:
    """The filter of the address; what is no level, strand or state is left out."""
    given = request.args.to_dict()
    try:
        found: EntryFilter = FilterSchema().load(given)
    except ValidationError as error:
        wrong = error.messages if isinstance(error.messages, dict) else {}
        found = FilterSchema().load({key: given[key] for key in given if key not in wrong})
    return found


def _as_values(wanted: EntryFilter) -> dict[str, str]:
    return {name: value.value if value else "" for name, value in vars(wanted).items()}


def _name(person: Person | None) -> str:
    return person.full_name if person else ""


def _csv(rows: Sequence[Sequence[object]]) -> Response:
    """A file that Excel opens as UTF-8."""
    answer = Response(csv_text(rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="waiting-list.csv"'
    return answer
