"""Matching rounds: preview, look through by class and by learner, ask why, release, undo."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.core.errors import HubError, NotFound
from hub.core.permissions import Role
from hub.core.wording import count_of
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import as_uuid
from hub.infra.limits import limited
from hub.learners import reads as learners
from hub.matching import reads, service
from hub.matching.domain.rounds import LineState, NewRound, Released, RoundState
from hub.matching.pages.edge import PAGE, asked_page, blueprint, labels, people_shown, seen
from hub.matching.reads.rounds import Detail, Line, class_answers, detail
from hub.matching.schemas import ReleaseSchema
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

REASONS = {
    "no_eligible_class": "No class fits: a gap in what is offered",
    "outranked": "Others come first for the classes that fit",
}
SHOWN = {
    "proposed": (LineState.PROPOSED, LineState.RELEASED, LineState.REFUSED, LineState.UNDONE),
    "unmatched": (LineState.UNMATCHED,),
}


@blueprint.get("/matching-rounds")
@allow(Role.HUB_MANAGER)
def rounds() -> ResponseReturnValue:
    """All rounds, the refills that are ready, and what asks for one."""
    return _list_page(blank_form())


def _list_page(form: Form) -> str:
    with transaction() as session:
        return render_template(
            "matching/rounds.html",
            rounds=reads.rounds(session),
            vacancies=reads.vacancies(session),
            labels=labels(session, "match_round", RoundState),
            form=form,
        )


@blueprint.post("/matching-rounds/preview")
@allow(Role.HUB_MANAGER)
def preview() -> ResponseReturnValue:
    """Preview a round of every open class; nothing is held."""
    try:
        with transaction() as session:
            row = service.preview(session, NewRound(), current_actor(), runtime().clock)
    except HubError as error:
        return _refused(error)
    flash.success("The preview is ready. Nothing is held until you release it.")
    return redirect(url_for("matching.round", round_id=row.id))


@blueprint.post("/matching-rounds/refill")
@allow(Role.HUB_MANAGER)
def refill() -> ResponseReturnValue:
    """Preview a refill of the places that came free."""
    try:
        with transaction() as session:
            row = service.prepare_refills(session, current_actor(), runtime().clock)
    except HubError as error:
        return _refused(error)
    if row is None:
        flash.notice("There is nothing to refill now: no free place, or nobody waiting.")
        return redirect(url_for("matching.rounds"))
    return redirect(url_for("matching.round", round_id=row.id))


def _refused(error: HubError) -> ResponseReturnValue:
    form = blank_form()
    form.fail(None, error.detail)
    return _list_page(form), error.status


@blueprint.get("/matching-rounds/<uuid:round_id>", endpoint="round")
@allow(Role.HUB_MANAGER)
def match_round(round_id: UUID) -> ResponseReturnValue:
    """One round: figures, class fill, who would go where, what is different."""
    return _round_page(round_id, blank_form())


def _round_page(round_id: UUID, form: Form) -> str:
    with transaction() as session:
        found = detail(session, round_id)
        show = request.args.get("show", "classes")
        lines = _wanted(found, show)
        page = asked_page()
        shown = lines[(page - 1) * PAGE : page * PAGE]
        return render_template(
            "matching/round.html",
            detail=found, round=found.view, show=show, lines=shown, page=page, form=form,
            pages=-(-len(lines) // PAGE), total=len(lines),
            people=people_shown(session, [line.learner_id for line in shown], "match_round.viewed"),
            classes={one.view.id: one for one in found.classes}, label=_label(session, found.view.state),
            reasons=REASONS, differences=_differences(found.lines), gaps=_gaps(found.lines),
        )  # fmt: skip


def _label(session: Session, state: RoundState) -> Any:
    return labels(session, "match_round", [state])[state]


def _wanted(found: Detail, show: str) -> Sequence[Line]:
    """The lines a view lists: of one class, with a class, or without one."""
    class_id = as_uuid(request.args.get("class", ""))
    if show == "classes" and class_id is None:
        return ()
    lines = [line for line in found.lines if line.state in SHOWN.get(show, SHOWN["proposed"])]
    if class_id is not None:
        lines = [line for line in lines if line.class_id == class_id]
    order = {one.view.id: place for place, one in enumerate(found.classes)}
    return sorted(lines, key=lambda line: order.get(line.class_id, -1) if line.class_id else -1)


def _differences(lines: Iterable[Line]) -> Counter[str]:
    return Counter(line.difference for line in lines)


def _gaps(lines: Iterable[Line]) -> int:
    return sum(line.reason == "no_eligible_class" for line in lines)


@blueprint.post("/matching-rounds/<uuid:round_id>/release")
@allow(Role.HUB_MANAGER)
def release(round_id: UUID) -> ResponseReturnValue:
    """Release the chosen lines, or all of them."""
    everything = request.form.get("which") == "all"
    form = read_form(ReleaseSchema, _lines_only())
    lines = None if everything else form.data or []
    try:
        with transaction() as session:
            done = service.release(session, round_id, lines, current_actor(), runtime().clock)
    except NotFound:
        raise
    except HubError as error:
        form.fail(None, error.detail)
        return _round_page(round_id, form), error.status
    _say(done)
    return redirect(url_for("matching.round", round_id=round_id, show="proposed"))


def _lines_only() -> Any:
    """The ticked lines; the rest of the form is no input of the release."""
    source = request.form.copy()
    for name in set(source) - {"lines"}:
        source.poplist(name)
    return source


def _say(done: Released) -> None:
    if done.offer_ids:
        flash.success(f"{count_of(len(done.offer_ids), 'offer')} made. The providers are asked now.")
    if done.refused:
        flash.notice(
            f"{count_of(len(done.refused), 'line')} could not be released. The list says why for each learner."
        )
    if not done.offer_ids and not done.refused:
        flash.notice("There was nothing left to release.")


@blueprint.post("/matching-rounds/<uuid:round_id>/undo")
@allow(Role.HUB_MANAGER)
def undo(round_id: UUID) -> ResponseReturnValue:
    """Take a round back while nobody has answered."""
    try:
        with transaction() as session:
            service.undo(session, round_id, current_actor(), runtime().clock)
    except NotFound:
        raise
    except HubError as error:
        form = blank_form()
        form.fail(None, error.detail)
        return _round_page(round_id, form), error.status
    flash.success("The round is undone. Everybody is in line again as before.")
    return redirect(url_for("matching.round", round_id=round_id))


@blueprint.get("/matching-rounds/<uuid:round_id>/why")
@allow(Role.HUB_MANAGER)
def why(round_id: UUID) -> ResponseReturnValue:
    """Why a learner did or did not get each class of the round."""
    learner_id = as_uuid(request.args.get("learner", ""))
    if learner_id is None:
        raise NotFound("There is no such learner in this round.")
    with transaction() as session:
        answers = class_answers(session, round_id, learner_id)
        seen(session, [learner_id], "match_round.explained", ("name", "explanation"))
        return render_template(
            "matching/why.html",
            round=reads.match_round(session, round_id),
            person=learners.person(session, learner_id),
            answers=answers,
            wanted=as_uuid(request.args.get("class", "")),
        )


@blueprint.get("/matching-rounds/<uuid:round_id>/<which>.json")
@limited("export")
@allow(Role.HUB_MANAGER, Role.AUDITOR)
def download(round_id: UUID, which: str) -> ResponseReturnValue:
    """The snapshot or the result as a file, to check with `hub matching verify`. Personal data."""
    if which not in {"snapshot", "result"}:
        raise NotFound("There is nothing at this address.")
    with transaction() as session:
        data, result = reads.snapshot(session, round_id)
        action = f"match_round.{which}_read"
        count = f"{len(data['learners'])} rows"
        audit.record(
            session, current_actor(), action, "match_round", round_id, clock=runtime().clock, reason=count
        )
        name = reads.match_round(session, round_id).name
    body = json.dumps(data if which == "snapshot" else result, ensure_ascii=False, sort_keys=True)
    headers = {"Content-Disposition": f'attachment; filename="{name}-{which}.json"'}
    return Response(body, mimetype="application/json", headers=headers)
