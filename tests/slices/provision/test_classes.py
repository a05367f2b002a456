"""Classes are added, changed, copied, published, cancelled, matched and found."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import event

from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.levels import Level
from hub.core.permissions import PUBLIC, Role
from hub.provision import reads, service
from hub.provision.domain import (
    ClassCancelled,
    ClassState,
    CopyDates,
    Meeting,
    ProviderDetails,
    ProviderKind,
    SaveClass,
    SaveVenue,
    SearchTerms,
    VenueDetails,
)
from tests.slices.provision.conftest import DETAILS

TODAY = date(2027, 1, 11)


def test_a_class_shows_what_was_said(session, make_class, college):
    view = reads.esol_class(session, make_class(fee_pence=2050, childcare=True, women_only=True).id)
    assert view.provider_name == "The Provider"
    assert view.when == "Monday and Wednesday, 10am to midday"
    assert view.where == "Dalston Library, 1 High Street, E8 1AA"
    assert (view.lat, view.lon, view.district) == (51.55, -0.06, "E09000012")
    assert view.slots == {"mon-am", "wed-am"}
    assert view.requires == {"woman", "adult"}
    assert view.offers == {"childcare", "women_only"}
    assert view.fee == "£20.50"
    assert (view.map_url or "").startswith(
        "https://www.openstreetmap.org/?mlat=51.55000&mlon=-0.06000#map=17/"
    )


def test_an_online_class_needs_a_device_and_no_steps(session, college, clock):
    details = replace(DETAILS, online=True, adults_only=False)
    asked = SaveClass(details=details, organisation_id=college.organisation_id)
    view = reads.esol_class(session, service.save_class(session, asked, college, clock).id)
    assert (view.requires, view.offers) == (frozenset({"device"}), frozenset({"step_free"}))
    assert (view.where, view.location) == ("Online", None)
    assert view.map_url is None


def test_changes_start_from_the_version_that_was_read(session, make_class, college, clock):
    row = make_class()
    asked = SaveClass(
        details=replace(DETAILS, venue_id=row.venue_id, title="New name"), class_id=row.id, version=1
    )
    assert service.save_class(session, asked, college, clock).version == 2
    with pytest.raises(Conflict) as refused:
        service.save_class(session, asked, college, clock)
    assert (refused.value.code, refused.value.extra) == ("stale", {"current_version": 2})


def test_days_may_be_changed_added_and_taken_away(session, make_class, college, clock):
    row = make_class()
    meetings = (Meeting(2, time(13), time(15)), Meeting(4, time(18), time(20)))
    details = replace(DETAILS, venue_id=row.venue_id, meetings=meetings)
    service.save_class(session, SaveClass(details=details, class_id=row.id), college, clock)
    session.expire_all()
    assert reads.esol_class(session, row.id).meetings == meetings


def test_capacity_is_never_less_than_what_is_taken(session, make_class, college, clock):
    row = make_class(capacity=3)
    service.hold_place(session, row.id, clock)
    service.hold_place(session, row.id, clock)
    details = replace(DETAILS, venue_id=row.venue_id, capacity=1)
    with pytest.raises(RuleBroken) as refused:
        service.save_class(session, SaveClass(details=details, class_id=row.id), college, clock)
    assert list(refused.value.errors) == ["capacity"]
    larger = SaveClass(details=replace(details, capacity=5), class_id=row.id)
    service.save_class(session, larger, college, clock)
    assert reads.esol_class(session, row.id).free == 3


def test_a_class_needs_a_venue_of_its_own_provider(session, venue, rival, clock):
    asked = SaveClass(details=replace(DETAILS, venue_id=venue.id), organisation_id=rival.organisation_id)
    with pytest.raises(RuleBroken) as refused:
        service.save_class(session, asked, rival, clock)
    assert refused.value.errors == {"venue_id": "Select one of your venues"}


def test_another_providers_class_is_as_good_as_missing(session, make_class, rival, clock):
    row = make_class(publish=False)
    for act in (
        lambda: service.save_class(session, SaveClass(details=DETAILS, class_id=row.id), rival, clock),
        lambda: service.cancel_class(session, row.id, rival, clock),
        lambda: service.publish_class(session, row.id, rival, clock),
        lambda: reads.class_to_change(session, row.id, rival),
        lambda: reads.class_for(session, row.id, rival),
        lambda: reads.class_for(session, row.id, PUBLIC),
    ):
        with pytest.raises(NotFound):
            act()


def test_only_a_provider_has_classes(session, person, organise, clock):
    manager = person(session, Role.HUB_MANAGER)
    jobcentre = organise(session, "jobcentre")
    with pytest.raises(RuleBroken) as refused:
        service.save_class(session, SaveClass(details=DETAILS, organisation_id=jobcentre.id), manager, clock)
    assert refused.value.code == "not_a_provider"


def test_a_copy_is_a_draft_with_all_places_free(session, make_class, college, clock):
    row = make_class(places_free=0)
    dates = CopyDates(date(2027, 4, 19), date(2027, 7, 16))
    copy = service.copy_class(session, row.id, dates, college, clock)
    view = reads.esol_class(session, copy.id)
    assert (view.state, view.free, view.start_on) == (ClassState.DRAFT, 12, date(2027, 4, 19))
    assert view.meetings == reads.esol_class(session, row.id).meetings


def test_cancelling_is_told_once(session, make_class, college, clock):
    row = make_class()
    for _ in range(2):
        service.cancel_class(session, row.id, college, clock)
    assert session.info["hub_events"].count(ClassCancelled(row.id)) == 1
    with pytest.raises(Conflict):
        service.save_class(session, SaveClass(details=DETAILS, class_id=row.id), college, clock)
    with pytest.raises(Conflict):
        service.confirm_places(session, row.id, 1, college, clock)


def test_the_matching_sees_classes_that_can_still_be_joined(session, make_class):
    future = make_class()
    running = make_class(title="Running", start_on=date(2027, 1, 4))
    rolling = make_class(title="Rolling", start_on=date(2027, 1, 4), roll_on=True)
    draft = make_class(title="Draft", publish=False)
    full = make_class(title="Full", places_free=0)
    later = make_class(title="Term begins a day before", start_on=date(2027, 1, 24))
    found = {view.id: view for view in reads.matchable_classes(session, TODAY)}
    assert set(found) == {future.id, rolling.id, full.id, later.id}
    assert found[future.id].joins_on == date(2027, 1, 25)
    assert found[rolling.id].joins_on == date(2027, 1, 18)
    assert (found[later.id].start_on, found[later.id].begins_on) == (date(2027, 1, 24), date(2027, 1, 25))
    assert found[later.id].joins_on == date(2027, 1, 25)
    assert {running.id, draft.id}.isdisjoint(found)


def test_four_hundred_classes_are_read_in_three_queries(session, make_class):
    for number in range(40):
        make_class(title=f"Class {number}")
    session.flush()
    session.expunge_all()
    asked = []
    engine = session.get_bind()
    listener = lambda *args: asked.append(args[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listener)
    try:
        found = reads.matchable_classes(session, TODAY)
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    assert len(found) == 40
    assert len(asked) <= 3, asked


def test_search_by_level_time_need_and_distance(session, make_class, venue, college, clock):
    far = service.save_venue(
        session,
        SaveVenue(
            details=VenueDetails(name="Angel Centre", address="", postcode="N1 1AA"),
            organisation_id=college.organisation_id,
        ),
        college,
        clock,
    )
    near = make_class(childcare=True)
    away = make_class(title="Away", levels=(Level.E2, Level.E3), start_on=date(2027, 1, 20))
    service.save_class(
        session,
        SaveClass(
            details=replace(reads.esol_class(session, away.id).details, venue_id=far.id), class_id=away.id
        ),
        college,
        clock,
    )
    weekend = make_class(title="Weekend", meetings=(Meeting(5, time(10), time(12)),), places_free=0)

    def ids(**terms):
        return [one.view.id for one in reads.search(session, SearchTerms(**terms), TODAY)]

    at = reads.area_centre(session, "E8 1")
    assert at == pytest.approx((51.551, -0.06))
    assert ids(at=at) == [near.id, weekend.id, away.id]
    assert ids() == [away.id, near.id, weekend.id]
    assert ids(level=Level.E3) == [away.id]
    assert ids(childcare=True) == [near.id]
    assert ids(parts=frozenset({"weekend"})) == [weekend.id]
    assert set(ids(parts=frozenset({"am"}))) == {near.id, away.id}
    assert ids(parts=frozenset({"eve"})) == []
    assert weekend.id not in ids(only_free=True)
    assert away.id not in ids(at=at, within_km=1.0)
    assert ids(organisation_id=venue.id) == []
    first = reads.search(session, SearchTerms(at=at), TODAY)[0]
    assert first.distance == "less than 0.1 miles"


def test_an_area_that_was_never_imported_has_no_centre(session, postcodes):
    assert reads.area_centre(session, "ZE1") is None


def test_a_venue_is_known_by_name_and_postcode(session, venue, college, clock):
    asked = SaveVenue(
        details=VenueDetails(name="dalston  LIBRARY.", address="", postcode="E8 1AA"),
        organisation_id=college.organisation_id,
    )
    with pytest.raises(Conflict):
        service.save_venue(session, asked, college, clock)


@pytest.mark.parametrize(
    ("name", "postcode", "field"),
    [
        ("", "E8 1AA", "name"),
        ("x" * 121, "E8 1AA", "name"),
        ("Library", "Hackney", "postcode"),
        ("Library", "E8 1ZZ", "postcode"),
    ],
)
def test_venues_that_cannot_be(session, college, clock, postcodes, name, postcode, field):
    asked = SaveVenue(
        details=VenueDetails(name=name, address="", postcode=postcode),
        organisation_id=college.organisation_id,
    )
    with pytest.raises(RuleBroken) as refused:
        service.save_venue(session, asked, college, clock)
    assert list(refused.value.errors) == [field]


def test_what_is_known_of_a_provider(session, college, clock):
    assert reads.provider(session, college.organisation_id).kind is None
    details = ProviderDetails(
        organisation_id=college.organisation_id, kind=ProviderKind.COLLEGE, ukprn="10000055"
    )
    service.save_provider(session, details, college, clock)
    view = reads.provider(session, college.organisation_id)
    assert (view.kind_label, view.ukprn) == ("College", "10000055")
    with pytest.raises(RuleBroken) as refused:
        service.save_provider(session, replace(details, ukprn="20000055"), college, clock)
    assert list(refused.value.errors) == ["ukprn"]


def test_the_stalest_provider_comes_first(session, make_class, rival, clock):
    make_class(places_free=3)
    clock.advance(timedelta(days=15))
    rows = reads.freshness(session, clock.now(), clock.today())
    assert [(row.provider.name, row.classes, row.places_free, row.stale) for row in rows] == [
        ("The Provider", 1, 3, 1),
        ("The Rival", 0, 0, 0),
    ]
