"""Messages for the hub's staff: what to answer, what did not arrive, everything sent."""

from collections.abc import Iterable
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import page_number, pages_blueprint
from hub.infra.limits import limited
from hub.learners import reads as learners
from hub.messaging import reads, service
from hub.messaging.domain import STATE_LABELS, TEXTING
from hub.messaging.schemas import WrittenSchema
from hub.ui import flash
from hub.ui.forms import blank_form, read_form

blueprint = pages_blueprint("messaging", __name__)


@blueprint.get("/messages")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def index() -> str:
    """Texts to answer first; `show=failed` what did not arrive, `show=all` everything."""
    show = request.args.get("show", "answer")
    with transaction() as session:
        tabs = reads.counts(session)
        if show == "all":
            found = reads.all_messages(session, page_number())
            _note_views(session, (one.learner_id for one in found.messages))
            return render_template("messaging/all.html", found=found, counts=tabs, show=show)
        box = reads.inbox(session)
        shown = box.in_trouble if show == "failed" else box.to_answer
        _note_views(session, (one.learner_id for one in shown))
        states = reads.delivery_last_days(session, runtime().clock)
    template = "messaging/failed.html" if show == "failed" else "messaging/to_answer.html"
    chart = [(STATE_LABELS[state][0], number) for state, number in states.items()]
    return render_template(template, box=box, counts=tabs, show=show, states=states, chart=chart)


@blueprint.route("/messages/texts/<uuid:received_id>", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def text(received_id: UUID) -> ResponseReturnValue:
    """One text with what was said before, and a box to answer in."""
    form = blank_form() if request.method == "GET" else read_form(WrittenSchema, request.form)
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                service.answer(session, received_id, form.data["text"], current_actor(), runtime().clock)
            flash.success("Your answer is on its way.")
            return redirect(_after_answer(received_id))
        except RuleBroken as error:
            form.fail_with(error)
    with transaction() as session:
        found = reads.received(session, received_id)
        said = reads.conversation(session, found.learner_id) if found.learner_id else []
        person = learners.person(session, found.learner_id) if found.learner_id else None
        _note_views(session, [found.learner_id])
    page = render_template("messaging/text.html", text=found, said=said, person=person, form=form)
    return page, 422 if form.errors else 200


def _after_answer(received_id: UUID) -> str:
    """Back to where the answer was written: the learner's page, or the list."""
    with transaction() as session:
        learner_id = reads.received(session, received_id).learner_id
    if request.args.get("back") == "learner" and learner_id is not None:
        return _learner_page(learner_id)
    return url_for("messaging.index")


@blueprint.post("/messages/texts/<uuid:received_id>/done")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def text_done(received_id: UUID) -> ResponseReturnValue:
    """A text that needs no answer by text, or a STOP that has been talked about."""
    with transaction() as session:
        service.deal_with_text(session, received_id, current_actor(), runtime().clock)
    flash.success("Taken off the list.")
    return redirect(url_for("messaging.index"))


@blueprint.post("/messages/<uuid:message_id>/done")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def message_done(message_id: UUID) -> ResponseReturnValue:
    """The learner was reached in another way."""
    with transaction() as session:
        service.deal_with_message(session, message_id, current_actor(), runtime().clock)
    flash.success("Taken off the list.")
    return redirect(url_for("messaging.index", show="failed"))


@blueprint.post("/messages/<uuid:message_id>/again")
@limited("text")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def send_again(message_id: UUID) -> ResponseReturnValue:
    """Once more, to the number of now."""
    with transaction() as session:
        service.send_again(session, message_id, current_actor(), runtime().clock)
    flash.success("The message goes out once more.")
    return redirect(url_for("messaging.index", show="failed"))


@blueprint.route("/messages/to/<uuid:learner_id>", methods=["GET", "POST"])
@limited("text", on=("POST",))
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def write(learner_id: UUID) -> ResponseReturnValue:
    """Write to a learner in one's own words."""
    form = blank_form() if request.method == "GET" else read_form(WrittenSchema, request.form)
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                service.write_to(session, learner_id, form.data["text"], current_actor(), runtime().clock)
            flash.success("Your message is on its way.")
            return redirect(_learner_page(learner_id))
        except RuleBroken as error:
            form.fail_with(error)
    with transaction() as session:
        person = learners.person(session, learner_id)
        if person is None:
            raise NotFound("There is no such learner.")
        said = reads.conversation(session, learner_id)
        stopped = bool(person.phone and reads.stopped(session, [person.phone]))
        may_text = consents.may(session, learner_id, TEXTING, runtime().clock.today())
        _note_views(session, [learner_id])
    context = {"person": person, "said": said, "form": form, "stopped": stopped, "may_text": may_text}
    return render_template("messaging/write.html", **context), 422 if form.errors else 200


def _learner_page(learner_id: UUID) -> str:
    return url_for("desk.learner", learner_id=learner_id)


def _note_views(session: Session, learner_ids: Iterable[UUID | None]) -> None:
    """Who read whose messages."""
    for learner_id in sorted({one for one in learner_ids if one is not None}):
        audit.record(
            session, current_actor(), "learner.messages_viewed", "learner", learner_id, clock=runtime().clock
        )
