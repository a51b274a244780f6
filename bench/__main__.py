"""`python -m bench [DATABASE...] [CASE...]`: speed and memory on each database.

Without cases it measures those of USUAL, which take about two minutes for each database.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support import postgres
from tests.support.stack import ROOT

from . import engine, idle

DATABASES = ("sqlite", "postgres")
USUAL = ("chain40", "fan100", "wide1000", "first", "luigi", "floor", "idle")
CASES = (*engine.CASES, "hosts", "idle")


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
    if unknown := set(wanted) - {*DATABASES, *CASES}:
        print(f"There is no {', '.join(sorted(unknown))}. Databases: {', '.join(DATABASES)}.")
        print(f"Cases: {', '.join(CASES)}.")
        return 2
    cases = [name for name in CASES if name in (set(wanted) & set(CASES) or USUAL)]
    failed = False
    for database in [name for name in DATABASES if name in wanted] or DATABASES:
        print(f"\n=== {database}", flush=True)
        with environment(database) as env:
            graphs = [name for name in cases if name in engine.CASES]
            if graphs:
                failed = not _run(env, "bench.engine", *graphs) or failed
            if "hosts" in cases:
                failed = not _run(env, "bench.hosts") or failed
            if "idle" in cases:
                failed = not idle.report(env) or failed
    load = os.getloadavg()[0]
    print(f"\n{os.cpu_count()} cores; load at the end {load:.1f}, which says how quiet it was")
    return 1 if failed else 0


def _run(env: Mapping[str, str], *module: str) -> bool:
    clean = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    argv = [sys.executable, "-m", *module]
    return subprocess.run(argv, cwd=ROOT, env={**clean, **env}, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
