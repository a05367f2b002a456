"""A sketch of where classes are: north is up, one scale in both directions, nothing but dots, areas and a measure.

Drawn from what we know ourselves, so that nobody else's map server learns who looks for a class.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians

WIDTH, HEIGHT = 360.0, 320.0
"""About as many pixels as a phone has, so that its words can be read there."""
MARGIN = 40.0
LEAST_KM = 2.0
"""The smaller side of the picture shows at least so much, so that one venue does not fill it."""
KM_A_DEGREE = 111.195
KM_A_MILE = 1.609344
TOUCHING = 24.0
"""Pins nearer than this, in units of the picture, are one pin with several numbers."""
CLEAR = 30.0
"""So far the name of an area stays from pins and edges."""
_MEASURES = (0.25, 0.5, 1, 2, 5, 10, 20, 50)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """Something to draw, with its place in degrees."""

    label: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Pin:
    """A place in the picture; several classes in one place share it."""

    labels: tuple[str, ...]
    x: float
    y: float

    @property
    def words(self) -> str:
        return ", ".join(self.labels)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What to draw. `measure` is (miles, length in the picture)."""

    classes: list[Pin]
    areas: list[Pin]
    you: Pin | None
    measure: tuple[float, float]


def draw(classes: Sequence[Spot], areas: Iterable[Spot], you: Spot | None) -> Sketch | None:
    """The sketch of these classes; None when none of them has a place."""
    if not classes:
        return None
    frame = _Frame.around([*classes, *([you] if you else [])])
    pins = [_pin(frame, tuple(one.label for one in near), near) for near in _joined(frame, classes)]
    here = _pin(frame, (you.label,), [you]) if you else None
    taken = [*pins, here] if here else pins
    return Sketch(
        classes=pins,
        areas=[
            one for one in (_pin(frame, (area.label,), [area]) for area in areas) if _is_clear(one, taken)
        ],
        you=here,
        measure=frame.measure(),
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """Degrees to the picture: equirectangular around the middle, true enough for a borough."""

    middle: Point
    pixels_a_km: float

    @classmethod
    def around(cls, spots: Sequence[Spot]) -> "_Frame":
        lats, lons = [one.lat for one in spots], [one.lon for one in spots]
        middle = ((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)
        high = max((max(lats) - min(lats)) * KM_A_DEGREE, LEAST_KM)
        wide = max((max(lons) - min(lons)) * KM_A_DEGREE * cos(radians(middle[0])), LEAST_KM)
        return cls(middle, min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high))

    def place(self, lat: float, lon: float) -> Point:
        east = (lon - self.middle[1]) * KM_A_DEGREE * cos(radians(self.middle[0]))
        north = (lat - self.middle[0]) * KM_A_DEGREE
        return WIDTH / 2 + east * self.pixels_a_km, HEIGHT / 2 - north * self.pixels_a_km

    def measure(self) -> tuple[float, float]:
        """The longest of the round measures that takes at most a third of the width."""
        a_mile = self.pixels_a_km * KM_A_MILE
        fitting = [one for one in _MEASURES if one * a_mile <= WIDTH / 3]
        miles = fitting[-1] if fitting else _MEASURES[0]
        return miles, round(miles * a_mile, 1)


def _is_clear(name: Pin, taken: Sequence[Pin]) -> bool:
    """The name of an area is written where it is whole and covers nothing."""
    inside = CLEAR <= name.x <= WIDTH - CLEAR and CLEAR <= name.y <= HEIGHT - CLEAR
    return inside and all(abs(one.x - name.x) > CLEAR or abs(one.y - name.y) > CLEAR for one in taken)


def _joined(frame: _Frame, spots: Sequence[Spot]) -> list[list[Spot]]:
    """Spots that would touch, together, in the order in which they came."""
    groups: dict[Point, list[Spot]] = defaultdict(list)
    for one in spots:
        x, y = frame.place(one.lat, one.lon)
        near = next((at for at in groups if (at[0] - x) ** 2 + (at[1] - y) ** 2 < TOUCHING**2), (x, y))
        groups[near].append(one)
    return list(groups.values())


def _pin(frame: _Frame, labels: tuple[str, ...], spots: Sequence[Spot]) -> Pin:
    x, y = frame.place(spots[0].lat, spots[0].lon)
    return Pin(labels, round(x, 1), round(y, 1))
