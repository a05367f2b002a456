"""The JSON edge: rounds for the hub, offers and enrolments for providers."""

from typing import Any
from uuid import UUID

from flask import request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from hub.core.errors import RuleBroken
from hub.core.permissions import Role
from hub.infra import audit
from hub.infra.access import allow, current_actor
from hub.infra.db import runtime, transaction
from hub.infra.http import PAGING, api_blueprint, as_uuid, asked_page, asks, page_of
from hub.infra.idempotency import idempotent
from hub.matching import reads, service
from hub.matching.domain.enrolments import Attendance, Completion, EnrolmentState, Leaving, Start, next_level
from hub.matching.domain.offers import OfferState, Refusal
from hub.matching.domain.rounds import NewRound
from hub.matching.reads import EnrolmentView, OfferView, RoundView
from hub.matching.schemas import (
    AttendanceSchema,
    CompletionSchema,
    EnrolmentOut,
    LeavingSchema,
    NewRoundSchema,
    OfferOut,
    OfferPage,
    RefusalSchema,
    ReleasedOut,
    ReleaseSchema,
    RoundOut,
    SnapshotOut,
    StartSchema,
    WhyOut,
    WhySchema,
)
from hub.policy import reads as policy

blueprint = api_blueprint("matching", __name__, "Matching rounds, offers and enrolments")


# ---------------------------------------------------------------- rounds


@blueprint.post("/match-rounds")
@idempotent
@blueprint.arguments(NewRoundSchema)
@blueprint.response(201, RoundOut)
@allow(Role.HUB_MANAGER)
def preview_round(new: NewRound) -> Any:
    """Preview a round: snapshot and result are stored, nothing is held."""
    with transaction() as session:
        row = service.preview(session, new, current_actor(), runtime().clock)
        return _round(reads.match_round(session, row.id))


@blueprint.post("/match-rounds/<uuid:round_id>/release")
@idempotent
@blueprint.arguments(ReleaseSchema)
@blueprint.response(200, ReleasedOut)
@allow(Role.HUB_MANAGER)
def release_round(lines: list[UUID] | None, round_id: UUID) -> Any:
    """Turn lines into offers; what is stale is refused by name."""
    with transaction() as session:
        done = service.release(session, round_id, lines, current_actor(), runtime().clock)
        refused = [
            {"line": one.line_id, "learner": one.learner_id, "class": one.class_id, "code": one.why.value,
             "detail": one.why.words}
            for one in done.refused
        ]  # fmt: skip
        return {"round_id": done.round_id, "offer_ids": done.offer_ids, "refused": refused}


@blueprint.post("/match-rounds/<uuid:round_id>/undo")
@idempotent
@blueprint.response(200, RoundOut)
@allow(Role.HUB_MANAGER)
def undo_round(round_id: UUID) -> Any:
    """Take a round back while nobody has answered."""
    with transaction() as session:
        service.undo(session, round_id, current_actor(), runtime().clock)
        return _round(reads.match_round(session, round_id))


@blueprint.get("/match-rounds/<uuid:round_id>/snapshot")
@blueprint.response(200, SnapshotOut)
@allow(Role.HUB_MANAGER, Role.AUDITOR)
def show_snapshot(round_id: UUID) -> Any:
    """Snapshot and result, as `hub matching verify` takes them. Personal data: for named verifiers only."""
    with transaction() as session:
        data, result = reads.snapshot(session, round_id)
        audit.record(
            session,
            None,
            "match_round.snapshot_read",
            "match_round",
            round_id,
            clock=runtime().clock,
            reason=f"{len(data['learners'])} rows",
        )
        return {"snapshot": data, "result": result}


@blueprint.get("/match-rounds/<uuid:round_id>/why")
@blueprint.doc(
    parameters=[asks(name, "Its id", required=True, format="uuid") for name in ("learner", "class")]
)
@blueprint.response(200, WhyOut)
@allow(Role.HUB_MANAGER)
def explain_round(round_id: UUID) -> Any:
    """Why a learner did or did not get a class: `?learner=&class=`."""
    try:
        asked: dict[str, UUID] = WhySchema().load(request.args.to_dict())
    except ValidationError as error:
        wrong = error.messages if isinstance(error.messages, dict) else {}
        raise RuleBroken.many({str(name): "Give the id." for name in wrong}, code="invalid_input") from error
    with transaction() as session:
        answers = reads.why(session, round_id, asked["learner"], asked["class_id"])
        audit.record(
            session, None, "match_round.explained", "learner", asked["learner"], clock=runtime().clock
        )
        return {"answers": [{"letter": one.letter, "sentences": one.sentences} for one in answers]}


def _round(view: RoundView) -> dict[str, Any]:
    lines = {state.value: count for state, count in view.counts.items()}
    names = (name for name in RoundOut().fields if name != "lines")
    return {name: getattr(view, name) for name in names} | {"lines": lines}


# ---------------------------------------------------------------- offers


