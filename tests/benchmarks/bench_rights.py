"""Figure 11 of security-privacy-reliability.md, section 7: a copy of everything about one learner in 60 s.

The learner is a heavy one: two merged records, a hundred corrections of the phone number, two hundred texts. Beside
it: erasing that learner, and counting what is over its time in a hub of a thousand people.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.accounts import service as accounts
from hub.accounts.domain import NewOrganisation, OrganisationKind
from hub.core.clock import Clock
from hub.core.permissions import SYSTEM
from hub.infra.db import transaction
from hub.learners import reads as people
from hub.learners import service as learners
from hub.learners.domain import NewNeeds, NewPerson
from hub.learners.domain.golden import contact_of
from hub.messaging import service as messaging
from hub.messaging.domain import NewReceived
from hub.rights import exchange, reads
from hub.rights.service.erasing import erase_person
from tests.benchmarks.figures import Figure
from tests.benchmarks.scratch import scratch_hub

OTHERS, CORRECTIONS, TEXTS = 1_000, 100, 200
PHONE = "+447700900123"


def fill(clock: Clock) -> UUID:
    """A thousand people, and the heavy one, whose id is returned."""
    with transaction(SYSTEM) as session:
        home = NewOrganisation("hub", "The Hub", OrganisationKind.HUB)
        accounts.create_organisation(session, home, SYSTEM, clock)
    for number in range(OTHERS):
        with transaction(SYSTEM) as session:
            name = "".join(chr(97 + int(digit)) for digit in f"{number:04d}")
            one = NewPerson(
                given_names=f"Amina {name}", family_name=f"Yusuf {name}", phone=f"+44791{number:07d}"
            )
            learners.identify(session, one, NewNeeds(childcare=True), None, SYSTEM, clock)
    with transaction(SYSTEM) as session:
        mine = [
            learners.identify(session, NewPerson(given_names="Zyx", family_name=name, phone=PHONE), NewNeeds(), None, SYSTEM, clock)
            for name in ("Quill", "Quillo")
        ]  # fmt: skip
    with transaction(SYSTEM) as session:
        learners.merge(session, mine[0].learner_id, mine[1].learner_id, SYSTEM, clock)
    _live(mine[0].learner_id, clock)
    return mine[0].learner_id


def _live(learner_id: UUID, clock: Clock) -> None:
    for number in range(CORRECTIONS):
        with transaction(SYSTEM) as session:
            person = people.person(session, learner_id)
            assert person is not None
            change = replace(contact_of(person), phone=f"+4477009{number:05d}", confirmed_by_learner=True)
            learners.update_contact(session, learner_id, change, SYSTEM, clock)
    for number in range(TEXTS):
        with transaction(SYSTEM) as session:
            words = NewReceived(f"in-{number}", PHONE, f"Question {number}: when does it start?", clock.now())
            messaging.receive(session, words, clock)


def timed(work: Callable[[Session], Any]) -> tuple[float, Any]:
    """(seconds, what came of it) of one transaction."""
    began = time.perf_counter()
    with transaction(SYSTEM) as session:
        made = work(session)
    return time.perf_counter() - began, made


def run() -> list[Figure]:
    with scratch_hub() as hub:
        clock = hub.clock
        learner_id = fill(clock)
        reading, copy = timed(lambda session: reads.copy_of(session, learner_id, clock))
        began = time.perf_counter()
        size = len(exchange.zipped(copy, "The Hub"))
        writing = time.perf_counter() - began
        counting, _ = timed(lambda session: reads.preview(session, clock))
        erasing, _ = timed(lambda session: erase_person(session, learner_id, SYSTEM, clock))
    about = f"{copy.records:,} records, {size // 1024:,} KB"
    return [
        Figure("copy of one learner: read and open", reading, "s", None, "less", about),
        Figure("copy of one learner: PDF, JSON, zip", writing, "s", None, "less", about),
        Figure("copy of one learner, whole", reading + writing, "s", 60.0, "less", about),
        Figure("erase one learner", erasing, "s", None, "less", about),
        Figure("count what is over its time", counting, "s", None, "less", f"{OTHERS:,} learners"),
    ]
