"""'Refer a learner' as a referrer walks it: a page at a time, back and forth, sent once."""

import re

import pytest
from sqlalchemy import select

from hub.consent import reads as consents
from hub.core.permissions import Role
from hub.referrals import reads
from hub.referrals.models import Referral
from hub.steps.domain import StepKind
from hub.steps.models import Step

ANSWERS = {
    "name": {"given_names": "Amina", "family_name": "Yusuf"},
    "date-of-birth": {"date_of_birth-day": "27", "date_of_birth-month": "3", "date_of_birth-year": "1990"},
    "contact": {"phone": "07700 900123", "safe_to_text": "yes", "safe_to_call": "no"},
    "address": {"postcode": "e8 1aa"},
    "language": {"preferred_language": "so", "interpreter_needed": "no"},
    "woman-or-man": {"sex": "F"},
    "times": {"availability": ["mon-am", "tue-pm"]},
    "travel": {"travel_minutes": "30", "travel_mode": "bus"},
    "study": {"study_mode": "either", "has_device": "yes"},
    "needs": {"needs": ["childcare", "health_or_disability"]},
    "consent-language": {"language": "so"},
    "consent": {
        "language": "so", "wording_version": "2026-11", "channel": "in_person", "interpreter_used": "no",
        "given_on-day": "11", "given_on-month": "1", "given_on-year": "2027", "read_out": "yes",
        "P03": "yes", "P05": "yes", "P06": "yes", "P07": "no", "P08": "no", "P11": "no",
    },
    "reason": {"reasons": ["find_work"], "reason": "Wants a job"},
    "source": {"source": "jobcentre", "external_reference": "JC-7"},
}  # fmt: skip


@pytest.fixture
def referrer(as_role):
    return as_role(Role.REFERRER)


@pytest.fixture
def draft(referrer):
    """The address of a new draft."""
    return begin(referrer)


def begin(client):
    first = client.post("/refer")
    assert first.status_code == 302
    return first.headers["Location"].removesuffix("/name")


def answer_all(client, address, leave_out=()):
    for slug, answers in ANSWERS.items():
        if slug not in leave_out:
            page = client.get(f"{address}/{slug}")
            assert page.status_code == 200, (slug, page.text)
            kept = client.post(f"{address}/{slug}", data=answers)
            assert kept.status_code == 302, (
                slug,
                re.findall(r"error-message[^<]*<[^>]*>[^<]*</span>([^<]*)", kept.text),
            )


def test_the_whole_way(referrer, draft, session):
    answer_all(referrer, draft)
    tasks = referrer.get(draft).text
    assert tasks.count("Completed") == 4
    check = referrer.get(f"{draft}/check").text
    for words in (
        "Amina",
        "27 March 1990",
        "Monday morning",
        "Up to 30 minutes, bus",
        "Somali",
        "Text messages",
    ):
        assert words in check, words
    sent = referrer.post(f"{draft}/check")
    assert sent.headers["Location"].endswith("/done")
    done = referrer.get(sent.headers["Location"]).text
    reference = re.search(r"R-[0-9A-Z]{6}-[0-9A-Z]{2}", done)
    assert reference
    mine = referrer.get("/my-referrals").text
    assert reference[0] in mine
    assert "Received" in mine


def test_pressing_send_twice_is_one_referral(referrer, draft, session):
    answer_all(referrer, draft)
    first, second = referrer.post(f"{draft}/check"), referrer.post(f"{draft}/check")
    assert first.status_code == second.status_code == 302
    assert len(reads.my_referrals(session, referrer.actor)) == 1


def test_the_details_arrive(referrer, draft, session):
    from hub.learners import reads as learners

    answer_all(referrer, draft)
    referrer.post(f"{draft}/check")
    (mine,) = reads.my_referrals(session, referrer.actor)
    person = learners.person(session, mine.view.learner_id)
    needs = learners.needs(session, [mine.view.learner_id])[mine.view.learner_id]
    assert (person.given_names, person.phone, person.safe_to_call) == ("Amina", "+447700900123", False)
    assert needs.availability == {"mon-am", "tue-pm"}
    assert needs.childcare
    assert not [one for one in needs.barriers if one.value == "health_or_disability"]  # P08 was refused


