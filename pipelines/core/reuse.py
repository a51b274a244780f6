"""What of an earlier run a new one may keep, what has to run, and what is left out.

A node is kept when it ended well, is still the same node, and everything upstream of it is kept
too: its inputs are then those it had. Whatever has to run takes with it all that is upstream of it
and cannot be kept. The rest is left out: it stays in the new run as skipped, so that a run always
shows its whole graph, and a later run can take up what this one left.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .plan import NodePlan
from .problems import InvalidDefinition, Problem
from .states import NodeState


class Mode(StrEnum):
    """`resume` runs all that did not end well; the others start at chosen nodes."""

    RESUME = "resume"
    FROM = "from"
    TO = "to"
    ONLY = "only"
    RETRY = "retry"


class Fate(StrEnum):
    KEEP = "keep"
    RUN = "run"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Before:
    """A node in the earlier run. `intact`: all artifacts among its outputs are still there;
    `items`: how many of its items succeeded.
    """

    plan: NodePlan
    state: NodeState
    reason: str = ""
    intact: bool = True
    items: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to run again.

    `nodes` may hold items of mapped nodes, `train[17]`, to run from there: the other items that
    succeeded then keep their results.
    `origin` names the earlier run in messages ("run #12"); it is empty when there is none.
    `changed_parameters` are the pipeline's parameters that have another value than in that run.
    """

    mode: Mode
    nodes: frozenset[str] = frozenset()
    origin: str = ""
    changed_parameters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`items`: of a mapped node that runs, items of the earlier run keep their results where they
    succeeded, but for those in `anew`.
    """

    fate: Fate
    why: str
    items: bool = False
    anew: frozenset[int] = frozenset()


#: How the reasons of skips begin that say nothing about the node itself.
STOPPED = "the run stopped after"
LEFT_OUT = "left out"

#: What may change about a node without making its result another one.
_HARMLESS = frozenset(
    {
        "id", "title", "component", "upstream", "downstream", "references", "retry", "timeout",
        "cache", "cache_max_age", "cpu", "memory_bytes", "gpu", "queue", "pool", "priority",
        "pools", "spec", "given", "items_of", "items_anew",
    }
)  # fmt: skip
_SAID = {
    "inputs": "its inputs are connected otherwise",
    "environment": "its environment differs",
    "when": "its condition changed",
    "run_if": "the rule when it may start changed",
}
_WORDS = {
    NodeState.FAILED: "it failed in {}",
    NodeState.CANCELLED: "it was cancelled in {}",
    NodeState.SKIPPED: "it was skipped in {}",
}


def decide(
    plans: Sequence[NodePlan], before: Mapping[str, Before], wish: Wish
) -> dict[str, Verdict]:
    """A verdict on every node. `plans` come upstream first.

    Raises InvalidDefinition: for an unknown or missing node, when there is nothing to run, and when
    `only` names nodes that need a result which is not there.
    """
    return _Decision(plans, before, wish).verdicts()


class _Decision:
    def __init__(self, plans: Sequence[NodePlan], before: Mapping[str, Before], wish: Wish) -> None:
        self.plans = {plan.id: plan for plan in plans}
        self.before = before
        self.wish = wish
        self.chosen, self.items = self._choose()
        self.exits = {plan.id for plan in plans if plan.on_exit}
        self._check_chosen()
        #: Why each node that cannot be kept cannot be kept.
        self.hindered: dict[str, str] = {}
        for plan in plans:
            if why := self._hindrance(plan):
                self.hindered[plan.id] = why
        self.running = self._running()

    def verdicts(self) -> dict[str, Verdict]:
        if self.running <= self.exits:
            raise _refused(
                "nothing_to_run",
                f"Everything in {self.wish.origin or 'this pipeline'} has succeeded and is "
                "unchanged, so there is nothing to run. To run nodes anyway, choose them and run "
                "from there.",
            )
        return {node: self._verdict(node) for node in self.plans}

    def _verdict(self, node: str) -> Verdict:
        if node in self.running:
            why = self.hindered[node]
            if not self._keeps_items(self.plans[node]):
                return Verdict(Fate.RUN, why)
            anew = self.items.get(node, frozenset())
            others = "the others" if anew else "its items"
            why = f"{why}; {others} that succeeded keep their results"
            return Verdict(Fate.RUN, why, items=True, anew=anew)
        if node not in self.hindered:
            if self.before[node].state is NodeState.SKIPPED:
                return Verdict(Fate.KEEP, f"skipped in {self.wish.origin}")
            return Verdict(Fate.KEEP, f"kept from {self.wish.origin}")
        return Verdict(Fate.LEAVE, self._why_left_out())

    def _why_left_out(self) -> str:
        names = _names(self.chosen)
        if self.wish.mode is Mode.TO:
            return f"{LEFT_OUT}: it is not on the way to {names}"
        if self.wish.mode is Mode.ONLY:
            return f"{LEFT_OUT}: only {names} {'was' if len(self.chosen) == 1 else 'were'} to run"
        return f"{LEFT_OUT}: it does not come after {names}"

    def _check_chosen(self) -> None:
        if self.wish.mode is Mode.RESUME:
            return
        if not self.chosen:
            raise _refused("no_nodes", f"Name the nodes to run {self.wish.mode.value}.")
        unknown = sorted(self.chosen - self.plans.keys())
        if unknown:
            raise InvalidDefinition(
                [
                    Problem(
                        code="unknown_node",
                        message=f"There is no node `{node}` in this version of the pipeline.",
                        node=node,
                    )
                    for node in unknown
                ]
            )

    def _hindrance(self, plan: NodePlan) -> str:
        """Why the node's earlier result cannot stand; nothing when it can."""
        if plan.id in self.items:
            return f"{_items(self.items[plan.id])} again"
        if plan.id in self.chosen:
            return "chosen"
        if plan.on_exit:
            return "it runs at the end of every run"
        before = self.before.get(plan.id)
        if before is None:
            return f"it is not in {self.wish.origin}" if self.wish.origin else "it is needed"
        if before.state is not NodeState.SUCCESS and not _settled(before):
            return _WORDS.get(before.state, "it did not end in {}").format(self.wish.origin)
        if difference := _difference(before.plan, plan, self.wish.changed_parameters):
            return difference
        if not before.intact:
            return "its artifacts are gone"
        for node in plan.upstream:
            if node in self.hindered:
                return f"`{node}` runs again" if node in self.before else f"`{node}` runs"
        return ""

    def _choose(self) -> tuple[frozenset[str], dict[str, frozenset[int]]]:
        """The chosen nodes, and of which of them just items are. What is no item is a node."""
        nodes: set[str] = set()
        items: dict[str, frozenset[int]] = {}
        for name in () if self.wish.mode is Mode.RESUME else self.wish.nodes:
            node, _, index = name.removesuffix("]").partition("[")
            plan = self.plans.get(node)
            if self.wish.mode is Mode.FROM and index.isdecimal() and plan and plan.map:
                items[node] = items.get(node, frozenset()) | {int(index)}
                nodes.add(node)
            else:
                nodes.add(name)
        some = {node: indices for node, indices in items.items() if node not in self.wish.nodes}
        return frozenset(nodes), some

    def _keeps_items(self, plan: NodePlan) -> bool:
        """Whether the node maps as it did before, over what can be kept, so that its items stand.

        How many may run or fail at a time says nothing about any of them.
        """
        before = self.before.get(plan.id)
        if before is None or not before.items or not plan.map or not before.plan.map:
            return False
        if plan.on_exit or (plan.id in self.chosen and plan.id not in self.items):
            return False
        if before.plan.map.over != plan.map.over:
            return False
        as_now = before.plan.model_copy(update={"map": plan.map})
        return not (
            _difference(as_now, plan, self.wish.changed_parameters)
            or any(node in self.hindered for node in plan.upstream)
        )

    def _running(self) -> set[str]:
        wanted = self._wanted()
        running = {node for node in wanted if node in self.hindered}
        for plan in reversed(self.plans.values()):
            if plan.id in running:
                missing = [node for node in plan.upstream if node in self.hindered]
                if self.wish.mode is Mode.ONLY:
                    self._check_there(plan.id, [node for node in missing if node not in running])
                else:
                    running.update(missing)
        return running

    def _wanted(self) -> set[str]:
        """The nodes that are asked for, whether or not they can be kept."""
        match self.wish.mode:
            case Mode.RESUME:
                return set(self.plans)
            case Mode.FROM | Mode.RETRY:
                found = set(self.chosen)
                for plan in self.plans.values():
                    if not found.isdisjoint(plan.upstream):
                        found.add(plan.id)
                return found | self.exits
            case Mode.TO:
                found = set(self.chosen)
                for plan in reversed(self.plans.values()):
                    if plan.id in found:
                        found.update(plan.upstream)
                return found
            case Mode.ONLY:
                return set(self.chosen)

    def _check_there(self, node: str, missing: Iterable[str]) -> None:
        problems = [
            Problem(
                code="missing_result",
                message=f"`{node}` needs `{each}`, whose result cannot be kept: "
                f"{self.hindered[each]}. Choose `{each}` too, or run to `{node}`.",
                node=node,
            )
            for each in missing
        ]
        if problems:
            raise InvalidDefinition(problems)


