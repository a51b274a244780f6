"""Where `up` cannot start it says why and what to do, in words, and leaves no process."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.stack import ROOT

Refused = Callable[..., str]

#: Stands in nothing else that is printed, whatever the random names of directories.
PASSWORD = "hush-0f5e7c1b-hush"


@pytest.fixture
def refused() -> Refused:
    """Starts Penstock where it must refuse; what it said."""

    def start(home: Path, *options: str, **env: str) -> str:
        kept = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
        done = subprocess.run(
            [sys.executable, "manage.py", "up", *(options or ("--port", "0"))],
            cwd=ROOT,
            env={**kept, "PENSTOCK_HOME": str(home), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stdout
        assert "Penstock did not start" in done.stdout
        return done.stdout

    return start


def test_a_taken_port(refused: Refused, new_home: Callable[[], Path]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refused(new_home(), "--port", str(port))
    assert f"Port {port} on 127.0.0.1 is taken" in said
    assert f"PORT={port + 1}" in said


def test_a_port_that_does_not_exist(refused: Refused, new_home: Callable[[], Path]) -> None:
    assert "There is no port 99999" in refused(new_home(), "--port", "99999")


def test_somebody_elses_directory(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("")
    said = refused(tmp_path)
    assert "not Penstock's" in said
    assert "PENSTOCK_HOME=" in said
    assert os.listdir(tmp_path) == ["photo.jpg"]


def test_a_newer_layout(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "penstock.json").write_text(json.dumps({"layout": 99}))
    assert "newer Penstock (layout 99" in refused(tmp_path)


def test_a_place_that_cannot_be_written(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be used" in refused(tmp_path / "file" / "home")


@pytest.mark.parametrize("damage", ["not a database", "torn pages"])
def test_a_damaged_database(refused: Refused, new_home: Callable[[], Path], damage: str) -> None:
    home = new_home()
    home.mkdir()
    (home / "penstock.json").write_text('{"layout": 1}')
    file = home / "penstock.sqlite3"
    if damage == "not a database":
        file.write_bytes(b"GIF89a" + os.urandom(9000))
    else:
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE t (a TEXT)")
            connection.execute("CREATE INDEX i ON t (a)")
            rows = [(os.urandom(400).hex(),) for _ in range(400)]
            connection.executemany("INSERT INTO t VALUES (?)", rows)
        connection.close()
        with file.open("r+b") as stream:
            stream.seek(20 * 4096)
            stream.write(os.urandom(4096 * 8))
    said = refused(home)
    assert f"The database {file} is damaged" in said
    assert "backup" in said


def test_a_postgresql_that_does_not_answer(
    refused: Refused, new_home: Callable[[], Path], free_port: int
) -> None:
    said = refused(new_home(), DATABASE_URL=f"postgres://me:{PASSWORD}@127.0.0.1:{free_port}/data")
    assert f"PostgreSQL at 127.0.0.1:{free_port} (database data, user me)" in said
    assert "Check DATABASE_URL" in said
    assert PASSWORD not in said, "passwords stay out of what is printed"


def test_a_redis_that_does_not_answer(
    refused: Refused, new_home: Callable[[], Path], free_port: int
) -> None:
    said = refused(new_home(), REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:{free_port}/0")
    assert f"Redis at redis://127.0.0.1:{free_port} does not answer" in said
    assert "Check REDIS_URL" in said
    assert PASSWORD not in said


def test_a_store_that_does_not_answer(
    refused: Refused, new_home: Callable[[], Path], free_port: int
) -> None:
    url = f"s3://key:{PASSWORD}@127.0.0.1:{free_port}/bucket?tls=0"
    said = refused(new_home(), STORAGE_URL=url)
    assert f"The bucket `bucket` at http://127.0.0.1:{free_port} cannot be used" in said
    assert "Check STORAGE_URL" in said
    assert PASSWORD not in said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "mysql://x@localhost/y", "DATABASE_URL starts with `mysql:`"),
        ("REDIS_URL", "http://localhost", "REDIS_URL must start with"),
        ("STORAGE_URL", "ftp://localhost", "STORAGE_URL starts with `ftp:`"),
        ("PENSTOCK_SECRET_KEY", "changeme", "too easy to guess"),
    ],
)
def test_settings_that_make_no_sense(
    refused: Refused, new_home: Callable[[], Path], name: str, value: str, words: str
) -> None:
    assert words in refused(new_home(), **{name: value})
