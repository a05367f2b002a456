"""The shape of what Notify calls back with, and of an answer typed by staff."""

from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, fields, post_load, validate

from hub.messaging.domain import MOST_CHARACTERS, NewReceived, Receipt
from hub.ui.fields import Text

LONGEST_TEXT = 5000


class FromNotify(Schema):
    """Notify may add fields to its callbacks; those we do not know are not ours to refuse."""

    class Meta:
        unknown = EXCLUDE


class DeliverySchema(FromNotify):
    """What became of a message."""

    id = fields.UUID(required=True)
    reference = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=1000))
    status = fields.String(required=True, validate=validate.Length(min=1, max=40))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Receipt:
        return Receipt(str(data["id"]), data["reference"] or "", data["status"])


class ReceivedSchema(FromNotify):
    """A text from a phone: `source_number` without the plus sign, as Notify writes it."""

    id = fields.UUID(required=True)
    source_number = fields.String(required=True, validate=validate.Length(min=1, max=40))
    message = fields.String(required=True, validate=validate.Length(max=LONGEST_TEXT))
    date_received = fields.AwareDateTime(required=True, format="iso")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> NewReceived:
        number = data["source_number"].strip()
        full = f"+{number}" if number.isdigit() and len(number) > 7 else number
        return NewReceived(str(data["id"]), full, data["message"].replace("\x00", ""), data["date_received"])


class WrittenSchema(Schema):
    """A message in a member of staff's own words."""

    class Meta:
        unknown = RAISE

    text = Text(MOST_CHARACTERS, label="message", lines=True, required=True)
