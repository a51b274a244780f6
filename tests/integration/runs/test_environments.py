"""Nodes that need packages: they wait without a slot while these are installed, once for all."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from pipelines.catalog import actions as catalog
from pipelines.executors.environments import EnvironmentStore
from pipelines.executors.process import ProcessExecutor
from pipelines.kinds import registry as kinds
from pipelines.runs import actions, plans, queries, sweep
from pipelines.runs.driver import Driver
from pipelines.runs.environments import builder, locks
from pipelines.runs.environments.builder import Builder
from pipelines.runs.models import EnvironmentBuild, EnvironmentLock, NodeRun, Run
from pipelines.runs.prepare import Preparation, RunFacts
from pipelines.teams.models import Team
from tests.integration.executors.conftest import new_environments
from tests.support import wheels
from tests.support.fake_executor import wait_until

SOURCE = "import {0}\ndef look() -> int:\n    return {0}.VALUE\n"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    folder.mkdir()
    wheels.wheel(folder, "tinyone", "1.0", "VALUE = 1\n")
    wheels.wheel(folder, "tinytwo", "2.0", "VALUE = 2\n")
    return folder


class Workshop:
    """Workers with a builder each, all on one machine."""

    def __init__(self, world: Any, root: Path, packages: Path) -> None:
        self.world = world
        self.root = root
        self.packages = packages
        self.builders: list[Builder] = []
        self.driver = world.driver = self.new_driver("w1")

    def new_driver(self, name: str, store: EnvironmentStore | None = None) -> Driver:
        made = Builder(name, lambda: store or new_environments(self.root, self.packages))
        self.builders.append(made)
        driver: Driver = self.world.new_driver(name)
        driver.environments = made
        return driver

    def component(self, name: str, *requirements: str, source: str = SOURCE) -> str:
        fields = {
            "source": source.format(requirements[0].partition("=")[0]),
            "namespace": "acme",
            "name": name,
            "requirements": requirements,
        }
        catalog.publish(kinds.build("python", fields), self.world.team, self.world.ann)
        return f"acme/{name}@1"

    def start(self, **components: str) -> Run:
        run: Run = self.world.start({n: {"component": c} for n, c in components.items()})
        return run

    def work(self, run: Run, driver: Driver | None = None) -> None:
        """Until the run is over, its builds included."""
        driver = driver or self.driver
        while not run.ended_at:
            wait_until(lambda: NodeRun.objects.filter(state="queued").exists(), 60)
            self.world.work(run, driver)


@pytest.fixture
def workshop(world: Any, tmp_path: Path, packages: Path) -> Iterator[Workshop]:
    made = Workshop(world, tmp_path / "environments", packages)
    yield made
    for each in made.builders:
        each.stop()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Builds begin, and go on only when the test says so."""
    opened = threading.Event()
    build = EnvironmentStore.build

    def wait_and_build(store: EnvironmentStore, lock: Any, log: Any) -> None:
        log("the build has begun\n")
        assert opened.wait(30)
        build(store, lock, log)

    monkeypatch.setattr(EnvironmentStore, "build", wait_and_build)
    yield opened.set
    opened.set()


def node(run: Run, name: str) -> dict[str, Any]:
    return queries.node(run, name, run.created_by)


def test_nodes_wait_without_a_slot_and_are_built_for_once(
    workshop: Workshop, held: Callable[[], None]
) -> None:
    one = workshop.component("one", "tinyone")
    run = workshop.start(a=one, b=one)
    workshop.world.work(run)
    rows = list(NodeRun.objects.filter(run=run))
    assert [(row.state, row.reason, row.attempt, row.token) for row in rows] == [
        ("waiting", builder.BEING_BUILT, 0, None)
    ] * 2
    assert not any(row.attempts.exists() for row in rows)
    held()
    workshop.work(run)
    assert run.state == "success"
    (build,) = EnvironmentBuild.objects.all()
    (lock,) = EnvironmentLock.objects.all()
    assert (build.state, build.digest, build.error) == ("success", lock.digest, "")
    assert "tinyone==1.0" in lock.text
    for name in "ab":
        found = node(run, name)
        assert found["environment"]["digest"] == lock.digest
        assert found["environment"]["requirements"] == ["tinyone"]
        assert [attempt["environment"] for attempt in found["attempts"]] == [lock.digest]


