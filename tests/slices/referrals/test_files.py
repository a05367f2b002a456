"""Files of referrals: good rows land, bad rows are named, the same file twice changes nothing."""

import io

import pytest

from hub.core.errors import RuleBroken
from hub.core.permissions import SYSTEM, Role
from hub.referrals import reads
from hub.referrals.exchange import import_referrals, preview_referrals
from hub.referrals.jobs import take_in_files
from hub.steps.domain import StepKind

HEADER = (
    "reference,given_names,family_name,date_of_birth,postcode,phone,email,preferred_language,source,reason,"
    "consent_given_on,consent_channel,consent_purposes,consent_wording_version,consent_language,notes"
)


def row(number=1, **changes):
    cells = {
        "reference": f"JC-{number}", "given_names": "Amina", "family_name": "Yusuf", "date_of_birth": "1990-03-27",
        "postcode": "E8 1AA", "phone": f"07700 9{number:05d}", "email": "", "preferred_language": "Somali",
        "source": "jobcentre", "reason": "work", "consent_given_on": "2027-01-04", "consent_channel": "in_person",
        "consent_purposes": "P05;P06", "consent_wording_version": "2026-11", "consent_language": "en", "notes": "",
    } | changes  # fmt: skip
    return ",".join(f'"{value}"' if "," in value else value for value in cells.values())


def as_file(*rows, header=HEADER, encoding="utf-8"):
    return "\r\n".join([header, *rows, ""]).encode(encoding)


@pytest.fixture
def jobcentre(session, organise):
    organise(session, "hub")
    return organise(session, "jobcentre")


@pytest.fixture
def take(session, jobcentre, clock):
    return lambda content: import_referrals(content, jobcentre.id, SYSTEM, clock)


def test_good_rows_land_beside_bad_ones(take, session, jobcentre):
    result = take(
        as_file(
            row(1),
            row(2, date_of_birth="31/02/1990"),
            row(3, phone=""),
            row(4, date_of_birth="27/3/1990"),
            row(5, source="moon"),
            row(6, postcode="nowhere"),
            row(7, date_of_birth="2020-01-01"),
        )
    )
    assert (result.added, result.refused) == (2, 5)
    assert [(one.line, one.column, one.value) for one in result.faults] == [
        (3, "date_of_birth", "31/02/1990"),
        (4, "phone", ""),
        (6, "source", "moon"),
        (7, "postcode", "nowhere"),
        (8, "date_of_birth", "2020-01-01"),
    ]
    assert all(one.remedy for one in result.faults)


def test_the_same_file_twice_changes_nothing(take):
    content = as_file(row(1), row(2, reference=""))
    assert take(content).added == 2
    again = take(content)
    assert (again.added, again.unchanged, again.refused) == (0, 2, 0)


def test_a_row_twice_in_one_file_is_one_referral(take):
    result = take(as_file(row(1), row(1)))
    assert (result.added, result.unchanged) == (1, 1)


def test_a_reference_with_other_details_is_refused(take):
    take(as_file(row(1)))
    result = take(as_file(row(1, given_names="Fatima")))
    assert result.refused == 1
    assert result.faults[0].column == "reference"


def test_the_same_learner_under_another_reference_is_already_referred(take):
    take(as_file(row(1)))
    result = take(as_file(row(1, reference="JC-9")))
    assert "already referred" in result.faults[0].remedy


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
def test_the_encodings_of_excel(take, encoding):
    result = take(as_file(row(1, given_names="José"), encoding=encoding))
    assert result.added == 1, result.faults


def test_aliases_and_unknown_columns(take):
    header = (
        HEADER.replace("date_of_birth", "DOB")
        .replace("given_names", "First Name")
        .replace("notes", "Shoe size")
    )
    result = take(as_file(row(1), header=header))
    assert (result.added, result.unknown_columns) == (1, ("Shoe size",))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (as_file(row(1)).replace(b",", b";"), "wrong_delimiter"),
        (b"PK\x03\x04rest", "file_not_csv"),
        (b"a,b\n1,2\n", "columns_missing"),
    ],
)
def test_what_is_no_csv_is_refused_as_a_whole(take, content, code):
    with pytest.raises(RuleBroken) as refused:
        take(content)
    assert refused.value.code == code


def test_without_wording_the_consent_is_to_be_confirmed(take, session, jobcentre, clock):
    from hub.consent import reads as consents
    from hub.referrals.queries import Filter
    from hub.steps import reads as steps

    assert take(as_file(row(1, consent_wording_version="", consent_language=""))).added == 1
    (one,) = reads.worklist(session, Filter(organisation_id=jobcentre.id))
    assert not consents.may(session, one.learner_id, "P06", clock.today())
    kinds = {step.kind for step in steps.learner_steps(session, [one.learner_id], clock.today())}
    assert StepKind.CONSENT_TO_CONFIRM in kinds


