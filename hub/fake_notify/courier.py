"""Carries callbacks to the hub from a thread of its own, and tries again when the hub does not take them."""

import threading

import requests

from hub.fake_notify.records import Callback
from hub.fake_notify.store import FakeNotify

PATHS = {
    "delivery": "/api/v1/callbacks/notify/delivery",
    "received": "/api/v1/callbacks/notify/received",
}
TIMEOUT_SECONDS = 5  # as Notify's


class Courier:
    """One thread: complete what is on its way, call the hub, rest a moment."""

    def __init__(self, fake: FakeNotify, pause_seconds: float = 0.5) -> None:
        self._fake = fake
        self._pause = pause_seconds
        self._stop = threading.Event()
        self._session = requests.Session()
        self._session.trust_env = False  # the hub is on this machine: no proxy
        self._thread = threading.Thread(target=self._run, name="notify-courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop and wait for the call in hand."""
        self._stop.set()
        self._thread.join(timeout=TIMEOUT_SECONDS + 1)

    def _run(self) -> None:
        while not self._stop.is_set():
            pause = self._pause if self.round() else self._fake.settings.retry_seconds
            self._stop.wait(pause)

    def round(self) -> bool:
        """One round; False when the hub did not take something and a longer rest is right."""
        self._fake.deliver_due()
        waiting = self._fake.take_callbacks()
        kept = [one for one in waiting if not self._carry(one)]
        self._fake.put_back(kept)
        return not kept

    def _carry(self, callback: Callback) -> bool:
        """Whether this callback is finished with: taken, refused for good, or tried often enough."""
        callback.attempts += 1
        settings = self._fake.settings
        try:
            answer = self._session.post(
                f"{settings.hub_url}{PATHS[callback.kind]}",
                json=callback.payload,
                headers={"Authorization": f"Bearer {settings.hub_token}"},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            again = True
        else:
            again = answer.status_code >= 500 or answer.status_code == 429
        done = not again or callback.attempts > settings.retries
        if done:
            self._fake.finished(callback)
        return done
