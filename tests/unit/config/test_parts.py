"""The parts of `up`: the listening socket, and where Redis' socket goes."""

import os
import socket
from pathlib import Path

import pytest

from pipelines.config.supervisor import listening, redis
from pipelines.config.supervisor.console import CannotStart
from tests.support import redis_server


def test_a_taken_port_is_told_with_another_one_to_try() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} .*taken.*\n.*PORT={port + 1}"):
            listening.listen("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(CannotStart, match="--host"):
        listening.listen("192.0.2.7", 0)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("0.0.0.0", "http://127.0.0.1:"),
        ("::1", "http://[::1]:"),
    ],
)
def test_the_link_works_on_this_machine(host: str, shown: str) -> None:
    try:
        listener = listening.listen(host, 0)
    except CannotStart:
        if ":" in host:
            pytest.skip("this machine has no IPv6")
        raise
    with listener:
        assert listening.url(listener, host).startswith(shown)


def test_hosts_grow_by_the_address_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_HOSTS", raising=False)
    assert listening.allowed_hosts("127.0.0.1") is None
    assert listening.allowed_hosts("10.1.2.3") == "127.0.0.1,localhost,[::1],10.1.2.3"
    assert listening.needs_hosts("0.0.0.0")
    monkeypatch.setenv("PENSTOCK_HOSTS", "penstock.example")
    assert listening.allowed_hosts("10.1.2.3") == "penstock.example"
    assert not listening.needs_hosts("0.0.0.0")


def test_the_socket_lies_in_the_data_directory(tmp_path: Path) -> None:
    home = Path("/tmp/h")
    assert redis.socket_path(home) == home / "run" / "redis.sock"


def test_a_long_data_directory_gets_a_short_private_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short := Path("/tmp") / f"x{os.getpid()}"))
    short.mkdir()
    try:
        home = tmp_path / ("long" * 30)
        path = redis.socket_path(home)
        assert len(os.fsencode(path)) <= 103
        assert path == redis.socket_path(home), "the next start finds the same one"
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert redis.socket_path(tmp_path / ("other" * 30)) != path
        with redis_server.running(path):
            assert redis.answers(path)
        assert not redis.answers(path)
        path.parent.rmdir()
        (path.parent.parent / "elsewhere").mkdir()
        path.parent.symlink_to("elsewhere")
        with pytest.raises(CannotStart, match="belongs to someone else"):
            redis.socket_path(home)
    finally:
        for entry in short.iterdir():
            entry.unlink() if entry.is_symlink() else entry.rmdir()
        short.rmdir()
