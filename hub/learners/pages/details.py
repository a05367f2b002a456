"""One learner's contact details, needs, and what was seen on a document."""

from collections.abc import Callable, Sequence
from uuid import UUID

from babel import Locale
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.accounts.domain.disclosure import Sight, shown, sight_of
from hub.core.errors import NotFound, RuleBroken
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.learners import reads, service
from hub.learners.domain import Barrier, Person
from hub.learners.domain.words import BARRIER_WORDS, MODE_WORDS, REASON_WORDS, STUDY_WORDS
from hub.learners.pages.edge import HUB, blueprint, seen
from hub.learners.schemas import ContactSchema, NeedsSchema, VerifiedSchema, contact_values, needs_values
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form
from hub.ui.navigation import endpoint_exists


@blueprint.route("/learners/<uuid:learner_id>/contact", methods=["GET", "POST"])
@allow(*HUB)
def contact(learner_id: UUID) -> ResponseReturnValue:
    """Correct how to reach the learner; the old details stay findable."""
    form = read_form(ContactSchema, request.form) if request.method == "POST" else None
    if form is not None and form.ok and _saved(form, _save_contact, learner_id):
        flash.success("The contact details are saved.")
        return redirect(_learner_url(learner_id))
    with transaction() as session:
        person = _viewed(session, learner_id, ("phone", "email", "postcode", "address"))
        form = form or blank_form(contact_values(person))
        page = render_template(
            "learners/contact.html",
            form=form,
            person=person,
            languages=_languages(),
            back=_learner_url(learner_id),
        )
        return page, 200 if form.ok else 422


@blueprint.route("/learners/<uuid:learner_id>/needs", methods=["GET", "POST"])
@allow(*HUB)
def needs(learner_id: UUID) -> ResponseReturnValue:
    """What the learner needs of a class: times, distance, help."""
    form = read_form(NeedsSchema, request.form) if request.method == "POST" else None
    if form is not None and form.ok and _saved(form, _save_needs, learner_id):
        flash.success("The learner's times and needs are saved.")
        return redirect(_learner_url(learner_id))
    with transaction() as session:
        person = _viewed(session, learner_id, ("needs",))
        told = shown(reads.needs(session, [learner_id]), _sight()).get(learner_id)
        form = form or blank_form(needs_values(told))
        page = render_template(
            "learners/needs.html", form=form, person=person, options=_OPTIONS, back=_learner_url(learner_id)
        )
        return page, 200 if form.ok else 422


@blueprint.route("/learners/<uuid:learner_id>/verified", methods=["GET", "POST"])
@allow(*HUB)
def verified(learner_id: UUID) -> ResponseReturnValue:
    """Note that a document was seen with the name or the date of birth; the document is not kept."""
    form = read_form(VerifiedSchema, request.form) if request.method == "POST" else None
    if form is not None and form.ok and _saved(form, _save_verified, learner_id):
        flash.success("Noted as seen on a document. It counts before what others wrote.")
        return redirect(_learner_url(learner_id))
    with transaction() as session:
        person = _viewed(session, learner_id, ("name", "date_of_birth"))
        records = [one for one in reads.source_records(session, learner_id) if one.superseded_at is None]
        names = {one.id: one.name for one in accounts.organisations(session)}
        form = form or blank_form({"record_id": str(records[-1].id)})
        page = render_template(
            "learners/verified.html",
            form=form,
            person=person,
            records=records,
            organisations=names,
            back=_learner_url(learner_id),
        )
        return page, 200 if form.ok else 422


def _save_verified(session: Session, learner_id: UUID, form: Form) -> None:
    service.mark_verified(session, learner_id, form.data, current_actor(), runtime().clock)


def _save_contact(session: Session, learner_id: UUID, form: Form) -> None:
    service.update_contact(session, learner_id, form.data, current_actor(), runtime().clock)


def _save_needs(session: Session, learner_id: UUID, form: Form) -> None:
    """What the form does not ask (health, support, funding) stays as it was told."""
    told = reads.needs(session, [learner_id]).get(learner_id)
    new = form.data.keeping_unasked(told)
    service.update_needs(session, learner_id, new, current_actor(), runtime().clock)


def _viewed(session: Session, learner_id: UUID, fields: Sequence[str]) -> Person:
    """The learner whose page this is, noted as seen; NotFound."""
    person = reads.person(session, learner_id)
    if person is None:
        raise NotFound("There is no such learner.")
    seen(session, [learner_id], "learner.viewed", fields)
    return shown(person, _sight())


def _saved(form: Form, save: Callable[[Session, UUID, Form], None], learner_id: UUID) -> bool:
    """Save in a transaction; what a rule refuses is shown in the form."""
    try:
        with transaction() as session:
            save(session, learner_id, form)
    except RuleBroken as error:
        form.fail_with(error)
    return form.ok


def _learner_url(learner_id: UUID) -> str:
    if endpoint_exists("desk.learner"):
        return url_for("desk.learner", learner_id=learner_id)
    return url_for("learners.duplicates")


def _languages() -> list[tuple[str, str]]:
    """Codes and English names, by name."""
    return sorted(Locale("en").languages.items(), key=lambda item: item[1])


_OPTIONS = {
    "modes": [(mode.value, words) for mode, words in MODE_WORDS.items()],
    "study": [(mode.value, words) for mode, words in STUDY_WORDS.items()],
    "reasons": [(reason.value, words) for reason, words in REASON_WORDS.items()],
    "barriers": [
        (barrier.value, words)
        for barrier, words in BARRIER_WORDS.items()
        if barrier is not Barrier.HEALTH_OR_DISABILITY  # asked only with permission P08, at assessment
    ],
}


def _sight() -> Sight:
    """Forms are filled in with what this reader may see."""
    return sight_of(current_actor().role)
