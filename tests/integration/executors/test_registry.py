"""How a worker comes by its executor, and each kind by one that runs it."""

import socket
from pathlib import Path

import pytest

from pipelines.executors import registry
from pipelines.executors.docker import configured as docker
from pipelines.executors.routing import ByKind, NoExecutor
from tests.integration.executors.stage import Heard, asked, raw, run
from tests.support.fake_executor import FakeExecutor


def test_one_executor_for_each_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    monkeypatch.setenv("PENSTOCK_STEP_ENV", "HTTPS_PROXY, NOT_SET")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    (tmp_path / "secret_key").write_text("the key of the server")
    (tmp_path / "docker.sock").write_text("a door to the machine")
    monkeypatch.setattr(registry, "_open", {})
    heard = Heard()
    body = (
        "import os\n"
        "print(os.environ['HTTPS_PROXY'], 'NOT_SET' in os.environ)\n"
        f"for path in ('{tmp_path}/secret_key', '{tmp_path}/docker.sock'):\n"
        "    try:\n"
        "        print(open(path).read())\n"
        "    except OSError:\n"
        "        pass\n"
    )
    try:
        executor = registry.get("process")
        assert registry.get("process") is executor
        assert run(executor, asked(raw(body)), heard).outcome == "success"
    finally:
        registry.close_all()

    assert heard.text.startswith("http://proxy.example False\n")
    if executor.isolation == "strong":  # type: ignore[attr-defined]
        assert "the key" not in heard.text
        assert "a door" not in heard.text
    with pytest.raises(
        LookupError, match="there is no executor `abacus`; there are docker, kubernetes, process"
    ):
        registry.get("abacus")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A worker's environment on a machine without Docker and Podman, and nothing opened yet."""
    for name in ("PENSTOCK_DOCKER_URL", "DOCKER_HOST", "PENSTOCK_CONTAINER_EXECUTOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    monkeypatch.setattr(registry, "_open", {})
    return monkeypatch


def test_without_a_daemon_a_container_says_what_is_missing(
    bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert registry.usable()["process"] == ""
    why = registry.usable()["docker"]
    assert why == (
        f"no Docker or Podman answers at unix://{tmp_path}/nobody.sock (No such file or directory)"
    )
    with pytest.raises(NoExecutor, match="container components cannot be run on this worker"):
        registry.choose("container")

    everyday = FakeExecutor()
    executor = ByKind(
        lambda kind: everyday if kind == "python" else registry.get(registry.choose(kind)),
        warmed=everyday,
        close=everyday.close,
    )
    spec = {**raw("pass"), "kind": "container"}
    failed = run(executor, asked(spec)).error
    assert failed
    assert failed.kind == "setup"
    assert why in failed.message
    assert run(executor, asked(raw("pass"))).outcome == "success"
    magic = run(executor, asked({**spec, "kind": "magic"})).error
    assert magic
    assert "there is no kind `magic`" in magic.message


def test_a_worker_may_be_told_which_one_to_use(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("PENSTOCK_CONTAINER_EXECUTOR", "kubernetes")
    assert registry.usable()["docker"] == "PENSTOCK_CONTAINER_EXECUTOR is `kubernetes`"
    assert registry.usable()["process"] == ""


def test_where_a_daemon_is_looked_for(tmp_path: Path) -> None:
    named = {"PENSTOCK_DOCKER_URL": "tcp://a:1", "DOCKER_HOST": "tcp://b:1"}
    assert docker.find_url(named) == "tcp://a:1"
    assert docker.find_url({"DOCKER_HOST": "tcp://b:1"}) == "tcp://b:1"
    (tmp_path / "podman").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "podman" / "podman.sock"))
        found = docker.find_url({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert found in (f"unix://{tmp_path}/podman/podman.sock", "unix:///var/run/docker.sock")
