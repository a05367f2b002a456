"""The measures of good shape, as guides with room for a few exceptions, and the README of every package."""

import ast
from collections.abc import Iterable

from tests.architecture.source import HUB, modules, packages

FUNCTION_LINES, FUNCTION_LIMIT = 30, 60
FILE_LINES = 400
SHARE = 0.95
README_LINES = 60
VAGUE_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}


def function_lengths() -> dict[str, int]:
    """Lines of every function: signature and body, without the docstring, which may be as long as the rule is."""
    found = {}
    for module in modules():
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                words = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if words is not None:
                    length -= (words.end_lineno or words.lineno) - words.lineno + 1
                found[f"{module.where}:{node.lineno} {node.name}"] = length
    return found


def share_within(lengths: Iterable[int], limit: int) -> float:
    """The share of lengths within the limit; 1.0 of nothing."""
    all_of_them = list(lengths)
    return sum(length <= limit for length in all_of_them) / len(all_of_them) if all_of_them else 1.0


def longest(lengths: dict[str, int], limit: int) -> str:
    """Those over the limit, longest first, for the message of a failing test."""
    over = sorted(((length, where) for where, length in lengths.items() if length > limit), reverse=True)
    return "\n".join(f"{length:5} {where}" for length, where in over[:30])


def test_functions_are_short():
    lengths = function_lengths()
    assert share_within(lengths.values(), FUNCTION_LINES) >= SHARE, longest(lengths, FUNCTION_LINES)


def test_no_function_is_long():
    assert longest(function_lengths(), FUNCTION_LIMIT) == ""


def test_files_are_short():
    lengths = {module.where: module.lines for module in modules()}
    assert share_within(lengths.values(), FILE_LINES) >= SHARE, longest(lengths, FILE_LINES)


def test_no_module_has_a_name_that_says_nothing():
    assert [module.where for module in modules() if module.path.stem in VAGUE_NAMES] == []


def test_every_package_has_a_short_readme():
    """Purpose, words, states, decisions with date and reason: one screen."""
    wrong = []
    for name in packages():
        readme = HUB / name / "README.md"
        if not readme.is_file():
            wrong.append(f"hub/{name}/README.md is missing")
        elif (lines := len(readme.read_text(encoding="utf-8").splitlines())) > README_LINES:
            wrong.append(f"hub/{name}/README.md has {lines} lines, at most {README_LINES}")
    assert wrong == []


def test_a_locked_row_may_still_be_pointed_at():
    """A lock that also stops others from adding rows which point at the locked one makes deadlocks out of nothing.

    What is claimed by passing over (`skip_locked`) may go on to be deleted: that needs the whole lock.
    """
    bare = [
        f"{module.where}:{node.lineno}"
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "with_for_update"
        and not {"key_share", "skip_locked"} & {word.arg for word in node.keywords}
    ]
    bare += [
        f"{module.where}:{node.value.lineno}"
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.keyword)
        and node.arg == "with_for_update"
        and isinstance(node.value, ast.Constant)
    ]
    assert bare == []
