"""Places are held, taken, given back and confirmed, and never more than there are."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import SYSTEM, Role
from hub.provision import reads, service
from hub.provision.domain import PlacesChange
from hub.steps import reads as steps
from hub.steps.domain import StepKind
from tests.conftest import uuid


def counters(session, row):
    view = reads.esol_class(session, row.id)
    return view.free, view.held, view.enrolled


def test_a_held_place_is_no_longer_free(session, make_class, clock):
    row = make_class(capacity=2)
    service.hold_place(session, row.id, clock)
    assert counters(session, row) == (1, 1, 0)


def test_the_last_place_is_held_once(session, make_class, clock):
    row = make_class(capacity=2, places_free=1)
    service.hold_place(session, row.id, clock)
    with pytest.raises(Conflict) as refused:
        service.hold_place(session, row.id, clock)
    assert refused.value.code == "class_full"
    assert counters(session, row) == (0, 1, 0)


def test_an_accepted_place_is_enrolled_and_freed_when_it_ends(session, make_class, clock):
    row = make_class(capacity=2)
    service.hold_place(session, row.id, clock)
    service.take_held_place(session, row.id, clock)
    assert counters(session, row) == (1, 0, 1)
    service.free_enrolled_place(session, row.id, clock)
    assert counters(session, row) == (2, 0, 0)


def test_a_place_is_given_back_once(session, make_class, clock):
    row = make_class()
    service.hold_place(session, row.id, clock)
    service.release_place(session, row.id, clock)
    for verb in (service.release_place, service.take_held_place, service.free_enrolled_place):
        with pytest.raises(Conflict) as refused:
            verb(session, row.id, clock)
        assert refused.value.code == "no_such_hold"
    assert counters(session, row) == (12, 0, 0)


def test_a_place_that_turned_out_not_to_exist_is_not_free_again(session, make_class, clock):
    row = make_class(capacity=2)
    service.hold_place(session, row.id, clock)
    service.drop_held_place(session, row.id, clock)
    assert counters(session, row) == (1, 0, 0)


def test_a_class_that_is_not_open_holds_nothing_but_gives_back(session, make_class, college, clock):
    row = make_class()
    service.hold_place(session, row.id, clock)
    service.cancel_class(session, row.id, college, clock)
    with pytest.raises(Conflict) as refused:
        service.hold_place(session, row.id, clock)
    assert refused.value.code == "class_not_open"
    service.release_place(session, row.id, clock)
    assert counters(session, row) == (12, 0, 0)


def test_an_unknown_class(session, clock):
    for verb in (service.hold_place, service.release_place):
        with pytest.raises(NotFound):
            verb(session, uuid(404), clock)


def test_holding_does_not_touch_the_version_of_the_details(session, make_class, clock):
    row = make_class()
    before = row.version
    service.hold_place(session, row.id, clock)
    assert reads.esol_class(session, row.id).version == before


def test_confirming_says_who_and_when(session, make_class, college, clock):
    row = make_class(capacity=12)
    clock.advance(timedelta(days=3))
    service.confirm_places(session, row.id, 5, college, clock)
    view = reads.esol_class(session, row.id)
    assert (view.free, view.places_confirmed_at, view.places_confirmed_by) == (5, clock.now(), college.name)


def test_confirmed_places_leave_room_for_what_is_held(session, make_class, college, clock):
    row = make_class(capacity=3)
    service.hold_place(session, row.id, clock)
    with pytest.raises(RuleBroken) as refused:
        service.confirm_places(session, row.id, 3, college, clock)
    assert refused.value.errors == {"places_free": "Free places must be between 0 and 2."}


def test_a_button_pressed_twice_counts_once(session, make_class, college, clock):
    row = make_class(places_free=5)
    for _ in range(2):
        service.change_places(session, PlacesChange(row.id, 5, 6), college, clock)
    assert counters(session, row) == (6, 0, 0)


def test_a_button_on_an_old_page_is_refused_with_the_number_now(session, make_class, college, clock):
    row = make_class(places_free=5)
    service.hold_place(session, row.id, clock)
    with pytest.raises(Conflict) as refused:
        service.change_places(session, PlacesChange(row.id, 5, 6), college, clock)
    assert refused.value.code == "places_moved"
    assert "4 places" in refused.value.detail


def test_another_provider_confirms_nothing(session, make_class, rival, clock):
    row = make_class()
    with pytest.raises(NotFound):
        service.confirm_places(session, row.id, 1, rival, clock)


def test_an_assessor_changes_no_places(session, make_class, person, clock):
    row = make_class()
    with pytest.raises(NotFound):
        service.confirm_places(session, row.id, 1, person(session, Role.ASSESSOR), clock)


def test_stale_places_are_asked_about_once_and_confirmed_closes_it(session, make_class, college, clock):
    row = make_class(end_on=clock.today() + timedelta(days=200))
    clock.advance(timedelta(days=13))
    assert service.ask_for_places(session, clock) == 0
    clock.advance(timedelta(days=1))
    assert (service.ask_for_places(session, clock), service.ask_for_places(session, clock)) == (1, 0)
    (step,) = steps.open_steps(session, [row.id], clock.today())[row.id]
    assert step.kind is StepKind.PLACES_TO_CONFIRM
    assert (step.organisation_id, step.role) == (college.organisation_id, Role.PROVIDER)
    service.confirm_places(session, row.id, 4, college, clock)
    session.flush()
    assert steps.open_steps(session, [row.id], clock.today()) == {}
    assert service.ask_for_places(session, clock) == 0


def test_drafts_and_past_classes_are_not_asked_about(session, make_class, clock):
    make_class(publish=False)
    row = make_class()
    clock.move_to(clock.now() + timedelta(days=120))
    assert service.ask_for_places(session, clock) == 0
    assert service.end_classes(session, clock) == 2
    assert service.end_classes(session, clock) == 0
    session.expire_all()
    assert reads.esol_class(session, row.id).state == "ended"


VERBS = st.sampled_from(["hold", "release", "take", "free", "confirm"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(VERBS, st.integers(0, 5)), max_size=20))
def test_whatever_happens_no_class_is_overbooked(session, make_class, clock, moves):
    row = make_class(capacity=3)
    verbs = {
        "hold": service.hold_place,
        "release": service.release_place,
        "take": service.take_held_place,
        "free": service.free_enrolled_place,
    }
    for verb, number in moves:
        try:
            if verb == "confirm":
                service.confirm_places(session, row.id, number, SYSTEM, clock)
            else:
                verbs[verb](session, row.id, clock)
        except (Conflict, RuleBroken):
            continue
        view = reads.esol_class(session, row.id)
        assert min(view.held, view.enrolled, view.places_free) >= 0
        assert view.held + view.enrolled + view.free <= view.capacity
