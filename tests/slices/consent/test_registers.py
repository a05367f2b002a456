"""What the controller must be able to show: bases decided and dated, agreements, the register of consent."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from hub.accounts import reads as accounts
from hub.accounts import service as account_service
from hub.accounts.domain import AgreementStatus, AgreementTerms, NewAgreement
from hub.consent import reads, service
from hub.consent.domain import OPTIONAL, PURPOSES, Art9, Basis, ConsentState, NewConsent, WhyInvalid
from hub.consent.reads import RegisterFilter, Share
from hub.core.errors import NotPermitted, RuleBroken
from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import entries_of
from hub.learners import service as learners
from hub.learners.domain import NewPerson
from hub.steps.domain import StepKind
from hub.steps.models import Step

TODAY = date(2027, 1, 11)
ASKED = NewConsent(
    given_on=TODAY,
    channel="in_person",
    language="so",
    wording_version="2026-11",
    purposes=frozenset(OPTIONAL),
)
DECIDED = {
    "basis": "legal_obligation", "art9_condition": "substantial_public_interest", "reason": "Counsel's advice 7",
    "starts_on-day": "11", "starts_on-month": "1", "starts_on-year": "2027",
}  # fmt: skip


def days(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


@pytest.fixture
def hub_id(session, organise):
    return organise(session, "hub").id


@pytest.fixture
def college_id(session, organise):
    return organise(session, "provider").id


@pytest.fixture
def amina(session, clock, hub_id):
    person = NewPerson(given_names="Amina", family_name="Hassan", preferred_language="ar")
    return learners.identify(session, person, None, None, SYSTEM, clock)


# ---------------------------------------------------------------- bases


def test_the_officer_decides_a_basis_from_a_day_on_and_the_old_one_stays_on_record(as_role, session, hub_id):
    officer = as_role(Role.DATA_PROTECTION)
    assert (
        officer.post("/purposes/P09/basis", data=DECIDED | days("starts_on", date(2027, 2, 1))).status_code
        == 302
    )
    assert reads.purposes_of_day(session, TODAY)["P09"].basis is Basis.PUBLIC_TASK
    later = reads.purposes_of_day(session, date(2027, 2, 1))["P09"]
    assert (later.basis, later.basis_since) == (Basis.LEGAL_OBLIGATION, date(2027, 2, 1))
    assert later.optional is PURPOSES["P09"].optional
    page = officer.get("/purposes").text
    assert "Counsel&#39;s advice 7" in page and "To come" in page and "Robin Data Protection" in page


def test_a_basis_that_cannot_be_is_explained_beside_the_field(as_role, hub_id):
    officer = as_role(Role.DATA_PROTECTION)
    for wrong, field in [
        ({"basis": "uk_gdpr_consent"}, "basis"),
        ({"art9_condition": ""}, "art9_condition"),
        (days("starts_on", date(2027, 1, 10)), "starts_on"),
        ({"reason": ""}, "reason"),
    ]:
        answer = officer.post("/purposes/P09/basis", data=DECIDED | wrong)
        assert answer.status_code == 422 and f'id="{field}-error"' in answer.text, field
    assert officer.get("/purposes/P99/basis").status_code == 404


def test_only_the_officer_decides_and_nobody_rewrites_a_decision(as_role, session, hub_id, clock):
    for role in (Role.HUB_MANAGER, Role.AUDITOR):
        assert as_role(role).get("/purposes").status_code == 200
        assert as_role(role).post("/purposes/P09/basis", data=DECIDED).status_code == 403
    new = service.NewBasis(
        purpose="P04",
        basis=Basis.LEGAL_OBLIGATION,
        art9_condition=Art9.VITAL_INTERESTS,
        starts_on=TODAY,
        reason="x",
    )
    with pytest.raises(NotPermitted):
        service.decide_basis(session, new, SYSTEM, clock)
    service.decide_basis(session, new, as_role(Role.DATA_PROTECTION).actor, clock)
    with pytest.raises(Exception, match="only ever added"):
        session.execute(text("UPDATE purpose_basis SET reason = 'other'"))


def test_changing_the_basis_never_does_away_with_the_asking(session, amina, as_role, clock):
    new = service.NewBasis(purpose="P05", basis=Basis.PUBLIC_TASK, starts_on=TODAY, reason="x")
    service.decide_basis(session, new, as_role(Role.DATA_PROTECTION).actor, clock)
    assert not reads.may(session, amina.learner_id, "P05", TODAY)


# ---------------------------------------------------------------- agreements

TERMS = AgreementTerms(reference="A-1", dpia_id="D-9", review_on=TODAY + timedelta(days=200))


def agreed(session, clock, hub_id, college_id, **changes):
    given = {
        "purposes": ("P05",),
        "fields": ("name", "phone"),
        "starts_on": TODAY,
        "ends_on": TODAY + timedelta(days=400),
        "terms": TERMS,
    }
    return account_service.agree(session, NewAgreement(hub_id, college_id, **given | changes), SYSTEM, clock)


def test_the_door_has_two_locks_agreement_and_permission(session, amina, clock, hub_id, college_id):
    ids = [amina.learner_id]
    share = Share(college_id, "P05", frozenset({"name", "phone"}))
    service.record(session, ASKED, amina, SYSTEM, clock)
    assert reads.may_share(session, ids, share, TODAY) == set()
    agreed(session, clock, hub_id, college_id)
    assert reads.may_share(session, ids, share, TODAY) == set(ids)
    assert reads.may_share(session, ids, replace(share, fields=frozenset({"name", "health"})), TODAY) == set()
    assert reads.may_share(session, ids, replace(share, purpose="P07"), TODAY) == set()
    assert reads.may_share(session, ids, replace(share, to_id=None), TODAY) == set()
    service.withdraw(session, amina.learner_id, ["P05"], SYSTEM, clock)
    assert reads.may_share(session, ids, share, TODAY) == set()


def test_what_an_agreement_lets_pass_is_told_field_by_field(session, clock, hub_id, college_id):
    agreed(session, clock, hub_id, college_id)
    agreed(session, clock, hub_id, college_id, fields=("email",))
    assert accounts.agreed_fields(session, hub_id, college_id, "P05", TODAY) == {"name", "phone", "email"}
    assert accounts.agreed_fields(session, hub_id, college_id, "P07", TODAY) == set()
    assert "health" in accounts.agreed_fields(session, hub_id, hub_id, "P05", TODAY)
    assert accounts.agreement_covers(session, hub_id, college_id, "P05", TODAY, ("name", "email"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"fields": ("shoe_size",)}, "fields"),
        ({"fields": ("health",)}, "art9_condition"),
        ({"terms": replace(TERMS, review_on=TODAY + timedelta(days=999))}, "review_on"),
        ({"terms": replace(TERMS, signed_on=TODAY + timedelta(days=999))}, "signed_on"),
    ],
)
def test_a_faulty_agreement_is_refused_by_field(session, clock, hub_id, college_id, changes, field):
    with pytest.raises(RuleBroken) as refused:
        agreed(session, clock, hub_id, college_id, **changes)
    assert field in refused.value.errors


def test_a_health_organisation_names_its_caldicott_guardian(session, clock, hub_id, organise):
    surgery = organise(session, "health").id
    with pytest.raises(RuleBroken) as refused:
        agreed(session, clock, hub_id, surgery)
    assert "caldicott_guardian" in refused.value.errors
    assert agreed(session, clock, hub_id, surgery, terms=replace(TERMS, caldicott_guardian="Dr Ode"))


def watched(session, clock):
    service.watch_agreements(session, clock)
    found = select(Step.subject_id).where(Step.kind == StepKind.AGREEMENT_TO_RENEW, Step.closed_at.is_(None))
    return set(session.scalars(found))


def test_an_agreement_warns_sixty_days_before_it_ends_until_another_goes_on(
    session, clock, hub_id, college_id
):
    ending = TODAY + timedelta(days=61)
    terms = replace(TERMS, review_on=None)
    row = agreed(session, clock, hub_id, college_id, ends_on=ending, terms=terms)
    assert watched(session, clock) == set()
    clock.advance(timedelta(days=1))
    assert watched(session, clock) == {row.id}
    assert watched(session, clock) == {row.id}
    gap = agreed(
        session,
        clock,
        hub_id,
        college_id,
        starts_on=ending + timedelta(days=2),
        ends_on=ending + timedelta(days=500),
        terms=terms,
    )
    assert watched(session, clock) == {row.id}
    account_service.end_agreement(session, gap.id, SYSTEM, clock)
    agreed(
        session,
        clock,
        hub_id,
        college_id,
        starts_on=ending,
        ends_on=ending + timedelta(days=500),
        terms=terms,
    )
    assert watched(session, clock) == set()


def test_a_review_that_comes_warns_too(session, clock, hub_id, college_id):
    row = agreed(
        session, clock, hub_id, college_id, terms=replace(TERMS, review_on=TODAY + timedelta(days=60))
    )
    assert watched(session, clock) == {row.id}
    clock.advance(timedelta(days=61))
    assert accounts.agreement(session, row.id).status(clock.today()) is AgreementStatus.REVIEW_DUE


PAPER = {
    "reference": "B-7", "controller_roles": "independent", "purposes": ["P05", "P07"], "fields_shared": ["name", "phone"],
    "lawful_basis": "public_task", "dpia_id": "DPIA-1", "retention": "24 months", "security_terms": "Sealed",
    "dsar_contact": "dpo@x.example", "breach_contact": "dpo@x.example",
    **days("signed_on", date(2026, 12, 1)), **days("starts_on", TODAY), **days("review_on", date(2027, 12, 1)), **days("ends_on", date(2028, 12, 31)),
}  # fmt: skip


def test_an_agreement_is_recorded_looked_at_and_ended(as_role, session, hub_id, college_id):
    manager = as_role(Role.HUB_MANAGER)
    form = PAPER | {"from_id": str(hub_id), "to_id": str(college_id)}
    assert manager.post("/agreements/add", data=form).status_code == 302
    (one,) = accounts.agreements(session)
    assert (one.parties, one.terms.dpia_id) == ((hub_id, college_id), "DPIA-1")
    page = as_role(Role.AUDITOR).get(f"/agreements/{one.id}").text
    for words in ("B-7", "DPIA-1", "24 months", "independent controllers", "In force"):
        assert words in page
    assert "End now" not in page
    assert as_role(Role.AUDITOR).post(f"/agreements/{one.id}/end").status_code == 403
    for _ in range(2):
        assert manager.post(f"/agreements/{one.id}/end").status_code == 302
    assert accounts.agreement(session, one.id).status(TODAY) is AgreementStatus.ENDED
    actions = [entry.action for entry in entries_of(session, [one.id])]
    assert actions.count("sharing_agreement.ended") == 1 and "sharing_agreement.viewed" in actions
    assert "Ended" in manager.get("/agreements").text


@pytest.mark.parametrize(
    "field", ["reference", "purposes", "fields_shared", "dpia_id", "to_id", "dsar_contact", "lawful_basis"]
)
def test_what_is_missing_in_an_agreement_is_told_beside_the_field(as_role, hub_id, college_id, field):
    form = PAPER | {"from_id": str(hub_id), "to_id": str(college_id)}
    del form[field]
    answer = as_role(Role.DATA_PROTECTION).post("/agreements/add", data=form)
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text


# ---------------------------------------------------------------- the register of consent


def test_the_register_counts_and_lists_without_names(as_role, session, amina, clock):
    service.record(session, replace(ASKED, purposes=frozenset({"P06"})), amina, SYSTEM, clock)
    service.withdraw(session, amina.learner_id, ["P06"], SYSTEM, clock)
    assert reads.counts(session)["P06"] == {ConsentState.WITHDRAWN: 1}
    assert reads.counts(session)["P05"] == {ConsentState.REFUSED: 1}
    auditor = as_role(Role.AUDITOR)
    page = auditor.get("/consent-register?purpose=P06&state=withdrawn").text
    assert (
        "Taken back: text messages" in page
        and "Amina" not in page
        and f"/learners/{amina.learner_id}" not in page
    )
    assert "No asking meets this" in auditor.get("/consent-register?state=given").text
    assert (
        f"/learners/{amina.learner_id}/consent" in as_role(Role.DATA_PROTECTION).get("/consent-register").text
    )
    lines = auditor.get("/consent-register.csv?purpose=P06").text.splitlines()
    assert len(lines) == 1 + len(OPTIONAL) and any(",P06,withdrawn," in line for line in lines)


def test_the_register_can_be_narrowed(session, amina, clock, hub_id):
    service.record(session, replace(ASKED, language=None), amina, SYSTEM, clock)
    service.record(session, replace(ASKED, under_18=True), amina, SYSTEM, clock)
    assert reads.register_size(session, RegisterFilter(unproven=True)) == 1
    assert [one.under_18 for one in reads.register(session, RegisterFilter(under_18=True), 9)] == [True]
    assert reads.register_size(session, RegisterFilter(organisation_id=hub_id)) == 0
    assert reads.register_size(session, RegisterFilter(purpose="P05", state=ConsentState.UNKNOWN)) == 1


def test_the_administrator_sees_no_register(as_role, hub_id):
    assert as_role(Role.ADMIN).get("/consent-register").status_code == 403
    assert as_role(Role.ADMIN).get("/agreements").status_code == 200


# ---------------------------------------------------------------- not valid, run out


def test_an_asking_that_does_not_count_permits_nothing_and_is_asked_again(as_role, session, amina, clock):
    consent_id = service.record(session, ASKED, amina, SYSTEM, clock)
    officer = as_role(Role.DATA_PROTECTION)
    for _ in range(2):
        answer = officer.post(
            f"/learners/{amina.learner_id}/consent/{consent_id}/invalid", data={"why": "pressure"}
        )
        assert answer.status_code == 302
    assert not reads.may(session, amina.learner_id, "P05", TODAY)
    last = reads.consents(session, amina.learner_id)[0].choices[0].events
    assert [(one.state, one.reason) for one in last][1:] == [(ConsentState.INVALIDATED, WhyInvalid.PRESSURE)]
    assert session.scalar(select(Step.kind).where(Step.kind == StepKind.CONSENT_TO_RENEW)) is not None
    assert (
        as_role(Role.ASSESSOR).post(f"/learners/{amina.learner_id}/consent/{consent_id}/invalid").status_code
        == 403
    )


def test_a_permission_runs_out_after_its_months_and_says_so(session, amina, clock):
    service.record(session, ASKED, amina, SYSTEM, clock)
    assert service.expire(session, clock) == 0
    last = date(2029, 1, 10)
    assert reads.may(session, amina.learner_id, "P05", last)
    assert not reads.may(session, amina.learner_id, "P05", last + timedelta(days=1))
    clock.advance(last + timedelta(days=1) - TODAY)
    assert service.expire(session, clock) == len(OPTIONAL)
    assert service.expire(session, clock) == 0
    assert {one.state for one in reads.consents(session, amina.learner_id)[0].choices} == {
        ConsentState.EXPIRED
    }
    service.record_again(session, amina.learner_id, replace(ASKED, given_on=clock.today()), SYSTEM, clock)
    assert reads.may(session, amina.learner_id, "P05", clock.today())


def test_events_only_grow(session, amina, clock):
    service.record(session, ASKED, amina, SYSTEM, clock)
    with pytest.raises(Exception, match="only ever added"):
        session.execute(text("DELETE FROM consent_event"))