def test_the_second_run_does_not_wait(workshop: Workshop) -> None:
    one = workshop.component("one", "tinyone")
    workshop.work(workshop.start(a=one))
    run = workshop.start(a=one)
    workshop.world.work(run)
    assert run.state == "success"
    assert NodeRun.objects.get(run=run).build is None
    assert [event["data"].get("state") for event in queries.events_after(run.pk)].count(
        "waiting"
    ) == 0


def test_one_run_uses_several_environments(workshop: Workshop) -> None:
    run = workshop.start(
        a=workshop.component("one", "tinyone"), b=workshop.component("two", "tinytwo")
    )
    workshop.work(run)
    assert run.state == "success"
    assert node(run, "a")["environment"]["digest"] != node(run, "b")["environment"]["digest"]


def test_the_building_is_read_live_as_attempt_0(
    workshop: Workshop, held: Callable[[], None]
) -> None:
    run = workshop.start(a=workshop.component("one", "tinyone"))
    workshop.world.work(run)
    client = APIClient()
    client.force_login(workshop.world.ann)
    address = f"/api/v1/runs/{run.pk}/nodes/a/log/"
    wait_until(lambda: "the build has begun" in client.get(address).json()["text"])
    early = client.get(address).json()
    assert (early["attempt"], early["complete"]) == (0, False)
    assert early["text"].startswith("Choosing versions for tinyone …\n")
    held()
    workshop.work(run)
    late = client.get(address, {"attempt": 0}).json()
    assert late["complete"]
    assert "+ tinyone==1.0" in late["text"]
    rest = client.get(address, {"attempt": 0, "offset": early["next_offset"]}).json()
    assert early["text"] + rest["text"] == late["text"]
    assert client.get(address).json()["attempt"] == 1
    whole = client.get(address, {"attempt": 0, "download": 1})
    assert b"".join(whole.streaming_content).decode() == late["text"]


def test_a_failed_build_fails_the_node_in_words_and_the_next_run_builds_again(
    workshop: Workshop,
) -> None:
    bad = workshop.component("bad", "tinyone==7")
    run = workshop.world.start(
        {"a": {"component": bad, "retry": {"max_attempts": 3, "backoff": {"initial": 0}}}}
    )
    workshop.work(run)
    found = node(run, "a")
    assert run.state == "failed"
    assert found["attempt"] == 1
    assert found["error"]["kind"] == "environment"
    assert "no versions could be chosen" in found["error"]["message"]
    assert "you require tinyone==7" in found["error"]["message"]
    client = APIClient()
    client.force_login(workshop.world.ann)
    log = client.get(f"/api/v1/runs/{run.pk}/nodes/a/log/").json()
    assert (log["attempt"], log["complete"]) == (1, True)
    assert log["text"].count("you require tinyone==7") == 1
    assert log["text"].endswith("(UV_DEFAULT_INDEX, UV_INDEX).\n")
    wheels.wheel(workshop.packages, "tinyone", "7", "VALUE = 7\n")
    run = workshop.start(a=bad)
    workshop.work(run)
    assert run.state == "success"


def test_a_network_that_is_away_uses_up_the_node_s_attempts(
    workshop: Workshop, tmp_path: Path
) -> None:
    store = new_environments(
        workshop.root,
        workshop.packages,
        PIP_NO_INDEX="",
        PIP_FIND_LINKS="",
        UV_DEFAULT_INDEX="http://127.0.0.1:9/",
        UV_HTTP_RETRIES="0",
    )
    driver = workshop.new_driver("w1", store)
    one = workshop.component("one", "tinyone")
    run = workshop.world.start(
        {"a": {"component": one, "retry": {"max_attempts": 2, "backoff": {"initial": 0}}}}
    )
    workshop.work(run, driver)
    assert node(run, "a")["attempt"] == 2
    assert [attempt["error"]["kind"] for attempt in node(run, "a")["attempts"]] == [
        "environment"
    ] * 2
    assert EnvironmentBuild.objects.count() == 2


