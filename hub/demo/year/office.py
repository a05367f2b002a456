"""The hub's managers at work: what their list of steps asks for, a little of it left for tomorrow."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.assessment import reads as assessments
from hub.assessment import service as assessing
from hub.assessment.domain import NewBooking
from hub.consent import service as consents
from hub.consent.domain import CURRENT_VERSION, Channel, NewConsent, Proof, languages_of
from hub.core.permissions import Actor
from hub.demo.parameters import pick
from hub.demo.year.world import Act, Todo, World, todo, without_last
from hub.infra.db import transaction
from hub.learners import reads as learner_reads
from hub.learners import service as learners
from hub.messaging import service as messaging
from hub.referrals import reads as referral_reads
from hub.referrals import service as referrals
from hub.referrals.domain import Ending, InformationAnswer, Outcome, ReferralState
from hub.referrals.reads import ReferralView
from hub.referrals.service.information import Question
from hub.steps.domain import StepKind
from hub.waitlist import service as waitlist

S = ReferralState
TOPICS = (("availability",), ("phone",), ("address",), ("date_of_birth",), ("needs", "availability"))
BOOK_AHEAD = timedelta(days=2)
_LEFT = {"no_longer_interested": 5, "moved_away": 2, "needs_met_elsewhere": 2, "work_or_caring": 2}


def decide_duplicates(world: World, leave: int = 0) -> None:
    """Compare each suggested pair and decide; `leave` that many for somebody else, likely ones and unlikely."""
    with transaction(world.borough.manager) as session:
        pairs = learner_reads.duplicate_pairs(session)
    acts: list[Act] = []
    left = {pairs[number * len(pairs) // leave].id for number in range(leave)} if pairs else set()
    for pair in (one for one in pairs if one.id not in left):
        same = world.people[pair.left_id] is world.people[pair.right_id]
        acts.append(_deciding(world, pair.id, same=same))
    for act in acts:  # one by one: a decision may answer the next question too
        world.together(world.borough.manager, [act])


def _deciding(world: World, pair_id: UUID, *, same: bool) -> Act:
    decide = learners.merge_pair if same else learners.mark_different
    return lambda session: decide(session, pair_id, world.borough.manager, world.clock)


def review(world: World, leave: int = 0) -> None:
    """Look at new referrals and at those that stand still."""
    kinds = (StepKind.REFERRAL_TO_REVIEW, StepKind.ADVISER_TO_SEE, StepKind.ON_HOLD_TO_REVIEW)
    with transaction(world.borough.manager) as session:
        found = without_last(todo(session, kinds), leave)
        views = referral_reads.referrals_by_id(session, [one.subject_id for one in found])
        asked = _asked_before(session, views)
    acts = [act for one in found if one.subject_id in views and (act := _look(world, one, views, asked))]
    world.together(world.borough.manager, acts)


def _asked_before(session: Session, ids: Iterable[UUID]) -> set[UUID]:
    rows = session.execute(
        text("SELECT referral_id FROM information_request WHERE referral_id = ANY(:ids)"), {"ids": list(ids)}
    )
    return {row[0] for row in rows}


def _look(world: World, step: Todo, views: Mapping[UUID, ReferralView], asked: set[UUID]) -> Act | None:
    view, manager, clock = views[step.subject_id], world.borough.manager, world.clock
    if step.kind is StepKind.ON_HOLD_TO_REVIEW or view.hold_until is not None:
        return _after_hold(world, step, view)
    if view.state is S.SUBMITTED:
        if view.id not in asked and world.happens("asks_for_information"):
            topics = TOPICS[world.rng.randrange(len(TOPICS))]
            return lambda session: referrals.ask_information(
                session, view.id, Question(topics), manager, clock
            )
        return lambda session: referrals.mark_to_assess(session, view.id, manager, clock)
    if view.state is S.ASSESSED:
        return _closing(world, view.id, Ending(Outcome.SIGNPOSTED, "no_capacity"))
    reason = pick(world.rng, _LEFT)
    return _closing(world, view.id, Ending(Outcome.CLOSED_BY_HUB, reason))


def _after_hold(world: World, step: Todo, view: ReferralView) -> Act | None:
    """Missed too often, or a change that a person decides: half go on, half end."""
    if step.due_on > world.today or not view.is_open:
        return None
    if view.hold_until is not None and world.rng.random() < 0.5:
        return lambda session: referrals.release_hold(session, view.id, world.borough.manager, world.clock)
    return _closing(world, view.id, Ending(Outcome.CLOSED_BY_HUB, "unreachable"))


def _closing(world: World, referral_id: UUID, ending: Ending) -> Act:
    return lambda session: referrals.close(session, referral_id, ending, world.borough.manager, world.clock)


def book(world: World, leave: int = 0) -> None:
    """Ring the learners who need an appointment and book those who answer."""
    with transaction(world.borough.manager) as session:
        found = todo(session, [StepKind.APPOINTMENT_TO_MAKE])
        free = assessments.free_slots(session, world.clock.now() + BOOK_AHEAD, limit=2 * len(found) + 20)
    acts: list[Act] = []
    for one in without_last(found, leave):
        if one.learner_id is None or not free or not _reachable(world, one.learner_id):
            continue
        slot = free.pop(min(world.rng.randrange(6), len(free) - 1))
        wanted = NewBooking(one.subject_id, one.learner_id, slot.id)
        acts.append(booking(world, wanted))
    world.together(world.borough.manager, acts)


def booking(world: World, wanted: NewBooking) -> Act:
    return lambda session: assessing.book(session, wanted, world.borough.manager, world.clock)


def _reachable(world: World, learner_id: UUID) -> bool:
    until = world.people[learner_id].unreachable_until
    return until is None or until <= world.today


def answer_messages(world: World, leave: int = 0) -> None:
    """Answer texts, talk to those who said STOP, ring where a text failed, confirm permissions."""
    with transaction(world.borough.manager) as session:
        found = todo(session, list(_ANSWERS))
    calls = [one for one in found if _to_call(world, one)]
    now = int(world.parameters.conduct["calls_a_day"])
    later = {one.subject_id for one in calls[now:]}
    kept = without_last([one for one in found if one.subject_id not in later], leave)
    world.together(world.borough.manager, [_answering(world, one) for one in kept])


def _to_call(world: World, one: Todo) -> bool:
    """People of the old lists are rung a few a day; nobody has read them any words."""
    known = world.people.get(one.learner_id) if one.learner_id else None
    return one.kind is StepKind.CONSENT_TO_CONFIRM and known is not None and known.listed


def _answering(world: World, one: Todo) -> Act:
    if one.learner_id is not None and _to_call(world, one):
        return _asking(world, one.learner_id)
    return lambda session: _ANSWERS[one.kind](session, world, one.subject_id)


def _asking(world: World, learner_id: UUID) -> Act:
    """The words are read out over the telephone, and the answers recorded."""
    person = world.people[learner_id]
    wanted = person.person.preferred_language or "en"
    known = wanted in {language.code for language in languages_of()}
    new = NewConsent(
        given_on=world.today,
        channel=Channel.PHONE,
        language=wanted if known else "en",
        wording_version=CURRENT_VERSION,
        purposes=person.purposes,
        interpreter_used=not known,
    )
    return lambda session: consents.record_again(session, learner_id, new, world.borough.manager, world.clock)


def _answer_text(session: Session, world: World, subject_id: UUID) -> None:
    words = "Thank you for your message. We will call you this week."
    messaging.answer(session, subject_id, words, world.borough.manager, world.clock)


def _confirm(session: Session, world: World, subject_id: UUID) -> None:
    proof = Proof(
        wording_version=CURRENT_VERSION, language="en", interpreter_used=True, note="Asked the sender"
    )
    consents.confirm_proof(session, subject_id, proof, world.borough.manager, world.clock)


_ANSWERS: Mapping[StepKind, Callable[[Session, World, UUID], object]] = {
    StepKind.MESSAGE_TO_ANSWER: _answer_text,
    StepKind.STOP_TO_HANDLE: lambda session, world, subject_id: messaging.deal_with_text(
        session, subject_id, world.borough.manager, world.clock
    ),
    StepKind.TEXT_FAILED: lambda session, world, subject_id: messaging.deal_with_message(
        session, subject_id, world.borough.manager, world.clock
    ),
    StepKind.CONSENT_TO_CONFIRM: _confirm,
}


def call_waiting(world: World) -> None:
    """Ring those whose check-in asks for a call."""
    with transaction(world.borough.manager) as session:
        rows = session.execute(_TO_CALL, {"today": world.today}).all()
    world.together(world.borough.manager, [_calling(world, row[0]) for row in rows])


_TO_CALL = text(
    "SELECT e.id FROM waitlist_entry e WHERE e.state = 'check_in_due' AND e.check_in_asked_on < :today "
    "AND e.check_in_channels ->> -1 = 'call' ORDER BY e.id"
)


def _calling(world: World, entry_id: UUID) -> Act:
    manager, clock = world.borough.manager, world.clock
    if world.happens("check_in_silent"):
        return lambda session: waitlist.call_unanswered(session, entry_id, manager, clock)
    wants = not world.happens("check_in_no")
    return lambda session: waitlist.check_in_replied(session, entry_id, wants, manager, clock)


def answer_questions(world: World, leave: int = 0) -> None:
    """The referrers' side: most answer what the hub asked, some never do."""
    with transaction(world.borough.manager) as session:
        found = todo(session, [StepKind.INFORMATION_TO_GIVE])
        questions = {one.subject_id: referral_reads.questions(session, one.subject_id) for one in found}
    for one in without_last(found, leave):
        topics = questions[one.subject_id][-1].topics
        if world.rng.random() < world.parameters.conduct["referrer_answers"] / 3:
            answer = InformationAnswer(dict.fromkeys(topics, "Spoke to the learner: as on the form."))
            actor = _worker(world, one)
            world.together(actor, [_giving(world, one.subject_id, answer, actor)])


def _giving(world: World, referral_id: UUID, answer: InformationAnswer, actor: Actor) -> Act:
    return lambda session: referrals.give_information(session, referral_id, answer, actor, world.clock)


def _worker(world: World, step: Todo) -> Actor:
    team: Sequence[Actor] = [a for actors in world.borough.referrers.values() for a in actors]
    own = [a for a in team if a.id == step.user_id] or [
        a for a in team if a.organisation_id == step.organisation_id
    ]
    return own[0] if own else world.borough.manager
