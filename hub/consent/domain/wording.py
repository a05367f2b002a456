"""The exact words shown when permission is asked: a folder per version, a file per language, never changed.

A consent record names version, language and the SHA-256 of the file. `SHA256SUMS` in the folder holds the
sums as published: a file that does not fit is refused, so nobody can alter what people were told.
"""

import functools
import hashlib
import tomllib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from hub.core.wordbook import FALLBACK, code_of

NOTICE_ID = "hub.consent.wording"
CURRENT_VERSION = "2026-11"
SAYS_NO_DETRIMENT = frozenset({"2026-11"})
"""The versions that tell the learner: you can say no, we will still help you."""


class WordingAltered(RuntimeError):
    """A wording file is not the one that was published."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language in which the words exist. `reviewed` is false until a native reader has checked them."""

    code: str
    name: str
    english_name: str
    right_to_left: bool
    reviewed: bool

    @property
    def direction(self) -> str:
        return "rtl" if self.right_to_left else "ltr"


@dataclass(frozen=True, slots=True)
class WordedPurpose:
    """The question about one optional purpose, as the learner reads or hears it."""

    code: str
    question: str


@dataclass(frozen=True, slots=True)
class Wording:
    """All words of one version in one language. `version` and `language.code` go into the record."""

    version: str
    language: Language
    sha256: str
    title: str
    intro: str
    purposes: tuple[WordedPurpose, ...]
    withdraw: str
    yes: str
    no: str


@functools.cache
def versions() -> tuple[str, ...]:
    """All versions ever used, oldest first."""
    return tuple(
        sorted(folder.name for folder in _root().iterdir() if folder.is_dir() and folder.name[:1] == "2")
    )


@functools.cache
def languages_of(version: str = CURRENT_VERSION) -> tuple[Language, ...]:
    """The languages of a version, English first, then by English names; none for an unknown version."""
    if version not in versions():
        return ()
    files = [file.name for file in (_root() / version).iterdir() if file.name.endswith(".toml")]
    found = [_read(version, name.removesuffix(".toml")).language for name in files]
    return tuple(sorted(found, key=lambda language: (language.code != FALLBACK, language.english_name)))


def load_wording(language: str | None, version: str = CURRENT_VERSION, hub_name: str = "The hub") -> Wording:
    """The words in a language, else in English; `{hub}` becomes the name of the service.

    Raises KeyError for a version that never was, WordingAltered for a file that is not as published.
    """
    if version not in versions():
        raise KeyError(version)
    known = {one.code for one in languages_of(version)}
    code = code_of(language or FALLBACK)
    words = _read(version, code if code in known else FALLBACK)
    return Wording(
        version, words.language, words.sha256, words.title, words.intro.replace("{hub}", hub_name),
        words.purposes, words.withdraw, words.yes, words.no,
    )  # fmt: skip


def has_words(version: str, language: str) -> bool:
    """Whether the version's words exist in exactly this language."""
    return code_of(language) in {one.code for one in languages_of(version)}


@functools.cache
def _read(version: str, code: str) -> Wording:
    folder = _root() / version
    content = (folder / f"{code}.toml").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    published = {name: known for known, name in (line.split() for line in lines)}
    if published.get(f"{code}.toml") != sha256:
        raise WordingAltered(f"wording/{version}/{code}.toml is not as published: make a new version instead")
    found = tomllib.loads(content.decode())
    language = Language(
        found["language"], found["name"], found["english_name"], found["right_to_left"], found["reviewed"]
    )
    purposes = tuple(WordedPurpose(code, question) for code, question in found["purposes"].items())
    return Wording(
        version, language, sha256, found["title"], found["intro"],
        purposes, found["withdraw"], found["yes"], found["no"],
    )  # fmt: skip


def _root() -> Traversable:
    return resources.files("hub.consent") / "wording"
