"""Sealing, without a database."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from hub.core.ids import new_id
from hub.infra.crypto import KeyProblem, load_keyring, make_keyring, open_sealed, save_keyring, seal
from hub.infra.places import Place

CIPHER = AESGCM(b"k" * 32)


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_again(plain):
    assert open_sealed(CIPHER, seal(CIPHER, plain, b"here"), b"here") == plain


def test_a_value_moved_to_another_place_does_not_open():
    row, subject = new_id(), new_id()
    place = Place("source_record", "phone", row, subject)
    sealed = seal(CIPHER, b"+447700900123", place.context())
    for other in (
        Place("source_record", "email", row, subject),
        Place("offer", "phone", row, subject),
        Place("source_record", "phone", new_id(), subject),
        Place("source_record", "phone", row, new_id()),
    ):
        with pytest.raises(InvalidTag):
            open_sealed(CIPHER, sealed, other.context())


@given(st.integers(0, 59))
def test_any_changed_byte_is_noticed(position):
    sealed = bytearray(seal(CIPHER, b"a phone number, say, of 29 by", b"here"))
    sealed[position] ^= 1
    with pytest.raises(InvalidTag):
        open_sealed(CIPHER, bytes(sealed), b"here")


def test_a_blind_index_depends_on_its_kind_and_key():
    ring, other = make_keyring(), make_keyring()
    assert ring.blind_index("PH", "x") == ring.blind_index("PH", "x")
    assert len({ring.blind_index("PH", "x"), ring.blind_index("EM", "x"), other.blind_index("PH", "x")}) == 3
    assert len(ring.blind_index("PH", "x")) == 16


def test_a_key_file_is_the_owners_alone_and_is_never_overwritten(tmp_path):
    path = tmp_path / "keys.json"
    ring = make_keyring()
    save_keyring(ring, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_keyring(path).fingerprints() == ring.fingerprints()
    with pytest.raises(FileExistsError):
        save_keyring(make_keyring(), path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"active": "k1", "keys": {"k1": "short"}}', "\x00"])
def test_a_damaged_key_file_is_named(tmp_path, text):
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(KeyProblem, match=r"keys\.json"):
        load_keyring(path)


def test_a_missing_key_file_says_what_is_at_stake(tmp_path):
    with pytest.raises(KeyProblem, match="nothing sealed in this database can be read"):
        load_keyring(tmp_path / "keys.json")


def test_two_seals_of_one_text_differ():
    assert seal(CIPHER, b"x", b"") != seal(CIPHER, b"x", b"")
