"""Steps in environments of their own: warm after the first, apart from each other, few at a time."""

import os
import signal
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipelines.executors.environments import EnvironmentStore, NotBuilt
from pipelines.executors.process import ProcessExecutor
from pipelines.executors.protocol import StepRequest
from pipelines.kinds import registry as kinds
from tests.integration.executors.conftest import new_environments
from tests.integration.executors.stage import Heard, named, run, until
from tests.support import wheels

PACKAGES = (
    ("tinyone", "1.0", "VALUE = 1\n", ()),
    ("tinyone", "1.1", "VALUE = 11\n", ()),
    ("tinytwo", "2.0", "from tinyone import VALUE\n", ["tinyone>=1"]),
    ("slowly", "1.0", "import time\ntime.sleep(0.5)\nVALUE = 1\n", ()),
    (
        "threads",
        "1.0",
        "import threading, time\nVALUE = 7\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n",
        (),
    ),
    ("deadly", "1.0", "import os\nos._exit(9)\n", ()),
)
WHO = """
import sys
from {module} import VALUE

def who() -> dict:
    return {{
        "value": VALUE, "ahead": "{module}" in sys.modules, "prefix": sys.prefix,
        "pid": __import__("os").getppid(), "has_pandas": "pandas" in sys.modules,
    }}
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    for name, version, body, requires in PACKAGES:
        wheels.wheel(folder, name, version, body, requires)
    return folder


@pytest.fixture(scope="module")
def store(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> EnvironmentStore:
    return new_environments(tmp_path_factory.mktemp("environments"), packages)


@pytest.fixture
def executor(
    new_executor: Callable[..., ProcessExecutor], store: EnvironmentStore
) -> ProcessExecutor:
    return new_executor(warm=(), environments=store, warm_environments=2, idle_seconds=300.0)


@cache
def built(store: EnvironmentStore, *requirements: str) -> str:
    lock = store.lock(requirements, lambda text: None)
    store.build(lock, lambda text: None)
    return lock.digest


def asked(source: str, digest: str) -> StepRequest:
    spec = kinds.build("python", {"source": source, "requirements": ["tinyone"]}).model_dump()
    return StepRequest("run:node:1", 1, spec, {}, {}, environment=digest)


def result(executor: ProcessExecutor, source: str, digest: str) -> Any:
    heard = Heard()
    done = run(executor, asked(source, digest), heard)
    assert done.outcome == "success", (done.error, heard.text)
    return done.outputs["result"]


def test_each_step_sees_its_own_environment_and_nothing_of_another(
    executor: ProcessExecutor, store: EnvironmentStore, tmp_path: Path
) -> None:
    old, new = built(store, "tinyone==1.0"), built(store, "tinytwo")
    assert result(executor, WHO.format(module="tinyone"), old)["value"] == 1
    found = result(executor, WHO.format(module="tinytwo"), new)
    assert found["value"] == 11
    assert found["prefix"] == str(store.path(new))
    assert not found["has_pandas"]
    heard = Heard()
    done = run(executor, asked(WHO.format(module="tinytwo"), old), heard)
    assert done.error is not None
    assert done.error.message == (
        "ModuleNotFoundError: No module named 'tinytwo'; name the package that brings `tinytwo` "
        "in the component's requirements"
    )


def test_the_second_step_is_warm(
    executor: ProcessExecutor, store: EnvironmentStore, tmp_path: Path
) -> None:
    digest = built(store, "slowly")
    source = WHO.format(module="slowly")
    result(executor, source, digest)
    (server,) = named(digest[:6], str(tmp_path))
    times = []
    for _ in range(5):
        began = time.perf_counter()
        result(executor, source, digest)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.4  # importing it alone takes longer
    assert named(digest[:6], str(tmp_path)) == [server]


def test_what_cannot_be_imported_ahead_fails_in_the_step_that_needs_it(
    executor: ProcessExecutor, store: EnvironmentStore
) -> None:
    assert result(executor, WHO.format(module="threads"), built(store, "threads"))["value"] == 7
    done = run(executor, asked(WHO.format(module="deadly"), built(store, "deadly")))
    assert done.error is not None
    assert done.error.message == "the step ended with exit code 9"


def test_only_the_most_recent_pools_are_kept(
    executor: ProcessExecutor, store: EnvironmentStore, tmp_path: Path
) -> None:
    digests = [
        built(store, "tinyone==1.0"),
        built(store, "tinyone==1.1"),
        built(store, "tinytwo"),
    ]
    source = WHO.format(module="tinyone")

    def servers() -> list[int]:
        return [len(named(digest[:6], str(tmp_path))) for digest in digests]

    for digest in digests[:2]:
        result(executor, source, digest)
    result(executor, source, digests[0])
    assert servers() == [1, 1, 0]
    result(executor, source, digests[2])
    until(lambda: servers() == [1, 0, 1])
    assert result(executor, source, digests[1])["value"] == 11


def test_an_environment_with_a_warm_pool_is_not_removed(
    executor: ProcessExecutor, store: EnvironmentStore, packages: Path
) -> None:
    digest = built(store, "tinyone")
    result(executor, WHO.format(module="tinyone"), digest)
    cramped = new_environments(store.root, packages, max_bytes=1)
    assert digest not in cramped.make_room()
    executor.close()
    assert cramped.make_room() == [digest]
    built.cache_clear()
    with pytest.raises(NotBuilt):
        store.hold(digest)


def test_a_fork_server_that_is_killed_comes_back_in_its_environment(
    executor: ProcessExecutor, store: EnvironmentStore, tmp_path: Path
) -> None:
    digest = built(store, "tinyone")
    source = WHO.format(module="tinyone")
    result(executor, source, digest)
    (server,) = named(digest[:6], str(tmp_path))
    os.kill(server, signal.SIGKILL)
    until(lambda: named(digest[:6], str(tmp_path)) not in ([], [server]))
    assert result(executor, source, digest)["value"] == 11


@pytest.mark.parametrize("isolation", ["auto", "basic"])
def test_a_step_calls_the_programs_of_its_environment_and_cannot_change_it(
    new_executor: Callable[..., ProcessExecutor], store: EnvironmentStore, isolation: Any
) -> None:
    executor = new_executor(warm=(), environments=store, isolation=isolation)
    digest = built(store, "tinyone")
    source = """
import shutil, sys, tinyone
def look() -> dict:
    try:
        open(tinyone.__file__, "a").close()
        changed = True
    except OSError:
        changed = False
    return {"python": shutil.which("python"), "changed": changed}
"""
    found = result(executor, source, digest)
    assert found["python"] == str(store.path(digest) / "bin" / "python")
    assert found["changed"] is (executor.isolation == "none")


def test_a_component_s_imports_are_known_before_it_runs() -> None:
    source = "import a.b\nfrom c import d\nfrom . import e\ndef f() -> int:\n    import g\n    return 1\n"
    spec = kinds.build("python", {"source": source}).model_dump()
    assert kinds.modules(spec, {}) == ("a.b", "c", "c.d", "g")
    table = kinds.build("python", {"source": "import pandas as pd\ndef f() -> pd.DataFrame: ...\n"})
    assert "pipelines.sdk.tables" in kinds.modules(table.model_dump(), {})
