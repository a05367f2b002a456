"""Rotation of the key that wraps the data keys: figure 9 of security-privacy-reliability.md, section 7.

100,000 data keys in 5 minutes, live: while it runs, another thread goes on reading and making records.
"""

import threading
import time
from uuid import UUID

from hub.core.clock import SystemClock
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra import key_rotation
from hub.infra.db import runtime, transaction
from hub.infra.places import Place
from hub.infra.subject_keys import counts_by_key
from hub.infra.vault import Vault
from tests.benchmarks.figures import Figure
from tests.benchmarks.scratch import scratch_hub

KEYS = 100_000


def fill(number: int) -> list[tuple[Place, bytes]]:
    """So many subjects; something sealed for one in a hundred."""
    sealed = []
    for start in range(0, number, 5_000):
        with transaction(SYSTEM) as session:
            vault = Vault(session, runtime().keyring)
            for one in range(start, min(start + 5_000, number)):
                place = Place("t", "c", new_id(), vault.new_subject(new_id()))
                if one % 100 == 0:
                    sealed.append((place, vault.seal(place, b"secret")))
    return sealed


class Others:
    """What goes on meanwhile: reads of old records and new subjects, and what went wrong."""

    def __init__(self, sealed: list[tuple[Place, bytes]]) -> None:
        self.sealed, self.done, self.faults = sealed, 0, list[Exception]()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        while not self._stop.wait(0.01):
            place, sealed = self.sealed[self.done % len(self.sealed)]
            try:
                with transaction(SYSTEM) as session:
                    assert Vault(session, runtime().keyring).open(place, sealed) == b"secret"
                    Vault(session, runtime().keyring).new_subject(UUID(int=new_id().int))
            except Exception as error:  # noqa: BLE001 - counted and told
                self.faults.append(error)
            self.done += 1

    def __enter__(self) -> "Others":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def run(keys: int = KEYS) -> list[Figure]:
    with scratch_hub():
        sealed = fill(keys)
        with Others(sealed) as others:
            began = time.perf_counter()
            found = key_rotation.rotate(SystemClock())
            seconds = time.perf_counter() - began
        with transaction(SYSTEM) as session:
            left = counts_by_key(session).get("k1", 0)
            vault = Vault(session, runtime().keyring)
            vault.preload(place.subject_id for place, _ in sealed)
            assert all(vault.open(place, one) == b"secret" for place, one in sealed)
    scale = keys / KEYS
    return [
        Figure(
            "keys: rotate 100,000 live", seconds / scale, "s", 300.0, "less", f"{found.done:,} wrapped anew"
        ),
        Figure("keys: rotate 1,000", seconds / keys * 1e6, "ms", None, "less"),
        Figure("keys: left under the old key", left, "", 0, "less"),
        Figure(
            "keys: faults of others meanwhile",
            len(others.faults),
            "",
            0,
            "less",
            f"{others.done} reads and new subjects",
        ),
    ]
