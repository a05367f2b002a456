"""What the rules do on development seeds, thousands of decisions each: run before they are frozen, as often as needed.

    python -m tests.recognition.develop files 3001 3024        lists of 20,000 records
    python -m tests.recognition.develop lookup 6001 6020       100,000 learners in memory, 4,000 known and 4,000 new asked

Every wrong automatic link is printed, to be understood. The look-up ranks and compares as `service.likeness` does,
without PostgreSQL and sealing. The held-out seeds of tests/benchmarks/bench_recognition.py are none of these.
"""

import gc
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from hub.learners import reads
from hub.learners.domain.blocking import KEY_WEIGHTS, MOST_COMPARED, keys_of
from hub.learners.domain.file_model import MOST_AT_PHONE
from hub.learners.domain.keys import Key
from hub.learners.domain.linking import link
from hub.learners.domain.scoring import Comparison, Prepared, Zone, explain, prepare, weigh
from tests.recognition.borough import Borough, Record, comparable
from tests.recognition.measure import measure

MODEL = reads.recognition_model(date(2027, 1, 11))
RECORDS, LEARNERS, ASKED = 20_000, 100_000, 4_000


def files(seed: int) -> str:
    """One list linked with itself."""
    records = Borough(seed).records(RECORDS)
    pairs = link([comparable(one) for one in records], MODEL)
    found = measure({(p.left, p.right): p.zone for p in pairs}, [one.person for one in records])
    for pair in pairs:
        left, right = records[pair.left], records[pair.right]
        if pair.zone is Zone.AUTO and left.person != right.person:
            print("WRONG", left, right, explain(pair.weighed, MODEL), sep="\n  ")
    return (
        f"F1 {found.f1:.3f}, {found.auto_wrong} wrong of {found.auto}, automatic recall {found.auto_recall:.3f}, "
        f"review {1000 * found.review / RECORDS:.0f} per 1,000, {found.review_true:.2f} true"
    )


class Known:
    """A hub full of learners: who shares keys with somebody, and how the likeliest compare."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.people = [prepare(comparable(one), MODEL) for one in records]
        self.under: dict[Key, list[int]] = defaultdict(list)
        for place, person in enumerate(self.people):
            for key in keys_of(person):
                self.under[key].append(place)

    def likest(self, asked: Prepared) -> Iterator[tuple[Record, Comparison]]:
        shared: Counter[int] = Counter()
        for key in keys_of(asked):
            for place in self.under.get(key, ()):
                shared[place] += KEY_WEIGHTS[key.kind]
        best = sorted(shared, key=lambda place: (-shared[place], place))[:MOST_COMPARED]
        mine = asked.contact.phones | asked.contact.emails
        others = [self.people[place].contact for place in best]
        having = Counter(one for other in others for one in (other.phones | other.emails) & mine)
        here = MODEL.where_crowded([one for one, number in having.items() if number >= MOST_AT_PHONE])
        for place in best:
            yield self.records[place], explain(weigh(asked, self.people[place], here), here)


def lookup(seed: int) -> str:
    """People whom the hub knows, and others, asked about one by one."""
    borough, rng = Borough(seed), random.Random(1)
    people = borough.people(LEARNERS + ASKED)
    new_ones = set(rng.sample(range(len(people)), ASKED))
    stored = [one for place, one in enumerate(people) if place not in new_ones]
    again = [borough.corrupted(one) for one in rng.sample(stored, ASKED)]
    unknown = [borough.clean(people[place]) for place in sorted(new_ones)]
    hub = Known([borough.clean(one) for one in stored])
    told: list[str] = []
    for name, records in (("known", again), ("new", unknown)):
        zones, wrong = Counter[str](), 0
        for record in records:
            met = list(hub.likest(prepare(comparable(record), MODEL)))
            for other, compared in met:
                if compared.zone is Zone.AUTO and other.person != record.person:
                    wrong += 1
                    print("WRONG", record, other, compared, sep="\n  ")
            zones[_strongest([compared.zone for _, compared in met])] += 1
        told.append(f"{name}: {wrong} wrong, {', '.join(f'{zones[zone]} {zone}' for zone in Zone)}")
    return "; ".join(told)


def _strongest(zones: Sequence[Zone]) -> Zone:
    return next((zone for zone in (Zone.AUTO, Zone.REVIEW) if zone in zones), Zone.NEW)


if __name__ == "__main__":
    gc.disable()
    what = {"files": files, "lookup": lookup}[sys.argv[1]]
    for number in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
        print(number, what(number), flush=True)
        gc.collect()
