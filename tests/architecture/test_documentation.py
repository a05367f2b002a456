"""What the program offers is written down: settings, commands, jobs, deliveries, reactions, files of deploy/."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields

import click
import pytest

from hub.infra.config import Settings
from tests.architecture.source import HUB, ROOT

DEPLOY = ROOT / "deploy"
SETTING = re.compile(r"^#?(HUB_[A-Z_]+)=", re.MULTILINE)


def settings() -> set[str]:
    """Every setting as it is written in the environment."""
    return {f"HUB_{field.name.upper()}" for field in fields(Settings)}


def readmes() -> str:
    """The root README and those of the slices, as one text."""
    paths = [ROOT / "README.md", *sorted(HUB.glob("*/README.md")), DEPLOY / "RUNBOOK.md"]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())


def test_the_example_names_exactly_the_settings():
    named = SETTING.findall((DEPLOY / "env.example").read_text(encoding="utf-8"))
    assert sorted(named) == sorted(settings())


def test_every_setting_of_the_example_has_a_comment_and_the_example_can_be_read():
    """A comment stands above each; the values that are not commented out are accepted as they are."""
    from hub.infra.config import load_settings

    text = (DEPLOY / "env.example").read_text(encoding="utf-8")
    blocks = [block for block in text.split("\n\n")[1:] if block.strip()]
    assert [block for block in blocks if not block.startswith("# ---")] == []
    given = dict(line.split("=", 1) for line in text.splitlines() if line.startswith("HUB_"))
    assert load_settings(given).is_production
    defaults = dict(line[1:].split("=", 1) for line in text.splitlines() if line.startswith("#HUB_"))
    shown, real = load_settings(given | defaults), load_settings(given)
    assert shown == real, "what is commented out is what holds without it"


def test_other_files_of_deploy_use_only_settings_that_exist():
    known = settings() | {"HUB_ENV"}  # where backup.sh and restore.sh find the settings
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file() and "secrets" not in path.parts:
            used = set(re.findall(r"\bHUB_[A-Z_]+\b", path.read_text(encoding="utf-8")))
            assert used - known == set(), path.name


def test_a_list_of_commands_says_what_each_says_of_itself():
    """`hub --help` loads no slice: its words stand a second time in the table."""
    from hub.cli import LATER

    for name, (words, load) in LATER.items():
        assert words == load().get_short_help_str(200), name


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its words: `hub db backup`."""
    from hub.cli import hub

    def below(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield words, command
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                one = command.get_command(context, name)
                assert one is not None, f"{words} {name}"
                yield from below(f"{words} {name}", one)

    context = click.Context(hub)
    return below("hub", hub)


def test_every_command_says_what_it_does():
    assert [words for words, command in commands() if not (command.help or "").strip()] == []


def test_every_option_of_a_command_can_be_understood():
    """By its help, or by a default or name that says it all."""
    plain = {"port", "host", "name", "kind"}
    silent = [
        f"{words} {option.opts[0]}"
        for words, command in commands()
        for option in command.params
        if isinstance(option, click.Option) and not option.help and option.name not in plain
    ]
    assert silent == []


def test_every_command_is_named_in_a_readme():
    written = re.sub(r"\s+", " ", readmes())
    ends = [words for words, command in commands() if not isinstance(command, click.Group)]
    assert [words for words in ends if words not in written] == []


def handlers() -> dict[str, object]:
    """Everything that wiring installs, by a name for the message."""
    from hub.wiring import DELIVERIES, JOBS, REACTIONS

    found: dict[str, object] = {f"job {job.name}": job.run for job in JOBS}
    for kind, delivery in DELIVERIES.items():
        found |= {f"delivery {kind} {name}": getattr(delivery, name) for name in ("gate", "render", "settle")}
    for event, functions in REACTIONS.items():
        found[f"event {event.__name__}"] = event
        found |= {f"reaction {one.__module__}.{one.__name__}": one for one in functions}
    return found


def test_every_job_delivery_and_reaction_says_its_rule():
    assert [name for name, one in handlers().items() if not own_words(one)] == []


def own_words(one: object) -> str:
    """The docstring somebody wrote; a dataclass without one gets its signature, which says nothing."""
    words = inspect.getdoc(one) or ""
    return "" if isinstance(one, type) and words.startswith(f"{one.__name__}(") else words


def test_every_job_runs_at_a_time_that_comes_every_day():
    from hub.wiring import JOBS

    assert len({job.name for job in JOBS}) == len(JOBS)
    assert [job.name for job in JOBS if job.trigger.get("hour") == 1] == []


@pytest.mark.parametrize("name", ["backup.sh", "restore.sh"])
def test_the_scripts_are_shell_without_faults(name):
    import shutil
    import subprocess

    path = DEPLOY / name
    assert path.stat().st_mode & 0o111, "may be run"
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
    if shutil.which("shellcheck"):
        assert subprocess.run(["shellcheck", str(path)], check=False).returncode == 0


def test_the_units_start_commands_that_exist():
    ends = {words for words, _ in commands()}
    for path in sorted((DEPLOY / "systemd").glob("*.service")):
        started = re.search(r"^ExecStart=\S*/(\S+) (\S+)", path.read_text(), re.MULTILINE)
        assert started is not None, path.name
        assert started[1] == "gunicorn" or f"hub {started[2]}" in ends, path.name
