"""A run in memory: the View that the machine asks, and a small world that answers its commands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipelines.core import machine
from pipelines.core.document import Backoff
from pipelines.core.machine import Advance, Event, NodeView, RunView, item_id
from pipelines.core.states import UNSTARTED, NodeState

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Simulation:
    """Edges are pairs of node ids; `asked` counts the nodes that the last event loaded.

    Items are among the views. `exits` are the nodes on exit.
    """

    views: dict[str, NodeView]
    run: RunView
    upstream: dict[str, set[str]]
    now: datetime = START
    asked: set[str] = field(default_factory=set)
    swept: bool = False
    history: list[tuple[str, NodeState, int]] = field(default_factory=list)
    baseline: dict[str, tuple[NodeState, int]] = field(default_factory=dict)
    exits: frozenset[str] = frozenset()
    tries: dict[str, int] = field(default_factory=dict)
    #: For tests to note: which branches were taken, and how often a node waited or handed out.
    took: dict[str, frozenset[str]] = field(default_factory=dict)
    looks: int = 0

    def node(self, node: str) -> NodeView:
        self.asked.add(node)
        return self.views[node]

    def nodes(self, nodes: Iterable[str]) -> Mapping[str, NodeView]:
        return {node: self.node(node) for node in nodes}

    def unstarted(self) -> Iterable[NodeView]:
        self.swept = True
        return [v for v in self.views.values() if v.state in UNSTARTED and not v.parent]

    def handed_out(self) -> Iterable[NodeView]:
        return [
            view
            for view in self.views.values()
            if view.state is NodeState.RUNNING and view.phase in ("items", "child")
        ]

    def unstarted_items(self, node: str) -> int:
        return len(self._unstarted_items(node))

    def _unstarted_items(self, node: str) -> list[NodeView]:
        return [v for v in self.views.values() if v.parent == node and v.state in UNSTARTED]

    def hand_out(self, node: str, items: int, parallel: int = 256) -> Advance:
        """Make the items of a mapped node, as the engine does before it says so."""
        view = self.views[node] = replace(self.views[node], mapped=True)
        for index in range(items):
            item = item_id(node, index)
            self.views[item] = NodeView(
                id=item, parent=node, max_attempts=self.tries.get(node, 1), on_exit=view.on_exit
            )
        return self.feed(machine.HandedOut(node, "items", items, parallel))

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
        changed = {change.after.id for change in answer.changes}
        for command in answer.commands:
            if isinstance(command, machine.EndItems):
                ended = [v for v in self._unstarted_items(command.node) if v.id not in changed]
                assert len(ended) == command.count
                for item in ended:
                    self.views[item.id] = replace(item, state=command.state, reason=command.reason)
        return answer

    def states(self) -> dict[str, NodeState]:
        return {name: view.state for name, view in self.views.items()}

    def in_state(self, state: NodeState) -> list[str]:
        return [name for name, view in self.views.items() if view.state is state]

    def due(self) -> tuple[str, ...]:
        return tuple(
            name
            for name, view in self.views.items()
            if view.state in (NodeState.PENDING, NodeState.WAITING) and view.run_at is not None
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
    exits: Iterable[str] = (),
    cases: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
    allow_failures: int | str = 0,
) -> Simulation:
    """A run that has been started."""
    edges = list(dict.fromkeys(edges))
    exits = frozenset(exits)
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
            on_exit=name in exits,
            cases=(cases or {}).get(name),
            allow_failures=allow_failures,
        )
        for name in names
    }
    run = RunView(on_failure=on_failure, open_nodes=len(names), open_exits=len(exits))
    simulation = Simulation(views, run, upstream, exits=exits, tries=dict(max_attempts or {}))
    simulation.feed(machine.Started())
    simulation.baseline = {n: (v.state, v.attempt) for n, v in simulation.views.items()}
    simulation.history.clear()
    return simulation
