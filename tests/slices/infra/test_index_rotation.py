"""Rotating the key under which people are found: live, in steps that can stop, and nobody is missed meanwhile."""

import os
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

import pytest
from alembic import command
from sqlalchemy import text

from hub.core.errors import Conflict, RuleBroken
from hub.core.ids import new_id
from hub.core.permissions import Role
from hub.infra import db, index_rotation, migrations
from hub.infra.crypto import KeyProblem, load_keyring, make_keyring, save_keyring
from hub.infra.subject_keys import check_keyring
from hub.infra.vault import Vault, using_vault
from hub.learners import reads as learners
from hub.learners import service
from hub.learners.domain import SearchTerms
from hub.learners.service import indexing
from hub.messaging import reads as message_reads
from hub.messaging import service as messaging
from hub.messaging.domain import NewReceived
from hub.messaging.service import numbering
from hub.referrals import service as referrals
from tests.slices.infra.deployments import Deployment, deployment
from tests.slices.referrals.test_files import as_file, row
from tests.slices.referrals.test_intake import new_referral

__all__ = ["deployment"]
NAMES = ("Amina", "Bilal", "Cansu", "Deniz", "Elif")


@pytest.fixture
def ring(hub, session, settings):
    """The runtime works with a key file of its own."""
    save_keyring(make_keyring(), settings.keys_path)
    hub.keyring = load_keyring(settings.keys_path)
    session.execute(text("DELETE FROM key_check"))
    check_keyring(session, hub.keyring)
    return hub.keyring


@contextmanager
def process(session, settings):
    """A process that starts now, or looks at the key file again: one unit of work of it."""
    with using_vault(Vault(session, load_keyring(settings.keys_path))):
        yield


@pytest.fixture
def referrer(person, session):
    return person(session, Role.REFERRER)


@pytest.fixture
def referred(session, settings, ring, referrer, clock):
    """Five people, each referred with the organisation's own reference."""
    with process(session, settings):
        return [refer(session, referrer, clock, number) for number in range(5)]


def somebody(**changes):
    return replace(new_referral().person, **changes)


def refer(session, referrer, clock, number, **changes):
    who = somebody(given_names=NAMES[number], phone=f"+44770090010{number}")
    given = {"external_reference": f"NI {number}"} | changes
    return referrals.submit(session, new_referral(person=who, **given), referrer, clock)


def found(session, settings):
    """How many of the five are found by telephone."""
    with process(session, settings):
        return sum(len(learners.find(session, SearchTerms(phone=f"+44770090010{one}"))) for one in range(5))


def known_to_their_referrer(session, settings, referrer, clock):
    """How many are refused as referred already, by person and by reference."""
    count = 0
    for number in range(5):
        for attempt in (
            lambda one: refer(session, referrer, clock, one, external_reference=None),
            lambda one: again(session, referrer, clock, one),
        ):
            with process(session, settings), pytest.raises(Conflict) as refused:
                attempt(number)
            count += refused.value.code == "already_referred"
    return count


def again(session, referrer, clock, number):
    """The same reference for somebody else."""
    who = somebody(given_names="Other", family_name="Name", phone=f"+44770090020{number}")
    return referrals.submit(
        session, new_referral(person=who, external_reference=f"NI {number}"), referrer, clock
    )


def renew(session, settings, clock, most=100):
    for _ in range(most):
        with process(session, settings):
            if not service.renew_indexes(session, clock):
                return
            db.react(session)


def stands(session):
    """Every stored hash by which somebody is found."""
    hashes = set(session.scalars(text("SELECT hash FROM blind_index")))
    hashes |= set(session.scalars(text("SELECT person_key FROM referral")))
    return {bytes(one) for one in hashes | set(session.scalars(text("SELECT external_key FROM referral")))}


