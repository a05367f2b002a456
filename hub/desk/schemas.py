"""What the desk's forms send."""

from uuid import UUID

from marshmallow import RAISE, Schema, fields, post_load

from hub.desk.domain import Terms, read_terms
from hub.ui.fields import Text


class SearchSchema(Schema):
    """The search box."""

    class Meta:
        unknown = RAISE

    terms = Text(
        200,
        "a reference, phone number, email address or name",
        required=True,
        error_messages={"required": "Enter a reference, a phone number, an email address or a name"},
    )

    @post_load
    def as_terms(self, data: dict[str, str], **_: object) -> Terms:
        return read_terms(data["terms"])


class SplitSchema(Schema):
    """Whose something was that happened while two people were one record."""

    class Meta:
        unknown = RAISE

    item_id = fields.UUID(required=True)
    learner_id = fields.UUID(required=True)

    @post_load
    def as_ids(self, data: dict[str, UUID], **_: object) -> tuple[UUID, UUID]:
        return data["item_id"], data["learner_id"]
