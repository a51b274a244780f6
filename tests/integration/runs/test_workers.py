"""Workers announce themselves, and a run says before it starts what would wait for one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.catalog import actions as catalog
from pipelines.kinds import registry as kinds
from pipelines.runs import (
    actions,
    announcements,
    capabilities,
    identity,
    scheduling,
    sweep,
    waiting,
)
from pipelines.runs.models import Event, Limit, NodeRun
from pipelines.runs.models import Worker as WorkerRow
from pipelines.runs.worker import Worker
from tests.integration.runs.conftest import STEP
from tests.support.fake_executor import wait_until


def announced(name="w1", queues=("default",), **facts):
    facts = {"executors": ["process"], "slots": 2, "cpu": 2, "memory": 2**33, **facts}
    return WorkerRow.objects.create(name=name, host="here", queues=list(queues), **facts)


def test_a_worker_announces_itself_and_says_goodbye(world):
    worker = Worker(["default", "gpu"], 3, world.executor)
    worker.start()
    wait_until(lambda: WorkerRow.objects.filter(isolation="strong").exists())
    row = WorkerRow.objects.get()
    assert (row.name, row.queues, row.slots, row.busy) == (worker.name, ["default", "gpu"], 3, 0)
    assert "process" in row.executors
    assert row.cpu > 0
    assert row.memory > 2**28
    assert list(announcements.living()) == [row]
    worker.stop(0)
    worker.close()
    assert not WorkerRow.objects.exists()


def test_a_worker_that_was_forgotten_is_back_with_its_next_beat(world):
    facts = announcements.Facts.of_this_machine("w1", ["default"], 2)
    announcements.announce(facts, busy=0, isolation="", usable={"process": ""})
    WorkerRow.objects.all().delete()
    usable = {"docker": "", "kubernetes": "the worker is in no cluster"}
    announcements.announce(facts, busy=1, isolation="basic", usable=usable)
    row = WorkerRow.objects.get()
    assert (row.busy, row.isolation, row.started_at) == (1, "basic", facts.started_at)
    assert row.executors == ["docker"]
    assert row.lacks == {"kubernetes": "the worker is in no cluster"}


def test_the_sweep_forgets_who_is_silent_or_dead(world):
    me = identity.own()
    dead = identity.Identity(me.host, me.pid, me.machine, str(int(me.start) + 1))
    sweep.sweep()  # seals what the audit log has of this world
    announced("alive")
    announced("silent", seen_at=timezone.now() - timedelta(minutes=1))
    announced(str(dead))
    assert sweep.sweep() == 2
    assert [row.name for row in WorkerRow.objects.all()] == ["alive"]


def test_a_node_that_nobody_can_run_says_so_and_still_runs_when_somebody_comes(world):
    announced()
    run = world.start({"a": {"queue": "gpu"}, "b": {}})
    assert world.node(run, "a").reason == "no worker serves the queue `gpu`"
    assert world.node(run, "b").reason == ""
    world.work(run, driver=world.new_driver("w2", ("gpu", "default")))
    assert run.state == "success"
    assert world.node(run, "a").reason == ""


def test_the_warnings_before_a_run_name_each_reason_once(world):
    announced()
    pipeline = world.pipeline(
        {
            "a": {"queue": "gpu"},
            "b": {"queue": "gpu", "title": "Train"},
            "c": {"resources": {"cpu": 64, "memory": "1Gi"}},
            "d": {},
        }
    )
    assert [problem.message for problem in capabilities.warnings(pipeline, 1)] == [
        "`a` and `Train` will wait: no worker serves the queue `gpu`.",
        "`c` will wait: no worker of the queue `default` has 64 cores; the largest has 2 cores.",
    ]


def test_a_container_says_what_it_needs_before_the_run_and_while_it_waits(world):
    announced()
    fields = {"name": "box", "namespace": STEP.namespace, "image": "busybox"}
    catalog.publish(kinds.build("container", fields), world.team, world.ann)
    pipeline = world.pipeline({"a": {"component": f"{STEP.namespace}/box"}})
    missing = "no worker of the queue `default` has Docker, Podman or Kubernetes"
    (problem,) = capabilities.warnings(pipeline, 1)
    assert problem.message == f"`a` will wait: {missing}."
    run = actions.start(pipeline, user=world.ann)
    assert world.node(run, "a").reason == missing


def test_what_would_wait_inside_of_a_sub_pipeline_is_said_as_well(world):
    announced()
    world.pipeline({"deep": {"queue": "gpu"}}, name="inner")
    outer = world.pipeline({"a": {"pipeline": "inner", "title": "Score"}, "b": {}})
    (problem,) = capabilities.warnings(outer, 1)
    assert problem.node == "a"
    assert problem.message == "`Score → deep` will wait: no worker serves the queue `gpu`."


def test_an_unfinished_draft_is_looked_at_as_far_as_it_can_be_read(world):
    announced()
    pipeline = world.pipeline("a")
    pipeline.draft["nodes"] += [
        {"id": "b", "component": "acme/step", "queue": "gpu"},
        {"id": "c", "component": "acme/unknown", "queue": "gpu"},
        {"id": "d"},
    ]
    (problem,) = capabilities.warnings(pipeline)
    assert (problem.node, problem.code) == ("b", "cannot_run_now")
    pipeline.draft = []
    assert capabilities.warnings(pipeline) == []


def test_many_nodes_are_named_by_the_first_few(world):
    pipeline = world.pipeline({f"n{number}": {} for number in range(12)})
    (problem,) = capabilities.warnings(pipeline)
    assert problem.message == (
        "`n0`, `n1`, `n2`, `n3`, `n4` and 7 more will wait: no worker is running."
    )


@pytest.fixture
def waited_long(world):
    """Makes everything that is queued old enough to be talked about."""

    def age():
        NodeRun.objects.filter(state="queued").update(
            queued_at=timezone.now() - timedelta(seconds=10)
        )

    return age


def test_a_container_that_waits_for_a_busy_worker_says_nothing(world, waited_long):
    announced()
    fields = {"name": "box", "namespace": STEP.namespace, "image": "busybox"}
    catalog.publish(kinds.build("container", fields), world.team, world.ann)
    run = world.start({"a": {"component": f"{STEP.namespace}/box"}})
    assert world.node(run, "a").reason.startswith("no worker of the queue `default` has Docker")
    waited_long()
    announced("w2", executors=["process", "docker"])
    assert waiting.say_why() == 1
    assert world.node(run, "a").reason == ""


def test_a_node_says_what_it_waits_for_as_long_as_it_does(world, waited_long):
    scheduling.forget_limits()
    Limit.objects.create(scope="pool", name="licences", slots=0)
    run = world.start({"a": {"pool": "licences"}})
    assert world.node(run, "a").reason == "no worker is running"
    assert waiting.say_why() == 0  # too early
    waited_long()
    announced()
    assert waiting.say_why() == 1
    reason = "the pool `licences` may have 0 nodes at work at the same time"
    assert world.node(run, "a").reason == reason
    assert waiting.say_why() == 0
    assert Event.objects.filter(run=run, data__reason=reason).count() == 1
    Limit.objects.all().delete()
    scheduling.forget_limits()
    assert waiting.say_why() == 1
    assert world.node(run, "a").reason == ""


def test_only_the_oldest_of_many_are_told(world, waited_long):
    announced()
    world.start({f"n{number}": {} for number in range(50)})
    WorkerRow.objects.all().delete()
    waited_long()
    assert waiting.say_why() == 20
