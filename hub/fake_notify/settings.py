"""What the stand-in needs to know; the defaults fit the demo."""

from dataclasses import dataclass, field

SERVICE_ID = "c0ffee00-0000-4000-8000-000000000001"
SECRET = "c0ffee00-0000-4000-8000-0000000000ff"  # noqa: S105 - a made-up key of a made-up service


@dataclass(frozen=True, slots=True)
class FakeSettings:
    """One service at the stand-in. `hub_url` None: callbacks are kept until somebody takes them."""

    api_key: str = field(default=f"demo-{SERVICE_ID}-{SECRET}", repr=False)
    sms_template_id: str = "5e1f0000-0000-4000-8000-00000000005e"
    email_template_id: str = "5e1f0000-0000-4000-8000-0000000000e1"
    sms_sender: str = "07860 000000"
    email_sender: str = "english.hub@notifications.service.gov.uk"
    hub_url: str | None = None
    hub_token: str = field(default="demo-callback-token", repr=False)
    delivery_seconds: float = 1.0  # from accepted to delivered
    retry_seconds: float = 5.0  # Notify waits 300; a person at a demo should not
    retries: int = 5
    rate_per_minute: int = 3000
    texts_per_day: int = 250_000
    emails_per_day: int = 250_000

    @property
    def service_id(self) -> str:
        """The service's id, as it stands in the key."""
        return self.api_key[-73:-37]

    @property
    def secret(self) -> str:
        """The signing secret: the last 36 characters of the key."""
        return self.api_key[-36:]
