"""Providers' own waiting lists: people, their earliest dates, and who stands on several."""

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from hub.consent import reads as consents
from hub.core.permissions import SYSTEM, Role
from hub.core.working_days import add_working_days
from hub.desk import reads as desk
from hub.learners import reads as learners
from hub.learners import service as people
from hub.steps.domain import StepKind
from hub.steps.models import Step
from hub.waitlist import reads
from hub.waitlist.exchange import import_waiting_list

HEADER = "Ref,First name,Surname,Sex,DOB,Mobile,Email,Post code,Level,Waiting since,Wants\r\n"
AMINA = "1,Amina,Warsame,F,14/03/1990,07700 900123,,E8 1AA,E1,01/09/2025,ESOL mornings\r\n"
CALI = "2,Cali,Xasan,M,1988-05-02,07700 900456,ali@example.org,E8 2BB,E2-E3,2026-02-01,Citizenship course\r\n"


@pytest.fixture
def providers(session, organise):
    organise(session, "hub")
    return [organise(session, "provider", slug) for slug in ("the-provider", "other-college")]


def take(content, provider, clock):
    return import_waiting_list((HEADER + content).encode(), provider.id, SYSTEM, clock)


def test_a_list_makes_people_entries_and_unproven_permissions(session, providers, clock):
    report = take(AMINA + CALI, providers[0], clock)
    assert (report.added, report.refused, report.unchanged, report.suspected) == (2, 0, 0, 0)
    by_name = {learners.person(session, e.learner_id).full_name: e for e in reads.in_line(session)}
    assert set(by_name) == {"Amina Warsame", "Cali Xasan"}
    assert by_name["Amina Warsame"].queue_on == date(2025, 9, 1)
    cali = by_name["Cali Xasan"]
    assert (cali.level, cali.also, cali.strand) == ("E2", ("E3",), "citizenship")
    assert not consents.may(session, cali.learner_id, "P05", clock.today())


def test_the_same_file_twice_changes_nothing(session, providers, clock):
    take(AMINA + CALI, providers[0], clock)
    again = take(AMINA + CALI, providers[0], clock)
    assert (again.added, again.unchanged) == (0, 2)
    assert len(reads.in_line(session)) == 2


def test_bad_rows_are_named_and_good_ones_land(session, providers, clock):
    bad = "3,,,F,,,,,,,\r\n4,Ivan,Petrov,M,31/02/1990,,,,E1,,\r\n5,Olha,Boiko,F,,123,,,Z9,01/01/2030,\r\n"
    report = take(AMINA + bad + "6,Maria,Silva,F,,,,,E1,01/01/2030,\r\n", providers[0], clock)
    assert (report.added, report.refused) == (1, 4)
    assert [(one.line, one.column) for one in report.faults] == [
        (3, "given_name"), (4, "dob"), (5, "phone"), (5, "level"), (6, "waiting_since"),
    ]  # fmt: skip


def test_a_row_without_a_level_is_a_person_to_assess(session, providers, clock):
    report = take("7,Rosa,Quispe,F,1991-01-05,,,,,2026-05-01,\r\n", providers[0], clock)
    assert (report.added, report.without_level) == (1, 1)
    assert reads.in_line(session) == []


def test_people_on_two_lists_are_reported_and_keep_the_earliest_date(session, providers, clock):
    take(AMINA + CALI, providers[0], clock)
    same = "x9,Ali,Hassan,M,1988-05-02,07700 900456,,E8 2BB,E2,2025-01-15,\r\n"
    report = take(same, providers[1], clock)
    assert report.suspected == 1
    seen = reads.overlap(session)
    assert seen.likely.on_lists == {1: 1, 2: 1} and seen.likely.people == 2
    assert [(row[0], row[1], row[3]) for row in seen.by_pair()] == [("Other College", "The Provider", 1)]
    people.merge_pair(session, learners.duplicate_pairs(session)[0].id, SYSTEM, clock)
    after = reads.overlap(session)
    assert after.sure.on_lists == {1: 1, 2: 1}
    merged = next(one for one in reads.in_line(session) if one.strand == "citizenship")
    assert learners.first_referred_on(session, [merged.learner_id])[merged.learner_id] == date(2025, 1, 15)


def test_the_manager_sees_the_overlap(as_role, session, providers, clock):
    manager = as_role(Role.HUB_MANAGER)
    assert "No provider" in manager.get("/waiting-list/overlap").get_data(as_text=True)
    take(AMINA, providers[0], clock)
    take(AMINA.replace("1,", "z1,", 1), providers[1], clock)
    page = manager.get("/waiting-list/overlap").get_data(as_text=True)
    assert "On 2 lists" in page and providers[0].name in page and "Amina" not in page
    assert as_role(Role.PROVIDER).get("/waiting-list/overlap").status_code == 403


def test_who_is_on_a_long_list_is_asked_a_few_a_day_in_turn(session, providers, clock):
    rows = "".join(f"{n},Maria{n},Silva{n},F,1990-01-{n:02d},,,,E1,,\r\n" for n in range(1, 13))
    take(rows, providers[0], clock)
    take(AMINA, providers[1], clock)
    found = session.scalars(select(Step).where(Step.kind == StepKind.CONSENT_TO_CONFIRM)).all()
    by_day = Counter(step.due_on for step in found)
    first = add_working_days(clock.today(), 7, set())
    assert by_day == {first: 5, add_working_days(first, 1, set()): 5, add_working_days(first, 2, set()): 3}


def test_people_of_a_list_stand_on_the_board(session, providers, clock):
    take(AMINA + CALI, providers[0], clock)
    clock.advance(timedelta(weeks=3))
    stages = {one.code: one for one in desk.board(session, clock)}
    assert (stages["waiting"].total, stages["waiting"].to_six_weeks, stages["referred"].total) == (2, 2, 0)
