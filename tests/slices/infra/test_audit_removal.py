"""Removing from the audit by rule: what goes, what stays to prove it, and that no other removal passes for one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from hub.core.errors import Conflict, RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import SYSTEM
from hub.infra import audit
from hub.infra.audit import AuditEntry
from hub.infra.db import transaction
from hub.infra.seals import archiving, exporting, publishing, removing, sealer, verifying
from hub.infra.seals.models import AuditRemoval, AuditSeal
from hub.infra.seals.removing import Wanted
from hub.oversight.cli import audit_group, words
from tests.slices.infra.test_seals import forge, owner, undone, verdict  # noqa: F401 - fixtures

WHOLE_2020 = Wanted("audit", True, datetime(2020, 2, 20, tzinfo=UTC))
SECURITY_2020 = Wanted("security_log", False, datetime(2020, 3, 20, tzinfo=UTC))


@pytest.fixture
def years(forge, clock):  # noqa: F811
    """Two seals in January and two in February 2020, one of today; each with a view, a sign-in and a view."""
    for month, day in ((1, 5), (1, 6), (2, 5), (2, 6)):
        clock.move_to(datetime(2020, month, day, 12, tzinfo=UTC))
        write(clock)
    clock.move_to(datetime(2027, 1, 11, 10, tzinfo=UTC))
    write(clock)
    return seqs()


def write(clock):
    with transaction() as session:
        for subject in ("learner", "user", "learner"):
            audit.record(session, SYSTEM, "learner.viewed", subject, new_id(), clock=clock, reason="r")
    sealer.seal_due(clock)


def seqs():
    with transaction() as session:
        return list(session.scalars(select(AuditEntry.seq).order_by(AuditEntry.seq)))


def remove(wanted, clock, archived=False):
    with transaction() as session:
        return removing.remove(session, wanted, clock, archived=archived)


def counted(found):
    return {rule: entries for rule, (entries, _) in found.removed.items()}


def test_whole_months_go_with_their_seals_and_the_chain_goes_on_from_the_last_one(years, clock):
    with transaction() as session:
        assert removing.due(session, WHOLE_2020).entries == 6
    made = remove(WHOLE_2020, clock)
    assert (made.entries, made.ranges, made.last_seal, made.end_seal().number) == (
        6,
        [[years[0], years[5]]],
        2,
        2,
    )
    assert seqs()[:9] == years[6:], "only what is of the audit itself came"
    found = verdict()
    assert (found.ok, found.seals, found.entries, found.start) == (True, 3, 9, 2)
    assert found.removed["audit"] == (6, datetime(2020, 1, 6, 12, tzinfo=UTC))
    assert "Removed by rule (audit): 6 entries up to 06 January 2020, signed." in words(found)
    assert found.as_json()["removed"]["audit"]["entries"] == 6
    assert remove(WHOLE_2020, clock) is None


def test_security_entries_go_alone_and_later_the_rest_with_its_seals(years, clock):
    made = remove(SECURITY_2020, clock)
    assert (made.entries, made.end, [first for first, _ in made.ranges]) == (4, None, years[1:12:3])
    found = verdict()
    assert (found.ok, found.seals, found.entries) == (True, 5, 11)
    assert remove(WHOLE_2020, clock).entries == 4, "two of six went before"
    found = verdict()
    assert found.ok and counted(found) == {"security_log": 4, "audit": 4}


def test_the_newest_seal_and_the_month_that_is_not_over_stay(years, clock):
    assert remove(replace(WHOLE_2020, before=datetime(2020, 1, 31, tzinfo=UTC)), clock) is None
    clock.advance(timedelta(days=400))
    assert remove(replace(WHOLE_2020, before=clock.now()), clock).last_seal == 4, (
        "today stays by the database's clock"
    )


def test_a_held_subject_keeps_everything_from_its_first_entry_on(years, clock):
    with transaction() as session:
        held = session.scalar(select(AuditEntry.subject_id).where(AuditEntry.seq == years[4]))
        wanted = replace(WHOLE_2020, held={held})
        assert (removing.due(session, wanted).entries, removing.due(session, wanted).held) == (3, 3)
    assert remove(wanted, clock).last_seal == 1
    assert verdict().ok


def test_checks_of_everything_begin_behind_what_was_removed(years, clock):
    remove(WHOLE_2020, clock)
    assert verifying.check_now(clock).seals == 3
    with transaction() as session:
        whole = verifying.last_whole_check(session)
        assert (whole.first_seal, whole.after_seal) == (3, 2)
    write(clock)
    nightly = verifying.check_now(clock, whole=False)
    assert (nightly.ok, nightly.seals) == (True, 1)
    remove(replace(WHOLE_2020, before=datetime(2020, 3, 1, tzinfo=UTC)), clock)
    assert verifying.check_now(clock, whole=False).ok


# ---------------------------------------------------------------- what is not a removal by rule

FORGED = {
    "rule": "'another'",
    "whole": "NOT whole",
    "before": "before + interval '1 day'",
    "last_seal": "last_seal + 1",
    "ranges": "jsonb_set(ranges, '{0,1}', to_jsonb((ranges->0->>1)::bigint + 3))",
    "entries": "entries + 3",
    "end": "jsonb_set(\"end\", '{number}', '3')",
    "archive": "'x'",
    "prev_hash": "set_byte(prev_hash, 3, get_byte(prev_hash, 3) # 1)",
    "hash": "set_byte(hash, 3, get_byte(hash, 3) # 1)",
    "signature": "set_byte(signature, 3, get_byte(signature, 3) # 1)",
    "number": "number + 1",
}


@pytest.fixture
def removed(years, forge, clock):  # noqa: F811
    """January is gone; gives the numbers of what is left."""
    remove(WHOLE_2020, clock)
    forge("ALTER TABLE audit_removal DISABLE TRIGGER only_grows")
    return seqs()


def test_a_removal_that_was_altered_is_named(removed, undone):  # noqa: F811
    for column, value in FORGED.items():
        with undone(f'UPDATE audit_removal SET "{column}" = {value}'):
            fault = verdict().fault
            assert (fault.kind, fault.removal) == ("removal", 1), column
    assert verdict().ok


def test_without_its_removal_what_is_gone_is_missing(removed, forge):  # noqa: F811
    forge("DELETE FROM audit_removal")
    assert verdict().fault.words == "Seal 1 is missing."


def test_more_gone_than_was_removed_is_missing(removed, forge):  # noqa: F811
    forge(f"DELETE FROM audit_entry WHERE seq = {removed[1]}")
    assert verdict().fault.words == f"Entry {removed[1]} is missing: seal 3 holds it."
    forge("DELETE FROM audit_seal WHERE number = 3")
    assert verdict().fault.words == "Seal 3 is missing."


def test_what_was_removed_and_is_there_again_is_named(years, forge, clock):  # noqa: F811
    forge("CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM audit_entry")
    remove(SECURITY_2020, clock)
    forge(f"INSERT INTO audit_entry OVERRIDING SYSTEM VALUE SELECT * FROM kept WHERE seq = {years[4]}")
    fault = verdict().fault
    assert (fault.kind, fault.seq) == ("returned", years[4])


def test_a_removal_signed_by_somebody_else_is_found(years, hub, clock):
    before = hub.keyring
    hub.keyring = replace(before, index_key=b"x" * 32, _subkeys={})
    with pytest.raises(Conflict, match="the audit was changed"):
        remove(WHOLE_2020, clock)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(removing, "verify_database", lambda *_: verdict_of_nothing())
        remove(WHOLE_2020, clock)
    hub.keyring = before
    assert verdict().fault.words == "Removal 1 does not carry our signature."


def verdict_of_nothing():
    class Fine:
        fault = None

    return Fine


def test_an_audit_that_was_changed_is_evidence_and_stays(years, forge, clock):  # noqa: F811
    forge(f"UPDATE audit_entry SET reason = 'x' WHERE seq = {years[-1]}")
    with pytest.raises(Conflict, match=f"Entry {years[-1]} was altered"):
        remove(WHOLE_2020, clock)


def test_removals_are_published_and_missed(removed, forge, hub, clock, tmp_path):  # noqa: F811
    hub.settings = replace(hub.settings, audit_dir=tmp_path)
    publishing.publish_new()
    publishing.publish_new()
    assert len((tmp_path / "removals.jsonl").read_bytes().splitlines()) == 1
    assert verifying.check_now(clock).ok
    forge("DELETE FROM audit_removal")
    assert verifying.check_now(clock).fault.words == "Removal 1 was published and is not there."


# ---------------------------------------------------------------- files


def test_an_export_says_what_was_removed_and_holds_no_more(removed, clock, tmp_path):
    path = tmp_path / "audit.jsonl"
    with transaction() as session:
        path.write_bytes(b"".join(exporting.export_all(session, clock)))
    found = verifying.verify_file(path)
    assert (found.ok, found.entries, counted(found)) == (True, 9, {"audit": 6})
    lines = path.read_bytes().splitlines(keepends=True)
    forged = orjson.loads(lines[1])
    forged["removal"]["entries"] = 5
    path.write_bytes(b"".join([lines[0], orjson.dumps(forged) + b"\n", *lines[2:]]))
    assert verifying.verify_file(path).fault.words == "Removal 1 was altered."
    with transaction() as session:
        path.write_bytes(b"".join(exporting.export_chosen(session, removed[:2], clock)))
    found = verifying.verify_file(path)
    assert (found.ok, found.entries, counted(found)) == (True, 2, {"audit": 6})


@pytest.mark.parametrize(("wanted", "entries"), [(WHOLE_2020, 6), (SECURITY_2020, 4)])
def test_an_archive_opens_with_our_keys_alone_and_proves_itself(years, hub, clock, tmp_path, wanted, entries):
    hub.settings = replace(hub.settings, audit_archive_dir=tmp_path / "archive")
    made = remove(wanted, clock, archived=True)
    (path,) = Path(tmp_path / "archive").iterdir()
    assert (path.name, oct(path.stat().st_mode)[-3:]) == (made.archive, "600")
    assert b"learner.viewed" not in path.read_bytes()
    opened = tmp_path / "opened.jsonl"
    said = CliRunner().invoke(audit_group, ["open-archive", str(path), str(opened)])
    assert (said.exit_code, "verifies it" in said.output) == (0, True)
    found = verifying.verify_file(opened)
    assert (found.ok, found.entries) == (True, entries)
    with transaction() as session:
        assert archiving.over(session, clock.now()) == []
        assert archiving.over(session, clock.now() + timedelta(seconds=1)) == [path]
    other = path.rename(path.with_name(f"x{archiving.SUFFIX}"))
    with pytest.raises(RuleBroken, match="altered, renamed, or sealed by another"):
        archiving.opened(other)


# ---------------------------------------------------------------- the database's own hold


def claim(made, **changes):
    told = made.published() | changes
    for name in ("root", "prev_hash", "hash", "signature"):
        told[name] = "\\x" + told[name]
    return orjson.dumps(told).decode()


REFUSED = [
    ({"number": 2}, "not the next removal"),
    ({"before": "2026-10-01T00:00:00Z"}, "stay"),
    ({"before": "2020-01-06T00:00:00Z"}, "whole periods"),
    ({"ranges": []}, "only what is sealed"),
    ({"last_seal": 5}, "the newest seal stays"),
    ({"last_seal": 1}, "only what is sealed"),
    ({"last_seal": 3}, "whole periods"),
    ({"whole": False}, "security entries"),
    ({"entries": 5}, "6 entries are not 5"),
]


def test_the_database_refuses_what_is_young_not_sealed_or_not_whole(years, clock, undone, monkeypatch):  # noqa: F811
    for changes, refused in REFUSED:
        monkeypatch.setattr(removing, "_as_json", lambda made, changes=changes: claim(made, **changes))
        with undone("SELECT 1"), pytest.raises(Exception, match=refused):
            remove(WHOLE_2020, clock)
        assert seqs() == years


def test_the_application_removes_by_rule_and_in_no_other_way(committed, clock):
    clock.move_to(datetime(2020, 1, 5, 12, tzinfo=UTC))
    write(clock)
    clock.move_to(datetime(2027, 1, 11, 10, tzinfo=UTC))
    write(clock)
    for statement in (
        "DELETE FROM audit_entry",
        "SET LOCAL hub.removing = 'by rule'; DELETE FROM audit_entry",
        "INSERT INTO audit_removal SELECT * FROM audit_removal",
        "DELETE FROM audit_removal",
    ):
        with pytest.raises(Exception, match="permission denied"), transaction() as session:
            session.connection().exec_driver_sql(statement)
    assert remove(WHOLE_2020, clock).entries == 3
    with transaction() as session:
        assert session.scalars(select(AuditSeal.number)).all() == [2]
        assert session.scalars(select(AuditRemoval.number)).all() == [1]
        assert session.scalar(text("SELECT count(*) FROM audit_entry WHERE action = 'audit.removed'")) == 1
    assert verdict().ok
