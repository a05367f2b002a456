"""The operating system account that runs the server.

PostgreSQL refuses to run as root. As root the server is handed to an unprivileged account that already
exists (the owner of the data, else `postgres`, else `nobody`); nobody is added to the system.
"""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.infra.embedded_postgres.errors import EmbeddedPostgresError

_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Who runs the server: name for messages, numbers for the system."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether the server runs as another account than this program (only as root)."""
        return self.uid != os.geteuid()


def server_account(cluster: Path) -> Account:
    """The account for the server of this data; EmbeddedPostgresError if there is none that may run it."""
    if cluster.exists():
        return _owner(cluster)
    return _unprivileged() if os.geteuid() == 0 else _named(os.geteuid(), os.getegid())


def _owner(cluster: Path) -> Account:
    status = cluster.stat()
    owner = _named(status.st_uid, status.st_gid)
    if owner.uid == 0 or os.geteuid() not in (0, owner.uid):
        raise EmbeddedPostgresError(
            f"The database in {cluster} belongs to the account {owner.name}. Start the program as that "
            "account, or set HUB_DATA_DIR to a folder of your own."
        )
    return owner


def _unprivileged() -> Account:
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root and this system has neither an account `postgres` nor `nobody`. "
        "Start the program as an ordinary account, or set HUB_DATABASE_URL to a server of your own."
    )


def _named(uid: int, gid: int) -> Account:
    try:
        return Account(pwd.getpwuid(uid).pw_name, uid, gid)
    except KeyError:
        return Account(str(uid), uid, gid)


def run_as(
    account: Account,
    command: Sequence[str | Path],
    *,
    cwd: Path = Path("/"),
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program as the account with a small fixed environment; its output is captured as text.

    The environment is not inherited: PGHOST, PGOPTIONS and such must not steer the hub's own server.
    """
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        umask=0o077,
        user=account.uid if account.is_other else None,
        group=account.gid if account.is_other else None,
        extra_groups=[] if account.is_other else None,
    )


def can_enter(account: Account, folder: Path) -> bool:
    """Whether the account may go into the folder; the kernel is asked, so access lists count."""
    return run_as(account, ["/bin/sh", "-c", 'cd "$1" 2>/dev/null', "sh", folder]).returncode == 0


def can_run(account: Account, bin_dir: Path) -> bool:
    """Whether the account can run the server from this folder, its libraries and shared files included."""
    shared = bin_dir.parent / "share" / "postgresql" / "postgres.bki"
    script = '"$1" -V >/dev/null 2>&1 && test -r "$2"'
    return run_as(account, ["/bin/sh", "-c", script, "sh", bin_dir / "postgres", shared]).returncode == 0
