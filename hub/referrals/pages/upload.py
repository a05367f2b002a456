"""A file of referrals: send it, look at what would happen, take it in."""

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import NotFound, RuleBroken
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.csvfiles import csv_text
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.referrals import service
from hub.referrals.exchange import (
    ALIASES,
    REQUIRED,
    ImportResult,
    import_referrals,
    preview_referrals,
)
from hub.referrals.pages.edge import REFERS, blueprint
from hub.referrals.service import FileKind, SentFile
from hub.ui.flash import success
from hub.ui.forms import Form

LARGEST = 2 * 1024 * 1024
FAULTS_SHOWN = 200
AT_ONCE = 200
"""Lines of a file that is taken in while the person waits: some two seconds."""


@blueprint.get("/my-referrals/import")
@allow(*REFERS)
def upload() -> str:
    """Ask for a file and say what it must hold."""
    return _ask(Form())


def _ask(form: Form) -> str:
    optional = [name for name in ALIASES if name not in REQUIRED]
    with transaction() as session:
        files = service.files_under_way(session, current_actor())
    return render_template(
        "referrals/upload.html", form=form, required=REQUIRED, optional=optional, files=files
    )


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
    """Take in the file that was looked at; the scheduler does a long one. A second click finds it done."""
    actor, clock = current_actor(), runtime().clock
    if actor.organisation_id is None:
        raise NotFound
    try:
        with transaction() as session:
            content = service.open_file(session, file_id, FileKind.REFERRALS, actor).content
            is_long = content.count(b"\n") > AT_ONCE
            (service.start_file if is_long else service.drop_file)(session, file_id, actor, clock)
    except NotFound:
        success("This file has been taken in already")
        return redirect(url_for("referrals.upload"))
    if is_long:
        return redirect(url_for("referrals.taking", file_id=file_id))
    result = import_referrals(content, actor.organisation_id, actor, clock)
    return render_template("referrals/imported.html", result=result, most=FAULTS_SHOWN)


@blueprint.get("/my-referrals/import/<uuid:file_id>")
@allow(*REFERS)
def taking(file_id: UUID) -> ResponseReturnValue:
    """How far a long file has come; at its end what became of it. It goes on whether or not anybody looks."""
    with transaction() as session:
        file = service.file_under_way(session, file_id, current_actor())
    if file.started_at is None:
        return redirect(url_for("referrals.upload"))
    result = ImportResult.so_far(file.report)
    template = "referrals/imported.html" if file.is_done else "referrals/taking.html"
    rows = file.content.count(b"\n") - file.content.endswith(b"\n")
    return render_template(template, result=result, rows=rows, most=FAULTS_SHOWN, file_id=file_id)


@blueprint.get("/my-referrals/import/<uuid:file_id>/rows.csv")
@allow(*REFERS)
def refused_rows(file_id: UUID) -> Response:
    """Every row of a long file that was not taken in, with what to do: to work through in a spreadsheet."""
    with transaction() as session:
        report = service.file_under_way(session, file_id, current_actor()).report
        faults = ImportResult.so_far(report).faults
        audit.record_export(session, "refused_rows", len(faults), clock=runtime().clock, fields=("value",))
    lines = [(one.line, one.column, one.value, one.remedy) for one in faults]
    answer = Response(csv_text([("line", "column", "value", "what to do"), *lines]), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=rows-to-put-right.csv"
    return answer
