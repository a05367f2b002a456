"""Retention: what would go is what goes; learners are told first; holds and open cases are respected."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, select, text

from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra import audit, db
from hub.infra.seals import sealer, verifying
from hub.learners import reads as learners
from hub.messaging import reads as messages
from hub.referrals import service as referrals
from hub.referrals.domain import Ending, Outcome
from hub.rights import jobs, reads, service
from hub.rights.domain import HoldKind, NewHold
from hub.rights.models import RetentionNotice
from hub.rights.reads.retention import ENROLLED, UNPLACED, learners_over, preview
from hub.rights.service import retention

GONE = Ending(Outcome.CLOSED_BY_HUB, "unreachable")


def close(session, life, clock, officer):
    referrals.close(session, life.referral_id, GONE, life.world.manager, clock)
    db.react(session)
    from hub.waitlist import service as waitlist
    from hub.waitlist.domain import Removal

    if life.offer_id is None:
        waitlist.remove(session, life.entry.id, Removal("unreachable"), life.world.manager, clock)
        db.react(session)
    session.flush()


@pytest.fixture
def gone_quiet(life, session, clock, officer):
    """Closed, and nobody has been in touch for two years and a day."""
    close(session, life, clock, officer)
    clock.move_to(clock.now() + timedelta(days=732))
    return life


def due(session, clock):
    return {
        state.rule.code: (state.due, state.held) for state in preview(session, clock) if state.due is not None
    }


def test_an_open_case_is_never_over_its_time(life, session, clock):
    clock.advance(timedelta(days=4000))
    assert learners_over(session, clock) == []


def test_somebody_unplaced_is_over_after_24_months_from_the_last_contact(gone_quiet, session, clock):
    (over,) = learners_over(session, clock)
    assert (over.learner_id, over.rule) == (gone_quiet.learner_id, UNPLACED)
    assert over.last_contact == date(2027, 1, 11)
    clock.move_to(clock.now() - timedelta(days=3))
    assert learners_over(session, clock) == []


def test_opening_the_personal_link_is_a_contact(gone_quiet, session, clock):
    session.execute(text("UPDATE personal_link SET last_opened_at = :now"), {"now": clock.now()})
    assert learners_over(session, clock) == []


def test_somebody_placed_counts_from_the_end_of_the_course(placed, session, clock, officer):
    close(session, placed, clock, officer)
    ends = session.scalar(text("SELECT course_ends_on FROM enrolment"))
    session.execute(text("UPDATE enrolment SET state = 'completed', ended_on = course_ends_on"))
    clock.move_to(clock.now() + (ends - clock.today()) + timedelta(days=729))
    assert learners_over(session, clock) == []
    clock.advance(timedelta(days=5))
    assert [one.rule for one in learners_over(session, clock)] == [ENROLLED]


def test_told_first_erased_28_days_later(gone_quiet, session, clock):
    assert due(session, clock)[UNPLACED] == (1, 0)
    assert (
        retention.tell_learners(session, retention.look(session, clock), clock),
        retention.tell_learners(session, retention.look(session, clock), clock),
    ) == (1, 0)
    (notice,) = session.scalars(select(RetentionNotice))
    assert notice.erase_on == clock.today() + timedelta(days=28)
    assert messages.conversation(session, gone_quiet.learner_id)[0].template == "retention_notice"
    clock.advance(timedelta(days=27))
    assert retention.notices_due(session, retention.look(session, clock), clock) == []
    clock.advance(timedelta(days=1))
    session.flush()
    assert jobs.retain(clock) > 0
    session.expire_all()
    assert learners.person(session, gone_quiet.learner_id).is_erased
    assert (notice.outcome, due(session, clock)[UNPLACED]) == ("erased", (0, 0))


def test_whoever_gets_in_touch_after_all_is_kept(gone_quiet, session, clock):
    retention.tell_learners(session, retention.look(session, clock), clock)
    clock.advance(timedelta(days=10))
    session.execute(text("UPDATE personal_link SET last_opened_at = :now"), {"now": clock.now()})
    retention.tell_learners(session, retention.look(session, clock), clock)
    clock.advance(timedelta(days=30))
    assert retention.notices_due(session, retention.look(session, clock), clock) == []
    assert session.scalars(select(RetentionNotice.outcome)).all() == ["kept"]


def test_a_hold_keeps_and_is_counted(gone_quiet, session, clock, officer):
    new = NewHold(HoldKind.INQUIRY, "Canarious", clock.today() + timedelta(days=60))
    service.place(session, gone_quiet.ids[1], new, officer, clock)
    assert due(session, clock)[UNPLACED] == (0, 1)
    assert retention.tell_learners(session, retention.look(session, clock), clock) == 0


def test_the_preview_counts_what_then_goes_rule_by_rule(life, session, clock, hub):
    clock.advance(timedelta(days=8))
    session.execute(text("UPDATE message SET state = 'sent'"))
    session.execute(text("UPDATE received_text SET handled_at = now()"))
    expected = due(session, clock)
    assert expected["message_body"][0] > 2
    before = session.scalar(text("SELECT count(*) FROM message"))
    for code in (
        "message_body",
        "draft",
        "file",
        "link",
        "round",
        "outbox",
        "package",
        "rights_case",
    ):
        assert retention.sweep(session, code, clock) == expected[code][0], code
        assert retention.sweep(session, code, clock) == 0
    assert session.scalar(text("SELECT count(*) FROM message")) == before
    assert (
        session.scalar(
            text("SELECT count(*) FROM message WHERE body_sealed IS NOT NULL AND state <> 'queued'")
        )
        == 0
    )


def test_a_round_that_is_over_opens_no_more_but_its_figures_stay(offered, session, clock):
    clock.advance(timedelta(days=366))
    assert retention.sweep(session, "round", clock) == 1
    row = session.execute(text("SELECT snapshot_sealed, result_sealed, placed FROM match_round")).one()
    assert tuple(row) == (None, None, 1)
    destroyed = "SELECT destroyed_at FROM subject_key JOIN match_round USING (subject_id)"
    assert session.scalar(text(destroyed)) == clock.now()


def test_the_words_of_a_closed_case_end_after_six_years(session, life, ask, officer, clock):
    from hub.rights.domain import CaseKind, Decision, Reason, Ruling

    row = ask(CaseKind.COMPLAINT, None, words="Canarious complaint")
    service.decide(
        session, row.id, Ruling(Decision.REFUSED, Reason.NOT_UPHELD, "Canarious answer"), officer, clock
    )
    session.flush()
    clock.advance(timedelta(days=6 * 366))
    assert retention.sweep(session, "rights_case", clock) == 1
    session.expire_all()
    assert (row.words, row.answer, row.wiped_at, str(row.kind)) == (None, None, clock.now(), "complaint")


@pytest.fixture
def seven_years_ago(session, clock):
    """Acts of 2020, each month sealed: four about a learner, two about an account; then one of today. The learner."""
    learner, account, now = new_id(), new_id(), clock.now()
    for month in (1, 2):
        clock.move_to(datetime(2020, month, 5, 12, tzinfo=UTC))
        for subject, id_ in (("learner", learner), ("user", account), ("learner", learner)):
            audit.record(session, SYSTEM, "learner.viewed", subject, id_, clock=clock)
        sealer.seal_due(clock)
    clock.move_to(now)
    audit.record(session, SYSTEM, "learner.viewed", "learner", learner, clock=clock)
    sealer.seal_due(clock)
    return learner


def test_what_is_over_in_the_audit_is_counted_and_then_goes(seven_years_ago, session, clock):
    clock.move_to(datetime(2026, 2, 1, 12, tzinfo=UTC))  # January is over six years old, February is not yet
    assert (due(session, clock)["audit"], due(session, clock)["security_log"]) == ((3, 0), (2, 0))
    assert reads.due_now(session, clock) >= set(reads.AUDIT_RULES)
    assert jobs.retain(clock) >= 4
    assert (due(session, clock)["audit"], due(session, clock)["security_log"]) == ((0, 0), (0, 0))
    assert not reads.due_now(session, clock) & set(reads.AUDIT_RULES), "once a month"
    found = verifying.check_now(clock)
    assert found.ok
    assert {rule: gone[0] for rule, gone in found.removed.items()} == {"audit": 3, "security_log": 1}


def test_a_legal_hold_keeps_everything_from_the_first_view_of_that_learner_on(
    seven_years_ago, session, clock, monkeypatch
):
    monkeypatch.setattr("hub.rights.queries.all_held", lambda _: {seven_years_ago})
    assert due(session, clock)["audit"] == (0, 6)
    assert due(session, clock)["security_log"] == (2, 0), "sign-ins are about nobody held"
    jobs.retain(clock)
    assert verifying.check_now(clock).removed.keys() == {"security_log"}


def test_an_audit_that_was_changed_is_kept_as_it_is(seven_years_ago, session, clock, monkeypatch):
    real = verifying.leaf_of
    monkeypatch.setattr("hub.infra.seals.comparing.leaf_of", lambda line: real(line + b"x"))
    jobs.retain(clock)
    assert session.scalar(text("SELECT count(*) FROM audit_entry WHERE at < '2021-01-01'")) == 6


def test_a_rule_that_is_off_takes_nothing(life, session, clock, person):
    from hub.core.permissions import Role
    from hub.policy import service as policy

    new = policy.NewValue("clock.message_body_days", "0", clock.today(), "The board")
    policy.change(session, new, person(session, Role.HUB_MANAGER), clock)
    clock.advance(timedelta(days=99))
    assert retention.sweep(session, "message_body", clock) == 0
    (state,) = [one for one in preview(session, clock) if one.rule.code == "message_body"]
    assert (state.number, state.before, state.due) == ("Off", None, 0)


def test_a_day_on_which_nothing_is_due_costs_one_statement(life, session, clock, hub):
    selects = []
    note = lambda *seen: selects.append(seen[2]) if seen[2].startswith("SELECT") else None  # noqa: E731
    event.listen(hub.engine, "before_cursor_execute", note)
    try:
        assert jobs.retain(clock) == 0
    finally:
        event.remove(hub.engine, "before_cursor_execute", note)
    assert len([one for one in selects if "FROM policy" not in one]) == 1, selects


def test_what_is_due_is_found_by_its_rule_alone(life, session, clock, officer):
    assert reads.due_now(session, clock) == set()
    close(session, life, clock, officer)
    clock.advance(timedelta(days=732))
    assert reads.due_now(session, clock) >= {reads.LEARNERS, "link", "outbox"}
    assert not reads.due_now(session, clock) & {"draft", "package", "rights_case"}
