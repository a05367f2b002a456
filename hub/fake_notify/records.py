"""What the stand-in holds: a message from the hub, a text from a phone, a call it owes the hub."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from hub.fake_notify.rules import fragments


@dataclass
class Notification:
    """One text or e-mail accepted."""

    kind: str  # sms | email
    to: str
    body: str
    subject: str | None
    reference: str | None
    template_id: str
    created_at: datetime
    id: str = field(default_factory=lambda: str(uuid4()))
    status: str = "created"
    completed_at: datetime | None = None
    order: int = 0

    @property
    def fragments(self) -> int:
        """How many parts the text is billed as."""
        return fragments(self.body)


@dataclass
class ReceivedText:
    """One text from a phone to the hub."""

    from_number: str
    message: str
    received_at: datetime
    id: str = field(default_factory=lambda: str(uuid4()))
    order: int = 0


@dataclass
class Callback:
    """One call the stand-in owes the hub: `kind` is delivery or received."""

    kind: str
    payload: dict[str, Any]
    attempts: int = 0
