"""Consent records and receipts in the forms that other programs read: ISO/IEC TS 27560 and Kantara 1.1."""

import io
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import segno

from hub.consent.domain import ConsentEventView, ConsentState, ConsentView, Purpose, Wording
from hub.consent.reads.receipts import Receipt
from hub.infra import pdf
from hub.infra.config import Settings

Json = dict[str, Any]
KANTARA_VERSION = "KI-CR-v1.1.0"
_SEALED_FROM_RECEIPT = frozenset({"capacity_note", "witness", "evidence_ref"})


@cache
def _facts() -> Mapping[str, Any]:
    text = resources.files("hub.consent").joinpath("data/record.toml").read_text("utf-8")
    return tomllib.loads(text)


def iso_27560(receipt: Receipt, one: ConsentView, settings: Settings, *, whole: bool = False) -> Json:
    """One asking as a consent record of ISO/IEC TS 27560, with all that happened to it since.

    `whole`: the hub's own copy, with notes about capacity, witness and evidence; a receipt leaves them out, since
    it may lie on a phone that others read. The principal is known by the id of the record that came in about them.
    """
    purposes = receipt.purposes[one.id]
    asked = [purposes[choice.purpose] for choice in one.choices]
    return {
        "schema_version": one.schema_version,
        "record_id": str(one.id),
        "receipt_id": str(one.receipt_id or one.id),
        "pii_principal_id": str(one.source_record_id),
        "processing": {
            "privacy_notice": {
                "id": one.notice_id or "",
                "version": one.wording_version or "",
                "sha256": one.wording_sha256 or "",
                "url": f"{settings.base_url}/privacy",
            },
            "language": one.language or "und",
            "purposes": [_purpose(purpose, receipt, one, settings) for purpose in asked],
        },
        "parties": [_controller(settings), *_recipients(receipt), _authority()],
        "events": [_event(event) for choice in one.choices for event in choice.events],
        "capture": _capture(one, whole),
    }


def _purpose(purpose: Purpose, receipt: Receipt, one: ConsentView, settings: Settings) -> Json:
    facts = _facts()
    shares = purpose.code in receipt.sharing
    return {
        "purpose": purpose.code,
        "name": purpose.title,
        "description": purpose.words,
        "purpose_type": purpose.category,
        "lawful_basis": purpose.basis.value,
        "lawful_basis_article": purpose.basis.article,
        "art9_condition": purpose.art9_condition.value if purpose.art9_condition else None,
        "pii_information": [
            {
                "pii_type": data.type,
                "pii_optional": data.optional,
                "sensitive_category": data.sensitive or data.special,
                "special_category": data.special,
            }
            for data in purpose.data
        ],
        "pii_controllers": ["controller"],
        "collection_method": one.channel.value,
        "processing_method": facts["processing_method"],
        "storage_locations": facts["storage_locations"],
        "retention_period": purpose.retention,
        "processing_location": facts["processing_location"],
        "geographic_restrictions": facts["geographic_restrictions"],
        "service": facts["service"],
        "jurisdiction": facts["jurisdiction"],
        "recipient_third_parties": [str(party.id) for party in receipt.recipients] if shares else [],
        "withdrawal_method": facts["withdrawal_method"],
        "privacy_rights": facts["privacy_rights"],
        "codes_of_conduct": facts["codes_of_conduct"],
        "impact_assessment": settings.dpia_id,
        "authority_party": "authority",
    }


def _controller(settings: Settings) -> Json:
    return {
        "party_id": "controller",
        "name": settings.hub_name,
        "address": settings.hub_address,
        "contact": settings.hub_phone,
        "party_type": "controller",
        "role": "pii_controller",
        "email": settings.hub_email,
        "url": settings.base_url,
        "phone": settings.hub_phone,
    }


def _recipients(receipt: Receipt) -> list[Json]:
    return [
        {
            "party_id": str(party.id),
            "name": party.name,
            "address": "",
            "contact": party.email or party.phone or "",
            "party_type": "third_party",
            "role": "recipient",
            "email": party.email,
            "phone": party.phone,
        }
        for party in receipt.recipients
    ]


def _authority() -> Json:
    known = _facts()["authority"]
    return {"party_id": "authority", "party_type": "authority", "role": "supervisory_authority", **known}


def _event(event: ConsentEventView) -> Json:
    return {
        "purpose": event.purpose,
        "event_time": event.at.isoformat(),
        "validity_duration": f"until {event.valid_until.isoformat()}" if event.valid_until else "none",
        "entity_id": str(event.actor_id) if event.actor_id else event.actor_role,
        "event_type": event.type.value,
        "event_state": event.state.value,
        "relayed": event.relayed,
        "reason": event.reason,
    }


