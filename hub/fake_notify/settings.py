"""What the stand-in needs to know; the defaults fit the demo."""

from dataclasses import dataclass, field
from pathlib import Path

from hub.infra.config import LOCAL_NOTIFY_KEY, Settings

_HUB = Settings()


@dataclass(frozen=True, slots=True)
class FakeSettings:
    """One service at the stand-in. `hub_url` None: callbacks are kept until somebody takes them.

    `keep_in`: the file in which messages outlive the process; None: they end with it.
    """

    api_key: str = field(default=LOCAL_NOTIFY_KEY, repr=False)
    sms_template_id: str = _HUB.notify_sms_template
    email_template_id: str = _HUB.notify_email_template
    sms_sender: str = "07700 900999"
    email_sender: str = "english.hub@notifications.service.gov.uk"
    hub_url: str | None = None
    hub_token: str = field(default="demo-callback-token", repr=False)
    delivery_seconds: float = 1.0  # from accepted to delivered
    retry_seconds: float = 5.0  # Notify waits 300; a person at a demo should not
    retries: int = 5
    rate_per_minute: int = 3000
    texts_per_day: int = 250_000
    emails_per_day: int = 250_000
    keep_in: Path | None = None

    @property
    def service_id(self) -> str:
        """The service's id, as it stands in the key."""
        return self.api_key[-73:-37]

    @property
    def secret(self) -> str:
        """The signing secret: the last 36 characters of the key."""
        return self.api_key[-36:]
