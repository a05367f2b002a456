from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from hub.consent import reactions, reads, service
from hub.consent.domain import OPTIONAL, ConsentWithdrawn, NewConsent, Proof, Standing
from hub.core.errors import NotFound, NotPermitted, RuleBroken
from hub.core.permissions import SYSTEM, Actor, Role, learner_actor
from hub.infra.audit import entries_of
from hub.learners import reads as learner_reads
from hub.learners import service as learners
from hub.learners.domain import LearnersMerged, LearnersUnmerged, NewNeeds, NewPerson
from hub.steps.domain import StepKind
from hub.steps.models import Step

TODAY = date(2027, 1, 11)
ALL = frozenset(OPTIONAL)
ASKED = NewConsent(
    given_on=TODAY, channel="in_person", language="so", wording_version="2026-11", purposes=ALL
)
AMINA = NewPerson(
    given_names="Amina", family_name="Hassan", date_of_birth=date(1990, 2, 3), phone="+447700900123"
)
REFERRER = Actor("user", None, "Robin", Role.REFERRER)


@pytest.fixture
def amina(session, clock, organise):
    organise(session, "hub")
    needs = NewNeeds(support_needed="Hearing aid")
    return learners.identify(session, AMINA, needs, None, SYSTEM, clock)


def again(session, clock):
    return learners.identify(session, replace(AMINA, given_names="Aamina"), None, None, SYSTEM, clock)


def may(session, who, purpose="P05"):
    return reads.may(session, who.learner_id, purpose, TODAY)


def steps_of(session, consent_id):
    return session.scalars(
        select(Step.state).where(Step.subject_id == consent_id, Step.kind == StepKind.CONSENT_TO_CONFIRM)
    ).all()


def test_what_was_agreed_is_permitted_and_nothing_else(session, amina, clock):
    service.record(session, replace(ASKED, purposes=frozenset({"P05", "P01"})), amina, SYSTEM, clock)
    assert may(session, amina) and not may(session, amina, "P06")
    assert reads.may_many(session, [amina.learner_id, amina.subject_id], "P05") == {amina.learner_id}


def test_refusing_everything_optional_is_valid_and_the_work_goes_on(session, amina, clock):
    service.record(session, replace(ASKED, purposes=frozenset()), amina, SYSTEM, clock)
    assert not any(may(session, amina, code) for code in OPTIONAL)
    assert all(may(session, amina, code) for code in ("P01", "P02", "P04", "P10"))


def test_the_record_says_who_when_how_and_in_which_words(session, amina, clock, person):
    assessor = person(session, Role.ASSESSOR)
    service.record(session, replace(ASKED, interpreter_used=True), amina, assessor, clock)
    view = reads.consents(session, amina.learner_id)[0]
    assert (view.captured_by, view.organisation_id) == (assessor.id, assessor.organisation_id)
    assert (view.language, view.wording_version, view.interpreter_used) == ("so", "2026-11", True)
    assert view.wording_sha256 == reads.wording(session, "so").sha256
    raw = session.execute(text("SELECT language_sealed FROM consent")).scalar_one()
    assert bytes(raw) != b"so" and len(raw) > 20


@pytest.mark.parametrize("missing", ["language", "wording_version"])
def test_without_proof_nothing_optional_is_permitted_and_the_hub_is_asked(session, amina, clock, missing):
    unproven = (
        replace(ASKED, language=None) if missing == "language" else replace(ASKED, wording_version=None)
    )
    consent_id = service.record(session, unproven, amina, SYSTEM, clock)
    assert not may(session, amina)
    assert steps_of(session, consent_id) == ["open"]


def test_confirming_proves_it_and_closes_the_step(session, amina, clock, person):
    manager = person(session, Role.HUB_MANAGER)
    consent_id = service.record(session, replace(ASKED, language=None), amina, SYSTEM, clock)
    proof = Proof(wording_version="2026-11", language="so", note="Saw the paper form")
    for _ in range(2):
        service.confirm_proof(session, consent_id, proof, manager, clock)
    assert may(session, amina)
    assert steps_of(session, consent_id) == ["closed"]
    assert reads.consents(session, amina.learner_id)[0].proof_note == "Saw the paper form"


def test_a_false_proof_is_refused_and_a_foreign_one_not_found(session, amina, clock):
    consent_id = service.record(session, replace(ASKED, language=None), amina, SYSTEM, clock)
    for proof, field in [
        (Proof(wording_version="1999-01", language="so"), "wording_version"),
        (Proof(wording_version="2026-11", language="ti"), "language"),
        (Proof(wording_version="2026-11", language=""), "language"),
    ]:
        with pytest.raises(RuleBroken) as refused:
            service.confirm_proof(session, consent_id, proof, SYSTEM, clock)
        assert field in refused.value.errors
    with pytest.raises(NotFound):
        service.confirm_proof(session, amina.learner_id, proof, SYSTEM, clock)


def test_faults_are_named_by_field(session, amina, clock):
    with pytest.raises(RuleBroken) as refused:
        service.record(session, replace(ASKED, given_on=date(2027, 1, 12)), amina, SYSTEM, clock)
    assert list(refused.value.errors) == ["consent.given_on"]


def hear(session, clock):
    """Let this slice alone react to what was recorded."""
    for event in session.info.pop("hub_events", []):
        if isinstance(event, LearnersMerged):
            reactions.learners_merged(session, event, SYSTEM, clock)
        if isinstance(event, LearnersUnmerged):
            reactions.learners_unmerged(session, event, SYSTEM, clock)


def withdrawn(session):
    return [one for one in session.info.get("hub_events", []) if isinstance(one, ConsentWithdrawn)]