def test_two_workers_install_the_same_although_the_index_has_moved_on(
    workshop: Workshop, tmp_path: Path
) -> None:
    one = workshop.component("one", "tinyone")
    workshop.work(workshop.start(a=one))
    wheels.wheel(workshop.packages, "tinyone", "1.5", "VALUE = 15\n")
    other = workshop.new_driver("w2", new_environments(tmp_path / "elsewhere", workshop.packages))
    run = workshop.start(a=one)
    workshop.work(run, other)
    assert run.state == "success"
    assert EnvironmentBuild.objects.count() == 2
    assert len({build.digest for build in EnvironmentBuild.objects.all()}) == 1


def test_the_first_of_two_locks_holds(workshop: Workshop) -> None:
    need = locks.Need(workshop.world.team.pk, kinds.python.requirements.parse(["tinyone"]))
    first = locks.keep(need, builder.Lock("tinyone==1.0\n"))
    assert locks.keep(need, builder.Lock("tinyone==1.5\n")) == first
    assert locks.digest_of(need) == first.digest
    elsewhere = locks.Need(Team.objects.create(name="B", slug="b").pk, need.requirements)
    assert locks.find(elsewhere) is None


def test_renewing_lets_the_next_run_choose_and_a_clone_keeps_what_it_had(
    workshop: Workshop,
) -> None:
    one = workshop.component("one", "tinyone")
    run = workshop.start(a=one)
    workshop.work(run)
    old = node(run, "a")["environment"]["digest"]
    wheels.wheel(workshop.packages, "tinyone", "1.5", "VALUE = 15\n")
    client = APIClient()
    client.force_login(workshop.world.ann)
    renewed = client.post(f"/api/v1/environments/{old}/renew/").json()
    assert renewed["current"] is False
    fresh = workshop.start(a=one)
    workshop.work(fresh)
    new = node(fresh, "a")["environment"]["digest"]
    assert client.get(f"/api/v1/environments/{new}/").json()["packages"] == [
        {"name": "tinyone", "version": "1.5"}
    ]
    clone = actions.clone(run, user=workshop.world.ann)
    workshop.work(clone)
    assert node(clone, "a")["environment"]["digest"] == old
    assert client.get("/api/v1/environments/").json()["count"] == 2


def test_choosing_the_same_again_is_no_new_lock(workshop: Workshop) -> None:
    one = workshop.component("one", "tinyone")
    workshop.work(workshop.start(a=one))
    (lock,) = EnvironmentLock.objects.all()
    locks.renew(lock)
    workshop.work(workshop.start(a=one))
    lock.refresh_from_db()
    assert lock.current
    assert EnvironmentLock.objects.count() == 1


