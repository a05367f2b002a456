"""Invented learners, by the published mix: who they are, what they need, how good their English is."""

import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from random import Random
from uuid import UUID

from hub.assessment.domain import LiteracyNeed, Skill
from hub.core.levels import Level
from hub.core.slots import SLOTS
from hub.demo.parameters import Parameters, one_of, pick, read_data
from hub.learners.domain import NewNeeds, NewPerson
from hub.learners.domain.needs import Barrier, Funding, Reason, StudyMode, TravelMode
from hub.learners.domain.person import Sex

HACKNEY = "E09000012"
POSTCODES = "data/postcodes.csv.gz"

_SPECIAL = {0, 2, 3, 111, 222}  # numbers at which the stand-in for Notify misbehaves on purpose
_MOBILES = [f"+447700900{n:03d}" for n in range(1000) if n not in _SPECIAL]
_LANDLINES = [f"+44{area}{n:03d}" for area in ("2079460", "1214960", "1134960") for n in range(999)]

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
_PATTERNS: Mapping[str, tuple[float, frozenset[str]]] = {
    "school hours": (0.34, frozenset(f"{day}-{part}" for day in _WEEKDAYS for part in ("am", "pm"))),
    "mornings": (0.24, frozenset(f"{day}-am" for day in _WEEKDAYS)),
    "evenings": (0.18, frozenset(f"{day}-eve" for day in _WEEKDAYS[:4]) | {"sat-am"}),
    "always": (0.12, frozenset(SLOTS)),
}
_POTS = frozenset({Funding.ASF, Funding.TAILORED, Funding.CHARITY})
_READS_ROMAN = {"tr", "pl", "es", "fr", "pt", "de", "so", "vi", "ro", "sq", "ku"}


@dataclass(slots=True)
class SimPerson:
    """One invented person: what a referral says, and what only the simulation knows."""

    person: NewPerson
    needs: NewNeeds
    source: str
    mandated: bool
    skills: Mapping[Skill, Level]
    literacy: LiteracyNeed
    years_schooling: int
    purposes: frozenset[str]
    unreachable_until: date | None = None
    ids: set[UUID] = field(default_factory=set)
    referred_by: set[UUID | None] = field(default_factory=set)
    stopped: bool = False
    listed: bool = False

    @property
    def reads_roman(self) -> bool:
        return self.person.preferred_language in _READS_ROMAN


def invent(rng: Random, parameters: Parameters, learners: int, today: date) -> Iterator[SimPerson]:
    """`learners` people, each different in phone and name with date of birth."""
    homes = _homes(rng)
    phones = _phones(rng, parameters.contact["mobile"], learners)
    taken: set[tuple[str, date]] = set()
    for number in range(learners):
        one = _someone(rng, parameters, _Fixed(one_of(rng, homes), phones[number], number, today))
        key = (f"{one.person.given_names} {one.person.family_name}", one.person.date_of_birth or today)
        while key in taken:
            one = _someone(rng, parameters, _Fixed(one_of(rng, homes), phones[number], number, today))
            key = (f"{one.person.given_names} {one.person.family_name}", one.person.date_of_birth or today)
        taken.add(key)
        yield one


@dataclass(frozen=True, slots=True)
class _Fixed:
    postcode: str
    phone: str
    number: int
    today: date


def _homes(rng: Random) -> Sequence[str]:
    """Where learners live: three quarters in Hackney, the rest in the boroughs around it."""
    own: list[str] = []
    around: list[str] = []
    for row in postcode_rows():
        (own if row["district"] == HACKNEY else around).append(row["postcode"])
    return rng.sample(own, 3000) + rng.sample(around, 1000)


def postcode_rows() -> Iterator[dict[str, str]]:
    """The postcodes that come with the project: Hackney and the boroughs around it."""
    raw = resources.files("hub.demo").joinpath(POSTCODES).read_bytes()
    yield from csv.DictReader(gzip.decompress(raw).decode().splitlines())


def postcode_file() -> Path:
    return Path(__file__).parent / POSTCODES


def _phones(rng: Random, mobile_share: float, learners: int) -> list[str]:
    """Ofcom's numbers for drama: each mobile once; when they run out, landlines, which no text reaches."""
    mobiles = rng.sample(_MOBILES, min(round(learners * mobile_share), len(_MOBILES)))
    missing = learners - len(mobiles)
    lines = rng.sample(_LANDLINES, min(missing, len(_LANDLINES)))
    lines += [one_of(rng, _LANDLINES) for _ in range(missing - len(lines))]
    phones = mobiles + lines
    rng.shuffle(phones)
    return phones


def _someone(rng: Random, parameters: Parameters, fixed: _Fixed) -> SimPerson:
    mix = parameters.mix
    language = pick(rng, mix["language"])
    sex = Sex.FEMALE if rng.random() < mix["female"] else Sex.MALE
    source = pick(rng, mix["source"])
    level = Level(pick(rng, mix["level"]))
    low_literacy = rng.random() < mix["low_first_language_literacy"]
    person = _person(rng, parameters, fixed, (language, sex))
    return SimPerson(
        person=person,
        needs=_needs(rng, parameters, sex),
        source=source,
        mandated=source == "jobcentre" and rng.random() < 0.15,
        skills=_skills(rng, level, mix["spiky"]),
        literacy=_literacy(rng, low_literacy, language),
        years_schooling=rng.randrange(0, 5) if low_literacy else rng.randrange(6, 16),
        purposes=_purposes(rng, parameters),
    )


