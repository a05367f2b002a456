"""The marshmallow fields of every schema, with messages a person can act on.

The same field serves a page and the JSON API, so the words are right in both. Each takes a `label`: the words
that complete "Enter the ..." (`label="family name"`). Text is made NFC, trimmed, without control characters.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing

from hub.core.contact import tidy_email
from hub.core.postcode import tidy_postcode
from hub.infra.db import runtime
from hub.infra.phones import tidy_phone
from hub.ui.cleaning import UnreadableText, clean_line, clean_lines, name_fault
from hub.ui.dates import DateFault, DateParts, date_of, date_of_text
from hub.ui.wordings import as_label, sentence, the

_OLDEST_YEARS = 120


class _Labelled(fields.Field[Any]):
    """A field with a label, and messages that follow from it; without a label its name is used as words."""

    verb = "Enter"

    def __init__(self, *args: Any, label: str = "", **kwargs: Any) -> None:
        self.own_messages = dict(kwargs.get("error_messages") or {})
        super().__init__(*args, **kwargs)
        self.label = ""
        if label:
            self.use_label(label)
            self.metadata = {"description": sentence(label), **self.metadata}

    def _bind_to_schema(self, field_name: str, parent: Schema | fields.Field[Any]) -> None:
        super()._bind_to_schema(field_name, parent)
        if not self.label:
            self.use_label(as_label(field_name))

    def use_label(self, label: str) -> None:
        """Set the messages for `label`, except those the schema's author wrote."""
        self.label = label
        missing_words = f"{self.verb} {the(label)}"
        for key in ("required", "null", "invalid", "unknown", "invalid_utf8"):
            if key not in self.own_messages:
                self.error_messages[key] = missing_words

    def nothing(self) -> Any:
        """What an empty answer means: the missing message if one is needed, else the default."""
        if self.required:
            raise self.make_error("required")
        return None if self.load_default is missing else self.load_default


class Text(_Labelled, fields.String):
    """Words, at most `max` characters; several lines where `lines` is true."""

    def __init__(self, max: int, label: str = "", *, lines: bool = False, **kwargs: Any) -> None:  # noqa: A002
        super().__init__(label=label, **kwargs)
        self.limit = max
        self.lines = lines
        self.metadata = {**self.metadata, "maxLength": max}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            tidy = clean_lines(text) if self.lines else clean_line(text)
        except UnreadableText:
            raise ValidationError(
                f"{sentence(self.label)} has a character we cannot read. Delete it and type it again"
            ) from None
        if len(tidy) > self.limit:
            raise ValidationError(
                f"{sentence(self.label)} must be {self.limit:,} characters or fewer. You used {len(tidy):,}"
            )
        return self.checked(tidy) if tidy else self.nothing()

    def checked(self, text: str) -> str:
        """The text in its stored form; ValidationError when it is not the right kind of text."""
        return text


class Name(Text):
    """A person's name in any script; no numbers, emoji or markup."""

    def __init__(self, label: str = "", *, max: int = 100, **kwargs: Any) -> None:  # noqa: A002
        super().__init__(max, label, **kwargs)

    def checked(self, text: str) -> str:
        if fault := name_fault(text):
            raise ValidationError(_NAME_FAULTS[fault].format(label=sentence(self.label)))
        return text


_NAME_FAULTS = {
    "numbers": "{label} must not have numbers in it. Use letters only",
    "emoji": "{label} must not have emoji in it. Use letters only",
    "symbols": "{label} must only have letters, spaces, hyphens, apostrophes and full stops",
}


class _Tidied(Text):
    """A short text whose shape a function knows; `example` shows the right shape."""

    example = ""
    tidy: Callable[[str], str]

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(254, label or self.usual_label, **kwargs)

    usual_label = ""

    def checked(self, text: str) -> str:
        try:
            return type(self).tidy(text)
        except ValueError:
            raise ValidationError(f"Enter {the(self.label)} in full, like {self.example}") from None


class Postcode(_Tidied):
    """A UK postcode's shape, stored as `E8 1AA`; whether it exists is asked of geography."""

    usual_label, example, tidy = "postcode", "E8 1AA", staticmethod(tidy_postcode)


class Email(_Tidied):
    """An email address, in lower case."""

    usual_label, example, tidy = "email address", "name@example.com", staticmethod(tidy_email)


