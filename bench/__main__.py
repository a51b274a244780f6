"""`python -m bench [sqlite] [postgres]`: the engine's speed and the idle memory, on each database."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support import postgres
from tests.support.stack import ROOT

from . import idle

DATABASES = ("sqlite", "postgres")


@contextmanager
def environment(database: str) -> Iterator[dict[str, str]]:
    """The variables that put Penstock on this database; PostgreSQL as durable as by default."""
    if database == "sqlite":
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="pb-", ignore_cleanup_errors=True) as directory:
        given = os.environ.get("DATABASE_URL")
        server = given or postgres.start(Path(directory) / "pg", durable=True)
        name = f"penstock_bench_{os.getpid()}"
        try:
            yield {"DATABASE_URL": postgres.create_database(server, name)}
        finally:
            postgres.drop_database(server, name)


def main(wanted: Sequence[str]) -> int:
    if unknown := set(wanted) - set(DATABASES):
        print(f"No database {', '.join(sorted(unknown))}; there are: {', '.join(DATABASES)}.")
        return 2
    failed = False
    for database in wanted or DATABASES:
        print(f"\n=== {database}", flush=True)
        with environment(database) as env:
            clean = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
            engine = [sys.executable, "-m", "bench.engine"]
            done = subprocess.run(engine, cwd=ROOT, env={**clean, **env}, check=False)
            failed = failed or done.returncode != 0
            failed = not idle.report(env) or failed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
