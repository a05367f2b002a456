"""An adult refers themselves: a question a page, sent once, and nobody learns whether the person is known."""

import re
from datetime import date, timedelta

import pytest

from hub.consent import reads as consents
from hub.core.permissions import PUBLIC, Role
from hub.infra.audit import AuditEntry
from hub.infra.db import react, runtime
from hub.learners import reads as learners
from hub.referrals import reads
from hub.referrals.domain import Channel, ReferralState, Source
from hub.referrals.models import Referral, ReferralDraft
from hub.referrals.pages.own_journey import BOOK
from hub.ui.speech import own_names
from tests.foreign import english_on
from tests.slices.referrals.test_refer_pages import ANSWERS as STAFF_ANSWERS

ASKED = (
    "name", "date-of-birth", "contact", "address", "language", "woman-or-man", "times", "travel", "study", "needs",
    "reason",
)  # fmt: skip
AS_CLDR_HAS_IT = ("Xiang", "gan")
"""Names of languages that CLDR writes so also in other scripts."""
ANSWERS = {slug: STAFF_ANSWERS[slug] for slug in ASKED} | {
    "consent": {
        "language": "so", "wording_version": "2026-11",
        "P03": "yes", "P05": "yes", "P06": "yes", "P08": "no", "P11": "no",
    },
}  # fmt: skip


@pytest.fixture
def hub_home(session, organise):
    return organise(session, "hub")


@pytest.fixture
def visitor(client, hub_home):
    """Somebody who has begun the form."""
    assert client.post("/refer-yourself").headers["Location"] == "/refer-yourself/name"
    return client


def answer(client, **changed):
    """Every question in its order, as the pages lead."""
    address = "/refer-yourself/name"
    for slug, answers in (ANSWERS | changed).items():
        assert address.endswith(f"/{slug}")
        assert client.get(address).status_code == 200
        kept = client.post(address, data=answers)
        assert kept.status_code == 302, re.findall(r'error-message"[^<]*<.*', kept.text)
        address = kept.headers["Location"]
    assert address == "/refer-yourself/check"


def reference_on(page):
    return re.search(r"R-[0-9A-Z]{6}-[0-9A-Z]{2}", page.text)[0]


def test_a_learner_refers_themselves(session, visitor, hub_home, clock):
    answer(visitor)
    check = visitor.get("/refer-yourself/check").text
    told = (
        "Amina", "E8 1AA", "07700 900123", "Tuesday: Afternoon", "Somali", "Woman", "By bus", "30", "Both are possible",
        "Somebody to look after my children during class", "To find work", "Wants a job", "Haa", "Maya", "Send my form",
    )  # fmt: skip
    for words in told:
        assert words in check
    assert "learner" not in re.search("<main.*</main>", check, re.DOTALL)[0]
    done = visitor.post("/refer-yourself/check", follow_redirects=True)
    made = session.query(Referral).one()
    assert reference_on(done) == made.reference
    assert (made.channel, made.source, made.state) == (Channel.SELF, Source.SELF, ReferralState.SUBMITTED)
    assert (made.organisation_id, made.worker_id) == (hub_home.id, None)
    assert learners.person(session, made.learner_id).full_name == "Amina Yusuf"
    needs = learners.needs(session, [made.learner_id])[made.learner_id]
    assert (needs.travel_minutes, needs.travel_mode, needs.childcare) == (30, "bus", True)
    assert needs.reasons == {"find_work"}
    assert "health_or_disability" not in needs.barriers, "no permission to keep it was given"
    assert made.reason == "Wants a job"
    today = clock.today()
    assert consents.may(session, made.learner_id, "P06", today)
    assert not consents.may(session, made.learner_id, "P07", today)
    entry = session.query(AuditEntry).filter_by(action="learner.created").one()
    assert (entry.actor_kind, entry.actor_id) == (PUBLIC.kind, None)
    assert visitor.post("/refer-yourself/check").headers["Location"] == "/refer-yourself/done"
    assert session.query(Referral).count() == 1, "once, however often the button is pressed"


def test_who_is_known_already_gets_the_same_pages(session, app, visitor, as_role):
    answer(visitor)
    visitor.post("/refer-yourself/check")
    again = app.test_client()
    again.post("/refer-yourself")
    answer(again)
    again.post("/refer-yourself/check")
    pages = [one.get("/refer-yourself/done") for one in (visitor, again)]
    first, second = (reference_on(one) for one in pages)
    assert first != second
    seen = [re.search("<main.*</main>", one.text, re.DOTALL)[0] for one in pages]
    token = r'value="[^"]{40,}"'
    assert re.sub(token, "", seen[0].replace(first, "")) == re.sub(token, "", seen[1].replace(second, ""))
    react(session)
    assert "Amina Yusuf" in as_role(Role.HUB_MANAGER).get("/duplicates").text, "the hub compares the two"


@pytest.mark.parametrize(
    ("slug", "changed", "said"),
    [
        ("name", {"given_names": ""}, "Write your first names"),
        ("contact", {"phone": "12"}, "Write a phone number"),
        ("address", {"postcode": "nowhere"}, "We cannot find this postcode"),
        ("times", {"availability": []}, "Mark one time or more"),
        ("travel", {"travel_mode": ""}, "Choose how you travel"),
        ("consent", {"P05": ""}, "Choose yes or no"),
    ],
)
def test_what_is_wrong_is_said_to_the_learner(visitor, slug, changed, said):
    page = visitor.post(f"/refer-yourself/{slug}", data=ANSWERS[slug] | changed)
    assert page.status_code == 422
    assert said in page.text
    assert "the learner" not in re.search("<main.*</main>", page.text, re.DOTALL)[0]


