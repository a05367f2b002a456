"""The copy: everything of every merged record, nothing of anybody else, readable, and given out behind a code."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.core.errors import Conflict, NotFound, RuleBroken, TooMany
from hub.core.permissions import learner_actor
from hub.infra.personal import rows_of
from hub.learners import reads as learners
from hub.messaging import reads as messages
from hub.rights import exchange, queries, service
from hub.rights.domain import CaseKind, CaseState, Decision, Ruling, coverage
from hub.rights.holdings import HOLDINGS
from hub.rights.reads import copies
from tests.slices.rights.conftest import CANARY, ZYX

YES = Ruling(Decision.GRANTED)


@pytest.fixture
def copy(placed, session, clock):
    return copies.copy_of(session, placed.learner_id, clock)


def packed(copy):
    archive = zipfile.ZipFile(io.BytesIO(exchange.zipped(copy, "Hackney ESOL Hub")))
    assert archive.namelist() == ["your-data.pdf", "your-data.json"]
    return archive.read("your-data.pdf"), json.loads(archive.read("your-data.json"))


def test_it_has_every_exported_column_of_every_row_of_both_records(placed, copy, session):
    pdf, data = packed(copy)
    assert pdf.startswith(b"%PDF")
    tables = {one["table"]: one["records"] for one in data["data"]}
    subject = learners.data_subject(session, placed.learner_id)
    assert len(tables["source_record"]) == 2
    for holding in HOLDINGS:
        for row, shown in zip(
            rows_of(session, holding, subject), tables.get(holding.table, []), strict=False
        ):
            for line in coverage.tables()[holding.table]:
                name = line.column.removesuffix("_sealed")
                if line.is_exported and row[line.column] is not None:
                    assert name in shown, line
                elif not line.is_exported:
                    assert name not in shown, line
    told = json.dumps(data, ensure_ascii=False)
    for words in (
        *CANARY,
        "Canarious reason",
        "Canarious question",
        "Canarious support",
        "Canarious note",
        "JC-77",
    ):
        assert words in told, words
    assert {"offer", "enrolment", "message", "received_text", "consent_event", "waitlist_entry"} <= set(
        tables
    )


def test_it_says_from_whom_what_for_and_what_was_left_out(copy):
    _, data = packed(copy)
    assert set(data["sources"]) == {"The Jobcentre", "The Hub"}
    assert len(data["purposes"]) >= 13
    assert {one["what"] for one in data["left_out"]} >= {"Other people", "Security"}
    assert all(one["why"] for one in data["left_out"])


def test_other_people_are_not_in_it(placed, session, clock):
    other = placed.world.add_learner(given_names="Yusuf", family_name="Warsamequill", phone=ZYX.phone)
    made = copies.copy_of(session, placed.learner_id, clock)
    _, data = packed(made)
    told = json.dumps(data)
    staff = session.scalars(
        text("SELECT name FROM user_account UNION SELECT id::text FROM user_account")
    ).all()
    for foreign in ("Warsamequill", str(other.learner_id), *staff):
        assert foreign not in told, foreign
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-", told), "no ids of the database"


def test_the_same_copy_is_the_same_file(copy):
    assert exchange.zipped(copy, "Hub") == exchange.zipped(copy, "Hub")


def test_nobody_and_the_erased_have_no_copy(session, clock, life, officer):
    with pytest.raises(NotFound):
        copies.copy_of(session, officer.id, clock)
    service.erase_person(session, life.learner_id, officer, clock)
    with pytest.raises(NotFound):
        copies.copy_of(session, life.learner_id, clock)


class TestGivenOut:
    @pytest.fixture
    def case(self, session, life, ask, officer, clock):
        row = ask(CaseKind.ACCESS, life.learner_id)
        service.keep_package(session, row.id, b"zip bytes", officer, clock)
        return row

    @pytest.fixture
    def released(self, session, case, officer, clock):
        service.decide(session, case.id, YES, officer, clock)
        return case

    def code(self, session, case, life, clock):
        service.send_code(session, case.id, life.learner_id, clock)
        session.flush()
        (newest, *_) = messages.conversation(session, life.learner_id)
        found = re.search(r"\b\d{7}\b", newest.body or "")
        assert found and newest.template == "rights_code"
        return found[0]

    def fetch(self, session, case, life, code, clock):
        return service.fetch(session, case.id, life.learner_id, code, learner_actor(life.learner_id), clock)

    def test_granting_needs_a_copy_that_was_made(self, session, life, ask, officer, clock):
        row = ask(CaseKind.ACCESS, life.learner_id)
        with pytest.raises(RuleBroken, match="First make the copy"):
            service.decide(session, row.id, YES, officer, clock)

    def test_a_copy_needs_to_know_who_asks(self, session, life, ask, officer, clock):
        row = ask(CaseKind.ACCESS, life.learner_id, identity=None)
        with pytest.raises((RuleBroken, Conflict)):
            service.keep_package(session, row.id, b"zip", officer, clock)

    def test_it_stands_sealed(self, session, case):
        raw = session.scalar(text("SELECT content_sealed FROM rights_package"))
        assert b"zip bytes" not in bytes(raw) and b"emlwIGJ5dGVz" not in bytes(raw)

    def test_the_right_code_once_closes_the_case(self, session, released, life, clock):
        code = self.code(session, released, life, clock)
        assert self.fetch(session, released, life, f" {code[:3]} {code[3:]}", clock) == b"zip bytes"
        assert queries.case(session, released.id).state is CaseState.CLOSED
        assert self.fetch(session, released, life, code, clock) is None

    def test_a_code_lives_ten_minutes(self, session, released, life, clock):
        code = self.code(session, released, life, clock)
        clock.advance(timedelta(minutes=10, seconds=1))
        assert self.fetch(session, released, life, code, clock) is None

    def test_five_wrong_codes_lock_it(self, session, released, life, clock):
        code = self.code(session, released, life, clock)
        for _ in range(5):
            assert self.fetch(session, released, life, "0000000", clock) is None
        with pytest.raises(TooMany):
            self.fetch(session, released, life, code, clock)
        with pytest.raises(TooMany):
            service.send_code(session, released.id, life.learner_id, clock)

    def test_one_code_a_minute(self, session, released, life, clock):
        self.code(session, released, life, clock)
        with pytest.raises(TooMany):
            service.send_code(session, released.id, life.learner_id, clock)
        clock.advance(timedelta(minutes=1))
        self.code(session, released, life, clock)

    def test_before_the_decision_for_others_and_after_its_days_it_is_not_there(
        self, session, case, life, clock, officer
    ):
        with pytest.raises(NotFound):
            service.send_code(session, case.id, life.learner_id, clock)
        service.decide(session, case.id, YES, officer, clock)
        with pytest.raises(NotFound):
            self.fetch(
                session,
                case,
                type(life)(officer.id, life.ids, life.referral_id, None, life.world),
                "1",
                clock,
            )
        clock.advance(timedelta(days=29))
        with pytest.raises(Conflict, match="no longer kept"):
            service.send_code(session, case.id, life.learner_id, clock)
