"""What import-linter cannot say: which outside packages the pure parts may use, and where time and commits live."""

import ast
import sys
import tomllib

import pytest

from tests.architecture.source import ROOT, Module, imported, modules, slices

# Outside packages that a pure module may use, longest name first.
ALLOWED: tuple[tuple[str, frozenset[str]], ...] = (
    ("hub.matching.domain.verify", frozenset()),  # an independent check trusts nothing but the language
    ("hub.matching.domain", frozenset({"numpy"})),
    ("hub.waitlist.domain", frozenset({"numpy"})),
    ("hub.learners.domain", frozenset({"rapidfuzz"})),
)
CLOCK_CALLS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}


def is_pure(name: str) -> bool:
    """Is this module of the core, or of the domain of a slice?"""
    parts = name.split(".")
    return name.startswith("hub.core") or (len(parts) > 2 and parts[2] == "domain")


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def may_use(module: str, name: str) -> bool:
    """May a pure module import this name? The standard library, the core, a domain, and the few exceptions."""
    top = name.partition(".")[0]
    if top == "hub":
        return within(name, "hub.core") or (not within(module, "hub.core") and is_pure(name))
    extra = next((allowed for prefix, allowed in ALLOWED if within(module, prefix)), frozenset())
    return top in sys.stdlib_module_names or top in extra


def test_core_and_domains_are_pure():
    wrong = [
        f"{module.where}:{line} imports {name}"
        for module in modules()
        if is_pure(module.name)
        for name, line in imported(module)
        if not may_use(module.name, name)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("hub.core.ids", "uuid.UUID", True),
        ("hub.core.ids", "hub.learners.domain", False),
        ("hub.core.ids", "numpy", False),
        ("hub.matching.domain.edges", "numpy.typing.NDArray", True),
        ("hub.matching.domain.verify", "numpy", False),
        ("hub.matching.domain.edges", "hub.core.levels.Level", True),
        ("hub.referrals.domain", "hub.assessment.domain.Level", True),
        ("hub.referrals.domain", "hub.infra.db", False),
        ("hub.referrals.domain", "sqlalchemy", False),
    ],
)
def test_the_rule_of_purity_itself(module, name, expected):
    assert may_use(module, name) is expected


def attribute_calls(module: Module):
    """Every call `base.name(...)` as (last part of the base, name, line)."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = node.func.value
            last = (
                base.id
                if isinstance(base, ast.Name)
                else base.attr
                if isinstance(base, ast.Attribute)
                else ""
            )
            yield last, node.func.attr, node.lineno


def test_only_the_database_module_commits():
    wrong = [
        f"{module.where}:{line}"
        for module in modules()
        if not within(module.name, "hub.infra.db")
        for _base, name, line in attribute_calls(module)
        if name == "commit"
    ]
    assert wrong == []


def test_only_the_clock_tells_the_time():
    wrong = [
        f"{module.where}:{line} {base}.{name}()"
        for module in modules()
        if module.name != "hub.core.clock"
        for base, name, line in attribute_calls(module)
        if (base, name) in CLOCK_CALLS
    ]
    assert wrong == []


def test_every_slice_stands_in_every_contract():
    """import-linter passes over a slice that is not listed as a container; this test does not."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    by_id = {contract["id"]: contract for contract in contracts}
    layered = set(by_id["slice-layers"]["containers"])
    private = set(by_id["private"]["ignore_imports"])
    missing = [name for name in slices() if f"hub.{name}" not in layered]
    missing += [name for name in slices() if f"hub.{name}.** -> hub.{name}.**" not in private]
    assert missing == []
