"""Models and migrations, compared on a new database that lives as long as the comparison.

    python -m tools.database check                     do the migrations make what the models describe?
    python -m tools.database migration "add offers"    write what is missing as migrations/versions/NNNN_add_offers.py

The database of HUB_DATABASE_URL or HUB_DATA_DIR, which somebody may be using, is never touched.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command

from hub.infra import migrations, start
from hub.infra.config import load_settings

CACHE = Path(__file__).resolve().parent.parent / ".cache"
HUB = str(Path(sys.executable).with_name("hub"))
IN_USE = ("HUB_DATABASE_URL", "HUB_DATABASE_OWNER_URL")


@contextmanager
def scratch_database() -> Iterator[None]:
    """Point this process and those it starts at an empty database; stop and remove it at the end."""
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="check-", dir=CACHE) as folder:
        for name in IN_USE:
            os.environ.pop(name, None)
        os.environ["HUB_DATA_DIR"] = folder
        try:
            yield
        finally:
            subprocess.run([HUB, "database", "stop"], check=False, stdout=subprocess.DEVNULL)


def check() -> int:
    """`hub db check` on a database of its own."""
    with scratch_database():
        return subprocess.run([HUB, "db", "check"], check=False).returncode


def write_migration(message: str) -> int:
    """Write the difference between migrations and models as the next numbered migration, to be read and mended."""
    numbers = [path.name[:4] for path in migrations.FOLDER.glob("versions/[0-9][0-9][0-9][0-9]_*.py")]
    number = f"{int(max(numbers, default='0000')) + 1:04d}"
    with scratch_database():
        _, owner_url = start.database_urls(load_settings(os.environ))
        migrations.upgrade(owner_url)
        settings = migrations.config(owner_url)
        settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(settings, message, autogenerate=True, rev_id=number)
    print(f"Read migrations/versions/{number}_*.py before you commit it; its head says what makes it safe.")
    return 0


def main(words: list[str]) -> int:
    """Run one of the two."""
    match words:
        case ["check"]:
            return check()
        case ["migration", message]:
            return write_migration(message)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
