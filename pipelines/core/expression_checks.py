"""What the expressions of a definition may look at: parameters, and nodes upstream of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from .component import ComponentSpec
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
from .interface import BRANCHES, Interface, expressions_in
from .problems import Problem

_RUN_FIELDS = ("id", "number")
#: Nodes on exit run when all else is over, so they may also ask how it went.
_EXIT_RUN_FIELDS = (*_RUN_FIELDS, "state", "reason")
_ATTRIBUTES = ("outputs", "state")


@dataclass(frozen=True)
class Place:
    """Where an expression stands. `template` is a value with `${{ }}` in it, else it is bare."""

    field: str
    text: object
    template: bool = False

    def looks_at(self) -> list[Reference]:
        return template_references(self.text) if self.template else references(str(self.text))

    def wrong(self) -> list[str]:
        if self.template:
            return check_template(self.text)
        if "${{" in str(self.text):
            return ["write the expression alone, without `${{ }}`"]
        return [wrong] if (wrong := check_syntax(str(self.text))) else []


def expression_places(node: Node, spec: ComponentSpec | None) -> Iterator[Place]:
    """Every part of a node that holds expressions. Without its spec bare ones go unseen."""
    if node.when is not None:
        yield Place("when", node.when)
    schemas = (spec.parameters.get("properties") or {}) if spec is not None else {}
    for name, value in node.params.items():
        field = f"params.{name}"
        bare = expressions_in(schemas.get(name), value, field)
        yield from (Place(where, text) for where, text in bare)
        if not bare and has_template(value):
            yield Place(field, value, template=True)
    if node.loop is not None:
        yield Place("loop.until", node.loop.until)


def node_references(node: Node, spec: ComponentSpec | None) -> Iterator[Reference]:
    """Everything that the expressions of a node look at."""
    for place in expression_places(node, spec):
        yield from place.looks_at()


def check_expressions(
    definition: Definition,
    graph: Graph,
    interfaces: Mapping[str, Interface | None],
    specs: Mapping[str, ComponentSpec | None],
    dropped: frozenset[str],
    label: Callable[[str], str],
) -> Iterator[Problem]:
    """Syntax, unknown names, and references to nodes that are not upstream.

    `interfaces` and `specs` hold what is known of each node, None where its component is unknown.
    """
    exits = frozenset(node.id for node in definition.nodes if node.on_exit)
    rules = _Rules(
        {each.name for each in definition.parameters},
        graph,
        interfaces,
        specs,
        dropped,
        exits,
        label,
    )
    for node in definition.nodes:
        places = list(expression_places(node, specs.get(node.id)))
        for place in places:
            for wrong in place.wrong():
                yield Problem(
                    code="bad_expression",
                    message=f"{label(node.id)}, `{place.field}`: {wrong}.",
                    node=node.id,
                    field=place.field,
                )
        for place in places:
            for reference in place.looks_at():
                if (problem := rules.problem(node, place.field, reference)) is not None:
                    yield problem


_Found = tuple[str, str] | None


@dataclass
class _Rules:
    parameters: set[str]
    graph: Graph
    interfaces: Mapping[str, Interface | None]
    specs: Mapping[str, ComponentSpec | None]
    dropped: frozenset[str]
    exits: frozenset[str]
    label: Callable[[str], str]

    @cached_property
    def above(self) -> list[int]:
        """Computed only for pipelines in which an expression looks at a node."""
        return self.graph.ancestors()

    def problem(self, node: Node, field: str, reference: Reference) -> Problem | None:
        checks: dict[str, Callable[[Node, str, Reference], _Found]] = {
            "params": self._parameter,
            "run": self._run,
            "nodes": self._node,
            "inputs": self._input,
            "each": self._each,
            "outputs": self._loop,
            "round": self._loop,
        }
        found = checks[reference.root](node, field, reference)
        if found is None:
            return None
        code, message = found
        return Problem(
            code=code,
            message=f"{self.label(node.id)}, `{field}`: {message}",
            node=node.id,
            field=field,
        )

    def _parameter(self, node: Node, field: str, reference: Reference) -> _Found:
        if reference.name is None or reference.name in self.parameters:
            return None
        known = _names(self.parameters, "the pipeline has no parameters")
        return (
            "unknown_reference",
            f"`{reference}` is not a parameter of the pipeline ({known}); "
            "add the parameter or correct the name.",
        )

    def _run(self, node: Node, field: str, reference: Reference) -> _Found:
        known = _EXIT_RUN_FIELDS if node.on_exit else _RUN_FIELDS
        if reference.name is None or reference.name in known:
            return None
        if reference.name in _EXIT_RUN_FIELDS:
            return (
                "unknown_reference",
                f"`{reference}` is known only when the run is over; use it in a node on exit.",
            )
        there = " and ".join(f"`run.{name}`" for name in known)
        return "unknown_reference", f"`{reference}` is not known; there are {there}."

    def _input(self, node: Node, field: str, reference: Reference) -> _Found:
        spec, own = self.specs.get(node.id), self.interfaces.get(node.id)
        if spec is None or own is None:
            return None
        if spec.kind not in BRANCHES or field == "when":
            return (
                "unknown_reference",
                f"`{reference}` is known only inside a branch or an approval; elsewhere name the "
                "node that it comes from, such as `nodes.load.outputs.rows`.",
            )
        if reference.name is None or reference.name in own.inputs:
            return None
        known = _names(own.inputs, "it has none")
        return "unknown_reference", f"`{reference}` is not an input of this node ({known})."

    def _each(self, node: Node, field: str, reference: Reference) -> _Found:
        mapped = node.map is not None and field.startswith("params.")
        if not mapped or field == f"params.{node.map and node.map.over}":
            return (
                "unknown_reference",
                f"`{reference}` is known only in the parameters of a node that maps over a list.",
            )
        if reference.name in (None, "value", "index"):
            return None
        return (
            "unknown_reference",
            f"`{reference}` is not known; there are `each.value` and `each.index`.",
        )

    def _loop(self, node: Node, field: str, reference: Reference) -> _Found:
        if field != "loop.until":
            return (
                "unknown_reference",
                f"`{reference}` is known only in the condition of a loop (`until`).",
            )
        spec = self.specs.get(node.id)
        known = (
            {"number"}
            if reference.root == "round"
            else {port.name for port in spec.outputs}
            if spec is not None
            else None
        )
        if known is None or reference.name is None or reference.name in known:
            return None
        there = _names(known, "the sub-pipeline declares no outputs")
        return "unknown_reference", f"`{reference}` is not known here ({there})."

    def _node(self, node: Node, field: str, reference: Reference) -> _Found:
        if reference.name is None:
            return (
                "bad_expression",
                "`nodes` must be followed by the id of a node, such as `nodes.load.outputs.rows`.",
            )
        if reference.name in self.dropped:
            return None
        if reference.name not in self.interfaces:
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
        own = self.interfaces[reference.name]
        if reference.port is not None and own is not None and reference.port not in own.outputs:
            return (
                "unknown_reference",
                f"`{reference}` is not an output of {other} ({_names(own.outputs, 'it has none')}).",
            )
        if node.on_exit and reference.name not in self.exits:
            return None  # all that is not on exit has ended by then
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
