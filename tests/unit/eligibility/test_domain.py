"""Ages, funding years, pots and evidence."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.eligibility import domain
from hub.eligibility.domain import AgeRoute, EvidenceKind, Fundability, NewEvidence
from hub.learners.domain import Funding
from tests.conftest import uuid

TODAY = date(2027, 1, 11)


@pytest.mark.parametrize(
    ("born", "route"),
    [
        (date(2011, 1, 12), "refuse_under_16"),
        (date(2011, 1, 11), "adviser_16_18"),
        (date(2008, 1, 1), "adviser_16_18"),  # 19 today, but not yet on 31 August 2026
        (date(2007, 9, 1), "adviser_16_18"),
        (date(2007, 8, 31), "adult"),
        (date(1960, 5, 5), "adult"),
    ],
)
def test_age_leads_to_a_route(born, route):
    assert domain.age_route(born, TODAY) == route


def test_a_funding_year_begins_in_august():
    assert domain.funding_year_of(date(2026, 7, 31)) == 2025
    assert domain.funding_year_of(date(2026, 8, 1)) == 2026


def test_on_the_first_of_august_the_age_at_its_end_counts():
    assert domain.age_route(date(2007, 8, 31), date(2026, 8, 1)) == AgeRoute.ADULT
    assert domain.age_route(date(2007, 8, 31), date(2026, 7, 31)) == AgeRoute.ADVISER_16_18


def test_a_leap_day_child_is_older_from_the_first_of_march():
    assert domain.age_on(date(2008, 2, 29), date(2027, 2, 28)) == 18
    assert domain.age_on(date(2008, 2, 29), date(2027, 3, 1)) == 19


DAYS = st.dates(date(1925, 1, 1), date(2026, 12, 31))


@given(DAYS, st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_nobody_becomes_younger(born, today):
    order = [AgeRoute.REFUSE_UNDER_16, AgeRoute.ADVISER_16_18, AgeRoute.ADULT]
    now = order.index(domain.age_route(born, today))
    later = order.index(domain.age_route(born, today.replace(year=today.year + 1, day=min(today.day, 28))))
    assert later >= now


def test_every_pot_a_learner_may_have_is_known():
    assert {str(one) for one in Funding} <= {pot.code for pot in domain.pots(TODAY)}


def test_a_pot_counts_between_its_dates():
    assert "asf" not in {pot.code for pot in domain.pots(date(2024, 7, 31))}
    assert "asf" in {pot.code for pot in domain.pots(date(2024, 8, 1))}


def test_unknown_funding_counts_as_fundable_and_is_flagged():
    answer = domain.funding_to_match((), TODAY)
    assert answer.flag is Fundability.UNKNOWN
    assert answer.pots == {pot.code for pot in domain.pots(TODAY)}


def test_known_funding_is_matched_as_it_is():
    answer = domain.funding_to_match([Funding.CHARITY], TODAY)
    assert (answer.pots, answer.flag) == (frozenset({"charity"}), Fundability.FUNDABLE)


@pytest.mark.parametrize(
    ("kind", "seen_on", "note", "field"),
    [
        (EvidenceKind.PASSPORT, date(2027, 1, 12), "", "seen_on"),
        (EvidenceKind.PASSPORT, date(1999, 1, 1), "", "seen_on"),
        (EvidenceKind.OTHER, TODAY, " ", "note"),
        (EvidenceKind.PASSPORT, TODAY, "number 123456789", "note"),
    ],
)
def test_evidence_that_cannot_be(kind, seen_on, note, field):
    assert list(domain.evidence_faults(NewEvidence(uuid(1), kind, seen_on, note), TODAY)) == [field]


def test_good_evidence_has_no_fault():
    assert (
        domain.evidence_faults(NewEvidence(uuid(1), EvidenceKind.EVISA, TODAY, "seen on a phone"), TODAY)
        == {}
    )
