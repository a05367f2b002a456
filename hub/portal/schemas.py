"""What learners type. Messages are translated by the pages: only which field is wrong matters here."""

from marshmallow import RAISE, Schema, fields, validate

from hub.consent.domain import OPTIONAL
from hub.core.slots import SLOTS
from hub.portal.domain import LEARNER_REASONS
from hub.ui.fields import DateOfBirth, Email, Phone, Text, YesNo


class Strict(Schema):
    """Nothing is taken that was not asked."""

    class Meta:
        unknown = RAISE


class BirthSchema(Strict):
    """The date of birth that opens the page."""

    birth_date = DateOfBirth(required=True)


class OfferSchema(Strict):
    """Yes, or no with a reason. `asked`: the page that asks why was shown."""

    answer = fields.String(required=True, validate=validate.OneOf(["yes", "no"]))
    reason = fields.String(load_default=None, validate=validate.OneOf(LEARNER_REASONS))
    asked = fields.String(load_default=None, validate=validate.Equal("yes"))


class YesNoSchema(Strict):
    """A plain answer."""

    answer = fields.String(required=True, validate=validate.OneOf(["yes", "no"]))


class TimesSchema(Strict):
    """The times of a week, codes of `core.slots`."""

    times = fields.List(fields.String(validate=validate.OneOf(SLOTS)), required=True)


class ContactSchema(Strict):
    """How to reach the learner."""

    phone = Phone(load_default=None)
    email = Email(load_default=None)
    texts = YesNo(required=True)


class PermissionSchema(Strict):
    """One permission, given or taken back."""

    purpose = fields.String(required=True, validate=validate.Regexp(r"P\d\d"))
    act = fields.String(required=True, validate=validate.OneOf(["stop", "allow"]))


AgreeForm = Strict.from_dict({code: YesNo(required=True) for code in OPTIONAL}, name="AgreeForm")
"""Yes or no to each permission that is asked for."""


class QuestionSchema(Strict):
    """A question, or the wish to be called."""

    question = Text(1000, lines=True, load_default=None)
    call = fields.String(load_default=None, validate=validate.Equal("yes"))
