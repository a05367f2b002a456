"""The check of the caller's token, written from the specification and not with the client's own library."""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from hub.fake_notify.errors import NotifyError
from hub.fake_notify.settings import FakeSettings

CLOCK_LEEWAY_SECONDS = 30


def check_token(header: str | None, settings: FakeSettings, now_seconds: float) -> None:
    """Let through a bearer HS256 token of our issuer, at most 30 seconds old; else 401 or 403."""
    if not header:
        raise NotifyError(401, "AuthError", "Unauthorized: authentication token must be provided")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotifyError(401, "AuthError", "Unauthorized: authentication bearer scheme must be used")
    head, claims, signed, signature = _parts(token)
    if head.get("alg") != "HS256":
        raise _forbidden("Invalid token: algorithm used is not HS256")
    if "iss" not in claims:
        raise _forbidden("Invalid token: iss field not provided")
    if claims["iss"] != settings.service_id:
        raise _forbidden("Invalid token: service not found")
    expected = hmac.new(settings.secret.encode(), signed, hashlib.sha256).digest()
    if not hmac.compare_digest(expected, signature):
        raise _forbidden("Invalid token: API key not found")
    issued = claims.get("iat")
    if not isinstance(issued, int):
        raise _forbidden("Invalid token: iat field not provided")
    if abs(now_seconds - issued) > CLOCK_LEEWAY_SECONDS:
        raise _forbidden("Error: Your system clock must be accurate to within 30 seconds")


def _forbidden(message: str) -> NotifyError:
    return NotifyError(403, "AuthError", message)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    pieces = token.split(".")
    if len(pieces) != 3:
        raise _forbidden("Invalid token: signature")
    try:
        head, claims = (json.loads(_decode(piece)) for piece in pieces[:2])
        signature = _decode(pieces[2])
    except (ValueError, binascii.Error):
        raise _forbidden("Invalid token: signature") from None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        raise _forbidden("Invalid token: signature")
    return head, claims, f"{pieces[0]}.{pieces[1]}".encode(), signature


def _decode(piece: str) -> bytes:
    return base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4))
