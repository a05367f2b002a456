"""A timetable from a file: choose it, see what it would do, then do it."""

import base64
import binascii

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.errors import HubError, RuleBroken
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.provision import reads
from hub.provision.exchange import COLUMNS, REQUIRED, import_classes, preview_classes
from hub.provision.pages.edge import CHANGERS, blueprint, provider_in_address, whose
from hub.ui import flash
from hub.ui.forms import Form, blank_form

LARGEST = 512 * 1024
MOST_FAULTS = 200
_AGAIN = "Choose the file again"


@blueprint.get("/classes/import")
@allow(*CHANGERS)
def import_start() -> ResponseReturnValue:
    return _start(blank_form())


def _start(form: Form) -> str:
    with transaction() as session:
        provider = reads.provider(session, whose())
    return render_template(
        "provision/import.html",
        form=form,
        provider=provider,
        provider_id=provider_in_address(),
        columns=list(COLUMNS),
        required=REQUIRED,
    )


@blueprint.post("/classes/import")
@limited("upload")
@allow(*CHANGERS)
def import_preview() -> ResponseReturnValue:
    """What the file would do. Nothing is stored: the file travels with the page to the next step."""
    form = blank_form()
    content = _uploaded(form)
    if form.ok:
        try:
            with transaction() as session:
                report = preview_classes(session, content, whose(), current_actor(), runtime().clock)
            return render_template(
                "provision/import_preview.html",
                report=report,
                counts=report.as_json(),
                faults=report.faults[:MOST_FAULTS],
                more=max(len(report.faults) - MOST_FAULTS, 0),
                content=base64.b64encode(content).decode(),
                provider_id=provider_in_address(),
            )
        except RuleBroken as error:
            form.fail("file", error.detail)
    return _start(form), 422


def _uploaded(form: Form) -> bytes:
    upload = request.files.get("file")
    content = upload.read(LARGEST + 1) if upload else b""
    if not content:
        form.fail("file", "Choose a CSV file")
    elif len(content) > LARGEST:
        form.fail("file", "Choose a file smaller than 500 kB, or ask the hub to import it for you")
    return content


@blueprint.post("/classes/import/save")
@allow(*CHANGERS)
def import_save() -> ResponseReturnValue:
    """Do what the preview showed. Sent twice, the second time changes nothing."""
    form = blank_form()
    try:
        content = base64.b64decode(request.form.get("content", ""), validate=True)
        if not content:
            raise RuleBroken(_AGAIN)
        with transaction() as session:
            report = import_classes(session, content, whose(), current_actor(), runtime().clock)
    except (binascii.Error, HubError) as error:
        form.fail("file", error.detail if isinstance(error, RuleBroken) else _AGAIN)
        return _start(form), 422
    done = report.as_json()
    flash.success(f"{done['added']} classes added, {done['changed']} changed, {done['unchanged']} as before.")
    if done["refused"]:
        flash.notice(f"{done['refused']} rows were left out. Put them right in the file and import it again.")
    owner = provider_in_address()
    if owner:
        return redirect(url_for("provision.one_provider", organisation_id=owner))
    return redirect(url_for("provision.my_classes"))
