"""The program's own source, parsed once, for the tests of this folder."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HUB = ROOT / "hub"

BELOW_THE_SLICES = frozenset({"core", "infra", "ui"})
ABOVE_THE_SLICES = frozenset({"app", "cli", "demo", "fake_notify", "scheduler", "wiring", "worker", "wsgi"})


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, its place, its lines and its syntax tree."""

    name: str
    path: Path
    lines: int
    tree: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All of the tree, walked once for all who ask."""
        return tuple(ast.walk(self.tree))

    @property
    def where(self) -> str:
        """The path as a person writes it."""
        return self.path.relative_to(ROOT).as_posix()


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the program."""
    return tuple(_read(path) for path in sorted(HUB.rglob("*.py")) if "vendor" not in path.parts)


def _read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    return Module(name, path, text.count("\n"), ast.parse(text, str(path)))


@cache
def packages() -> tuple[str, ...]:
    """The packages directly under hub: the slices, and what lies below and above them."""
    return tuple(sorted(path.parent.name for path in HUB.glob("*/__init__.py")))


def slices() -> tuple[str, ...]:
    """The slices that exist."""
    return tuple(name for name in packages() if name not in BELOW_THE_SLICES | ABOVE_THE_SLICES)


def imported(module: Module) -> Iterator[tuple[str, int]]:
    """What a module imports, as dotted names with line numbers; relative imports are made absolute."""
    package = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
