"""Referring a learner through the service and the API: the story, its refusals, one referral for two clicks."""

from dataclasses import replace
from datetime import date

import pytest

from hub.core.errors import Conflict, NotFound, RuleBroken
from hub.core.permissions import Role
from hub.learners.domain import NewPerson
from hub.referrals import reads, service
from hub.referrals.domain import Channel, ReferralState, Source
from hub.referrals.service import ConsentGiven, NewReferral
from hub.steps import reads as steps
from hub.steps.domain import StepKind

WORDING = "2026-11"


def new_referral(**changes):
    person = NewPerson(
        given_names="Amina",
        family_name="Yusuf",
        date_of_birth=date(1990, 3, 27),
        postcode="E8 1AA",
        phone="+447700900123",
    )
    values = {
        "person": person,
        "source": Source.JOBCENTRE,
        "consent": ConsentGiven(
            given_on=date(2027, 1, 11),
            channel="in_person",
            language="en",
            wording_version=WORDING,
            purposes=frozenset({"P06"}),
        ),
    }
    return NewReferral(**{**values, **changes})


def body(**changes):
    learner = {
        "given_names": "Amina",
        "family_name": "Yusuf",
        "date_of_birth": "1990-03-27",
        "postcode": "e81aa",
        "phone": "07700 900123",
        "preferred_language": "so",
        "interpreter_needed": False,
        "safe_to_text": True,
    }
    consent = {
        "given_on": "2027-01-11",
        "channel": "in_person",
        "language": "en",
        "wording_version": WORDING,
        "purposes": ["P06"],
    }
    given = {
        "external_reference": "JC-1",
        "source": "jobcentre",
        "reason": "Wants to find work",
        "learner": learner,
        "availability": ["mon-am", "tue-pm"],
        "needs": ["childcare"],
        "consent": consent,
    }
    given.update(changes)
    return given


def without(key):
    given = body()
    target, _, last = key.rpartition(".")
    del (given[target] if target else given)[last]
    return given


class TestService:
    def test_submitting_tells_the_whole_story(self, session, clock, person):
        actor = person(session, Role.REFERRER)
        referral = service.submit(session, new_referral(), actor, clock)
        assert referral.state is ReferralState.SUBMITTED
        assert referral.channel is Channel.PAGE
        assert referral.worker_id == actor.id
        assert [row.move.value for row in reads.history(session, referral.id)] == ["submit"]
        opened = steps.open_steps(session, [referral.id], clock.today())[referral.id]
        assert [one.kind for one in opened] == [StepKind.REFERRAL_TO_REVIEW]
        assert referral.source == "jobcentre"

    def test_the_source_is_sealed(self, session, clock, person):
        referral = service.submit(
            session, new_referral(source=Source.GP), person(session, Role.REFERRER), clock
        )
        assert b"gp" not in bytes(referral.source_sealed)

    def test_sixteen_goes_to_an_adviser(self, session, clock, person):
        young = replace(new_referral().person, date_of_birth=date(2010, 1, 2))
        referral = service.submit(session, new_referral(person=young), person(session, Role.REFERRER), clock)
        opened = steps.open_steps(session, [referral.id], clock.today())[referral.id]
        assert [one.kind for one in opened] == [StepKind.ADVISER_TO_SEE]

    def test_under_sixteen_is_refused_with_a_signpost(self, session, clock, person):
        child = replace(new_referral().person, date_of_birth=date(2012, 1, 2))
        with pytest.raises(RuleBroken) as refused:
            service.submit(session, new_referral(person=child), person(session, Role.REFERRER), clock)
        assert refused.value.code == "under_16"
        assert "date_of_birth" in refused.value.errors

    def test_the_same_organisation_is_told_of_its_own_open_referral(self, session, clock, person):
        actor = person(session, Role.REFERRER)
        first = service.submit(session, new_referral(), actor, clock)
        swapped = replace(new_referral().person, given_names="YUSUF", family_name="amina")
        with pytest.raises(Conflict) as refused:
            service.submit(session, new_referral(person=swapped), actor, clock)
        assert refused.value.code == "already_referred"
        assert refused.value.extra["reference"] == first.reference

    def test_another_organisation_learns_nothing(self, session, clock, person, organise):
        first = service.submit(session, new_referral(), person(session, Role.REFERRER), clock)
        other = person(session, Role.REFERRER, organise(session, "charity"))
        second = service.submit(session, new_referral(), other, clock)
        assert second.state is first.state
        assert second.learner_id != first.learner_id
        with pytest.raises(NotFound):
            reads.referral_for(session, first.id, other)

    def test_after_closing_the_learner_may_be_referred_again(self, session, clock, person):
        actor = person(session, Role.REFERRER)
        first = service.submit(session, new_referral(), actor, clock)
        from hub.referrals.domain import Ending, Outcome

        service.withdraw(session, first.id, Ending(Outcome.WITHDRAWN_BY_LEARNER, "moved_away"), actor, clock)
        assert service.submit(session, new_referral(), actor, clock).id != first.id


