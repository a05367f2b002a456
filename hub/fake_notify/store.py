"""What the stand-in remembers: notifications sent, texts received, callbacks to be made; in a file where asked."""

import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hub.core.clock import Clock
from hub.fake_notify.errors import NotifyError
from hub.fake_notify.keeping import Keeper
from hub.fake_notify.moods import Behaviour
from hub.fake_notify.records import Callback, Notification, ReceivedText
from hub.fake_notify.rules import phone_key
from hub.fake_notify.settings import FakeSettings

PAGE_SIZE = 250
_OUTCOMES = {
    "447700900003": "temporary-failure",
    "447700900002": "permanent-failure",
    "temp-fail@simulator.notify": "temporary-failure",
    "perm-fail@simulator.notify": "permanent-failure",
}
_NO_RECEIPT = {"447700900000", "447700900111", "447700900222"}


def notify_time(at: datetime | None) -> str | None:
    """Notify's timestamps: 2017-05-14T12:15:30.000000Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


class FakeNotify:
    """The stand-in's whole state behind one lock. `clock` gives the times written into messages."""

    def __init__(self, settings: FakeSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.behaviour = Behaviour()
        self.notifications: list[Notification] = []
        self.received: list[ReceivedText] = []
        self.refused_numbers: set[str] = set()
        self._lock = threading.RLock()
        self._callbacks: deque[Callback] = deque()
        self._order = count(1)
        self._recent: deque[datetime] = deque()
        self._keeper = Keeper(settings.keep_in) if settings.keep_in else None
        if self._keeper is not None:
            self._remember(self._keeper)

    def _remember(self, keeper: Keeper) -> None:
        """What the last run showed; of what the hub was not told before it ended, it is told now."""
        sent, received = keeper.load()
        for one, told in sent:
            if not told and one.completed_at is not None:
                one.status, one.completed_at = "sending", None
            self.notifications.append(one)
        for text, told in received:
            self.received.append(text)
            if not told:
                self._callbacks.append(Callback("received", _received(text, self.settings)))
        orders = [one.order for one in self.notifications] + [one.order for one in self.received]
        self._order = count(1 + max(orders, default=0))

    def _keep(self, one: Notification | ReceivedText) -> None:
        if self._keeper is not None:
            self._keeper.keep(one)

    @property
    def changes(self) -> int:
        """Grows with every message, so that a page can tell whether it is out of date."""
        with self._lock:
            return len(self.notifications) + len(self.received)

    # ---------------------------------------------------------------- texts and e-mails from the hub

    def accept(self, notification: Notification) -> Notification:
        """Keep a checked message, within the limits of the account."""
        with self._lock:
            self._check_limits(notification)
            notification.order = next(self._order)
            notification.status = "sending"
            self.notifications.append(notification)
            self._keep(notification)
        return notification

    def _check_limits(self, new: Notification) -> None:
        minute_ago = new.created_at - timedelta(minutes=1)
        while self._recent and self._recent[0] <= minute_ago:
            self._recent.popleft()
        limit = self.settings.rate_per_minute
        if len(self._recent) >= limit:
            message = f"Exceeded rate limit for key type LIVE of {limit} requests per 60 seconds"
            raise NotifyError(429, "RateLimitError", message)
        daily = self.settings.texts_per_day if new.kind == "sms" else self.settings.emails_per_day
        if self._sent_today(new) >= daily:
            raise NotifyError(429, "TooManyRequestsError", f"Exceeded send limits ({daily}) for today")
        self._recent.append(new.created_at)

    def _sent_today(self, new: Notification) -> int:
        midnight = new.created_at.replace(hour=0, minute=0, second=0, microsecond=0)
        total = 0
        for one in reversed(self.notifications):
            if one.created_at < midnight:
                break
            total += one.kind == new.kind
        return total

    def deliver_due(self, *, everything: bool = False) -> int:
        """Give every message still on its way its outcome, and note the delivery callback; how many."""
        with self._lock:
            before = self.clock.now() - timedelta(seconds=self.settings.delivery_seconds)
            due = [
                one
                for one in self.notifications
                if one.status == "sending" and (everything or one.created_at <= before)
            ]
            for one in due:
                self._complete(one)
        return len(due)

    def _complete(self, one: Notification) -> None:
        key = phone_key(one.to) if one.kind == "sms" else one.to.lower()
        if key in _NO_RECEIPT:
            one.status = "sent"
            self._keep(one)
            return
        one.status = _OUTCOMES.get(key, "delivered")
        one.completed_at = self.clock.now()
        self._keep(one)
        self._callbacks.append(Callback("delivery", _delivery(one)))

    def find(self, notification_id: str) -> Notification | None:
        """A message by its id."""
        with self._lock:
            return next((one for one in self.notifications if one.id == notification_id), None)

    def page(self, wanted: dict[str, str], older_than: str | None) -> list[Notification]:
        """Up to 250 messages, newest first, with every attribute of `wanted`, older than the one named."""
        with self._lock:
            newest_first = list(reversed(self.notifications))
        if older_than:
            places = [place for place, one in enumerate(newest_first) if one.id == older_than]
            newest_first = newest_first[places[0] + 1 :] if places else []
        chosen = (one for one in newest_first if all(getattr(one, k) == v for k, v in wanted.items()))
        return [one for one, _ in zip(chosen, range(PAGE_SIZE), strict=False)]

    # ---------------------------------------------------------------- texts from the phones

    def reply(self, from_number: str, message: str) -> ReceivedText:
        """A person texts the hub; the received-text callback is noted."""
        with self._lock:
            text = ReceivedText(phone_key(from_number), message, self.clock.now(), order=next(self._order))
            self.received.append(text)
            self._keep(text)
            self._callbacks.append(Callback("received", _received(text, self.settings)))
        return text

    # ---------------------------------------------------------------- callbacks

    def take_callbacks(self) -> list[Callback]:
        """Take all callbacks that are waiting, oldest first."""
        with self._lock:
            taken = list(self._callbacks)
            self._callbacks.clear()
        return taken

    def put_back(self, callbacks: Iterable[Callback]) -> None:
        """Return callbacks that the hub did not take, to the front and in order."""
        with self._lock:
            self._callbacks.extendleft(reversed(list(callbacks)))

    def finished(self, callback: Callback) -> None:
        """The hub has taken this callback, or will never."""
        if self._keeper is not None:
            with self._lock:
                self._keeper.told(callback.payload["id"])

    # ---------------------------------------------------------------- for people and tests

    def texts_to(self, number: str) -> list[Notification]:
        """The texts sent to one number, oldest first."""
        key = phone_key(number)
        with self._lock:
            return [one for one in self.notifications if one.kind == "sms" and phone_key(one.to) == key]

    def forget(self) -> None:
        """Start over: no messages, no callbacks, in good health."""
        with self._lock:
            self.notifications.clear()
            self.received.clear()
            self._callbacks.clear()
            self._recent.clear()
            self.refused_numbers.clear()
            self.behaviour = Behaviour()
            if self._keeper is not None:
                self._keeper.write([])


def _delivery(one: Notification) -> dict[str, Any]:
    return {
        "id": one.id,
        "reference": one.reference,
        "to": one.to,
        "status": one.status,
        "created_at": notify_time(one.created_at),
        "completed_at": notify_time(one.completed_at),
        "sent_at": notify_time(one.created_at),
        "notification_type": one.kind,
        "template_id": one.template_id,
        "template_version": 1,
    }


def _received(text: ReceivedText, settings: FakeSettings) -> dict[str, Any]:
    return {
        "id": text.id,
        "source_number": text.from_number,
        "destination_number": settings.sms_sender.replace(" ", ""),
        "message": text.message,
        "date_received": notify_time(text.received_at),
    }