def test_everybody_is_found_before_halfway_and_after_and_by_the_new_key_alone_at_the_end(
    session, settings, referred, referrer, clock, monkeypatch
):
    monkeypatch.setattr(indexing, "BATCH", 2)
    before = stands(session)
    assert index_rotation.prepare(clock) == index_rotation.prepare(clock) == "b2"
    assert found(session, settings) == 5
    assert index_rotation.activate(clock) == "b2"
    renew(session, settings, clock, most=1)
    assert len(before & stands(session)) not in {0, len(before)}, "half-way"
    assert found(session, settings) == 5
    assert known_to_their_referrer(session, settings, referrer, clock) == 10
    with (
        process(session, settings),
        pytest.raises(RuleBroken, match="3 records are still found by the old key"),
    ):
        index_rotation.retire(clock, service.to_renew(session, clock))
    renew(session, settings, clock)
    assert before & stands(session) == set()
    with process(session, settings):
        assert index_rotation.retire(clock, service.to_renew(session, clock)) == ("b1",)
    assert load_keyring(settings.keys_path).searched == ("b2",)
    assert found(session, settings) == 5
    assert known_to_their_referrer(session, settings, referrer, clock) == 10
    assert index_rotation.prepare(clock) == "b3", "and again"


def test_killed_in_between_nothing_is_half_written_and_it_goes_on(
    session, settings, referred, clock, monkeypatch
):
    monkeypatch.setattr(indexing, "BATCH", 2)
    index_rotation.activate(clock)
    renew(session, settings, clock, most=1)
    before, plain, calls = stands(session), indexing._renew, []

    def killed(*given):
        calls.append(given)
        plain(*given)
        if len(calls) == 2:
            raise KeyboardInterrupt

    point = session.begin_nested()
    with monkeypatch.context() as dying, process(session, settings), pytest.raises(KeyboardInterrupt):
        dying.setattr(indexing, "_renew", killed)
        service.renew_indexes(session, clock)
    point.rollback()
    session.expire_all()
    assert stands(session) == before
    assert found(session, settings) == 5
    assert index_rotation.activate(clock) == "b2", "no third key: the rotation goes on"
    with process(session, settings):
        assert service.to_renew(session, clock) == 3
    renew(session, settings, clock)
    with process(session, settings):
        assert service.to_renew(session, clock) == 0
    assert found(session, settings) == 5


def test_who_comes_meanwhile_is_held_against_those_under_the_old_key(
    session, settings, referred, person, organise, clock
):
    index_rotation.activate(clock)
    other = person(session, Role.REFERRER, organise(session, "charity"))
    with process(session, settings):
        made = refer(session, other, clock, 1)
        assert learners.suspected_of(session, [made.learner_id])[made.learner_id] == (referred[1].learner_id,)


def test_a_process_with_the_file_from_before_says_what_is_missing(session, settings, ring, clock):
    before = load_keyring(settings.keys_path)
    before.source = None
    index_rotation.prepare(clock)
    with pytest.raises(KeyProblem, match="does not hold the key 'b2'"):
        check_keyring(session, before)
    check_keyring(session, load_keyring(settings.keys_path))


STRANGERS = ("+447700900771", "+447700900772", "+447700900773")


def texted(session, settings, clock, number, words):
    with process(session, settings):
        new = NewReceived(f"{number}-{words}-{new_id()}", number, words, clock.now())
        messaging.receive(session, new, clock)
        session.flush()


def stopped(session, settings):
    with process(session, settings):
        return message_reads.stopped(session, STRANGERS)


def carry_on(session, settings, times=50):
    made = 0
    for _ in range(times):
        with process(session, settings):
            made += messaging.renew_numbers(session)
    session.expire_all()
    return made


def numbers(session):
    return [bytes(one) for one in session.scalars(text("SELECT number_index FROM number_block"))]


