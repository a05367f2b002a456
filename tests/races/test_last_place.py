"""Of eight who want the last place at once, one gets it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

from hub.core.errors import Conflict
from hub.core.permissions import SYSTEM
from hub.infra.db import transaction
from hub.provision import reads, service
from hub.provision.domain import SaveClass
from tests.slices.provision.conftest import DETAILS

TRIALS, RIVALS = 40, 8


def test_the_last_place_is_never_given_twice(committed, organise, clock):
    with transaction(SYSTEM) as session:
        provider = organise(session, "provider")
        asked = SaveClass(details=replace(DETAILS, online=True, capacity=1), organisation_id=provider.id)
        classes = [service.save_class(session, asked, SYSTEM, clock).id for _ in range(TRIALS)]
    start = Barrier(RIVALS)

    def want(class_id):
        start.wait()
        try:
            with transaction(SYSTEM) as session:
                service.hold_place(session, class_id, clock)
        except Conflict as refused:
            return refused.code
        return "held"

    with ThreadPoolExecutor(RIVALS) as people:
        answers = [list(people.map(want, [class_id] * RIVALS)) for class_id in classes]
    assert [sorted(given) for given in answers] == [["class_full"] * (RIVALS - 1) + ["held"]] * TRIALS
    with transaction(SYSTEM) as session:
        assert {(one.held, one.free) for one in reads.classes(session, classes).values()} == {(1, 0)}
