"""Asking the referrer for what is missing, and what happens when the answer comes or does not come."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from uuid import UUID

from sqlalchemy.orm import Session

from hub.core.clock import Clock
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import Actor
from hub.infra import audit
from hub.infra.db import record
from hub.policy import reads as policy
from hub.referrals import queries
from hub.referrals.domain import (
    Ending,
    InformationAnswer,
    InformationAsked,
    InformationGiven,
    Move,
    Outcome,
    ReferralState,
)
from hub.referrals.models import InformationRequest, Referral
from hub.referrals.service.closing import end
from hub.referrals.service.moves import Doing, chase_step, move
from hub.steps import service as steps

BATCH = 100


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that the hub may ask about, by stable code."""

    code: str
    label: str
    question: str


@cache
def topics() -> Mapping[str, Topic]:
    """All topics in the order they are offered."""
    text = resources.files("hub.referrals").joinpath("data/topics.toml").read_text("utf-8")
    return {row["code"]: Topic(**row) for row in tomllib.loads(text)["topic"]}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: topic codes and, for `other`, a note that says what."""

    topics: tuple[str, ...]
    note: str = ""


def ask_information(
    session: Session, referral_id: UUID, question: Question, actor: Actor, clock: Clock
) -> InformationRequest:
    """Ask the referrer; the case waits for the answer. The same question twice is asked once."""
    _require_question(question)
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    standing = queries.open_request(session, referral_id)
    if standing is not None and standing.topics == list(question.topics):
        return standing
    move(session, referral, Doing(Move.ASK, note=question.note), actor, clock)
    request = InformationRequest(
        subject_id=referral.subject_id,
        referral_id=referral.id,
        topics=list(question.topics),
        asked_at=clock.now(),
        due_on=steps.due(session, "information_days", clock),
    )
    if question.note:
        request.note = question.note
    session.add(request)
    session.flush()
    record(session, InformationAsked(referral.id, referral.learner_id, request.id))
    return request


def _require_question(question: Question) -> None:
    if not question.topics:
        raise RuleBroken("Choose what you need to know.", field="topics")
    if unknown := [code for code in question.topics if code not in topics()]:
        raise RuleBroken(f"{unknown[0]} is not something the hub asks about.", field="topics")
    if "other" in question.topics and not question.note.strip():
        raise RuleBroken("Write what else you need to know.", field="note")


def give_information(
    session: Session, referral_id: UUID, answer: InformationAnswer, actor: Actor, clock: Clock
) -> Referral:
    """Answer what was asked; the case goes back to the hub as submitted.

    Raises RuleBroken for an empty or foreign answer and Conflict `nothing_asked` when nothing is open.
    """
    referral = queries.referral_of(session, referral_id, actor, lock=True)
    request = queries.open_request(session, referral_id)
    if request is None or referral.state is not ReferralState.INFO_REQUESTED:
        raise Conflict("Nothing is being asked about this referral now.", code="nothing_asked")
    given = _answers(answer, request.topics)
    request.answers = given
    request.ended_at = clock.now()
    move(session, referral, Doing(Move.ANSWER), actor, clock)
    record(session, InformationGiven(referral.id, referral.learner_id, request.id))
    return referral


def _answers(answer: InformationAnswer, asked: Collection[str]) -> dict[str, str]:
    given = {code: text.strip() for code, text in answer.answers.items() if text.strip()}
    if foreign := sorted(set(given) - set(asked)):
        raise RuleBroken(f"{foreign[0]} was not asked.", field=f"answers.{foreign[0]}")
    if missing := [code for code in asked if code not in given]:
        questions = topics()
        return _refuse({f"answers.{code}": f"Answer: {questions[code].question}" for code in missing})
    return given


def _refuse(faults: dict[str, str]) -> dict[str, str]:
    raise RuleBroken.many(faults, code="answer_missing")


def remind(session: Session, actor: Actor, clock: Clock) -> int:
    """Chase every unanswered question whose day has come; after the last reminder the case closes as `no_info`.

    Returns how many were handled: at most one batch, so that the caller may go on in a new transaction.
    """
    due = queries.due_requests(session, clock.today(), BATCH)
    reminders = policy.number(session, "info_reminders", clock.today())
    referrals = {row.id: row for row in queries.referrals_by_id(session, {one.referral_id for one in due})}
    for request in due:
        referral = referrals[request.referral_id]
        if referral.hold_until is not None and referral.hold_until > clock.today():
            request.due_on = referral.hold_until
        elif request.reminders < reminders:
            _remind_again(session, request, referral, clock)
        else:
            request.ended_at = clock.now()
            end(session, referral, Ending(Outcome.NO_INFO), actor, clock)
    session.flush()
    return len(due)


def _remind_again(session: Session, request: InformationRequest, referral: Referral, clock: Clock) -> None:
    """One reminder more: the step comes up again in the referrer's digest, with a new day."""
    request.reminders += 1
    request.due_on = steps.due(session, "information_days", clock)
    chase_step(session, referral, request.due_on, clock)
    audit.record(session, None, "referral.reminded", "referral", referral.id, clock=clock)
