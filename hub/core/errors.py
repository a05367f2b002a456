"""The one tree of errors. Each class carries its own HTTP status, stable code and title."""

from collections.abc import Mapping
from typing import Self


class HubError(Exception):
    """Something a person must be told. `detail` is shown to people: plain English, nothing personal."""

    status = 500
    code = "error"
    title = "Something went wrong"

    def __init__(self, detail: str = "", *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or type(self).code
        self.errors: dict[str, str] = {field: self.detail} if field else {}
        self.extra: dict[str, object] = {}

    @classmethod
    def many(cls, errors: Mapping[str, str], *, code: str | None = None) -> Self:
        """One error about several fields at once; the keys are field names."""
        error = cls("Some answers need another look.", code=code)
        error.errors = dict(errors)
        return error


class NotFound(HubError):
    """It does not exist, or it is not yours to see: the two are told in the same words."""

    status, code, title = 404, "not_found", "Not found"


class NotSignedIn(HubError):
    status, code, title = 401, "not_signed_in", "Sign in first"


class NotPermitted(HubError):
    status, code, title = 403, "not_permitted", "You may not do this"


class Conflict(HubError):
    """Somebody else changed it first, or it is already done."""

    status, code, title = 409, "conflict", "This has changed since you opened it"


class Gone(HubError):
    status, code, title = 410, "gone", "This is no longer here"


class RuleBroken(HubError):
    """The request is understood but a rule of the service refuses it; `errors` names fields."""

    status, code, title = 422, "rule_broken", "This cannot be done"


class PreconditionNeeded(HubError):
    status, code, title = 428, "precondition_required", "Say which version you are changing"


class TooMany(HubError):
    status, code, title = 429, "too_many_requests", "Too many tries"


class Unavailable(HubError):
    """A part we depend on is not there just now; trying again later is right."""

    status, code, title = 503, "unavailable", "Not available just now"
