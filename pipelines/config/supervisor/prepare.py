"""What must be true before the parts start: done once, with Django, in a process that then ends.

Run as `python -m pipelines.config.supervisor.prepare [FD]`; with a descriptor number, the secret
of a login link for the first administrator is written to it.
"""

import os
import sqlite3
import sys
import time
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

from pipelines.config.home import BadSecretKey
from pipelines.config.urls_from_env import BadUrl

from .console import CannotStart, Console

#: Reading a database through takes about a second per gigabyte; larger ones are only opened.
_CHECK_BYTES = 256 * 1024 * 1024


def main() -> int:
    console = Console()
    try:
        secret = _prepare(console)
    except (CannotStart, BadUrl, BadSecretKey) as error:
        console.say(f"\n{error}")
        return 1
    if len(sys.argv) > 1:
        with os.fdopen(int(sys.argv[1]), "w") as stream:
            stream.write(secret)
    return 0


def _prepare(console: Console) -> str:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines.config.settings")
    began = time.monotonic()
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        _check_sqlite(Path(database["NAME"]))
    import django

    django.setup()
    _check_settings()
    console.step("settings", "checked", began)

    began = time.monotonic()
    applied = _migrate()
    kind = "SQLite" if database["ENGINE"].endswith("sqlite3") else "PostgreSQL"
    what = f"{applied} migrations applied" if applied else "up to date"
    console.step("database", f"{kind}, {what}", began)
    _check_redis(console)
    _check_storage(console)

    began = time.monotonic()
    published = _install_library()
    what = f"{published} new versions published" if published else "up to date"
    console.step("components", what, began)
    return _first_steps(console)


def _check_settings() -> None:
    """Django's system checks: errors stop the start, warnings do not."""
    from django.core.checks import ERROR, run_checks

    errors = [found for found in run_checks() if found.level >= ERROR]
    if errors:
        raise CannotStart(
            "The settings have errors:\n" + "\n".join(f"  {error}" for error in errors)
        )


def _check_sqlite(path: Path) -> None:
    """Find a damaged or foreign database file before anything writes to it."""
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=20)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if path.stat().st_size <= _CHECK_BYTES:
                verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if verdict != "ok":
                    raise sqlite3.DatabaseError(verdict)
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        raise CannotStart(f"The database {path} cannot be opened: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise CannotStart(
            f"The database {path} is damaged: {error}.\n"
            "Put your backup in its place, or rescue what can be read:\n"
            f"  sqlite3 {path} .recover | sqlite3 {path}.rescued\n"
            f"To start empty instead, move {path} and its -wal and -shm files away."
        ) from error


def _migrate() -> int:
    """Apply what is missing; the number of migrations applied."""
    from django.core.management import call_command
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
        ours = {app for app, _ in executor.loader.disk_migrations}
        if newer := sorted(f"{app}.{name}" for app, name in unknown if app in ours):
            raise CannotStart(
                f"The database was used by a newer Penstock: it has {', '.join(newer)}.\n"
                "Start that version again, or choose other data with PENSTOCK_HOME or DATABASE_URL."
            )
        if plan:
            call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise CannotStart(_database_message(error)) from error
    return len(plan)


def _database_message(error: Exception) -> str:
    from django.db import connection

    where = connection.settings_dict
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if connection.vendor == "sqlite":
        return f"The database {where['NAME']} cannot be used: {reason}."
    address = f"{where['HOST'] or 'the local socket'}:{where['PORT'] or 5432}"
    return (
        f"PostgreSQL at {address} (database {where['NAME']}, user {where['USER']}) cannot be "
        f"used: {reason}\nCheck DATABASE_URL, and that the server runs and lets this user in."
    )


def _check_redis(console: Console) -> None:
    """Redis must answer; one of our own has been waited for by the supervisor."""
    import redis
    from django.conf import settings

    url = urlsplit(settings.REDIS_URL)
    began = time.monotonic()
    port = f":{url.port or 6379}" if url.hostname else ""
    shown = f"{url.scheme}://{url.hostname or url.path}{port}"
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=5, socket_timeout=5, retry=None
        )
        client.ping()
        client.close()
    except redis.RedisError as error:
        raise CannotStart(
            f"Redis at {shown} does not answer: {error}\n"
            "Check REDIS_URL, or unset it: `make run` then starts a Redis of its own."
        ) from error
    if url.scheme != "unix":
        console.step("redis", shown, began)


def _check_storage(console: Console) -> None:
    """The bucket of an S3 store, made if it is missing; local files need no preparation."""
    from django.conf import settings

    chosen = settings.STORAGES["default"]
    if "s3" not in chosen["BACKEND"]:
        return
    from botocore.exceptions import BotoCoreError, ClientError
    from django.core.files.storage import default_storage

    began = time.monotonic()
    bucket = chosen["OPTIONS"]["bucket_name"]
    where = chosen["OPTIONS"].get("endpoint_url", "Amazon S3")
    client = default_storage.connection.meta.client  # type: ignore[attr-defined]
    try:
        try:
            client.head_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            region = chosen["OPTIONS"]["region_name"]
            # Amazon wants every region named but its first, which it refuses to see named.
            place = {} if region == "us-east-1" else {"LocationConstraint": region}
            extra = {"CreateBucketConfiguration": place} if place else {}
            client.create_bucket(Bucket=bucket, **extra)
    except (BotoCoreError, ClientError) as error:
        raise CannotStart(
            f"The bucket `{bucket}` at {where} cannot be used: {error}\n"
            "Check STORAGE_URL: the address, the keys, and that they may use this bucket."
        ) from error
    console.step("storage", f"bucket {bucket} at {where}", began)


def _install_library() -> int:
    from pipelines.catalog.actions import install_library

    return len(install_library())


def _first_steps(console: Console) -> str:
    """Examples for the first team, and the secret of a link that logs its administrator in."""
    from django.core.management import CommandError, call_command

    from pipelines.teams import tokens
    from pipelines.teams.actions import ensure_first_admin

    admin = ensure_first_admin()
    began = time.monotonic()
    said = StringIO()
    try:
        call_command("install_examples", stdout=said)
    except CommandError as error:
        raise CannotStart(f"The examples cannot be installed: {error}") from error
    added = said.getvalue().count("installed ")
    console.step("examples", f"{added} installed" if added else "already there", began)
    return tokens.create_login_link(admin)


if __name__ == "__main__":
    sys.exit(main())
