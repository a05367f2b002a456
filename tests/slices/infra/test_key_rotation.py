"""Rotating the key that wraps the data keys: live, in steps that can stop, and never without a way back."""

import pytest
from sqlalchemy import select, text

from hub.core.errors import RuleBroken
from hub.core.ids import new_id
from hub.infra import key_rotation
from hub.infra.audit import AuditEntry
from hub.infra.crypto import KeyProblem, load_keyring, make_keyring, save_keyring
from hub.infra.places import Place
from hub.infra.subject_keys import SubjectKey, check_keyring, counts_by_key, destroy_key
from hub.infra.vault import Vault
from tests.slices.infra.deployments import Deployment, deployment

__all__ = ["deployment"]


@pytest.fixture
def ring(hub, session, settings):
    """The runtime works with a key file of its own."""
    save_keyring(make_keyring(), settings.keys_path)
    hub.keyring = load_keyring(settings.keys_path)
    session.execute(text("DELETE FROM key_check"))
    check_keyring(session, hub.keyring)
    return hub.keyring


@pytest.fixture
def people(session, ring):
    """Five subjects, each with something sealed: [(place, sealed)]."""
    vault, made = Vault(session, ring), []
    for number in range(5):
        place = Place("t", "c", new_id(), vault.new_subject(new_id()))
        made.append((place, vault.seal(place, f"secret {number}".encode())))
    session.flush()
    return made


def read(session, ring, people):
    vault = Vault(session, ring)
    return [vault.open(place, sealed).decode() for place, sealed in people]


SECRETS = [f"secret {number}" for number in range(5)]


def test_every_data_key_is_wrapped_anew_and_every_record_still_opens(
    session, ring, people, clock, monkeypatch
):
    monkeypatch.setattr(key_rotation, "BATCH", 2)
    seen: list[int] = []
    done = key_rotation.rotate(clock, seen.append)
    assert (done.active, done.done, done.unreadable) == ("k2", 5, 0)
    assert seen == [2, 4, 5]
    assert counts_by_key(session) == {"k2": 5}
    assert read(session, ring, people) == SECRETS
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "key.rotated"))
    assert entry.reason == "k2: 5 data keys, 0 unreadable"


def test_a_process_that_started_before_reads_old_and_new_without_a_restart(
    session, ring, people, clock, settings
):
    other = load_keyring(settings.keys_path)  # another process, since before the rotation
    key_rotation.prepare(clock)
    key_rotation.rotate(clock)
    assert "k2" not in other.keys
    assert read(session, other, people) == SECRETS
    other_vault = Vault(session, other)
    place = Place("t", "c", new_id(), other_vault.new_subject(new_id()))
    session.flush()
    assert counts_by_key(session) == {"k2": 6}, "it wraps by the new key too"
    sealed = other_vault.seal(place, b"new")
    assert Vault(session, ring).open(place, sealed) == b"new"


def test_stopped_half_way_both_keys_are_read_and_it_goes_on_where_it_was(
    session, ring, people, clock, monkeypatch
):
    monkeypatch.setattr(key_rotation, "BATCH", 2)

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        key_rotation.rotate(clock, stop)
    assert counts_by_key(session) == {"k1": 3, "k2": 2}
    assert read(session, ring, people) == SECRETS
    assert key_rotation.rotate(clock).done == 3, "the rest, by the same key"
    assert counts_by_key(session) == {"k2": 5}


def test_a_destroyed_key_stays_destroyed_and_an_altered_one_is_counted(session, ring, people, clock):
    gone, altered = people[0][0].subject_id, people[1][0].subject_id
    destroy_key(session, gone, clock.now())
    session.get(SubjectKey, altered).wrapped = bytes(75)
    session.flush()
    done = key_rotation.rotate(clock)
    assert (done.done, done.unreadable) == (3, 1)
    session.expire_all()
    assert session.get(SubjectKey, gone).wrapped is None
    assert read(session, ring, people[2:]) == SECRETS[2:]


