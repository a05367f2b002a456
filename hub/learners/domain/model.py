"""The weights and name lists of recognition: dated data, read from TOML, never constants in code."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from math import log2
from typing import Any

from hub.learners.domain.contacts import ContactRules, weights_by_level
from hub.learners.domain.name_words import NameLists
from hub.learners.domain.spelling import main_sound


@dataclass(frozen=True)
class Model:
    """One version of the weights with the name lists. `index_version` is of the lists, from which keys are made;
    `population` is whom a stranger could be mistaken for."""

    version: str
    index_version: str
    valid_from: date
    population: int
    birth: Mapping[str, float] = field(repr=False)
    name: Mapping[str, float] = field(repr=False)
    contact: Mapping[str, float] = field(repr=False)
    alone: Mapping[str, Mapping[str, float]] = field(repr=False)
    other: Mapping[str, float] = field(repr=False)
    lists: NameLists = field(repr=False)
    review_from: float = 0.0
    auto_score: float = 8.0
    auto_birth: float = 6.0
    most_at_postcode: int = 20
    crowded: frozenset[str] = field(default=frozenset(), repr=False)

    @cached_property
    def prior(self) -> float:
        """Bits against any two people being one, before anything is known of them."""
        return log2(max(2, self.population))

    @cached_property
    def gender_weights(self) -> tuple[float, float]:
        return self.other["gender_equal"], self.other["gender_different"]

    @cached_property
    def language_weights(self) -> tuple[float, float]:
        return self.other["language_equal"], self.other["language_different"]

    @cached_property
    def contact_rules(self) -> ContactRules:
        within = self.contact["address_within_postcode"]
        return ContactRules(weights_by_level(self.contact), self.crowded, within)

    def without_families(self) -> "Model":
        """The weights among people of whom hardly any two share a phone or a door."""
        return replace(
            self,
            birth={**self.birth, **self.alone["birth"]},
            name={**self.name, **self.alone["name"]},
            contact={**self.contact, **self.alone["contact"]},
        )

    def knowing(self, population: int, lists: NameLists, crowded: Collection[str]) -> "Model":
        """The same weights among other people: a file's own size, names and crowded addresses."""
        return replace(self, population=population, lists=lists, crowded=frozenset(crowded))

    def where_crowded(self, crowded: Collection[str]) -> "Model":
        return replace(self, crowded=frozenset(crowded)) if crowded else self


def read_models(weights: str, names: str) -> tuple[Model, ...]:
    """All versions in the two TOML texts, oldest first."""
    known = tomllib.loads(names)
    lists = _lists(known)
    found = [_model(row, lists, known["version"]) for row in tomllib.loads(weights)["models"]]
    return tuple(sorted(found, key=lambda model: model.valid_from))


def model_on(models: tuple[Model, ...], day: date) -> Model:
    """The version that counts on a day; the oldest where the day is before all."""
    return max((m for m in models if m.valid_from <= day), key=lambda m: m.valid_from, default=models[0])


def _model(row: Mapping[str, Any], lists: NameLists, index_version: str) -> Model:
    return Model(
        version=row["version"],
        index_version=index_version,
        valid_from=row["valid_from"],
        population=row["population"],
        birth=row["birth"],
        name=row["name"],
        contact=row["contact"],
        alone={name: row[f"{name}_alone"] for name in ("birth", "name", "contact")},
        other=row["other"],
        lists=lists,
        review_from=row["review_from"],
        auto_score=row["auto"]["score"],
        auto_birth=row["auto"]["birth"],
        most_at_postcode=row["crowded"],
    )


def _lists(data: Mapping[str, Any]) -> NameLists:
    same: dict[str, tuple[str, ...]] = {}
    for group in data["same"]:
        for spelling in group:
            same[spelling] = tuple(dict.fromkeys((*same.get(spelling, ()), group[0])))
    shares = {main_sound(name): share for name, share in data["shares"].items()}
    return NameLists(
        shares=shares,
        same=same,
        honorifics=frozenset(data["honorifics"]),
        taken=frozenset(data["taken"]),
        taking_families=frozenset(data["chinese_families"]),
        taking_languages=frozenset(data["taking_languages"]),
        tongues={name: tongue for tongue, names in data["tongues"].items() for name in names},
        shared=frozenset(data["shared_given"]),
        patronymic_languages=frozenset(data["patronymic_languages"]),
        established=frozenset(data["shares"]),
        usual_share=data["usual_share"],
    )
