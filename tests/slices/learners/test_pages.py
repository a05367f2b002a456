from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from hub.core.permissions import SYSTEM, Role
from hub.infra.audit import entries_of
from hub.learners import queries, reads, service
from hub.learners.domain import Barrier, NewNeeds, NewPerson, Person
from hub.learners.domain.scoring import Zone
from hub.learners.models import DuplicatePair

AMINA = NewPerson(
    given_names="Amina",
    family_name="<b>Hassan</b>",
    date_of_birth=date(1990, 2, 3),
    phone="+447700900123",
    email="amina@example.com",
)
CONTACT = {
    "phone": "07700 900456",
    "postcode": "e8 1aa",
    "preferred_language": "so",
    "safe_to_text": "no",
    "safe_to_call": "yes",
    "confirmed_by_learner": "yes",
}


def the_person(session, learner_id) -> Person:
    found = reads.person(session, learner_id)
    assert found is not None
    return found


@pytest.fixture
def manager(as_role):
    return as_role(Role.HUB_MANAGER)


@pytest.fixture
def first(session, organise, clock):
    needs = NewNeeds(barriers=frozenset({Barrier.HEALTH_OR_DISABILITY}), support_needed="Hearing aid")
    made = service.identify(session, AMINA, needs, organise(session, "jobcentre").id, SYSTEM, clock)
    queries.forget_taken_in(session)  # as when another request goes on with them
    return made


@pytest.fixture
def pair(session, first, clock, manager):
    service.identify(session, replace(AMINA, given_names="Aamina", email=None), None, None, SYSTEM, clock)
    queries.forget_taken_in(session)
    return reads.duplicate_pairs(session)[0]


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def test_nothing_to_decide_says_so(manager):
    assert "No pairs wait for a decision" in text_of(manager.get("/duplicates"))
    assert "Nothing has been decided yet" in text_of(manager.get("/duplicates/decided"))


def test_the_list_shows_each_pair_with_its_reason_and_notes_who_looked(manager, session, pair):
    page = text_of(manager.get("/duplicates"))
    assert "same phone" in page and "Aamina" in page and f"/duplicates/{pair.id}" in page
    assert "<b>Hassan" not in page and "&lt;b&gt;Hassan" in page
    actions = [one.action for one in entries_of(session, [pair.left_id])]
    assert "learner.listed" in actions


def test_two_records_stand_side_by_side(manager, session, pair):
    page = text_of(manager.get(f"/duplicates/{pair.id}"))
    for words in (
        "Same person",
        "Different people",
        "3 Feb 1990",
        "The Jobcentre",
        "Speaks strongly for",
        "Same phone",
        "Not given",
        "amina@example.com",
    ):
        assert words in page
    assert "learner.viewed" in [one.action for one in entries_of(session, [pair.right_id])]


def test_same_person_joins_and_goes_to_the_next_pair(manager, session, clock, pair):
    service.identify(session, replace(AMINA, given_names="Amiina", email=None), None, None, SYSTEM, clock)
    answer = manager.post(f"/duplicates/{pair.id}/same")
    following = reads.duplicate_pairs(session)[0]
    assert answer.status_code == 302 and answer.location.endswith(f"/duplicates/{following.id}")
    assert reads.survivor(session, pair.right_id) == reads.survivor(session, pair.left_id)
    assert "two are now one learner" in text_of(manager.get(answer.location))
    again = manager.post(f"/duplicates/{pair.id}/same")
    assert again.status_code == 302
    assert len(reads.decisions(session)) == 1


def scored(session, pair, score, zone):
    row = session.get_one(DuplicatePair, pair.id)
    row.score, row.zone, row.model_version, row.parts = score, zone, "test", [["phone", "equal", score]]
    session.flush()


@pytest.fixture
def three_pairs(session, pair, clock):
    """Four spellings on one phone: six pairs, three of them scored, the others settled as different."""
    for number in (2, 3):
        changed = {
            "given_names": ["Amiina", "Aminah"][number - 2],
            "email": None,
            "date_of_birth": date(1990, 2, 3 + 5 * number),
        }
        service.identify(session, replace(AMINA, **changed), None, None, SYSTEM, clock)
    pairs = reads.duplicate_pairs(session)
    for number, one in enumerate(pairs):
        if number < 3:
            scored(session, one, [9.0, 2.0, 14.0][number], Zone.AUTO if number == 2 else Zone.REVIEW)
        else:
            service.mark_different(session, one.id, SYSTEM, clock)
    return pairs[:3]


