"""Words of learners' pages: one TOML file for each language, each with exactly the keys of the English one."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FALLBACK = "en"
_SAME_WORDS = {"prs": "fa", "pes": "fa"}  # Dari and Iranian Persian share one text, worded to suit both


def code_of(language: str) -> str:
    """The code under which the words of a language are kept: `pt` for `pt-BR`, `fa` for Dari."""
    primary = language.split("-", maxsplit=1)[0].lower()
    return _SAME_WORDS.get(primary, primary)


class WordsFaulty(ValueError):
    """A file of words lacks a key, has one too many, or other places for values than the English one."""


@dataclass(frozen=True)
class WordBook:
    """The files of one folder, each read once."""

    folder: Path
    _known: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def languages(self) -> frozenset[str]:
        """The codes of the languages that have words."""
        return frozenset(file.stem for file in self.folder.glob("*.toml"))

    def words(self, language: str) -> Mapping[str, str]:
        """The words in a language; English for one we do not have. WordsFaulty when a file is not whole."""
        code = language if language in self.languages() else FALLBACK
        if code not in self._known:
            own = self._read(code)
            check(code, own, own if code == FALLBACK else self.words(FALLBACK))
            self._known[code] = own
        return self._known[code]

    def is_reviewed(self, language: str) -> bool:
        """Whether a native reader has checked the words."""
        return bool(self.words(language)["reviewed_by"])

    def _read(self, code: str) -> Mapping[str, str]:
        return tomllib.loads((self.folder / f"{code}.toml").read_text(encoding="utf-8"))


def check(code: str, own: Mapping[str, str], english: Mapping[str, str]) -> None:
    """WordsFaulty unless `own` has the keys of `english`, none empty, with the same places for values."""
    if wrong := set(own) ^ set(english):
        raise WordsFaulty(f"{code}.toml: {', '.join(sorted(wrong))}")
    for key, text in own.items():
        if key != "reviewed_by" and (not text.strip() or _places(text) != _places(english[key])):
            raise WordsFaulty(f"{code}.toml: {key} is empty or has other places than the English words")


def _places(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}
