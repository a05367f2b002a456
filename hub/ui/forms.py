"""From a submitted form to a schema's result, and back with every answer kept and every fault named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields
from marshmallow.experimental.context import Context
from werkzeug.datastructures import MultiDict

from hub.core.errors import HubError
from hub.ui.dates import DateParts
from hub.ui.wordings import as_label, the

WHOLE_FORM = ""
"""The key in `Form.errors` of a fault that belongs to no one field."""

_NOT_ASKED = frozenset({"csrf_token"})
_DATE_ENDINGS = ("day", "month", "year")
_NO_MESSAGE = "Check this answer"


@dataclass
class Form:
    """What a page's form holds: `values` as typed, `errors` by field, `data` as loaded when all is well."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    data: Any = None

    @property
    def ok(self) -> bool:
        """Whether there is nothing to put right."""
        return not self.errors

    def fail(self, field_name: str | None, message: str) -> None:
        """Add a fault found after loading; the first message of a field stays."""
        self.errors.setdefault(field_name or WHOLE_FORM, message)

    def fail_with(self, error: HubError) -> None:
        """Show what a rule refused: beside its fields if it names any, else for the whole form."""
        for name, message in (error.errors or {WHOLE_FORM: error.detail}).items():
            self.fail(name, message)


def blank_form(initial: Mapping[str, Any] | None = None) -> Form:
    """A form nobody has sent yet, filled with `initial` (dates, enums, lists as they are stored)."""
    values: dict[str, Any] = {}
    for name, value in (initial or {}).items():
        values.update(_shown(name, value))
    return Form(values=values)


def read_form(schema: Schema | type[Schema], source: MultiDict[str, Any], **context: Any) -> Form:
    """Load a submitted form with `schema`.

    An empty answer is a missing one; list fields take every value, other fields exactly one; `name-day`,
    `name-month` and `name-year` become one date. Never raises for what a person typed: `errors` says what
    to put right. `context` is passed to the schema as marshmallow's `Context`.
    """
    shape = schema() if isinstance(schema, type) else schema
    form = Form(values=_as_typed(shape, source))
    payload = _payload(shape, source, form)
    try:
        with Context(context):
            form.data = shape.load(payload, unknown=RAISE)
    except ValidationError as error:
        for name, message in _messages(shape, error):
            form.fail(name, message)
    if form.errors:
        form.data = None
    return form


def _shown(name: str, value: Any) -> dict[str, Any]:
    """A stored value as the boxes of a form show it."""
    if hasattr(value, "isoformat") and hasattr(value, "day"):
        return {f"{name}-{part}": str(getattr(value, part)) for part in _DATE_ENDINGS}
    if isinstance(value, bool):
        return {name: "yes" if value else "no"}
    if isinstance(value, (list, tuple, set, frozenset)):
        return {name: [str(item) for item in value]}
    return {name: "" if value is None else str(value)}


def _loadable(shape: Schema) -> dict[str, fields.Field[Any]]:
    return {declared.data_key or name: declared for name, declared in shape.load_fields.items()}


def _as_typed(shape: Schema, source: MultiDict[str, Any]) -> dict[str, Any]:
    """Every answer as it was typed, so that the page can show it again."""
    lists = {name for name, declared in _loadable(shape).items() if isinstance(declared, fields.List)}
    return {
        name: list(answers) if name in lists else answers[0]
        for name, answers in source.lists()
        if answers and name not in _NOT_ASKED
    }


def _payload(shape: Schema, source: MultiDict[str, Any], form: Form) -> dict[str, Any]:
    """What the schema loads: one value or list for each field that was answered."""
    declared_fields = _loadable(shape)
    payload: dict[str, Any] = {}
    used: set[str] = set(_NOT_ASKED)
    for name, declared in declared_fields.items():
        if isinstance(declared, fields.Date) and (parts := _date_parts(name, source)):
            used.update(f"{name}-{ending}" for ending in _DATE_ENDINGS)
            answers: list[Any] = [] if parts.is_empty else [_for_date(declared, parts)]
        else:
            answers = [answer for answer in source.getlist(name) if not _is_empty(answer)]
        used.add(name)
        if isinstance(declared, fields.List):
            payload.update({name: answers} if answers else {})
        elif len(answers) > 1:
            form.fail(name, f"Give one answer only for {the(_label(name, declared))}")
        elif answers:
            payload[name] = answers[0]
    payload.update({name: source[name] for name in source if name not in used})
    return {name: answer for name, answer in payload.items() if name not in form.errors}


def _is_empty(answer: Any) -> bool:
    return isinstance(answer, str) and not answer.strip()


def _date_parts(name: str, source: MultiDict[str, Any]) -> DateParts | None:
    """The three boxes of a date, if the form had any of them."""
    names = [f"{name}-{ending}" for ending in _DATE_ENDINGS]
    if not any(part in source for part in names):
        return None
    return DateParts(*(str(source.get(part, "")) for part in names))


def _for_date(declared: fields.Field[Any], parts: DateParts) -> Any:
    """Our own Date reads the boxes and says which is missing; a plain one gets ISO text."""
    if getattr(declared, "takes_parts", False):
        return parts
    return f"{parts.year.strip():0>4}-{parts.month.strip():0>2}-{parts.day.strip():0>2}"


def _label(name: str, declared: fields.Field[Any] | None) -> str:
    return getattr(declared, "label", "") or as_label(name)


def _messages(shape: Schema, error: ValidationError) -> Iterator[tuple[str, str]]:
    """Each faulty field with one plain message; faults of the whole form under WHOLE_FORM."""
    declared_fields = _loadable(shape)
    by_field = error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}
    for name, found in by_field.items():
        if name == "_schema":
            yield WHOLE_FORM, _plain(_first(found), "form")
        elif name in declared_fields:
            yield str(name), _plain(_first(found), _label(str(name), declared_fields[name]))
        else:
            yield (
                WHOLE_FORM,
                "This page sent something we did not ask for. Open the page again and try once more",
            )


def _first(found: Any) -> str:
    """The first message in marshmallow's lists and mappings of messages."""
    while not isinstance(found, str):
        if not found:
            return _NO_MESSAGE
        found = next(iter(found.values())) if isinstance(found, Mapping) else next(iter(found))
    return found


_PLAIN = {
    "Missing data for required field.": "Enter {the}",
    "Field may not be null.": "Enter {the}",
    "Not a valid string.": "Enter {the} as text",
    "Not a valid integer.": "Enter {the} as a whole number",
    "Not a valid number.": "Enter {the} as a number",
    "Not a valid date.": "Enter {the} as a real date, like 27 3 1990",
    "Not a valid time.": "Enter {the} as a time, like 10:30",
    "Not a valid UUID.": "Select {the} again",
    "Not a valid boolean.": "Select yes or no for {the}",
    "Not a valid email address.": "Enter {the} in full, like name@example.com",
}


def _plain(message: str, label: str) -> str:
    """marshmallow's stock messages in plain English; a message of our own stays as it is."""
    if message.startswith("Must be one of"):
        return f"Select {the(label)}"
    return _PLAIN.get(message, message).replace("{the}", the(label))
