"""Time, memory and placements of a whole round in a synthetic borough, and in a region of 33."""

import itertools
import json
import math
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.benchmarks.figures import Figure

LEVELS = ("PRE", "E1", "E2", "E3", "L1", "L2")
LEVEL_SHARES = (16, 32, 26, 17, 7, 2)
DAYS = ("mon", "tue", "wed", "thu", "fri")
TODAY = date(2027, 1, 11)
PER_BOROUGH = 5_000  # learners; a larger round is a patchwork of boroughs side by side
BOROUGH_KM = 7.0
KM_LAT, KM_LON = 111.195, 69.2  # kilometres in a degree at 51.5 degrees north
EXPLANATIONS = 5_000
Json = dict[str, Any]


# ---------------------------------------------------------------- the synthetic borough


def borough(learners: int, seed: int, band_width: float = 0.5) -> Json:
    """A snapshot with a class for every 15 learners, 8 to 20 places each, places for 93% of the learners."""
    rng = random.Random(seed)
    classes = learners // 15
    blocks = max(1, round(learners / PER_BOROUGH))
    side = math.ceil(math.sqrt(blocks))
    size = BOROUGH_KM if learners >= PER_BOROUGH else BOROUGH_KM * math.sqrt(learners / PER_BOROUGH)

    def place() -> tuple[list[float], str]:
        block = rng.randrange(blocks)
        north = (block // side + rng.random()) * size
        east = (block % side + rng.random()) * size
        return [round(51.4 + north / KM_LAT, 3), round(-0.3 + east / KM_LON, 3)], f"E{9_000_001 + block:08d}"

    places = _places(rng, classes, round(0.93 * learners))
    return {
        "format": "esol-hub/matching-snapshot/1",
        "round": f"benchmark-{learners}-{seed}",
        "policy": {
            "version": "2027.1",
            "today": TODAY.isoformat(),
            "preference_band_width": band_width,
            "days_weight": 0.006,
            "waiting_bucket_days": 28,
        },
        "learners": [_learner(rng, f"L{number}", place) for number in range(learners)],
        "classes": [_class(rng, f"C{number}", place, places[number]) for number in range(classes)],
    }


def _places(rng: random.Random, classes: int, total: int) -> list[int]:
    """Capacities of 8 to 20 that add up to `total`."""
    places = [rng.randint(8, 20) for _ in range(classes)]
    while (gap := total - sum(places)) != 0:
        row = rng.randrange(classes)
        places[row] = min(20, max(8, places[row] + (1 if gap > 0 else -1)))
    return places


Place = Callable[[], tuple[list[float], str]]


def _learner(rng: random.Random, name: str, place: Place) -> Json:
    home, area = place()
    level = rng.choices(range(6), LEVEL_SHARES)[0]
    spiky = rng.random() < 0.15
    woman = rng.random() < 0.65
    start = TODAY + timedelta(days=rng.choice([0, 0, 0, 14, 28, 60]))
    return {
        "id": name,
        "level": LEVELS[level],
        "also": list(LEVELS[level + 1 : level + 2]) if spiky else [],
        "skills": dict.fromkeys(("speaking", "listening", "reading", "writing"), LEVELS[level]),
        "available": _available(rng),
        "location": home,
        "max_travel_km": rng.choice([1.6, 2.4, 3.2, 4.8, 8.0, 12.0]),
        "holds": [*(["woman"] if woman else []), "adult", *(["device"] if rng.random() < 0.7 else [])],
        "needs": _needs(rng, woman),
        "funding": rng.choices(
            [["asf", "tailored", "charity"], ["tailored", "charity"], ["charity"]], (80, 15, 5)
        )[0],
        "available_from": start.isoformat(),
        "latest_start": (start + timedelta(days=rng.choice([80, 170, 200]))).isoformat(),
        "priority_band": rng.choices(range(4), (10, 20, 30, 40))[0],
        "referred_on": (TODAY - timedelta(days=int(rng.expovariate(1 / 120)))).isoformat(),
        "area": area,
        "declined": [],
        "choices": [],
    }


def _available(rng: random.Random) -> list[str]:
    """Whole parts of the day for most of the week, as people say it."""
    parts = rng.choices(
        [("am",), ("am", "pm"), ("eve",), ("pm", "eve"), ("am", "pm", "eve")], (20, 30, 10, 10, 30)
    )[0]
    days = DAYS if rng.random() < 0.7 else rng.sample(DAYS, 3)
    return [f"{day}-{part}" for day in days for part in parts]


def _needs(rng: random.Random, woman: bool) -> list[str]:
    shares = {"childcare": 0.08, "step_free": 0.04, "in_person": 0.15, "women_only": 0.05 if woman else 0.0}
    return [name for name, share in shares.items() if rng.random() < share]


def _class(rng: random.Random, name: str, place: Place, places: int) -> Json:
    venue, area = place()
    level = rng.choices(range(6), LEVEL_SHARES)[0]
    online = rng.random() < 0.04
    women = rng.random() < 0.08
    part = rng.choices(("am", "pm", "eve"), (50, 25, 25))[0]
    needs = ("childcare", "step_free", *(("women_only",) if women else ()))
    return {
        "id": name,
        "levels": list(LEVELS[level : level + (2 if rng.random() < 0.6 else 1)]),
        "rw_support": rng.random() < 0.2,
        "skill_bands": {},
        "sessions": [f"{day}-{part}" for day in rng.sample(DAYS, rng.choice([1, 1, 2]))],
        "location": venue,
        "online": online,
        "requires": [*(["woman"] if women else []), "adult", *(["device"] if online else [])],
        "offers": [need for need in needs if need == "women_only" or rng.random() < 0.5],
        "funding": rng.choices(
            [["asf"], ["asf", "tailored"], ["asf", "charity"], ["charity"]], (50, 25, 20, 5)
        )[0],
        "starts": (TODAY + timedelta(days=rng.choice([14, 21, 28, 42, 56, 90, 100]))).isoformat(),
        "places": places,
        "contract_areas": [area],
        "pressure": 1.0,
        "reserves": [{"count": 2, "min_waiting_days": 365}] if rng.random() < 0.2 else [],
    }


# ---------------------------------------------------------------- measuring


def measure(learners: int, seed: int) -> Json:
    """One round in this process: seconds of edges, match and 5,000 explanations, and the peak memory."""
    import numpy as np

    from hub.matching.domain.allocation import decide, next_pressures, prepare
    from hub.matching.domain.explain import Explainer
    from hub.matching.domain.snapshot import parse_snapshot

    data = borough(learners, seed)
    snapshot = parse_snapshot(data)
    pressures = next_pressures(snapshot)
    for one in data["classes"]:
        one["pressure"] = pressures[one["id"]]
    snapshot = parse_snapshot(data)
    clocks = [(time.perf_counter(), time.process_time())]
    prepared = prepare(snapshot, "benchmark")
    clocks.append((time.perf_counter(), time.process_time()))
    result = decide(prepared, "not hashed here")
    clocks.append((time.perf_counter(), time.process_time()))
    rng = random.Random(seed)
    explainer = Explainer(prepared, result)
    for _ in range(EXPLANATIONS):
        explainer.why(f"L{rng.randrange(learners)}", f"C{rng.randrange(len(pressures))}").sentences()
    clocks.append((time.perf_counter(), time.process_time()))
    degree = np.bincount(prepared.edges.learner, minlength=learners)
    return {
        "wall": [round(later[0] - first[0], 3) for first, later in itertools.pairwise(clocks)],
        "cpu": [round(later[1] - first[1], 3) for first, later in itertools.pairwise(clocks)],
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "degree": [
            round(float(degree.mean()), 1),
            float(np.median(degree)),
            round(float((degree == 0).mean()), 3),
        ],
        "summary": {
            "placed": result.summary.placed,
            "edges": result.summary.edges,
            "maximum": result.summary.maximum_possible,
            "blocking": result.summary.blocking_pairs,
        },
    }


def in_a_process_of_its_own(learners: int, seed: int) -> Json:
    """`measure` in a fresh Python, so that peak memory is that of one round."""
    program = (
        "import json; from tests.benchmarks.bench_matching import measure; "
        f"print(json.dumps(measure({learners}, {seed})))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    found: Json = json.loads(done.stdout)
    return found


def placed_share(seed: int, band_width: float) -> tuple[float, int]:
    """Placed over the largest possible number at 5,000 learners, with last round's pressure; blocking pairs."""
    from hub.matching.domain.allocation import allocate, next_pressures
    from hub.matching.domain.snapshot import parse_snapshot

    data = borough(PER_BOROUGH, seed, band_width)
    pressures = next_pressures(parse_snapshot(data))
    for one in data["classes"]:
        one["pressure"] = pressures[one["id"]]
    summary = allocate(parse_snapshot(data), "benchmark").summary
    return summary.placed / (summary.maximum_possible or 1), summary.blocking_pairs


def run() -> list[Figure]:
    """All figures of the matching engine, each beside its target."""
    figures = []
    for learners, seconds, megabytes in ((5_000, 3.0, 300.0), (50_000, 60.0, 1_500.0)):
        found = in_a_process_of_its_own(learners, seed=1)
        note = (
            f"edges+orders, match, {EXPLANATIONS} explanations: {found['wall']} s wall, {found['cpu']} s CPU; "
            f"{found['summary']['edges']} edges, mean, median, share without {found['degree']}"
        )
        size = f"matching {learners:,} learners"
        figures += [
            Figure(f"{size}: wall", sum(found["wall"]), "s", seconds, "less", note),
            Figure(f"{size}: peak memory", found["megabytes"], "MB", megabytes, "less", "whole process"),
            Figure(f"{size}: blocking pairs", found["summary"]["blocking"], "pairs", 0, "less"),
        ]
    for width, target in ((0.5, 0.93), (1.0, 0.98)):
        shares = [placed_share(seed, width) for seed in range(1, 6)]
        worst = min(share for share, _ in shares)
        note = f"worst of 5 seeds: {[round(share, 4) for share, _ in shares]}; {sum(bp for _, bp in shares)} blocking"
        figures.append(Figure(f"matching placed / maximum, W={width}", worst, "", target, "more", note))
    return figures
