"""Do the migrations make the tables that the models describe? Asked of a new database of its own.

The database of HUB_DATABASE_URL or HUB_DATA_DIR, which somebody may be using, is never touched.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache"
HUB = str(Path(sys.executable).with_name("hub"))
IN_USE = ("HUB_DATABASE_URL", "HUB_DATABASE_OWNER_URL")


def main() -> int:
    """Run `hub db check` on a database that lives as long as the check."""
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="check-", dir=CACHE) as folder:
        environment = {name: value for name, value in os.environ.items() if name not in IN_USE}
        environment["HUB_DATA_DIR"] = folder
        try:
            return subprocess.run([HUB, "db", "check"], env=environment, check=False).returncode
        finally:
            stop = [HUB, "database", "stop"]
            subprocess.run(stop, env=environment, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