def test_an_old_key_is_retired_only_when_nothing_needs_it(session, ring, people, clock):
    with pytest.raises(RuleBroken, match="active key"):
        key_rotation.retire("k1", clock)
    key_rotation.rotate(clock)
    session.get(SubjectKey, people[0][0].subject_id).kek_id = "k1"
    session.flush()
    with pytest.raises(RuleBroken, match="1 data keys are still wrapped by k1"):
        key_rotation.retire("k1", clock)
    session.get(SubjectKey, people[0][0].subject_id).kek_id = "k2"
    session.flush()
    key_rotation.retire("k1", clock)
    assert [(one.name, one.data_keys) for one in key_rotation.held_keys()] == [("k2", 5)]
    check_keyring(session, load_keyring(key_rotation._path()))
    with pytest.raises(RuleBroken, match="holds no key"):
        key_rotation.retire("k1", clock)


def test_a_machine_with_the_old_file_says_which_key_it_lacks(
    session, ring, people, clock, settings, tmp_path
):
    save_keyring(load_keyring(settings.keys_path), tmp_path / "old.json")
    key_rotation.rotate(clock)
    with pytest.raises(KeyProblem, match=r"does not hold the key 'k2'.*newest copy of the key file"):
        check_keyring(session, load_keyring(tmp_path / "old.json"))


def test_the_file_is_replaced_whole_and_stays_the_owners_alone(ring, people, clock, settings):
    before = settings.keys_path.stat()
    key_rotation.rotate(clock)
    after = settings.keys_path.stat()
    assert after.st_mode & 0o777 == 0o600
    assert (before.st_uid, before.st_gid) == (after.st_uid, after.st_gid)
    assert not settings.keys_path.with_name("keys.json.part").exists()


def test_a_file_that_becomes_another_hubs_or_unreadable_changes_nothing(session, ring, people, settings):
    for content in ("{", None):
        settings.keys_path.unlink()
        if content is None:
            save_keyring(make_keyring(), settings.keys_path)
        else:
            settings.keys_path.write_text(content)
        ring.look_again()
        assert read(session, ring, people) == SECRETS


def test_the_commands_on_a_deployment(deployment: Deployment):
    """list, prepare, rotate, list, retire: as an administrator types them."""
    assert deployment.hub("organisations", "create", "hub", "--kind", "hub", "--name", "Hub").returncode == 0
    assert "k1" in deployment.hub("keys", "list").stdout
    assert "k2 is in" in deployment.hub("keys", "prepare").stdout
    assert "k2 is in" in deployment.hub("keys", "prepare").stdout, "once is enough"
    assert "k2 is the active key; 0 data keys" in deployment.hub("keys", "rotate").stdout
    assert deployment.hub("keys", "retire", "k2").returncode == 2
    assert "k1 is gone" in deployment.hub("keys", "retire", "k1").stdout
    assert "k1" not in deployment.hub("keys", "list").stdout
    assert deployment.sql("SELECT action FROM audit_entry WHERE action LIKE 'key.%' ORDER BY seq") == [
        ("key.prepared",), ("key.rotated",), ("key.retired",),
    ]  # fmt: skip
    audit = deployment.hub("audit", "seal")
    assert "entries sealed" in audit.stdout, audit.stderr
    assert "Nothing was changed" in deployment.hub("audit", "verify").stdout
    path = deployment.data_dir / "audit.jsonl"
    assert deployment.hub("audit", "export", str(path)).returncode == 0
    found = deployment.hub(
        "audit", "verify", "--file", str(path), HUB_DATABASE_URL="postgresql://x@127.0.0.1:9/x"
    )
    assert found.returncode == 0 and "Nothing was changed" in found.stdout, found.stderr
    path.write_text(path.read_text().replace("key.retired", "key.rotated"))
    found = deployment.hub("audit", "verify", "--file", str(path), "--json")
    assert found.returncode == 1 and '"kind": "altered"' in found.stdout
    assert "public" not in deployment.hub("audit", "key").stderr
