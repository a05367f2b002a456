"""What comes in about evidence: shape only."""

from marshmallow import RAISE, Schema

from hub.eligibility.domain import EvidenceKind
from hub.ui.fields import Choice, Date, Text


class EvidenceForm(Schema):
    class Meta:
        unknown = RAISE

    kind = Choice(EvidenceKind, "what you were shown", required=True)
    seen_on = Date("day you saw it", required=True)
    note = Text(200, "note", load_default="")