def test_the_likeliest_come_first_and_deciding_shows_the_next(manager, session, three_pairs):
    middle, last, first = three_pairs
    assert [one.id for one in reads.duplicate_pairs(session)] == [first.id, middle.id, last.id]
    page = text_of(manager.get("/duplicates"))
    assert page.index(str(first.id)) < page.index(str(middle.id)) < page.index(str(last.id))
    assert "Very likely" in page and "+14.0" in page and "1 of them very likely" in page
    page = text_of(manager.get(f"/duplicates/{middle.id}"))
    assert "Number 2 of 3" in page and f"/duplicates/{last.id}" in page
    assert "about 500 to 1 for one person" in page
    answer = manager.post(f"/duplicates/{middle.id}/different")
    assert answer.location.endswith(f"/duplicates/{last.id}")
    assert manager.post(f"/duplicates/{last.id}/different").location.endswith(f"/duplicates/{first.id}")
    assert manager.post(f"/duplicates/{first.id}/different").location.endswith("/duplicates")


def test_my_last_decision_is_undone_with_one_press(manager, session, three_pairs, as_role):
    assert "Undo my last decision" not in text_of(manager.get("/duplicates"))
    manager.post(f"/duplicates/{three_pairs[0].id}/different")
    manager.post(f"/duplicates/{three_pairs[1].id}/different")
    assert "Undo my last decision" in text_of(manager.get("/duplicates"))
    for pair in (three_pairs[1], three_pairs[0]):
        answer = manager.post("/duplicates/undo-last")
        assert answer.location.endswith(f"/duplicates/{pair.id}")
    assert len(reads.duplicate_pairs(session)) == 3
    answer = manager.post("/duplicates/undo-last", follow_redirects=True)
    assert "no decision of yours" in answer.get_data(as_text=True)
    assert as_role(Role.REFERRER).post("/duplicates/undo-last").status_code == 403


def test_every_decision_has_a_letter_and_a_plain_button(manager, three_pairs):
    manager.post(f"/duplicates/{three_pairs[0].id}/different")
    page = text_of(manager.get(f"/duplicates/{three_pairs[2].id}"))
    for letter in "sdlu":
        assert f'data-hub-key="{letter}"' in page
    assert page.count("<form") >= 3 and "Turn letter keys off" in page


def test_differences_are_marked_and_weights_told_in_words_and_numbers(manager, session, clock, first):
    other = replace(AMINA, date_of_birth=date(1961, 7, 9), postcode="E8 1AA")
    service.identify(session, other, None, None, SYSTEM, clock)
    pair = reads.duplicate_pairs(session)[0]
    page = text_of(manager.get(f"/duplicates/{pair.id}"))
    assert "hub-row--against" in page and "Speaks strongly against" in page
    assert "Different dates of birth" in page and "Which record knows more" in page
    assert "The first record knows more" in page or "The second record knows more" in page


def test_what_a_document_showed_counts_before_the_rest(manager, session, clock, first, pair):
    manager.post(f"/duplicates/{pair.id}/same")
    records = reads.source_records(session, first.learner_id)
    person = the_person(session, first.learner_id)
    other = next(one for one in records if one.full_name != person.full_name)
    url = f"/learners/{person.learner_id}/verified"
    assert "Which of these does the document agree with?" in text_of(manager.get(url))
    assert manager.post(url, data={"record_id": other.id}).status_code == 422
    answer = manager.post(url, data={"record_id": other.id, "name": "yes", "date_of_birth": "yes"})
    assert answer.status_code == 302
    session.expire_all()
    person = the_person(session, first.learner_id)
    assert person.full_name == other.full_name and person.birth_date_verified
    assert "learner.verified" in [one.action for one in entries_of(session, [person.learner_id])]
    assert manager.post(url, data={"record_id": uuid4(), "name": "yes"}).status_code == 404
    assert manager.get(f"/learners/{uuid4()}/verified").status_code == 404


def test_different_people_then_undo(manager, session, pair):
    manager.post(f"/duplicates/{pair.id}/different")
    assert reads.duplicate_pairs(session) == []
    assert manager.get(f"/duplicates/{pair.id}").status_code == 302
    page = text_of(manager.get("/duplicates/decided"))
    assert "Different people" in page and "Robin Hub Manager" in page
    decision = reads.decisions(session)[0]
    for _ in range(2):
        answer = manager.post(f"/duplicates/decisions/{decision.id}/undo", follow_redirects=True)
        assert answer.status_code == 200
    assert "already been undone" in answer.get_data(as_text=True)
    assert [one.id for one in reads.duplicate_pairs(session)] == [pair.id]


