"""Reports for people who steer and check the service."""

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow
from hub.infra.db import runtime, transaction
from hub.infra.http import pages_blueprint
from hub.infra.limits import limited
from hub.reporting import exchange, reads
from hub.reporting.domain import AGE_BANDS, ENOUGH_FOR_A_CLASS, Period, period_of, periods
from hub.ui.forms import blank_form

blueprint = pages_blueprint("reporting", __name__)
READERS = (Role.HUB_MANAGER, Role.DATA_PROTECTION)


@blueprint.get("/reports")
@allow(*READERS)
def index() -> ResponseReturnValue:
    """What the service did in a period, and who waits today."""
    period = _asked_period()
    with transaction() as session:
        figures = reads.service_figures(session, period, runtime().clock.today())
    return render_template("reporting/index.html", figures=figures, bands=AGE_BANDS, **_choice(period))


@blueprint.get("/reports/service-figures.csv")
@limited("export")
@allow(*READERS)
def figures_file() -> ResponseReturnValue:
    period, today = _asked_period(), runtime().clock.today()
    with transaction() as session:
        text = exchange.figures_csv(reads.service_figures(session, period, today), today)
    return _file(text, f"service-figures-{period.code}.csv")


@blueprint.get("/reports/unmet-demand")
@allow(*READERS)
def unmet() -> ResponseReturnValue:
    """Who waits for what, where and when: enough for a class?"""
    with transaction() as session:
        found = reads.unmet(session, runtime().clock.today())
    return render_template("reporting/unmet.html", found=found, enough=ENOUGH_FOR_A_CLASS)


@blueprint.get("/reports/unmet-demand.csv")
@allow(*READERS)
def unmet_file() -> ResponseReturnValue:
    with transaction() as session:
        text = exchange.unmet_csv(reads.unmet(session, runtime().clock.today()))
    return _file(text, "unmet-demand.csv")


@blueprint.get("/reports/providers")
@allow(*READERS)
def providers() -> ResponseReturnValue:
    """How fresh the providers' free places are, and how soon they answer."""
    period, clock = _asked_period(), runtime().clock
    with transaction() as session:
        found = reads.providers(session, period, clock.now(), clock.today())
    return render_template("reporting/providers.html", found=found, **_choice(period))


@blueprint.get("/reports/providers.csv")
@allow(*READERS)
def providers_file() -> ResponseReturnValue:
    period, clock = _asked_period(), runtime().clock
    with transaction() as session:
        text = exchange.providers_csv(reads.providers(session, period, clock.now(), clock.today()))
    return _file(text, f"providers-{period.code}.csv")


def _asked_period() -> Period:
    return period_of(request.args.get("period", ""), runtime().clock.today())


def _choice(period: Period) -> dict[str, object]:
    """What the choice of a period on the page needs."""
    options = [(one.code, one.label) for one in periods(runtime().clock.today())]
    return {"period": period, "options": options, "form": blank_form({"period": period.code})}


def _file(text: str, name: str) -> Response:
    """Figures of nobody; that they were taken is noted all the same."""
    with transaction() as session:
        audit.record_export(session, "report", max(text.count("\n") - 1, 0), clock=runtime().clock)
    answer = Response(text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
