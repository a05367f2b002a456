"""Bad input through every edge: the field is named, the remedy is told, what was typed stays, nothing is written."""

import io
import json
import unicodedata

import pytest

from hub.core.permissions import SYSTEM, Role
from hub.infra.access import rule_of
from hub.infra.geography import Postcode
from hub.learners import reads as learners
from hub.referrals import reads
from hub.referrals.exchange import import_referrals
from tests.slices.bad_input import SLUG_OF, Fault, error_beside, fingerprint, shows_typed
from tests.slices.referrals.test_files import HEADER, as_file, row
from tests.slices.referrals.test_intake import body
from tests.slices.referrals.test_refer_pages import ANSWERS, answer_all, begin

SQL = "Robert'); DROP TABLE referral;--"
SCRIPT = "<script>alert(1)</script>"
FAULTS = [
    Fault("given_names", "", "Enter the given names"),
    Fault("given_names", "A" * 101, "must be 100 characters or fewer. You used 101"),
    Fault("given_names", "Amina 2", "must not have numbers"),
    Fault("given_names", "Amina 🙂", "must not have emoji"),
    Fault("given_names", SCRIPT, "must only have letters"),
    Fault("given_names", "Ami\x00na", "a character we cannot read"),
    Fault("given_names", "' -", "must only have letters"),
    Fault("family_name", "", "Enter the family name"),
    Fault("family_name", SQL, "must only have letters"),
    Fault("family_name", "Y" * 5000, "must be 100 characters or fewer"),
    Fault("date_of_birth", "", "Enter the date of birth"),
    Fault("date_of_birth", "1990-02-31", "real date"),
    Fault("date_of_birth", "1990-13-01", "real date"),
    Fault("date_of_birth", "20xx-01-01", ""),
    Fault("date_of_birth", "2027-01-12", "must be in the past"),
    Fault("date_of_birth", "2027-01-11", "must be in the past"),
    Fault("date_of_birth", "9999-12-31", ""),
    Fault("date_of_birth", "1800-01-01", "Check the year"),
    Fault("date_of_birth", "0001-01-01", ""),
    Fault("phone", "", "Enter the phone number"),
    Fault("phone", "12", "Enter the phone number in full, like"),
    Fault("phone", "07700 90012", "Enter the phone number in full, like"),
    Fault("phone", "+999 1234 5678", "Enter the phone number in full, like"),
    Fault("phone", "ask her son", "Enter the phone number in full, like"),
    Fault("phone", "0" * 400, "must be 254 characters or fewer"),
    Fault("email", "amina@", "email address"),
    Fault("email", "a b@example.org", "email address"),
    Fault("email", f"{'a' * 300}@example.org", ""),
    Fault("postcode", "", "Enter the postcode"),
    Fault("postcode", "Hackney", "postcode in full"),
    Fault("postcode", "E8", "postcode in full"),
    Fault("postcode", "E8 1AAA", "postcode in full"),
    Fault("postcode", "E" * 500, ""),
    Fault("postcode", "E8 9ZZ", "We cannot find this postcode"),
    Fault("preferred_language", "klingonish", "a language that we know"),
    Fault("source", "moon", "Select"),
    Fault("reason", "x" * 501, "must be 500 characters or fewer"),
    Fault("external_reference", "x" * 101, "must be 100 characters or fewer"),
]
NOT_ASKED = {"source", "preferred_language"}
"""Chosen from a list on the page: what is not on the list cannot be shown again."""


@pytest.fixture
def known_area(session):
    """E8 is covered by the table, so that an unknown postcode in it is a fault."""
    session.merge(Postcode(postcode="E8 1AA", lat=51.55, lon=-0.06, district="E09000012", ward=None))
    session.flush()


@pytest.fixture
def referrer(as_role, known_area):
    return as_role(Role.REFERRER)


def test_the_page_names_the_field_and_keeps_what_was_typed(referrer, session, subtests):
    draft = begin(referrer)
    before = fingerprint(session)
    for fault in FAULTS:
        with subtests.test(str(fault)):
            answer = referrer.post(f"{draft}/{SLUG_OF[fault.field]}", data=fault.in_form())
            assert answer.status_code == 422
            assert "There is a problem" in answer.text
            told = error_beside(answer.text, fault.field)
            assert told and fault.says in told, told
            if fault.field not in NOT_ASKED and fault.field != "date_of_birth" and "\x00" not in fault.given:
                assert shows_typed(answer.text, fault.given)
            if fault.field == "date_of_birth":
                assert all(f'value="{part}"' in answer.text for part in fault.given.split("-") if part)
            assert SCRIPT not in answer.text
    assert fingerprint(session) == before


