"""Recognising the same person: the figures of the specification 'same person', section 5.

Quality is measured on generated boroughs whose seeds were never used for tuning, and on the public FEBRL sets. Online:
one referral against 100,000 learners stored sealed in PostgreSQL, 1,000 times somebody known and 1,000 times somebody
new (half of them of a household that is known). Numbers 7 and 8 are asserted in tests. Processor time stands beside
the wall's, since the machine is rarely quiet.

Protocol: rules are tuned on development seeds, with `python -m tests.recognition.develop` (files, and the look-up in
memory), and frozen; then the held-out seeds are run once, and what comes of it is written into FIGURES.md. Whoever
changes a rule, a weight or a list afterwards makes the seeds below development seeds and takes new ones. Running them
again without such a change shows the same. Speed is measured on a development seed.
"""

import csv
import gc
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from datetime import date

from hub.learners import reads
from hub.learners.domain.blocking import MOST_COMPARED
from hub.learners.domain.linking import link
from tests.benchmarks.bench_intake import deployment, settings_of
from tests.benchmarks.figures import Figure
from tests.benchmarks.filling import Asked, analyse, count_met, fill, look
from tests.benchmarks.scratch import scratch_hub
from tests.recognition import febrl
from tests.recognition.borough import Borough, comparable, true_pairs
from tests.recognition.measure import Quality, measure

HELD_OUT = (9001, 9002)
ONLINE = 9004
TIMED = 3001
RECORDS = 20_000
LEARNERS, ASKED = 100_000, 1_000
DAY = date(2027, 1, 11)
FEBRL_TARGETS = {1: 0.99, 2: 0.97, 3: 0.965, 4: 0.985}


def run(records: int = RECORDS, learners: int = LEARNERS, asked: int = ASKED) -> list[Figure]:
    """All figures."""
    return [*boroughs(records), *febrl_sets(), *command(records), *online(learners, asked)]


# ---------------------------------------------------------------- files


def boroughs(count: int) -> list[Figure]:
    """Quality by the worse of the held-out seeds; zones of both together."""
    found: list[Quality] = []
    cultures: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for seed in HELD_OUT:
        records = Borough(seed).records(count)
        pairs = link([comparable(one) for one in records], reads.recognition_model(DAY))
        found.append(measure({(p.left, p.right): p.zone for p in pairs}, [one.person for one in records]))
        keys = {frozenset((records[p.left].rec_id, records[p.right].rec_id)) for p in pairs}
        for key, (_, other) in true_pairs(records).items():
            cultures[other.culture] += 1
            hits[other.culture] += key in keys
    recall = {culture: hits[culture] / number for culture, number in cultures.items()}
    lowest, highest = min(recall, key=recall.__getitem__), max(recall.values())
    auto, wrong = sum(q.auto for q in found), sum(q.auto_wrong for q in found)
    note = f"held-out seeds {', '.join(map(str, HELD_OUT))}, {count:,} records each"
    return [
        Figure("borough F1", min(q.f1 for q in found), "", 0.93, "more", note),
        Figure("borough precision", min(q.precision for q in found), "", 0.93, "more"),
        Figure("borough recall", min(q.recall for q in found), "", 0.92, "more"),
        Figure("wrong in the automatic zone", wrong, "", 0, "less", f"of {auto:,}"),
        Figure("automatic recall", min(q.auto_recall for q in found), "", 0.55, "more"),
        Figure("review pairs per 1,000 records", max(1000 * q.review / count for q in found), "", 80, "less"),
        Figure("review pairs that are true", min(q.review_true for q in found), "", 0.8, "more"),
        Figure("lowest recall of a naming culture", recall[lowest], "", 0.88, "more", lowest),
        Figure("gap between naming cultures", highest - recall[lowest], "", 0.10, "less"),
    ]


def febrl_sets() -> list[Figure]:
    return [
        Figure(f"FEBRL{number} F1", _febrl(number), "", target, "more")
        for number, target in FEBRL_TARGETS.items()
    ]


