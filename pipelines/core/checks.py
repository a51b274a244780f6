"""Does a definition make sense? Every problem at once, each with its place and the way out."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Set
from typing import Any, Protocol

from .component import ComponentSpec
from .connections import connection_parameters
from .document import PIPELINE_PREFIX, Definition, Edge, End, Node
from .expression_checks import check_expressions
from .expressions import has_template
from .graph import Graph
from .interface import Interface, expression_fields, feeds, interface
from .nesting import check_nesting
from .parameters import check_declarations
from .parsing import Parsed, parse_leniently
from .pattern_checks import check_patterns
from .problems import Problem
from .schemas import ParameterSchema
from .secrets import secret_parameters


class Catalog(Protocol):
    """Where component specs come from. Asked once per name and version."""

    def spec(self, name: str, version: int | None) -> ComponentSpec | None:
        """The spec of `namespace/name` or `pipeline:slug` in a version; None asks for the newest."""

    def latest(self, name: str) -> int | None:
        """The number of the newest version; None for an unknown name."""

    def owner_to_ask(self, name: str) -> str | None:
        """The team that no longer shares a component which is in use here."""


#: What a kind finds wrong with one node's own values: given the spec, the parameters, and the ports
#: that have an edge. Messages go after the node's name, without a full stop.
OwnRules = Callable[[ComponentSpec, Mapping[str, Any], Set[str]], Iterable[Problem]]


#: The type of each connection that the pipeline's team has, by its name; asked like the secrets.
ConnectionTypes = Callable[[], Mapping[str, str]]
#: The names of the secrets that the pipeline's team has; asked when the first node names one.
SecretNames = Callable[[], Container[str]]


def no_rules(spec: ComponentSpec, params: Mapping[str, Any], fed: Set[str]) -> Iterable[Problem]:
    """Where nobody knows the kinds."""
    return ()


def parse(raw: Any) -> tuple[Definition | None, list[Problem]]:
    """A Definition, or None and why not: what is well-formed, not whether it makes sense."""
    parsed = parse_leniently(raw)
    return (None if parsed.problems else parsed.definition), parsed.problems


def check(
    definition: Definition | Any,
    catalog: Catalog,
    own_rules: OwnRules = no_rules,
    *,
    slug: str | None = None,
    secrets: SecretNames | None = None,
    connections: ConnectionTypes | None = None,
) -> list[Problem]:
    """All problems of a definition or of a raw document: first what cannot be read, then sort by
    sort, each in the order of the document. `own_rules` are those of the kinds.

    Parts of a raw document that cannot be read are reported and left out; everything else is
    checked as if they were right. `slug` is the pipeline's own, so that it cannot include itself.
    Without `secrets` nobody knows which there are, and any name will do.
    """
    parsed = (
        Parsed(definition, [], frozenset())
        if isinstance(definition, Definition)
        else parse_leniently(definition)
    )
    if parsed.definition is None:
        return parsed.problems
    found = _Check(
        parsed.definition, catalog, parsed.dropped, own_rules, slug, secrets, connections
    ).run()
    return parsed.problems + list(found)


def component_refs(raw: Definition | Any) -> set[tuple[str, int | None]]:
    """The components that a document names, so that a catalog can fetch them all at once."""
    definition = raw if isinstance(raw, Definition) else parse_leniently(raw).definition
    nodes = definition.nodes if definition else []
    return {(node.ref_name, node.ref_version) for node in nodes}


class Used:
    """A component spec with its parameters made ready for many nodes."""

    def __init__(self, spec: ComponentSpec) -> None:
        self.spec = spec
        self.parameters = ParameterSchema(spec.parameters)
        self.expressions = frozenset(expression_fields(spec))
        self.secrets = secret_parameters(spec.parameters)
        self.connections = connection_parameters(spec.parameters)


class _Check:
    """One pass over one definition. Each method yields the problems of one sort."""

    def __init__(
        self,
        definition: Definition,
        catalog: Catalog,
        dropped: frozenset[str],
        own_rules: OwnRules,
        slug: str | None,
        secrets: SecretNames | None,
        connections: ConnectionTypes | None,
    ) -> None:
        self.slug = slug
        self.secrets = secrets
        self.connections = connections
        self.definition = definition
        self.catalog = catalog
        self.dropped = dropped
        self.own_rules = own_rules
        self.nodes: dict[str, Node] = {}
        for node in definition.nodes:
            self.nodes.setdefault(node.id, node)
        self._titles = Counter(node.title for node in self.nodes.values() if node.title)
        self._used: dict[str, Used | None] = {}
        self._parameters_by_name = {each.name: each for each in definition.parameters}
        self._interfaces: dict[str, Interface | None] = {}
        self.into: dict[tuple[str, str | None], list[Edge]] = {}

    def run(self) -> Iterator[Problem]:
        if not self.definition.nodes and not self.dropped:
            yield Problem(
                code="empty", message="The pipeline has no nodes; add a component to begin."
            )
        rules: list[Callable[[], Iterator[Problem]]] = [
            self._ids,
            self._components,
            self._parameters,
            self._secrets,
            self._connections,
            self._edges,
            self._inputs,
            self._own,
            self._patterns,
            self._order,
        ]
        yield from check_declarations(self.definition.parameters)
        for rule in rules:
            yield from rule()

    def label(self, node_id: str) -> str:
        """What a person calls a node: its title, with the id where a title is used twice."""
        node = self.nodes.get(node_id)
        if node is None or not node.title:
            return f"`{node_id}`"
        return f"`{node.title}`" if self._titles[node.title] == 1 else f"`{node.title} ({node_id})`"

    def used(self, node: Node) -> Used | None:
        if node.ref not in self._used:
            spec = self.catalog.spec(node.ref_name, node.ref_version)
            self._used[node.ref] = Used(spec) if spec else None
        return self._used[node.ref]

    def interface(self, node: Node) -> Interface | None:
        """The node's own ports; None where what it uses is unknown."""
        if node.id not in self._interfaces:
            used = self.used(node)
            self._interfaces[node.id] = (
                interface(node, used.spec, self._parameters_by_name) if used else None
            )
        return self._interfaces[node.id]

    def _ids(self) -> Iterator[Problem]:
        counts = Counter(node.id for node in self.definition.nodes)
        for node_id, count in counts.items():
            if count > 1:
                yield Problem(
                    code="duplicate_id",
                    message=f"{count} nodes have the id `{node_id}`; give each its own.",
                    node=node_id,
                    field="id",
                )

    def _components(self) -> Iterator[Problem]:
        for node in self.definition.nodes:
            if self.used(node) is not None:
                continue
            label, version = self.label(node.id), node.ref_version
            latest = self.catalog.latest(node.ref_name)
            name = node.ref_name.removeprefix(PIPELINE_PREFIX)
            if latest is not None:
                code = "unknown_version"
                message = (
                    f"{label} uses version {version} of `{name}`, which does not exist; "
                    f"the newest is {latest}."
                )
            elif node.pipeline is not None:
                code = "unknown_pipeline"
                message = (
                    f"{label} uses the pipeline `{name}`, which your team does not have or never "
                    "published; publish it first, or choose another."
                )
            elif (owner := self.catalog.owner_to_ask(node.ref_name)) is not None:
                code = "withheld_component"
                message = (
                    f"{label} uses `{name}`, which the team {owner} no longer shares with yours. What "
                    f"is published runs on; to publish anew, ask an administrator of {owner} for "
                    "it, or choose another component."
                )
            else:
                code = "unknown_component"
                message = (
                    f"{label} uses `{name}`, which is not in the catalog; "
                    "choose another component, or publish this one first."
                )
            field = "component" if node.pipeline is None else "pipeline"
            yield Problem(code=code, message=message, node=node.id, field=field)

    def _parameters(self) -> Iterator[Problem]:
        for node in self.definition.nodes:
            used = self.used(node)
            if used is not None:
                yield from check_node_parameters(node, used, self.label(node.id))

    def _secrets(self) -> Iterator[Problem]:
        for node in self.definition.nodes:
            used = self.used(node)
            for name in used.secrets if used else ():
                yield from self._one_secret(node, name, node.params.get(name))

    def _one_secret(self, node: Node, parameter: str, value: Any) -> Iterator[Problem]:
        label, field = self.label(node.id), f"params.{parameter}"
        if has_template(value) or (node.map is not None and node.map.over == parameter):
            yield Problem(
                code="computed_secret",
                message=f"{label} must name its secret `{parameter}` itself: no expression, and no "
                "list that it maps over, may choose which secret a step is given.",
                node=node.id,
                field=field,
            )
            return
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str) or not name or self.secrets is None:
                continue
            if name not in self.secrets():
                yield Problem(
                    code="unknown_secret",
                    message=f"{label} names the secret `{name}`, which your team does not have; "
                    "choose another, or let an administrator write it on the team's page.",
                    node=node.id,
                    field=field,
                )

    def _connections(self) -> Iterator[Problem]:
        for node in self.definition.nodes:
            used = self.used(node)
            for parameter, types in used.connections.items() if used else ():
                yield from self._one_connection(node, parameter, types)

    def _one_connection(
        self, node: Node, parameter: str, types: tuple[str, ...]
    ) -> Iterator[Problem]:
        label, field = self.label(node.id), f"params.{parameter}"
        name = node.params.get(parameter)
        if has_template(name) or (node.map is not None and node.map.over == parameter):
            yield Problem(
                code="computed_connection",
                message=f"{label} must name its connection `{parameter}` itself: no expression, and "
                "no list that it maps over, may choose which connection a step is given.",
                node=node.id,
                field=field,
            )
            return
        if not isinstance(name, str) or not name or self.connections is None:
            return
        type = self.connections().get(name)
        if type is not None and (not types or type in types):
            return
        why = (
            f"is a {type}; it takes {' or '.join(types)}"
            if type
            else "your team does not have; choose another, or let an administrator make it on the "
            "team's page"
        )
        yield Problem(
            code="wrong_connection" if type else "unknown_connection",
            message=f"{label} names the connection `{name}`, which {why}.",
            node=node.id,
            field=field,
        )

    def _edges(self) -> Iterator[Problem]:
        seen: set[str] = set()
        for edge in self.definition.edges:
            text = str(edge)
            if text in seen:
                yield Problem(
                    code="duplicate_edge",
                    message=f"The edge `{text}` is there twice; remove one of them.",
                    edge=text,
                )
                continue
            seen.add(text)
            yield from self._one_edge(edge, text)

    def _one_edge(self, edge: Edge, text: str) -> Iterator[Problem]:
        known = True
        for node in dict.fromkeys((edge.source.node, edge.target.node)):
            if node not in self.nodes:
                known = False
                if node not in self.dropped:
                    yield Problem(
                        code="unknown_node",
                        message=f"The edge `{text}` names `{node}`, and there is no such node; "
                        "remove the edge or add the node.",
                        edge=text,
                    )
        if edge.source.node == edge.target.node:
            yield Problem(
                code="self_edge",
                message=f"{self.label(edge.source.node)} is connected to itself; remove this edge.",
                node=edge.source.node,
                edge=text,
            )
            known = False
        if known and edge.is_data:
            yield from self._data_edge(edge, text)
        elif (edge.source.port is None) != (edge.target.port is None) and not (
            known and self._is_case(edge)
        ):
            yield Problem(
                code="mixed_edge",
                message=f"The edge `{text}` joins a port to a whole node; name a port at both ends "
                "to carry data, or at neither for order alone.",
                edge=text,
            )

    def _is_case(self, edge: Edge) -> bool:
        """Whether an edge from a port to a whole node starts at a branch's case."""
        if edge.source.port is None:
            return False
        giver = self.interface(self.nodes[edge.source.node])
        return giver is None or edge.source.port in giver.cases

    def _data_edge(self, edge: Edge, text: str) -> Iterator[Problem]:
        source, target = edge.source, edge.target
        taking = self.nodes[target.node]
        giver, taker = self.interface(self.nodes[source.node]), self.interface(taking)
        output = giver.outputs.get(str(source.port)) if giver else None
        wanted = taker.inputs.get(str(target.port)) if taker else None
        if giver and output is None:
            yield self._unknown_port(source, "output", giver.outputs, text)
        if taker and wanted is None:
            yield self._unknown_port(target, "input", taker.inputs, text)
        before = self.into.setdefault((target.node, target.port), [])
        before.append(edge)
        place = f"{self.label(target.node)} at `{target.port}`"
        if wanted and not wanted.multiple and len(before) > 1:
            yield Problem(
                code="port_taken",
                message=f"{place} already gets {self._source(before[0])} and takes only one edge; "
                "remove one of them.",
                node=target.node,
                port=target.port,
                edge=text,
            )
        mapped = taking.map is not None and taking.map.over == target.port
        if giver and output and wanted and not feeds(giver, output.name, wanted, mapped=mapped):
            yield Problem(
                code="type_mismatch",
                message=f"{place} takes {_a(wanted.type)}, but {self._source(edge)} is "
                f"{_a(output.type)}; put a component between them that makes {_a(wanted.type)}.",
                node=target.node,
                port=target.port,
                edge=text,
            )

    def _source(self, edge: Edge) -> str:
        return f"`{edge.source.port}` of {self.label(edge.source.node)}"

    def _unknown_port(self, end: End, sort: str, known: Iterable[str], edge: str) -> Problem:
        names = ", ".join(f"`{name}`" for name in known)
        rest = f"it has {names}." if names else f"it has no {sort}s."
        return Problem(
            code="unknown_port",
            message=f"{self.label(end.node)} has no {sort} `{end.port}`; {rest}",
            node=end.node,
            port=end.port,
            edge=edge,
        )

    def _inputs(self) -> Iterator[Problem]:
        fed_by_dropped = {
            (edge.target.node, edge.target.port)
            for edge in self.definition.edges
            if edge.source.node in self.dropped
        }
        for node in self.nodes.values():
            own = self.interface(node)
            for port in own.inputs.values() if own else ():
                place = (node.id, port.name)
                if port.required and place not in self.into and place not in fed_by_dropped:
                    wanted = "anything" if port.type == "any" else _a(port.type)
                    yield Problem(
                        code="missing_input",
                        message=f"{self.label(node.id)} needs an edge into `{port.name}`; "
                        f"connect an output that gives {wanted}.",
                        node=node.id,
                        port=port.name,
                    )

    def _own(self) -> Iterator[Problem]:
        fed: dict[str, set[str]] = {}
        for edge in self.definition.edges:
            fed.setdefault(edge.target.node, set()).add(edge.target.port or "")
        for node in self.nodes.values():
            used = self.used(node)
            if used is None:
                continue
            params = {**used.parameters.defaults, **node.params}
            for found in self.own_rules(used.spec, params, fed.get(node.id, set())):
                message = f"{self.label(node.id)}: {found.message}."
                yield found.model_copy(update={"node": node.id, "message": message})

    def _order(self) -> Iterator[Problem]:
        edges = self.definition.edges
        graph = Graph(list(self.nodes), ((edge.source.node, edge.target.node) for edge in edges))
        for cycle in graph.cycles():
            closing = next(
                edge
                for edge in edges
                if (edge.source.node, edge.target.node) == (cycle[-2], cycle[-1])
            )
            yield Problem(
                code="cycle",
                message=f"{' → '.join(map(self.label, cycle))} is a cycle; "
                "remove one of these edges.",
                node=cycle[0],
                edge=str(closing),
            )
        yield from check_expressions(
            self.definition,
            graph,
            {node.id: self.interface(node) for node in self.nodes.values()},
            self._specs(),
            self.dropped,
            self.label,
        )

    def _patterns(self) -> Iterator[Problem]:
        nodes = self.nodes.values()
        interfaces = {node.id: self.interface(node) for node in nodes}
        yield from check_patterns(self.definition, interfaces, self._specs(), self.label)
        refs = {node.ref: used.spec for node in nodes if (used := self.used(node))}
        yield from check_nesting(self.definition, self.slug, refs, self.label)

    def _specs(self) -> dict[str, ComponentSpec | None]:
        """The spec of each node, by its id."""
        return {
            node.id: used.spec if (used := self.used(node)) else None
            for node in self.nodes.values()
        }


