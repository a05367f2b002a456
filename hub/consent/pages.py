"""The hub's page of one learner's permissions: how each stands, confirm, take back, ask again."""

from collections.abc import Callable
from uuid import UUID

from babel import Locale
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.consent import reads, service
from hub.consent.domain import PURPOSES, Channel, versions
from hub.consent.schemas import AskingForm, ProofSchema, WithdrawalSchema
from hub.core.errors import NotFound, RuleBroken
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import pages_blueprint
from hub.learners import reads as learners
from hub.learners.domain import Person
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form
from hub.ui.navigation import endpoint_exists

blueprint = pages_blueprint("consent", __name__)
_SEEN = ("name", "consent")


@blueprint.get("/learners/<uuid:learner_id>/consent")
@allow(Role.HUB_MANAGER, Role.ASSESSOR, Role.DATA_PROTECTION)
def of_learner(learner_id: UUID) -> ResponseReturnValue:
    """How each permission of a learner stands, and every asking."""
    return _page(learner_id, blank_form(), blank_form())


@blueprint.post("/learners/<uuid:learner_id>/consent/<uuid:consent_id>/confirm")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def confirm(learner_id: UUID, consent_id: UUID) -> ResponseReturnValue:
    """Record which words were shown, so that the permission is proven."""
    form = read_form(ProofSchema, request.form)

    def save(session: Session) -> None:
        found = reads.consent(session, consent_id)
        if found is None or found.learner_id not in learners.same_person_ids(session, learner_id):
            raise NotFound("There is no such permission.")
        service.confirm_proof(session, consent_id, form.data, current_actor(), runtime().clock)

    if form.ok and _saved(form, save):
        flash.success("Confirmed. The permissions of that day count from now.")
        return redirect(url_for("consent.of_learner", learner_id=learner_id))
    return _page(learner_id, form, blank_form(), consent_id)


@blueprint.post("/learners/<uuid:learner_id>/consent/withdraw")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def withdraw(learner_id: UUID) -> ResponseReturnValue:
    """The learner told the hub that they take permissions back."""
    form = read_form(WithdrawalSchema, request.form)

    def save(session: Session) -> None:
        if learners.person(session, learner_id) is None:
            raise NotFound("There is no such learner.")
        service.withdraw(
            session, learner_id, form.data["purposes"], current_actor(), runtime().clock, relayed=True
        )

    if form.ok and _saved(form, save):
        flash.success("Recorded. From now on nothing is done that needs what was taken back.")
        return redirect(url_for("consent.of_learner", learner_id=learner_id))
    return _page(learner_id, blank_form(), form)


@blueprint.route("/learners/<uuid:learner_id>/consent/ask", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def ask(learner_id: UUID) -> ResponseReturnValue:
    """Read the words to the learner in their language and record the answers.

    The button "Show" only changes the language of the words, and keeps the answers.
    """
    if request.method == "GET" or "show" in request.form:
        return _asking(learner_id, None)
    form = read_form(AskingForm, request.form)

    def save(session: Session) -> None:
        service.record_again(session, learner_id, form.data, current_actor(), runtime().clock)

    if form.ok and _saved(form, save):
        flash.success("The answers are recorded.")
        return redirect(url_for("consent.of_learner", learner_id=learner_id))
    return _asking(learner_id, form)


def _page(
    learner_id: UUID, proof: Form, withdrawal: Form, confirming: UUID | None = None
) -> ResponseReturnValue:
    with transaction() as session:
        person = _viewed(session, learner_id)
        today = runtime().clock.today()
        names = {one.id: one.name for one in accounts.organisations(session)}
        page = render_template(
            "consent/learner.html",
            person=person,
            learner_id=learner_id,
            standings=reads.standings(session, learner_id, today),
            consents=reads.consents(session, learner_id),
            purposes=PURPOSES,
            organisations=names,
            may_change=current_actor().is_hub,
            proof=proof,
            withdrawal=withdrawal,
            form=proof if proof.errors else withdrawal,
            confirming=confirming,
            versions=[(one, one) for one in versions()],
            languages=_languages(),
            language_names=dict(_languages()),
            back=_learner_url(learner_id),
        )
        return page, 200 if proof.ok and withdrawal.ok else 422


def _asking(learner_id: UUID, form: Form | None) -> ResponseReturnValue:
    with transaction() as session:
        person = _viewed(session, learner_id)
        shown = request.form.get("language") or person.preferred_language
        words = reads.wording(session, shown)
        answers = {"given_on": runtime().clock.today(), "language": shown or words.language.code}
        if form is None:
            form = blank_form(answers)
            form.values.update({name: value for name, value in request.form.items() if name in _KEPT})
        page = render_template(
            "consent/ask.html",
            person=person,
            learner_id=learner_id,
            form=form,
            words=words,
            english={one.code: one.question for one in reads.wording(session, "en").purposes},
            languages=_languages(),
            worded=reads.languages(),
            channels=[(channel.value, channel.words) for channel in Channel],
            partners=reads.relying_organisations(session),
        )
        return page, 200 if form.ok else 422


_KEPT = {"channel", "interpreter_used", "given_on-day", "given_on-month", "given_on-year", *PURPOSES}


def _viewed(session: Session, learner_id: UUID) -> Person:
    """The learner whose page this is, noted as seen; NotFound."""
    person = learners.person(session, learner_id)
    if person is None:
        raise NotFound("There is no such learner.")
    clock = runtime().clock
    audit.record(session, current_actor(), "learner.viewed", "learner", learner_id, fields=_SEEN, clock=clock)
    return person


def _saved(form: Form, save: Callable[[Session], None]) -> bool:
    """Save in a transaction; what a rule refuses is shown in the form."""
    try:
        with transaction() as session:
            save(session)
    except RuleBroken as error:
        for name, message in (error.errors or {"": error.detail}).items():
            form.fail(name.removeprefix("consent."), message)
    return form.ok


def _languages() -> list[tuple[str, str]]:
    """Codes and English names: those in which the words exist first, then by name."""
    worded = {one.code for one in reads.languages()}
    return sorted(Locale("en").languages.items(), key=lambda item: (item[0] not in worded, item[1]))


def _learner_url(learner_id: UUID) -> str | None:
    return url_for("desk.learner", learner_id=learner_id) if endpoint_exists("desk.learner") else None
