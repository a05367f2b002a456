"""The snapshot of a round: what the matching may know, under names made for the round, and nothing else.

Who a learner or a provider is stays outside: no name, no id, no address; places to three decimals.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.consent import reads as consents
from hub.core.clock import Clock
from hub.eligibility import domain as eligibility
from hub.infra.geography import Place, locate_many
from hub.learners import reads as people
from hub.learners.domain import Needs, Person, Sex, StudyMode
from hub.matching import queries
from hub.matching.domain.rounds import (
    DEFAULT_LATEST_START,
    DEFAULT_TRAVEL_KM,
    EVERY_SLOT,
    FIRST_PRESSURE,
    STRANDS,
    LeftOut,
    NewRound,
    RoundKind,
    strand_words,
)
from hub.matching.domain.snapshot import SNAPSHOT_FORMAT
from hub.matching.reads.enrolments import IDENTITY, SHARE
from hub.provision import reads as provision
from hub.provision.reads import EsolClassView
from hub.waitlist import reads as waitlist
from hub.waitlist.reads import EntryView

MATCH = "P04"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClassIn:
    """A class with its name in the round; None with the reason where it is left out."""

    view: EsolClassView
    key: str | None
    left_out: LeftOut | None
    pressure: float


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot, and who and what its names stand for."""

    name: str
    data: Json
    entries: Mapping[str, EntryView]
    classes: tuple[ClassIn, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the waiting learners, read in bulk."""

    people: Mapping[UUID, Person]
    needs: Mapping[UUID, Needs]
    places: Mapping[str, Place]
    refused: Mapping[UUID, Collection[UUID]]


def take(session: Session, new: NewRound, clock: Clock) -> Taken:
    """The snapshot of everybody waiting and of the classes asked for, as they are now."""
    today = clock.today()
    classes = _classes(session, new, today)
    entries = _entries(session, today)
    known = _known(session, [entry.learner_id for entry in entries])
    keys = {one.view.id: one.key for one in classes if one.key is not None}
    named = {_key("L"): entry for entry in entries if entry.learner_id in known.people}
    name = f"{today.isoformat()}-{new.kind.value}-{secrets.token_hex(3)}"
    rows = [_learner(key, entry, known, keys, today) for key, entry in sorted(named.items())]
    data = {
        "format": SNAPSHOT_FORMAT,
        "round": name,
        "policy": new.policy.for_day(today),
        "learners": rows,
        "classes": sorted(
            (_class(one.key, one) for one in classes if one.key is not None), key=lambda row: row["id"]
        ),
    }
    return Taken(name, data, named, classes)


def _entries(session: Session, today: date) -> Sequence[EntryView]:
    """Who waits and may be matched."""
    found = waitlist.waiting(session, today)
    may = consents.may_many(session, {entry.learner_id for entry in found}, MATCH, today)
    return [entry for entry in found if entry.learner_id in may]


def _known(session: Session, learner_ids: Sequence[UUID]) -> _Known:
    ids = set(learner_ids)
    found = people.people(session, ids, only=_MATCHED_BY)
    postcodes = {person.postcode for person in found.values() if person.postcode}
    return _Known(
        found,
        people.needs(session, ids),
        locate_many(session, postcodes),
        queries.refused_classes(session, ids),
    )


_MATCHED_BY = ("postcode", "date_of_birth", "sex")


def _classes(session: Session, new: NewRound, today: date) -> tuple[ClassIn, ...]:
    """Every class that can be joined, or those asked for; each with why it is left out, if it is."""
    views = provision.matchable_classes(session, today)
    if new.class_ids is not None:
        views = [view for view in views if view.id in new.class_ids]
    agreed = agreements(session, {view.organisation_id for view in views}, today)
    pressures = _pressures(session)
    return tuple(
        ClassIn(view, None if out else _key("C"), out, pressures.get(view.id, FIRST_PRESSURE))
        for view in views
        for out in [_left_out(view, agreed)]
    )


def agreements(session: Session, organisation_ids: Collection[UUID], today: date) -> set[UUID]:
    """Of these providers, those to whom the hub may pass learners' details today."""
    return {
        one
        for one in organisation_ids
        if consents.agreed(session, consents.Share(one, SHARE, IDENTITY), today)
    }


def _left_out(view: EsolClassView, agreed: Collection[UUID]) -> LeftOut | None:
    if view.organisation_id not in agreed:
        return LeftOut.NO_AGREEMENT
    return LeftOut.NO_PLACE_KNOWN if view.location is None and not view.online else None


def _pressures(session: Session) -> dict[UUID, float]:
    """As worked out in the last round that was released, before anything of this one was known."""
    last = queries.newest_round(session, RoundKind.WEEKLY, released=True)
    if last is None:
        return {}
    rows = queries.round_classes(session, last.id)
    return {row.esol_class_id: row.next_pressure for row in rows if row.left_out is None}


def _key(prefix: str) -> str:
    """A name for this round only."""
    return prefix + secrets.token_hex(8)


# ---------------------------------------------------------------- rows


def _learner(key: str, entry: EntryView, known: _Known, classes: Mapping[UUID, str], today: date) -> Json:
    person, needs = known.people[entry.learner_id], known.needs.get(entry.learner_id)
    place = known.places.get(person.postcode or "")
    refused = known.refused.get(entry.learner_id, ())
    return {
        "id": key,
        "level": entry.level.value,
        "also": [level.value for level in entry.also],
        "skills": {skill.value: level.value for skill, level in entry.skills.items()},
        "location": _rounded((place.lat, place.lon)) if place and not _only_online(needs) else None,
        "area": place.district if place else None,
        "holds": [*_holds(person, needs, today), *strand_words(STRANDS[entry.strand.value])],
        "funding": _funding(frozenset(needs.funding) if needs else frozenset(), today),
        "priority_band": entry.priority_band,
        "referred_on": entry.queue_on.isoformat(),
        "declined": sorted(classes[class_id] for class_id in refused if class_id in classes),
        "choices": [],
        **_wishes(needs, today),
    }


def _wishes(needs: Needs | None, today: date) -> Json:
    """When, how far and with what; a learner who was not asked is taken to be able to come."""
    first = max(today, needs.available_from or today) if needs else today
    last = (needs.latest_start if needs else None) or first + DEFAULT_LATEST_START
    slots = needs.availability if needs and needs.availability else EVERY_SLOT
    km = needs.max_travel_km if needs else None
    return {
        "available": sorted(slots),
        "max_travel_km": DEFAULT_TRAVEL_KM if km is None else km,
        "needs": sorted(needs.class_needs) if needs else [],
        "available_from": first.isoformat(),
        "latest_start": last.isoformat(),
    }


def _only_online(needs: Needs | None) -> bool:
    return needs is not None and needs.study_mode is StudyMode.ONLINE


def _holds(person: Person, needs: Needs | None, today: date) -> list[str]:
    """Adult means 19 on 31 August of the funding year; a date of birth that is not known excludes nobody."""
    born, year = person.date_of_birth, eligibility.funding_year_of(today)
    held = {
        "woman": person.sex is Sex.FEMALE,
        "adult": born is None or eligibility.is_adult_on_31_august(born, year),
        "device": needs is not None and needs.has_device,
    }
    return [name for name, is_held in held.items() if is_held]


@cache
def _funding(known: frozenset[str], today: date) -> list[str]:
    return sorted(eligibility.funding_to_match(known, today).pots)


def _class(key: str | None, one: ClassIn) -> Json:
    view = one.view
    return {
        "id": key,
        "levels": [level.value for level in view.levels],
        "rw_support": view.rw_support,
        "skill_bands": {skill: list(levels) for skill, levels in view.skill_bands.items()},
        "sessions": sorted(view.slots),
        "location": _rounded(view.location) if view.location else None,
        "online": view.online,
        "requires": [*sorted(view.requires), *strand_words((view.strand.value,))],
        "offers": sorted(view.offers),
        "funding": sorted(view.funding),
        "starts": view.joins_on.isoformat(),
        "places": view.free,
        "contract_areas": sorted(view.contract_areas),
        "pressure": one.pressure,
        "reserves": [dict(reserve) for reserve in view.reserves],
    }


def _rounded(place: tuple[float, float]) -> list[float]:
    return [round(place[0], 3), round(place[1], 3)]
