"""The referral's machine: every move it has, and that it has no other."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.core.errors import Conflict, RuleBroken
from hub.referrals.domain import (
    BEFORE_ASSESSMENT,
    MOVES,
    OPEN_STATES,
    CaseInBrief,
    Ending,
    HoldTerms,
    Move,
    Outcome,
    Survivor,
    duplicates_among,
    may_end_in,
    next_state,
    public_state,
    require_ending,
    require_hold,
)
from hub.referrals.domain import ReferralState as S

WHEN = datetime(2027, 1, 4, 9, tzinfo=UTC)


def test_the_whole_journey():
    state = S.DRAFT
    for move in (Move.SUBMIT, Move.ASK, Move.ANSWER, Move.ACCEPT, Move.ASSESS, Move.LIST, Move.PLACE):
        state = next_state(state, move)
    assert state is S.PLACED
    assert next_state(state, Move.CLOSE, outcome=Outcome.ACHIEVED) is S.CLOSED


@pytest.mark.parametrize(("state", "move"), list(product(S, Move)))
def test_no_move_outside_the_table(state, move):
    if (state, move) in MOVES or (move in {Move.HOLD, Move.RELEASE, Move.HAND_OVER} and state in OPEN_STATES):
        assert next_state(state, move) in S
        return
    with pytest.raises(Conflict) as refused:
        next_state(state, move)
    assert refused.value.code == "not_possible_now"


@pytest.mark.parametrize(
    ("outcome", "allowed"),
    [
        (Outcome.ACHIEVED, {S.PLACED}),
        (Outcome.DUPLICATE, {S.SUBMITTED}),
        (Outcome.NO_INFO, {S.INFO_REQUESTED}),
        (Outcome.SIGNPOSTED, {S.ASSESSED}),
        (Outcome.WITHDRAWN_BY_LEARNER, set(OPEN_STATES)),
        (Outcome.WITHDRAWN_BY_REFERRER, set(OPEN_STATES)),
        (Outcome.CLOSED_BY_HUB, set(OPEN_STATES)),
    ],
)
def test_each_outcome_ends_only_its_states(outcome, allowed):
    for state in S:
        if state in allowed:
            assert next_state(state, Move.CLOSE, outcome=outcome) is S.CLOSED
        else:
            with pytest.raises(Conflict):
                next_state(state, Move.CLOSE, outcome=outcome)


@pytest.mark.parametrize("before", sorted(OPEN_STATES))
def test_reopening_goes_back_to_the_state_before(before):
    assert next_state(S.CLOSED, Move.REOPEN, before=before) is before


def test_an_open_case_is_not_reopened_and_a_closed_one_only_where_it_was():
    for state, before in (
        (S.WAITING, S.WAITING),
        (S.CLOSED, None),
        (S.CLOSED, S.CLOSED),
        (S.CLOSED, S.DRAFT),
    ):
        with pytest.raises(Conflict):
            next_state(state, Move.REOPEN, before=before)


def test_signposting_is_offered_only_after_the_assessment():
    assert Outcome.SIGNPOSTED in may_end_in(S.ASSESSED)
    assert Outcome.SIGNPOSTED not in may_end_in(S.SUBMITTED)
    assert Outcome.DUPLICATE not in may_end_in(S.SUBMITTED)


class TestEnding:
    REASONS = {"moved_away": False, "other": True}

    @pytest.mark.parametrize(
        ("ending", "code"),
        [
            (Ending(Outcome.CLOSED_BY_HUB), "reason_missing"),
            (Ending(Outcome.CLOSED_BY_HUB, "no_such"), "reason_unknown"),
            (Ending(Outcome.WITHDRAWN_BY_LEARNER, "other"), "note_missing"),
            (Ending(Outcome.WITHDRAWN_BY_LEARNER, "other", "  "), "note_missing"),
            (Ending(Outcome.DUPLICATE), "rule_broken"),
        ],
    )
    def test_refused(self, ending, code):
        with pytest.raises(RuleBroken) as refused:
            require_ending(ending, self.REASONS)
        assert refused.value.code == code
        assert refused.value.errors

    @pytest.mark.parametrize(
        "ending",
        [
            Ending(Outcome.NO_INFO),
            Ending(Outcome.ACHIEVED),
            Ending(Outcome.CLOSED_BY_HUB, "moved_away"),
            Ending(Outcome.CLOSED_BY_HUB, "other", "went abroad"),
        ],
    )
    def test_taken(self, ending):
        require_ending(ending, self.REASONS)


@pytest.mark.parametrize(
    ("reason", "days", "field"),
    [
        ("", 5, "hold_reason"),
        ("health", 0, "hold_until"),
        ("health", -1, "hold_until"),
        ("health", 400, "hold_until"),
    ],
)
def test_a_hold_needs_a_reason_and_an_end(reason, days, field):
    today = date(2027, 1, 4)
    with pytest.raises(RuleBroken) as refused:
        require_hold(HoldTerms(reason, today + timedelta(days=days)), today)
    assert field in refused.value.errors


cases = some.lists(
    some.builds(
        CaseInBrief,
        id=some.integers(1, 10**6).map(lambda number: UUID(int=number)),
        state=some.sampled_from(S),
        submitted_at=some.integers(0, 100).map(lambda days: WHEN + timedelta(days=days)),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)


@given(cases)
def test_one_open_referral_survives_and_only_untouched_ones_close(found):
    kept, closing = duplicates_among(found)
    by_id = {one.id: one for one in found}
    assert all(by_id[one].state is S.SUBMITTED for one in closing)
    assert kept not in closing
    assert (kept is None) == (not any(one.state in OPEN_STATES for one in found))
    if kept and by_id[kept].state is S.SUBMITTED:
        assert all(by_id[one].submitted_at >= by_id[kept].submitted_at for one in closing)


@given(cases, some.randoms())
def test_the_order_of_the_referrals_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    kept, closing = duplicates_among(found)
    assert duplicates_among(shuffled) == (kept, closing) or set(duplicates_among(shuffled)[1]) == set(closing)


class TestWhatTheReferrerIsTold:
    @pytest.mark.parametrize("state", [one for one in S if one is not S.CLOSED])
    def test_an_ordinary_case_is_told_as_it_is(self, state):
        assert public_state(state, None) == (state, None)

    @pytest.mark.parametrize("state", list(S))
    def test_a_duplicate_looks_like_a_case_being_arranged(self, state):
        assert public_state(S.CLOSED, Outcome.DUPLICATE, Survivor(state, None, False)) == (S.TO_ASSESS, None)

    def test_a_duplicate_follows_the_survivor_once_it_moves(self):
        assert public_state(S.CLOSED, Outcome.DUPLICATE, Survivor(S.PLACED, None, True)) == (S.PLACED, None)
        ended = Survivor(S.CLOSED, Outcome.ACHIEVED, True)
        assert public_state(S.CLOSED, Outcome.DUPLICATE, ended) == (S.CLOSED, Outcome.ACHIEVED)

    @given(some.sampled_from(S), some.booleans())
    def test_no_duplicate_ever_shows(self, state, moved):
        outcome = Outcome.DUPLICATE if state is S.CLOSED else None
        shown = public_state(S.CLOSED, Outcome.DUPLICATE, Survivor(state, outcome, moved))
        assert shown[1] is not Outcome.DUPLICATE
        assert shown[0] not in BEFORE_ASSESSMENT or shown[0] is S.TO_ASSESS
