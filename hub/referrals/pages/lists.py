"""A provider's own waiting list: send the file, look at what would happen, take it in, see who stands on several.

The pages stand here because sent files are kept here; reading and taking in is the waiting list's.
"""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import reads as accounts
from hub.accounts.domain import OrganisationKind
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import as_uuid
from hub.infra.limits import limited
from hub.referrals import service
from hub.referrals.pages.edge import blueprint
from hub.referrals.pages.upload import FAULTS_SHOWN, content_sent
from hub.referrals.service import FileKind, SentFile
from hub.ui.flash import notice
from hub.ui.forms import Form, blank_form
from hub.waitlist import exchange
from hub.waitlist import reads as waitlist

MOST_ROWS = 1000
"""What a page takes in while somebody waits: each row is compared with every learner. More goes by the command."""


@blueprint.get("/waiting-list/import")
@allow(Role.HUB_MANAGER)
def send_list() -> str:
    """Ask whose list it is, and for the file."""
    return _ask(blank_form())


def _ask(form: Form) -> str:
    columns = [name for name in exchange.COLUMNS if name not in exchange.REQUIRED]
    with transaction() as session:
        providers = [(one.id, one.name) for one in accounts.organisations(session, OrganisationKind.PROVIDER)]
        return render_template(
            "referrals/send_list.html",
            form=form,
            providers=providers,
            required=exchange.REQUIRED,
            optional=columns,
            most=MOST_ROWS,
        )


@blueprint.post("/waiting-list/import")
@limited("upload")
@allow(Role.HUB_MANAGER)
def look_at_list() -> ResponseReturnValue:
    """Keep the file sealed for a day and show what would become of each row."""
    form = Form(values={"provider": request.form.get("provider", "")})
    provider = _provider(form)
    content = content_sent(form)
    found = _preview(form, content, provider) if provider and form.ok else None
    if provider is None or found is None:
        return _ask(form), 422
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        sent = SentFile(FileKind.WAITING_LIST, content, provider.id)
        file_id = service.keep_file(session, sent, actor, clock)
    return render_template(
        "referrals/list_preview.html", result=found, file_id=file_id, provider=provider, most=FAULTS_SHOWN
    )


def _provider(form: Form) -> accounts.OrganisationView | None:
    chosen = as_uuid(form.values["provider"])
    with transaction() as session:
        providers = accounts.organisations(session, OrganisationKind.PROVIDER)
    for one in providers:
        if one.id == chosen:
            return one
    form.fail("provider", "Select the provider whose waiting list it is")
    return None


def _preview(form: Form, content: bytes, provider: accounts.OrganisationView) -> exchange.ListReport | None:
    try:
        found = exchange.preview_waiting_list(content, provider.id, current_actor(), runtime().clock)
    except RuleBroken as error:
        form.fail("file", error.detail)
        return None
    if found.ready > MOST_ROWS:
        form.fail(
            "file",
            f"The file has more than {MOST_ROWS:,} new people. Send it in parts, or use the command "
            "hub import waiting-list",
        )
        return None
    return found


@blueprint.post("/waiting-list/import/<uuid:file_id>")
@allow(Role.HUB_MANAGER)
def take_list(file_id: UUID) -> ResponseReturnValue:
    """Take in the list that was looked at, and say who stands on several. A second click finds it done."""
    actor, clock = current_actor(), runtime().clock
    try:
        with transaction() as session:
            sent = service.open_file(session, file_id, FileKind.WAITING_LIST, actor)
            service.drop_file(session, file_id, actor, clock)
    except NotFound:
        notice("This file has been taken in already")
        return redirect(url_for("referrals.send_list"))
    if sent.about is None:
        raise NotFound("There is no such file.")
    result = exchange.import_waiting_list(sent.content, sent.about, actor, clock)
    with transaction() as session:
        return render_template(
            "referrals/list_taken.html",
            result=result,
            provider=accounts.organisation(session, sent.about),
            seen=waitlist.overlap(session),
            most=FAULTS_SHOWN,
        )
