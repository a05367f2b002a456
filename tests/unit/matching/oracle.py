"""The rules of an edge, read aloud: slow, plain, and written from the format alone."""

import math
from typing import Any

Json = dict[str, Any]


def codes(person: Json, one: Json) -> list[str]:
    """The refusal codes of a pair of JSON rows, in the order of the format; empty for an edge."""
    level = person["level"] in one["levels"]
    if one["rw_support"]:
        level = level or any(name in one["levels"] for name in person["also"])
    for skill, band in one["skill_bands"].items():
        level = level and person["skills"].get(skill) in band
    needs = all(_met(need, one) for need in person["needs"])
    rules = {
        "LEVEL": level,
        "SLOT": all(slot in person["available"] for slot in one["sessions"]),
        "REQUIRES": all(word in person["holds"] for word in one["requires"]),
        "NEEDS": needs,
        "FUNDING": any(fund in one["funding"] for fund in person["funding"]),
        "START": person["available_from"] <= one["starts"] <= person["latest_start"],
        "TRAVEL": _near(person, one),
        "DECLINED": one["id"] not in person["declined"],
    }
    return [code for code, holds in rules.items() if not holds]


def _met(need: str, one: Json) -> bool:
    return not one["online"] if need == "in_person" else need in one["offers"]


def _near(person: Json, one: Json) -> bool:
    if one["online"]:
        return True
    if person["location"] is None:
        return False
    return metres(person["location"], one["location"]) / 1000 <= person["max_travel_km"]


def metres(first: list[float], second: list[float]) -> int:
    """Haversine on a sphere of 6371.0088 km after rounding to 3 decimals, whole metres, halves up."""
    lat1, lon1 = (math.radians(round(one, 3)) for one in first)
    lat2, lon2 = (math.radians(round(one, 3)) for one in second)
    a = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return math.floor(1000 * (2 * 6371.0088 * math.asin(math.sqrt(a))) + 0.5)


def edges(data: Json) -> dict[tuple[str, str], int]:
    """Every eligible pair of a round, with its metres (0 online)."""
    return {
        (person["id"], one["id"]): 0 if one["online"] else metres(person["location"], one["location"])
        for person in data["learners"]
        for one in data["classes"]
        if not codes(person, one)
    }
