"""The map of classes: scale, place, and pins that share a place."""

from math import hypot

from hypothesis import given
from hypothesis import strategies as st

from hub.provision.domain.sketch import HEIGHT, MARGIN, TOUCHING, WIDTH, Spot, draw

DEGREES = st.tuples(st.floats(49.9, 60.8), st.floats(-8.5, 1.7))


def spots(places):
    return [Spot(str(number), lat, lon) for number, (lat, lon) in enumerate(places, 1)]


@given(st.lists(DEGREES, min_size=1, max_size=25), st.none() | DEGREES)
def test_every_class_stands_once_within_the_margins(places, you):
    sketch = draw(spots(places), [], Spot("E8 1", *you) if you else None)
    labels = sorted(int(label) for pin in sketch.classes for label in pin.labels)
    assert labels == list(range(1, len(places) + 1))
    for pin in [*sketch.classes, *([sketch.you] if you else [])]:
        assert MARGIN - 1 <= pin.x <= WIDTH - MARGIN + 1
        assert MARGIN - 1 <= pin.y <= HEIGHT - MARGIN + 1


@given(st.lists(DEGREES, min_size=2, max_size=25))
def test_pins_never_hide_each_other(places):
    pins = draw(spots(places), [], None).classes
    for number, one in enumerate(pins):
        for other in pins[number + 1 :]:
            assert hypot(one.x - other.x, one.y - other.y) >= TOUCHING - 0.2


def test_north_is_up_and_a_mile_is_a_mile_both_ways():
    # 0.0289 degrees of latitude, and 0.0465 of longitude at 51.5 degrees, are two miles.
    north, south, east = Spot("1", 51.5289, -0.1), Spot("2", 51.5, -0.1), Spot("3", 51.5, -0.0535)
    sketch = draw([north, south, east], [], None)
    at = {pin.labels[0]: pin for pin in sketch.classes}
    up, right = at["2"].y - at["1"].y, at["3"].x - at["2"].x
    assert abs(up - right) < 1
    miles, length = sketch.measure
    assert abs(length / miles - up / 2) < 0.5


def test_areas_outside_the_picture_are_left_out_and_no_place_is_no_picture():
    near, far, under = Spot("E8", 51.545, -0.06), Spot("M1", 53.48, -2.24), Spot("E5", 51.54, -0.06)
    assert [one.labels for one in draw(spots([(51.54, -0.06)]), [near, far, under], None).areas] == [("E8",)]
    assert draw([], [near], near) is None
