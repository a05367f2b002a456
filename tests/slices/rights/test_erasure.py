"""Erasure: closed first, partners told, held back by a hold; afterwards nothing of the person opens or is found."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from hub.consent import service as consents
from hub.core.errors import Conflict, RuleBroken
from hub.core.permissions import Role, learner_actor
from hub.infra import db, erasures
from hub.infra.audit import entries_of
from hub.infra.personal import sealed_columns
from hub.infra.subject_keys import SubjectKey
from hub.infra.vault import Destroyed, Vault, using_vault
from hub.learners import reads as learners
from hub.learners.domain import SearchTerms
from hub.matching import reads as matching
from hub.matching import service as matching_service
from hub.matching.domain import OfferState
from hub.matching.domain.enrolments import SharingEnd
from hub.matching.models import SharingNotice
from hub.messaging import reads as messages
from hub.provision import reads as provision
from hub.referrals import reads as referrals
from hub.rights import jobs, queries, service
from hub.rights.domain import CaseKind, CaseState, Decision, HoldKind, NewHold, Reason, Ruling
from hub.rights.service import erasing, retention
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from hub.steps.models import Step
from hub.waitlist import reads as waitlist
from tests.conftest import TEST_KEYRING
from tests.slices.bad_input import whole_text
from tests.slices.rights.conftest import CANARY, ZYX

YES = Ruling(Decision.GRANTED)


def grant(session, ask, life, officer, clock):
    row = ask(CaseKind.ERASURE, life.learner_id)
    service.decide(session, row.id, YES, officer, clock)
    db.react(session)
    return row


def carry_out(session, row, clock):
    clock.advance(timedelta(days=1))
    done = service.carry_out(session, row.id, clock)
    db.react(session)
    session.flush()
    return done


def sealed_left(session, subject_ids):
    """Sealed columns of the person that still hold something."""
    found = {}
    for table, columns in sealed_columns():
        for column in columns:
            query = (
                f'SELECT count(*) FROM "{table.name}" WHERE {column} IS NOT NULL AND subject_id = ANY(:ids)'
            )
            if rows := session.scalar(text(query), {"ids": list(subject_ids)}):
                found[table.name, column] = rows
    return found


def test_nothing_opens_and_nothing_is_found_afterwards(placed, ask, officer, session, clock):
    subject = learners.data_subject(session, placed.learner_id)
    assert len(subject.subject_ids) == 2 and len(subject.person_ids) == 2
    assert len(sealed_left(session, subject.subject_ids)) > 15
    row = grant(session, ask, placed, officer, clock)
    assert carry_out(session, row, clock)

    assert sealed_left(session, subject.subject_ids) == {}
    keys = session.scalars(select(SubjectKey).where(SubjectKey.subject_id.in_(subject.subject_ids))).all()
    assert [(key.wrapped, key.destroyed_at) for key in keys] == [(None, clock.now())] * 2
    indexes = "SELECT count(*) FROM blind_index WHERE subject_id = ANY(:ids)"
    assert session.scalar(text(indexes), {"ids": list(subject.subject_ids)}) == 0
    for terms in (
        SearchTerms(phone=ZYX.phone),
        SearchTerms(email=ZYX.email),
        SearchTerms(name=ZYX.given_names),
    ):
        assert learners.find(session, terms) == []
    person = learners.person(session, placed.learner_id)
    assert (person.full_name, person.date_of_birth, person.phone) == ("Record erased", None, None)
    left = [(name, word) for name, rows in whole_text(session).items() for word in CANARY if word in rows]
    assert left == []


def test_what_finds_or_recognises_the_person_is_gone(placed, ask, officer, session, clock):
    gone = (
        "personal_link",
        "learning_needs",
        "evidence_seen",
        "priority_fact",
        "received_text",
        "saved_search",
    )
    session.execute(
        text("INSERT INTO saved_search (id, user_id, made_at, kinds, learner_ids) "
             "VALUES (gen_random_uuid(), :user, now(), '[]', to_jsonb(ARRAY[:one ::text]))"),
        {"user": officer.id, "one": str(placed.ids[1])},
    )  # fmt: skip
    row = grant(session, ask, placed, officer, clock)
    carry_out(session, row, clock)
    assert {table: session.scalar(text(f"SELECT count(*) FROM {table}")) for table in gone} == dict.fromkeys(
        gone, 0
    )
    assert session.scalar(text("SELECT count(*) FROM message WHERE number_index IS NOT NULL")) == 0
    found = session.execute(
        text("SELECT external_reference_sealed, external_key, person_key = uuid_send(id) FROM referral")
    ).one()
    assert tuple(found) == (None, None, True)


def test_figures_and_the_audit_stay(placed, ask, officer, session, clock):
    row = grant(session, ask, placed, officer, clock)
    carry_out(session, row, clock)
    actions = {entry.action for entry in entries_of(session, list(placed.ids))}
    assert {"learner.created", "learner.erased", "rights.decide"} <= actions
    assert matching.enrolments_of(session, [placed.learner_id])[placed.learner_id]
    assert referrals.referral(session, placed.referral_id).outcome == "withdrawn_by_learner"


def test_an_erased_person_can_be_written_about_without_anything_being_kept(
    placed, ask, officer, session, clock
):
    row = grant(session, ask, placed, officer, clock)
    carry_out(session, row, clock)
    from hub.referrals.models import ReferralHistory

    late = session.scalars(select(ReferralHistory).limit(1)).one()
    late.note = "Canarious afterthought"
    session.flush()
    assert late.note is None


def test_a_key_that_is_merely_missing_is_still_a_fault(session, life):
    from hub.learners.models import SourceRecord

    record = session.scalars(select(SourceRecord).limit(1)).one()
    session.execute(text("DELETE FROM subject_key"))
    session.expire_all()
    with using_vault(Vault(session, TEST_KEYRING)), pytest.raises(Destroyed):
        record.known_as = "Zyx"


class TestAtEachStage:
    """Table 1c, the column of erasure: the case is closed first, whatever its stage."""

    def test_waiting_the_place_in_the_queue_is_given_up(self, life, ask, officer, session, clock):
        grant(session, ask, life, officer, clock)
        assert [one.is_active for one in waitlist.entries_of(session, life.ids)[life.learner_id]] == [False]
        assert not referrals.referral(session, life.referral_id).is_open

    def test_offered_the_place_goes_back_and_the_provider_has_nothing_to_delete(
        self, offered, ask, officer, session, clock
    ):
        before = provision.esol_class(session, matching.offer(session, offered.offer_id).class_id)
        row = grant(session, ask, offered, officer, clock)
        offer = matching.offer(session, offered.offer_id)
        after = provision.esol_class(session, offer.class_id)
        assert (offer.state, before.held, after.held) == (OfferState.WITHDRAWN, 1, 0)
        told = {one.organisation_id for one in queries.notices_of(session, row.id)}
        assert offered.world.college.organisation_id not in told

    def test_placed_the_provider_is_told_and_its_answer_tracked(self, placed, ask, officer, session, clock):
        row = grant(session, ask, placed, officer, clock)
        notices = {one.organisation_id: one for one in queries.notices_of(session, row.id)}
        college = placed.world.college
        assert set(notices) == {
            college.organisation_id,
            referrals.referral(session, placed.referral_id).organisation_id,
        }
        mine = notices[college.organisation_id]
        assert [one.kind for one in steps.open_steps(session, [mine.id], clock.today())[mine.id]] == [
            "notice_to_confirm"
        ]
        assert carry_out(session, row, clock), "erasing does not wait for partners"
        service.confirm(session, mine.id, college, clock)
        service.confirm(session, mine.id, college, clock)
        assert mine.acknowledged_by == college.id
        assert steps.open_steps(session, [mine.id], clock.today()) == {}

    def test_twice_is_once(self, placed, ask, officer, session, clock):
        row = grant(session, ask, placed, officer, clock)
        with pytest.raises(Conflict):
            service.decide(session, row.id, YES, officer, clock)
        assert carry_out(session, row, clock)
        assert not service.carry_out(session, row.id, clock)


class TestLegalHold:
    def hold(self, session, life, officer, clock):
        new = NewHold(HoldKind.CLAIM, "Canarious claim", clock.today() + timedelta(days=90))
        return service.place(session, life.ids[1], new, officer, clock)

    def test_it_blocks_the_decision(self, life, ask, officer, session, clock):
        self.hold(session, life, officer, clock)
        row = ask(CaseKind.ERASURE, life.learner_id)
        with pytest.raises(RuleBroken, match="legal hold"):
            service.decide(session, row.id, YES, officer, clock)
        service.decide(
            session, row.id, Ruling(Decision.REFUSED, Reason.LEGAL_HOLD, "Not yet."), officer, clock
        )
        assert row.state is CaseState.CLOSED

    def test_placed_later_it_blocks_what_was_granted_until_it_is_lifted(
        self, life, ask, officer, session, clock
    ):
        row = grant(session, ask, life, officer, clock)
        hold = self.hold(session, life, officer, clock)
        assert not carry_out(session, row, clock)
        with pytest.raises(Conflict):
            erasing.erase_person(session, life.learner_id, officer, clock)
        service.lift(session, hold.id, "The claim is settled.", officer, clock)
        assert carry_out(session, row, clock)

    def test_somebody_looks_again_on_its_day(self, life, officer, session, clock):
        hold = self.hold(session, life, officer, clock)
        (step,) = steps.open_steps(session, [hold.id], clock.today())[hold.id]
        assert (step.role, step.due_on) == (Role.DATA_PROTECTION, hold.review_on)
        service.keep(session, hold.id, clock.today() + timedelta(days=200), officer, clock)
        (step,) = steps.open_steps(session, [hold.id], clock.today())[hold.id]
        assert step.due_on == hold.review_on == clock.today() + timedelta(days=200)
        service.lift(session, hold.id, "Over.", officer, clock)
        assert steps.open_steps(session, [hold.id], clock.today()) == {}

    @pytest.mark.parametrize(
        ("reason", "days", "field"), [("", 30, "reason"), ("A", 0, "review_on"), ("A", 400, "review_on")]
    )
    def test_it_needs_a_reason_and_a_day_within_a_year(
        self, life, officer, session, clock, reason, days, field
    ):
        new = NewHold(HoldKind.CLAIM, reason, clock.today() + timedelta(days=days))
        with pytest.raises(RuleBroken) as refused:
            service.place(session, life.learner_id, new, officer, clock)
        assert field in refused.value.errors


def test_tombstones_are_written_apart_and_once(placed, ask, officer, session, clock, hub):
    row = grant(session, ask, placed, officer, clock)
    clock.advance(timedelta(days=1))
    subject = learners.data_subject(session, placed.learner_id)
    session.flush()
    assert jobs.erase(clock) == 1
    path = hub.settings.erasures_path
    assert {one.subject_id for one in erasures.read(path)} == subject.subject_ids
    assert {one.person_id for one in erasures.read(path)} == {placed.learner_id}
    assert path.stat().st_mode & 0o077 == 0
    assert (jobs.erase(clock), jobs.log_erasures(clock), len(erasures.read(path))) == (0, 0, 2)
    session.expire_all()
    assert queries.case(session, row.id).state is CaseState.CLOSED
    words = path.read_text()
    assert not [word for word in CANARY if word in words]


@pytest.mark.parametrize(
    "line", ["no json", '{"subject_id": "1"}', '{"subject_id": 1, "person_id": 2, "erased_at": "x"}']
)
def test_a_damaged_file_of_erasures_names_its_line(tmp_path, line):
    path = tmp_path / "erasures.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(erasures.ErasureLogProblem, match="Line 1"):
        erasures.read(path)


def test_replaying_after_a_restore_closes_and_erases_again_quietly(offered, session, clock, hub):
    """As after `hub db restore`: the keys are gone, the open case of yesterday is back."""
    subject = learners.data_subject(session, offered.learner_id)
    told = len(messages.conversation(session, offered.learner_id))
    session.execute(
        text("UPDATE subject_key SET wrapped = NULL, destroyed_at = now() WHERE subject_id = ANY(:ids)"),
        {"ids": list(subject.subject_ids)},
    )
    for table, columns in sealed_columns():
        for column in columns:
            session.execute(
                text(f"UPDATE {table.name} SET {column} = NULL WHERE subject_id = ANY(:ids)"),
                {"ids": list(subject.subject_ids)},
            )
    session.expire_all()
    lost = [erasures.Erased(one, offered.learner_id, clock.now()) for one in subject.subject_ids]
    with using_vault(Vault(session, TEST_KEYRING)):
        assert service.replay(session, lost, clock) == 1
        db.react(session)
        assert not referrals.referral(session, offered.referral_id).is_open
        assert matching.offer(session, offered.offer_id).state is OfferState.WITHDRAWN
        assert sealed_left(session, subject.subject_ids) == {}
        assert erasures.erased_people(session, [offered.learner_id]) == {offered.learner_id}
        assert service.replay(session, lost, clock) == 1
        sent = [
            one for one in messages.conversation(session, offered.learner_id) if one.state.value == "queued"
        ]
    assert len(sent) <= told


def test_erasing_one_leaves_a_relative_on_the_same_phone_alone(life, ask, officer, session, clock):
    other = life.world.add_learner(given_names="Yusuf", family_name="Warsame", phone=ZYX.phone)
    before = whole_text(session)["blind_index"].count("\n")
    row = grant(session, ask, life, officer, clock)
    carry_out(session, row, clock)
    assert learners.person(session, other.learner_id).phone == ZYX.phone
    assert learners.find(session, SearchTerms(phone=ZYX.phone)) == [other.learner_id]
    assert before > 0


def test_the_register_of_what_goes_knows_nothing_more_of_the_erased(life, ask, officer, session, clock):
    row = grant(session, ask, life, officer, clock)
    carry_out(session, row, clock)
    clock.advance(timedelta(days=3650))
    assert retention.learners_over(session, clock) == []


def test_a_provider_that_was_told_that_sharing_ended_has_one_thing_to_do_at_the_erasure(
    placed, ask, session, clock, officer
):
    consents.leave(session, placed.learner_id, learner_actor(placed.learner_id), clock)
    db.react(session)
    college = placed.world.college.organisation_id
    held = lambda: [  # noqa: E731 - asked before and after
        one.kind for one in session.query(Step).filter_by(organisation_id=college, closed_at=None)
    ]
    assert held().count(StepKind.SHARING_ENDED) == 1
    grant(session, ask, placed, officer, clock)
    assert held().count(StepKind.SHARING_ENDED) == 0 and held().count(StepKind.NOTICE_TO_CONFIRM) == 1
    (joined,) = session.query(SharingNotice)
    assert joined.why is SharingEnd.ERASED and joined.acknowledged_at is None
    matching_service.tell_recipients(session, placed.learner_id, SharingEnd.LEFT, officer, clock)
    assert held().count(StepKind.SHARING_ENDED) == 0, "nothing more is asked"
