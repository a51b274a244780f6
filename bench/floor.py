"""What no engine can do without that keeps what it did: the least that one node can cost."""

import multiprocessing
import os
import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import redis

from pipelines.config.urls_from_env import database

TIMES = 200
_THERE, _BACK = "penstock-bench-there", "penstock-bench-back"


def measure(home: Path) -> dict[str, float]:
    """Seconds of each part; on the database in DATABASE_URL and the Redis of this Penstock."""
    socket = str(home / "run" / "redis.sock")
    return {
        "one fork": _median(_fork),
        "two commits": 2 * _commit(home),
        "one way through the broker": _hop(socket),
    }


def _median(deed: Callable[[], Any]) -> float:
    found = []
    for _ in range(TIMES):
        began = time.perf_counter()
        deed()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _commit(home: Path) -> float:
    """One row in a transaction of its own, as durable as ours are."""
    given = database(os.environ.get("DATABASE_URL"), home)
    if given["ENGINE"].endswith("postgresql"):
        connection: Any = psycopg2.connect(
            dbname=given["NAME"],
            user=given["USER"],
            password=given["PASSWORD"],
            host=given["HOST"],
            port=given["PORT"] or None,
            **given["OPTIONS"],
        )
        connection.autocommit = True
    else:
        connection = sqlite3.connect(home / "floor.sqlite3", isolation_level=None)
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
    try:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE floor (n integer)")
        found = _median(lambda: cursor.execute("INSERT INTO floor VALUES (1)"))
        cursor.execute("DROP TABLE floor")
        return found
    finally:
        connection.close()


def _hop(socket: str) -> float:
    """From one process to another and back, halved."""
    echo = multiprocessing.get_context("fork").Process(target=_echo, args=(socket,), daemon=True)
    echo.start()
    client = redis.Redis(unix_socket_path=socket)

    def there_and_back() -> None:
        client.lpush(_THERE, "1")
        client.brpop([_BACK], timeout=10)

    try:
        return _median(there_and_back) / 2
    finally:
        echo.terminate()
        client.delete(_THERE, _BACK)


def _echo(socket: str) -> None:
    client = redis.Redis(unix_socket_path=socket)
    while True:
        client.brpop([_THERE])
        client.lpush(_BACK, "1")