@pytest.mark.parametrize(
    ("slug", "sent", "words"),
    [
        ("name", {}, "Enter the given names"),
        ("name", {"given_names": "R2D2", "family_name": "X"}, "must not have numbers"),
        (
            "date-of-birth",
            {"date_of_birth-day": "31", "date_of_birth-month": "2", "date_of_birth-year": "1990"},
            "real date",
        ),
        ("contact", {"phone": "123"}, "phone number"),
        ("address", {"postcode": "Hackney"}, "postcode"),
        ("language", {"preferred_language": "klingonish"}, "language that we know"),
        ("times", {}, "at least one time"),
        ("travel", {"travel_minutes": "30"}, "how the learner travels"),
        ("travel", {"travel_minutes": "999"}, "between 0 and 180"),
        ("consent-language", {}, "Select a language"),
        ("source", {}, "Select"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(referrer, draft, slug, sent, words):
    answer = referrer.post(f"{draft}/{slug}", data=sent)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert words in answer.text


def test_each_permission_needs_its_own_answer(referrer, draft):
    referrer.post(f"{draft}/consent-language", data={"language": "en"})
    sent = dict(ANSWERS["consent"], language="en")
    del sent["P05"]
    answer = referrer.post(f"{draft}/consent", data=sent)
    assert answer.status_code == 422
    assert "Share details with the class" in answer.text


def test_the_words_are_in_the_learners_language(referrer, draft):
    referrer.post(f"{draft}/consent-language", data={"language": "ar"})
    page = referrer.get(f"{draft}/consent").text
    assert 'dir="rtl"' in page
    assert 'lang="ar"' in page


def test_under_sixteen_gets_a_signpost_and_nothing_is_kept(referrer, draft):
    child = {"date_of_birth-day": "1", "date_of_birth-month": "2", "date_of_birth-year": "2013"}
    page = referrer.post(f"{draft}/date-of-birth", data=child)
    assert page.status_code == 200
    assert "too young" in page.text
    assert "Partly done" not in referrer.get(draft).text


def test_a_postcode_that_is_not_known_can_be_insisted_on(referrer, draft, session):
    from hub.infra.geography import Postcode

    session.add(Postcode(postcode="E8 1AB", lat=51.5, lon=-0.06))
    session.flush()
    refused = referrer.post(f"{draft}/address", data=ANSWERS["address"])
    assert refused.status_code == 422
    assert "We cannot find this postcode" in refused.text
    insisted = ANSWERS["address"] | {"postcode_checked": "yes"}
    assert referrer.post(f"{draft}/address", data=insisted).status_code == 302
    answer_all(referrer, draft, leave_out={"address"})
    assert referrer.post(f"{draft}/check").headers["Location"].endswith("/done")


def test_save_and_return_and_delete(referrer, draft):
    referrer.post(f"{draft}/name", data=ANSWERS["name"])
    assert "Amina Yusuf" in referrer.get("/refer").text
    assert 'value="Amina"' in referrer.get(f"{draft}/name").text
    referrer.post(f"{draft}/delete")
    assert "Amina" not in referrer.get("/refer").text
    assert referrer.get(draft).status_code == 404


def test_changing_an_answer_goes_back_to_the_check_page(referrer, draft):
    answer_all(referrer, draft)
    changed = referrer.post(f"{draft}/name?change=1", data={"given_names": "Asha", "family_name": "Yusuf"})
    assert changed.headers["Location"].endswith("/check")
    assert "Asha" in referrer.get(f"{draft}/check").text


def test_unfinished_cannot_be_sent(referrer, draft):
    answer_all(referrer, draft, leave_out={"contact"})
    answer = referrer.post(f"{draft}/check")
    assert answer.status_code == 422
    assert "How can we reach the learner?" in answer.text


def test_another_persons_draft_is_not_found(referrer, draft, as_role, session, organise):
    other = as_role(Role.REFERRER, organise(session, "charity"))
    assert other.get(draft).status_code == 404
    assert other.post(f"{draft}/name", data=ANSWERS["name"]).status_code == 404


def test_the_same_learner_again_leads_to_the_referral_that_is_open(referrer, draft):
    answer_all(referrer, draft)
    referrer.post(f"{draft}/check")
    again = begin(referrer)
    answer_all(referrer, again)
    answer = referrer.post(f"{again}/check")
    assert answer.status_code == 302
    assert "/my-referrals/" in answer.headers["Location"]


def test_old_drafts_expire(referrer, draft, session, clock):
    from datetime import timedelta

    from hub.rights.service import retention

    clock.advance(timedelta(days=30))
    assert retention.sweep(session, "draft", clock) == 0
    clock.advance(timedelta(days=1))
    assert retention.sweep(session, "draft", clock) == 1
    assert retention.sweep(session, "draft", clock) == 0


class TestOneReferral:
    @pytest.fixture
    def mine(self, referrer, draft, session):
        answer_all(referrer, draft)
        referrer.post(f"{draft}/check")
        return reads.my_referrals(session, referrer.actor)[0]

    def test_a_question_is_answered_on_the_page(self, referrer, mine, session, person, clock):
        from hub.referrals import service
        from hub.referrals.service.information import Question

        hub = person(session, Role.HUB_MANAGER)
        service.ask_information(session, mine.view.id, Question(("phone",), "The number is dead"), hub, clock)
        session.flush()
        assert "Needs you" in referrer.get("/my-referrals").text
        address = f"/my-referrals/{mine.view.id}"
        assert "The number is dead" in referrer.get(address).text
        assert referrer.post(f"{address}/information", data={}).status_code == 422
        assert (
            referrer.post(f"{address}/information", data={"answer-phone": "07700 900125"}).status_code == 302
        )
        assert "Needs you" not in referrer.get("/my-referrals").text

    def test_withdrawing_needs_a_reason(self, referrer, mine):
        address = f"/my-referrals/{mine.view.id}"
        assert referrer.post(f"{address}/withdraw", data={"by": "learner"}).status_code == 422
        assert (
            referrer.post(f"{address}/withdraw", data={"by": "learner", "reason": "moved_away"}).status_code
            == 302
        )
        page = referrer.get(address).text
        assert "The learner asked us to stop" not in page  # P07 was refused
        assert "Withdraw this referral" not in page

    def test_a_foreign_referral_is_not_found(self, mine, as_role, session, organise):
        other = as_role(Role.REFERRER, organise(session, "charity"))
        assert other.get(f"/my-referrals/{mine.view.id}").status_code == 404
        assert (
            other.post(f"/my-referrals/{mine.view.id}/withdraw", data={"reason": "moved_away"}).status_code
            == 404
        )
        assert "Amina" not in other.get("/my-referrals").text


class TestOutOfTheOrdinary:
    """Interpreter, witness, capacity, on behalf of, under 18: folded away, kept sealed, on the record."""

    TOLD = {
        "interpreter_used": "yes", "interpreter": "Interpreter 12", "understanding": "own_words",
        "on_behalf_of": "Mo Ali", "authority": "lasting_power", "capacity_note": "Dementia, seen by the GP",
    }  # fmt: skip

    def test_it_is_folded_away_and_the_common_case_asks_no_more(self, referrer, draft):
        referrer.post(f"{draft}/consent-language", data={"language": "so"})
        page = referrer.get(f"{draft}/consent").text
        assert (
            "Somebody helped or decided for the learner" in page
            and '<details class="govuk-details" open' not in page
        )

    def test_it_arrives_on_the_record(self, referrer, draft, session):
        answer_all(referrer, draft, leave_out=("consent",))
        referrer.post(f"{draft}/consent", data=ANSWERS["consent"] | self.TOLD)
        check = referrer.get(f"{draft}/check").text
        assert "Interpreter 12" in check and "Lasting power of attorney" in check
        referrer.post(f"{draft}/check")
        (mine,) = reads.my_referrals(session, referrer.actor)
        (view,) = consents.consents(session, mine.view.learner_id)
        assert view.circumstances.as_dict() == {
            name: value for name, value in self.TOLD.items() if name != "interpreter_used"
        }
        assert not view.under_18 and view.no_detriment_shown

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"authority": ""}, "authority"),
            ({"on_behalf_of": ""}, "on_behalf_of"),
            ({"capacity_note": ""}, "capacity_note"),
            ({"interpreter_used": "no"}, "interpreter_used"),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_field(self, referrer, draft, wrong, field):
        referrer.post(f"{draft}/consent-language", data={"language": "so"})
        answer = referrer.post(f"{draft}/consent", data=ANSWERS["consent"] | self.TOLD | wrong)
        assert answer.status_code == 422 and f'id="{field}-error"' in answer.text

    def test_a_learner_of_seventeen_is_flagged_and_an_adult_may_be_named(self, referrer, draft, session):
        answer_all(referrer, draft, leave_out=("date-of-birth", "consent"))
        born = {"date_of_birth-day": "27", "date_of_birth-month": "3", "date_of_birth-year": "2009"}
        referrer.post(f"{draft}/date-of-birth", data=born)
        assert "open><summary" in referrer.get(f"{draft}/consent").text
        referrer.post(f"{draft}/consent", data=ANSWERS["consent"] | {"adult": "Her aunt"})
        referrer.post(f"{draft}/check")
        (mine,) = reads.my_referrals(session, referrer.actor)
        (view,) = consents.consents(session, mine.view.learner_id)
        assert view.under_18 and view.circumstances.adult == "Her aunt"


def test_a_referrer_relays_a_wish_and_only_the_hub_records_it(referrer, draft, session, as_role, clock):
    answer_all(referrer, draft)
    referrer.post(f"{draft}/check")
    (mine,) = reads.my_referrals(session, referrer.actor)
    url, learner_id = f"/my-referrals/{mine.view.id}", mine.view.learner_id
    assert "The learner takes a permission back" in referrer.get(url).text
    for purposes in ([], ["P01"]):
        referrer.post(f"{url}/permissions", data={"purposes": purposes})
        assert steps_of(session, learner_id) == []
    assert referrer.post(f"{url}/permissions", data={"purposes": ["P05"]}).status_code == 302
    assert consents.may(session, learner_id, "P05", clock.today())
    assert steps_of(session, learner_id) == [None]
    assert as_role(Role.PROVIDER).post(f"{url}/permissions", data={"purposes": ["P05"]}).status_code == 403
    manager = as_role(Role.HUB_MANAGER)
    assert (
        manager.post(f"/learners/{learner_id}/consent/withdraw", data={"purposes": ["P05"]}).status_code
        == 302
    )
    assert not consents.may(session, learner_id, "P05", clock.today())
    assert steps_of(session, learner_id) != [None]


def steps_of(session, learner_id):
    asked = select(Step.closed_at).where(
        Step.kind == StepKind.PERMISSION_RELAYED, Step.learner_id == learner_id
    )
    return session.scalars(asked).all()


def test_a_learner_who_is_not_there_is_asked_by_link_and_the_referral_is_sent(referrer, draft, session):
    answer_all(referrer, draft, leave_out={"consent", "consent-language"})
    answer = referrer.post(f"{draft}/consent-language", data={"language": "so", "how": "ask_by_text"})
    assert answer.headers["Location"] == draft, "nothing is to be read out"
    assert "send a text with a link" in referrer.get(f"{draft}/check").text
    assert referrer.post(f"{draft}/check").status_code == 302
    learner_id = session.scalar(select(Referral.learner_id))
    (asked,) = consents.asked_by_link(session, learner_id)
    assert asked.by == "ask_by_text"
