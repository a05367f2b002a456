"""Two clicks at once are one referral; two answers at once are one answer."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from hub.core.errors import Conflict
from hub.core.permissions import SYSTEM, Role
from hub.infra.db import transaction
from hub.referrals import service
from hub.referrals.domain import InformationAnswer
from hub.referrals.models import Referral, ReferralHistory
from hub.referrals.service.information import Question
from tests.slices.referrals.test_intake import new_referral

AT_ONCE = 4


def at_once(work):
    """What each of several threads got: a result, or the Conflict it met."""
    start = Barrier(AT_ONCE)

    def run(_):
        start.wait()
        try:
            return work()
        except Conflict as refusal:
            return refusal

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def count(row):
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(row))


def referrer(person):
    with transaction(SYSTEM) as session:
        return person(session, Role.REFERRER)


def test_the_same_referral_by_several_at_once_is_one(committed, person, clock):
    actor = referrer(person)

    def submit():
        with transaction(actor) as session:
            return service.submit(session, new_referral(), actor, clock).reference

    got = at_once(submit)
    assert sum(isinstance(one, str) for one in got) == 1
    assert {one.code for one in got if isinstance(one, Conflict)} == {"already_referred"}
    assert count(Referral) == 1


def test_sending_a_draft_several_times_at_once_is_one_referral(committed, person, clock):
    actor = referrer(person)
    with transaction(actor) as session:
        draft_id = service.start_draft(session, actor, clock).id

    def send():
        with transaction(actor) as session:
            draft, _ = service.submit_draft(session, draft_id, new_referral(), actor, clock)
            return draft.referral_id

    got = at_once(send)
    assert len(set(got)) == 1
    assert count(Referral) == 1


def test_accepting_several_times_at_once_is_one_step(committed, person, clock):
    actor = referrer(person)
    with transaction(actor) as session:
        referral_id = service.submit(session, new_referral(), actor, clock).id

    def accept():
        with transaction(SYSTEM) as session:
            return service.mark_to_assess(session, referral_id, SYSTEM, clock).state

    assert {str(one) for one in at_once(accept)} == {"to_assess"}
    assert count(ReferralHistory) == 2


def test_answering_several_times_at_once_is_one_answer(committed, person, clock):
    actor = referrer(person)
    with transaction(actor) as session:
        referral_id = service.submit(session, new_referral(), actor, clock).id
    with transaction(SYSTEM) as session:
        service.ask_information(session, referral_id, Question(("phone",)), SYSTEM, clock)

    def answer():
        with transaction(actor) as session:
            given = InformationAnswer({"phone": "07700 900124"})
            return service.give_information(session, referral_id, given, actor, clock).state

    got = at_once(answer)
    assert sum(not isinstance(one, Conflict) for one in got) == 1
    assert {one.code for one in got if isinstance(one, Conflict)} == {"nothing_asked"}
