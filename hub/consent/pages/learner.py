"""The hub's page of one learner's permissions: how each stands, confirm, take back, ask again."""

from uuid import UUID

from babel import Locale
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.consent import exchange, reads, service
from hub.consent.domain import (
    ANSWERED,
    ASKING,
    CIRCUMSTANCES,
    PURPOSES,
    Authority,
    Channel,
    ConsentView,
    UnderstandingCheck,
    WhyInvalid,
    is_under_18,
    versions,
)
from hub.consent.pages.edge import blueprint, saved
from hub.consent.schemas import AskByLinkSchema, AskingForm, InvalidSchema, ProofSchema, WithdrawalSchema
from hub.core.errors import NotFound
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.limits import limited
from hub.learners import reads as learners
from hub.learners.domain import Person
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form
from hub.ui.navigation import endpoint_exists

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
        _require_of(session, consent_id, learner_id)
        service.confirm_proof(session, consent_id, form.data, current_actor(), runtime().clock)

    if form.ok and saved(form, save):
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
        if form.data["everything"]:
            service.leave(session, learner_id, current_actor(), runtime().clock, relayed=True)
            return
        service.withdraw(
            session, learner_id, form.data["purposes"], current_actor(), runtime().clock, relayed=True
        )

    if form.ok and saved(form, save):
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

    if form.ok and saved(form, save):
        flash.success("The answers are recorded.")
        return redirect(url_for("consent.of_learner", learner_id=learner_id))
    return _asking(learner_id, form)


@blueprint.post("/learners/<uuid:learner_id>/consent/ask-by-link")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def ask_by_link(learner_id: UUID) -> ResponseReturnValue:
    """Send the learner the questions, or get them ready for a printed sheet. Twice is once."""
    form = read_form(AskByLinkSchema, request.form)

    def save(session: Session) -> None:
        _viewed(session, learner_id)
        service.ask_by_link(session, learner_id, form.data, current_actor(), runtime().clock)

    if form.ok and saved(form, save):
        flash.success("The learner is asked. Until they answer, what they said before counts.")
        return redirect(url_for("consent.of_learner", learner_id=learner_id))
    return _page(learner_id, blank_form(), form)


@blueprint.post("/learners/<uuid:learner_id>/consent/<uuid:consent_id>/sheet")
@limited("export")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def sheet(learner_id: UUID, consent_id: UUID) -> ResponseReturnValue:
    """The questions on paper, with a new link to answer them."""
    with transaction() as session:
        _require_of(session, consent_id, learner_id)
        link = service.link_for(session, consent_id, current_actor(), runtime().clock)
        body = exchange.sheet(reads.wording(session, link.language), link.token, runtime().settings)
    return Response(body, headers=exchange.SHEET_HEADERS, content_type="application/pdf")


@blueprint.post("/learners/<uuid:learner_id>/consent/<uuid:consent_id>/invalid")
@allow(Role.HUB_MANAGER, Role.DATA_PROTECTION)
def invalid(learner_id: UUID, consent_id: UUID) -> ResponseReturnValue:
    """The hub has found that an asking does not count."""
    form = read_form(InvalidSchema, request.form)

    def save(session: Session) -> None:
        _require_of(session, consent_id, learner_id)
        service.invalidate(session, consent_id, form.data["why"], current_actor(), runtime().clock)

    if form.ok and saved(form, save):
        flash.success("Recorded. That asking permits nothing any more. Ask the learner again.")
        return redirect(url_for("consent.of_learner", learner_id=learner_id))
    return _page(learner_id, blank_form(), form)


@blueprint.post("/learners/<uuid:learner_id>/consent/receipt")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def send_receipt(learner_id: UUID) -> ResponseReturnValue:
    """Send the learner a link to what they said yes and no to."""
    with transaction() as session:
        _viewed(session, learner_id)
        service.send_receipt(session, learner_id, current_actor(), runtime().clock)
    flash.success("The learner gets a link to what they agreed to.")
    return redirect(url_for("consent.of_learner", learner_id=learner_id))


def _require_of(session: Session, consent_id: UUID, learner_id: UUID) -> None:
    """NotFound unless the asking is this learner's."""
    found = reads.consent(session, consent_id)
    if found is None or found.learner_id not in learners.same_person_ids(session, learner_id):
        raise NotFound("There is no such permission.")


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
            may_invalidate=current_actor().role in {Role.HUB_MANAGER, Role.DATA_PROTECTION},
            asked_by_link=reads.asked_by_link(session, learner_id),
            ways=[(one.value, one.words) for one in Channel if one in ASKING],
            whys=[(one.value, one.words) for one in WhyInvalid],
            told=circumstances_rows,
            receipt=_receipt_url(learner_id),
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
            channels=[(channel.value, channel.words) for channel in ANSWERED],
            partners=reads.relying_organisations(session),
            checks=[(one.value, one.words) for one in UnderstandingCheck],
            authorities=[(one.value, one.words) for one in Authority],
            under_18=is_under_18(person.date_of_birth, runtime().clock.today()),
        )
        return page, 200 if form.ok else 422


_KEPT = {
    *CIRCUMSTANCES,
    "channel",
    "interpreter_used",
    "given_on-day",
    "given_on-month",
    "given_on-year",
    *PURPOSES,
}


def _viewed(session: Session, learner_id: UUID) -> Person:
    """The learner whose page this is, noted as seen; NotFound."""
    person = learners.person(session, learner_id)
    if person is None:
        raise NotFound("There is no such learner.")
    clock = runtime().clock
    audit.record(session, current_actor(), "learner.viewed", "learner", learner_id, fields=_SEEN, clock=clock)
    return person


def _languages() -> list[tuple[str, str]]:
    """Codes and English names: those in which the words exist first, then by name."""
    worded = {one.code for one in reads.languages()}
    return sorted(Locale("en").languages.items(), key=lambda item: (item[0] not in worded, item[1]))


def _learner_url(learner_id: UUID) -> str | None:
    return url_for("desk.learner", learner_id=learner_id) if endpoint_exists("desk.learner") else None


def _receipt_url(learner_id: UUID) -> str | None:
    return (
        url_for("portal.staff_receipt", learner_id=learner_id)
        if endpoint_exists("portal.staff_receipt")
        else None
    )


_WORDS_OF = {one.value: one.words for kind in (UnderstandingCheck, Authority) for one in kind}


def circumstances_rows(one: ConsentView) -> list[tuple[str, str]]:
    """What was out of the ordinary in an asking, for staff."""
    rows = [("Age", "The learner was under 18")] if one.under_18 else []
    told = one.circumstances.as_dict()
    return rows + [
        (asked.label[:1].upper() + asked.label[1:], _WORDS_OF.get(told[name], told[name]))
        for name, asked in CIRCUMSTANCES.items()
        if name in told
    ]