def check_node_parameters(node: Node, used: Used, label: str) -> Iterator[Problem]:
    """A node's parameter values against its component's JSON Schema."""
    schema = used.parameters
    plain = True
    mapped = node.map.over if node.map is not None else None
    for name, value in node.params.items():
        field = f"params.{name}"
        if name not in schema.properties:
            if not schema.open:
                names = ", ".join(f"`{known}`" for known in schema.properties) or "none"
                yield Problem(
                    code="unknown_parameter",
                    message=f"{label} has no parameter `{name}`; "
                    f"`{node.ref_name.removeprefix(PIPELINE_PREFIX)}` has {names}.",
                    node=node.id,
                    field=field,
                )
        elif has_template(value):
            plain = False
        elif name == mapped:
            plain = False
            yield from _mapped_values(node, used, value, label)
        elif value == "" and name in schema.required:
            continue  # a field that was emptied; told below
        elif (wrong := schema.problem(name, value)) is not None:
            yield Problem(
                code="invalid_parameter",
                message=f"{label}: {schema.label(name)} {wrong}.",
                node=node.id,
                field=field,
            )
    for name in schema.required:
        if node.params.get(name, schema.defaults.get(name, "")) == "":
            yield Problem(
                code="missing_parameter",
                message=f"{label} needs a value for {schema.label(name)}.",
                node=node.id,
                field=f"params.{name}",
            )
    if plain:
        for wrong in schema.problems_together(node.params):
            yield Problem(
                code="invalid_parameter",
                message=f"{label}: its parameters together: {wrong}.",
                node=node.id,
                field="params",
            )


def _mapped_values(node: Node, used: Used, value: Any, label: str) -> Iterator[Problem]:
    """The list that a node maps over: each element has to fit the parameter."""
    name = str(node.map and node.map.over)
    field = f"params.{name}"
    if not isinstance(value, list):
        message = f"{label} maps over {used.parameters.label(name)}, so its value must be a list."
        yield Problem(code="invalid_parameter", message=message, node=node.id, field=field)
        return
    for index, item in enumerate(value):
        if (wrong := used.parameters.problem(name, item)) is not None:
            message = f"{label}: element {index} of {used.parameters.label(name)} {wrong}."
            yield Problem(code="invalid_parameter", message=message, node=node.id, field=field)
            return


def _a(port_type: str) -> str:
    """`a table`, `an image`; text, JSON and `any` take no article."""
    if port_type in ("text", "json", "any"):
        return {"text": "text", "json": "JSON", "any": "anything"}[port_type]
    return f"{'an' if port_type[0] in 'aeiou' else 'a'} {port_type}"