def test_deciding_the_other_way_after_somebody_else_says_so(manager, session, pair):
    manager.post(f"/duplicates/{pair.id}/different")
    answer = manager.post(f"/duplicates/{pair.id}/same", follow_redirects=True)
    assert "already decided" in answer.get_data(as_text=True)


def test_a_decided_merge_shows_both_as_they_were(manager, session, pair):
    manager.post(f"/duplicates/{pair.id}/same")
    page = text_of(manager.get("/duplicates/decided"))
    assert "Aamina" in page and "Amina" in page and "Same person" in page


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PROVIDER, Role.AUDITOR, Role.ADMIN])
def test_only_the_hub_sees_who_is_known(as_role, pair, role):
    stranger = as_role(role)
    for url in ("/duplicates", f"/duplicates/{pair.id}", "/duplicates/decided", f"/duplicates/{uuid4()}"):
        assert stranger.get(url).status_code == 403
    assert stranger.post(f"/duplicates/{pair.id}/same").status_code == 403


def test_a_pair_that_does_not_exist_is_not_found(manager):
    assert manager.get(f"/duplicates/{uuid4()}").status_code == 404
    assert manager.post(f"/duplicates/{uuid4()}/same").status_code == 404
    assert manager.post(f"/duplicates/{uuid4()}/different").status_code == 404
    assert manager.post(f"/duplicates/decisions/{uuid4()}/undo").status_code == 404


def test_contact_details_are_corrected(manager, session, first):
    url = f"/learners/{first.learner_id}/contact"
    assert "07700 900123" in text_of(manager.get(url))
    assert manager.post(url, data=CONTACT).status_code == 302
    person = the_person(session, first.learner_id)
    assert (person.phone, person.postcode, person.email) == ("+447700900456", "E8 1AA", None)
    assert not person.safe_to_text and person.contact_confirmed
    assert "learner.contact_changed" in [one.action for one in entries_of(session, [first.learner_id])]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"phone": "12"}, "phone number"),
        ({"postcode": "nowhere"}, "postcode"),
        ({"email": "x"}, "email address"),
        ({"preferred_language": "zzz"}, "preferred language"),
        ({"safe_to_text": ""}, "safe to text"),
        ({"confirmed_by_learner": ""}, "told us"),
    ],
)
def test_a_wrong_contact_is_explained_beside_the_field(manager, first, wrong, words):
    answer = manager.post(f"/learners/{first.learner_id}/contact", data={**CONTACT, **wrong})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "There is a problem" in page and f'id="{next(iter(wrong))}-error"' in page and words in page


def test_needs_are_changed_and_health_is_kept(manager, session, first, clock):
    url = f"/learners/{first.learner_id}/needs"
    assert "Monday, Morning" in text_of(manager.get(url))
    answer = manager.post(
        url,
        data={
            "availability": ["mon-am", "tue-pm"],
            "travel_minutes": "30",
            "travel_mode": "walk",
            "study_mode": "either",
            "childcare": "yes",
            "reasons": ["find_work"],
            "available_from-day": "1",
            "available_from-month": "2",
            "available_from-year": "2027",
        },
    )
    assert answer.status_code == 302
    needs = reads.needs(session, [first.learner_id])[first.learner_id]
    assert needs.availability == {"mon-am", "tue-pm"} and needs.max_travel_km == 2.5
    assert needs.support_needed == "Hearing aid" and Barrier.HEALTH_OR_DISABILITY in needs.barriers


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"travel_minutes": "500"}, "travel_minutes"),
        ({"travel_minutes": "20"}, "travel_mode"),
        ({"study_mode": "moon"}, "study_mode"),
        ({"availability": "mon-night"}, "availability"),
        (
            {
                "available_from-day": "1", "available_from-month": "2", "available_from-year": "2027",
                "latest_start-day": "1", "latest_start-month": "1", "latest_start-year": "2027",
            },
            "latest_start",
        ),
    ],
)  # fmt: skip
def test_wrong_needs_are_explained_beside_the_field(manager, first, wrong, field):
    answer = manager.post(f"/learners/{first.learner_id}/needs", data={"study_mode": "either", **wrong})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)


def test_a_learner_who_does_not_exist_is_not_found(manager):
    for page in ("contact", "needs"):
        assert manager.get(f"/learners/{uuid4()}/{page}").status_code == 404
    assert manager.post(f"/learners/{uuid4()}/contact", data=CONTACT).status_code == 404