def _febrl(number: int) -> float:
    left = febrl.read("dataset4a" if number == 4 else f"dataset{number}")
    right = febrl.read("dataset4b") if number == 4 else None
    truth, ids = febrl.true_pairs(left, right), [*left, *(right or {})]
    pairs = link(list(left.values()), reads.recognition_model(DAY), list(right.values()) if right else None)
    found = {frozenset((ids[p.left], ids[p.right])) for p in pairs}
    return 2 * len(found & truth) / (len(found) + len(truth))


COLUMNS = (
    "rec_id",
    "given_name",
    "family_name",
    "gender",
    "dob",
    "phone",
    "email",
    "postcode",
    "address",
    "first_language",
)


def command(count: int) -> list[Figure]:
    """`hub learners link` as a process of its own: seconds and peak memory."""
    with deployment() as (folder, _):
        path = folder / "people.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(COLUMNS)
            lines.writerows(
                [getattr(one, name) or "" for name in COLUMNS] for one in Borough(TIMED).records(count)
            )
        began = time.perf_counter()
        words = [
            sys.executable,
            "-m",
            "hub",
            "learners",
            "link",
            str(path),
            "--out",
            str(folder / "pairs.csv"),
        ]
        process = subprocess.Popen(words, env=settings_of(folder), stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    busy = f"{usage.ru_utime + usage.ru_stime:.1f} s of processor"
    return [
        Figure(f"link {count:,} records", time.perf_counter() - began, "s", 10, "less", busy),
        Figure("memory of linking", usage.ru_maxrss / 1024, "MB", 300, "less"),
    ]


# ---------------------------------------------------------------- online


def _ask_full_hub(learners: int, asked: int) -> tuple[Asked, Asked]:
    """What came of asking about people that the hub knows, and about others."""
    borough, rng = Borough(ONLINE), random.Random(1)
    people = borough.people(learners + asked)
    new_ones = set(rng.sample(range(len(people)), asked))  # from known households as well as others
    stored = [one for place, one in enumerate(people) if place not in new_ones]
    twice = rng.sample(stored, asked)
    again = [borough.corrupted(one) for one in twice]
    unknown = [borough.clean(people[place]) for place in sorted(new_ones)]
    with scratch_hub():
        homes = fill([borough.clean(one) for one in stored])
        analyse()
        gc.freeze()  # the borough is no part of a service's memory, to be swept again and again
        at_home = [homes[one.person] for one in twice]
        known, new = look(again, at_home, Asked()), look(unknown, None, Asked())
        count_met(again, at_home, known)
        gc.unfreeze()
    return known, new


def online(learners: int, asked: int) -> list[Figure]:
    """One intake against a full hub, by the same functions that `identify` calls."""
    known, new = _ask_full_hub(learners, asked)
    both = known.cpu + new.cpu
    p95 = lambda values: 1000 * statistics.quantiles(values, n=20)[-1]  # noqa: E731
    note = f"median {1000 * statistics.median(both):.1f} ms"
    right, missed, wrong = known.zones["auto"], known.zones["new"], known.wrong + new.zones["auto"]
    decided = f"known: {right} sure, {known.zones['review']} review, {missed} missed"
    return [
        Figure(f"blocking recall, {learners:,} learners", known.blocked / asked, "", 0.995, "more"),
        Figure(
            f"true record among the {MOST_COMPARED} compared", known.among_compared / asked, "", 0.99, "more"
        ),
        Figure("one referral, processor, 95th percentile", p95(both), "ms", 5, "less", note),
        Figure("one referral, wall, 95th percentile", p95(known.wall + new.wall), "ms", 20, "less"),
        Figure("people linked wrongly online", wrong, "", 0, "less", f"of {2 * asked:,}; {decided}"),
        Figure("new people sent to review", 100 * new.zones["review"] / asked, "%", 6, "less"),
    ]
