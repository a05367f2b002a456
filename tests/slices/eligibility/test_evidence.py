"""Evidence that staff saw: noted, sealed, moved with the person, taken back."""

from datetime import date

import pytest
from sqlalchemy import select, text

from hub.core.errors import NotFound, NotPermitted, RuleBroken
from hub.core.permissions import SYSTEM, Role
from hub.eligibility import reactions, reads, service
from hub.eligibility.domain import EvidenceKind, Fundability, NewEvidence
from hub.infra.audit import AuditEntry
from hub.learners import service as learners
from hub.learners.domain import LearnersMerged, LearnersUnmerged, NewPerson
from tests.conftest import uuid

SEEN = date(2027, 1, 8)


@pytest.fixture
def refer(session, organise, clock):
    def make(name="Amina", born=date(1990, 3, 27)):
        organise(session, "hub")
        partner = organise(session, "jobcentre")
        person = NewPerson(
            given_names=name,
            family_name="Yilmaz",
            date_of_birth=born,
            postcode="E8 1AA",
            phone="+447700900123",
        )
        found = learners.identify(session, person, None, partner.id, SYSTEM, clock)
        session.flush()
        return found

    return make


@pytest.fixture
def assessor(session, person):
    return person(session, Role.ASSESSOR)


def test_what_was_seen_by_whom_and_when(session, refer, assessor, clock):
    who = refer().learner_id
    service.record_evidence(
        session, NewEvidence(who, EvidenceKind.EVISA, SEEN, "on a phone"), assessor, clock
    )
    (one,) = reads.evidence(session, [who])[who]
    assert (one.label, one.note, one.seen_on, one.seen_by_name) == (
        "eVisa, by share code", "on a phone", SEEN, assessor.name,
    )  # fmt: skip


def test_it_is_sealed(session, refer, assessor, clock):
    service.record_evidence(session, NewEvidence(refer().learner_id, EvidenceKind.ARC, SEEN), assessor, clock)
    row = session.execute(text("SELECT kind_sealed, note_sealed FROM evidence_seen")).one()
    assert b"arc" not in bytes(row[0])
    assert row[1] is None


def test_noted_twice_is_noted_once(session, refer, assessor, clock):
    new = NewEvidence(refer().learner_id, EvidenceKind.PASSPORT, SEEN)
    first = service.record_evidence(session, new, assessor, clock)
    assert service.record_evidence(session, new, assessor, clock).id == first.id


def test_it_is_in_the_audit(session, refer, assessor, clock):
    who = refer().learner_id
    row = service.record_evidence(session, NewEvidence(who, EvidenceKind.PASSPORT, SEEN), assessor, clock)
    service.take_back(session, who, row.id, assessor, clock)
    service.take_back(session, who, row.id, assessor, clock)
    session.flush()
    found = select(AuditEntry.action).where(AuditEntry.action.like("evidence.%")).order_by(AuditEntry.id)
    assert list(session.scalars(found)) == ["evidence.recorded", "evidence.taken_back"]
    assert reads.evidence(session, [who]) == {}


def test_who_may_not_and_what_is_not(session, refer, assessor, person, clock):
    new = NewEvidence(refer().learner_id, EvidenceKind.OTHER, SEEN)
    with pytest.raises(NotPermitted):
        service.record_evidence(session, new, person(session, Role.REFERRER), clock)
    with pytest.raises(RuleBroken):
        service.record_evidence(session, new, assessor, clock)
    with pytest.raises(NotFound):
        service.record_evidence(session, NewEvidence(uuid(404), EvidenceKind.ARC, SEEN), assessor, clock)
    with pytest.raises(NotFound):
        service.take_back(session, new.learner_id, uuid(404), assessor, clock)


def test_it_goes_with_its_source_record(session, refer, assessor, clock):
    kept, lost = refer(), refer("Amine", date(1991, 1, 1))
    new = NewEvidence(lost.learner_id, EvidenceKind.PASSPORT, SEEN)
    row = service.record_evidence(session, new, assessor, clock)
    records = (lost.source_record_id,)
    merged = LearnersMerged(kept.learner_id, lost.learner_id, records, uuid(1))
    reactions.learners_merged(session, merged, assessor, clock)
    session.refresh(row)
    assert row.learner_id == kept.learner_id
    unmerged = LearnersUnmerged(kept.learner_id, lost.learner_id, records, uuid(1), clock.now())
    reactions.learners_unmerged(session, unmerged, assessor, clock)
    session.refresh(row)
    assert (row.learner_id, row.kind) == (lost.learner_id, "passport")


def test_unknown_funding_is_flagged(session, refer, clock):
    who = refer().learner_id
    assert reads.funding(session, [who], clock.today())[who].flag is Fundability.UNKNOWN


def test_the_page(as_role, session, refer):
    who = refer().learner_id
    client = as_role(Role.HUB_MANAGER)
    assert "counts as fundable" in client.get(f"/learners/{who}/evidence").text
    form = {
        "kind": "evisa",
        "seen_on-day": "8",
        "seen_on-month": "1",
        "seen_on-year": "2027",
        "note": "on a phone",
    }
    wrong = client.post(f"/learners/{who}/evidence", data=form | {"note": "number 12345678"})
    assert (wrong.status_code, "Do not write numbers" in wrong.text) == (422, True)
    assert "Select what you were shown" in client.post(f"/learners/{who}/evidence", data={}).text
    assert client.post(f"/learners/{who}/evidence", data=form).status_code == 302
    page = client.get(f"/learners/{who}/evidence").text
    assert "eVisa, by share code" in page
    (one,) = reads.evidence(session, [who])[who]
    assert client.post(f"/learners/{who}/evidence/{one.id}/take-back").status_code == 302
    assert client.get(f"/learners/{uuid(404)}/evidence").status_code == 404
    assert as_role(Role.REFERRER).get(f"/learners/{who}/evidence").status_code == 403
