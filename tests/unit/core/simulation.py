"""A run in memory: the View that the machine asks, and a small world that answers its commands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipelines.core import machine
from pipelines.core.document import Backoff
from pipelines.core.machine import Advance, Event, NodeView, RunView
from pipelines.core.states import UNSTARTED, NodeState

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Simulation:
    """Edges are pairs of node ids; `asked` counts the nodes that the last event loaded."""

    views: dict[str, NodeView]
    run: RunView
    upstream: dict[str, set[str]]
    now: datetime = START
    asked: set[str] = field(default_factory=set)
    swept: bool = False
    history: list[tuple[str, NodeState, int]] = field(default_factory=list)
    baseline: dict[str, tuple[NodeState, int]] = field(default_factory=dict)

    def node(self, node: str) -> NodeView:
        self.asked.add(node)
        return self.views[node]

    def nodes(self, nodes: Iterable[str]) -> Mapping[str, NodeView]:
        return {node: self.node(node) for node in nodes}

    def unstarted(self) -> Iterable[NodeView]:
        self.swept = True
        return [view for view in self.views.values() if view.state in UNSTARTED]

    def feed(self, event: Event) -> Advance:
        self.asked, self.swept = set(), False
        answer = machine.advance(self, event, self.now)
        self.run = answer.run
        for change in answer.changes:
            assert self.views[change.before.id] == change.before
            self.views[change.after.id] = change.after
            if (change.before.state, change.before.attempt) != (
                change.after.state,
                change.after.attempt,
            ):
                self.history.append((change.after.id, change.after.state, change.after.attempt))
        return answer

    def states(self) -> dict[str, NodeState]:
        return {name: view.state for name, view in self.views.items()}

    def in_state(self, state: NodeState) -> list[str]:
        return [name for name, view in self.views.items() if view.state is state]

    def due(self) -> tuple[str, ...]:
        return tuple(
            name
            for name, view in self.views.items()
            if view.state is NodeState.PENDING and view.run_at is not None
        )

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def simulate(
    edges: Iterable[tuple[str, str]],
    *,
    nodes: Iterable[str] = (),
    on_failure: str = "stop",
    run_if: Mapping[str, str] | None = None,
    max_attempts: Mapping[str, int] | None = None,
    backoff: Backoff | None = None,
) -> Simulation:
    """A run that has been started."""
    edges = list(dict.fromkeys(edges))
    names = list(dict.fromkeys([*nodes, *(name for edge in edges for name in edge)]))
    upstream = {name: {a for a, b in edges if b == name} for name in names}
    views = {
        name: NodeView(
            id=name,
            run_if=(run_if or {}).get(name, "all_success"),
            max_attempts=(max_attempts or {}).get(name, 1),
            backoff=backoff or Backoff(),
            downstream=tuple(b for a, b in edges if a == name),
            upstream_open=len(upstream[name]),
        )
        for name in names
    }
    run = RunView(on_failure=on_failure, open_nodes=len(names))
    simulation = Simulation(views, run, upstream)
    simulation.feed(machine.Started())
    simulation.baseline = {n: (v.state, v.attempt) for n, v in simulation.views.items()}
    simulation.history.clear()
    return simulation
