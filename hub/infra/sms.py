"""What leaves the building: texts and e-mails through GOV.UK Notify, told apart by how sending can fail.

Rules, from Notify's technical documentation (spec: ecosystem.md, section 1):
- one pass-through template for texts (`((body))`) and one for e-mails (`((subject))`, `((body))`): the
  wording is ours;
- the reference of a message is its outbox id, so that a second attempt can look first whether the first
  arrived;
- failures are told apart by status and error name, never by the text of the message.

Used by the outbox worker only. Nothing here logs a number, an address or a body.
"""

import logging
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

import requests
from notifications_python_client.errors import APIError, HTTPError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient
from requests.adapters import BaseAdapter

from hub.core.clock import Clock
from hub.infra.config import Settings

# The client writes Notify's answer into its warnings, and an answer may repeat the number it refused.
logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)

RATE_LIMIT_WAIT = timedelta(seconds=60)  # Notify's limit rolls over one minute
ACCOUNT_FAULT_WAIT = timedelta(minutes=15)  # a wrong key or clock is put right by a person: keep the message


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """One text. `to` is E.164 (+447700900123), `body` is plain Latin script, `reference` the outbox id."""

    to: str = field(repr=False)
    body: str = field(repr=False)
    reference: str


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """One e-mail; `body` may use Notify's light markdown."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    reference: str


Outgoing = OutgoingSms | OutgoingEmail


class SendProblem(Exception):
    """A message that was not plainly accepted; `code` is a stable word for logs and rows, never personal."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SendRefused(SendProblem):
    """Notify will never take this message (malformed number, not on the team list): do not retry."""

    permanent = True


class SendLater(SendProblem):
    """Nothing was sent, or sending may be asked again once the reference has been looked up.

    `retry_after`: None = the caller's own back-off. `daily`: the day's allowance is used up, and
    `retry_after` lasts until 00:00 UTC.
    """

    def __init__(self, code: str, *, retry_after: timedelta | None = None, daily: bool = False) -> None:
        super().__init__(code)
        self.retry_after = retry_after
        self.daily = daily


class SendUnknown(SendProblem):
    """The request left and no answer came: it may have been sent. Look up the reference first."""


class Sender(Protocol):
    """What the worker needs of a provider."""

    def send(self, outgoing: Outgoing) -> str:
        """Send once; the provider's id. Raises SendRefused, SendLater or SendUnknown."""

    def find(self, reference: str) -> str | None:
        """The provider's id of the message sent under this reference, None when there is none.

        Raises SendLater when the provider cannot be asked.
        """


@dataclass(frozen=True, slots=True)
class NotifyAccount:
    """The hub's account at Notify. `api_key` is name-serviceUUID-secretUUID."""

    api_key: str = field(repr=False)
    base_url: str
    sms_template_id: str
    email_template_id: str
    timeout_seconds: float = 10.0


def notify_sender(settings: Settings, clock: Clock, adapter: BaseAdapter | None = None) -> "NotifySender":
    """The sender of this deployment."""
    account = NotifyAccount(
        settings.notify_key, settings.notify_url, settings.notify_sms_template, settings.notify_email_template
    )
    return NotifySender(account, clock, adapter)


class NotifySender:
    """Sends through the official client; safe to share between threads (each has a client of its own)."""

    def __init__(self, account: NotifyAccount, clock: Clock, adapter: BaseAdapter | None = None) -> None:
        """`adapter` stands in for the network in tests and in the headless demo."""
        self._account = account
        self._clock = clock
        self._adapter = adapter
        self._local = threading.local()

    def send(self, outgoing: Outgoing) -> str:
        """See `Sender.send`."""
        try:
            answer = self._post(outgoing)
        except APIError as error:
            raise _problem(error, self._clock) from None
        if not isinstance(answer, dict) or "id" not in answer:
            raise SendUnknown("unreadable_answer")
        return str(answer["id"])

    def find(self, reference: str) -> str | None:
        """See `Sender.find`."""
        try:
            answer = self._client().get_all_notifications(reference=reference)
        except APIError as error:
            raise _as_later(_problem(error, self._clock)) from None
        found = [one for one in answer.get("notifications", []) if one.get("reference") == reference]
        return str(found[0]["id"]) if found else None

    def _post(self, outgoing: Outgoing) -> Any:
        client = self._client()
        if isinstance(outgoing, OutgoingSms):
            return client.send_sms_notification(
                outgoing.to, self._account.sms_template_id, {"body": outgoing.body}, outgoing.reference
            )
        values = {"subject": outgoing.subject, "body": outgoing.body}
        return client.send_email_notification(
            outgoing.to, self._account.email_template_id, values, outgoing.reference
        )

    def _client(self) -> Any:
        client = getattr(self._local, "client", None)
        if client is None:
            account = self._account
            make: Any = NotificationsAPIClient  # carries no types
            client = make(account.api_key, account.base_url, account.timeout_seconds)
            client.request_session.max_redirects = 0
            if self._adapter is not None:
                client.request_session.mount(account.base_url, self._adapter)
            self._local.client = client
        return client


def _problem(error: APIError, clock: Clock) -> SendProblem:
    """Sort a failure of the client by what may be done about it."""
    if isinstance(error, InvalidResponse):
        return SendUnknown("unreadable_answer")
    if error.response is None:
        return _network_problem(error)
    status, name = error.status_code, _error_name(error)
    if status == 429 and name == "TooManyRequestsError":
        return SendLater("daily_limit", retry_after=_until_midnight(clock), daily=True)
    if status == 429:
        return SendLater("rate_limit", retry_after=RATE_LIMIT_WAIT)
    if status in (401, 403):
        return SendLater("not_authorised", retry_after=ACCOUNT_FAULT_WAIT)
    if status == 504:
        return SendUnknown("gateway_timeout")
    if status >= 500:
        return SendLater(f"provider_{status}")
    return SendRefused(name or f"refused_{status}")


def _until_midnight(clock: Clock) -> timedelta:
    """Time left until Notify's counters start again (00:00 UTC), and a minute for good measure."""
    now = clock.now()
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=1, second=0, microsecond=0)
    return tomorrow - now


def _network_problem(error: APIError) -> SendProblem:
    """A refused connection sent nothing; a lost one may have."""
    cause = error.__cause__
    if isinstance(cause, requests.ConnectTimeout):
        return SendLater("unreachable")
    if isinstance(cause, requests.ConnectionError) and _never_connected(cause):
        return SendLater("unreachable")
    return SendUnknown("no_answer")


def _never_connected(cause: requests.ConnectionError) -> bool:
    """Whether urllib3 failed before the first byte (name not found, connection refused)."""
    inner = cause.args[0] if cause.args else None
    reason = getattr(inner, "reason", inner)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _error_name(error: APIError) -> str | None:
    """Notify's name of the first error, such as `ValidationError`; None when the body is not Notify's."""
    if not isinstance(error, HTTPError):
        return None
    message = error.message
    if isinstance(message, list) and message and isinstance(message[0], dict):
        return str(message[0].get("error", "")) or None
    return None


def _as_later(problem: SendProblem) -> SendLater:
    """A look-up sends nothing: whatever went wrong, it may be asked again."""
    return problem if isinstance(problem, SendLater) else SendLater(problem.code)
