"""Random small rounds in which every rule of the snapshot format bites, and the smallest round by hand."""

import random
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]

LEVELS = ["PRE", "E1", "E2", "E3", "L1", "L2"]
SKILLS = ["speaking", "listening", "reading", "writing"]
SLOTS = [
    f"{day}-{part}"
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    for part in ("am", "pm", "eve")
]
TODAY = date(2027, 1, 11)

POLICY: Json = {
    "version": "2027.1",
    "today": "2027-01-11",
    "preference_band_width": 0.5,
    "days_weight": 0.006,
    "waiting_bucket_days": 28,
}

LEARNER: Json = {
    "id": "L1",
    "level": "E2",
    "also": [],
    "skills": dict.fromkeys(SKILLS, "E2"),
    "available": ["mon-am", "tue-am"],
    "location": [51.548, -0.062],
    "max_travel_km": 4.0,
    "holds": ["adult"],
    "needs": [],
    "funding": ["asf"],
    "available_from": "2027-01-11",
    "latest_start": "2027-06-30",
    "priority_band": 2,
    "referred_on": "2026-09-14",
    "area": "E09000012",
    "declined": [],
    "choices": [],
}

CLASS: Json = {
    "id": "C1",
    "levels": ["E2"],
    "rw_support": False,
    "skill_bands": {},
    "sessions": ["tue-am"],
    "location": [51.55, -0.06],
    "online": False,
    "requires": ["adult"],
    "offers": [],
    "funding": ["asf"],
    "starts": "2027-01-25",
    "places": 1,
    "contract_areas": ["E09000012"],
    "pressure": 1.0,
    "reserves": [],
}


def learner(**changes: Any) -> Json:
    """The plain learner, changed."""
    return {**deepcopy(LEARNER), **changes}


def esol_class(**changes: Any) -> Json:
    """The plain class, changed."""
    return {**deepcopy(CLASS), **changes}


def snapshot(learners: list[Json], classes: list[Json], **policy: Any) -> Json:
    """A round of these rows."""
    return {
        "format": "esol-hub/matching-snapshot/1",
        "round": "2027-01-11-weekly",
        "policy": {**POLICY, **policy},
        "learners": learners,
        "classes": classes,
    }


def random_snapshot(seed: int, learners: int = 120, classes: int = 10) -> Json:
    """A round in which classes are close, small and picky enough for every rule to decide something."""
    rng = random.Random(seed)
    words = [f"fund-{number}" for number in range(rng.choice([2, 3, 90]))]
    return {
        "format": "esol-hub/matching-snapshot/1",
        "round": f"round-{seed}",
        "policy": {
            **POLICY,
            "preference_band_width": rng.choice([0, 0.25, 0.5, 1, 1.0]),
            "days_weight": rng.choice([0, 0.006, 0.01]),
            "waiting_bucket_days": rng.choice([1, 28, 90]),
        },
        "learners": [_learner(rng, f"L{number}", words, classes) for number in range(learners)],
        "classes": [_class(rng, f"C{number}", words) for number in range(classes)],
    }


def _learner(rng: random.Random, name: str, funds: list[str], classes: int) -> Json:
    level = rng.randrange(6)
    start = TODAY + timedelta(days=rng.randrange(-30, 60))
    anywhere = [f"C{number}" for number in range(classes + 3)]
    return {
        "id": name,
        "level": LEVELS[level],
        "also": LEVELS[level + 1 : level + 3] if rng.random() < 0.3 else [],
        "skills": {
            skill: LEVELS[min(5, max(0, level + rng.choice([-1, 0, 0, 1])))]
            for skill in SKILLS
            if rng.random() < 0.95
        },
        "available": rng.sample(SLOTS, rng.choice([8, 14, 21])),
        "location": None if rng.random() < 0.1 else _location(rng),
        "max_travel_km": rng.choice([0, 0.4, 1, 2.5, 4.0, 12.345]),
        "holds": [word for word in ("woman", "adult", "device") if rng.random() < 0.8],
        "needs": [
            word for word in ("childcare", "step_free", "in_person", "women_only") if rng.random() < 0.1
        ],
        "funding": rng.sample(funds, rng.randrange(1, len(funds) + 1)),
        "available_from": start.isoformat(),
        "latest_start": (start + timedelta(days=rng.randrange(20, 200))).isoformat(),
        "priority_band": rng.randrange(4),
        "referred_on": (TODAY - timedelta(days=rng.choice([-3, 0, 10, 30, 60, 400]))).isoformat(),
        "area": rng.choice([None, "north", "south", "east"]),
        "declined": rng.sample(anywhere, 1) if rng.random() < 0.2 else [],
        "choices": [rng.choice(anywhere) for _ in range(rng.randrange(1, 6))] if rng.random() < 0.2 else [],
    }


def _class(rng: random.Random, name: str, funds: list[str]) -> Json:
    level = rng.randrange(6)
    online = rng.random() < 0.25
    return {
        "id": name,
        "levels": LEVELS[level : level + rng.choice([1, 2, 4])],
        "rw_support": rng.random() < 0.4,
        "skill_bands": {"reading": rng.sample(LEVELS, 4), "writing": LEVELS} if rng.random() < 0.3 else {},
        "sessions": rng.sample(SLOTS, rng.choice([0, 1, 1, 2])),
        "location": None if online and rng.random() < 0.5 else _location(rng),
        "online": online,
        "requires": [word for word in ("woman", "adult", "device") if rng.random() < 0.2],
        "offers": [
            word for word in ("childcare", "step_free", "in_person", "women_only") if rng.random() < 0.6
        ],
        "funding": rng.sample(funds, rng.randrange(1, len(funds) + 1)),
        "starts": (TODAY + timedelta(days=rng.randrange(0, 120))).isoformat(),
        "places": rng.choice([0, 1, 1, 2, 3, 5]),
        "contract_areas": rng.sample(["north", "south", "east", "elsewhere"], rng.randrange(3)),
        "pressure": rng.choice([0, 1, 1.4, 1.4, 7.25]),
        "reserves": [_reserve(rng) for _ in range(rng.choice([0, 0, 1, 2, 3]))],
    }


def _location(rng: random.Random) -> list[float]:
    return [round(rng.uniform(51.5, 51.56), rng.choice([3, 4])), round(rng.uniform(-0.1, 0.0), 3)]


def _reserve(rng: random.Random) -> Json:
    waiting, areas = (
        {"min_waiting_days": rng.choice([0, 20, 60])},
        {"areas": rng.sample(["north", "south"], 1)},
    )
    return {"count": rng.choice([0, 1, 1, 2, 4]), **rng.choice([waiting, areas, {**waiting, **areas}])}


def shuffled(data: Json, seed: int) -> Json:
    """The same round with every list whose order means nothing in another order."""
    rng = random.Random(seed)
    other = deepcopy(data)
    rows = [*other["learners"], *other["classes"]]
    lists = [
        row[name]
        for row in rows
        for name in ("available", "holds", "needs", "funding", "declined", "also", "levels", "sessions",
                     "requires", "offers", "contract_areas")
        if name in row
    ]  # fmt: skip
    for each in (other["learners"], other["classes"], *lists):
        rng.shuffle(each)
    return other
