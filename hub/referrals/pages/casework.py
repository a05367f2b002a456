"""The hub's pages: the worklist, one referral with its history, and what can be done with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.assessment import reads as assessments
from hub.core.clock import Clock
from hub.core.errors import HubError
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import page_number
from hub.learners import reads as learners
from hub.policy import reads as policy
from hub.referrals import reads, service
from hub.referrals.domain import (
    BEFORE_ASSESSMENT,
    MOVE_LABELS,
    OUTCOME_LABELS,
    SOURCE_LABELS,
    ReferralState,
    Source,
    may_end_in,
)
from hub.referrals.pages.edge import HUB, PAGE, blueprint
from hub.referrals.reads import Filter, ReferralView
from hub.referrals.schemas import AskSchema, CloseSchema, HoldSchema, NoteSchema
from hub.referrals.service.information import topics
from hub.steps import reads as steps
from hub.ui.flash import success
from hub.ui.forms import Form, blank_form, read_form

S = ReferralState
VIEWS: dict[str, tuple[str, Filter]] = {
    "new": ("New", Filter(states=frozenset({S.SUBMITTED}), on_hold=False)),
    "asked": ("Information asked", Filter(states=frozenset({S.INFO_REQUESTED}), on_hold=False)),
    "to-assess": ("To assess", Filter(states=frozenset({S.TO_ASSESS}), on_hold=False)),
    "assessed": ("Assessed, not listed", Filter(states=frozenset({S.ASSESSED}), on_hold=False)),
    "hold": ("On hold", Filter(states=BEFORE_ASSESSMENT | {S.ASSESSED, S.WAITING, S.PLACED}, on_hold=True)),
    "waiting": ("Waiting", Filter(states=frozenset({S.WAITING}), on_hold=False)),
    "placed": ("Placed", Filter(states=frozenset({S.PLACED}), on_hold=False)),
    "closed": ("Closed", Filter(states=frozenset({S.CLOSED}), newest_first=True)),
}


@blueprint.get("/referrals")
@allow(*HUB)
def worklist() -> str:
    """Referrals in one stage, the oldest first; names are opened for the page that is shown, and audited."""
    with transaction() as session:
        shown = request.args.get("show", "new")
        shown = shown if shown in VIEWS else "new"
        page = page_number()
        wanted = _asked_for(shown, page)
        rows = reads.worklist(session, wanted)
        _audit_list(session, rows)
        ids = [row.learner_id for row in rows]
        today = runtime().clock.today()
        return render_template(
            "referrals/worklist.html",
            shown=shown,
            tabs=_tabs(session),
            rows=rows,
            people=learners.people(session, ids),
            suspected=learners.suspected_of(session, ids),
            organisations={one.id: one.name for one in accounts.organisations(session)},
            steps=steps.open_steps(session, [row.id for row in rows], today),
            labels={state: policy.label(session, "referral", state.value, "staff") for state in S},
            newest_first=wanted.newest_first,
            page=page,
            pages=-(-reads.total(session, wanted) // PAGE),
            today=today,
        )


def _asked_for(shown: str, page: int) -> Filter:
    base = VIEWS[shown][1]
    sort = request.args.get("sort", "newest" if base.newest_first else "oldest")
    return Filter(
        states=base.states,
        on_hold=base.on_hold,
        newest_first=sort == "newest",
        offset=(page - 1) * PAGE,
        limit=PAGE,
    )


def _tabs(session: Session) -> list[tuple[str, str, int | None]]:
    counts = reads.counts(session)
    return [(code, title, _count(counts, wanted)) for code, (title, wanted) in VIEWS.items()]


def _count(counts: dict[tuple[ReferralState, bool], int], wanted: Filter) -> int | None:
    """How many stand in a view; closed ones are not counted."""
    if wanted.states is None or S.CLOSED in wanted.states:
        return None
    return sum(
        number
        for (state, held), number in counts.items()
        if state in wanted.states and held is wanted.on_hold
    )


def _audit_list(session: Session, rows: list[ReferralView]) -> None:
    for row in rows:
        audit.record(
            session,
            None,
            "learner.listed",
            "learner",
            row.learner_id,
            fields=("name",),
            clock=runtime().clock,
        )


@blueprint.get("/referrals/<uuid:referral_id>")
@allow(*HUB)
def one(referral_id: UUID) -> str:
    """One referral: details, history, the open step and what can be done."""
    with transaction() as session:
        return _show(session, referral_id, {})


def _show(session: Session, referral_id: UUID, forms: dict[str, Form]) -> str:
    actor, clock = current_actor(), runtime().clock
    view = reads.referral_for(session, referral_id, actor)
    for kind, subject_id in (("referral", view.id), ("learner", view.learner_id)):
        audit.record(session, actor, f"{kind}.viewed", kind, subject_id, fields=("details",), clock=clock)
    return render_template(
        "referrals/one.html",
        row=view,
        details=reads.details(session, referral_id, actor),
        history=_history(session, view),
        asked=reads.questions(session, referral_id),
        steps=steps.open_steps(session, [referral_id], clock.today()).get(referral_id, []),
        forms={name: forms.get(name, blank_form()) for name in ("ask", "hold", "close", "reopen")},
        **_whose(session, view),
        **_assessed(session, view, clock),
        **_offered(session, view),
    )


def _whose(session: Session, view: ReferralView) -> dict[str, Any]:
    """The learner, who referred them, and what else the hub has of the same person."""
    same = reads.referrals_of(session, [view.learner_id])[view.learner_id]
    return {
        "person": learners.person(session, view.learner_id),
        "needs": learners.needs(session, [view.learner_id]).get(view.learner_id),
        "organisation": accounts.organisation(session, view.organisation_id),
        "suspected": learners.suspected_of(session, [view.learner_id]).get(view.learner_id, ()),
        "others": [other for other in same if other.id != view.id],
    }


def _assessed(session: Session, view: ReferralView, clock: Clock) -> dict[str, Any]:
    """Appointments, and the earlier result that could spare the learner an assessment."""
    before = view.state in BEFORE_ASSESSMENT
    return {
        "appointments": assessments.appointments_of(session, [view.id]).get(view.id, []),
        "earlier": assessments.valid_placement(session, view.learner_id, clock.today()) if before else None,
    }


def _offered(session: Session, view: ReferralView) -> dict[str, Any]:
    """What can be done in this state, and the words to choose from."""
    return {
        "can": _possible(view),
        "label": policy.label(session, "referral", view.state.value, "staff"),
        "reasons": [(one.code, one.label) for one in policy.reasons(session, "hub")],
        "endings": [(one.value, OUTCOME_LABELS[one]) for one in may_end_in(view.state)],
        "outcomes": OUTCOME_LABELS,
        "sources": SOURCE_LABELS,
        "source": Source,
        "topics": topics(),
    }


def _possible(view: ReferralView) -> set[str]:
    """The actions that this state allows."""
    if not view.is_open:
        return {"reopen"}
    found = {"hold", "close"} | ({"release"} if view.hold_until else set())
    found |= {"ask", "accept"} if view.state is S.SUBMITTED else set()
    found |= {"book"} if view.state is S.TO_ASSESS else set()
    return found


@dataclass(frozen=True)
class HistoryRow:
    """One line of the timeline, in words."""

    title: str
    when: object
    who: str
    text: str


def _history(session: Session, view: ReferralView) -> list[HistoryRow]:
    reasons = {one.code: one.label for one in policy.reasons(session)}
    names = {one.id: one.name for one in accounts.users_of(session, accounts.hub_organisation(session).id)}
    names |= {one.id: one.name for one in accounts.users_of(session, view.organisation_id)}
    rows = []
    for happened in reversed(reads.history(session, view.id)):
        title = MOVE_LABELS[happened.move]
        if happened.outcome is not None:
            title += f": {OUTCOME_LABELS[happened.outcome]}"
        who = names.get(happened.actor_id, "") if happened.actor_id else "The service"
        text = ". ".join(
            part for part in (reasons.get(happened.reason or "", ""), happened.note or "") if part
        )
        rows.append(HistoryRow(title, happened.at, who, text))
    return rows


# ---------------------------------------------------------------- what can be done

Act = Callable[[Session, UUID, Actor, Clock], object]


@blueprint.post("/referrals/<uuid:referral_id>/accept")
@allow(*HUB)
def accept(referral_id: UUID) -> ResponseReturnValue:
    """Take the case: next, an appointment is booked."""
    with transaction() as session:
        service.mark_to_assess(session, referral_id, current_actor(), runtime().clock)
    success("Accepted. Now book the assessment")
    return redirect(url_for("assessment.book", referral_id=referral_id))


@blueprint.post("/referrals/<uuid:referral_id>/use-earlier-assessment")
@allow(*HUB)
def use_earlier_assessment(referral_id: UUID) -> ResponseReturnValue:
    """A valid earlier result counts: straight to the waiting list."""
    return _do(
        referral_id,
        service.use_earlier_assessment,
        "The earlier assessment counts. The learner is on the list",
    )


@blueprint.post("/referrals/<uuid:referral_id>/release")
@allow(*HUB)
def release(referral_id: UUID) -> ResponseReturnValue:
    """Go on with a case that was on hold."""
    return _do(referral_id, service.release_hold, "Taken off hold")


def _do(referral_id: UUID, act: Act, words: str) -> ResponseReturnValue:
    with transaction() as session:
        act(session, referral_id, current_actor(), runtime().clock)
    success(words)
    return redirect(url_for("referrals.one", referral_id=referral_id))


@blueprint.post("/referrals/<uuid:referral_id>/ask")
@allow(*HUB)
def ask(referral_id: UUID) -> ResponseReturnValue:
    """Ask the referrer for what is missing, by topic."""

    def act(session: Session, form: Form) -> object:
        return service.ask_information(session, referral_id, form.data, current_actor(), runtime().clock)

    return _with_form(referral_id, "ask", AskSchema, act, "The question is with the referrer")


@blueprint.post("/referrals/<uuid:referral_id>/hold")
@allow(*HUB)
def hold(referral_id: UUID) -> ResponseReturnValue:
    """Let the case rest until a day."""

    def act(session: Session, form: Form) -> object:
        return service.hold(session, referral_id, form.data, current_actor(), runtime().clock)

    return _with_form(referral_id, "hold", HoldSchema, act, "On hold. You will be reminded on the day")


@blueprint.post("/referrals/<uuid:referral_id>/close")
@allow(*HUB)
def close(referral_id: UUID) -> ResponseReturnValue:
    """Close the case with an outcome and a coded reason."""

    def act(session: Session, form: Form) -> object:
        return service.close(session, referral_id, form.data, current_actor(), runtime().clock)

    return _with_form(referral_id, "close", CloseSchema, act, "Closed. Those who must know are told")


@blueprint.post("/referrals/<uuid:referral_id>/reopen")
@allow(*HUB)
def reopen(referral_id: UUID) -> ResponseReturnValue:
    """Take a closed case up again."""

    def act(session: Session, form: Form) -> object:
        note = form.data.get("note") or ""
        return service.reopen(session, referral_id, note, current_actor(), runtime().clock)

    return _with_form(referral_id, "reopen", NoteSchema, act, "Open again")


def _with_form(
    referral_id: UUID, name: str, schema: type[Schema], act: Callable[[Session, Form], object], words: str
) -> ResponseReturnValue:
    """Load the form, do it, go back to the referral; what is refused is said beside the field."""
    form = read_form(schema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                act(session, form)
        except HubError as error:
            if error.status == 404:
                raise
            form.fail_with(error)
    if form.ok:
        success(words)
        return redirect(url_for("referrals.one", referral_id=referral_id))
    with transaction() as session:
        return _show(session, referral_id, {name: form}), 422
