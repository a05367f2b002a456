"""The learner's receipt of what they agreed to: page, PDF, files for computers; and one press that stops all."""

from importlib import resources
from typing import Any
from uuid import UUID

from flask import Response, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from hub.accounts.domain.disclosure import shown, sight_of
from hub.consent import exchange
from hub.consent import reads as consents
from hub.consent import service as consent
from hub.consent.domain import CURRENT_VERSION, ConsentState, ConsentView
from hub.consent.reads import Receipt
from hub.core.errors import NotFound
from hub.core.permissions import Actor, Role
from hub.core.wordbook import FALLBACK, code_of
from hub.infra import audit, pdf
from hub.infra.access import allow, allow_public, current_actor
from hub.infra.db import runtime, transaction
from hub.learners import reads as people
from hub.learners.domain import OpenedLink
from hub.portal import domain
from hub.portal.pages.speech import speech
from hub.portal.pages.views import blueprint, own_page, render
from hub.ui.speech import Speech

_YES = frozenset({ConsentState.GIVEN, ConsentState.RENEWED, ConsentState.UNKNOWN})
_ENDED = frozenset({ConsentState.WITHDRAWN, ConsentState.EXPIRED, ConsentState.INVALIDATED})


@blueprint.get("/l/<token>/receipt")
@allow_public
@own_page
def receipt(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """What the learner agreed to, in the learner's language."""
    found = consents.receipt(session, link.learner_id, runtime().clock.today())
    return render("receipt", token, receipt=found, askings=_askings(found, speech()))


@blueprint.get("/l/<token>/receipt.pdf")
@allow_public
@own_page
def receipt_pdf(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """The same to print or keep."""
    return _pdf(consents.receipt(session, link.learner_id, runtime().clock.today()), speech())


@blueprint.get("/l/<token>/receipt.json")
@allow_public
@own_page
def receipt_json(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """Each asking as a record of ISO/IEC TS 27560 and as a Kantara receipt, for programs."""
    found = consents.receipt(session, link.learner_id, runtime().clock.today())
    return _json(found, whole=False)


@blueprint.get("/l/<token>/stop-all")
@allow_public
@own_page
def stop_all(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """Take everything back and leave, after one question."""
    return render("stop_all", token)


@blueprint.post("/l/<token>/stop-all/yes")
@allow_public
@own_page
def stop_all_yes(session: Session, token: str, link: OpenedLink, actor: Actor) -> ResponseReturnValue:
    """Everything is taken back, and what is open ends, in this transaction."""
    consent.leave(session, link.learner_id, actor, runtime().clock)
    return redirect(url_for("portal.home", token=token, said="stop_all_done"))


@blueprint.get("/learners/<uuid:learner_id>/receipt.pdf")
@allow(Role.HUB_MANAGER, Role.ASSESSOR, Role.DATA_PROTECTION)
def staff_receipt(learner_id: UUID) -> ResponseReturnValue:
    """The learner's receipt for staff to print, in the language in which the learner was asked."""
    with transaction() as session:
        found = _seen(session, learner_id, "consent.receipt_printed")
        asked_in = (found.newest.language if found.newest else None) or FALLBACK
        code = code_of(asked_in)
        return _pdf(found, Speech(domain.BOOK, code if code in domain.languages() else FALLBACK))


@blueprint.get("/learners/<uuid:learner_id>/consent/records.json")
@allow(Role.HUB_MANAGER, Role.DATA_PROTECTION)
def records(learner_id: UUID) -> ResponseReturnValue:
    """The hub's whole consent records of a learner, machine-readable."""
    with transaction() as session:
        return _json(_seen(session, learner_id, "consent.exported"), whole=True)


def _seen(session: Session, learner_id: UUID, action: str) -> Receipt:
    if people.person(session, learner_id) is None:
        raise NotFound("There is no such learner.")
    clock = runtime().clock
    audit.record(session, current_actor(), action, "learner", learner_id, fields=("consent",), clock=clock)
    return consents.receipt(session, learner_id, clock.today())


def _json(told: Receipt, *, whole: bool) -> Response:
    settings, found = runtime().settings, shown(told, sight_of(current_actor().role))
    body = {
        "records": [exchange.iso_27560(found, one, settings, whole=whole) for one in found.askings],
        "kantara_receipts": [exchange.kantara(found, one, settings) for one in found.askings],
    }
    headers = {"Content-Disposition": 'attachment; filename="receipt.json"'}
    return Response(exchange.as_text(body), headers=headers, content_type="application/json")


def _askings(found: Receipt, said: Speech) -> list[dict[str, Any]]:
    """Each asking with its questions and answers as the learner reads them, newest first."""
    return [
        {
            "asked": said.say("receipt_asked", date=said.full_date(one.given_on), who=_who(found, one)),
            "answers": _answers(one, said),
        }
        for one in found.askings
    ]


def _who(found: Receipt, one: ConsentView) -> str:
    """The organisation that asked; on the learner's own page the hub itself did."""
    return found.organisations.get(one.organisation_id or one.id, runtime().settings.hub_name)


def _answers(one: ConsentView, said: Speech) -> list[dict[str, Any]]:
    words = consents.wording(None, said.code, one.wording_version or CURRENT_VERSION)
    questions = {each.code: each.question for each in words.purposes}
    answers = []
    for choice in one.choices:
        last, note = choice.events[-1], None
        if last.state in _ENDED:
            note = said.say("receipt_ended", date=said.full_date(last.at.date()))
        elif last.state in _YES and last.valid_until is not None:
            note = said.say("receipt_until", date=said.full_date(last.valid_until))
        if choice.purpose in questions:
            asked = questions[choice.purpose]
            answers.append(
                {"question": asked, "yes": choice.granted, "stands": last.state in _YES, "note": note}
            )
    return answers


def _pdf(told: Receipt, said: Speech) -> Response:
    """The receipt as an accessible PDF."""
    settings, found = runtime().settings, shown(told, sight_of(current_actor().role))
    words = consents.wording(None, said.code)
    data = {
        "title": said.plain("receipt_title"),
        "hub": settings.hub_name,
        "lang": said.code,
        "dir": words.language.direction,
        "lead": said.plain("receipt_lead"),
        "none": said.plain("receipt_none"),
        "yes": said.plain("you_said_yes"),
        "no": said.plain("you_said_no"),
        "askings": [_plain(one) for one in _askings(found, said)],
        "who": said.plain("receipt_who"),
        "recipients": [one.name for one in found.recipients],
        "rights": said.plain("receipt_rights"),
        "call": said.plain("call_us").replace("{phone}", settings.hub_phone),
        "address": ", ".join(
            one for one in (settings.hub_name, settings.hub_address, settings.hub_email) if one
        ),
        "made": said.full_date(runtime().clock.today()),
    }
    template = resources.files("hub.portal") / "templates" / "portal" / "receipt.typ"
    headers = {"Content-Disposition": 'inline; filename="receipt.pdf"'}
    return Response(pdf.render(template, data), headers=headers, content_type="application/pdf")


def _plain(asking: dict[str, Any]) -> dict[str, Any]:
    """Words for paper: without the marks that keep directions apart on a page."""
    answers = [one | {"note": one["note"].striptags() if one["note"] else None} for one in asking["answers"]]
    return {"asked": asking["asked"].striptags(), "answers": answers}