def test_the_learner_withdraws_one_purpose_and_the_others_stay(session, amina, clock):
    service.record(session, ASKED, amina, SYSTEM, clock)
    own = learner_actor(amina.learner_id)
    assert service.withdraw(session, amina.learner_id, {"P06"}, own, clock) == {"P06"}
    assert not may(session, amina, "P06") and may(session, amina)
    assert service.withdraw(session, amina.learner_id, {"P06"}, own, clock) == frozenset()
    assert withdrawn(session) == [ConsentWithdrawn(amina.learner_id, frozenset({"P06"}))]


def test_only_the_learner_or_the_hub_withdraws(session, amina, clock, person):
    service.record(session, ASKED, amina, SYSTEM, clock)
    for stranger in (REFERRER, person(session, Role.PROVIDER), learner_actor(amina.subject_id)):
        with pytest.raises(NotPermitted):
            service.withdraw(session, amina.learner_id, {"P06"}, stranger, clock)
    with pytest.raises(RuleBroken):
        service.withdraw(session, amina.learner_id, {"P01"}, SYSTEM, clock)
    manager = person(session, Role.HUB_MANAGER)
    assert service.withdraw(session, amina.learner_id, {"P06"}, manager, clock, relayed=True)


def test_withdrawing_what_was_not_proven_outlives_the_proof(session, amina, clock):
    consent_id = service.record(session, replace(ASKED, language=None), amina, SYSTEM, clock)
    service.withdraw(session, amina.learner_id, {"P05"}, SYSTEM, clock)
    service.confirm_proof(session, consent_id, Proof(wording_version="2026-11", language="en"), SYSTEM, clock)
    assert not may(session, amina) and may(session, amina, "P06")


def test_withdrawing_health_wipes_what_was_told(session, amina, clock):
    service.record(session, ASKED, amina, SYSTEM, clock)
    service.withdraw(session, amina.learner_id, {"P08"}, SYSTEM, clock)
    assert learner_reads.needs(session, [amina.learner_id])[amina.learner_id].support_needed is None


def test_after_a_merge_the_strictest_counts_and_after_unmerging_each_their_own(session, amina, clock):
    other = again(session, clock)
    service.record(session, ASKED, amina, SYSTEM, clock)
    service.record(session, replace(ASKED, purposes=frozenset({"P06"})), other, SYSTEM, clock)
    decision = learners.merge(session, amina.learner_id, other.learner_id, SYSTEM, clock)
    hear(session, clock)
    for who in (amina, other):
        assert not may(session, who, "P05") and may(session, who, "P06")
    assert len(reads.consents(session, amina.learner_id)) == 2
    learners.unmerge(session, decision, SYSTEM, clock)
    hear(session, clock)
    assert may(session, amina, "P05") and not may(session, other, "P05")
    assert len(reads.consents(session, other.learner_id)) == 1


def test_a_record_nobody_was_asked_about_makes_it_not_asked(session, amina, clock):
    service.record(session, ASKED, amina, SYSTEM, clock)
    other = again(session, clock)
    learners.merge(session, amina.learner_id, other.learner_id, SYSTEM, clock)
    assert not may(session, amina)
    standings = {one.purpose.code: one for one in reads.standings(session, amina.learner_id, TODAY)}
    assert standings["P05"].standing is Standing.NOT_ASKED and standings["P01"].permitted


def test_asking_again_counts_for_all_sources_and_settles_the_unproven(session, amina, clock):
    service.record(session, replace(ASKED, language=None), amina, SYSTEM, clock)
    other = again(session, clock)
    learners.merge(session, amina.learner_id, other.learner_id, SYSTEM, clock)
    hear(session, clock)
    clock.advance(timedelta(minutes=1))
    new = replace(ASKED, purposes=frozenset({"P05", "P06"}))
    for _ in range(2):
        service.record_again(session, other.learner_id, new, SYSTEM, clock)
    assert may(session, amina) and may(session, other, "P06") and not may(session, amina, "P07")
    assert len(reads.consents(session, amina.learner_id)) == 3
    assert {
        state for one in reads.consents(session, amina.learner_id) for state in steps_of(session, one.id)
    } == {"closed"}
    assert withdrawn(session)[-1].purposes == ALL - {"P05", "P06"}


def test_asking_again_needs_proof_and_somebody(session, amina, clock):
    with pytest.raises(RuleBroken):
        service.record_again(session, amina.learner_id, replace(ASKED, language=None), SYSTEM, clock)
    with pytest.raises(NotFound):
        service.record_again(session, amina.subject_id, ASKED, SYSTEM, clock)


def test_a_single_yes_adds_to_what_stands(session, amina, clock):
    service.record(session, replace(ASKED, purposes=frozenset({"P06"})), amina, SYSTEM, clock)
    clock.advance(timedelta(minutes=1))
    for _ in range(2):
        service.grant(session, amina.learner_id, replace(ASKED, purposes=frozenset({"P05"})), SYSTEM, clock)
    assert may(session, amina) and may(session, amina, "P06") and not may(session, amina, "P07")
    assert len(reads.consents(session, amina.learner_id)) == 2


def test_every_step_of_permission_is_audited(session, amina, clock):
    consent_id = service.record(session, replace(ASKED, language=None), amina, SYSTEM, clock)
    service.confirm_proof(session, consent_id, Proof(wording_version="2026-11", language="en"), SYSTEM, clock)
    service.withdraw(session, amina.learner_id, {"P05"}, SYSTEM, clock)
    session.flush()
    actions = {one.action for one in entries_of(session, [amina.learner_id])}
    assert {"consent.recorded", "consent.confirmed", "consent.withdrawn"} <= actions