def test_a_preview_writes_nothing(session, jobcentre, clock):
    from hub.referrals.queries import Filter

    found = preview_referrals(as_file(row(1), row(2, phone="")), jobcentre.id, SYSTEM, clock)
    assert (found.ready, found.refused) == (1, 1)
    assert reads.worklist(session, Filter(organisation_id=jobcentre.id)) == []


class TestPages:
    def send(self, client, content):
        return client.post("/my-referrals/import", data={"file": (io.BytesIO(content), "a.csv")})

    def test_look_then_take_in_once(self, as_role, session):
        import re

        client = as_role(Role.REFERRER)
        assert client.get("/my-referrals/import").status_code == 200
        preview = self.send(client, as_file(row(1), row(2, phone="12")))
        assert "Take in 1 referral" in preview.text
        assert "Line" in preview.text
        address = re.search(r"/my-referrals/import/[0-9a-f-]{36}", preview.text)[0]
        done = client.post(address)
        assert done.status_code == 200
        assert "1 referral added" in done.text
        assert client.post(address).status_code == 302
        assert len(reads.my_referrals(session, client.actor)) == 1

    def test_a_long_file_goes_on_by_itself(self, as_role, session, organise, clock, monkeypatch):
        """Batch by batch, from where it stands; the page tells how far it is, at the end what was refused."""
        import re

        monkeypatch.setattr("hub.referrals.pages.upload.AT_ONCE", 2)
        monkeypatch.setattr("hub.referrals.exchange.BATCH", 2)
        monkeypatch.setattr("hub.referrals.jobs.BATCHES_AT_ONCE", 1)
        client = as_role(Role.REFERRER)
        preview = self.send(
            client, as_file(row(1), row(2, phone=""), row(3), row(4, family_name="=9"), row(5))
        )
        address = re.search(r"/my-referrals/import/[0-9a-f-]{36}", preview.text)[0]
        assert client.get(address).status_code == 302, "nobody has said yes"
        assert client.post(address).location == address
        assert client.post(address).location == address, "a second yes"
        assert "The file has 5 rows" in client.get(address).text
        assert take_in_files(clock) == 1
        assert "2 of 5 rows are done" in client.get(address).text
        assert address in client.get("/my-referrals/import").text
        assert [take_in_files(clock) for _ in range(4)] == [1, 1, 1, 0]
        assert "3 referrals added" in client.get(address).text
        refused = client.get(f"{address}/rows.csv").text.splitlines()
        assert [line.split(",")[0] for line in refused[1:]] == ["3", "5"]
        assert "'=9" in refused[2], "no formula for the spreadsheet"
        other = as_role(Role.REFERRER, organise(session, "charity"))
        assert {other.get(f"{address}{end}").status_code for end in ("", "/rows.csv")} == {404}

    def test_what_was_taken_in_before_a_crash_is_found_here(self, as_role, clock, monkeypatch):
        import re

        monkeypatch.setattr("hub.referrals.pages.upload.AT_ONCE", 1)
        client = as_role(Role.REFERRER)
        address = re.search(
            r"/my-referrals/import/[0-9a-f-]{36}", self.send(client, as_file(row(1), row(2))).text
        )[0]
        client.post(address)
        with monkeypatch.context() as dying:
            dying.setattr("hub.referrals.service.note_progress", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                take_in_files(clock)
        take_in_files(clock)
        assert "0 referrals added" in client.get(address).text
        assert re.search(r"2</span>\s*<span[^>]*>here already", client.get(address).text)

    @pytest.mark.parametrize("content", [b"", b"a;b\n", b"x" * 1005])
    def test_what_cannot_be_used(self, as_role, content, monkeypatch):
        monkeypatch.setattr("hub.referrals.pages.upload.LARGEST", 1000)
        assert self.send(as_role(Role.REFERRER), content).status_code == 422

    def test_a_foreign_file_is_not_there(self, as_role, session, organise):
        import re

        preview = self.send(as_role(Role.REFERRER), as_file(row(1)))
        address = re.search(r"/my-referrals/import/[0-9a-f-]{36}", preview.text)[0]
        other = as_role(Role.REFERRER, organise(session, "charity"))
        assert other.post(address).status_code == 302
        assert reads.my_referrals(session, other.actor) == []


def test_the_command(session, jobcentre, tmp_path):
    import json

    from click.testing import CliRunner

    from hub.referrals.cli import referrals_command

    path = tmp_path / "in.csv"
    path.write_bytes(as_file(row(1), row(2, phone="")))
    ran = CliRunner().invoke(referrals_command, [str(path), "--organisation", jobcentre.slug, "--json"])
    assert ran.exit_code == 1, ran.output
    assert json.loads(ran.stdout)["added"] == 1
    missing = CliRunner().invoke(
        referrals_command, [str(tmp_path / "no.csv"), "--organisation", jobcentre.slug]
    )
    assert isinstance(missing.exception, FileNotFoundError), "`hub` makes one line and exit status 2 of it"
