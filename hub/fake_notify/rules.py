"""Notify's rules for a payload, typed again from its documentation: they test ours."""

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from hub.fake_notify.errors import NotifyError, bad_request

REFERENCE_MAX = 1000
TEXT_MAX = 918
EMAIL_MAX_BYTES = 2_000_000
_EMAIL = re.compile(r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~\\-]+@([^.@][^@\s]+)$")

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ!\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = set("^{}\\[~]|€")
_WELSH = set("ÂâÊêÎîÔôÛûŴŵŶŷÁáÍíÓóÚúẂẃÝýËëÏïẄẅŸÿÀÈÌÒÙẀẁỲỳ")
_REPLACED = {
    "–": "-", "—": "-", "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"', "\u200b": "", "\u00a0": " ",
    "\t": " ", "\u00ad": "", "\ufeff": "",
}  # fmt: skip

_SMS_FIELDS = {
    "phone_number", "template_id", "personalisation", "reference", "sms_sender_id", "scheduled_for",
}  # fmt: skip
_EMAIL_FIELDS = {
    "email_address", "template_id", "personalisation", "reference", "email_reply_to_id",
    "one_click_unsubscribe_url", "sanitise_content_for", "scheduled_for",
}  # fmt: skip


def check_sms(payload: Any) -> dict[str, Any]:
    """The payload of POST /v2/notifications/sms, or 400 with every fault named."""
    faults = _shape(payload, _SMS_FIELDS, "phone_number")
    if not faults:
        fault = phone_fault(payload["phone_number"])
        faults = [f"phone_number {fault}"] if fault else []
    return _checked(payload, faults)


def check_email(payload: Any) -> dict[str, Any]:
    """The payload of POST /v2/notifications/email, or 400 with every fault named."""
    faults = _shape(payload, _EMAIL_FIELDS, "email_address")
    if not faults and not _is_email(payload["email_address"]):
        faults.append("email_address Not a valid email address")
    if not faults and "one_click_unsubscribe_url" in payload:
        url = payload["one_click_unsubscribe_url"]
        if not isinstance(url, str) or urlsplit(url).scheme != "https":
            faults.append("one_click_unsubscribe_url is not a valid https url")
    return _checked(payload, faults)


def _checked(payload: Any, faults: list[str]) -> dict[str, Any]:
    if faults:
        raise NotifyError(400, "ValidationError", *faults)
    checked: dict[str, Any] = payload
    return checked


def _shape(payload: Any, allowed: set[str], recipient: str) -> list[str]:
    if not isinstance(payload, dict):
        return ["Invalid JSON supplied in POST data"]
    faults = [f"{name} is a required property" for name in (recipient, "template_id") if name not in payload]
    extra = sorted(set(payload) - allowed)
    if extra:
        faults.append(f"Additional properties are not allowed ({', '.join(extra)} was unexpected)")
    if recipient in payload and not isinstance(payload[recipient], str):
        faults.append(f"{recipient} {payload[recipient]!r} is not of type string")
    ids = ("template_id", "sms_sender_id", "email_reply_to_id")
    faults += [f"{n} is not a valid UUID" for n in ids if n in payload and not _is_uuid(payload[n])]
    faults += _reference_faults(payload.get("reference", ""))
    faults += _value_faults(payload.get("personalisation", {}))
    return faults


def _reference_faults(reference: Any) -> list[str]:
    if not isinstance(reference, str):
        return ["reference is not of type string"]
    return ["reference is too long"] if len(reference) > REFERENCE_MAX else []


def _value_faults(values: Any) -> list[str]:
    if not isinstance(values, dict):
        return ["personalisation is not of type object"]
    return []


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _is_email(text: str) -> bool:
    found = _EMAIL.match(text.strip())
    if not found or len(text) > 320 or ".." in text:
        return False
    host = found.group(1)
    return "." in host and all(0 < len(part) <= 63 for part in host.split("."))


def phone_fault(text: str) -> str | None:
    """Notify's words for a number it cannot use, or None."""
    compact = re.sub(r"[\s()\-.\u200b\u00a0]", "", text)
    if re.search(r"[^\d+]", compact) or not compact:
        return "Phone numbers must not contain letters or symbols"
    digits = compact.removeprefix("+").removeprefix("00")
    if compact.startswith("0") and not compact.startswith("00"):
        digits = "44" + compact[1:]
    if digits.startswith("44"):
        return _uk_fault(digits[2:].removeprefix("0"))
    if len(digits) < 8:
        return "Number is too short"
    return "Number is too long" if len(digits) > 15 else None


def _uk_fault(rest: str) -> str | None:
    if len(rest) < 10:
        return "Number is too short"
    if len(rest) > 10:
        return "Number is too long"
    return None if rest.startswith("7") else "This is not a UK mobile number"


def phone_key(text: str) -> str:
    """One phone however it is written: digits with the country code (447700900123)."""
    digits = re.sub(r"\D", "", text).removeprefix("00")
    if digits.startswith("0"):
        return "44" + digits[1:]
    return "44" + digits[3:] if digits.startswith("440") else digits


def text_as_sent(text: str) -> str:
    """What the phone shows: what GSM-7 and Welsh lack becomes a plain letter or `?`."""
    return "".join(_down(character) for character in text.strip())


def _down(character: str) -> str:
    if character in _GSM or character in _GSM_EXTENDED or character in _WELSH:
        return character
    if character in _REPLACED:
        return _REPLACED[character]
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return plain if plain and all(c in _GSM for c in plain) else "?"


def fragments(text: str) -> int:
    """How many parts a text is billed as: 160 or 153 each in GSM-7, 70 or 67 each with Welsh accents."""
    if any(character in _WELSH and character not in _GSM for character in text):
        return 1 if len(text) <= 70 else -(-len(text) // 67)
    length = len(text) + sum(character in _GSM_EXTENDED for character in text)
    return 1 if length <= 160 else -(-length // 153)


def fill(template: str, values: dict[str, Any]) -> str:
    """Fill `((name))` placeholders; 400 names what is missing, as Notify does."""
    wanted = re.findall(r"\(\(([^)]+)\)\)", template)
    missing = [name for name in wanted if name not in values]
    if missing:
        raise bad_request(f"Missing personalisation: {', '.join(missing)}")
    return re.sub(r"\(\(([^)]+)\)\)", lambda found: str(values[found.group(1)]), template)
