"""The receipt of what a learner agreed to: page, PDF and files, in their language; and stopping everything."""

import json
from dataclasses import replace
from datetime import date
from html import unescape

import pytest

from hub.consent import exchange
from hub.consent import reads as consents
from hub.consent import service as consent
from hub.consent.domain import OPTIONAL, Circumstances, NewConsent
from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import entries_of
from hub.infra.db import react
from hub.messaging.models import Message
from hub.portal import domain
from tests.slices.portal.conftest import BIRTH

TODAY = date(2027, 1, 11)
ASKED = NewConsent(
    given_on=TODAY, channel="phone", language="so", wording_version="2026-11", purposes=frozenset({"P05", "P06", "P08"}),
    interpreter_used=True,
    circumstances=Circumstances(interpreter="Interpreter 7", witness="A sister", capacity_note="Seemed tired", on_behalf_of="Mo Ali", authority="parent"),
)  # fmt: skip


@pytest.mark.parametrize("language", sorted(domain.languages()))
def test_the_receipt_is_there_in_every_language_as_page_and_as_pdf(visit, language):
    client, token, _ = visit()
    page = client.get(f"/l/{token}/receipt?lang={language}")
    words = domain.words(language)
    assert (
        page.status_code == 200 and words["receipt_title"] in page.text and words["you_said_no"] in page.text
    )
    assert words["receipt_until"].split("{")[0].strip() in unescape(page.text)
    made = client.get(f"/l/{token}/receipt.pdf?lang={language}")
    assert made.mimetype == "application/pdf" and b"<pdfuaid:part>1</pdfuaid:part>" in made.data


def test_a_receipt_link_leads_to_the_receipt_after_the_date_of_birth(client, learner, link):
    token = link(learner().learner_id)
    assert client.get(f"/l/{token}/receipt").headers["Location"].endswith("to=receipt")
    page = client.get(f"/l/{token}?to=receipt").text
    assert f"/l/{token}?to=receipt" in page
    assert client.post(f"/l/{token}?to=receipt", data=BIRTH).headers["Location"] == f"/l/{token}/receipt"
    assert client.get(f"/l/{token}?to=https://evil.example").headers["Location"] == f"/l/{token}/here"


MANDATORY = (
    "purpose pii_information pii_controllers storage_locations retention_period jurisdiction recipient_third_parties "
    "withdrawal_method lawful_basis purpose_type collection_method processing_method processing_location service "
    "geographic_restrictions privacy_rights codes_of_conduct impact_assessment authority_party art9_condition"
).split()


def test_the_record_has_every_field_of_iso_27560_and_ours(session, visit, clock, hub):
    client, token, learner_id = visit()
    consent.record_again(session, learner_id, ASKED, SYSTEM, clock)
    body = client.get(f"/l/{token}/receipt.json").json
    newest = body["records"][0]
    assert {"schema_version", "record_id", "receipt_id", "pii_principal_id"} <= newest.keys()
    assert newest["pii_principal_id"] != str(learner_id)
    notice = newest["processing"]["privacy_notice"]
    assert (
        notice["version"] == "2026-11"
        and len(notice["sha256"]) == 64
        and newest["processing"]["language"] == "so"
    )
    purposes = {one["purpose"]: one for one in newest["processing"]["purposes"]}
    assert set(purposes) == set(OPTIONAL)
    assert all(set(MANDATORY) <= one.keys() for one in purposes.values())
    assert purposes["P08"]["art9_condition"] == "explicit_consent"
    assert purposes["P08"]["pii_information"][0]["special_category"] is True
    assert all(
        {"party_id", "name", "address", "contact", "party_type"} <= one.keys() for one in newest["parties"]
    )
    events = {one["purpose"]: one for one in newest["events"]}
    assert (events["P08"]["event_type"], events["P08"]["event_state"]) == ("explicit", "given")
    assert (events["P06"]["event_type"], events["P06"]["event_state"]) == ("regular", "renewed")
    assert (
        events["P11"]["event_state"] == "refused" and events["P06"]["validity_duration"] == "until 2029-01-10"
    )
    capture = newest["capture"]
    assert capture["interpreter_id"] == "Interpreter 7" and capture["on_behalf_of"] == "Mo Ali"
    assert capture["no_detriment_shown"] is True and capture["channel"] == "phone"
    assert capture["capacity_note"] is None and capture["witness"] is None


