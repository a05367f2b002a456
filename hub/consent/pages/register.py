"""The register of consent: what was asked of whom by which organisation, without names; to prove, not to work with."""

from urllib.parse import urlencode
from uuid import UUID

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain.disclosure import shown, sight_of
from hub.consent import reads
from hub.consent.domain import PURPOSES, ConsentState, ConsentView
from hub.consent.pages.edge import blueprint
from hub.consent.reads import RegisterFilter
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.csvfiles import csv_text
from hub.infra.db import runtime, transaction
from hub.infra.http import as_uuid, page_number
from hub.infra.sight import open_to_the_hub

SEES = (Role.HUB_MANAGER, Role.DATA_PROTECTION, Role.AUDITOR)
PAGE, MOST_ROWS = 50, 20_000


@blueprint.get("/consent-register")
@allow(*SEES)
def register() -> ResponseReturnValue:
    """Counts by purpose, then every asking that meets the filter, newest first."""
    page, wanted = page_number(), _wanted()
    with transaction() as session:
        open_to_the_hub(session)  # for the auditor too: it names nobody
        found = reads.register(session, wanted, PAGE, (page - 1) * PAGE)
        _note(session, "consent_register.viewed")
        return render_template(
            "consent/register.html",
            purposes=reads.purposes_of_day(session, runtime().clock.today()),
            counts=reads.counts(session),
            states=list(ConsentState),
            consents=found,
            total=reads.register_size(session, wanted),
            page=page,
            pages=-(-reads.register_size(session, wanted) // PAGE),
            organisations=[(one.id, one.name) for one in accounts.organisations(session)],
            wanted=wanted,
            may_open=current_actor().role is not Role.AUDITOR,
            csv=f"{url_for('consent.register_file')}?{urlencode(request.args.to_dict())}",
        )


@blueprint.get("/consent-register.csv")
@allow(*SEES)
def register_file() -> ResponseReturnValue:
    """The same as a file: one line for each permission of each asking."""
    with transaction() as session:
        open_to_the_hub(session)
        names = {one.id: one.name for one in accounts.organisations(session)}
        found = shown(reads.register(session, _wanted(), MOST_ROWS), sight_of(current_actor().role))
        _note(session, "consent_register.exported", count=f"{len(found)} rows")
        lines = [_HEAD, *(line for one in found for line in _lines(one, names))]
        headers = {"Content-Disposition": 'attachment; filename="consent-register.csv"'}
        return Response(csv_text(lines), headers=headers, content_type="text/csv; charset=utf-8")


_HEAD = (
    "record", "asked_on", "organisation", "role", "channel", "notice", "version", "proven", "interpreter",
    "under_18", "on_behalf", "purpose", "state", "state_at", "valid_until",
)  # fmt: skip


def _lines(one: ConsentView, names: dict[UUID, str]) -> list[tuple[object, ...]]:
    organisation = names.get(one.organisation_id or one.id, "")
    start = (
        one.id, one.given_on, organisation, one.captured_role, one.channel.value, one.notice_id or "",
        one.wording_version or "", one.proven, one.interpreter_used, one.under_18,
        one.circumstances.on_behalf_of is not None,
    )  # fmt: skip
    return [
        (*start, choice.purpose, last.state.value, last.at.isoformat(), last.valid_until or "")
        for choice in one.choices
        for last in choice.events[-1:]
    ]


def _wanted() -> RegisterFilter:
    """The filter in the address; what is no filter is left out."""
    asked = request.args
    purpose, state = asked.get("purpose", ""), asked.get("state", "")
    return RegisterFilter(
        organisation_id=as_uuid(asked.get("organisation", "")),
        purpose=purpose if purpose in PURPOSES else None,
        state=ConsentState(state) if state in set(ConsentState) else None,
        unproven=asked.get("unproven") == "yes",
        under_18=asked.get("under_18") == "yes",
    )


def _note(session: Session, action: str, count: str | None = None) -> None:
    actor, clock = current_actor(), runtime().clock
    home = accounts.hub_organisation(session).id
    audit.record(
        session, actor, action, "organisation", home, fields=sorted(request.args), reason=count, clock=clock
    )
