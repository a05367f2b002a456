"""Timetables from files: tolerant reading, whole rows or none, twice without effect."""

import json

import pytest
from click.testing import CliRunner

from hub.core.errors import RuleBroken
from hub.provision import reads, service
from hub.provision.cli import classes_command
from hub.provision.exchange import import_classes, import_in_batches, preview_classes

HEADER = "Title,Strand,Level,Venue,Address,Post code,Days,Start time,End time,Start date,End date,Capacity,Places free,Creche,Women only,Step free,Online,Funding,Fee,Notes"
GOOD = 'English for all,,E1-E2,Dalston Library,1 High St,e81aa,Mon/Wed,10:00,12:00,2027-01-25,02/04/2027,12,5,yes,no,Y,,"ASF, charity",£20,Bring a pen'
ONLINE = (
    "Talk online,conversation,Entry 3,,,,Tue & Thu,6pm,7.30pm,25/01/2027,2027-04-02,20,,,,,yes,self,free,"
)


def csv(*lines):
    return "\n".join((HEADER, *lines)).encode()


@pytest.fixture
def load(session, college, clock, postcodes):
    return lambda content: import_classes(session, content, college.organisation_id, college, clock)


def views(session, college):
    return {view.title: view for view in reads.classes_of(session, college.organisation_id)}


def test_good_rows_become_classes(session, college, load):
    report = load(csv(GOOD, ONLINE))
    assert (report.count("added"), report.faults) == (2, [])
    found = views(session, college)
    first = found["English for all"]
    assert [str(level) for level in first.levels] == ["E1", "E2"]
    assert (first.when, first.free, first.capacity) == ("Monday and Wednesday, 10am to midday", 5, 12)
    assert (first.postcode, first.childcare, first.women_only, first.step_free) == (
        "E8 1AA",
        True,
        False,
        True,
    )
    assert (first.funding, first.fee_pence, first.notes) == (("asf", "charity"), 2000, "Bring a pen")
    second = found["Talk online"]
    assert (second.strand, second.online, second.venue_id, second.free) == ("conversation", True, None, 20)
    assert second.when == "Tuesday and Thursday, 6pm to 7:30pm"


def test_the_same_file_twice_changes_nothing(session, college, load, clock):
    load(csv(GOOD, ONLINE))
    before = views(session, college)["English for all"]
    service.hold_place(session, before.id, clock)
    report = load(csv(GOOD, ONLINE))
    assert [row.what for row in report.rows] == ["unchanged", "unchanged"]
    after = views(session, college)["English for all"]
    assert (after.version, after.free, after.held) == (before.version, 4, 1)


def test_typing_the_same_class_otherwise_changes_nothing(load):
    load(csv(GOOD))
    other = GOOD.replace("Mon/Wed", "Monday & Wednesday").replace("10:00", "10am").replace("e81aa", "E8 1AA")
    assert [row.what for row in load(csv(other)).rows] == ["unchanged"]


def test_a_changed_row_changes_the_class_but_not_its_places(session, college, load, clock):
    load(csv(GOOD))
    known = views(session, college)["English for all"]
    service.hold_place(session, known.id, clock)
    assert [row.what for row in load(csv(GOOD.replace("£20", "£30"))).rows] == ["changed"]
    after = views(session, college)["English for all"]
    assert (after.id, after.fee_pence, after.free) == (known.id, 3000, 4)
    load(csv(GOOD.replace("£20", "£30").replace(",12,5,", ",12,9,")))
    assert views(session, college)["English for all"].free == 9


def test_each_bad_cell_is_named_with_its_line_and_the_good_rows_land(session, college, load):
    bad = "Bad,,E9,,,,Someday,25:00,12:00,01/25/2027,2027-04-02,many,,perhaps,,,,lottery,lots,"
    report = load(csv(GOOD, bad, ONLINE))
    assert report.count("added") == 2
    assert {(fault.line, fault.column) for fault in report.faults} == {
        (3, column)
        for column in (
            "level",
            "days",
            "start_time",
            "start_date",
            "capacity",
            "childcare",
            "fee",
            "funding",
            "venue",
        )
    }
    by_column = {fault.column: fault for fault in report.faults}
    assert (by_column["level"].value, by_column["childcare"].remedy) == ("E9", "Write yes or no")


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (",12,5,", ",12,13,", "places_free"),
        (",12,5,", ",0,0,", "capacity"),
        ("02/04/2027", "02/04/2026", "end_date"),
        ("12:00", "09:00", "end_time"),
        ("e81aa", "E8 1ZZ", "postcode"),
        ("e81aa", "", "postcode"),
        ("English for all", "", "title"),
        ("English for all", "x" * 121, "title"),
    ],
)
def test_rules_are_told_by_column(session, college, load, old, new, column):
    report = load(csv(GOOD.replace(old, new)))
    assert [fault.column for fault in report.faults] == [column]
    assert views(session, college) == {}
    assert reads.venues_of(session, college.organisation_id) == []


