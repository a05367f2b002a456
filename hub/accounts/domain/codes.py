"""The second proof: codes from a person's phone (TOTP, RFC 6238) and recovery codes on paper. Pure rules.

Sources: OWASP ASVS 5.0 6.5.1 (each code once), 6.5.4 and 6.5.5 (20 bits or more, limited life), RFC 6238 5.2 (one
step of drift), RFC 4226 R6 (a secret of 160 bits).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

STEP_SECONDS = 30
DRIFT = 1
"""Steps that a phone's clock may be early or late."""
SECRET_CHARACTERS = 32
"""Of base 32: 160 bits."""
MOST_WRONG_CODES = 10
CODE_WAIT = timedelta(minutes=15)
START_LIMIT = timedelta(minutes=10)
"""Between the password and the code."""
RECOVERY_CODES = 10
FEW_LEFT = 3
_RECOVERY_LENGTH = 12
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True)
class FactorView:
    """What a person and the hub may know of somebody's second proof."""

    is_on: bool
    since: datetime | None
    codes_left: int

    @property
    def few_left(self) -> bool:
        return self.is_on and self.codes_left <= FEW_LEFT


def steps_to_try(now: datetime, last_used: int | None) -> range:
    """The time steps whose code is good now: this one and its neighbours, none that was used or lies before it."""
    present = int(now.timestamp()) // STEP_SECONDS
    return range(max(present - DRIFT, (last_used or 0) + 1), present + DRIFT + 1)


def tidy_code(text: str) -> str:
    """The digits of a code typed as `123 456`."""
    return "".join(character for character in text if character.isdecimal() and character.isascii())


def new_recovery_code() -> str:
    """60 random bits to write down: `7K3Q-94WX-M2PA`, letters that cannot be mistaken."""
    body = "".join(secrets.choice(_CROCKFORD) for _ in range(_RECOVERY_LENGTH))
    return "-".join(body[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4))


def tidy_recovery_code(text: str) -> str | None:
    """The recovery code that was meant, or None when it cannot be one: case, dashes, look-alikes are forgiven."""
    body = "".join(c for c in text.upper() if c.isalnum()).translate(_LOOKALIKES)
    if len(body) != _RECOVERY_LENGTH or any(character not in _CROCKFORD for character in body):
        return None
    return "-".join(body[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4))
