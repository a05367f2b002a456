"""Fields by role and state: every view of a learner is classified, and what leaves goes through the table.

The tables are hub/accounts/data/fields_by_role.csv and views.csv. That no page goes round them is shown on the pages
in tests/slices/consent/test_the_door.py: where the table is closed for a role, nothing of a learner is on any page.
"""

import ast
import importlib
from dataclasses import fields, is_dataclass
from typing import Any
from uuid import UUID

import pytest

from hub.accounts.domain import disclosure, shared_fields
from hub.accounts.domain.disclosure import ROLES, Sight, State, disclose, shown, sight_of
from hub.core.permissions import Role
from hub.infra.http import Out
from hub.learners.domain.golden import Person
from hub.learners.domain.needs import Needs
from tests.architecture.source import Module, modules
from tests.architecture.test_permission import calls, functions

RULES, VIEWS = disclosure.field_rules(), disclosure.views()
DOMAIN_VIEWS = frozenset(
    {
        "hub.learners.domain.golden.Person",
        "hub.learners.domain.golden.SourceRecordView",
        "hub.learners.domain.needs.NewNeeds",
        "hub.learners.domain.needs.Needs",
        "hub.consent.domain.records.ConsentView",
        "hub.consent.domain.records.ConsentEventView",
        "hub.consent.domain.records.ChoiceMade",
        "hub.consent.domain.records.PurposeStanding",
    }
)
"""Views that stand in a slice's domain, because its rules make them."""


def loaded(name: str) -> Any:
    home, _, kind = name.rpartition(".")
    return getattr(importlib.import_module(home), kind)


def is_reads(module: Module) -> bool:
    return len(parts := module.name.split(".")) > 2 and parts[2] == "reads"


def answer_schemas() -> set[str]:
    """What the views of the API name as their answers, by `@blueprint.response(200, ...)`."""
    found = set()
    for module in modules():
        if not module.name.endswith(".api"):
            continue
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "response"
            ):
                found |= {f"{module.name.removesuffix('.api')}.schemas.{one.id}" for one in node.args[1:]}  # type: ignore[attr-defined]
    return found


def attributes(kind: Any) -> set[str]:
    if is_dataclass(kind):
        return {one.name for one in fields(kind)}
    return set(kind().fields)


def every_view() -> set[str]:
    reads = {
        f"{module.name}.{node.name}"
        for module in modules()
        if is_reads(module)
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and is_dataclass(loaded(f"{module.name}.{node.name}"))
    }
    schemas = {
        f"{module.name}.{node.name}"
        for module in modules()
        if module.name.endswith(".schemas")
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and issubclass(loaded(f"{module.name}.{node.name}"), Out)
    }
    return reads | schemas | DOMAIN_VIEWS


def test_every_view_and_every_answer_says_which_field_each_of_its_attributes_holds():
    missing = []
    for name in sorted(every_view()):
        said = VIEWS.get(name, {})
        if said != {"*": disclosure.NOBODY}:
            missing += [f"{name},{one},<field>" for one in sorted(attributes(loaded(name)) - set(said))]
    assert not missing, (
        "Add to hub/accounts/data/views.csv: a field of fields_by_role.csv, `process` for what tells nothing of the "
        "person, or one line `view,*,none` for a view without a learner:\n" + "\n".join(missing)
    )


def test_no_line_is_about_a_view_attribute_or_field_that_is_gone():
    assert set(VIEWS) - every_view() == set()
    for name, said in VIEWS.items():
        known = attributes(loaded(name)) | {"*"}
        assert set(said) <= known, (name, set(said) - known)
        assert set(said.values()) <= {*RULES, disclosure.PROCESS, disclosure.NOBODY}, name


def test_every_field_has_a_view_and_every_field_of_agreements_is_one_of_the_table():
    assert set(RULES) - {field for said in VIEWS.values() for field in said.values()} == set()
    assert {rule.agreement for rule in RULES.values() if rule.agreement} == set(shared_fields())
    assert all(
        rule.special == shared_fields()[rule.agreement].special for rule in RULES.values() if rule.agreement
    )


def test_every_answer_of_the_api_is_held_against_the_table():
    assert {name for name in answer_schemas() if not issubclass(loaded(name), Out)} == set()


def test_a_view_holds_frozen_values_only():
    """So that what is taken out for one reader is not taken out for the program."""
    for name in every_view():
        kind = loaded(name)
        assert not is_dataclass(kind) or kind.__dataclass_params__.frozen, name


# ---------------------------------------------------------------- what goes out beside pages and answers

HELD, NO_LEARNER, PROOF = "held against the table", "no learner in it", "keys and codes, for a verifier"
OWN_WORDS = "cells of the file that the same person sent"
OUTLETS = {
    "hub.assessment.pages.base:calendar_response": NO_LEARNER,  # time and place
    "hub.consent.exchange:sheet": NO_LEARNER,  # questions and a link, no name
    "hub.consent.pages.learner:sheet": NO_LEARNER,
    "hub.consent.pages.register:register_file": HELD,
    "hub.matching.pages.rounds:download": PROOF,
    "hub.oversight.pages:as_file": PROOF,
    "hub.portal.pages.receipts:_json": HELD,
    "hub.portal.pages.receipts:_pdf": HELD,
    "hub.portal.pages.views:access_history": PROOF,  # the learner's own audit entries
    "hub.portal.pages.views:calendar": NO_LEARNER,
    "hub.referrals.pages.mine:permission_sheet": NO_LEARNER,
    "hub.referrals.pages.upload:refused_rows": OWN_WORDS,
    "hub.reporting.exchange:figures_csv": NO_LEARNER,
    "hub.reporting.exchange:providers_csv": NO_LEARNER,
    "hub.reporting.exchange:unmet_csv": NO_LEARNER,
    "hub.reporting.pages:_file": NO_LEARNER,
    "hub.rights.exchange:as_pdf": HELD,
    "hub.rights.pages.casework:as_download": HELD,
    "hub.waitlist.pages:_csv": HELD,
}
HOLDERS = {
    "hub.rights.exchange:as_pdf": "hub.rights.pages.casework:make_copy",
    "hub.rights.pages.casework:as_download": "hub.rights.pages.casework:make_copy",
    "hub.waitlist.pages:_csv": "hub.waitlist.pages:download",
}
"""Where what an outlet is given was held."""