class TestApi:
    def test_a_referral_is_created_with_its_public_side(self, api, session):
        answer = api(Role.REFERRER).post("/api/v1/referrals", json=body())
        assert answer.status_code == 201, answer.text
        told = answer.json
        assert told["label"] == "Received"
        assert told["reference"].startswith("R-")
        assert set(told) == {
            "id", "reference", "external_reference", "label", "next_step", "date", "outcome", "asked", "links",
        }  # fmt: skip
        assert answer.headers["Location"] == told["links"]["self"] == f"/api/v1/referrals/{told['id']}"

    def test_the_same_key_and_body_is_one_referral(self, api):
        client, key = api(Role.REFERRER), {"Idempotency-Key": "abc-1"}
        first = client.post("/api/v1/referrals", json=body(), headers=key)
        second = client.post("/api/v1/referrals", json=body(), headers=key)
        assert (second.status_code, second.json) == (201, first.json)
        other = client.post("/api/v1/referrals", json=body(reason="x"), headers=key)
        assert other.status_code == 422

    def test_twice_without_a_key_is_already_referred(self, api):
        client = api(Role.REFERRER)
        first = client.post("/api/v1/referrals", json=body()).json
        again = client.post("/api/v1/referrals", json=body(external_reference="JC-2"))
        assert (again.status_code, again.json["code"]) == (409, "already_referred")
        assert again.json["reference"] == first["reference"]

    @pytest.mark.parametrize("missing", ["consent", "consent.wording_version", "consent.language"])
    def test_consent_missing(self, api, missing):
        answer = api(Role.REFERRER).post("/api/v1/referrals", json=without(missing))
        assert (answer.status_code, answer.json["code"]) == (422, "consent_missing")

    def test_refusing_every_optional_purpose_is_valid(self, api):
        refused = body(consent=body()["consent"] | {"purposes": []})
        assert api(Role.REFERRER).post("/api/v1/referrals", json=refused).status_code == 201

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            (without("learner.given_names"), "learner.given_names"),
            (without("learner.family_name"), "learner.family_name"),
            (without("learner.date_of_birth"), "learner.date_of_birth"),
            (without("learner.postcode"), "learner.postcode"),
            (without("learner.phone"), "learner.phone"),
            (without("source"), "source"),
            (body(learner=body()["learner"] | {"postcode": "nowhere"}), "learner.postcode"),
            (body(learner=body()["learner"] | {"phone": "12"}), "learner.phone"),
            (body(learner=body()["learner"] | {"date_of_birth": "2030-01-01"}), "learner.date_of_birth"),
            (body(learner=body()["learner"] | {"date_of_birth": "1800-01-01"}), "learner.date_of_birth"),
            (body(learner=body()["learner"] | {"date_of_birth": "2015-01-01"}), "learner.date_of_birth"),
            (body(learner=body()["learner"] | {"given_names": "🙂"}), "learner.given_names"),
            (body(learner=body()["learner"] | {"given_names": "A" * 101}), "learner.given_names"),
            (body(learner=body()["learner"] | {"given_names": "A\x00B"}), "learner.given_names"),
            (body(learner=body()["learner"] | {"given_names": 12}), "learner.given_names"),
            (body(learner=body()["learner"] | {"shoe_size": 40}), "learner.shoe_size"),
            (body(surprise=1), "surprise"),
            (body(source="moon"), "source"),
            (body(availability=["mon-noon"]), "availability"),
            (body(needs=["gold"]), "needs"),
            (body(consent=body()["consent"] | {"given_on": "2031-01-01"}), "consent.given_on"),
            (body(consent=body()["consent"] | {"purposes": ["P99"]}), "consent.purposes"),
            (body(consent=body()["consent"] | {"wording_version": "1066"}), "consent.wording_version"),
        ],
    )
    def test_each_fault_names_its_field(self, api, given, field):
        answer = api(Role.REFERRER).post("/api/v1/referrals", json=given)
        assert answer.status_code == 422, answer.text
        assert field in answer.json["errors"], answer.json

    @pytest.mark.parametrize(
        "name", ["محمد علی", "<script>alert(1)</script>", "O'Neill; DROP TABLE referral", "Nguyễn Thị"]
    )
    def test_names_of_every_kind_are_safe(self, api, session, name):
        answer = api(Role.REFERRER).post(
            "/api/v1/referrals", json=body(learner=body()["learner"] | {"given_names": name})
        )
        assert answer.status_code in {201, 422}

    @pytest.mark.parametrize("sent", ["", "[]", "null", "{", '"x"'])
    def test_a_body_that_is_no_object(self, api, sent):
        answer = api(Role.REFERRER).post("/api/v1/referrals", data=sent, content_type="application/json")
        assert answer.status_code in {400, 422}
        assert answer.mimetype == "application/problem+json"

    def test_reading_and_withdrawing(self, api):
        client = api(Role.REFERRER)
        made = client.post("/api/v1/referrals", json=body()).json
        assert client.get(made["links"]["self"]).json["label"] == "Received"
        gone = client.post(made["links"]["withdraw"], json={"reason": "moved_away", "by": "learner"})
        assert gone.status_code == 200, gone.text
        assert (
            client.post(made["links"]["withdraw"], json={"reason": "moved_away", "by": "learner"}).status_code
            == 200
        )
        unknown = client.post(made["links"]["withdraw"], json={"reason": "bored"})
        assert unknown.status_code == 422

    def test_a_foreign_and_a_missing_id_are_the_same_404(self, api, session, organise):
        made = api(Role.REFERRER).post("/api/v1/referrals", json=body()).json
        stranger = api(Role.REFERRER, organise(session, "charity"))
        foreign = stranger.get(made["links"]["self"])
        missing = stranger.get("/api/v1/referrals/00000000-0000-7000-8000-000000000000")
        assert foreign.status_code == missing.status_code == 404
        assert {k: v for k, v in foreign.json.items() if k != "request_id"} == {
            k: v for k, v in missing.json.items() if k != "request_id"
        }

    def test_nobody_can_tell_that_a_person_was_known(self, api, session, organise):
        known = api(Role.REFERRER).post("/api/v1/referrals", json=body())
        again = api(Role.REFERRER, organise(session, "charity")).post("/api/v1/referrals", json=body())
        assert again.status_code == known.status_code
        same = ("label", "next_step", "date", "outcome")
        assert [again.json[key] for key in same] == [known.json[key] for key in same]

    def test_only_referrers(self, api, client):
        assert client.post("/api/v1/referrals", json=body()).status_code == 401
        assert api(Role.PROVIDER).post("/api/v1/referrals", json=body()).status_code == 403


