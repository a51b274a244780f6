"""Whether maps, loops, sub-pipelines, branches, exits and outputs make sense where they stand."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from .component import ComponentSpec
from .document import Definition, Edge, Node
from .interface import BRANCHES, OTHERWISE, Interface, cases_of, is_case_name
from .problems import Problem

#: Kinds that the engine itself carries out, once for the whole run.
ENGINE_KINDS = BRANCHES | {"parameter", "wait"}
_CASE_NAME = "a letter or _, then letters, digits and _"


def check_patterns(
    definition: Definition,
    interfaces: Mapping[str, Interface | None],
    specs: Mapping[str, ComponentSpec | None],
    label: Callable[[str], str],
) -> Iterator[Problem]:
    """What is wrong with the patterns of a definition, node by node, then edges and outputs."""
    into: dict[str, list[Edge]] = {}
    for edge in definition.edges:
        into.setdefault(edge.target.node, []).append(edge)
    parameters = {each.name for each in definition.parameters}
    for node in definition.nodes:
        spec = specs.get(node.id)
        yield from _map(node, spec, into.get(node.id, []), label)
        yield from _loop(node, label)
        if spec is not None and spec.kind in BRANCHES:
            yield from _cases(node, spec, label)
        if spec is not None and spec.kind in ENGINE_KINDS:
            yield from _without_attempts(node, spec, label)
        if spec is not None and spec.kind == "parameter":
            yield from _parameter(node, parameters, label)
    yield from _exits(definition, label)
    yield from _outputs(definition, interfaces, label)


def _problem(code: str, message: str, node: Node, field: str) -> Problem:
    return Problem(code=code, message=message, node=node.id, field=field)


def _without_attempts(
    node: Node, spec: ComponentSpec, label: Callable[[str], str]
) -> Iterator[Problem]:
    """There is no attempt that could take too long or be reused."""
    for field, is_set in (("timeout", node.timeout is not None), ("cache", bool(node.cache))):
        if is_set:
            message = (
                f"{label(node.id)}: `{field}` means nothing for {_a_kind(spec.kind)}; remove it"
                + (" and use its own parameters." if field == "timeout" else ".")
            )
            yield _problem("no_attempts", message, node, field)


def _a_kind(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _map(
    node: Node, spec: ComponentSpec | None, into: list[Edge], label: Callable[[str], str]
) -> Iterator[Problem]:
    if node.map is None or spec is None:
        return
    name, over = label(node.id), node.map.over
    if spec.kind in ENGINE_KINDS:
        message = (
            f"{name} is {_a_kind(spec.kind)} and cannot map over a list; map the node behind it."
        )
        yield _problem("bad_map", message, node, "map")
        return
    ports = [port.name for port in spec.inputs]
    properties = spec.parameters.get("properties") or {}
    if over not in ports and over not in properties:
        known = ", ".join(f"`{each}`" for each in (*ports, *properties)) or "nothing"
        message = (
            f"{name} maps over `{over}`, which is neither an input nor a parameter of it; it has "
            f"{known}."
        )
        yield _problem("bad_map", message, node, "map.over")
        return
    port = next((each for each in spec.inputs if each.name == over), None)
    if port is not None and port.multiple:
        message = (
            f"{name} maps over `{over}`, which takes several edges already; map over an input that "
            "takes one."
        )
        yield _problem("bad_map", message, node, "map.over")
    elif port is not None and not any(edge.target.port == over for edge in into):
        message = f"{name} maps over `{over}`, but nothing is connected to it; connect a list."
        yield _problem("missing_input", message, node, "map.over")
    elif port is None and over not in node.params:
        message = f"{name} maps over `{over}`, but it has no value; give it a list."
        yield _problem("missing_parameter", message, node, f"params.{over}")


def _loop(node: Node, label: Callable[[str], str]) -> Iterator[Problem]:
    if node.loop is None:
        return
    name = label(node.id)
    if node.pipeline is None:
        message = (
            f"{name} has a loop, and only a sub-pipeline can; put the steps to be repeated into a "
            "pipeline of their own."
        )
        yield _problem("bad_loop", message, node, "loop")
    if node.map is not None:
        message = (
            f"{name} has a loop and a map; loop inside the sub-pipeline, or map over a pipeline "
            "that loops."
        )
        yield _problem("bad_loop", message, node, "loop")


def _cases(node: Node, spec: ComponentSpec, label: Callable[[str], str]) -> Iterator[Problem]:
    parameter = spec.implementation.get("cases_parameter")
    if parameter is None:
        return
    field = f"params.{parameter}"
    rows = node.params.get(str(parameter))
    listed = rows if isinstance(rows, list) else []
    names = [row.get("name") for row in listed if isinstance(row, dict)]
    taken = {port.name for port in spec.outputs}
    for case, count in Counter(map(str, names)).items():
        if not is_case_name(case):
            message = f"{label(node.id)}: `{case}` cannot name a case; write {_CASE_NAME}."
        elif count > 1:
            message = f"{label(node.id)} has {count} cases named `{case}`; give each its own name."
        elif case == OTHERWISE or case in taken:
            message = (
                f"{label(node.id)}: `{case}` is there already and cannot name a case; choose "
                "another name."
            )
        else:
            continue
        yield _problem("bad_case", message, node, field)
    if not cases_of(spec, node.params)[:-1]:
        message = f"{label(node.id)} has no cases; add one with a name and a condition."
        yield _problem("bad_case", message, node, field)


def _parameter(node: Node, parameters: set[str], label: Callable[[str], str]) -> Iterator[Problem]:
    name = node.params.get("name")
    if isinstance(name, str) and name and name not in parameters:
        known = ", ".join(f"`{each}`" for each in sorted(parameters)) or "none"
        message = (
            f"{label(node.id)} gives the parameter `{name}`, which the pipeline does not have "
            f"({known}); add it in the pipeline's settings."
        )
        yield _problem("unknown_parameter", message, node, "params.name")


def _exits(definition: Definition, label: Callable[[str], str]) -> Iterator[Problem]:
    exits = {node.id for node in definition.nodes if node.on_exit}
    if not exits:
        return
    for edge in definition.edges:
        source, target = edge.source.node, edge.target.node
        if (source in exits) != (target in exits):
            exiting, other = (source, target) if source in exits else (target, source)
            yield Problem(
                code="exit_edge",
                message=f"{label(exiting)} runs on exit, when all else is over, so no edge may "
                f"join it with {label(other)}; remove the edge. Its expressions may look at every "
                "node.",
                node=exiting,
                edge=str(edge),
            )
    if len(exits) == len({node.id for node in definition.nodes}):
        yield Problem(
            code="exit_only",
            message="Every node runs on exit, so there is nothing to exit from; turn that off for "
            "one of them.",
            node=definition.nodes[0].id,
            field="on_exit",
        )


def _outputs(
    definition: Definition,
    interfaces: Mapping[str, Interface | None],
    label: Callable[[str], str],
) -> Iterator[Problem]:
    counts = Counter(output.name for output in definition.outputs)
    for index, output in enumerate(definition.outputs):
        field = f"outputs.{index}"
        if counts[output.name] > 1:
            counts[output.name] = 0
            yield Problem(
                code="duplicate_id",
                message=f"Several outputs are called `{output.name}`; give each its own name.",
                field=f"{field}.name",
            )
        source = output.source
        if source.node not in interfaces:
            message = (
                f"The output `{output.name}` comes from `{source.node}`, and there is no such "
                "node; choose another."
            )
        elif (own := interfaces[source.node]) is not None and source.port not in own.outputs:
            known = ", ".join(f"`{each}`" for each in own.outputs) or "none"
            wanted = f"`{source.port}`" if source.port else "a port, and none is named"
            message = (
                f"The output `{output.name}` comes from {wanted} of {label(source.node)}, which "
                f"has the outputs {known}."
            )
        else:
            continue
        yield Problem(code="bad_output", message=message, node=None, field=f"{field}.from")
