"""Where a postcode is: a table filled by `hub postcodes import` from open data (Code-Point Open, ONSPD)."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.core.errors import RuleBroken
from hub.core.postcode import tidy_postcode
from hub.infra import memory
from hub.infra.db import Base
from hub.infra.rows import anybody
from hub.infra.writes import REFERENCE

ATTRIBUTION = (
    "Contains Ordnance Survey data © Crown copyright and database right 2025. "
    "Contains Royal Mail data © Royal Mail copyright and database right 2025. "
    "Contains National Statistics data © Crown copyright and database right 2025."
)


class Postcode(Base):
    """One postcode's centre in degrees (WGS 84), with its borough and ward by GSS code."""

    __tablename__ = "postcode"
    __rows__ = anybody("places")

    postcode: Mapped[str] = mapped_column(primary_key=True)
    lat: Mapped[float]
    lon: Mapped[float]
    district: Mapped[str | None]
    ward: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Place:
    lat: float
    lon: float
    district: str | None
    ward: str | None


def locate(session: Session, postcode: str) -> Place | None:
    """The place of a tidy postcode, or None when the table does not know it."""
    return locate_many(session, [postcode]).get(postcode)


def locate_many(session: Session, postcodes: Iterable[str]) -> dict[str, Place]:
    """Places of many tidy postcodes at once; unknown ones are left out.

    Places once found are kept for some minutes: postcodes are imported a few times a year.
    """
    known: dict[str, Place] = memory.remembered(session, _FOUND, lambda _: {}, times=120)
    wanted = set(postcodes)
    if missing := [one for one in wanted if one not in known]:
        for row in session.execute(_KNOWN, {"wanted": missing}):
            known[row.postcode] = Place(row.lat, row.lon, row.district, row.ward)
    return {one: known[one] for one in wanted if one in known}


_FOUND = "hub_places"

_KNOWN = (  # asked for every referral: composed once
    select(Postcode.postcode, Postcode.lat, Postcode.lon, Postcode.district, Postcode.ward)
    .where(Postcode.postcode.in_(bindparam("wanted", expanding=True)))
    .execution_options(**REFERENCE)
)


def knows_any(session: Session) -> bool:
    """Whether postcodes were imported at all; without them, an unknown postcode proves nothing."""
    return session.scalar(select(Postcode.postcode).limit(1)) is not None


def require_known(session: Session, postcode: str) -> None:
    """RuleBroken beside `postcode` when the imported table covers its area but not it.

    An area that was never imported is let through: a learner may come from anywhere.
    """
    if locate(session, postcode) is None:
        area = postcode.split(" ", maxsplit=1)[0]
        covered = session.scalar(
            select(Postcode.postcode).where(Postcode.postcode.startswith(area + " ")).limit(1)
        )
        if covered is not None:
            raise RuleBroken(
                "We cannot find this postcode. Check it, or ask for the postcode of the place they stay.",
                code="postcode_unknown",
                field="postcode",
            )


def import_file(session: Session, path: Path) -> tuple[int, int]:
    """Load or refresh postcodes from a CSV (plain or .gz); (rows taken, rows refused).

    Columns: postcode with lat and lon (or latitude and longitude), optionally district and ward; ONSPD's
    `pcds`, `lat`, `long`, `oslaua`, `osward` are understood too. RuleBroken when those columns are missing.
    """
    refused = 0
    session.execute(text("CREATE TEMP TABLE incoming (LIKE postcode) ON COMMIT DROP"))
    taken = 0
    raw = session.connection().connection.cursor()
    with raw.copy("COPY incoming (postcode, lat, lon, district, ward) FROM STDIN") as copy:
        for row in _rows(path):
            if row is None:
                refused += 1
                continue
            copy.write_row(row)
            taken += 1
    session.execute(
        text(
            "INSERT INTO postcode SELECT DISTINCT ON (postcode) * FROM incoming "
            "ON CONFLICT (postcode) DO UPDATE SET lat = EXCLUDED.lat, lon = EXCLUDED.lon, "
            "district = EXCLUDED.district, ward = EXCLUDED.ward"
        )
    )
    memory.forget(session, _FOUND)
    return taken, refused


_COLUMNS = {
    "postcode": ("postcode", "pcds", "pcd"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "long", "longitude"),
    "district": ("district", "oslaua", "laua", "admin_district_code", "borough"),
    "ward": ("ward", "osward", "admin_ward_code"),
}
Row = tuple[str, float, float, str | None, str | None]


def _rows(path: Path) -> Iterator[Row | None]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        reader = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""))
        names = {name.strip().lower(): name for name in reader.fieldnames or ()}
        found = {
            key: next((names[a] for a in aliases if a in names), None) for key, aliases in _COLUMNS.items()
        }
        if not (found["postcode"] and found["lat"] and found["lon"]):
            raise RuleBroken("The file needs the columns postcode, lat and lon.", code="columns_missing")
        for record in reader:
            yield _row({key: record.get(name) if name else None for key, name in found.items()})


def _row(values: dict[str, str | None]) -> Row | None:
    try:
        postcode = tidy_postcode(values["postcode"] or "")
        lat, lon = float(values["lat"] or ""), float(values["lon"] or "")
    except ValueError:
        return None
    if not (49 <= lat <= 61 and -9 <= lon <= 3):
        return None
    return postcode, lat, lon, values["district"] or None, values["ward"] or None
