"""What is fetched is pinned by hash, and no address of an index stands in the files: mirrors work as they are."""

import json
import re
import tomllib

from tests.architecture.source import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


def plain(name: str) -> str:
    """A package name as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> dict[str, str]:
    return {plain(name): version for name, version in PIN.findall((ROOT / file).read_text())}


def needs(lines: list[str]) -> set[str]:
    return {plain(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]) for line in lines}


def test_the_locks_hold_every_need():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = needs(project["project"]["dependencies"]) | needs(project["dependency-groups"]["build"])
    assert runtime - set(pins("requirements.txt")) == set(), "run `make lock`"
    assert needs(project["dependency-groups"]["dev"]) - set(pins("requirements-dev.txt")) == set(), (
        "run `make lock`"
    )


def test_tests_run_on_the_versions_that_are_served():
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_every_pin_has_a_hash_and_no_address():
    for file in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / file).read_text()
        blocks = re.split(r"\n(?=\S)", text.strip())
        assert all("--hash=sha256:" in block for block in blocks), file
        assert "://" not in text, file


def test_npm_packages_have_a_fingerprint_and_no_address():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    fetched = {name: entry for name, entry in packages.items() if name}
    assert [name for name, entry in fetched.items() if "integrity" not in entry] == []
    assert [name for name, entry in fetched.items() if "resolved" in entry] == []