class Phone(_Tidied):
    """A phone number, stored as E.164 (`+447700900123`)."""

    usual_label, example = "phone number", "07700 900 123 or +44 20 7946 0000"
    tidy = staticmethod(tidy_phone)


class Date(_Labelled, fields.Date):
    """A day, from three boxes or `2027-01-12`; the year must lie in 1900 to 2100."""

    takes_parts = True

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label=label, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, date):
            return self.checked(value)
        if not isinstance(value, (str, DateParts)):
            raise self.make_error("invalid", input=value, obj_type="date")
        if not value or (isinstance(value, DateParts) and value.is_empty):
            return self.nothing()
        try:
            day = (
                date_of(value, self.label)
                if isinstance(value, DateParts)
                else date_of_text(value, self.label)
            )
        except DateFault as fault:
            raise ValidationError(str(fault)) from None
        return self.checked(day)

    def checked(self, day: date) -> date:
        """The day, if a person could mean it."""
        if not 1900 <= day.year <= 2100:
            raise ValidationError(f"{sentence(self.label)}: check the year. It must be between 1900 and 2100")
        return day


class DateOfBirth(Date):
    """A day in the past, less than 120 years ago. Whether the person is old enough is for eligibility."""

    def __init__(
        self, label: str = "date of birth", *, today: Callable[[], date] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(label, **kwargs)
        self.today = today or _today

    def checked(self, day: date) -> date:
        today = self.today()
        if day >= today:
            raise ValidationError(f"{sentence(self.label)} must be in the past")
        if today.year - day.year >= _OLDEST_YEARS:
            raise ValidationError(
                f"{sentence(self.label)} must be less than {_OLDEST_YEARS} years ago. Check the year"
            )
        return day


def _today() -> date:
    return runtime().clock.today()


class Choice(_Labelled, fields.Enum[Any]):
    """One of the values of an enum."""

    verb = "Select"

    def __init__(self, enum: type[StrEnum], label: str = "", **kwargs: Any) -> None:
        super().__init__(enum, label=label, by_value=fields.String, **kwargs)

    def use_label(self, label: str) -> None:
        super().use_label(label)
        self.field.error_messages["invalid"] = self.error_messages["invalid"]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return self.nothing() if value == "" else super()._deserialize(value, attr, data, **kwargs)


class Choices(_Labelled, fields.List[Any]):
    """Any number of an enum's values, each once, in the order given; at least one when required."""

    verb = "Select"

    def __init__(self, enum: type[StrEnum], label: str = "", **kwargs: Any) -> None:
        super().__init__(Choice(enum, label), label=label, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        chosen = super()._deserialize(value, attr, data, **kwargs)
        if not chosen and self.required:
            raise self.make_error("required")
        return list(dict.fromkeys(chosen))


class YesNo(_Labelled, fields.Boolean):
    """Yes or no: `yes`/`no` from a page, true or false from the API. Nothing else counts as an answer."""

    truthy: set[Any] = {"yes", "true", True}  # noqa: RUF012 (marshmallow's own attribute)
    falsy: set[Any] = {"no", "false", False}  # noqa: RUF012

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label=label, **kwargs)

    def use_label(self, label: str) -> None:
        super().use_label(label)
        wanted = f"Select yes or no for {the(label)}"
        self.error_messages.update(
            {key: wanted for key in ("required", "null", "invalid") if key not in self.own_messages}
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return self.nothing() if value == "" else super()._deserialize(value, attr, data, **kwargs)


class Whole(_Labelled, fields.Integer):
    """A whole number from `min` to `max`, both included."""

    def __init__(self, min: int, max: int, label: str = "", **kwargs: Any) -> None:  # noqa: A002
        super().__init__(label=label, **kwargs)
        self.least, self.most = min, max
        self.metadata = {**self.metadata, "minimum": min, "maximum": max}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            return self.nothing()
        number = self._number(value)
        if not self.least <= number <= self.most:
            raise ValidationError(f"{sentence(self.label)} must be between {self.least:,} and {self.most:,}")
        return number

    def _number(self, value: Any) -> int:
        """The number meant by `12`, `1,200` or 12; anything else is told to be a whole number."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        digits = value.strip().replace(",", "") if isinstance(value, str) else ""
        if len(digits) > 12 or not digits.removeprefix("-").isdecimal():
            raise ValidationError(f"{sentence(self.label)} must be a whole number, like {max(self.least, 1)}")
        return int(digits)
