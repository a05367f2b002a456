"""Colleagues' caseloads, handing them over, and closing an account without leaving anybody waiting."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import reads as accounts
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Role
from hub.core.wording import count_of
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import as_uuid
from hub.referrals import reads, service
from hub.referrals.pages.edge import blueprint
from hub.referrals.reads import Caseload
from hub.referrals.schemas import SuccessorSchema
from hub.referrals.service.handover import COLLEAGUES
from hub.ui.flash import success
from hub.ui.forms import Form, blank_form, read_form

SEES = (Role.REFERRER, Role.HUB_MANAGER, Role.ADMIN)
CLOSES = (Role.HUB_MANAGER, Role.ADMIN)


@blueprint.get("/caseloads")
@allow(*SEES)
def my_caseloads() -> str:
    """Who of my organisation follows how many referrals."""
    return _caseloads(current_actor().organisation_id)


@blueprint.get("/organisations/<uuid:organisation_id>/caseloads")
@allow(*CLOSES)
def caseloads(organisation_id: UUID) -> str:
    """The same of any organisation, for the hub."""
    return _caseloads(organisation_id)


def _caseloads(organisation_id: UUID | None) -> str:
    if organisation_id is None:
        raise NotFound("There is no such organisation.")
    with transaction() as session:
        return render_template(
            "referrals/caseloads.html",
            organisation=accounts.organisation(session, organisation_id),
            rows=reads.caseloads(session, organisation_id),
            by_the_hub=current_actor().role is not Role.REFERRER,
        )


@blueprint.route("/caseloads/<uuid:user_id>", methods=["GET", "POST"])
@allow(*SEES)
def hand_over(user_id: UUID) -> ResponseReturnValue:
    """Choose who takes a colleague's caseload over."""
    form = read_form(SuccessorSchema, request.form) if request.method == "POST" else blank_form()
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                had = service.hand_over(session, user_id, _chosen(form), current_actor(), runtime().clock)
            success(f"Handed over: {_in_words(had)}.")
            return redirect(_back(had.user.organisation_id))
        except RuleBroken as error:
            form.fail_with(error)
    return _choose(user_id, form, leaves=False), 422 if form.errors else 200


@blueprint.route("/people/<uuid:user_id>/leaving", methods=["GET", "POST"])
@allow(*CLOSES)
def leaving(user_id: UUID) -> ResponseReturnValue:
    """Close an account; who has a caseload names a successor first."""
    form = read_form(SuccessorSchema, request.form) if request.method == "POST" else blank_form()
    if request.method == "POST" and form.ok:
        try:
            with transaction() as session:
                had = service.leave(session, user_id, _named(form), current_actor(), runtime().clock)
            handed = "" if had.is_empty else f" Handed over: {_in_words(had)}."
            success(f"The account is closed.{handed}")
            return redirect(url_for("accounts.person", user_id=user_id))
        except RuleBroken as error:
            form.fail_with(error)
    return _choose(user_id, form, leaves=True), 422 if form.errors else 200


def _chosen(form: Form) -> UUID | None:
    """The person chosen, or None for the colleagues together; nothing chosen is told."""
    if form.data["successor"] == COLLEAGUES:
        return None
    chosen = _named(form)
    if chosen is None:
        raise RuleBroken("Choose who takes over.", field="successor")
    return chosen


def _named(form: Form) -> UUID | None:
    return as_uuid(form.data["successor"] or "")


def _choose(user_id: UUID, form: Form, *, leaves: bool) -> str:
    with transaction() as session:
        had = reads.caseload(session, user_id)
        service.require_hands_over(had.user, current_actor())
        return render_template(
            "referrals/hand_over.html",
            form=form,
            had=had,
            organisation=accounts.organisation(session, had.user.organisation_id),
            successors=reads.successors(session, had.user),
            leaves=leaves,
            together=COLLEAGUES,
            back=_back(had.user.organisation_id),
        )


def _back(organisation_id: UUID) -> str:
    if current_actor().role is Role.REFERRER:
        return url_for("referrals.my_caseloads")
    return url_for("referrals.caseloads", organisation_id=organisation_id)


def _in_words(had: Caseload) -> str:
    parts = (
        count_of(had.referrals, "open referral"),
        count_of(had.steps, "step"),
        count_of(had.drafts, "unfinished referral"),
    )
    return ", ".join(parts)