def test_the_api_names_the_field(api, session, known_area, subtests):
    client = api(Role.REFERRER)
    before = fingerprint(session)
    for fault in FAULTS:
        with subtests.test(str(fault)):
            answer = client.post("/api/v1/referrals", json=fault.in_body(), headers={"Idempotency-Key": "k"})
            assert (answer.status_code, answer.json["code"]) in {
                (422, "invalid_input"),
                (422, "postcode_unknown"),
            }
            assert answer.mimetype == "application/problem+json"
            assert list(answer.json["errors"]) == [fault.api_field]
            assert fault.says in answer.json["errors"][fault.api_field]
    assert fingerprint(session) == before
    assert client.post("/api/v1/referrals", json=body(), headers={"Idempotency-Key": "k"}).status_code == 201


def test_a_file_names_line_column_value_and_remedy(session, organise, clock, known_area, subtests):
    organise(session, "hub")
    home = organise(session, "jobcentre")
    before = fingerprint(session)
    for fault in (one for one in FAULTS if one.in_file):
        with subtests.test(str(fault)):
            optional = fault.field in {
                "email",
                "preferred_language",
                "source",
                "reason",
                "external_reference",
            }
            assert fault.given or not optional
            result = import_referrals(as_file(fault.in_row()), home.id, SYSTEM, clock)
            assert (result.added, result.refused) == (0, 1)
            (found,) = result.faults
            assert (found.line, found.column, found.value) == (2, fault.column, fault.given)
            assert fault.says in found.remedy
    assert fingerprint(session) == before


# What the API alone can be sent: values of another type, and lists.


OTHER_TYPES = [12, 1.5, True, [], {}, ["x"], {"a": 1}, None]
FINE = {("availability", "[]"), ("needs", "[]"), *((name, "None") for name in (
    "reason", "availability", "needs", "external_reference"))}  # fmt: skip


def test_values_of_another_type(api, session, subtests):
    client = api(Role.REFERRER)
    before = fingerprint(session)
    learner = ("given_names", "family_name", "date_of_birth", "postcode", "phone")
    for name in (*learner, "source", "reason", "availability", "needs", "external_reference"):
        for wrong in (one for one in OTHER_TYPES if (name, repr(one)) not in FINE):
            given = body(**{name: wrong})
            if name in learner:
                given = body(learner=body()["learner"] | {name: wrong})
            path = f"learner.{name}" if name in learner else name
            with subtests.test(f"{name}={wrong!r}"):
                answer = client.post("/api/v1/referrals", json=given)
                assert answer.status_code == 422
                assert [one for one in answer.json["errors"] if one == path or one.startswith(f"{path}.")]
    assert fingerprint(session) == before


@pytest.mark.parametrize("path", ["learner", "consent"])
@pytest.mark.parametrize("wrong", [12, "x", [], True])
def test_a_part_that_is_no_object(api, session, path, wrong):
    client = api(Role.REFERRER)
    before = fingerprint(session)
    answer = client.post("/api/v1/referrals", json=body(**{path: wrong}))
    assert answer.status_code == 422
    assert [one for one in answer.json["errors"] if one.startswith(path)]
    assert fingerprint(session) == before


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 422), (b"{", 400), (b"nul", 400), (b'{"learner": NaN}', 422), (b"\xff\xfe{}", 400),
        (b"[" * 100_000, 400), (b'{"a":' * 100_000, 400), (b'"x"', 422), (b"[]", 422), (b"null", 422),
        (json.dumps(body(learner=body()["learner"] | {"given_names": "\ud800"})).encode(), 422),
        (json.dumps(body(learner=body()["learner"] | {"given_names": "\udfff\ud800"})).encode(), 422),
        (json.dumps(body(**{"\ud800": 1})).encode(), 422),
        (json.dumps(body(**{"constructor": {}, "__proto__": {}, "": 1})).encode(), 422),
        (b'{"learner": ' + b"9" * 5000 + b"}", 400),
    ],
    )  # fmt: skip
