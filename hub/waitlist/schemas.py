"""Shapes of the waiting list's input and output."""

from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, validate

from hub.assessment.domain import Strand
from hub.core.levels import Level
from hub.infra.http import Out
from hub.ui.fields import Choice, Date, Text
from hub.waitlist.domain import EntryFilter, EntryState, LevelChange, Pause, Removal


class Answer(StrEnum):
    """What came of a call to a waiting learner."""

    YES = "yes"
    NO = "no"
    NO_ANSWER = "no_answer"


class Input(Schema):
    """Unknown fields are refused."""

    class Meta:
        unknown = RAISE


class FilterSchema(Schema):
    """Which entries to list."""

    class Meta:
        unknown = "exclude"

    level = Choice(Level, "level", load_default=None)
    strand = Choice(Strand, "kind of class", load_default=None)
    state = Choice(EntryState, "state", load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> EntryFilter:
        return EntryFilter(**data)


class PauseSchema(Input):
    """A pause."""

    until = Date("day the pause ends", required=True)
    reason = Text(40, "reason", required=True, error_messages={"required": "Choose a reason"})
    note = Text(500, "note", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Pause:
        return Pause(**data)


class RemovalSchema(Input):
    """Off the list."""

    reason = Text(40, "reason", required=True, error_messages={"required": "Choose a reason"})
    note = Text(500, "note", load_default="", lines=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Removal:
        return Removal(**data)


class LevelSchema(Input):
    """Another level."""

    level = Choice(Level, "level", required=True)
    note = Text(
        500, "reason", required=True, lines=True, error_messages={"required": "Say why the level changes"}
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> LevelChange:
        return LevelChange(**data)


class CheckInSchema(Input):
    """What the learner answered."""

    answer = Choice(Answer, "what the learner said", required=True)


class PrioritySchema(Input):
    """A fact that gives a priority."""

    code = Text(40, "reason for priority", required=True, error_messages={"required": "Choose a reason"})
    act = fields.String(load_default="note", validate=validate.OneOf(["note", "end"]))


class EntryOut(Out):
    """An entry; `referral_id` is the case it came from. Learner ids never leave the hub."""

    id = fields.UUID()
    referral_id = fields.UUID(attribute="case_id", allow_none=True)
    strand = fields.Enum(Strand, by_value=fields.String)
    level = fields.Enum(Level, by_value=fields.String)
    also = fields.List(fields.Enum(Level, by_value=fields.String))
    skills = fields.Dict(keys=fields.String(), values=fields.String())
    state = fields.Enum(EntryState, by_value=fields.String)
    waiting_since = fields.Date(attribute="queue_on")
    priority_band = fields.Integer()
    place = fields.Integer(allow_none=True)
    places_in_line = fields.Integer(allow_none=True)
    paused_until = fields.Date(allow_none=True)
    restricted_since = fields.Date(
        allow_none=True, metadata={"description": "The learner may not be matched, shared or written to"}
    )
    version = fields.Integer()


class EntryPage(Out):
    """A page of entries."""

    items = fields.List(fields.Nested(EntryOut))
    next = fields.String(allow_none=True)