def _settled(before: Before) -> bool:
    """Whether a skip was decided by the node and what is upstream of it, not by the run."""
    return before.state is NodeState.SKIPPED and not before.reason.startswith((STOPPED, LEFT_OUT))


def _difference(old: NodePlan, new: NodePlan, changed_parameters: frozenset[str]) -> str:
    """What makes the new node's result another one than the old one's; nothing if nothing does."""
    if old.digest != new.digest:
        if old.component != new.component:
            return f"its component was `{old.component}`, now `{new.component}`"
        return "its component is another version"
    for name in sorted(old.params.keys() | new.params.keys()):
        if _json(old.params.get(name, _ABSENT)) != _json(new.params.get(name, _ABSENT)):
            return f"its parameter `{name}` changed"
    if set(old.upstream) != set(new.upstream):
        return _SAID["inputs"]
    before, now = _meaning(old), _meaning(new)
    for name in now:
        if before[name] != now[name]:
            return _SAID.get(name, f"its `{name}` changed")
    for name in sorted(changed_parameters):
        gives_it = new.kind == "parameter" and new.params.get("name") == name
        if gives_it or _looks_at(_json(list(now.values())), name):
            return f"the pipeline's parameter `{name}` changed"
    return ""


def _meaning(plan: NodePlan) -> dict[str, Any]:
    return plan.model_dump(mode="json", exclude=set(_HARMLESS))


def _looks_at(text: str, parameter: str) -> bool:
    """Whether an expression in the text could look at a parameter of the pipeline.

    Too often rather than too seldom: a node that is run once more than needed harms nobody.
    """
    return re.search(rf"\bparams\s*(\.\s*{parameter}\b|\[|[^.\s\w])", text) is not None


#: No JSON value is equal to it.
_ABSENT = {"absent": ["\0"]}


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _items(indices: Iterable[int]) -> str:
    shown = [str(index) for index in sorted(indices)]
    if len(shown) == 1:
        return f"item {shown[0]} runs"
    if len(shown) > 4:
        return f"{len(shown)} items run"
    return f"items {', '.join(shown[:-1])} and {shown[-1]} run"


def _names(nodes: Iterable[str]) -> str:
    names = [f"`{node}`" for node in sorted(nodes)]
    shown = names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _refused(code: str, message: str) -> InvalidDefinition:
    return InvalidDefinition([Problem(code=code, message=message)])
