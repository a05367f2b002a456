"""Offers: for a provider to answer, for the hub to follow and decide."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema
from sqlalchemy.orm import Session

from hub.accounts import reads as accounts
from hub.core.errors import HubError, NotFound
from hub.core.permissions import Role
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.learners import reads as learners
from hub.matching import reads, service
from hub.matching.domain.offers import (
    LIVE,
    TO_DECIDE,
    DeclineDecision,
    OfferState,
    SilenceDecision,
)
from hub.matching.pages.edge import blueprint, labels, own_organisation, people_shown, reason_options, seen
from hub.matching.reads import OfferView
from hub.matching.reads.offers import newest_in_states
from hub.matching.schemas import (
    DecisionSchema,
    LearnerAnswerSchema,
    RefusalSchema,
    WithdrawalSchema,
)
from hub.policy import reads as policy
from hub.provision import reads as provision
from hub.ui import flash
from hub.ui.forms import Form, blank_form, read_form

S = OfferState
HUB = (Role.HUB_MANAGER, Role.ASSESSOR)
ANSWERED = frozenset(OfferState) - {S.WITH_PROVIDER}
OVER = frozenset(OfferState) - LIVE
Act = Callable[[Session, UUID, Any], object]


@blueprint.get("/offers")
@allow(Role.PROVIDER, *HUB)
def offers() -> ResponseReturnValue:
    """A provider's offers to answer; the hub's offers to decide and in progress."""
    return _provider_page() if current_actor().role is Role.PROVIDER else _hub_page()


def _provider_page() -> str:
    own = own_organisation()
    with transaction() as session:
        waiting = reads.offers_in_states(session, {S.WITH_PROVIDER}, own)
        answered = newest_in_states(session, ANSWERED, own)
        seen(session, [one.learner_id for one in waiting], "offer.viewed", ("profile",))
        return render_template(
            "matching/offers_provider.html",
            waiting=waiting, answered=answered, classes=_classes(session, [*waiting, *answered]),
            labels=labels(session, "offer", OfferState), reasons=_reason_words(session),
        )  # fmt: skip


def _hub_page() -> str:
    with transaction() as session:
        to_decide = reads.offers_in_states(session, TO_DECIDE)
        with_learner = reads.offers_in_states(session, {S.WITH_LEARNER})
        with_provider = reads.offers_in_states(session, {S.WITH_PROVIDER})
        over = newest_in_states(session, OVER)
        shown = [*to_decide, *with_learner, *with_provider, *over]
        return render_template(
            "matching/offers_hub.html",
            groups=[
                ("To decide", to_decide, "Nothing waits for a decision."),
                ("With learners", with_learner, "No learner has an offer to answer."),
                ("With providers", with_provider, "No provider has an offer to answer."),
                ("Over, the newest 50", over, "No offer has ended yet."),
            ],
            people=people_shown(session, [one.learner_id for one in shown], "offer.viewed"),
            classes=_classes(session, shown), labels=labels(session, "offer", OfferState),
            reasons=_reason_words(session), today=runtime().clock.today(),
        )  # fmt: skip


@blueprint.get("/offers/<uuid:offer_id>")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def offer(offer_id: UUID) -> ResponseReturnValue:
    """One offer, what happened to it, and what the hub can do."""
    with transaction() as session:
        view = reads.offer_for(session, offer_id, current_actor())
        history = reads.offer_history(session, offer_id)
        return render_template(
            "matching/offer.html",
            offer=view, person=people_shown(session, [view.learner_id], "offer.viewed").get(view.learner_id),
            esol_class=provision.esol_class(session, view.class_id), history=history,
            labels=labels(session, "offer", OfferState), reasons=_reason_words(session),
            staff=_staff(session, [line.actor_id for line in history if line.actor_id]), states=OfferState,
            silences=reads.silences(session).get(view.organisation_id, 0),
        )  # fmt: skip


def _staff(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    found = {}
    for user_id in set(ids):
        try:
            found[user_id] = accounts.user(session, user_id).name
        except NotFound:  # an API key, not a person
            found[user_id] = "By API"
    return found


# ---------------------------------------------------------------- provider's answers


@blueprint.post("/offers/<uuid:offer_id>/accept")
@allow(Role.PROVIDER)
def accept(offer_id: UUID) -> ResponseReturnValue:
    """Take the learner; the learner is asked now."""
    with transaction() as session:
        service.accept_as_provider(session, offer_id, current_actor(), runtime().clock)
    flash.success("Accepted. We are asking the learner now. You will see who it is when they say yes.")
    return redirect(url_for("matching.offers"))


@blueprint.route("/offers/<uuid:offer_id>/decline", methods=["GET", "POST"])
@allow(Role.PROVIDER)
def decline(offer_id: UUID) -> ResponseReturnValue:
    """Say no, with a reason; the hub looks at it."""
    done = "Thank you. The hub looks at it now."
    return _act(offer_id, "decline", RefusalSchema(), _with(service.decline_as_provider), done)


# ---------------------------------------------------------------- the hub's decisions


@blueprint.route("/offers/<uuid:offer_id>/decide", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER)
def decide(offer_id: UUID) -> ResponseReturnValue:
    """Decide about a provider's no, or for a silent provider."""
    return _act(offer_id, "decide", DecisionSchema(), _decide, "Decided.")


