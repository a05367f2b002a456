"""E-mail addresses and what may be shown of a phone number."""

import re

_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]+@[^@\s<>()\[\],;:\"\\.]+(\.[^@\s<>()\[\],;:\"\\.]+)+")
_LONGEST_EMAIL = 254


def tidy_email(text: str) -> str:
    """The address in lower case without spaces around; ValueError with words when it is not one."""
    email = text.strip().lower()
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email) or ".." in email:
        raise ValueError("Enter an email address in the correct format, like name@example.com")
    return email


def mask_phone(phone: str) -> str:
    """The last three digits only: enough for a person to recognise their own number."""
    return f"number ending {phone[-3:]}"
