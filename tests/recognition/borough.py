"""A made-up borough with the truth known: families on one phone behind one door, hostels, and people twice.

Each record carries who it is (`person`), the naming culture and what was done to it, so that recall can be told by
corruption and by culture. Seeded; nothing is taken from the scorer.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hub.learners.domain.scoring import Comparable
from tests.recognition import name_pools as pools
from tests.recognition.name_pools import Culture

STREETS = (
    "Mare Street", "Graham Road", "Amhurst Road", "Dalston Lane", "Kingsland High Street", "Well Street", "Morning Lane",
    "Queensbridge Road", "Sandringham Road", "Cecilia Road", "Downs Park Road", "Lansdowne Drive", "Richmond Road",
    "Pownall Road", "Cassland Road", "Chatsworth Road", "Lower Clapton Road", "Powerscroft Road", "Glyn Road",
    "Homerton High Street", "Balls Pond Road", "Shacklewell Lane", "Stoke Newington Road", "Evering Road", "Brooke Road",
    "Rectory Road", "Northwold Road", "Upper Clapton Road", "Springfield", "Warwick Grove", "Cazenove Road", "Manor Road",
)  # fmt: skip
SERVICES = ("gmail.com", "hotmail.com", "yahoo.co.uk", "outlook.com", "icloud.com")


@dataclass(frozen=True)
class Record:
    """One line of a list: what stands there, and the truth about it."""

    rec_id: str
    person: int
    household: int
    culture: str
    given_name: str
    family_name: str
    gender: str
    dob: date | None
    phone: str
    email: str
    postcode: str
    address: str
    first_language: str
    done: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Truth:
    """A person as they are. Each name is its spellings."""

    person: int
    household: int
    culture: Culture
    given: tuple[tuple[str, ...], ...]
    families: tuple[tuple[str, ...], ...]
    woman: bool
    born: date
    phone: str
    email: str
    postcode: str
    address: str
    language: str


class Borough:
    """`records(n)` makes n records, 15% of them a second record of a person."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.phones: set[str] = set()
        self.postcodes = [self._postcode() for _ in range(2500)]
        self.hostels = [
            (f"Flat {{}}, {name} House, {self.random.choice(STREETS)}", self._postcode())
            for name in ("Hope", "Alma", "Pembury")
        ]

    def records(self, count: int, duplicates: float = 0.15) -> list[Record]:
        doubled = round(count * duplicates)
        people = self.people(count - doubled)
        found = [self.clean(truth) for truth in people]
        found += [self.corrupted(truth) for truth in self.random.sample(people, doubled)]
        self.random.shuffle(found)
        return [replace(record, rec_id=f"r{number:06d}") for number, record in enumerate(found)]

    # ------------------------------------------------------------------ people

    def people(self, count: int) -> list[Truth]:
        people: list[Truth] = []
        household = 0
        while len(people) < count:
            household += 1
            size = self.random.choices((1, 2, 3, 4, 5), (50, 24, 12, 9, 5))[0]
            people.extend(self._family(household, size, len(people)))
        return people[:count]

    def _family(self, household: int, size: int, first: int) -> list[Truth]:
        rng = self.random
        culture = rng.choices(pools.CULTURES, [culture.share for culture in pools.CULTURES])[0]
        hostel = size == 1 and rng.random() < 0.03
        if hostel:
            place, postcode = rng.choice(self.hostels)
            address = place.format(rng.randint(1, 60))
        else:
            flat = f"Flat {rng.randint(1, 40)}, " if rng.random() < 0.4 else ""
            address, postcode = (
                f"{flat}{rng.randint(1, 220)} {rng.choice(STREETS)}",
                rng.choice(self.postcodes),
            )
        shared_phone = self._phone()
        language = rng.choice(culture.languages)
        surname = self._families(culture)
        members: list[Truth] = []
        for place_in in range(size):
            woman = (
                rng.random() < 0.6
                if place_in == 0
                else (rng.random() < 0.5 if place_in > 1 else not members[0].woman)
            )
            born = self._born(culture, members, place_in)
            families = self._own_families(culture, surname, woman, place_in)
            given = self._given(culture, woman)
            while any(
                given[-1] == other.given[-1] for other in members
            ):  # no two of a family are called the same
                given = self._given(culture, woman)
            phone = shared_phone if place_in == 0 or rng.random() < 0.45 else self._phone()
            email = self._email(given, families, born) if rng.random() < 0.5 else ""
            members.append(
                Truth(
                    first + place_in,
                    household,
                    culture,
                    given,
                    families,
                    woman,
                    born,
                    phone,
                    email,
                    postcode,
                    address,
                    language,
                )
            )
        return members

    def _born(self, culture: Culture, members: list[Truth], place_in: int) -> date:
        rng = self.random
        if place_in == 0:
            born = date(rng.randint(1958, 2004), 1, 1) + timedelta(days=rng.randint(0, 364))
        elif place_in == 1:
            born = members[0].born + timedelta(days=rng.randint(-3000, 3000))
        elif place_in > 2 and rng.random() < 0.04:
            born = members[-1].born  # twins
        else:
            born = members[0].born + timedelta(days=rng.randint(6900, 11500))
        if not date(1945, 1, 2) <= born <= date(2008, 6, 30):
            born = date(rng.randint(2001, 2007), 1, 1) + timedelta(days=rng.randint(0, 364))
        return born.replace(month=1, day=1) if rng.random() < culture.january else born

    def _pick(self, pool: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
        weights = [1 / (rank + 3) for rank in range(len(pool))]
        return self.random.choices(pool, weights)[0]

    def _given(self, culture: Culture, woman: bool) -> tuple[tuple[str, ...], ...]:
        pool = culture.women if woman else culture.men
        names = [self._pick(pool)]
        two = {
            "spanish": 0.5,
            "portuguese": 0.35,
            "bengali": 0.0 if woman else 0.7,
            "pakistani": 0.4,
            "arabic": 0.12,
        }
        if self.random.random() < two.get(culture.code, 0.0):
            names.append(self._pick(pool))
        if culture.code == "vietnamese":
            names.insert(
                0,
                (("Thị", "Thi") if woman else ("Văn", "Van"))
                if self.random.random() < 0.6
                else self._pick(pool),
            )
        return tuple(dict.fromkeys(names))

    def _families(self, culture: Culture) -> tuple[tuple[str, ...], ...]:
        many = {"spanish": 2, "somali": 2, "portuguese": 2 if self.random.random() < 0.5 else 1}.get(
            culture.code, 1
        )
        if culture.code == "eritrean_ethiopian":
            many = 2 if self.random.random() < 0.4 else 1
        return tuple(self._pick(culture.families) for _ in range(many))

    def _own_families(
        self, culture: Culture, surname: tuple[tuple[str, ...], ...], woman: bool, place_in: int
    ) -> tuple[tuple[str, ...], ...]:
        """A wife in a patronymic or Chinese culture keeps her own; a Bengali woman has a suffix instead."""
        if culture.code == "bengali" and woman:
            return ((self.random.choice(pools.BENGALI_SUFFIXES[:4]),),)
        keeps = {"somali", "eritrean_ethiopian", "chinese", "vietnamese", "spanish", "arabic"}
        if place_in == 1 and culture.code in keeps:
            return self._families(culture)
        return surname

    # ------------------------------------------------------------------ what is written down

    def clean(self, truth: Truth) -> Record:
        return self._record(truth, self._first(truth.given), self._first(truth.families), frozenset())

    def _first(self, names: tuple[tuple[str, ...], ...]) -> str:
        """As usually written: mostly the first spelling, for people settle on one."""
        return " ".join(name[0] if self.random.random() < 0.6 else self.random.choice(name) for name in names)

    def _record(self, truth: Truth, given: str, family: str, done: frozenset[str]) -> Record:
        rng = self.random
        return Record(
            "", truth.person, truth.household, truth.culture.code, given, family,
            "" if rng.random() < 0.08 else ("F" if truth.woman else "M"),
            truth.born, truth.phone, truth.email, truth.postcode, truth.address if rng.random() < 0.8 else "",
            truth.language if rng.random() < 0.75 else "", done,
        )  # fmt: skip

    def corrupted(self, truth: Truth) -> Record:
        rng = self.random
        done: set[str] = set()
        record = self._record(truth, self._first(truth.given), self._first(truth.families), frozenset())
        for name, chance, change in self._changes(truth):
            if rng.random() < chance:
                changed = change(record)
                if changed != record:
                    record, done = changed, done | {name}
        return replace(record, done=frozenset(done))

    def _changes(self, truth: Truth) -> list[tuple[str, float, Callable[[Record], Record]]]:
        code, woman = truth.culture.code, truth.woman
        bengali, chinese, horn = code == "bengali" and woman, code == "chinese", code == "eritrean_ethiopian"
        patronymic = code in {"somali", "eritrean_ethiopian"}
        return [
            ("transliteration", 0.45, lambda r: self._transliterated(truth, r)),
            ("suffix change", 0.25 if bengali else 0.0, self._suffix),
            ("patronymic", 0.3 if patronymic else 0.0, lambda r: self._patronymic(truth, r)),
            ("western name", 0.15 if chinese else 0.0, lambda r: self._western(truth, r)),
            ("surname changed", 0.05 if woman else 0.0, lambda r: replace(r, family_name=self._pick(truth.culture.families)[0])),
            ("name typo", 0.08, self._name_typo),
            ("a name dropped", 0.08, self._drop_name),
            ("no surname", 0.025, lambda r: replace(r, family_name="")),
            ("FNU", 0.01, lambda r: replace(r, given_name="FNU", family_name=f"{r.given_name} {r.family_name}".strip())),
            ("swap", 0.14, lambda r: replace(r, given_name=r.family_name or r.given_name, family_name=r.given_name if r.family_name else "")),
            ("phone missing", 0.15, lambda r: replace(r, phone="")),
            ("phone changed", 0.35, lambda r: replace(r, phone=self._phone() if r.phone else "")),
            ("phone typo", 0.04, self._phone_typo),
            ("email missing", 0.4, lambda r: replace(r, email="")),
            ("email changed", 0.1, lambda r: replace(r, email=r.email and self._email(truth.given, truth.families, truth.born))),
            ("moved", 0.15, self._moved),
            ("postcode missing", 0.08, lambda r: replace(r, postcode="", address="")),
            ("DOB missing", 0.08, lambda r: replace(r, dob=None)),
            ("DOB 1 January", 0.08, lambda r: replace(r, dob=r.dob and r.dob.replace(month=1, day=1))),
            ("DOB swapped", 0.03, self._swap_day),
            ("DOB typo", 0.05, self._born_typo),
            ("calendar", 0.1 if horn else 0.0, lambda r: replace(r, dob=r.dob and _years_back(r.dob, self.random.choice((7, 8))))),
            ("gender wrong", 0.005, lambda r: replace(r, gender={"F": "M", "M": "F"}.get(r.gender, ""))),
        ]  # fmt: skip

    def _transliterated(self, truth: Truth, record: Record) -> Record:
        def written(names: tuple[tuple[str, ...], ...]) -> str:
            return " ".join(self.random.choice(name) for name in names)

        return replace(record, given_name=written(truth.given), family_name=written(truth.families))

    def _suffix(self, record: Record) -> Record:
        return replace(record, family_name=self.random.choice(pools.BENGALI_SUFFIXES))

    def _patronymic(self, truth: Truth, record: Record) -> Record:
        """Another of the father's names as family name, or all of them."""
        third = self._pick(truth.culture.families)[0] if len(truth.families) < 2 else truth.families[1][0]
        names = (f"{truth.families[0][0]} {third}", third, truth.families[0][0])
        return replace(record, family_name=self.random.choice(names))

    def _western(self, truth: Truth, record: Record) -> Record:
        name = self.random.choice(pools.WESTERN_WOMEN if truth.woman else pools.WESTERN_MEN)
        return replace(
            record, given_name=name if self.random.random() < 0.7 else f"{name} {record.given_name}"
        )

    def _name_typo(self, record: Record) -> Record:
        which = "given_name" if self.random.random() < 0.5 else "family_name"
        return replace(record, **{which: self._typo(getattr(record, which), "abcdefghijklmnopqrstuvwxyz")})

    def _drop_name(self, record: Record) -> Record:
        which = "given_name" if self.random.random() < 0.5 else "family_name"
        words = getattr(record, which).split()
        if len(words) < 2:
            return record
        words.pop(self.random.randrange(len(words)))
        return replace(record, **{which: " ".join(words)})

    def _typo(self, text: str, letters: str) -> str:
        rng = self.random
        if len(text) < 3:
            return text
        at = rng.randrange(len(text) - 1)
        kind = rng.choice(("swap", "drop", "change", "add"))
        if kind == "swap":
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        middle = {"drop": "", "change": rng.choice(letters), "add": text[at] + rng.choice(letters)}[kind]
        return text[:at] + middle + text[at + 1 :]

    def _phone(self) -> str:
        while True:
            phone = f"07{self.random.randint(300, 999)}{self.random.randint(0, 999999):06d}"
            if phone not in self.phones:
                self.phones.add(phone)
                return self.random.choice((phone, phone, f"+44{phone[1:]}", f"{phone[:5]} {phone[5:]}"))

    def _phone_typo(self, record: Record) -> Record:
        if not record.phone:
            return record
        at = self.random.randrange(5, len(record.phone))
        return replace(
            record, phone=record.phone[:at] + str(self.random.randint(0, 9)) + record.phone[at + 1 :]
        )

    def _email(
        self, given: tuple[tuple[str, ...], ...], families: tuple[tuple[str, ...], ...], born: date
    ) -> str:
        rng = self.random
        word = "".join(
            c
            for c in f"{given[0][0]}{rng.choice(('.', '', '_'))}{families[0][0]}".casefold()
            if c.isascii() and c != " "
        )
        return f"{word}{rng.choice((str(born.year), str(rng.randint(1, 99)), ''))}@{rng.choice(SERVICES)}"

    def _moved(self, record: Record) -> Record:
        return replace(
            record, postcode=self.random.choice(self.postcodes),
            address=record.address and f"{self.random.randint(1, 220)} {self.random.choice(STREETS)}",
        )  # fmt: skip

    def _postcode(self) -> str:
        rng = self.random
        letters = "ABDEFGHJLNPQRSTUWXYZ"
        return f"{rng.choice(('E8', 'E9', 'E5', 'N16', 'N1', 'E2'))} {rng.randint(1, 9)}{rng.choice(letters)}{rng.choice(letters)}"

    @staticmethod
    def _swap_day(record: Record) -> Record:
        if record.dob is None or record.dob.day > 12:
            return record
        return replace(record, dob=record.dob.replace(month=record.dob.day, day=record.dob.month))

    def _born_typo(self, record: Record) -> Record:
        if record.dob is None:
            return record
        for _ in range(20):
            digits = list(f"{record.dob:%Y%m%d}")
            digits[self.random.choice((3, 3, 5, 6, 7, 7))] = str(self.random.randint(0, 9))
            try:
                return replace(
                    record,
                    dob=date(int("".join(digits[:4])), int("".join(digits[4:6])), int("".join(digits[6:]))),
                )
            except ValueError:
                continue
        return record


def _years_back(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=min(day.day, 28))


def comparable(record: Record) -> Comparable:
    """A record as the scorer reads it."""
    return Comparable(
        given_names=record.given_name,
        family_name=record.family_name,
        gender=record.gender or None,
        date_of_birth=record.dob,
        phones=(record.phone,) if record.phone else (),
        emails=(record.email,) if record.email else (),
        postcode=record.postcode or None,
        address=record.address or None,
        first_language=record.first_language or None,
    )


def true_pairs(records: list[Record]) -> dict[frozenset[str], tuple[Record, Record]]:
    """The pairs of records that are one person."""
    first: dict[int, Record] = {}
    found = {}
    for record in records:
        other = first.setdefault(record.person, record)
        if other is not record:
            found[frozenset((record.rec_id, other.rec_id))] = (other, record)
    return found