@blueprint.get("/offers")
@blueprint.doc(parameters=[asks("state", "State", enum=[one.value for one in OfferState]), *PAGING])
@blueprint.response(200, OfferPage)
@allow(Role.PROVIDER, Role.HUB_MANAGER)
def list_offers() -> Any:
    """Offers of the caller's own organisation (all, for the hub): to answer, or `?state=`; without identity."""
    marker, limit = asked_page()
    state = request.args.get("state", OfferState.WITH_PROVIDER.value)
    if state not in set(OfferState):
        raise RuleBroken("There is no such state.", field="state", code="invalid_input")
    actor = current_actor()
    own = actor.organisation_id if actor.role is Role.PROVIDER else None
    after = as_uuid(str(marker)) if marker else None
    with transaction() as session:
        found = reads.offers_page(session, own, {OfferState(state)}, after, limit + 1)
        for one in found[:limit]:
            _seen(session, one)
        audit.record_export(session, "offer", len(found[:limit]), clock=runtime().clock, fields=("profile",))
        enrolled = reads.enrolments_of_offers(session, [one.id for one in found])
        items = [_offer(session, one) | {"enrolment": enrolled.get(one.id)} for one in found]
        return page_of(items, limit, lambda one: one["id"])


@blueprint.post("/offers/<uuid:offer_id>/accept")
@idempotent
@blueprint.response(200, OfferOut)
@allow(Role.PROVIDER)
def accept_offer(offer_id: UUID) -> Any:
    """The provider takes the learner; the learner is asked."""
    with transaction() as session:
        service.accept_as_provider(session, offer_id, current_actor(), runtime().clock)
        return _offer(session, reads.offer_for(session, offer_id, current_actor()))


@blueprint.post("/offers/<uuid:offer_id>/decline")
@idempotent
@blueprint.arguments(RefusalSchema)
@blueprint.response(200, OfferOut)
@allow(Role.PROVIDER)
def decline_offer(refusal: Refusal, offer_id: UUID) -> Any:
    """The provider says no, with a coded reason; the hub looks at it."""
    with transaction() as session:
        service.decline_as_provider(session, offer_id, refusal, current_actor(), runtime().clock)
        return _offer(session, reads.offer_for(session, offer_id, current_actor()))


def _seen(session: Session, view: OfferView) -> None:
    audit.record(
        session, None, "offer.viewed", "learner", view.learner_id, clock=runtime().clock, fields=("profile",)
    )


def _offer(session: Session, view: OfferView) -> dict[str, Any]:
    names = ("id", "class_id", "state", "starts_on", "made_at", "provider_due_on", "provider_reason")
    profile = {
        "level": view.profile.level,
        "skills": {skill.lower(): level for skill, level in view.profile.skills},
        "times": view.profile.times,
        "needs": view.profile.needs,
    }
    label = policy.label(session, "offer", view.state.value, "staff").text
    return {name: getattr(view, name) for name in names} | {"profile": profile, "label": label}


# ---------------------------------------------------------------- enrolments


@blueprint.post("/enrolments/<uuid:enrolment_id>/start")
@idempotent
@blueprint.arguments(StartSchema)
@blueprint.response(200, EnrolmentOut)
@allow(Role.PROVIDER)
def start_enrolment(command: Start, enrolment_id: UUID) -> Any:
    """The learner came."""
    with transaction() as session:
        service.start(session, enrolment_id, command, current_actor(), runtime().clock)
        return _enrolment(session, enrolment_id)


@blueprint.post("/enrolments/<uuid:enrolment_id>/attendance")
@idempotent
@blueprint.arguments(AttendanceSchema)
@blueprint.response(200, EnrolmentOut)
@allow(Role.PROVIDER)
def record_attendance(command: Attendance, enrolment_id: UUID) -> Any:
    """Hours of one week; the same week again replaces them."""
    with transaction() as session:
        service.attendance(session, enrolment_id, command, current_actor(), runtime().clock)
        return _enrolment(session, enrolment_id)


@blueprint.post("/enrolments/<uuid:enrolment_id>/complete")
@idempotent
@blueprint.arguments(CompletionSchema)
@blueprint.response(200, EnrolmentOut)
@allow(Role.PROVIDER)
def complete_enrolment(command: Completion, enrolment_id: UUID) -> Any:
    """The course is over; an achievement leads to the next level without a new assessment."""
    with transaction() as session:
        service.complete(session, enrolment_id, command, current_actor(), runtime().clock)
        return _enrolment(session, enrolment_id)


@blueprint.post("/enrolments/<uuid:enrolment_id>/leave")
@idempotent
@blueprint.arguments(LeavingSchema)
@blueprint.response(200, EnrolmentOut)
@allow(Role.PROVIDER)
def leave_enrolment(command: Leaving, enrolment_id: UUID) -> Any:
    """The learner left before the end."""
    with transaction() as session:
        service.leave(session, enrolment_id, command, current_actor(), runtime().clock)
        return _enrolment(session, enrolment_id)


def _enrolment(session: Session, enrolment_id: UUID) -> dict[str, Any]:
    view = reads.enrolment_for(session, enrolment_id, current_actor())
    names = ("id", "class_id", "state", "expected_on", "started_on", "ended_on", "hours")
    label = policy.label(session, "enrolment", view.state.value, "staff").text
    return {name: getattr(view, name) for name in names} | {"label": label, "next_level": _next(view)}


def _next(view: EnrolmentView) -> str | None:
    following = next_level(view.level)
    done = view.state is EnrolmentState.COMPLETED and bool(view.achieved)
    return following.value if done and following else None