class TestInformation:
    def asked(self, session, api, person, clock):
        client = api(Role.REFERRER)
        made = client.post("/api/v1/referrals", json=body()).json
        from uuid import UUID

        from hub.referrals.service.information import Question

        hub = person(session, Role.HUB_MANAGER)
        referral_id = UUID(made["id"])
        service.ask_information(session, referral_id, Question(("phone", "availability")), hub, clock)
        session.flush()
        return client, made, referral_id

    def test_ask_and_answer(self, session, api, person, clock):
        client, made, referral_id = self.asked(session, api, person, clock)
        shown = client.get(made["links"]["self"]).json
        assert [one["topic"] for one in shown["asked"]] == ["phone", "availability"]
        half = client.post(made["links"]["information"], json={"answers": {"phone": "07700 900124"}})
        assert (half.status_code, list(half.json["errors"])) == (422, ["answers.availability"])
        full = client.post(
            made["links"]["information"],
            json={"answers": {"phone": "07700 900124", "availability": "Mondays"}},
        )
        assert (full.status_code, full.json["label"]) == (200, "Received")
        opened = steps.open_steps(session, [referral_id], clock.today())[referral_id]
        assert [one.kind for one in opened] == [StepKind.REFERRAL_TO_REVIEW]

    def test_after_two_reminders_it_closes_and_both_are_told(self, session, api, person, clock):
        from datetime import timedelta

        from hub.infra import db
        from hub.referrals.domain import ReferralClosed

        _, _, referral_id = self.asked(session, api, person, clock)
        from hub.core.permissions import SYSTEM

        for _ in range(3):
            assert reads.referral(session, referral_id).is_open
            clock.advance(timedelta(days=14))
            service.remind(session, SYSTEM, clock)
        assert reads.referral(session, referral_id).outcome.value == "no_info"
        events = session.info["hub_events"]
        closed = [one for one in events if isinstance(one, ReferralClosed)]
        assert set(closed[0].told) == {"learner", "referrer"}
        assert steps.open_steps(session, [referral_id], clock.today()) == {}
        assert db is not None