def _person(rng: Random, parameters: Parameters, fixed: _Fixed, about: tuple[str, Sex]) -> NewPerson:
    language, sex = about
    given, family = _name(rng, language, sex)
    email = None
    if not fixed.phone.startswith("+447") or rng.random() < parameters.contact["email"]:
        email = f"learner{fixed.number:05d}@post.example"
    return NewPerson(
        given_names=given,
        family_name=family,
        date_of_birth=_born(rng, parameters, fixed.today),
        sex=sex,
        postcode=fixed.postcode,
        phone=fixed.phone,
        email=email,
        preferred_language=language,
        first_language=language,
        interpreter_needed=rng.random() < 0.3,
        safe_to_text=rng.random() >= 0.02,
    )


def _name(rng: Random, language: str, sex: Sex) -> tuple[str, str]:
    names = read_data("names")[language]
    if "original" in names and rng.random() < 0.04:
        given, family = one_of(rng, names["original"])
        return given, family
    return one_of(rng, names["female" if sex is Sex.FEMALE else "male"]), one_of(rng, names["family"])


def _born(rng: Random, parameters: Parameters, today: date) -> date:
    """Somebody of 19 or more on the first of September before `today`, or one of the few of 16 to 18."""
    if rng.random() < parameters.mix["sixteen_to_eighteen"]:
        youngest, oldest = 16, 17
    else:
        youngest, oldest = map(int, pick(rng, parameters.mix["age"]).split("-"))
        youngest += youngest == 19
    age_days = rng.randrange(youngest * 366, (oldest + 1) * 365)
    return today - timedelta(days=age_days)


def _needs(rng: Random, parameters: Parameters, sex: Sex) -> NewNeeds:
    childcare = sex is Sex.FEMALE and rng.random() < parameters.mix["creche_of_women"]
    patterns = {name: weight for name, (weight, _) in _PATTERNS.items()} | {"some": 0.12}
    chosen = "school hours" if childcare else pick(rng, patterns)
    if chosen == "some":
        slots = frozenset(rng.sample(SLOTS, rng.randrange(6, 13)))
    else:
        slots = _PATTERNS[chosen][1]
    device = rng.random() < 0.6
    return NewNeeds(
        availability=slots,
        travel_minutes=one_of(rng, (30, 30, 40, 45, 60)),
        travel_mode=one_of(rng, (TravelMode.BUS, TravelMode.BUS, TravelMode.WALK, TravelMode.CYCLE)),
        study_mode=StudyMode.EITHER if device and rng.random() < 0.3 else StudyMode.IN_PERSON,
        has_device=device,
        childcare=childcare,
        children_ages=tuple(sorted(rng.randrange(0, 5) for _ in range(rng.randrange(1, 3))))
        if childcare
        else (),
        step_free=rng.random() < 0.05,
        women_only=sex is Sex.FEMALE and rng.random() < 0.08,
        hours_per_week=one_of(rng, (2, 4, 4, 6)),
        reasons=frozenset(rng.sample(list(Reason), rng.randrange(1, 4))),
        barriers=frozenset(rng.sample([Barrier.CONFIDENCE, Barrier.TRAVEL_COST, Barrier.INFORMATION], 1)),
        funding=_POTS if rng.random() < 0.5 else frozenset(),
    )


def _skills(rng: Random, level: Level, spiky: float) -> dict[Skill, Level]:
    """Four skills around a level; spoken English is more often the stronger one."""
    ranks = dict.fromkeys(Skill, level.rank)
    if rng.random() < spiky:
        stronger = (Skill.SPEAKING, Skill.LISTENING) if rng.random() < 0.7 else (Skill.READING, Skill.WRITING)
        for skill in stronger:
            ranks[skill] = min(level.rank + rng.randrange(1, 3), len(Level) - 1)
    return {skill: Level.from_rank(rank) for skill, rank in ranks.items()}


def _literacy(rng: Random, low: bool, language: str) -> LiteracyNeed:
    if not low:
        return LiteracyNeed.NONE
    return (
        LiteracyNeed.LITERACY_2 if language in _READS_ROMAN or rng.random() < 0.3 else LiteracyNeed.LITERACY_1
    )


def _purposes(rng: Random, parameters: Parameters) -> frozenset[str]:
    conduct = parameters.conduct
    asked = {
        "P03": conduct["consent_to_share"],
        "P05": conduct["consent_to_share"],
        "P06": conduct["consent_to_text"],
        "P07": conduct["consent_to_feedback"],
        "P08": 0.5,
        "P11": 0.4,
    }
    return frozenset(code for code, share in asked.items() if rng.random() < share)
