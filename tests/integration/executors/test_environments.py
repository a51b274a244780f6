"""Environments on disk: locked, built once, used, and removed when the disk gets full."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.executors.environments import (
    BuildFailed,
    EnvironmentStore,
    Lock,
    NotBuilt,
    Stopped,
    Uv,
)
from tests.integration.executors.stage import processes, until
from tests.support import wheels

NewStore = Callable[..., EnvironmentStore]
HANGS = """
import subprocess
def build_wheel(directory, settings=None, metadata=None):
    print("the build has begun", flush=True)
    subprocess.run(["sleep", "600"])
"""


class Said:
    def __init__(self) -> None:
        self.text = ""

    def __call__(self, text: str) -> None:
        self.text += text


def value(store: EnvironmentStore, lock: Lock, module: str) -> str:
    held = store.hold(lock.digest)
    code = f"import {module}; print({module}.VALUE)"
    found = subprocess.run([held.python, "-I", "-c", code], capture_output=True, check=True)
    held.release()
    return found.stdout.decode().strip()


def test_a_lock_names_all_versions_with_their_hashes_and_is_built_as_it_stands(
    new_store: NewStore, packages: Path
) -> None:
    store = new_store()
    lock = store.lock(["tinytwo"], Said())
    assert lock.packages == [("tinyone", "1.1"), ("tinytwo", "2.0")]
    assert lock.text.count("--hash=sha256:") == 2
    wheels.wheel(packages, "tinyone", "1.2", "VALUE = 12\n")
    said = Said()
    store.build(lock, said)
    assert value(store, lock, "tinytwo") == "11"
    assert "tinyone==1.1" in said.text
    again = Said()
    store.build(lock, again)
    assert again.text == ""


def test_another_package_under_the_same_name_is_refused(
    new_store: NewStore, packages: Path
) -> None:
    store = new_store()
    lock = store.lock(["tinyone"], Said())
    wheels.wheel(packages, "tinyone", "1.1", "VALUE = 'evil'\n")
    with pytest.raises(BuildFailed, match="could not be installed") as caught:
        new_store(UV_CACHE_DIR=str(packages / "other cache")).build(lock, Said())
    assert "Hash mismatch for `tinyone==1.1`" in str(caught.value)
    assert not caught.value.network
    with pytest.raises(NotBuilt):
        store.hold(lock.digest)


def test_what_cannot_be_resolved_is_said_in_words(new_store: NewStore) -> None:
    said = Said()
    with pytest.raises(BuildFailed, match="no versions could be chosen") as caught:
        new_store().lock(["tinytwo>5"], said)
    assert str(caught.value).startswith(
        "no versions could be chosen for the requirements: only tinytwo==2.0 is available and you "
        "require tinytwo>5. Correct the component's requirements"
    )
    assert str(caught.value).endswith("(UV_DEFAULT_INDEX, UV_INDEX)")
    assert "you require tinytwo>5" in said.text
    assert not caught.value.network


def test_a_network_that_is_away_is_not_the_component_s_fault(new_store: NewStore) -> None:
    store = new_store(
        PIP_NO_INDEX="",
        PIP_FIND_LINKS="",
        UV_DEFAULT_INDEX="http://127.0.0.1:9/",
        UV_HTTP_RETRIES="0",
    )
    with pytest.raises(BuildFailed) as caught:
        store.lock(["tinyone"], Said())
    assert caught.value.network
    assert "whether the worker reaches its package index" in str(caught.value)


def test_two_processes_build_one_environment_once(new_store: NewStore) -> None:
    first, second = new_store(), new_store()
    lock = first.lock(["tinytwo"], Said())
    said = [Said(), Said()]
    threads = [
        threading.Thread(target=store.build, args=(lock, words))
        for store, words in zip((first, second), said, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("tinytwo==2.0" in words.text for words in said) == [False, True]
    assert value(second, lock, "tinytwo") == "11"


def test_the_least_recently_used_goes_first_and_none_that_is_in_use(new_store: NewStore) -> None:
    store = new_store()
    locks = [store.lock([f"tinyone=={version}"], Said()) for version in ("1.0", "1.1")]
    locks.append(store.lock(["tinytwo", "tinyone==1.0"], Said()))
    for age, lock in enumerate(locks):
        store.build(lock, Said())
        os.utime(store.path(lock.digest), (1000 + age, 1000 + age))
    used = store.hold(locks[1].digest)
    os.utime(used.path, (0, 0))
    cramped = new_store(max_bytes=1)
    assert cramped.make_room(keep=locks[2].digest) == [locks[0].digest]
    assert not (store.root / "cache").exists()
    with pytest.raises(NotBuilt):
        store.hold(locks[0].digest)
    assert value(store, locks[1], "tinyone") == "11"
    used.release()
    assert cramped.make_room(keep=locks[2].digest) == [locks[1].digest]
    store.build(locks[0], Said())
    assert value(store, locks[0], "tinyone") == "1"


def test_an_environment_whose_python_is_gone_is_built_again(new_store: NewStore) -> None:
    store = new_store()
    lock = store.lock(["tinyone"], Said())
    store.build(lock, Said())
    python = store.path(lock.digest) / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python3.11")
    assert not store.is_built(lock.digest)
    store.build(lock, Said())
    assert value(store, lock, "tinyone") == "11"


def test_a_build_that_is_stopped_leaves_nothing(new_store: NewStore, packages: Path) -> None:
    wheels.sdist(packages, "hangs", "1.0", HANGS)
    store = new_store(MARK=str(packages), CFLAGS=f"-I{packages}")
    lock = Lock("hangs==1.0 --hash=sha256:" + _sha256(packages / "hangs-1.0.tar.gz"))
    caught: list[BaseException] = []

    def build() -> None:
        try:
            store.build(lock, Said())
        except Stopped as error:
            caught.append(error)

    thread = threading.Thread(target=build)
    thread.start()
    until(lambda: _sleeping(packages), 30)
    store.uv.stop()
    thread.join(30)
    assert caught
    assert not processes(f"-I{packages}")
    assert list(store.root.glob(".building-*")) == []


def test_a_worker_that_is_killed_during_a_build_leaves_no_process_and_the_next_one_builds(
    new_store: NewStore, packages: Path, tmp_path: Path
) -> None:
    wheels.sdist(packages, "hangs", "1.0", HANGS)
    new_store()
    hash = _sha256(packages / "hangs-1.0.tar.gz")
    code = f"""
