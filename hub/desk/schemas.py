"""What the desk's one form sends."""

from marshmallow import RAISE, Schema, post_load

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
