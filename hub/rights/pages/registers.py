"""Registers for data protection: legal holds, data breaches, what is over its time, and what the hub holds."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts.domain import disclosure, shared_fields
from hub.consent import reads as consents
from hub.consent.domain import PURPOSES, STOP_LABELS
from hub.core.clock import Clock
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import ROLE_LABELS, Actor
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.sight import open_to_the_hub
from hub.learners import reads as learners
from hub.referrals import reads as referrals
from hub.rights import domain, reads, service
from hub.rights.domain import coverage
from hub.rights.domain.titles import title_of
from hub.rights.pages.base import LOOKS, OFFICER, blueprint
from hub.rights.schemas import BreachRulingSchema, BreachSchema, HoldSchema, KeepSchema, LiftSchema
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

MOST_NAMED = 200


@blueprint.get("/data-rights/holds")
@allow(*OFFICER)
def holds() -> str:
    """Legal holds, the next to look at first."""
    return _holds_page(blank_form())


def _holds_page(form: Form) -> str:
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        found = reads.holds(session, clock)
        for one in found:
            audit.record(
                session, actor, "learner.listed", "learner", one.learner_id, fields=("name",), clock=clock
            )
        return render_template("rights/holds.html", holds=found, form=form, kinds=domain.HOLD_LABELS)


@blueprint.post("/data-rights/holds")
@allow(*OFFICER)
def place_hold() -> ResponseReturnValue:
    """Keep everything of a learner until the hold is lifted."""
    form = read_form(HoldSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                _place(session, form, current_actor(), runtime().clock)
            flash.success("The record is held. Nothing of it is deleted until you lift the hold.")
            return redirect(url_for("rights.holds"))
        except RuleBroken as error:
            form.fail_with(error)
    return _holds_page(form), 422


def _place(session: Session, form: Form, actor: Actor, clock: Clock) -> None:
    referral = referrals.by_reference(session, form.data["reference"])
    if referral is None:
        raise RuleBroken("There is no referral with this reference.", field="reference")
    service.place(session, referral.learner_id, form.data["new"], actor, clock)


@blueprint.route("/data-rights/holds/<uuid:hold_id>/<act>", methods=["GET", "POST"])
@allow(*OFFICER)
def hold(hold_id: UUID, act: str) -> ResponseReturnValue:
    """Keep a hold until another day, or lift it."""
    if act not in {"keep", "lift"}:
        raise NotFound("There is nothing at this address.")
    schema = KeepSchema if act == "keep" else LiftSchema
    form = blank_form() if request.method == "GET" else read_form(schema, request.form)
    actor, clock = current_actor(), runtime().clock
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                if act == "keep":
                    service.keep(session, hold_id, form.data["review_on"], actor, clock)
                else:
                    service.lift(session, hold_id, form.data["because"], actor, clock)
            flash.success("The hold stays." if act == "keep" else "The hold is lifted.")
            return redirect(url_for("rights.holds"))
        except RuleBroken as error:
            form.fail_with(error)
    with transaction() as session:
        found = [one for one in reads.holds(session, clock) if one.id == hold_id and one.lifted_at is None]
        if not found:
            raise NotFound("There is no such hold.")
        audit.record(
            session,
            actor,
            "learner.viewed",
            "learner",
            found[0].learner_id,
            fields=("name", "hold"),
            clock=clock,
        )
        body = render_template(
            "rights/hold.html", hold=found[0], act=act, form=form, kinds=domain.HOLD_LABELS
        )
    return body, 422 if form.errors else 200


def _note_hold_seen(session: Session, learner_id: UUID, actor: Actor, clock: Clock) -> None:
    audit.record(
        session, actor, "learner.viewed", "learner", learner_id, fields=("name", "hold"), clock=clock
    )


@blueprint.route("/data-rights/breaches", methods=["GET", "POST"])
@allow(*OFFICER)
def breaches() -> ResponseReturnValue:
    """The register of data breaches, and the form for a new one."""
    clock = runtime().clock
    form = blank_form({"aware_on": clock.today()})
    if request.method == "POST":
        form = read_form(BreachSchema, request.form)
        if form.ok:
            try:
                with transaction() as session:
                    row = service.register(session, form.data, current_actor(), clock)
                flash.success(f"In the register as {row.reference}. 72 hours run from when you learnt of it.")
                return redirect(url_for("rights.breach", breach_id=row.id))
            except RuleBroken as error:
                form.fail_with(error)
    with transaction() as session:
        body = render_template(
            "rights/breaches.html",
            breaches=reads.breaches(session, clock),
            form=form,
            risks=domain.RISK_LABELS,
        )
    return body, 422 if form.errors else 200


@blueprint.route("/data-rights/breaches/<uuid:breach_id>", methods=["GET", "POST"])
@allow(*OFFICER)
def breach(breach_id: UUID) -> ResponseReturnValue:
    """One breach: its 72 hours, and the decision about it."""
    actor, clock = current_actor(), runtime().clock
    form = blank_form()
    if request.method == "POST":
        form = read_form(BreachRulingSchema, request.form)
        if form.ok:
            try:
                with transaction() as session:
                    service.rule(session, breach_id, form.data, actor, clock)
                flash.success("Written down.")
                return redirect(url_for("rights.breach", breach_id=breach_id))
            except RuleBroken as error:
                form.fail_with(error)
    with transaction() as session:
        found = reads.breach(session, breach_id, clock)
        audit.record(session, actor, "breach.viewed", "data_breach", breach_id, clock=clock)
        body = render_template("rights/breach.html", breach=found, form=form, risks=domain.RISK_LABELS)
    return body, 422 if form.errors else 200


@blueprint.get("/data-rights/stops")
@allow(*OFFICER)
def stops() -> str:
    """Restrictions and objections that stand, the oldest first."""
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        found = consents.standing_stops(session)
        people = learners.people(session, {one.learner_id for one in found})
        for learner_id in people:
            audit.record(
                session, actor, "learner.listed", "learner", learner_id, fields=("name", "stop"), clock=clock
            )
        return render_template(
            "rights/stops.html", found=found, people=people, purposes=PURPOSES, stops=STOP_LABELS
        )


@blueprint.get("/data-rights/retention")
@allow(*LOOKS)
def retention() -> str:
    """What is over its time, by rule and count, and which learners; nothing is changed by looking."""
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        open_to_the_hub(session)  # the auditor is told counts
        over = reads.learners_over(session, clock)[:MOST_NAMED] if actor.role in OFFICER else []
        people = learners.people(session, {one.learner_id for one in over})
        for one in over:
            audit.record(
                session, actor, "learner.listed", "learner", one.learner_id, fields=("name",), clock=clock
            )
        return render_template(
            "rights/retention.html", states=reads.preview(session, clock), over=over, people=people,
            rules=domain.rules(),
        )  # fmt: skip


@blueprint.get("/data-rights/what-we-hold")
@allow(*LOOKS)
def what_we_hold() -> str:
    """Every column of every table: its class, how it is looked after, how long, and whether a copy has it."""
    with transaction() as session:
        open_to_the_hub(session)
        states = {state.rule.code: state for state in reads.preview(session, runtime().clock)}
        return render_template(
            "rights/what_we_hold.html", tables=coverage.tables(), title_of=title_of, classes=coverage.classes(),
            left_out=coverage.reasons_left_out(), rules=domain.rules(), states=states,
        )  # fmt: skip


@blueprint.get("/data-rights/who-sees-what")
@allow(*LOOKS)
def who_sees_what() -> str:
    """The table of fields and roles that every page is held against, as it counts today."""
    return render_template(
        "rights/who_sees_what.html", rules=disclosure.field_rules().values(), roles=disclosure.ROLES,
        role_words=ROLE_LABELS, words=disclosure.CELL_WORDS, dated=disclosure.TABLE_DATE, fields=shared_fields(),
    )  # fmt: skip
