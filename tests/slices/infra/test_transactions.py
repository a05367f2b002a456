"""One commit, events before it, errors in plain words."""

from dataclasses import dataclass

import pytest
from sqlalchemy import delete, select, text

from hub.core.errors import Conflict
from hub.core.events import Event
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra import audit, db
from hub.infra.audit import AuditEntry
from hub.infra.db import record, transaction
from hub.infra.gathering import Gathering, gather
from hub.infra.geography import Postcode
from hub.policy import reads as policy
from hub.policy.service import NewValue, change


@dataclass(frozen=True)
class Happened(Event):
    number: int


OURS = Postcode.postcode.startswith("ZZ9")  # other tests leave real postcodes behind


def places() -> set[str]:
    with transaction() as session:
        return set(session.scalars(select(Postcode.postcode).where(OURS)))


def place(code: str) -> Postcode:
    return Postcode(postcode=code, lat=51.5, lon=0.0)


@pytest.fixture(autouse=True)
def _no_places(committed):
    yield
    with transaction() as session:
        session.execute(delete(Postcode).where(OURS))


def test_reactions_run_in_order_before_the_commit(hub):
    seen = []

    def first(session, event, actor, clock):
        seen.append(("first", event.number, places_in(session)))
        if event.number == 1:
            record(session, Happened(2))

    def places_in(session):
        return len(session.scalars(select(Postcode).where(OURS)).all())

    hub.reactions = {Happened: [first, lambda s, e, a, c: seen.append(("second", e.number))]}
    with transaction() as session:
        session.add(place("ZZ9 9ZZ"))
        record(session, Happened(1))
    assert seen == [("first", 1, 1), ("second", 1), ("first", 2, 1), ("second", 2)]


def test_when_a_reaction_fails_nothing_is_kept(hub):
    def fail(*_):
        raise Conflict("No.")

    hub.reactions = {Happened: [fail]}
    with pytest.raises(Conflict), transaction() as session:
        session.add(place("ZZ9 9ZZ"))
        record(session, Happened(1))
    assert places() == set()


def test_an_inner_unit_of_work_joins_the_outer_one():
    with pytest.raises(ZeroDivisionError), transaction() as outer:
        with transaction() as inner:
            assert inner is outer
            inner.add(place("ZZ9 9ZZ"))
        raise ZeroDivisionError
    assert places() == set()


def test_a_broken_unique_rule_is_a_conflict():
    with transaction() as session:
        session.add(place("ZZ9 9ZZ"))
    with pytest.raises(Conflict) as caught, transaction() as session:
        session.add(place("ZZ9 9ZZ"))
    assert caught.value.code == "already_there"


def test_events_without_end_are_stopped(hub, monkeypatch):
    monkeypatch.setattr(db, "_MOST_EVENTS", 50)
    hub.reactions = {Happened: [lambda s, e, a, c: record(s, Happened(e.number + 1))]}
    with pytest.raises(RuntimeError, match="without end"), transaction() as session:
        record(session, Happened(1))


def test_the_audit_can_be_added_to_and_never_changed(clock):
    with transaction() as session:
        audit.record(session, SYSTEM, "thing.viewed", "thing", new_id(), clock=clock, fields=["name"])
    for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(Exception, match="permission denied"), transaction() as session:
            session.execute(text(statement))
    with transaction() as session:
        assert session.scalars(select(AuditEntry.fields)).one() == ["name"]


def test_a_clock_can_be_set_from_a_day_on(clock):
    today = clock.today()
    with transaction() as session:
        assert policy.number(session, "stall_days", today) == 7
        change(session, NewValue("clock.stall_days", "9", today, "Board of 11 January"), SYSTEM, clock)
        assert policy.number(session, "stall_days", today) == 9
        assert policy.number(session, "stall_days", today.replace(day=10)) == 7


def test_what_is_recorded_in_a_savepoint_goes_with_it(hub, clock):
    seen = []
    hub.reactions = {Happened: [lambda s, e, a, c: seen.append(e.number)]}
    kept, lost = new_id(), new_id()
    with transaction() as session:
        record(session, Happened(1))
        audit.record(session, SYSTEM, "thing.done", "thing", kept, clock=clock)
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            record(session, Happened(2))
            audit.record(session, SYSTEM, "thing.done", "thing", lost, clock=clock)
            raise ZeroDivisionError
        with session.begin_nested():
            record(session, Happened(3))
    assert seen == [1, 3]
    with transaction() as session:
        assert set(session.scalars(select(AuditEntry.subject_id))) == {kept}


def test_an_entry_made_in_a_unit_of_work_can_be_read_in_it(clock):
    subject = new_id()
    with transaction() as session:
        audit.record(session, SYSTEM, "thing.viewed", "thing", subject, clock=clock)
        assert [entry.action for entry in audit.entries_of(session, [subject])] == ["thing.viewed"]


def test_what_is_gathered_is_done_together_after_the_last_event(hub):
    seen: list[object] = []

    def make(session, codes):
        seen.append(codes)
        session.add_all([place(code) for code in codes])

    gathering = Gathering(Postcode, make)
    hub.reactions = {Happened: [lambda s, e, a, c: gather(s, gathering, f"ZZ9 {e.number}ZZ")]}
    with transaction() as session:
        record(session, Happened(1))
        db.handle(session)
        record(session, Happened(2))
        assert seen == []
    assert seen == [["ZZ9 1ZZ", "ZZ9 2ZZ"]]
    assert places() == {"ZZ9 1ZZ", "ZZ9 2ZZ"}


def test_what_is_gathered_is_there_when_its_rows_are_read():
    gathering = Gathering(Postcode, lambda session, codes: session.add_all([place(code) for code in codes]))
    with transaction() as session:
        gather(session, gathering, "ZZ9 1ZZ")
        assert session.scalars(select(Postcode.postcode).where(OURS)).all() == ["ZZ9 1ZZ"]
        gather(session, gathering, "ZZ9 2ZZ")
    assert places() == {"ZZ9 1ZZ", "ZZ9 2ZZ"}


def test_what_is_gathered_in_a_savepoint_goes_with_it_and_what_was_before_stays():
    gathering = Gathering(Postcode, lambda session, codes: session.add_all([place(code) for code in codes]))
    with transaction() as session:
        gather(session, gathering, "ZZ9 1ZZ")
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            gather(session, gathering, "ZZ9 2ZZ")
            raise ZeroDivisionError
    assert places() == {"ZZ9 1ZZ"}


def test_events_of_what_was_gathered_are_handled_too(hub):
    seen = []
    gathering = Gathering(Postcode, lambda session, items: record(session, Happened(len(items))))
    hub.reactions = {Happened: [lambda s, e, a, c: seen.append(e.number)]}
    with transaction() as session:
        gather(session, gathering, "one")
        gather(session, gathering, "two")
    assert seen == [2]