def test_a_worker_that_dies_during_a_build_leaves_the_node_to_another(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The dead one neither builds on nor says that it still does."""
    dead = workshop.new_driver("dead")
    monkeypatch.setattr(Builder, "_build", lambda self, build: None)
    monkeypatch.setattr(Builder, "_look_after", lambda self: None)
    run = workshop.start(a=workshop.component("one", "tinyone"))
    workshop.world.work(run, dead)
    assert workshop.world.states(run) == {"a": "waiting"}
    monkeypatch.undo()
    NodeRun.objects.filter(run=run).update(run_at=run.created_at)
    sweep.start_due_retries()
    workshop.work(run)
    assert run.state == "success"


def test_a_worker_that_builds_keeps_its_nodes_from_looking_elsewhere(
    workshop: Workshop, held: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "_RENEW_SECONDS", 0.0)
    run = workshop.start(a=workshop.component("one", "tinyone"))
    workshop.world.work(run)
    before = NodeRun.objects.get(run=run).run_at
    wait_until(lambda: NodeRun.objects.get(run=run).run_at > before)
    held()
    workshop.work(run)


def test_a_worker_that_is_stopped_hands_its_nodes_on(
    workshop: Workshop, held: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = workshop.start(a=workshop.component("one", "tinyone"))
    workshop.world.work(run)
    workshop.builders[0].store.uv.stop()
    held()
    wait_until(lambda: workshop.world.states(run) == {"a": "queued"})
    assert EnvironmentBuild.objects.get().state == "cancelled"
    workshop.work(run, workshop.new_driver("w2"))
    assert run.state == "success"


def test_a_cancelled_run_does_not_wait_for_the_build(
    workshop: Workshop, held: Callable[[], None]
) -> None:
    run = workshop.start(a=workshop.component("one", "tinyone"))
    workshop.world.work(run)
    actions.cancel(run, workshop.world.ann)
    assert workshop.world.states(run) == {"a": "cancelled"}
    held()
    wait_until(lambda: EnvironmentBuild.objects.get().state == "success")
    assert workshop.world.states(run) == {"a": "cancelled"}


def test_the_cache_knows_what_a_result_was_made_with(workshop: Workshop) -> None:
    one = workshop.component("one", "tinyone")
    pipeline = workshop.world.pipeline({"a": {"component": one, "cache": True}})

    def run() -> dict[str, Any]:
        started = actions.start(pipeline, user=workshop.world.ann)
        workshop.work(started)
        return node(started, "a")

    assert not run()["cached"]
    assert run()["cached"]
    locks.renew(EnvironmentLock.objects.get())
    wheels.wheel(workshop.packages, "tinyone", "1.5", "VALUE = 15\n")
    fresh = run()
    assert not fresh["cached"]
    assert "its environment differs" in str(fresh["cache"])


def test_a_free_source_brings_its_requirements(workshop: Workshop) -> None:
    spec = kinds.build("python", {"source": "def f() -> int: ...", "namespace": "acme"}).model_copy(
        update={
            "name": "free",
            "implementation": {"source_parameter": "code"},
            "parameters": {
                "type": "object",
                "properties": {"code": {"type": "string"}},
                "additionalProperties": False,
            },
        }
    )
    catalog.publish(spec, workshop.world.team, workshop.world.ann)
    code = '# /// script\n# dependencies = ["tinyone"]\n# ///\ndef f() -> int: ...\n'
    wheels.wheel(workshop.packages, "pandas", "9.0", "")
    wheels.wheel(workshop.packages, "pyarrow", "99.0", "")
    run = workshop.world.start({"a": {"component": "acme/free@1", "params": {"code": code}}})
    workshop.work(run)
    (lock,) = EnvironmentLock.objects.all()
    assert (lock.requirements, lock.added) == (["tinyone"], ["pandas", "pyarrow"])
    assert "pandas==9.0" in lock.text


def test_without_requirements_the_record_names_penstock_s_own_libraries(workshop: Workshop) -> None:
    run = workshop.world.start("a")
    workshop.world.work(run)
    locks.keep_own()
    locks.keep_own()
    (lock,) = EnvironmentLock.objects.all()
    found = node(run, "a")
    assert found["environment"] is None
    assert [attempt["environment"] for attempt in found["attempts"]] == [lock.digest]
    client = APIClient()
    client.force_login(workshop.world.ann)
    shown = client.get(f"/api/v1/environments/{lock.digest}/").json()
    assert "pandas" in [package["name"] for package in shown["packages"]]
    assert client.post(f"/api/v1/environments/{lock.digest}/renew/").status_code == 404


def test_a_container_has_what_is_in_its_image(workshop: Workshop) -> None:
    world = workshop.world
    fields = {"name": "box", "namespace": "acme", "image": "busybox"}
    catalog.publish(kinds.build("container", fields), world.team, world.ann)
    run = world.start({"a": {"component": "acme/box"}})
    prepared = Preparation(RunFacts.load(run.pk), plans.own(world.node(run, "a"))).prepared()
    assert (prepared.need, prepared.environment) == (None, "")


def test_the_step_really_runs_in_it(workshop: Workshop, tmp_path: Path) -> None:
    store = new_environments(workshop.root, workshop.packages)
    driver = workshop.new_driver("w1", store)
    driver.executor = ProcessExecutor(tmp_path / "steps", warm=(), environments=store)
    run = workshop.start(
        a=workshop.component("one", "tinyone"), b=workshop.component("two", "tinytwo")
    )
    try:
        workshop.work(run, driver)
    finally:
        driver.executor.close()
    assert run.state == "success"
    assert [node(run, name)["outputs"] for name in "ab"] == [{"result": 1}, {"result": 2}]