def _capture(one: ConsentView, whole: bool) -> Json:
    told = one.circumstances.as_dict()
    kept = {name: value for name, value in told.items() if whole or name not in _SEALED_FROM_RECEIPT}
    return {
        "captured_by_user": str(one.captured_by) if one.captured_by and whole else None,
        "captured_org": str(one.organisation_id) if one.organisation_id else None,
        "captured_role": one.captured_role,
        "given_on": one.given_on.isoformat(),
        "channel": one.channel.value,
        "interpreter_used": one.interpreter_used,
        "interpreter_id": kept.get("interpreter"),
        "witness": kept.get("witness"),
        "understanding_check": kept.get("understanding"),
        "evidence_ref": kept.get("evidence_ref"),
        "capacity_note": kept.get("capacity_note"),
        "on_behalf_of": kept.get("on_behalf_of"),
        "on_behalf_authority": kept.get("authority"),
        "under_18": one.under_18,
        "adult": kept.get("adult"),
        "dsa_id": str(one.agreement_id) if one.agreement_id else None,
        "no_detriment_shown": one.no_detriment_shown,
        "proven": one.proven,
    }


def kantara(receipt: Receipt, one: ConsentView, settings: Settings) -> Json:
    """The yeses of one asking as a consent receipt of the Kantara Initiative, version 1.1."""
    purposes = receipt.purposes[one.id]
    given = [purposes[choice.purpose] for choice in one.choices if _stands(choice.state)]
    return {
        "version": KANTARA_VERSION,
        "jurisdiction": _facts()["jurisdiction"],
        "consentTimestamp": int(one.created_at.timestamp()),
        "collectionMethod": one.channel.value,
        "consentReceiptID": str(one.receipt_id or one.id),
        "language": one.language or "und",
        "piiPrincipalId": str(one.source_record_id),
        "piiControllers": [
            {
                "piiController": settings.hub_name,
                "onBehalf": False,
                "contact": settings.hub_name,
                "address": {"streetAddress": settings.hub_address, "addressCountry": "GB"},
                "email": settings.hub_email,
                "phone": settings.hub_phone,
            }
        ],
        "policyUrl": f"{settings.base_url}/privacy",
        "services": [
            {"service": _facts()["service"], "purposes": [_kantara_purpose(each, receipt) for each in given]}
        ],
        "sensitive": any(data.sensitive or data.special for each in given for data in each.data),
        "spiCat": [data.type for each in given for data in each.data if data.sensitive or data.special],
    }


def _stands(state: ConsentState) -> bool:
    return state in {ConsentState.GIVEN, ConsentState.RENEWED}


def _kantara_purpose(purpose: Purpose, receipt: Receipt) -> Json:
    shares = purpose.code in receipt.sharing
    told: Json = {
        "purpose": purpose.words,
        "purposeCategory": [purpose.category],
        "consentType": "EXPLICIT",
        "piiCategory": [data.type for data in purpose.data],
        "primaryPurpose": purpose.category == "Core Function",
        "termination": f"{_facts()['withdrawal_method']}. Kept: {purpose.retention}",
        "thirdPartyDisclosure": shares,
    }
    return told | (
        {"thirdPartyName": "; ".join(party.name for party in receipt.recipients)} if shares else {}
    )


def as_text(body: Json) -> str:
    """Readable by people too: indented, every script as it is."""
    return json.dumps(body, ensure_ascii=False, indent=1)


@cache
def _how_to_answer() -> Mapping[str, str]:
    return tomllib.loads(resources.files("hub.consent").joinpath("data/sheet.toml").read_text("utf-8"))


SHEET_HEADERS = {"Content-Disposition": 'inline; filename="permission.pdf"', "Cache-Control": "no-store"}


def sheet(words: Wording, token: str, settings: Settings) -> bytes:
    """The questions on paper, in the learner's language, with the address and its picture to answer them at."""
    link = f"{settings.base_url}/l/{token}"
    drawn = io.BytesIO()
    segno.make(link, error="m", micro=False).save(drawn, kind="svg", border=4, scale=4)
    data = {
        "title": words.title,
        "hub": settings.hub_name,
        "lang": words.language.code,
        "dir": words.language.direction,
        "intro": words.intro,
        "questions": [one.question for one in words.purposes],
        "withdraw": words.withdraw,
        "open": _how_to_answer()[words.language.code],
        "link": link,
        "picture": drawn.getvalue().decode(),
        "foot": f"{settings.hub_name}, {settings.hub_phone}",
    }
    return pdf.render(resources.files("hub.consent") / "templates" / "consent" / "sheet.typ", data)
