"""Errors in Notify's shape: `{"status_code": 400, "errors": [{"error": ..., "message": ...}]}`."""

from collections.abc import Sequence


class NotifyError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, error: str, *messages: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.messages: Sequence[str] = messages or (error,)

    def body(self) -> dict[str, object]:
        """The JSON body."""
        errors = [{"error": self.error, "message": message} for message in self.messages]
        return {"status_code": self.status, "errors": errors}


def bad_request(message: str) -> NotifyError:
    """A request that is well formed but cannot be done."""
    return NotifyError(400, "BadRequestError", message)
