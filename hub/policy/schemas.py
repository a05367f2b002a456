"""Shape of a change of a setting."""

from marshmallow import Schema

from hub.ui.fields import Date, Text


class ValueSchema(Schema):
    value = Text(200, "the new value", required=True)
    valid_from = Date("the first day", required=True)
    source = Text(200, "who decided this", required=True)
