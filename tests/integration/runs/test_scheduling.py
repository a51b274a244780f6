"""What a worker takes next: urgent before others, fair between teams, within all limits."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.catalog import actions as catalog
from pipelines.kinds import registry as kinds
from pipelines.runs import actions, broker, claims, hints, scheduling, statements, sweep
from pipelines.runs.models import Lane, Limit, NodeRun, Run
from pipelines.runs.slots import Slots
from pipelines.teams.models import Team
from tests.integration.runs.conftest import STEP
from tests.support.fake_executor import Gate, wait_until

GIB = 2**30


@pytest.fixture(autouse=True)
def fresh_limits():
    scheduling.forget_limits()
    yield
    scheduling.forget_limits()


@pytest.fixture
def told(monkeypatch):
    """The queues in which workers were told that something waits."""
    queues: list[str] = []
    monkeypatch.setattr(broker, "waiting", lambda queue: 0)
    monkeypatch.setattr(hints._workers, "add", lambda by_queue: queues.extend(by_queue))
    return queues


@contextmanager
def team(world, name):
    """Whatever is started inside belongs to this team."""
    mine, world.team = world.team, Team.objects.create(name=name, slug=name)
    catalog.publish(STEP.model_copy(update={"namespace": name}), world.team, world.ann)
    yield {"component": f"{name}/step"}
    world.team = mine


def limit(scope, name="", team=None, slots=1):
    Limit.objects.create(scope=scope, name=name, team=team, slots=slots)
    scheduling.forget_limits()


def small_worker(cpu=2, memory=4 * GIB, gpus=()):
    return Slots.of(2, cpu, memory, gpus)


def test_the_priority_of_node_and_run_add_up(world):
    world.start({"a": {}, "b": {"priority": 5}, "c": {"priority": -5}})
    pipeline = world.pipeline("d")
    actions.start(pipeline, priority=7, user=world.ann)
    world.work()
    assert world.executor.order == ["d", "b", "a", "c"]


def test_a_clone_keeps_the_priority_and_the_limit_of_its_run(world):
    run = actions.start(world.pipeline("a"), priority=7, max_parallel=3, user=world.ann)
    made = actions.clone(run, user=world.ann)
    assert (made.priority, made.max_parallel) == (7, 3)


def test_runs_of_a_team_share_lanes(world):
    for _ in range(3):
        world.start("abc")
    world.start({"d": {"resources": {"gpu": 1}}, "e": {"queue": "big"}})
    assert Lane.objects.count() == 3


def test_containers_are_left_to_workers_that_can_run_them(world):
    fields = {"name": "box", "namespace": STEP.namespace, "image": "busybox"}
    catalog.publish(kinds.build("container", fields), world.team, world.ann)
    run = world.start({"a": {"component": f"{STEP.namespace}/box"}, "b": {}})
    slots = small_worker()
    slots.can_use(["process"])
    world.work(driver=world.new_driver("w1", slots=slots))
    assert world.executor.order == ["b"]
    slots.can_use(["process", "docker"])
    world.work(run, driver=world.new_driver("w1", slots=slots))
    assert world.executor.order == ["b", "a"]
    assert run.state == "success"


def test_one_slot_alternates_between_teams(world):
    world.start({f"a{number}": {} for number in range(20)})
    with team(world, "bob") as step:
        world.start({f"b{number}": step for number in range(5)})
    world.work()
    assert [name[0] for name in world.executor.order[:11]] == list("abababababa")


@pytest.mark.parametrize("scope", ["pool", "queue", "team", "run"])
def test_workers_that_race_never_pass_a_limit(world, scope):
    top = {"max_parallel": 2} if scope == "run" else {}
    names = {"pool": "licences", "queue": "default"}
    if scope != "run":
        limit(scope, names.get(scope, ""), world.team if scope == "team" else None, slots=2)
    gates = {f"n{number}": Gate() for number in range(6)}
    world.executor.behaviours.update(gates)
    run = world.start({name: {"pool": "licences"} for name in gates}, **top)
    threads = [
        world.in_thread(lambda name=name: world.new_driver(name).execute(0))
        for name in ("w1", "w2", "w3", "w4")
    ]
    wait_until(lambda: len(world.executor.running) == 2)
    wait_until(lambda: sum(thread.is_alive() for thread in threads) == 2)
    for gate in gates.values():
        gate.opened.set()
    for thread in threads:
        thread.join(20)
    run.refresh_from_db()
    assert (run.state, world.executor.most_running) == ("success", 2)


def test_a_worker_takes_what_fits_and_hands_out_its_gpus(world):
    gates = {name: Gate() for name in "abc"}
    world.executor.behaviours.update(gates)
    run = world.start(
        {
            "a": {"resources": {"gpu": 1, "memory": "3Gi"}},
            "b": {"resources": {"gpu": 1, "memory": "2Gi"}},
            "c": {"resources": {"memory": "1Gi", "cpu": 0.5}},
            "d": {"resources": {"cpu": 99}},
        }
    )
    driver = world.new_driver("w1", slots=small_worker(gpus=("4", "7")))
    slots = [world.in_thread(lambda: driver.execute(0)) for _ in range(3)]
    wait_until(lambda: world.executor.running == {"a", "c"})
    wait_until(lambda: sum(slot.is_alive() for slot in slots) == 2)
    for gate in gates.values():
        gate.opened.set()
    for slot in slots:
        slot.join(20)
    assert world.states(run) == {"a": "success", "b": "success", "c": "success", "d": "queued"}
    assert [world.executor.requests[name][0].gpus for name in "abc"] == [("4",), ("4",), ()]
    assert world.executor.requests["c"][0].limits.cpu == 0.5
    assert driver.taker.slots.free == driver.taker.slots.whole


def test_a_node_without_resources_takes_a_slot_and_sees_every_gpu_of_nobody(world):
    world.start("a")
    world.driver = world.new_driver("w1", slots=small_worker())
    world.work()
    assert world.executor.requests["a"][0].gpus is None


def test_room_that_a_claim_lost_is_given_back(world, monkeypatch):
    run = world.start("a")
    taker = world.taker("w1", slots=small_worker())

    def stumble(*_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(statements.Batch, "run", stumble)
    with pytest.raises(RuntimeError, match="disk"):
        claims.claim(world.node(run, "a").pk, taker)
    assert taker.slots.free == taker.slots.whole


def test_a_freed_place_wakes_those_who_wait_for_it(world, told):
    limit("pool", "licences")
    world.start({"a": {"pool": "licences"}, "b": {"pool": "licences", "queue": "other"}})
    told.clear()
    world.driver.execute(0)
    assert world.executor.order == ["a"]
    assert told == ["other"]


def test_a_node_that_took_only_a_slot_wakes_nobody(world, told):
    world.start({"a": {}, "b": {"queue": "other"}})
    told.clear()
    world.driver.execute(0)
    assert told == []


def test_a_limit_that_is_lifted_is_noticed(world):
    limit("pool", "licences", slots=0)
    world.start({"a": {"pool": "licences"}})
    assert world.driver.execute(0) == 0
    Limit.objects.update(slots=1)
    scheduling.forget_limits()
    assert world.driver.execute(0) == 1


def test_queued_rows_without_a_lane_are_given_one(world):
    run = world.start({"a": {"priority": 3}, "b": {}}, ["a -> b"])
    NodeRun.objects.update(lane=None)
    assert world.driver.execute(0) == 0
    assert sweep.sweep() >= 1
    assert Lane.objects.get(pk=world.node(run, "a").lane_id).priority == 3
    assert world.driver.execute(0) == 1
    sweep.sweep()
    world.work(run)
    assert run.state == "success"


def test_what_nobody_claimed_is_published_again_lane_by_lane(world, told):
    world.start({f"a{number}": {} for number in range(hints.MAX_BURST + 5)})
    world.start({"b": {"priority": -9}})
    NodeRun.objects.update(published_at=timezone.now() - timedelta(minutes=1))
    assert sweep.publish_again() == hints.MAX_BURST + 1
    assert sweep.publish_again() == 5


# Ten thousand nodes


@pytest.fixture
def crowd(world):
    """Ten thousand queued nodes of one team, copied from a few real ones."""
    run = world.start({f"n{number}": {} for number in range(3)})
    model = world.node(run, "n0")
    fields = {field.attname: getattr(model, field.attname) for field in NodeRun._meta.fields}
    del fields["id"]
    NodeRun.objects.bulk_create(
        (NodeRun(**{**fields, "node": f"m{number}"}) for number in range(9_997)), batch_size=500
    )
    Run.objects.filter(pk=run.pk).update(open_nodes=10_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return run


def test_ten_nodes_do_not_wait_for_ten_thousand_of_another_team(world, crowd):
    with team(world, "bob") as step:
        run = world.start({f"b{number}": step for number in range(10)}, ["b0 -> b1", "b1 -> b2"])

    def last(request, listener):
        world.driver.accepting = bool(
            NodeRun.objects.filter(run=run).exclude(state="success").count() > 1
        )
        return {"result": 1, "file": 1}

    for number in range(10):
        world.executor.behaviours[f"b{number}"] = last
    world.driver.execute(0)
    run.refresh_from_db()
    assert run.state == "success"
    assert len(world.executor.order) <= 2 * 10 + 3


def test_a_choice_reads_the_oldest_of_a_lane_and_no_other_queued_row(world, crowd):
    slots = small_worker()
    scheduling.choose(("default",), slots)  # from here on it knows the lane
    with CaptureQueriesContext(connection) as captured:
        assert scheduling.choose(("default",), slots) is not None
    asked = [query["sql"] for query in captured if "runs_limit" not in query["sql"]]
    assert len(asked) == 1
    with connection.cursor() as cursor:
        analyze = "QUERY PLAN" if connection.vendor == "sqlite" else ""
        cursor.execute(f"EXPLAIN {analyze} {asked[0]}")
        plan = "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())
    assert "node_runs_queued" in plan
    for scan in ("SCAN q", "SCAN n", "Seq Scan on runs_noderun"):
        assert scan not in plan
