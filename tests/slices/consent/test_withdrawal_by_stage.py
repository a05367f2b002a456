"""Table 1c of the specification: what taking a permission back does, at each of six stages, in one transaction."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text

from hub.consent import reads, service
from hub.consent.domain import OPTIONAL
from hub.core.errors import NotFound, NotPermitted
from hub.core.permissions import SYSTEM, Role, learner_actor
from hub.infra import db
from hub.infra.audit import entries_of
from hub.infra.outbox import OutboxEntry, OutboxState
from hub.learners import reads as learner_reads
from hub.matching import reads as matching
from hub.matching import service as matching_service
from hub.matching.domain import LearnerAnswer, OfferState
from hub.matching.domain.enrolments import SharingEnd, Start
from hub.matching.models import SharingNotice, Vacancy
from hub.matching.reads.enrolments import identities
from hub.messaging.domain import MessageState, NewMessage
from hub.messaging.models import Message
from hub.messaging.service import delivering, sending
from hub.provision import reads as provision
from hub.referrals import reads as referral_reads
from hub.referrals import service as referrals
from hub.referrals.domain import Channel, Ending, Outcome, ReferralState, Source
from hub.referrals.service import ConsentGiven, NewReferral
from hub.steps.domain import StepKind
from hub.steps.models import Step
from hub.waitlist import reads as waitlist
from hub.waitlist.domain import EntryState
from tests.slices.matching.conftest import World, put_agreement, put_postcodes

STAGES = ("submitted", "waiting", "offered", "accepted", "enrolled", "closed")
WHAT = {"P05": ("P05",), "P06": ("P06",), "all": tuple(OPTIONAL)}
TODAY = date(2027, 1, 11)


class Case:
    """A learner who has said yes to everything, at a stage; with a text that waits for the next morning."""

    def __init__(self, world, person, clock, stage):
        self.world, self.session, self.clock, self.stage = world, world.session, clock, stage
        self.coach = person(world.session, Role.REFERRER)
        self.entry = self.offer = self.enrolment = None
        self.refer()
        if stage in ("waiting", "offered", "accepted", "enrolled"):
            self.wait()
        if stage in ("offered", "accepted", "enrolled"):
            self.esol_class = world.add_class(capacity=2)
            (offer_id,) = world.release().offer_ids
            self.offer = offer_id
        if stage in ("accepted", "enrolled"):
            matching_service.accept_as_provider(self.session, offer_id, world.college, clock)
            matching_service.answer_as_learner(
                self.session, offer_id, LearnerAnswer(True), world.manager, clock
            )
            db.react(self.session)
            self.enrolment = matching.enrolments_of(self.session, [self.learner_id])[self.learner_id][0]
        if stage == "enrolled":
            matching_service.start(self.session, self.enrolment.id, Start(TODAY), world.college, clock)
        if stage == "closed":
            ending = Ending(Outcome.CLOSED_BY_HUB, "moved_away")
            referrals.close(self.session, self.referral_id, ending, world.manager, clock)
        db.react(self.session)
        tomorrow = clock.now() + timedelta(days=1)
        new = NewMessage(
            learner_id=self.learner_id, template="on_the_list", values={"link": "x"}, not_before=tomorrow
        )
        self.text = sending.send(self.session, new, SYSTEM, clock)
        self.session.flush()

    def refer(self):
        from hub.learners.domain import NewPerson

        new = NewReferral(
            person=NewPerson(
                given_names="Amina", family_name="Warsame", date_of_birth=date(1990, 3, 27), postcode="E8 1AB",
                phone="+447700900123",
            ),
            source=Source.JOBCENTRE, channel=Channel.API,
            consent=ConsentGiven(
                given_on=TODAY, channel="in_person", language="en", wording_version="2026-11", purposes=frozenset(OPTIONAL)
            ),
        )  # fmt: skip
        made = referrals.submit(self.session, new, self.coach, self.clock)
        self.referral_id, self.learner_id = made.id, made.learner_id
        db.react(self.session)

    def wait(self):
        from hub.assessment.domain import Skill, Strand
        from hub.core.levels import Level
        from hub.waitlist import service as waiting
        from hub.waitlist.domain import JoinRequest

        record = learner_reads.source_records(self.session, self.learner_id)[0]
        request = JoinRequest(
            learner_id=self.learner_id, source_record_id=record.id, subject_id=record.subject_id,
            strand=Strand.GENERAL, level=Level.E1, skills=dict.fromkeys(Skill, Level.E1), case_id=self.referral_id,
        )  # fmt: skip
        self.entry = waiting.join(self.session, request, SYSTEM, self.clock).id
        db.react(self.session)

    def take_back(self, what):
        own = learner_actor(self.learner_id)
        if what == "all":
            service.leave(self.session, self.learner_id, own, self.clock)
        else:
            service.withdraw(self.session, self.learner_id, WHAT[what], own, self.clock)
        db.react(self.session)
        self.session.flush()

    # ------------------------------------------------------------ what can be seen

    @property
    def entry_state(self):
        return waitlist.entries_of(self.session, [self.learner_id]).get(self.learner_id, [None])[0]

    @property
    def referral(self):
        return referral_reads.referrals_of(self.session, [self.learner_id])[self.learner_id][0]

    def notices(self):
        return self.session.scalars(select(SharingNotice)).all()

    def provider_sees(self):
        if self.enrolment is None:
            return set()
        return set(identities(self.session, [self.enrolment], self.world.college, TODAY))

    def pending_texts(self):
        """Texts to the learner of which the outbox still has to think."""
        waiting = select(OutboxEntry.ref).where(OutboxEntry.state == OutboxState.PENDING)
        mine = (Message.learner_id == self.learner_id, Message.channel == "sms", Message.purpose == "P06")
        return self.session.scalars(select(Message.id).where(*mine, Message.id.in_(waiting))).all()

    def would_go(self, message_ids):
        """Those that the worker would send now."""
        delivering.preload(self.session, message_ids, self.clock)
        return [one for one in message_ids if delivering.may_go(self.session, one, self.clock) is True]


@pytest.fixture
def world(session, person, clock):
    put_postcodes(session)
    manager, college = person(session, Role.HUB_MANAGER), person(session, Role.PROVIDER)
    put_agreement(session, manager.organisation_id, college.organisation_id, clock)
    return World(session, clock, manager, college)


@pytest.fixture
def case(world, person, clock):
    return lambda stage: Case(world, person, clock, stage)


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_sent_or_shared_afterwards_and_the_rest_stands(case, stage, what):
    one = case(stage)
    before = one.entry_state
    free = provision.esol_class(one.session, one.esol_class.id).free if one.offer else None
    one.take_back(what)

    # the record: an event for each permission taken back, the others stand, one audit row
    for code in OPTIONAL:
        assert reads.may(one.session, one.learner_id, code, TODAY) is (code not in WHAT[what])
    audited = [
        entry for entry in entries_of(one.session, [one.learner_id]) if entry.action == "consent.withdrawn"
    ]
    assert [entry.fields for entry in audited] == [sorted(WHAT[what])]

    # texts: what waits is cancelled in this very transaction; what is written later (the case is closed) does not go
    texting, pending = "P06" not in WHAT[what], one.pending_texts()
    assert (one.text.id in pending) is texting
    if not texting:
        assert one.text.state is MessageState.NOT_SENT and one.text.why == "no_permission"
        assert one.would_go(pending) == []

    # sharing: identity is gone at once, a live offer is revoked and its place free again once
    assert bool(one.provider_sees()) is (stage in ("accepted", "enrolled") and what == "P06")
    if stage == "offered":
        revoked = what != "P06"
        assert one.world.offer(one.offer).state is (
            OfferState.WITHDRAWN if revoked else OfferState.WITH_PROVIDER
        )
        assert provision.esol_class(one.session, one.esol_class.id).free - free == (1 if revoked else 0)
        assert one.session.scalar(select(func.count()).select_from(Vacancy)) == (1 if revoked else 0)

    # providers that know the learner are told, and only they
    told = stage in ("accepted", "enrolled") and what != "P06"
    why = SharingEnd.LEFT if what == "all" else SharingEnd.WITHDRAWN
    assert [notice.why for notice in one.notices()] == ([why] if told else [])

    # the case and the queue date stand, unless the learner leaves
    if what == "all":
        assert one.referral.state is ReferralState.CLOSED
        assert one.entry_state is None or not one.entry_state.is_active
        if stage != "closed":
            assert one.referral.outcome is Outcome.WITHDRAWN_BY_LEARNER
    elif stage in ("waiting", "offered"):
        now = one.entry_state
        waits = stage == "waiting" or what == "P05"
        assert now.state is (EntryState.WAITING if waits else EntryState.OFFERED)
        assert now.queue_on == before.queue_on


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("stage", STAGES)
def test_a_second_time_changes_nothing(case, stage, what):
    one = case(stage)
    one.take_back(what)
    count = text(
        "SELECT (SELECT count(*) FROM consent_event), (SELECT count(*) FROM sharing_notice), (SELECT count(*) FROM vacancy)"
    )
    once = one.session.execute(count).one()
    one.take_back(what)
    assert one.session.execute(count).one() == once


def test_at_the_moment_of_sending_it_is_asked_again(case):
    """Also where a text was enqueued behind the back of the withdrawal."""
    one = case("waiting")
    one.take_back("P06")
    new = NewMessage(learner_id=one.learner_id, template="on_the_list", values={"link": "x"})
    message = sending.send(one.session, new, SYSTEM, one.clock)
    one.session.flush()
    delivering.preload(one.session, [message.id], one.clock)
    assert delivering.may_go(one.session, message.id, one.clock) is False


def test_the_next_offer_asks_the_learner_anew_and_is_a_new_record(case, clock):
    one = case("offered")
    one.take_back("P05")
    before = len(reads.consents(one.session, one.learner_id))
    (offer_id,) = one.world.release().offer_ids
    matching_service.accept_as_provider(one.session, offer_id, one.world.college, clock)
    matching_service.answer_as_learner(one.session, offer_id, LearnerAnswer(True), one.world.manager, clock)
    db.react(one.session)
    assert reads.may(one.session, one.learner_id, "P05", TODAY)
    assert len(reads.consents(one.session, one.learner_id)) == before + 1


def test_what_a_provider_is_told_of_a_revoked_offer_is_that_it_is_withdrawn_and_no_more(case, as_role):
    one = case("offered")
    one.take_back("P05")
    page = as_role(Role.PROVIDER).get("/offers").text
    assert "ithdrawn" in page
    for secret in ("Amina", "Warsame", "permission", "sharing", "consent"):
        assert secret not in page.split("<main")[1].split("</main>")[0]


def test_the_provider_says_that_it_has_noted_the_end_of_sharing(case, as_role, organise, session):
    one = case("accepted")
    one.take_back("P05")
    (notice,) = one.notices()
    provider = as_role(Role.PROVIDER)
    page = provider.get("/sharing-notices").text
    assert "The learner has ended the sharing" in page and "Amina" not in page
    other = as_role(Role.PROVIDER, organise(session, "provider", "other-college"))
    assert other.post(f"/sharing-notices/{notice.id}/noted").status_code == 404
    step = select(Step.closed_at).where(Step.kind == StepKind.SHARING_ENDED, Step.subject_id == notice.id)
    assert session.scalar(step) is None
    for _ in range(2):
        assert provider.post(f"/sharing-notices/{notice.id}/noted").status_code == 302
    session.refresh(notice)
    assert notice.acknowledged_by == provider.actor.id and session.scalar(step) is not None
    assert "Waiting" not in as_role(Role.HUB_MANAGER).get("/sharing-notices").text.split("<table")[1]
    with pytest.raises(NotFound):
        matching_service.acknowledge(session, notice.id, SYSTEM, one.clock)


def test_a_draft_is_no_record_yet_and_goes_at_once(as_role, session):
    coach = as_role(Role.REFERRER)
    started = coach.post("/refer")
    if started.status_code == 405:
        started = coach.post("/refer/new")
    draft_id = started.headers["Location"].rstrip("/").split("/")[2]
    assert coach.post(f"/refer/{draft_id}/delete").status_code == 302
    for table in ("consent", "learner", "message", "outbox_entry"):
        assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    assert coach.get(f"/refer/{draft_id}").status_code == 404


def test_a_referrer_or_provider_cannot_withdraw_for_the_learner(case):
    one = case("waiting")
    for actor in (one.coach, one.world.college):
        with pytest.raises(NotPermitted):
            service.withdraw(one.session, one.learner_id, ["P05"], actor, one.clock)
        with pytest.raises(NotPermitted):
            service.leave(one.session, one.learner_id, actor, one.clock)
