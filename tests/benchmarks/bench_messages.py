"""What a message costs: statements and CPU to write it, to deliver it, and to take in its receipt.

Statements and CPU are told apart from waiting, because the machine is rarely quiet. The provider answers at
once, so that only the hub's own work is measured; what the stand-in costs the demo is a figure of its own.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import event, text

from hub.accounts import service as accounts
from hub.accounts.domain import NewOrganisation, OrganisationKind
from hub.consent import service as consents
from hub.consent.domain import CURRENT_VERSION, NewConsent
from hub.core.clock import LONDON, FixedClock, SystemClock
from hub.core.permissions import SYSTEM
from hub.demo.headless import own_database
from hub.fake_notify.app import create_app
from hub.fake_notify.settings import FakeSettings
from hub.fake_notify.transport import InProcessAdapter
from hub.infra.db import Runtime, transaction
from hub.infra.outbox import Worker
from hub.infra.sms import Outgoing, Sender, notify_sender
from hub.learners import service as learners
from hub.learners.domain import NewPerson
from hub.messaging import service as messaging
from hub.messaging.domain import Receipt
from hub.messaging.reactions import referral_submitted
from hub.referrals.domain import ReferralSubmitted
from tests.benchmarks.figures import Figure

LEARNERS = int(os.environ.get("ESOL_BENCH_MESSAGES", "400"))
NOW = datetime(2026, 11, 24, 11, 0, tzinfo=LONDON)
TOGETHER = 20


@dataclass(slots=True)
class Cost:
    """What one message took: statements, and milliseconds of CPU of this process."""

    statements: float
    cpu_ms: float


class AtOnce:
    """A provider that takes everything at once."""

    def send(self, outgoing: Outgoing) -> str:
        return f"id-{outgoing.reference}"

    def find(self, reference: str) -> str | None:
        return None


def run() -> list[Figure]:
    """Written one by one and 20 in a transaction, delivered, receipts together and one by one."""
    clock = FixedClock(NOW)
    with own_database(clock) as runtime:
        organisation_id = _organise(clock)
        people = [_learner(number, organisation_id, clock) for number in range(3 * LEARNERS)]
        first, second, third = people[:LEARNERS], people[LEARNERS : 2 * LEARNERS], people[2 * LEARNERS :]
        alone = _cost(runtime, len(first), lambda: _write(first, organisation_id, 1, clock))
        together = _cost(runtime, len(second), lambda: _write(second, organisation_id, TOGETHER, clock))
        delivered = _cost(runtime, len(first) + len(second), lambda: _deliver(AtOnce(), clock))
        receipts = _receipts()
        half = len(receipts) // 2
        noted = _cost(runtime, half, lambda: _note(receipts[:half], TOGETHER, clock))
        called = _cost(runtime, half, lambda: _note(receipts[half : 2 * half], 1, clock))
        _write(third, organisation_id, TOGETHER, clock)
        stand_in = notify_sender(
            runtime.settings,
            clock,
            InProcessAdapter(create_app(FakeSettings(rate_per_minute=1_000_000), clock)),
        )
        in_demo = _cost(runtime, len(third), lambda: _deliver(stand_in, clock))
    return [
        *_figures("message written, in a transaction of its own", alone, None, None),
        *_figures(f"message written, {TOGETHER} in a transaction", together, 3.0, 1.5),
        *_figures("message delivered, 20 in a batch", delivered, 3.0, 2.5),
        *_figures("receipt, 20 together", noted, None, None),
        *_figures("receipt, one by one", called, 2.0, None),
        *_figures("message delivered to the stand-in", in_demo, None, None),
    ]


def _figures(name: str, cost: Cost, statements: float | None, cpu: float | None) -> list[Figure]:
    return [
        Figure(f"{name}: statements", cost.statements, "", statements, "less"),
        Figure(f"{name}: CPU of Python", cost.cpu_ms, "ms", cpu, "less"),
    ]


def _cost(runtime: Runtime, count: int, act: Callable[[], object]) -> Cost:
    with _counting(runtime) as seen:
        began = time.process_time()
        act()
        spent = time.process_time() - began
    return Cost(len(seen) / count, spent * 1000 / count)


@contextmanager
def _counting(runtime: Runtime) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(runtime.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(runtime.engine, "before_cursor_execute", note)


def _organise(clock: FixedClock) -> UUID:
    with transaction(SYSTEM) as session:
        new = NewOrganisation("jobcentre", "Jobcentre", OrganisationKind.JOBCENTRE)
        return accounts.create_organisation(session, new, SYSTEM, clock).id


def _learner(number: int, organisation_id: UUID, clock: FixedClock) -> UUID:
    person = NewPerson(
        given_names=f"Amina{number}",
        family_name="Yusuf",
        date_of_birth=date(1990, 3, 27),
        phone=f"+4474{number:08d}",
    )
    agreed = NewConsent(
        given_on=clock.today(), channel="in_person", language="en", wording_version=CURRENT_VERSION,
        purposes=frozenset({"P06"}), organisation_id=organisation_id,
    )  # fmt: skip
    with transaction(SYSTEM) as session:
        made = learners.identify(session, person, None, organisation_id, SYSTEM, clock)
        consents.record(session, agreed, made, SYSTEM, clock)
        return made.learner_id


def _write(people: list[UUID], organisation_id: UUID, together: int, clock: FixedClock) -> None:
    """The message that a new referral causes, in transactions of so many."""
    for start in range(0, len(people), together):
        with transaction(SYSTEM) as session:
            for learner_id in people[start : start + together]:
                happened = ReferralSubmitted(learner_id, learner_id, organisation_id)
                referral_submitted(session, happened, SYSTEM, clock)


def _deliver(sender: Sender, clock: FixedClock) -> None:
    worker = Worker("bench", sender, clock, SystemClock())
    while worker.drain(TOGETHER):
        pass


def _receipts() -> list[Receipt]:
    with transaction(SYSTEM) as session:
        rows = session.execute(text("SELECT provider_ref, reference FROM message ORDER BY id")).all()
    return [Receipt(row[0], row[1], "delivered") for row in rows]


def _note(receipts: list[Receipt], together: int, clock: FixedClock) -> None:
    for start in range(0, len(receipts), together):
        with transaction(SYSTEM) as session:
            messaging.note_receipts(session, receipts[start : start + together], clock)