def _decide(session: Session, offer_id: UUID, decision: DeclineDecision | SilenceDecision) -> object:
    actor, clock = current_actor(), runtime().clock
    if isinstance(decision, DeclineDecision):
        return service.decide_decline(session, offer_id, decision, actor, clock)
    return service.decide_silence(session, offer_id, decision, actor, clock)


@blueprint.route("/offers/<uuid:offer_id>/answer", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def answer(offer_id: UUID) -> ResponseReturnValue:
    """Write down what the learner said by phone or in person."""
    done = "The learner's answer is recorded."
    return _act(offer_id, "answer", LearnerAnswerSchema(), _with(service.answer_as_learner), done)


@blueprint.route("/offers/<uuid:offer_id>/withdraw", methods=["GET", "POST"])
@allow(Role.HUB_MANAGER)
def withdraw(offer_id: UUID) -> ResponseReturnValue:
    """Take an offer back."""
    done = "The offer is withdrawn. The learner keeps their date."
    return _act(offer_id, "withdraw", WithdrawalSchema(), _with(service.withdraw_offer), done)


@blueprint.post("/offers/<uuid:offer_id>/lift-hold")
@allow(Role.HUB_MANAGER, Role.ASSESSOR)
def lift_hold(offer_id: UUID) -> ResponseReturnValue:
    """A person has spoken to the learner who sent STOP: the time to answer runs again."""
    with transaction() as session:
        service.release_hold(session, offer_id, current_actor(), runtime().clock)
    flash.success("The time to answer runs again from today.")
    return redirect(url_for("matching.offer", offer_id=offer_id))


def _with(verb: Callable[..., object]) -> Act:
    return lambda session, offer_id, command: verb(
        session, offer_id, command, current_actor(), runtime().clock
    )


def _act(offer_id: UUID, act: str, schema: Schema, do: Act, done: str) -> ResponseReturnValue:
    """One page with one form about one offer."""
    if request.method == "GET":
        return _act_page(offer_id, act, blank_form())
    form = read_form(schema, request.form)
    if form.ok:
        try:
            with transaction() as session:
                do(session, offer_id, form.data)
        except NotFound:
            raise
        except HubError as error:
            form.fail_with(error)
            return _act_page(offer_id, act, form), error.status
        flash.success(done)
        return redirect(url_for("matching.offers"))
    return _act_page(offer_id, act, form), 422


_WHOSE = {"decline": "provider", "decide": "hub", "answer": "learner", "withdraw": "hub"}


def _act_page(offer_id: UUID, act: str, form: Form) -> str:
    actor = current_actor()
    with transaction() as session:
        view = reads.offer_for(session, offer_id, actor)
        fields = ("name",) if actor.is_hub else ("profile",)
        seen(session, [view.learner_id], "offer.viewed", fields)
        return render_template(
            "matching/offer_act.html",
            act=act, form=form, offer=view, esol_class=provision.esol_class(session, view.class_id),
            person=learners.person(session, view.learner_id) if actor.is_hub else None,
            options=reason_options(session, _WHOSE[act]), label=labels(session, "offer", [view.state])[view.state],
            reasons=_reason_words(session), states=OfferState,
        )  # fmt: skip


def _classes(session: Session, found: Collection[OfferView]) -> dict[UUID, Any]:
    return provision.classes(session, {one.class_id for one in found})


def _reason_words(session: Session) -> dict[str, str]:
    return {one.code: one.label for one in policy.reasons(session)} | _OWN_WORDS


_OWN_WORDS = {
    "lapsed": "No answer in time",
    "declined_by_learner": "No reason given",
    "round_undone": "The round was undone",
    "case_closed": "The referral was closed",
    "duplicate": "The same person had another offer",
    "placed_elsewhere": "The learner has another class",
    "sharing_ended": "The learner ended the sharing of details",
    "learner_left": "The learner has left the service",
    "processing_stopped": "The learner had the use of their data stopped",
}
