"""What data is used for: each purpose with its basis; the data protection officer decides anew."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.consent import reads, service
from hub.consent.domain import PURPOSES, Art9, Basis
from hub.consent.pages.edge import blueprint, saved
from hub.consent.schemas import BasisSchema
from hub.core.errors import NotFound
from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

SEES = (Role.HUB_MANAGER, Role.ADMIN, Role.DATA_PROTECTION, Role.AUDITOR)


@blueprint.get("/purposes")
@allow(*SEES)
def purposes() -> ResponseReturnValue:
    """Every purpose with its basis of today, and what was decided about bases."""
    with transaction() as session:
        history = reads.basis_history(session)
        return render_template(
            "consent/purposes.html",
            purposes=reads.purposes_of_day(session, runtime().clock.today()).values(),
            history=history,
            titles={code: one.title for code, one in PURPOSES.items()},
            people=accounts.names_of(session, [one.decided_by for one in history if one.decided_by]),
            may_decide=current_actor().role is Role.DATA_PROTECTION,
            today=runtime().clock.today(),
        )


@blueprint.route("/purposes/<code>/basis", methods=["GET", "POST"])
@allow(Role.DATA_PROTECTION)
def basis(code: str) -> ResponseReturnValue:
    """Decide what a purpose rests on from a day on, and why."""
    if code not in PURPOSES:
        raise NotFound("There is no such purpose.")
    if request.method == "GET":
        return _basis_page(code, None)
    form = read_form(BasisSchema, request.form)
    if form.ok and saved(form, lambda session: _decide(session, code, form)):
        flash.success("Decided. What was asked before keeps the basis of its day.")
        return redirect(url_for("consent.purposes"))
    return _basis_page(code, form), 422


def _decide(session: Session, code: str, form: Form) -> None:
    new = service.NewBasis(purpose=code, **form.data)
    service.decide_basis(session, new, current_actor(), runtime().clock)


def _basis_page(code: str, form: Form | None) -> str:
    today = runtime().clock.today()
    with transaction() as session:
        now = reads.purposes_of_day(session, today)[code]
        shown = form or blank_form(
            {"basis": now.basis, "art9_condition": now.art9_condition, "starts_on": today}
        )
        return render_template(
            "consent/basis.html",
            purpose=now,
            form=shown,
            bases=[(one.value, f"{one.words} ({one.article})") for one in Basis],
            conditions=[(one.value, f"{one.words} ({one.article})") for one in Art9],
        )