def test_a_stop_of_a_number_that_nobody_has_counts_through_two_rotations(
    session, settings, ring, organise, clock, monkeypatch
):
    """Only the hash of such a number is kept: it is carried on, key after key."""
    organise(session, "hub")
    monkeypatch.setattr(numbering, "AT_ONCE", 1)
    for one in STRANGERS:
        texted(session, settings, clock, one, "STOP")
    before = numbers(session)
    index_rotation.activate(clock)
    assert stopped(session, settings) == set(STRANGERS), "under the old key"
    assert carry_on(session, settings, 1) > 0
    assert sorted(map(len, numbers(session))) == [16, 16, 17]
    assert stopped(session, settings) == set(STRANGERS), "half-way"
    with process(session, settings), pytest.raises(RuleBroken, match="are still found by the old key"):
        index_rotation.retire(clock, messaging.numbers_to_renew(session))
    texted(session, settings, clock, STRANGERS[0], "START")
    texted(session, settings, clock, STRANGERS[0], "STOP")
    carry_on(session, settings)
    assert {(len(one), one[0]) for one in numbers(session)} == {(17, 2)}
    assert not {one[-16:] for one in numbers(session)} & set(before)
    with process(session, settings):
        assert index_rotation.retire(clock, messaging.numbers_to_renew(session)) == ("b1",)
    index_rotation.activate(clock)
    carry_on(session, settings)
    with process(session, settings):
        index_rotation.retire(clock, messaging.numbers_to_renew(session))
    ring = load_keyring(settings.keys_path)
    assert (set(ring.people_keys), set(ring.number_keys)) == ({"b3"}, {"b2"})
    assert stopped(session, settings) == set(STRANGERS)
    texted(session, settings, clock, STRANGERS[1], "START")
    assert stopped(session, settings) == {STRANGERS[0], STRANGERS[2]}
    texted(session, settings, clock, STRANGERS[1], "STOP")
    texted(session, settings, clock, STRANGERS[1], "STOP")
    assert stopped(session, settings) == set(STRANGERS)


def test_a_block_that_was_made_anew_meanwhile_is_one_block(session, settings, ring, organise, clock):
    organise(session, "hub")
    texted(session, settings, clock, STRANGERS[0], "STOP")
    index_rotation.activate(clock)
    texted(session, settings, clock, STRANGERS[0], "STOP")
    assert len(numbers(session)) == 2
    carry_on(session, settings, 2)
    assert len(numbers(session)) == 1
    assert stopped(session, settings) == {STRANGERS[0]}


def test_a_rotation_that_never_began_is_not_retired(ring, clock):
    with pytest.raises(RuleBroken, match="rotate-index` first"):
        index_rotation.retire(clock, 0)


def test_the_commands_and_the_migration_that_seals_references(deployment: Deployment, tmp_path):
    deployment.hub("organisations", "create", "the-hub", "--kind", "hub", "--name", "Hub")
    deployment.hub("organisations", "create", "office", "--kind", "jobcentre", "--name", "Office")
    path = tmp_path / "in.csv"
    path.write_bytes(
        as_file(
            row(1, phone="020 7946 0001", consent_given_on="2026-11-02"),
            row(2, phone="020 7946 0002", family_name="Other", consent_given_on="2026-11-02"),
        )
    )
    sent = ("import", "referrals", str(path), "--organisation", "office")
    assert "2 referrals added" in deployment.hub(*sent).stdout
    before = deployment.sql("SELECT external_key FROM referral ORDER BY id")
    with mock.patch.dict(os.environ, deployment.environment(), clear=True):
        command.downgrade(migrations.config(deployment.owner_url), "0016")
        clear = deployment.sql("SELECT external_reference FROM referral ORDER BY id")
    migrations.upgrade(deployment.owner_url, deployment.key_file)
    assert [one for (one,) in clear] == ["JC-1", "JC-2"]
    assert deployment.sql("SELECT external_key FROM referral ORDER BY id") == before
    assert deployment.hub("keys", "prepare-index").stdout.startswith("b2 is in")
    said = deployment.hub("keys", "rotate-index").stdout
    assert "2 records are found by it now" in said and "numbers of messages" in said
    assert deployment.sql("SELECT external_key FROM referral ORDER BY id") != before
    assert "by b1 any more" in deployment.hub("keys", "retire-index").stdout
    assert "2 unchanged" in deployment.hub(*sent).stdout.lower()
