"""Which passwords are guessed first."""

import tomllib
from importlib import resources

import pytest

from hub.accounts.domain.passwords import PersonalWords, fall_apart
from hub.accounts.service.passwords import in_breached_file

LISTED = frozenset(
    word
    for theme in tomllib.loads(
        resources.files("hub.accounts").joinpath("data/common_passwords.toml").read_text()
    )["words"].values()
    for word in theme.split()
)
ROBIN = PersonalWords(("Robin Marchânt", "robin.m@mare-college.example", "Mare Street College"))


@pytest.mark.parametrize(
    "password",
    ["Password2027!!", "P@55w0rd12345", "qwertyuiop123", "aaaaaaaaaaaa", "123456789012", "LondonLondon99",
     "summer-Winter.2026", "iloveyou4ever!", "qazwsxedcrfv", "31121985john1985", "let me in please!!", "4321dcba4321",
     "correct horse battery staple"],
)  # fmt: skip
def test_what_is_tried_first_is_common(password):
    found = fall_apart(password, LISTED, PersonalWords())
    assert found.is_common
    assert not found.is_personal


@pytest.mark.parametrize(
    "password",
    ["robin.marchant1", "MARE-street-2027", "m4re_college_99", "Robin+London2027"],
)
def test_a_password_made_of_ones_own_names_is_personal(password):
    assert fall_apart(password, LISTED, ROBIN).is_personal


@pytest.mark.parametrize(
    "password",
    ["correct-horse-battery", "zebra crossing table", "xk3v9qzzr1mb", "tea river purple monday", "a much better one",
     "robin grows quinces slowly"],
)  # fmt: skip
def test_words_that_do_not_belong_together_and_chance_are_good(password):
    found = fall_apart(password, LISTED, ROBIN)
    assert not found.is_common
    assert not found.is_personal


def test_the_first_passwords_of_the_program_and_the_demo_are_good():
    from hub.accounts.service.passwords import invent_password
    from hub.demo.sign_ins import PASSWORD

    for password in (PASSWORD, *(invent_password() for _ in range(50))):
        assert not fall_apart(password, LISTED, PersonalWords()).is_common


def test_two_hundred_characters_are_looked_at_in_time():
    assert not fall_apart("x7" * 100, LISTED, ROBIN).is_personal


@pytest.mark.parametrize("ending", [":3", ""])
def test_a_hubs_own_file_of_breaches_is_searched_by_halves(tmp_path, ending):
    from hashlib import sha1

    words = [f"word number {number}" for number in range(500)]
    path = tmp_path / "breached.txt"
    path.write_text(
        "".join(f"{one}{ending}\r\n" for one in sorted(sha1(w.encode()).hexdigest().upper() for w in words))
    )
    assert all(in_breached_file(path, word) for word in words)
    assert not any(in_breached_file(path, f"other {word}") for word in words)
