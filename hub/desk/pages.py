"""My work and the public home, the board, one learner's page, search."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.assessment import reads as assessments
from hub.consent import reads as consents
from hub.consent.domain import STOP_LABELS
from hub.core.clock import Clock
from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import STAFF_ROLES, Actor, Role
from hub.desk import reads, service
from hub.desk.reads import WorkRow
from hub.desk.schemas import SearchSchema, SplitSchema
from hub.infra import audit
from hub.infra.access import allow, allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import pages_blueprint
from hub.infra.limits import limited
from hub.learners import reads as learners
from hub.learners import service as people_service
from hub.learners.domain import Person
from hub.matching import reads as matching
from hub.messaging import reads as messages
from hub.messaging.domain import TEXTING
from hub.oversight import reads as oversight
from hub.policy import reads as policy
from hub.provision import reads as provision
from hub.referrals import reads as referrals
from hub.referrals.domain import MOVE_LABELS, OUTCOME_LABELS
from hub.steps import reads as steps
from hub.steps.domain import TITLES, StepKind
from hub.steps.reads import StepView
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form
from hub.ui.navigation import endpoint_exists
from hub.waitlist import reads as waitlists

blueprint = pages_blueprint("desk", __name__)
HUB = (Role.HUB_MANAGER, Role.ASSESSOR)
FINDS_LEARNERS = (*HUB, Role.DATA_PROTECTION)
MOST_LOOKS = 50

K = StepKind
# Where a step leads: endpoint, and the argument that takes the subject's id (None: a list).
LINKS: Mapping[StepKind, tuple[str, str | None]] = {
    K.REFERRAL_TO_REVIEW: ("referrals.one", "referral_id"),
    K.DUPLICATE_TO_DECIDE: ("learners.compare", "pair_id"),
    K.SPLIT_TO_SETTLE: ("desk.split", "decision_id"),
    K.INFORMATION_TO_GIVE: ("referrals.mine_one", "referral_id"),
    K.APPOINTMENT_TO_MAKE: ("assessment.book", "referral_id"),
    K.ASSESSMENT_TO_DO: ("assessment.to_assess", None),
    K.PLACEMENT_TO_CONFIRM: ("assessment.cockpit", "assessment_id"),
    K.WAITING_CHECK_IN: ("waitlist.entry", "entry_id"),
    K.OFFER_PROVIDER: ("matching.offers", None),
    K.OFFER_LEARNER: ("matching.offers", None),
    K.OFFER_TO_DECIDE: ("matching.offers", None),
    K.ENROLMENT_TO_START: ("matching.enrolments", None),
    K.COURSE_TO_FINISH: ("matching.enrolments", None),
    K.PLACES_TO_CONFIRM: ("provision.my_classes", None),
    K.MESSAGE_TO_ANSWER: ("messaging.index", None),
    K.TEXT_FAILED: ("messaging.index", None),
    K.STOP_TO_HANDLE: ("messaging.index", None),
    K.ON_HOLD_TO_REVIEW: ("referrals.one", "referral_id"),
    K.ADVISER_TO_SEE: ("referrals.one", "referral_id"),
    K.ROUND_TO_RUN: ("matching.rounds", None),
    K.RIGHTS_CASE_TO_ANSWER: ("rights.one", "case_id"),
    K.COMPLAINT_TO_ACKNOWLEDGE: ("rights.one", "case_id"),
    K.NOTICE_TO_CONFIRM: ("rights.notices", None),
    K.HOLD_TO_LOOK_AT: ("rights.holds", None),
    K.PERMISSION_ASKED: ("referrals.mine", None),
    K.RESTRICTION_TO_LOOK_AT: ("rights.one", "case_id"),
    K.BREACH_TO_DECIDE: ("rights.breach", "breach_id"),
    K.CASELOAD_WITHOUT_PERSON: ("accounts.organisation", "organisation_id"),
    K.SHARING_ENDED: ("matching.notices", None),
    K.AGREEMENT_TO_RENEW: ("consent.agreement", "agreement_id"),
    K.EMERGENCY_TO_REVIEW: ("oversight.reviews", None),
    K.AUDIT_TO_EXAMINE: ("oversight.index", None),
}


@blueprint.get("/")
@allow_public
def my_work() -> str:
    """What is to be done, for people who are signed in; a public front page for everybody else."""
    actor, clock = current_actor(), runtime().clock
    if actor.kind != "user" or actor.role not in STAFF_ROLES:
        return render_template("desk/home.html")
    with transaction() as session:
        work = reads.my_work(session, actor, clock)
        _audit_listed(session, work, actor, clock)
        mine = referrals.my_referrals(session, actor) if actor.role is Role.REFERRER else []
        return render_template(
            "desk/my_work.html",
            work=work,
            href=lambda row: link_to(row.step, actor),
            titles=TITLES,
            mine=len([one for one in mine if one.standing.state.value != "closed"]),
            today=clock.today(),
        )


def _audit_listed(session: Session, work: reads.Work, actor: Actor, clock: Clock) -> None:
    """Names on a list are a view of each learner's record."""
    rows: list[WorkRow] = [*work.overdue, *work.today, *work.new, *work.later, *work.escalated]
    for learner_id in {row.step.learner_id for row in rows if row.about and row.step.learner_id}:
        audit.record(session, actor, "learner.listed", "learner", learner_id, fields=("name",), clock=clock)


