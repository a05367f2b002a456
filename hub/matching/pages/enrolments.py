"""Enrolments: who is expected, who came, weeks attended, how it ended. Providers see their own, the hub all."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema
from sqlalchemy.orm import Session

from hub.accounts.domain.disclosure import Disclosed
from hub.core.errors import HubError, NotFound
from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.matching import reads, service
from hub.matching.domain.enrolments import EnrolmentState, next_level
from hub.matching.pages.edge import blueprint, labels, own_organisation, reason_options, seen
from hub.matching.reads.enrolments import EnrolmentView, Known, identities
from hub.matching.schemas import (
    AttendanceSchema,
    CompletionSchema,
    LeavingSchema,
    ReturnSchema,
    StartSchema,
    TransferSchema,
)
from hub.provision import reads as provision
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

S = EnrolmentState
SEES = (Role.PROVIDER, Role.HUB_MANAGER, Role.ASSESSOR)
CHANGES = (Role.PROVIDER, Role.HUB_MANAGER)
GROUPS = (
    ("Did not come: the hub decides", (S.NO_SHOW,), "Everybody who was expected has come so far."),
    ("Expected", (S.EXPECTED,), "No learner is expected. They appear here when they say yes to an offer."),
    ("On the course", (S.STARTED,), "No learner is on a course now."),
)
ENDED = (S.COMPLETED, S.LEFT_EARLY, S.TRANSFERRED, S.RETURNED_TO_LIST)
Act = Callable[[Session, UUID, Any], object]


@blueprint.get("/enrolments")
@allow(*SEES)
def enrolments() -> ResponseReturnValue:
    """Learners by where they stand; those that have ended on a view of their own."""
    own, clock, actor = own_organisation(), runtime().clock, current_actor()
    past = request.args.get("show") == "ended"
    wanted = (("Ended", ENDED, "No course has ended yet."),) if past else GROUPS
    with transaction() as session:
        groups = [(title, reads.enrolments(session, states, own), empty) for title, states, empty in wanted]
        shown = [one for _, rows, _ in groups for one in rows]
        people = identities(session, shown, actor, clock.today())
        for one in shown:
            _seen(session, one, people)
        return render_template(
            "matching/enrolments.html",
            groups=groups, people=people, past=past, today=clock.today(),
            classes=provision.classes(session, {one.class_id for one in shown}),
            labels=labels(session, "enrolment", EnrolmentState), is_hub=actor.is_hub, states=EnrolmentState,
        )  # fmt: skip


@blueprint.post("/enrolments/<uuid:enrolment_id>/no-show")
@allow(*CHANGES)
def no_show(enrolment_id: UUID) -> ResponseReturnValue:
    """The learner did not come."""
    return _press(enrolment_id, service.no_show, "Thank you. The hub gets in touch with the learner.")


@blueprint.post("/enrolments/<uuid:enrolment_id>/expect-again")
@allow(Role.HUB_MANAGER)
def expect_again(enrolment_id: UUID) -> ResponseReturnValue:
    """The hub has spoken to the learner: they will come."""
    return _press(enrolment_id, service.expect_again, "The learner is expected again.")


def _press(enrolment_id: UUID, verb: Callable[..., object], done: str) -> ResponseReturnValue:
    try:
        with transaction() as session:
            verb(session, enrolment_id, current_actor(), runtime().clock)
        flash.success(done)
    except NotFound:
        raise
    except HubError as error:
        flash.notice(error.detail)
    return redirect(url_for("matching.enrolments"))


@blueprint.route("/enrolments/<uuid:enrolment_id>/start", methods=["GET", "POST"])
@allow(*CHANGES)
def start(enrolment_id: UUID) -> ResponseReturnValue:
    """The learner came, on which day."""
    return _act(enrolment_id, "start", StartSchema(), _with(service.start), "The learner has started.")


@blueprint.route("/enrolments/<uuid:enrolment_id>/attendance", methods=["GET", "POST"])
@allow(*CHANGES)
def attendance(enrolment_id: UUID) -> ResponseReturnValue:
    """Hours attended in a week."""
    done = "The week is recorded."
    return _act(enrolment_id, "attendance", AttendanceSchema(), _with(service.attendance), done)


@blueprint.route("/enrolments/<uuid:enrolment_id>/complete", methods=["GET", "POST"])
@allow(*CHANGES)
def complete(enrolment_id: UUID) -> ResponseReturnValue:
    """The course is over for the learner."""
    done = "The course is recorded as completed."
    return _act(enrolment_id, "complete", CompletionSchema(), _with(service.complete), done)


@blueprint.route("/enrolments/<uuid:enrolment_id>/leave", methods=["GET", "POST"])
@allow(*CHANGES)
def leave(enrolment_id: UUID) -> ResponseReturnValue:
    """The learner left before the end."""
    done = "Recorded. The place is free again."
    return _act(enrolment_id, "leave", LeavingSchema(), _with(service.leave), done)


@blueprint.route("/enrolments/<uuid:enrolment_id>/transfer", methods=["GET", "POST"])
@allow(*CHANGES)
def transfer(enrolment_id: UUID) -> ResponseReturnValue:
    """The provider moved the learner to another class of its own."""
    done = "Recorded. The place is free again."
    return _act(enrolment_id, "transfer", TransferSchema(), _with(service.transfer), done)


@blueprint.route("/enrolments/<uuid:enrolment_id>/return", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER)
def return_to_list(enrolment_id: UUID) -> ResponseReturnValue:
    """Back to the waiting list, with the date kept."""
    done = "The learner waits again, with the date kept."
    return _act(enrolment_id, "return", ReturnSchema(), _with(service.return_to_list), done)


def _with(verb: Callable[..., object]) -> Act:
    return lambda session, enrolment_id, command: verb(
        session, enrolment_id, command, current_actor(), runtime().clock
    )


def _act(enrolment_id: UUID, act: str, schema: Schema, do: Act, done: str) -> ResponseReturnValue:
    """One page with one form about one enrolment."""
    if request.method == "GET":
        return _act_page(enrolment_id, act, blank_form(_initial(act)))
    form = read_form(schema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                do(session, enrolment_id, form.data)
        except NotFound:
            raise
        except HubError as error:
            form.fail_with(error)
            return _act_page(enrolment_id, act, form), error.status
        flash.success(done)
        return redirect(url_for("matching.enrolments"))
    return _act_page(enrolment_id, act, form), 422


_SHOWN = frozenset({"name", "phone", "email", "date_of_birth", "health"})


def _seen(session: Session, view: EnrolmentView, people: Mapping[UUID, Disclosed[Known]]) -> None:
    """The audit says which fields of the learner could be read: for a provider, those that passed."""
    known = people.get(view.id)
    fields = sorted(known.value.fields & _SHOWN) if known else ["enrolment"]
    seen(session, [view.learner_id], "enrolment.viewed", tuple(fields))


def _initial(act: str) -> dict[str, Any]:
    return {"week_on" if act == "attendance" else "on": runtime().clock.today()}


def _act_page(enrolment_id: UUID, act: str, form: Form) -> str:
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        view = reads.enrolment_for(session, enrolment_id, actor)
        people = identities(session, [view], actor, clock.today())
        _seen(session, view, people)
        return render_template(
            "matching/enrolment_act.html",
            act=act, form=form, enrolment=view, known=people.get(view.id),
            esol_class=provision.esol_class(session, view.class_id), following=next_level(view.level),
            options=reason_options(session, "hub" if act == "return" else "learner"),
            label=labels(session, "enrolment", [view.state])[view.state],
        )  # fmt: skip
