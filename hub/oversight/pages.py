"""The audit for those who check it, and emergency access to a record with its review."""

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.core.acts import ActKind
from hub.core.errors import RuleBroken
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import pages_blueprint
from hub.infra.seals import exporting
from hub.infra.sight import open_to_the_hub
from hub.oversight import reads, service
from hub.oversight.domain import EMERGENCY_LASTS, Verdict, Wanted
from hub.oversight.schemas import EmergencySchema, ReviewSchema, SearchSchema
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

blueprint = pages_blueprint("oversight", __name__)
CHECKERS = (Role.AUDITOR, Role.DATA_PROTECTION)
KINDS = [(kind.value, kind.label) for kind in ActKind if kind is not ActKind.OTHER]


# ---------------------------------------------------------------- the audit


@blueprint.get("/audit")
@allow(*CHECKERS)
def index() -> ResponseReturnValue:
    """The newest entries, how far they are sealed and checked, and a search."""
    return _listing(blank_form(), Wanted(), None)


@blueprint.post("/audit")
@allow(*CHECKERS)
def search() -> ResponseReturnValue:
    """A search by POST: names and references stand in no address. It is itself in the audit."""
    form = read_form(SearchSchema, request.form)
    if not form.ok:
        return _listing(form, Wanted(), None), 422
    wanted, before = form.data
    return _listing(form, wanted, before)


def _listing(form: Form, wanted: Wanted, before: int | None) -> str:
    clock = runtime().clock
    with transaction() as session:
        open_to_the_hub(session)  # a reference is looked up; no name is shown
        rows = reads.search(session, wanted, before, reads.PAGE + 1)
        state = reads.state(session, clock)
        if wanted.by:
            service.note_search(session, wanted, len(rows), current_actor(), clock)
    shown = rows[: reads.PAGE]
    return render_template(
        "oversight/index.html", form=form, rows=shown, state=state, kinds=KINDS, wanted=wanted,
        older=shown[-1].seq if len(rows) > reads.PAGE else None,
    )  # fmt: skip


@blueprint.get("/audit/<uuid:entry_id>")
@allow(*CHECKERS)
def entry(entry_id: UUID) -> ResponseReturnValue:
    """One entry with every column, and the seal that holds it."""
    with transaction() as session:
        found, seal = reads.one(session, entry_id)
    return render_template("oversight/entry.html", one=found, seal=seal)


@blueprint.post("/audit/check")
@allow(*CHECKERS)
def check() -> ResponseReturnValue:
    """Verify all seals and entries now."""
    found = service.check_audit(runtime().clock)
    if found.fault is None:
        flash.success(
            f"Nothing was changed: {found.entries:,} entries in {found.seals:,} seals were checked."
        )
    return redirect(url_for("oversight.index"))


@blueprint.post("/audit/download")
@allow(*CHECKERS)
def download() -> ResponseReturnValue:
    """What the search finds, each entry with the proof that it is sealed: JSON lines."""
    form, clock = read_form(SearchSchema, request.form), runtime().clock
    if not form.ok:
        return _listing(form, Wanted(), None), 422
    with transaction() as session:
        open_to_the_hub(session)
        seqs = reads.seqs_found(session, form.data[0])
        body = b"".join(exporting.export_chosen(session, seqs, clock))
        service.note_export(session, len(seqs), current_actor(), clock)
    return as_file(body, f"audit-{clock.today():%Y-%m-%d}.jsonl")


def as_file(body: bytes, name: str) -> Response:
    """JSON lines to be saved."""
    answer = Response(body, content_type=exporting.MEDIA_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


# ---------------------------------------------------------------- emergency access


@blueprint.get("/emergency-access")
@allow(Role.DATA_PROTECTION, Role.ADMIN)
def emergency() -> ResponseReturnValue:
    """Asks which record, and why it cannot wait."""
    return _asking(blank_form())


@blueprint.post("/emergency-access")
@allow(Role.DATA_PROTECTION, Role.ADMIN)
def open_in_emergency() -> ResponseReturnValue:
    """Open the record for an hour; somebody else reviews it the next working day."""
    form = read_form(EmergencySchema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                opened = service.open_in_emergency(session, form.data, current_actor(), runtime().clock)
            return redirect(url_for("oversight.opened", emergency_id=opened))
        except RuleBroken as error:
            form.fail_with(error)
            _note_refused(error)
    return _asking(form), 422


def _note_refused(error: RuleBroken) -> None:
    """A reference that is nobody's may be a guess: it is in the audit, too."""
    clock = runtime().clock
    with transaction() as session:
        audit.record(
            session, current_actor(), "emergency.refused", "referral", UUID(int=0), outcome="refused",
            reason=error.code, clock=clock,
        )  # fmt: skip


def _asking(form: Form) -> str:
    return render_template(
        "oversight/emergency.html", form=form, minutes=int(EMERGENCY_LASTS.total_seconds() // 60)
    )


@blueprint.get("/emergency-access/<uuid:emergency_id>")
@allow(Role.DATA_PROTECTION, Role.ADMIN)
def opened(emergency_id: UUID) -> ResponseReturnValue:
    """Whom to reach and how, while the access lasts and only for the person who opened it."""
    actor, clock = current_actor(), runtime().clock
    with transaction() as session:
        open_to_the_hub(session)  # it was opened for this person, for an hour
        row, person = reads.opened(session, emergency_id, actor, clock)
        audit.record(
            session, actor, "emergency.viewed", "learner", person.learner_id,
            fields=("name", "date_of_birth", "phone", "address", "language"),
            basis=f"emergency_access {row.id}", clock=clock,
        )  # fmt: skip
        return render_template("oversight/opened.html", person=person, ends_at=row.ends_at)


@blueprint.get("/emergency-access/reviews")
@allow(Role.DATA_PROTECTION, Role.HUB_MANAGER)
def reviews() -> ResponseReturnValue:
    """What is to be reviewed, and what was."""
    return _reviewing(blank_form(), None)


@blueprint.post("/emergency-access/<uuid:emergency_id>/review")
@allow(Role.DATA_PROTECTION, Role.HUB_MANAGER)
def review(emergency_id: UUID) -> ResponseReturnValue:
    """Was it justified?"""
    form = read_form(ReviewSchema, request.form)
    if not form.ok:
        return _reviewing(form, emergency_id), 422
    with transaction() as session:
        found = (form.data["verdict"], form.data["note"])
        service.review(session, emergency_id, found, current_actor(), runtime().clock)
    flash.success("Your review is recorded.")
    return redirect(url_for("oversight.reviews"))


def _reviewing(form: Form, at: UUID | None) -> str:
    with transaction() as session:
        return render_template(
            "oversight/reviews.html", form=form, at=at, waiting=reads.to_review(session),
            done=reads.reviewed(session), verdicts=[(one.value, one.label) for one in Verdict],
            me=current_actor().id, today=runtime().clock.today(), blank=blank_form(),
        )  # fmt: skip