def test_bodies_that_are_no_referral(api, session, sent, status):
    client = api(Role.REFERRER)
    before = fingerprint(session)
    client.application.testing = False
    answer = client.post("/api/v1/referrals", data=sent, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["detail"]
    assert fingerprint(session) == before


def test_a_body_of_another_kind_and_one_that_is_too_large(api):
    client = api(Role.REFERRER)
    form = client.post("/api/v1/referrals", data={"given_names": "Amina"})
    assert (form.status_code, form.mimetype) == (422, "application/problem+json")
    large = client.post("/api/v1/referrals", data=b"x" * (33 * 1024 * 1024), content_type="application/json")
    assert (large.status_code, large.mimetype) == (413, "application/problem+json")
    assert client.put("/api/v1/referrals", json={}).status_code == 405
    assert client.get("/api/v1/nowhere").json["code"] == "not_found"


@pytest.mark.parametrize("query", ["limit=²", "limit=٣٣٣٣", "limit=-1", "limit=1e2", "after=" + "W1tb" * 900, "after=é",
                                   "after=bnVsbA", "after=WzFd", "after=LTE", "after=MWUzMDA"])  # fmt: skip
@pytest.mark.parametrize("path", ["classes", "offers"])
def test_pages_that_cannot_be(api, path, query):
    answer = api(Role.PROVIDER).get(f"/api/v1/{path}?{query}")
    assert answer.status_code in {200, 422}
    assert answer.status_code == 200 or answer.json["errors"]


# What looks odd and is right.

ODD_NAMES = ["محمد علی", "נועה", "李", "Nguyễn Thị", "O'Neill", "Anne-Marie", "Ñ", "Jose\u0301", "می‌خواهم", "D’Souza",
             "ሰላም", "A" * 100, "  Amina  "]  # fmt: skip


def test_names_of_every_script_are_taken_and_shown_again(api, as_role, session, subtests):
    machine, referrer = api(Role.REFERRER), as_role(Role.REFERRER)
    for number, name in enumerate(ODD_NAMES):
        with subtests.test(name):
            expected = unicodedata.normalize("NFC", name).strip()
            learner = body()["learner"] | {"given_names": name, "phone": f"07700 9005{number:02d}"}
            answer = machine.post(
                "/api/v1/referrals", json=body(learner=learner, external_reference=str(number))
            )
            assert answer.status_code == 201, answer.text
            referral = reads.referral(session, answer.json["id"])
            assert learners.person(session, referral.learner_id).given_names == expected
            shown = referrer.get(f"/my-referrals/{answer.json['id']}").text
            assert "<bdi" in shown
            assert expected.replace("'", "&#39;") in shown


def test_direction_marks_do_not_turn_a_name_round(api, session):
    turned = "Amina\u202e\u2066"
    answer = api(Role.REFERRER).post(
        "/api/v1/referrals", json=body(learner=body()["learner"] | {"given_names": turned})
    )
    assert answer.status_code == 201
    assert (
        learners.person(session, reads.referral(session, answer.json["id"]).learner_id).given_names == "Amina"
    )


HOSTILE = [SCRIPT, SQL, "{{ 7*7 }}", '"><img src=x onerror=alert(1)>', "=HYPERLINK(1)", "%s %n \\x00 ${x}"]


def test_hostile_words_are_words(as_role, session, known_area):
    """Free text may say anything; every page shows it as text."""
    referrer, hub = as_role(Role.REFERRER), as_role(Role.HUB_MANAGER)
    draft = begin(referrer)
    answer_all(referrer, draft, leave_out={"reason", "source", "address"})
    for slug, answers in (
        ("reason", {"reasons": ["find_work"], "reason": " ".join(HOSTILE)}),
        ("source", {"source": "jobcentre", "external_reference": SCRIPT}),
        ("address", ANSWERS["address"] | {"address": " ".join(HOSTILE)}),
    ):
        assert referrer.post(f"{draft}/{slug}", data=answers).status_code == 302
    check = referrer.get(f"{draft}/check").text
    referrer.post(f"{draft}/check")
    (mine,) = reads.my_referrals(session, referrer.actor)
    pages = [check] + [referrer.get(path).text for path in ("/my-referrals", f"/my-referrals/{mine.view.id}")]
    pages += [hub.get(path).text for path in (
        "/referrals", f"/referrals/{mine.view.id}", f"/learners/{mine.view.learner_id}",
        f"/learners/{mine.view.learner_id}/contact",
    )]  # fmt: skip
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert all(shows_typed(page, words) for words in HOSTILE for page in (check, pages[4]))


# Files that are no files of referrals.


@pytest.fixture
def jobcentre(session, organise):
    organise(session, "hub")
    return organise(session, "jobcentre")


GOOD = as_file(row(1))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xef\xbb\xbf", "empty"),
        (b"\n\n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not a text file"),
        (b"PK\x03\x04", "Excel workbook"),
        (("\ufeff" + HEADER.replace(",", "\t")).encode(), "tabs"),
        (HEADER.replace(",", ";").encode(), "semicolons"),
        (HEADER.replace(",", "|").encode(), "bars"),
        (GOOD.decode().encode("utf-16-le"), "not a text file"),
        (f"{HEADER},phone".encode(), "stand twice"),
        (b"<html><body>Sign in</body></html>", "columns are missing"),
        (b'"' + GOOD + b"x" * 200_000, "quotation mark"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(as_role, session, jobcentre, content, says):
    client = as_role(Role.REFERRER)
    before = fingerprint(session)
    answer = client.post("/my-referrals/import", data={"file": (io.BytesIO(content), "a.csv")})
    assert answer.status_code == 422
    told = error_beside(answer.text, "file")
    assert told and says in told, told
    assert fingerprint(session) == before


@pytest.mark.parametrize(
    "content", [HEADER.encode(), b"\r\n\r\n" + GOOD], ids=["no rows", "empty lines first"]
)
def test_files_with_little_in_them(session, jobcentre, clock, content):
    result = import_referrals(content, jobcentre.id, SYSTEM, clock)
    assert (result.added, result.refused) == (int(b"Amina" in content), 0)


def test_lines_are_counted_as_an_editor_counts_them(session, jobcentre, clock):
    content = as_file(row(1, reason="two\nlines, here"), row(2, phone="12"))
    (fault,) = import_referrals(content, jobcentre.id, SYSTEM, clock).faults
    assert (fault.line, fault.column) == (4, "phone")


def test_one_broken_row_does_not_hide_the_others(session, jobcentre, clock):
    content = as_file(
        row(1),
        row(2) + ",more,cells",
        row(3)[:60],
        row(4, notes="n" * 10_001),
        row(5, notes="n" * 2001),
        row(6),
    )
    result = import_referrals(content, jobcentre.id, SYSTEM, clock)
    assert (result.added, result.refused) == (2, 4)
    assert {fault.line for fault in result.faults} == {3, 4, 5, 6}
    assert all(fault.remedy for fault in result.faults)


def test_an_open_quotation_mark_swallows_only_what_it_says(session, jobcentre, clock):
    lost = ['"' + row(number).replace('"', "") for number in (2, 3)]
    short = import_referrals(as_file(row(1), *lost), jobcentre.id, SYSTEM, clock)
    assert (short.added, short.refused) == (1, 1)
    assert (short.faults[0].line, "quotation mark" in short.faults[0].remedy) == (3, True)
    many = as_file(row(1), '"' + row(2), *(row(number) for number in range(3, 1500)))
    long = import_referrals(many, jobcentre.id, SYSTEM, clock)
    assert long.unchanged == 1
    assert long.refused >= 1 and "were left out" in long.faults[0].remedy


# Addresses with words that nobody asked for.

QUERIES = ("page", "show", "sort", "who", "date", "view", "level", "strand", "state", "past", "period", "whose", "provider",
           "near", "within_km", "parts", "extras", "learner", "class", "stage", "lang", "said", "next", "code", "change",
           "priority_band", "status", "after", "limit", "back", "from", "to", "v")  # fmt: skip
NASTY = ("", "²", "-1", "9" * 30, "9999-12-31", "0001-01-01", "\x00", "<script>alert(1)</script>", "' OR 1=1--",
         "//evil.example", "nan", "\ud800".encode("utf-8", "surrogatepass"), "é" * 500)  # fmt: skip


def asked_of(app, role, number, rule):
    """What to send to one address: everything where the view is the role's own to see.

    A door is shut before any query is read, so there each address is asked with one of them, in turn. Views that the
    hub manager has too have borne everything there: another role asks them with three, in turn.
    """
    allowed = rule_of(app, rule.endpoint, "GET")
    if (role or Role.PUBLIC) not in allowed:
        few = 1
    elif role in {None, Role.HUB_MANAGER} or Role.HUB_MANAGER not in allowed:
        few = len(NASTY)
    else:
        few = 3
    return [NASTY[(number * few + step) % len(NASTY)] for step in range(few)]


@pytest.mark.parametrize("role", [Role.HUB_MANAGER, Role.ASSESSOR, Role.REFERRER, Role.PROVIDER, None])
def test_every_list_bears_every_query(app, client, as_role, role, session):
    visitor = as_role(role) if role else client
    before = fingerprint(session)
    lists = [
        rule
        for rule in app.url_map.iter_rules()
        if not rule.arguments and "GET" in (rule.methods or ())
        and rule.endpoint not in {"health.metrics", "health.readyz"} and not rule.rule.startswith("/api/")
    ]  # fmt: skip
    assert len(lists) > 60
    for number, rule in enumerate(lists):
        for nasty in asked_of(app, role, number, rule):
            answer = visitor.get(rule.rule, query_string=dict.fromkeys(QUERIES, nasty))
            asked = f"{rule.rule} {nasty!r}"
            assert answer.status_code in {200, 302, 403, 404, 422}, (asked, answer.status_code)
            assert "<script>alert" not in answer.text, asked
            assert not answer.headers.get("Location", "").startswith(("//", "http")), asked
            answer.close()
    assert fingerprint(session) == before
