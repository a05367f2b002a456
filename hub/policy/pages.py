"""Settings: every clock, reason and label, with who changed it and when."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import pages_blueprint
from hub.policy import domain, queries, reads, service
from hub.policy.schemas import ValueSchema
from hub.ui import flash
from hub.ui.forms import blank_form, read_form

blueprint = pages_blueprint("policy", __name__)
UNITS = {
    "working_days": "working days", "days": "days", "weeks": "weeks", "months": "months", "years": "years",
    "times": "times", "people": "people", "switch": "(1 is yes)",
}  # fmt: skip


@blueprint.get("/settings")
@allow(Role.HUB_MANAGER, Role.ADMIN)
def settings() -> ResponseReturnValue:
    """All settings and the history of changes."""
    today = runtime().clock.today()
    with transaction() as session:
        return render_template(
            "policy/settings.html",
            clocks=[(clock, reads.number(session, clock.code, today)) for clock in domain.clocks().values()],
            units=UNITS,
            reasons=reads.reasons(session),
            labels=[
                (key, reads.label(session, *key))
                for key in domain.labels()
                if key[2] is not domain.Audience.STAFF
            ],
            history=queries.history(session),
        )


@blueprint.route("/settings/<code>", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER, Role.ADMIN)
def change(code: str) -> ResponseReturnValue:
    """Change one value from a day on."""
    title, now = _described(code)
    if request.method == "GET":
        form = blank_form({"value": now, "valid_from": runtime().clock.today()})
        return render_template("policy/change.html", form=form, title=title, code=code)
    form = read_form(ValueSchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                service.change(session, service.NewValue(code, **form.data), current_actor(), runtime().clock)
            flash.success("The setting is changed.")
            return redirect(url_for("policy.settings"))
        except RuleBroken as error:
            form.fail_with(error)
    return render_template("policy/change.html", form=form, title=title, code=code), 422


def _described(code: str) -> tuple[str, str]:
    """(what the setting is, in words; its value now). NotFound for an unknown code."""
    kind, _, name = code.partition(".")
    with transaction() as session:
        if kind == "clock" and name in domain.clocks():
            clock = domain.clocks()[name]
            return f"{clock.meaning} ({UNITS[clock.unit]})", str(
                reads.number(session, name, runtime().clock.today())
            )
        if kind == "reason" and name in domain.reasons():
            known = {reason.code: reason for reason in reads.reasons(session)}
            return "Words of a reason", known[name].label
        key = tuple(name.split("."))
        if kind == "label" and key in domain.labels():
            return f"What a {key[2]} sees: {key[0]} {key[1]}".replace("_", " "), reads.label(
                session, *key
            ).text
    raise NotFound("There is no such setting.")
