"""Personal links: a secret in a web address that stands for one learner and one purpose, for a while."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.core.errors import Gone, TooMany

TOKEN_BYTES = 16  # 128 bits, 22 characters: short enough for a text message, too many to guess
TOKEN_LENGTH = 22
MOST_WRONG_BIRTH_DATES = 5


class LinkPurpose(StrEnum):
    """What the holder may do."""

    STATUS = "status"
    OFFER = "offer"
    INFORMATION = "information"
    CONSENT = "consent"
    CHECK_IN = "check_in"


class LinkExpired(Gone):
    """Told only to somebody who holds a token that was real: a guessed one is simply not found."""

    code, title = "link_expired", "This link has expired"


class LinkLocked(TooMany):
    """Too many wrong dates of birth: the link answers no more; the hub can send a new one."""

    code, title = "link_locked", "This link is locked"


@dataclass(frozen=True)
class OpenedLink:
    """A link that is valid now. `learner_id` is the learner as known today, also after a merge."""

    id: UUID
    learner_id: UUID
    purpose: LinkPurpose
    subject_id: UUID | None
    expires_at: datetime


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """What is stored. A plain hash suffices: 128 random bits cannot be searched."""
    return hashlib.sha256(token.encode()).digest()


def looks_like_token(text: str) -> bool:
    return len(text) == TOKEN_LENGTH and text.isascii()
