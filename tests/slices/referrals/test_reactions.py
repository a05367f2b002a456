"""A case follows what happens to the learner; merge and unmerge restore what was; nobody outside can tell."""

from dataclasses import replace
from types import SimpleNamespace
from uuid import uuid4

import pytest

from hub.assessment.domain import AppointmentMissed
from hub.core.permissions import SYSTEM, Role
from hub.learners.domain import LearnersMerged, LearnersUnmerged
from hub.referrals import reactions, reads, service
from hub.referrals.domain import Ending, Outcome, ReferralState
from hub.steps import reads as steps
from tests.slices.referrals.test_intake import new_referral

S = ReferralState


def two_of_one_person(session, person, organise, clock):
    first = service.submit(session, new_referral(), person(session, Role.REFERRER), clock)
    other = person(session, Role.REFERRER, organise(session, "charity"))
    clock.advance(__import__("datetime").timedelta(minutes=5))
    return first, service.submit(session, new_referral(), other, clock), other


def merge(session, kept, lost, clock):
    event = LearnersMerged(kept.learner_id, lost.learner_id, (lost.source_record_id,), uuid4())
    reactions.learners_merged(session, event, SYSTEM, clock)
    session.flush()
    return LearnersUnmerged(
        event.kept_id, event.lost_id, event.source_record_ids, event.decision_id, clock.now()
    )


class TestMerging:
    def test_the_later_untouched_referral_ends_as_a_duplicate(self, session, person, organise, clock):
        first, second, _ = two_of_one_person(session, person, organise, clock)
        merge(session, first, second, clock)
        assert (second.state, second.outcome, second.duplicate_of_id) == (
            S.CLOSED,
            Outcome.DUPLICATE,
            first.id,
        )
        assert second.learner_id == first.learner_id
        assert first.state is S.SUBMITTED
        assert steps.open_steps(session, [second.id], clock.today()) == {}

    def test_its_referrer_cannot_tell(self, session, person, organise, clock):
        first, second, other = two_of_one_person(session, person, organise, clock)
        merge(session, first, second, clock)
        mine = reads.my_referral(session, second.id, other)
        assert mine.standing.state is S.TO_ASSESS
        told = reads.outlooks(session, [mine], clock.today())[second.id]
        assert told.outcome is None
        words = " ".join(event.title for event in reads.public_timeline(session, mine))
        assert "uplicate" not in words + told.label + told.next_step

    def test_referring_again_gives_the_same_answer_as_for_any_open_referral(
        self, session, person, organise, clock
    ):
        from hub.core.errors import Conflict

        first, second, other = two_of_one_person(session, person, organise, clock)
        merge(session, first, second, clock)
        with pytest.raises(Conflict) as refused:
            service.submit(session, new_referral(), other, clock)
        assert refused.value.code == "already_referred"

    def test_withdrawing_it_works_and_is_put_before_the_hub(self, session, person, organise, clock):
        first, second, other = two_of_one_person(session, person, organise, clock)
        merge(session, first, second, clock)
        service.withdraw(
            session, second.id, Ending(Outcome.WITHDRAWN_BY_REFERRER, "moved_away"), other, clock
        )
        assert reads.my_referral(session, second.id, other).standing.outcome is Outcome.WITHDRAWN_BY_REFERRER
        assert first.state is S.SUBMITTED

    def test_one_on_which_somebody_has_acted_stays(self, session, person, organise, clock):
        first, second, _ = two_of_one_person(session, person, organise, clock)
        for one in (first, second):
            service.mark_to_assess(session, one.id, SYSTEM, clock)
        merge(session, first, second, clock)
        assert (first.state, second.state) == (S.TO_ASSESS, S.TO_ASSESS)

    def test_unmerging_restores(self, session, person, organise, clock):
        first, second, _ = two_of_one_person(session, person, organise, clock)
        before = (second.state, second.learner_id)
        reactions.learners_unmerged(session, merge(session, first, second, clock), SYSTEM, clock)
        session.flush()
        assert (second.state, second.learner_id) == before
        assert second.outcome is None
        assert second.duplicate_of_id is None
        opened = steps.open_steps(session, [first.id, second.id], clock.today())
        assert {len(opened[first.id]), len(opened[second.id])} == {1}


