"""The JSON edge: an organisation refers learners and follows its own referrals."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.consent.domain import Channel as AskedBy
from hub.core.errors import RuleBroken
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import api_blueprint, with_etag
from hub.infra.idempotency import idempotent
from hub.infra.limits import limited
from hub.referrals import reads, service
from hub.referrals.domain import Channel, Ending, InformationAnswer
from hub.referrals.schemas import (
    AskPermissionSchema,
    InformationSchema,
    ReferralOut,
    ReferralSchema,
    WithdrawSchema,
)
from hub.referrals.service import NewReferral
from hub.referrals.service.information import topics

blueprint = api_blueprint("referrals", __name__, "Refer learners and see what became of your referrals")

_OF_LEARNER = frozenset(
    "given_names family_name known_as date_of_birth postcode address phone second_phone email sex "
    "preferred_language interpreter_needed safe_to_text safe_to_call".split()
)


@blueprint.post("/referrals")
@idempotent
@blueprint.arguments(ReferralSchema)
@blueprint.response(201, ReferralOut)
@limited("intake_api")
@allow(Role.REFERRER)
def submit_referral(new: NewReferral) -> Any:
    """Refer a learner. The answer is the same whether or not the person was known before."""
    clock = runtime().clock
    with transaction() as session, _in_api_terms():
        actor = current_actor()
        referral = service.submit(session, replace(new, channel=Channel.API), actor, clock)
        body = _told(session, reads.as_mine(session, referral))
        version = referral.version
    answer, status, headers = with_etag(body, version, 201)
    return answer, status, headers | {"Location": body["links"]["self"]}


@blueprint.get("/referrals/<uuid:referral_id>")
@blueprint.response(200, ReferralOut)
@allow(Role.REFERRER)
def show_referral(referral_id: UUID) -> Any:
    """One of your organisation's referrals: public label, next step, date; the outcome as far as was agreed."""
    with transaction() as session:
        mine = reads.my_referral(session, referral_id, current_actor())
        audit.record(
            session,
            None,
            "referral.viewed",
            "referral",
            referral_id,
            clock=runtime().clock,
            fields=("status",),
        )
        return _told(session, mine) | {"permission": _permission(session, mine)}


@blueprint.post("/referrals/<uuid:referral_id>/consent-requests")
@idempotent
@blueprint.arguments(AskPermissionSchema)
@blueprint.response(201, ReferralOut)
@limited("intake_api")
@allow(Role.REFERRER)
def ask_permission(by: AskedBy, referral_id: UUID) -> Any:
    """Ask the learner for the permissions by a link in a text or e-mail, or get ready a printed sheet. While an
    asking is open it stays the one; 409 when the learner has answered."""
    with transaction() as session:
        service.ask_permission(session, referral_id, by, current_actor(), runtime().clock)
        mine = reads.my_referral(session, referral_id, current_actor())
        return _told(session, mine) | {"permission": _permission(session, mine)}


def _permission(session: Session, mine: reads.MyReferral) -> dict[str, Any]:
    asked, answered = consents.own_asking(session, mine.view.learner_id, mine.view.source_record_id)
    state = "asked" if asked else "answered" if answered else "not_asked"
    return {"state": state, "until": asked.until if asked else None}


@blueprint.post("/referrals/<uuid:referral_id>/withdraw")
@idempotent
@blueprint.arguments(WithdrawSchema)
@blueprint.response(200, ReferralOut)
@allow(Role.REFERRER)
def withdraw_referral(ending: Ending, referral_id: UUID) -> Any:
    """Take a referral back, with a coded reason."""
    with transaction() as session:
        service.withdraw(session, referral_id, ending, current_actor(), runtime().clock)
        return _told(session, reads.my_referral(session, referral_id, current_actor()))


@blueprint.post("/referrals/<uuid:referral_id>/information")
@idempotent
@blueprint.arguments(InformationSchema)
@blueprint.response(200, ReferralOut)
@allow(Role.REFERRER)
def give_information(answer: InformationAnswer, referral_id: UUID) -> Any:
    """Answer everything that the hub asked about a referral."""
    with transaction() as session:
        service.give_information(session, referral_id, answer, current_actor(), runtime().clock)
        return _told(session, reads.my_referral(session, referral_id, current_actor()))


def _told(session: Session, mine: reads.MyReferral) -> dict[str, Any]:
    """The body for one referral of the caller's own organisation."""
    referral_id = mine.view.id
    outlook = reads.outlooks(session, [mine], runtime().clock.today())[referral_id]
    return {
        "id": referral_id,
        "reference": mine.view.reference,
        "external_reference": mine.view.external_reference,
        "label": outlook.label,
        "next_step": outlook.next_step,
        "date": outlook.by,
        "outcome": outlook.outcome,
        "asked": [
            {"topic": code, "question": topics()[code].question}
            for code in (mine.asked.topics if mine.asked else ())
        ],
        "links": {
            name: url_for(f"referrals_api.{endpoint}", referral_id=referral_id)
            for name, endpoint in _LINKS.items()
        },
    }


_LINKS = {"self": "show_referral", "withdraw": "withdraw_referral", "information": "give_information"}


@contextmanager
def _in_api_terms() -> Iterator[None]:
    """A refusal names fields as the request's body does."""
    try:
        yield
    except RuleBroken as error:
        error.errors = {f"learner.{k}" if k in _OF_LEARNER else k: v for k, v in error.errors.items()}
        raise