import sys; sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from pipelines.executors.environments import *
root = Path({str(tmp_path / "environments")!r})
environ = {{"PATH": {os.environ["PATH"]!r}, **{wheels.settings(packages)!r}, "CFLAGS": "-I{packages}"}}
store = EnvironmentStore(root, max_bytes=1e12, uv=Uv(root, environ))
store.build(Lock("hangs==1.0 --hash=sha256:{hash}"), lambda text: None)
"""
    worker = subprocess.Popen([sys.executable, "-c", code])
    until(lambda: _sleeping(packages), 30)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    until(lambda: not processes(f"-I{packages}"), 10)
    store = new_store()
    assert list(store.root.glob(".building-*")) == []
    lock = store.lock(["tinyone"], Said())
    store.build(lock, Said())
    assert value(store, lock, "tinyone") == "11"


def test_a_build_sees_no_secret_of_the_worker(new_store: NewStore, packages: Path) -> None:
    backend = "import os\ndef build_wheel(*_):\n    raise SystemExit(sorted(os.environ))\n"
    wheels.sdist(packages, "nosy", "1.0", backend)
    store = new_store(DATABASE_URL="postgres://secret", HTTPS_PROXY="http://proxy.invalid")
    lock = Lock("nosy==1.0 --hash=sha256:" + _sha256(packages / "nosy-1.0.tar.gz"))
    with pytest.raises(BuildFailed) as caught:
        store.build(lock, Said())
    assert "HTTPS_PROXY" in str(caught.value)
    assert "DATABASE_URL" not in str(caught.value)


def test_pip_s_own_settings_are_understood(tmp_path: Path, packages: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": f"{packages} {tmp_path / 'missing'}",
    }
    root = tmp_path / "environments"
    root.mkdir()
    store = EnvironmentStore(root, max_bytes=1e12, uv=Uv(root, environ))
    assert store.lock(["tinyone<1.1"], Said()).packages == [("tinyone", "1.0")]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sleeping(packages: Path) -> list[int]:
    """What a hanging build has started; it carries the build's CFLAGS."""
    return sorted({*processes(f"-I{packages}")} & {*processes("sleep\x00600")})
