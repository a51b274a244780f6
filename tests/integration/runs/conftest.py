"""A team, components, and a worker without Celery whose steps do what the test says."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from pipelines import library
from pipelines.catalog import actions as catalog
from pipelines.core.component import ComponentSpec
from pipelines.designs import actions as designs
from pipelines.designs.models import Pipeline
from pipelines.runs import actions, live, sweep
from pipelines.runs.claims import Taker
from pipelines.runs.driver import Driver
from pipelines.runs.models import NodeRun, Run
from pipelines.runs.recorder import Recorder
from pipelines.runs.slots import Slots
from pipelines.teams.models import Membership, Team, User
from pipelines.teams.roles import Role
from tests.support.fake_executor import FakeExecutor

STEP = ComponentSpec(
    namespace="acme",
    name="step",
    kind="shell",
    inputs=[
        {"name": "data", "type": "any", "required": False},
        {"name": "more", "type": "any", "required": False, "multiple": True},
        {"name": "table", "type": "table", "required": False},
    ],
    outputs=[{"name": "result", "type": "any"}, {"name": "file", "type": "table"}],
    parameters={
        "type": "object",
        "properties": {
            "x": {},
            "path": {"type": "string", "format": "file"},
        },
    },
    implementation={"command": "true"},
)
NEEDS = STEP.model_copy(
    update={"name": "needs", "inputs": [STEP.inputs[0].model_copy(update={"required": True})]}
)


CONTROL = {spec.full_name: spec for spec in library.load() if spec.namespace == "control"}


class World:
    """What a test says and asks. Slots run only when `work` is called."""

    def __init__(self) -> None:
        self.team = Team.objects.create(name="Acme", slug="acme")
        self.ann = User.objects.create_user("ann")
        Membership.objects.create(team=self.team, user=self.ann, role=Role.EDITOR)
        self.executor = FakeExecutor()
        self.recorder = Recorder()
        self.drivers: list[Driver] = []
        self.driver = self.new_driver("w1")
        for spec in (STEP, NEEDS):
            catalog.publish(spec, self.team, self.ann)

    def new_driver(
        self, name: str, queues: tuple[str, ...] = ("default",), slots: Slots | None = None
    ) -> Driver:
        made = Driver(self.taker(name, queues, slots), self.executor, self.recorder)
        self.drivers.append(made)
        return made

    def taker(
        self, name: str, queues: tuple[str, ...] = ("default",), slots: Slots | None = None
    ) -> Taker:
        return Taker(name, queues, slots or Slots.of(64, 64, 2**40, ("0", "1", "2", "3")))

    def pipeline(
        self, nodes: dict[str, dict[str, Any]] | str, edges: list[str] = (), **top: Any
    ) -> Pipeline:
        """Nodes by id (or a text of one-letter ids); edges as `a -> b` or `a.result -> b.data`."""
        if isinstance(nodes, str):
            nodes = {name: {} for name in nodes}
        for component in {node.get("component") or "" for node in nodes.values()}:
            if component.startswith("control/"):
                catalog.publish(CONTROL[component], None, None)
        definition = {
            "schema": 1,
            "name": "test",
            "nodes": [
                {"id": n, **({} if "pipeline" in more else {"component": "acme/step"}), **more}
                for n, more in nodes.items()
            ],
            "edges": [dict(zip(("from", "to"), edge.split(" -> "), strict=True)) for edge in edges],
            **top,
        }
        pipeline = designs.create(self.team, definition, self.ann)
        designs.publish(pipeline, "", self.ann)
        return pipeline

    def start(
        self,
        nodes: dict[str, dict[str, Any]] | str,
        edges: list[str] = (),
        parameters: dict[str, Any] | None = None,
        **top: Any,
    ) -> Run:
        pipeline = self.pipeline(nodes, edges, **top)
        return actions.start(pipeline, parameters=parameters, user=self.ann)

    def work(self, run: Run | None = None, driver: Driver | None = None) -> None:
        """Let one slot work until nothing is queued; retries that wait are made due."""
        driver = driver or self.driver
        while True:
            row = NodeRun.objects.filter(state="queued").order_by("queued_at", "pk").first()
            if row is None:
                waiting = NodeRun.objects.filter(state="pending", run_at__isnull=False)
                if not waiting.exists():
                    break
                waiting.update(run_at=waiting.earliest("run_at").started_at)
                sweep.start_due_retries()
                continue
            if (
                not driver.execute(row.pk)
                and NodeRun.objects.filter(pk=row.pk, state="queued").exists()
            ):
                break
        if run is not None:
            run.refresh_from_db()

    def in_thread(self, deed: Callable[[], Any]) -> threading.Thread:
        """Another slot. Its database connection is closed at the end."""

        def work() -> None:
            try:
                deed()
            finally:
                connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        self.threads.append(thread)
        return thread

    def node(self, run: Run, node: str) -> NodeRun:
        return NodeRun.objects.get(run=run, node=node)

    def states(self, run: Run) -> dict[str, str]:
        return dict(NodeRun.objects.filter(run=run).values_list("node", "state"))

    threads: list[threading.Thread]


@pytest.fixture
def world(transactional_db: None, tmp_path: Any, settings: Any) -> Iterator[World]:
    """Commits are real, because slots are threads with connections of their own."""
    made = World()
    made.threads = []
    yield made
    live.kill(live.all_held(), live.Kill.RELEASED)
    for thread in made.threads:
        thread.join(10)
    for driver in made.drivers:
        driver.close()
    made.recorder.stop()
