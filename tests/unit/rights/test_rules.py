"""Pure rules: what may happen to a case when, decisions and their reasons, breaches, retention as data."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hub.core.errors import Conflict, RuleBroken
from hub.policy.domain import clocks
from hub.rights.domain import breaches, cases, retention
from hub.rights.domain.breaches import BreachRuling, NewBreach, Risk
from hub.rights.domain.cases import (
    Act,
    CaseKind,
    CaseState,
    Decision,
    Door,
    NewCase,
    Reason,
    Ruling,
    allowed_acts,
    case_faults,
    require_allowed,
    require_ruling,
)

S = CaseState
NOW = datetime(2027, 1, 11, 10, tzinfo=UTC)


def test_the_way_of_a_case():
    state = S.RECEIVED
    for act in (Act.IDENTIFY, Act.ASK, Act.ANSWERED, Act.SEARCH, Act.PREPARE, Act.DECIDE, Act.CLOSE):
        state = require_allowed(state, act)
    assert state is S.CLOSED
    assert allowed_acts(S.CLOSED) == {Act.KEEP, Act.LIFT}, "what it stopped outlives the case"


@pytest.mark.parametrize(
    ("state", "act"),
    [(S.CLOSED, Act.DECIDE), (S.DECIDED, Act.DECIDE), (S.RECEIVED, Act.ASK), (S.WORKING, Act.ANSWERED),
     (S.WORKING, Act.CLOSE), (S.RECEIVED, Act.PREPARE), (S.CLOSED, Act.EXTEND)],
)  # fmt: skip
def test_what_cannot_be_done_now(state, act):
    with pytest.raises(Conflict):
        require_allowed(state, act)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"words": " "}, "words"), ({"words": "x" * 4001}, "words"), ({"received_on": date(2027, 1, 12)}, "received_on"),
     ({"contact": None}, "contact")],
)  # fmt: skip
def test_what_a_request_needs(changes, field):
    given = {"kind": CaseKind.COMPLAINT, "door": Door.LETTER, "received_on": date(2027, 1, 11), "words": "Wrong",
             "contact": "me@example.org"}  # fmt: skip
    assert case_faults(NewCase(**given), date(2027, 1, 11)) == {}
    assert set(case_faults(NewCase(**given | changes), date(2027, 1, 11))) == {field}


def test_asking_for_a_copy_needs_no_words():
    new = NewCase(
        kind=CaseKind.ACCESS, door=Door.PHONE, received_on=date(2027, 1, 11), words="", contact="07700"
    )
    assert case_faults(new, date(2027, 1, 11)) == {}


@pytest.mark.parametrize(
    ("state", "kind", "ruling", "field"),
    [
        (S.RECEIVED, CaseKind.ACCESS, Ruling(Decision.GRANTED), "decision"),
        (S.WORKING, CaseKind.ACCESS, Ruling(Decision.REFUSED), "reason"),
        (S.WORKING, CaseKind.ACCESS, Ruling(Decision.PARTLY, Reason.OTHERS_RIGHTS, " "), "note"),
        (S.WORKING, CaseKind.COMPLAINT, Ruling(Decision.REFUSED, Reason.NOT_UPHELD), "note"),
    ],
)
def test_what_a_decision_needs(state, kind, ruling, field):
    with pytest.raises(RuleBroken) as refused:
        require_ruling(kind, state, ruling)
    assert set(refused.value.errors) == {field}


def test_somebody_we_could_not_identify_can_be_refused():
    require_ruling(
        CaseKind.ACCESS, S.RECEIVED, Ruling(Decision.REFUSED, Reason.NOT_IDENTIFIED, "We asked twice.")
    )


@pytest.mark.parametrize(
    ("risk", "reported", "told", "settled"),
    [(Risk.UNLIKELY, False, False, True), (Risk.RISK, False, False, False), (Risk.RISK, True, False, True),
     (Risk.HIGH, True, False, False), (Risk.HIGH, True, True, True)],
)  # fmt: skip
def test_what_each_risk_asks_for(risk, reported, told, settled):
    ruling = BreachRuling(
        risk=risk, why="w", reported_at=NOW if reported else None, people_told_at=NOW if told else None
    )
    assert breaches.is_settled(ruling) is settled


def test_a_breach_is_not_known_before_now_and_not_reported_before_it_is_known():
    with pytest.raises(RuleBroken, match="future"):
        breaches.require_breach(NewBreach(aware_at=NOW + timedelta(minutes=1), people=1, what="w"), NOW)
    early = BreachRuling(risk=Risk.RISK, why="w", reported_at=NOW - timedelta(hours=2))
    with pytest.raises(RuleBroken):
        breaches.require_breach_ruling(early, NOW - timedelta(hours=1), NOW)
    with pytest.raises(RuleBroken, match="Write why"):
        breaches.require_breach_ruling(BreachRuling(risk=Risk.RISK, why=" "), NOW, NOW)


@pytest.mark.parametrize("code", sorted(retention.rules()))
def test_each_retention_rule_has_a_number_or_fixed_words_and_a_source(code):
    rule = retention.rules()[code]
    assert (rule.clock is None) != (rule.fixed is None)
    assert rule.source and rule.title
    assert rule.clock is None or clocks()[rule.clock].unit in {"days", "months", "years"}


def test_the_cut_off_of_a_rule():
    rules, today = retention.rules(), date(2027, 1, 11)
    assert retention.cutoff(rules["learner_unplaced"], 24, today) == date(2025, 1, 11)
    assert retention.cutoff(rules["audit"], 6, today) == date(2021, 1, 11)
    assert retention.cutoff(rules["message_body"], 7, today) == date(2027, 1, 4)
    assert retention.cutoff(rules["message_body"], 0, today) is None
    assert retention.cutoff(rules["account"], 1, today) is None


def test_every_code_has_words():
    for enum, words in (
        (cases.CaseKind, cases.KIND_LABELS), (cases.Door, cases.DOOR_LABELS), (cases.CaseState, cases.STATE_LABELS),
        (cases.Identity, cases.IDENTITY_LABELS), (cases.Decision, cases.DECISION_LABELS),
        (cases.Reason, cases.REASON_LABELS), (cases.WhyLonger, cases.LONGER_LABELS), (cases.Act, cases.ACT_LABELS),
        (breaches.Risk, breaches.RISK_LABELS),
    ):  # fmt: skip
        assert set(enum) == set(words)