@pytest.mark.parametrize(("years", "said"), [(15, "16"), (17, "An adviser")])
def test_the_form_is_for_adults_and_keeps_no_childs_date(session, visitor, clock, years, said):
    born = clock.today() - timedelta(days=int(years * 365.3))
    parts = {f"date_of_birth-{part}": str(getattr(born, part)) for part in ("day", "month", "year")}
    page = visitor.post("/refer-yourself/date-of-birth", data=parts)
    assert "This form is for adults" in page.text
    assert said in page.text
    assert session.query(ReferralDraft).one().answers == {}


def test_the_answers_are_this_browsers_alone_and_go_the_next_day(session, app, visitor, clock):
    visitor.post("/refer-yourself/name", data=ANSWERS["name"])
    assert "Amina" in visitor.get("/refer-yourself/name").text
    assert "You have begun" in visitor.get("/refer-yourself?lang=en").text
    stranger = app.test_client()
    assert stranger.get("/refer-yourself/name").headers["Location"] == "/refer-yourself"
    assert stranger.post("/refer-yourself/check").headers["Location"] == "/refer-yourself"
    assert stranger.get("/refer-yourself/done").headers["Location"] == "/refer-yourself"
    clock.advance(timedelta(days=2))
    assert visitor.get("/refer-yourself/name").headers["Location"] == "/refer-yourself"


def test_who_stops_leaves_nothing_behind(session, visitor):
    visitor.post("/refer-yourself/name", data=ANSWERS["name"])
    assert visitor.post("/refer-yourself/stop").headers["Location"] == "/refer-yourself?said=closed"
    assert session.query(ReferralDraft).count() == 0
    assert visitor.get("/refer-yourself/name").headers["Location"] == "/refer-yourself"


def test_closing_after_sending_keeps_the_referral(session, visitor):
    answer(visitor)
    visitor.post("/refer-yourself/check")
    visitor.post("/refer-yourself/stop")
    assert session.query(ReferralDraft).count() == 0
    assert reads.referral(session, session.query(Referral).one().id).channel is Channel.SELF


def test_what_is_optional_to_staff_may_be_left_empty(session, visitor):
    answer(visitor, **{slug: {} for slug in ("woman-or-man", "travel", "study", "needs", "reason")})
    assert "Not answered" in visitor.get("/refer-yourself/check").text
    visitor.post("/refer-yourself/check")
    assert session.query(Referral).one().reason is None


def test_the_first_page_offers_each_language_by_its_own_name(client, hub_home):
    page = client.get("/refer-yourself", headers={"Accept-Language": "tr"}).text
    assert "Dilinizi seçin" in page
    for code, name in own_names(BOOK.languages()):
        assert f'href="/refer-yourself?lang={code}" lang="{code}"' in page
        assert name in page
    assert 'lang="ar" dir="rtl"' in client.get("/refer-yourself?lang=ar").text
    assert "اطلب درس" in client.get("/refer-yourself").text, "the choice is remembered"


@pytest.mark.parametrize("code", ["ar", "uk"])
def test_no_english_is_left_on_any_page(client, hub_home, code):
    """From the first page to the reference, with and without faults, in two scripts; the words of the other
    languages are compared in tests/unit/ui/test_words.py."""
    hub_name = runtime().settings.hub_name
    pages = [
        client.get("/refer-yourself", headers={"Accept-Language": code}),
        client.get(f"/refer-yourself?lang={code}"),
    ]
    client.post("/refer-yourself")
    pages.append(client.get("/refer-yourself"))
    pages.append(client.post("/refer-yourself/check"))
    for slug, answers in (ANSWERS | {"consent": ANSWERS["consent"] | {"language": code}}).items():
        pages += [
            client.get(f"/refer-yourself/{slug}"),
            client.post(f"/refer-yourself/{slug}", data={"nonsense": "1"}),
        ]
        client.post(f"/refer-yourself/{slug}", data=answers)
    child = {"date_of_birth-day": "1", "date_of_birth-month": "1", "date_of_birth-year": "2010"}
    pages += [
        client.post("/refer-yourself/date-of-birth", data=child),
        client.get("/refer-yourself/nonsense"),
    ]
    pages.append(client.get("/refer-yourself/check"))
    client.post("/refer-yourself/check")
    pages.append(client.get("/refer-yourself/done"))
    pages.append(client.post("/refer-yourself/stop", follow_redirects=True))
    direction = "rtl" if code == "ar" else "ltr"
    for page in pages:
        assert f'<html lang="{code}" dir="{direction}"' in page.text
        assert english_on(page.text, hub_name, "Amina", "Yusuf", "Wants a job", *AS_CLDR_HAS_IT) == [], (
            page.request.path
        )


def test_an_unfinished_form_is_not_sent(session, visitor):
    visitor.post("/refer-yourself/name", data=ANSWERS["name"])
    page = visitor.post("/refer-yourself/check")
    assert page.status_code == 422
    assert "Answer this question: <bdi>How can we reach you?</bdi>" in page.text
    assert session.query(Referral).count() == 0
    assert visitor.get("/refer-yourself/nonsense").status_code == 404


def test_the_date_of_birth_is_shown_as_a_date(visitor):
    visitor.post("/refer-yourself/date-of-birth", data=ANSWERS["date-of-birth"])
    assert "27 March 1990" in visitor.get("/refer-yourself/check").text
    assert date(1990, 3, 27).strftime("%A") in visitor.get("/refer-yourself/check").text
