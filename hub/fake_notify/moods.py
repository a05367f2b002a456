"""How the stand-in can be told to misbehave: for tests, and to see what the hub does then."""

from dataclasses import dataclass
from enum import StrEnum

from hub.fake_notify.errors import NotifyError


class Mood(StrEnum):
    """What happens to requests. `lost_answer` accepts the message and then gives no answer."""

    WELL = "well"
    DOWN = "down"
    SLOW = "slow"
    FAILING = "failing"
    RATE_LIMITED = "rate_limited"
    DAILY_LIMIT = "daily_limit"
    REJECTING = "rejecting"
    NOT_AUTHORISED = "not_authorised"
    LOST_ANSWER = "lost_answer"


MOOD_LABELS = {
    Mood.WELL: "Working",
    Mood.DOWN: "Down (503)",
    Mood.SLOW: "Slow (5 seconds)",
    Mood.FAILING: "Failing (500)",
    Mood.RATE_LIMITED: "Too fast (429)",
    Mood.DAILY_LIMIT: "Day's limit (429)",
    Mood.REJECTING: "Refusing numbers (400)",
    Mood.NOT_AUTHORISED: "Wrong key (403)",
    Mood.LOST_ANSWER: "Sends, then hangs up (504)",
}

SLOW_SECONDS = 5.0


@dataclass
class Behaviour:
    """The mood now, and for how many more requests (None: until told otherwise)."""

    mood: Mood = Mood.WELL
    remaining: int | None = None

    def next_mood(self) -> Mood:
        """The mood for one request; a counted mood wears off."""
        mood = self.mood
        if self.remaining is not None:
            self.remaining -= 1
            if self.remaining <= 0:
                self.mood, self.remaining = Mood.WELL, None
        return mood


def refusal(mood: Mood, recipient_field: str) -> NotifyError | None:
    """The answer that a mood gives instead of accepting; None for moods that accept."""
    match mood:
        case Mood.DOWN:
            return NotifyError(503, "ServiceUnavailable", "Service unavailable")
        case Mood.FAILING:
            return NotifyError(500, "Exception", "Internal server error")
        case Mood.RATE_LIMITED:
            message = "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"
            return NotifyError(429, "RateLimitError", message)
        case Mood.DAILY_LIMIT:
            return NotifyError(429, "TooManyRequestsError", "Exceeded send limits (250000) for today")
        case Mood.REJECTING:
            return NotifyError(400, "ValidationError", f"{recipient_field} Number is not valid")
        case Mood.NOT_AUTHORISED:
            return NotifyError(403, "AuthError", "Invalid token: API key not found")
        case _:
            return None