def link_to(step: StepView, actor: Actor) -> str | None:
    """Where this step is done by this person; None when they have no page for it."""
    if step.kind is K.INFORMATION_TO_GIVE and actor.is_hub:
        return url_for("referrals.one", referral_id=step.subject_id)
    if (
        step.kind in {K.CONSENT_TO_CONFIRM, K.CONSENT_TO_RENEW, K.PERMISSION_RELAYED, K.PERMISSION_ASKED}
        and step.learner_id is not None
        and actor.role is not Role.REFERRER
    ):
        return url_for("consent.of_learner", learner_id=step.learner_id)
    endpoint, argument = LINKS.get(step.kind, ("", None))
    if endpoint and endpoint_exists(endpoint):
        values: dict[str, Any] = {argument: step.subject_id} if argument else {}
        return url_for(endpoint, **values)
    if step.learner_id is not None and actor.is_hub:
        return url_for("desk.learner", learner_id=step.learner_id)
    return None


@blueprint.get("/board")
@allow(Role.HUB_MANAGER)
def board() -> str:
    """The funnel: how many stand where, for how long, and what is late."""
    with transaction() as session:
        clock = runtime().clock
        by_kind = steps.counts_by_kind(session, clock.today())
        return render_template(
            "desk/board.html",
            stages=reads.board(session, clock),
            hrefs=_STAGE_LINKS,
            by_kind=[(TITLES[kind][0], *numbers) for kind, numbers in by_kind.items()],
        )


_STAGE_LINKS = {
    "referred": ("referrals.worklist", {"show": "new"}),
    "to_assess": ("referrals.worklist", {"show": "to-assess"}),
    "assessed": ("referrals.worklist", {"show": "assessed"}),
    "waiting": ("waitlist.index", {}),
    "offered": ("matching.offers", {}),
    "placed": ("referrals.worklist", {"show": "placed"}),
}


@blueprint.get("/learners/<uuid:learner_id>")
@allow(*HUB)
def learner(learner_id: UUID) -> ResponseReturnValue:
    """Everything about one learner on one page. An id that was merged leads to the survivor."""
    with transaction() as session:
        survivor = learners.survivor(session, learner_id)
        if survivor != learner_id:
            return redirect(url_for("desk.learner", learner_id=survivor))
        person = learners.person(session, learner_id)
        if person is None:
            raise NotFound
        actor, clock = current_actor(), runtime().clock
        audit.record(session, actor, "learner.viewed", "learner", learner_id, fields=("all",), clock=clock)
        return render_template(
            "desk/learner.html", person=person, **_record(session, learner_id, clock), **_names(session)
        )


@blueprint.get("/splits")
@allow(*HUB)
def splits() -> str:
    """Records that were parted again and still have something in common, to be given to one of the two."""
    with transaction() as session:
        open_now = learners.open_splits(session)
        pairs = [(decision_id, items[0], len(items)) for decision_id, items in open_now.items()]
        people = _listed(session, [one for _, item, _ in pairs for one in (item.learner_id, item.other_id)])
        return render_template("desk/splits.html", pairs=pairs, people=people)


@blueprint.route("/splits/<uuid:decision_id>", methods=["GET", "POST"])
@allow(*HUB)
def split(decision_id: UUID) -> ResponseReturnValue:
    """One thing after another: whose was it?"""
    form = read_form(SplitSchema, request.form) if request.method == "POST" else blank_form()
    if request.method == "POST" and form.ok:
        try:
            item_id, learner_id = form.data
            with transaction() as session:
                people_service.settle_split(session, item_id, learner_id, current_actor(), runtime().clock)
            flash.success("Noted.")
            return redirect(url_for("desk.split", decision_id=decision_id))
        except (Conflict, RuleBroken) as error:
            form.fail_with(error)
    with transaction() as session:
        rows = reads.to_split(session, decision_id)
        if not rows:
            if not learners.is_decision(session, decision_id):
                raise NotFound("There is no such decision.")
            return redirect(url_for("desk.splits"))
        two = sorted({one for row in rows for one in (row.item.learner_id, row.item.other_id)})
        people = _listed(session, two)
        cases = referrals.referrals_of(session, two)
        senders = {one.id: one.name for one in accounts.organisations(session)}
        both = {"two": two, "people": people, "cases": cases, "senders": senders}
        page = render_template("desk/split.html", form=form, rows=rows, **both)
        return page, 200 if form.ok else 422


def _listed(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, Person]:
    for learner_id in dict.fromkeys(ids):
        audit.record(
            session, current_actor(), "learner.listed", "learner", learner_id,
            fields=("name", "date_of_birth"), clock=runtime().clock,
        )  # fmt: skip
    return learners.people(session, ids)


