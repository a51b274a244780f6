"""The settings of tests: production's, on a private data directory and the database under test.

`PENSTOCK_TEST_DATABASE=postgres` puts the tests on PostgreSQL: the server in DATABASE_URL (a
database `test_…` is made beside its own), else one from a wheel. The default is SQLite in a file,
with the same journal and locks as in production. Every pytest process has its own Redis.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_chosen = os.environ.get("PENSTOCK_TEST_DATABASE", "sqlite")
if _chosen not in ("sqlite", "postgres"):
    raise ValueError(f"PENSTOCK_TEST_DATABASE is {_chosen!r}; use sqlite or postgres")

if "PENSTOCK_TEST_ROOT" not in os.environ:
    # The first process of a run makes the place, and the server; pytest-xdist's workers share it.
    _root = Path(tempfile.mkdtemp(prefix="pt-"))
    atexit.register(shutil.rmtree, _root, ignore_errors=True)
    os.environ["PENSTOCK_TEST_ROOT"] = str(_root)
    if _chosen == "postgres" and not os.environ.get("DATABASE_URL"):
        from tests.support import postgres

        os.environ["DATABASE_URL"] = postgres.start(_root / "pg")
    for _name in ("REDIS_URL", "STORAGE_URL", "PENSTOCK_SECRET_KEY", "PENSTOCK_HOSTS"):
        os.environ.pop(_name, None)
    if _chosen == "sqlite":
        os.environ.pop("DATABASE_URL", None)

_home = Path(os.environ["PENSTOCK_TEST_ROOT"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["PENSTOCK_HOME"] = str(_home)

from pipelines.config.settings import *  # noqa: E402, F403
from pipelines.config.settings import DATABASES, HOME  # noqa: E402

if _chosen == "sqlite":
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
# Every client of a test is a server of its own, which would read all static files at its start.
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