def test_the_kantara_receipt_names_what_stands_and_nothing_refused(session, visit, clock, hub):
    client, token, learner_id = visit()
    consent.record_again(session, learner_id, ASKED, SYSTEM, clock)
    consent.withdraw(session, learner_id, ["P05"], SYSTEM, clock)
    newest = client.get(f"/l/{token}/receipt.json").json["kantara_receipts"][0]
    fields = (
        "version jurisdiction consentTimestamp collectionMethod consentReceiptID language piiPrincipalId "
        "piiControllers policyUrl services sensitive spiCat"
    ).split()
    assert set(fields) == newest.keys()
    (service,) = newest["services"]
    assert [one["consentType"] for one in service["purposes"]] == ["EXPLICIT", "EXPLICIT"]
    wanted = {
        "purpose",
        "purposeCategory",
        "consentType",
        "piiCategory",
        "primaryPurpose",
        "termination",
        "thirdPartyDisclosure",
    }
    assert all(wanted <= one.keys() for one in service["purposes"])
    assert newest["sensitive"] is True and newest["spiCat"] == ["Health or disability"]


def test_the_hub_has_the_whole_record_and_prints_the_receipt(session, visit, clock, as_role):
    _, _, learner_id = visit()
    consent.record_again(session, learner_id, ASKED, SYSTEM, clock)
    officer = as_role(Role.DATA_PROTECTION)
    whole = officer.get(f"/learners/{learner_id}/consent/records.json").json["records"][0]["capture"]
    assert (whole["capacity_note"], whole["witness"]) == ("Seemed tired", "A sister")
    assert officer.get(f"/learners/{learner_id}/receipt.pdf").data.startswith(b"%PDF")
    actions = {one.action for one in entries_of(session, [learner_id])}
    assert {"consent.exported", "consent.receipt_printed"} <= actions
    for role in (Role.PROVIDER, Role.REFERRER, Role.AUDITOR):
        assert as_role(role).get(f"/learners/{learner_id}/receipt.pdf").status_code == 403
    assert as_role(Role.ASSESSOR).get(f"/learners/{learner_id}/consent/records.json").status_code == 403
    missing = "/learners/00000000-0000-0000-0000-000000000001/receipt.pdf"
    assert officer.get(missing).status_code == 404


def test_the_notes_lie_sealed(session, learner, clock):
    made = learner()
    consent.record_again(session, made.learner_id, ASKED, SYSTEM, clock)
    session.flush()
    raw = session.connection().exec_driver_sql("SELECT circumstances_sealed FROM consent").scalars().all()
    assert any(raw) and not any(one and b"tired" in bytes(one) for one in raw)


def test_a_receipt_is_texted_after_asking_again(session, learner, clock, as_role):
    made = learner()
    consent.record_again(session, made.learner_id, ASKED, SYSTEM, clock)
    react(session)
    (message,) = session.query(Message).filter_by(template="permissions_receipt").all()
    assert "?to=receipt" in message.body
    assert as_role(Role.ASSESSOR).post(f"/learners/{made.learner_id}/consent/receipt").status_code == 302
    assert session.query(Message).filter_by(template="permissions_receipt").count() == 2


def test_everything_is_stopped_in_two_presses_without_signing_in(session, visit):
    client, token, learner_id = visit()
    assert f"/l/{token}/stop-all" in client.get(f"/l/{token}/permissions").text
    assert f"/l/{token}/stop-all/yes" in client.get(f"/l/{token}/stop-all").text
    for _ in range(2):
        done = client.post(f"/l/{token}/stop-all/yes")
        assert done.headers["Location"] == f"/l/{token}/here?said=stop_all_done"
    assert not any(consents.may(session, learner_id, code, TODAY) for code in OPTIONAL)
    assert domain.words("en")["stop_all_done"] in client.get(done.headers["Location"]).text


def test_receipt_files_are_plain_json(session, learner, clock, hub):
    made = learner()
    found = consents.receipt(session, made.learner_id, TODAY)
    text = exchange.as_text(
        exchange.kantara(found, found.askings[0], replace(hub.settings, hub_address="Łódź Road"))
    )
    assert json.loads(text)["piiControllers"][0]["address"]["streetAddress"] == "Łódź Road" and "Łódź" in text
