"""What the expressions of a definition may look at: parameters, and nodes upstream of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from .document import Definition, Node
from .expressions import (
    Reference,
    check_syntax,
    check_template,
    has_template,
    references,
    template_references,
)
from .graph import Graph
from .problems import Problem

_RUN_FIELDS = ("id", "number")
_ATTRIBUTES = ("outputs", "state")


def node_references(node: Node) -> Iterator[tuple[str, list[Reference]]]:
    """`(field, what it looks at)` for each part of a node that holds an expression."""
    if node.when is not None:
        yield "when", references(node.when)
    for name, value in node.params.items():
        if has_template(value):
            yield f"params.{name}", template_references(value)


def check_expressions(
    definition: Definition,
    graph: Graph,
    outputs: Mapping[str, set[str] | None],
    dropped: frozenset[str],
    label: Callable[[str], str],
) -> Iterator[Problem]:
    """Syntax, unknown names, and references to nodes that are not upstream.

    `outputs` holds the output ports of each node, None where its component is unknown.
    """
    rules = _Rules({each.name for each in definition.parameters}, graph, outputs, dropped, label)
    for node in definition.nodes:
        for field, wrong in _syntax(node):
            yield Problem(
                code="bad_expression",
                message=f"{label(node.id)}, `{field}`: {wrong}.",
                node=node.id,
                field=field,
            )
        for field, found in node_references(node):
            for reference in found:
                if (problem := rules.problem(node, field, reference)) is not None:
                    yield problem


def _syntax(node: Node) -> Iterator[tuple[str, str]]:
    if node.when is not None:
        if "${{" in node.when:
            yield "when", "write the expression alone, without `${{ }}`"
        elif wrong := check_syntax(node.when):
            yield "when", wrong
    for name, value in node.params.items():
        for wrong in check_template(value):
            yield f"params.{name}", wrong


@dataclass
class _Rules:
    parameters: set[str]
    graph: Graph
    outputs: Mapping[str, set[str] | None]
    dropped: frozenset[str]
    label: Callable[[str], str]

    @cached_property
    def above(self) -> list[int]:
        """Computed only for pipelines in which an expression looks at a node."""
        return self.graph.ancestors()

    def problem(self, node: Node, field: str, reference: Reference) -> Problem | None:
        check = {"params": self._parameter, "run": self._run, "nodes": self._node}
        found = check[reference.root](node, reference)
        if found is None:
            return None
        code, message = found
        return Problem(
            code=code,
            message=f"{self.label(node.id)}, `{field}`: {message}",
            node=node.id,
            field=field,
        )

    def _parameter(self, node: Node, reference: Reference) -> tuple[str, str] | None:
        if reference.name is None or reference.name in self.parameters:
            return None
        known = _names(self.parameters, "the pipeline has no parameters")
        return (
            "unknown_reference",
            f"`{reference}` is not a parameter of the pipeline ({known}); "
            "add the parameter or correct the name.",
        )

    def _run(self, node: Node, reference: Reference) -> tuple[str, str] | None:
        if reference.name is None or reference.name in _RUN_FIELDS:
            return None
        return (
            "unknown_reference",
            f"`{reference}` is not known; there are `run.id` and `run.number`.",
        )

    def _node(self, node: Node, reference: Reference) -> tuple[str, str] | None:
        if reference.name is None:
            return (
                "bad_expression",
                "`nodes` must be followed by the id of a node, such as `nodes.load.outputs.rows`.",
            )
        if reference.name in self.dropped:
            return None
        if reference.name not in self.outputs:
            return (
                "unknown_reference",
                f"`{reference}` names a node that does not exist; correct the id.",
            )
        other = self.label(reference.name)
        if reference.attribute not in (*_ATTRIBUTES, None):
            return (
                "unknown_reference",
                f"`{reference}` is not known; write `nodes.{reference.name}.outputs.…` "
                f"or `nodes.{reference.name}.state`.",
            )
        ports = self.outputs[reference.name]
        if reference.port is not None and ports is not None and reference.port not in ports:
            return (
                "unknown_reference",
                f"`{reference}` is not an output of {other} ({_names(ports, 'it has none')}).",
            )
        upstream = self.above[self.graph.index[node.id]]
        if reference.name == node.id or not upstream >> self.graph.index[reference.name] & 1:
            return (
                "unreachable_reference",
                f"`{reference}` cannot be read here, because {other} is not upstream of "
                f"{self.label(node.id)}; connect {other} to it, or to a node before it.",
            )
        return None


def _names(names: Iterable[str], nothing: str) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)[:10]) or nothing
