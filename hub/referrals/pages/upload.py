"""A file of referrals: send it, look at what would happen, take it in."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import NotFound, RuleBroken
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.referrals import service
from hub.referrals.exchange import (
    ALIASES,
    REQUIRED,
    import_referrals,
    preview_referrals,
)
from hub.referrals.pages.edge import REFERS, blueprint
from hub.referrals.service import FileKind, SentFile
from hub.ui.flash import success
from hub.ui.forms import Form

LARGEST = 2 * 1024 * 1024
FAULTS_SHOWN = 200


@blueprint.get("/my-referrals/import")
@allow(*REFERS)
def upload() -> str:
    """Ask for a file and say what it must hold."""
    return _ask(Form())


def _ask(form: Form) -> str:
    optional = [name for name in ALIASES if name not in REQUIRED]
    return render_template("referrals/upload.html", form=form, required=REQUIRED, optional=optional)


def content_sent(form: Form) -> bytes:
    """The file of the form, or a fault beside it."""
    sent = request.files.get("file")
    content = sent.read(LARGEST + 1) if sent else b""
    if sent:
        sent.close()
    if not content:
        form.fail("file", "Choose a CSV file with a header row and at least one row")
    elif len(content) > LARGEST:
        form.fail("file", "The file must be smaller than 2 MB. Ask the hub to take in a larger one")
    return content


@blueprint.post("/my-referrals/import")
@limited("upload")
@allow(*REFERS)
def look_at_file() -> ResponseReturnValue:
    """Keep the file sealed for a day and show what would become of each row."""
    form, actor, clock = Form(), current_actor(), runtime().clock
    content = content_sent(form)
    if not form.ok or actor.organisation_id is None:
        return _ask(form), 422
    try:
        found = preview_referrals(content, actor.organisation_id, actor, clock)
    except RuleBroken as error:
        form.fail("file", error.detail)
        return _ask(form), 422
    with transaction() as session:
        file_id = service.keep_file(session, SentFile(FileKind.REFERRALS, content), actor, clock)
    return render_template("referrals/preview.html", result=found, file_id=file_id, most=FAULTS_SHOWN)


@blueprint.post("/my-referrals/import/<uuid:file_id>")
@allow(*REFERS)
def take_in(file_id: UUID) -> ResponseReturnValue:
    """Take in the file that was looked at. A second click finds it done."""
    actor, clock = current_actor(), runtime().clock
    if actor.organisation_id is None:
        raise NotFound
    try:
        with transaction() as session:
            content = service.open_file(session, file_id, FileKind.REFERRALS, actor).content
            service.drop_file(session, file_id, actor, clock)
    except NotFound:
        success("This file has been taken in already")
        return redirect(url_for("referrals.upload"))
    result = import_referrals(content, actor.organisation_id, actor, clock)
    return render_template("referrals/imported.html", result=result, most=FAULTS_SHOWN)