def test_a_venue_that_is_known_needs_no_postcode(session, college, load, venue):
    assert load(csv(GOOD.replace("e81aa", ""))).faults == []
    assert len(reads.venues_of(session, college.organisation_id)) == 1


def test_the_same_class_on_two_lines(load):
    report = load(csv(GOOD, GOOD))
    assert [(fault.line, fault.remedy) for fault in report.faults] == [
        (3, "This is the same class as in line 2. Delete one of the two")
    ]


def test_a_cancelled_class_stays_cancelled(session, college, load, clock):
    load(csv(GOOD))
    service.cancel_class(session, views(session, college)["English for all"].id, college, clock)
    assert [row.what for row in load(csv(GOOD)).rows] == ["unchanged"]
    assert "over in the hub" in load(csv(GOOD.replace("£20", "£30"))).faults[0].remedy


def test_last_years_file_again_changes_nothing(load, clock):
    load(csv(GOOD))
    clock.move_to(clock.now().replace(year=2028))
    assert [row.what for row in load(csv(GOOD)).rows] == ["unchanged"]


def test_windows_files_and_unknown_columns(session, college, load):
    content = f"{HEADER},Tutor\r\n{GOOD.replace('English for all', 'Café English')},Robin\r\n".encode(
        "windows-1252"
    )
    report = load(content)
    assert report.unknown_columns == ("Tutor",)
    assert "Café English" in views(session, college)


@pytest.mark.parametrize("content", [b"", b"title;level\nA;E1", b"PK\x03\x04 workbook", b"name,when\nA,B"])
def test_files_that_cannot_be_used(load, content):
    with pytest.raises(RuleBroken):
        load(content)


def test_a_long_file_comes_in_by_batches(session, college, clock, postcodes, monkeypatch):
    """Doubles are found across batches, a second time changes nothing, and each batch is told."""
    monkeypatch.setattr("hub.provision.exchange.BATCH", 2)
    told: list[int] = []
    content = csv(*(GOOD.replace("for all", str(number)) for number in (1, 2, 3, 1)))
    first = import_in_batches(content, college.organisation_id, college, clock, told.append)
    assert (first.count("added"), [one.line for one in first.faults], told) == (3, [5], [2, 4])
    again = import_in_batches(content, college.organisation_id, college, clock)
    assert (again.count("unchanged"), again.count("added")) == (3, 0)


def test_a_preview_agrees_and_changes_nothing(session, college, clock, postcodes):
    content = csv(GOOD, ONLINE.replace("20,,", "0,,"))
    seen = preview_classes(session, content, college.organisation_id, college, clock)
    assert views(session, college) == {}
    done = import_classes(session, content, college.organisation_id, college, clock)
    assert seen.as_json() == done.as_json()
    assert (done.count("added"), len(done.faults)) == (1, 1)


def run(path, *options):
    return CliRunner().invoke(classes_command, [str(path), "--provider", "the-provider", *options])


def test_the_command_says_what_it_did(session, college, postcodes, tmp_path):
    path = tmp_path / "classes.csv"
    path.write_bytes(csv(GOOD, ONLINE))
    done = run(path)
    assert (done.exit_code, done.stdout) == (0, "2 classes added, 0 changed, 0 unchanged, 0 rows refused.\n")
    path.write_bytes(csv(GOOD, "Bad"))
    done = run(path, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["unchanged"], told["refused"], told["faults"][0]["line"]) == (1, 1, 3)
    assert "Line 3, level: Write the level, like E1." in run(path).stdout


def test_a_command_that_cannot_be_done(session, college, tmp_path):
    # The `hub` command makes one line and exit status 2 of both.
    assert isinstance(run(tmp_path / "none.csv").exception, FileNotFoundError)
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    assert isinstance(run(path).exception, RuleBroken)