def _record(session: Session, learner_id: UUID, clock: Clock) -> dict[str, Any]:
    """What the slices know about the learner."""
    today = clock.today()
    return {
        "needs": learners.needs(session, [learner_id]).get(learner_id),
        "suspected": learners.suspected_of(session, [learner_id]).get(learner_id, ()),
        "say": lambda machine, state: policy.label(session, machine, state.value, "staff"),
        "placements": assessments.placements(session, [learner_id]).get(learner_id, []),
        "steps": steps.learner_steps(session, [learner_id], today),
        "href": lambda step: link_to(step, current_actor()),
        "looked": oversight.about_learner(session, learner_id, MOST_LOOKS),
        "looks_removed": oversight.removed_before(session, learner_id),
        "today": today,
        **_cases(session, learner_id),
        **_waiting(session, learner_id, today),
        **_permitted(session, learner_id, today),
    }


def _cases(session: Session, learner_id: UUID) -> dict[str, Any]:
    """The referrals, what happened in each, and their appointments."""
    cases = referrals.referrals_of(session, [learner_id])[learner_id]
    appointments = assessments.appointments_of(session, [one.id for one in cases])
    return {
        "cases": cases,
        "labels": {one.id: policy.label(session, "referral", one.state.value, "staff") for one in cases},
        "outcomes": OUTCOME_LABELS,
        "moves": MOVE_LABELS,
        "timeline": _timeline(session, cases),
        "appointments": [one for each in appointments.values() for one in each],
    }


def _waiting(session: Session, learner_id: UUID, today: date) -> dict[str, Any]:
    """The places in the queue, and the offers with their classes."""
    entries = waitlists.entries_of(session, [learner_id]).get(learner_id, [])
    offers = matching.offers_of(session, [learner_id]).get(learner_id, [])
    return {
        "entries": entries,
        "positions": waitlists.positions(session, [one.id for one in entries]),
        "priority": waitlists.priorities(session, [learner_id], today)[learner_id],
        "offers": offers,
        "classes": provision.classes(session, {one.class_id for one in offers}),
    }


def _permitted(session: Session, learner_id: UUID, today: date) -> dict[str, Any]:
    """What the learner permits, what they had stopped, and what was written to and fro."""
    return {
        "standings": consents.standings(session, learner_id, today),
        "stops": consents.stops_of(session, learner_id),
        "stop_labels": STOP_LABELS,
        "messages": messages.conversation(session, learner_id),
        "may_text": consents.may(session, learner_id, TEXTING, today),
        "letter": blank_form(),
    }


def _timeline(
    session: Session, cases: list[referrals.ReferralView]
) -> list[tuple[referrals.ReferralView, Any]]:
    """What happened in all referrals of the learner, newest first."""
    rows = [(case, one) for case in cases for one in referrals.history(session, case.id)]
    return sorted(rows, key=lambda row: row[1].at, reverse=True)


def _names(session: Session) -> dict[str, Any]:
    """Names of organisations and of the hub's people, for the ids on the page."""
    organisations = accounts.organisations(session)
    users = accounts.users_of(session, accounts.hub_organisation(session).id)
    return {
        "organisations": {one.id: one.name for one in organisations},
        "users": {one.id: one.name for one in users},
    }


@blueprint.get("/search")
@allow(*FINDS_LEARNERS)
def search_form() -> str:
    """An empty search."""
    return render_template("desk/search.html", form=blank_form(), found=None, labels={})


@blueprint.post("/search")
@limited("search")
@allow(*FINDS_LEARNERS)
def search() -> ResponseReturnValue:
    """Search by POST, so that nothing that was typed stands in an address; the result has an opaque one."""
    form = _read_search()
    if form.ok:
        try:
            with transaction() as session:
                search_id = service.search(session, form.data, current_actor(), runtime().clock)
            return redirect(url_for("desk.found", search_id=search_id))
        except RuleBroken as error:
            form.fail_with(error)
    return render_template("desk/search.html", form=form, found=None, labels={}), 422


def _read_search() -> Form:
    """The form; what is too little to search by is said beside the box."""
    try:
        return read_form(SearchSchema, request.form)
    except RuleBroken as error:
        form = blank_form({"terms": request.form.get("terms", "")})
        form.fail_with(error)
        return form


@blueprint.get("/search/<uuid:search_id>")
@allow(*FINDS_LEARNERS)
def found(search_id: UUID) -> ResponseReturnValue:
    """What a search found; each name shown is audited. The data protection officer goes on to the permissions."""
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        rows = reads.results(session, search_id, actor, clock)
        for row in rows:
            audit.record(
                session, actor, "learner.listed", "learner", row.learner_id, fields=("name",), clock=clock
            )
        labels = {
            row.state: policy.label(session, "referral", row.state.value, "staff")
            for row in rows
            if row.state
        }
        page = "desk.learner" if actor.is_hub else "consent.of_learner"
        return render_template("desk/search.html", form=blank_form(), found=rows, labels=labels, page=page)