class TestFollowing:
    @pytest.fixture
    def referral(self, session, person, clock):
        return service.submit(session, new_referral(), person(session, Role.REFERRER), clock)

    def test_missed_too_often_goes_on_hold_for_a_person(self, session, referral, clock):
        service.mark_to_assess(session, referral.id, SYSTEM, clock)
        event = AppointmentMissed(uuid4(), referral.learner_id, referral.id, 2, True)
        reactions.appointment_missed(session, event, SYSTEM, clock)
        session.flush()
        assert referral.hold_until
        kinds = {
            one.kind.value for one in steps.open_steps(session, [referral.id], clock.today())[referral.id]
        }
        assert "on_hold_to_review" in kinds

    def test_placed_achieved_and_left_early(self, session, referral, clock):
        for verb in (service.mark_to_assess, service.mark_assessed, service.mark_waiting):
            verb(session, referral.id, SYSTEM, clock)
        about = SimpleNamespace(learner_id=referral.learner_id, outcome="left_early")
        reactions.offer_confirmed(session, about, SYSTEM, clock)
        assert referral.state is S.PLACED
        reactions.enrolment_ended(session, about, SYSTEM, clock)
        session.flush()
        assert referral.state is S.PLACED
        assert steps.open_steps(session, [referral.id], clock.today())[referral.id]
        done = SimpleNamespace(learner_id=referral.learner_id, outcome="completed")
        reactions.enrolment_ended(session, done, SYSTEM, clock)
        assert referral.outcome is Outcome.ACHIEVED

    def test_reopening_is_refused_while_a_newer_one_is_open(self, session, referral, person, organise, clock):
        from hub.core.errors import Conflict

        hub = person(session, Role.HUB_MANAGER)
        service.close(session, referral.id, Ending(Outcome.CLOSED_BY_HUB, "moved_away"), hub, clock)
        clock.advance(__import__("datetime").timedelta(days=1))
        other = person(session, Role.REFERRER, organise(session, "charity"))
        newer = service.submit(session, new_referral(), other, clock)
        newer.learner_id = referral.learner_id
        session.flush()
        with pytest.raises(Conflict) as refused:
            service.reopen(session, referral.id, "", hub, clock)
        assert refused.value.code == "newer_referral_open"

    def test_closing_twice_is_closing_once(self, session, referral, person, clock):
        hub = person(session, Role.HUB_MANAGER)
        ending = Ending(Outcome.CLOSED_BY_HUB, "moved_away")
        service.close(session, referral.id, ending, hub, clock)
        service.close(session, referral.id, ending, hub, clock)
        assert [row.move.value for row in reads.history(session, referral.id)] == ["submit", "close"]


def test_the_referrer_is_told_of_a_closing_by_reference_only(session, person, clock):
    from sqlalchemy import select

    from hub.infra import db
    from hub.infra.outbox import OutboxEntry
    from hub.referrals.service import telling

    actor, hub = person(session, Role.REFERRER), person(session, Role.HUB_MANAGER)
    referral = service.submit(session, new_referral(), actor, clock)
    service.close(session, referral.id, Ending(Outcome.CLOSED_BY_HUB, "moved_away"), hub, clock)
    session.flush()
    db.react(session)
    queued = session.scalars(select(OutboxEntry).where(OutboxEntry.kind == telling.KIND)).all()
    assert [entry.ref for entry in queued] == [referral.id]
    assert telling.may_go(session, referral.id, clock)
    mail = telling.render(session, referral.id, "ref", clock)
    assert mail.to == "referrer@the-jobcentre.example"
    assert referral.reference in mail.body
    assert "Amina" not in mail.subject + mail.body


def test_persons_with_other_details_are_not_one(session, person, clock):
    actor = person(session, Role.REFERRER)
    twin = replace(new_referral().person, given_names="Amira")
    service.submit(session, new_referral(), actor, clock)
    assert service.submit(session, new_referral(person=twin), actor, clock).state is S.SUBMITTED