def test_what_is_sent_as_a_file_says_how_it_was_held():
    made = {
        f"{module.name}:{name}"
        for module in modules()
        if len(module.name.split(".")) > 2
        and module.name.split(".")[1] not in {"infra", "ui", "demo", "fake_notify"}
        for name, function in functions(module)
        for home, what in calls(module, function)
        if (home, what)
        in {("flask", "Response"), ("hub.infra.csvfiles", "csv_text"), ("hub.infra.pdf", "render")}
        and not renders(module, function)
    }
    assert made == set(OUTLETS)
    for place in (place for place, how in OUTLETS.items() if how is HELD):
        home, _, name = HOLDERS.get(place, place).partition(":")
        module = next(one for one in modules() if one.name == home)
        called = calls(module, dict(functions(module))[name])
        assert any(what == "shown" for _, what in called), f"{place} sends what was not held"


def renders(module: Module, function: ast.FunctionDef) -> bool:
    """A page: held where it is rendered."""
    return any(what == "render_template" for _, what in calls(module, function))


# ---------------------------------------------------------------- role by role, state by state

A_PERSON = {
    "given_names": ("name", "Canarygiven"), "family_name": ("name", "Canaryfamily"), "known_as": ("name", "Canaryas"),
    "other_names": ("name", ("Canaryother",)), "date_of_birth": ("date_of_birth", "Canaryborn"),
    "phone": ("phone", "Canaryphone"), "email": ("email", "Canarymail"), "postcode": ("address", "Canarycode"),
    "address": ("address", "Canaryroad"), "preferred_language": ("languages", "Canarytongue"),
    "first_language": ("origin", "Canaryfirst"), "nationality": ("origin", "Canaryland"), "sex": ("sex", "Canarysex"),
}  # fmt: skip
SOME_NEEDS = {
    "availability": ("times", frozenset({"Canarytime"})), "childcare": ("needs", True),
    "reasons": ("barriers", frozenset({"Canaryreason"})), "support_needed": ("health", "Canaryhealth"),
}  # fmt: skip


def made(kind: Any, canaries: Any) -> Any:
    """A view with a canary in some attributes and nothing in the rest."""
    blank = dict.fromkeys(attributes(kind)) | {"learner_id": UUID(int=7)}
    names = {one.name for one in fields(kind) if one.init}
    return kind(
        **{name: value for name, value in blank.items() if name in names}
        | {n: v for n, (_, v) in canaries.items()}
    )


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("role", ROLES)
def test_of_each_field_a_role_reads_what_the_table_says_and_no_more(role, state):
    for kind, canaries in ((Person, A_PERSON), (Needs, SOME_NEEDS)):
        sight = Sight(role, state)
        seen = shown({"one": [made(kind, canaries)]}, sight)["one"][0]
        for attribute, (field, canary) in canaries.items():
            expected = RULES[field].is_seen(role, state)
            assert (getattr(seen, attribute) == canary) is expected, (attribute, role, state)
            assert seen.learner_id == UUID(int=7)


@pytest.mark.parametrize(
    "covered", [(), ("name",), ("name", "phone"), ("email", "date_of_birth"), ("health",)]
)
def test_a_provider_reads_after_the_yes_only_what_the_agreement_covers(covered):
    seen = shown(made(Person, A_PERSON), Sight(Role.PROVIDER, State.CONFIRMED, frozenset(covered)))
    needs = shown(made(Needs, SOME_NEEDS), Sight(Role.PROVIDER, State.CONFIRMED, frozenset(covered)))
    for attribute, (field, canary) in A_PERSON.items():
        assert (getattr(seen, attribute) == canary) is (field in covered), attribute
    assert (needs.support_needed == "Canaryhealth") is ("health" in covered)
    assert needs.availability == frozenset({"Canarytime"}), "the profile needs no agreement"


@pytest.mark.parametrize("role", [Role.PROVIDER, Role.AUDITOR, Role.ADMIN, Role.PUBLIC])
def test_whoever_has_proven_nothing_reads_no_name(role):
    assert "Canary" not in repr(shown(made(Person, A_PERSON), sight_of(role)))


def test_what_was_disclosed_in_a_stronger_state_stays_as_it_was_disclosed():
    told = disclose(made(Person, A_PERSON), Sight(Role.PROVIDER, State.CONFIRMED, frozenset({"name"})))
    seen = shown([told], sight_of(Role.PROVIDER))[0]
    assert seen.given_names == "Canarygiven"
    assert seen.phone is None


def test_nothing_is_copied_where_nothing_is_hidden():
    one = [made(Person, A_PERSON)]
    assert shown(one, sight_of(Role.HUB_MANAGER)) is one
