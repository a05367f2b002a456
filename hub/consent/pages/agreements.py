"""The register of sharing agreements: list, record, look at, end. Nothing is shared without one in force."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts import service as account_service
from hub.accounts.domain import AgreementStatus, ControllerRoles, shared_fields
from hub.accounts.reads import AgreementView
from hub.consent.domain import PURPOSES, Art9, Basis
from hub.consent.pages.edge import blueprint, saved
from hub.consent.schemas import AgreementSchema
from hub.consent.service import watch_agreements
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

SEES = (Role.HUB_MANAGER, Role.ADMIN, Role.DATA_PROTECTION, Role.AUDITOR)
CHANGES = (Role.HUB_MANAGER, Role.ADMIN, Role.DATA_PROTECTION)

STATUS = {
    AgreementStatus.IN_FORCE: ("In force", "green"),
    AgreementStatus.REVIEW_DUE: ("In force, review due", "yellow"),
    AgreementStatus.NOT_STARTED: ("Not begun", "blue"),
    AgreementStatus.EXPIRED: ("Over", "grey"),
    AgreementStatus.ENDED: ("Ended", "grey"),
}


@blueprint.get("/agreements")
@allow(*SEES)
def agreements() -> ResponseReturnValue:
    """The register: what is in force first."""
    today = runtime().clock.today()
    with transaction() as session:
        found = accounts.agreements(session)
        return render_template(
            "consent/agreements.html",
            agreements=sorted(found, key=lambda one: not one.status(today).in_force),
            names=_names(session),
            status=lambda one: STATUS[one.status(today)],
            titles=_titles(),
            may_change=current_actor().role in CHANGES,
            sees_register=current_actor().role is not Role.ADMIN,
        )


@blueprint.get("/agreements/<uuid:agreement_id>")
@allow(*SEES)
def agreement(agreement_id: UUID) -> ResponseReturnValue:
    """One agreement with every field of the register."""
    today = runtime().clock.today()
    with transaction() as session:
        found = accounts.agreement(session, agreement_id)
        clock = runtime().clock
        audit.record(
            session, current_actor(), "sharing_agreement.viewed", "sharing_agreement", found.id, clock=clock
        )
        return render_template(
            "consent/agreement.html",
            agreement=found,
            rows=_rows(found, _names(session)),
            status=STATUS[found.status(today)],
            may_end=current_actor().role in CHANGES and found.ended_at is None and found.ends_on >= today,
        )


def _rows(one: AgreementView, names: dict[UUID, str]) -> list[tuple[str, Any]]:
    terms, fields = one.terms, shared_fields()
    basis = {basis.value: f"{basis.words} ({basis.article})" for basis in Basis}
    condition = {art9.value: f"{art9.words} ({art9.article})" for art9 in Art9}
    return [
        ("Document", terms.reference or "Not given"),
        ("Gives", names.get(one.from_id, "")),
        ("Receives", names.get(one.to_id, "")),
        ("How they stand to each other", terms.controller_roles.words),
        ("Purposes", "; ".join(_titles().get(code, code) for code in one.purposes)),
        ("Data", "; ".join(fields[code].label if code in fields else code for code in one.fields) or "None"),
        ("Lawful basis", basis.get(terms.lawful_basis, "Not given")),
        ("Condition of Article 9", condition.get(terms.art9_condition or "", "None needed")),
        ("Impact assessment (DPIA)", terms.dpia_id or "Not given"),
        ("Kept", terms.retention or "Not given"),
        ("Security", terms.security_terms or "Not given"),
        ("Access requests go to", terms.dsar_contact or "Not given"),
        ("Breaches are told to", terms.breach_contact or "Not given"),
        ("Caldicott Guardian", terms.caldicott_guardian or "None: no health organisation"),
        ("Signed", terms.signed_on or "Not given"),
        ("First day", one.starts_on),
        ("Review", terms.review_on or "Not given"),
        ("Last day", one.ends_on),
    ]


@blueprint.route("/agreements/add", methods=["GET", "POST"])
@allow(*CHANGES)
def add_agreement() -> ResponseReturnValue:
    """Record a signed agreement."""
    if request.method == "GET":
        return _form_page(None)
    form = read_form(AgreementSchema, request.form)

    def save(session: Session) -> None:
        account_service.agree(session, form.data, current_actor(), runtime().clock)
        watch_agreements(session, runtime().clock)

    if form.ok and saved(form, save):
        flash.success("The agreement is recorded.")
        return redirect(url_for("consent.agreements"))
    return _form_page(form), 422


def _form_page(form: Form | None) -> str:
    with transaction() as session:
        hub_id = accounts.hub_organisation(session).id
        start = {
            "from_id": hub_id,
            "to_id": request.args.get("with", ""),
            "starts_on": runtime().clock.today(),
        }
        return render_template(
            "consent/add_agreement.html",
            form=form or blank_form(start),
            organisations=[(one.id, one.name) for one in accounts.organisations(session)],
            purposes=list(_titles().items()),
            fields=[(code, one.label) for code, one in shared_fields().items()],
            roles=[(one.value, one.words) for one in ControllerRoles],
            bases=[(one.value, f"{one.words} ({one.article})") for one in Basis],
            conditions=[(one.value, f"{one.words} ({one.article})") for one in Art9],
        )


@blueprint.post("/agreements/<uuid:agreement_id>/end")
@allow(*CHANGES)
def end_agreement(agreement_id: UUID) -> ResponseReturnValue:
    """From now on nothing more is shared under it."""
    with transaction() as session:
        account_service.end_agreement(session, agreement_id, current_actor(), runtime().clock)
        watch_agreements(session, runtime().clock)
    flash.success("The agreement has ended. Nothing more is shared under it.")
    return redirect(url_for("consent.agreement", agreement_id=agreement_id))


def _names(session: Session) -> dict[UUID, str]:
    return {one.id: one.name for one in accounts.organisations(session)}


def _titles() -> dict[str, str]:
    return {code: f"{one.title} ({code})" for code, one in PURPOSES.items()}
