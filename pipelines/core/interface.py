"""What a node looks like from outside: the ports and parameters of what it uses, as it uses them.

A component's spec says most of it. Besides, a branch has a port for each of its cases, a parameter
node gives what its parameter holds, a mapped node takes one list and gives lists, and a pipeline
used as a node has the ports and parameters that its definition declares.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .component import ARTIFACT_TYPES, ComponentSpec, InputPort, OutputPort, PortType
from .document import IDENTIFIER, Definition, Node, Parameter
from .ports import compatible
from .serialize import content_hash

#: Kinds with cases: outgoing ports of which only some are taken.
BRANCHES = frozenset({"branch", "approval"})
OTHERWISE = "otherwise"
#: Parameters of these types become input ports of a sub-pipeline, the others fields of its form.
PORT_PARAMETERS: frozenset[str] = ARTIFACT_TYPES | {"list", "any"}
_SCHEMA_TYPES = {
    "string": "string",
    "text": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Interface:
    """The ports of one node.

    `cases` are the names of its outgoing branches, if it is one. `each` holds what a mapped node's
    items give, of which its outputs are lists; a port that takes several edges takes them one by one.
    """

    inputs: Mapping[str, InputPort]
    outputs: Mapping[str, OutputPort]
    cases: tuple[str, ...] = ()
    each: Mapping[str, OutputPort] = field(default_factory=dict)


def interface(
    node: Node, spec: ComponentSpec, parameters: Mapping[str, Parameter] | None = None
) -> Interface:
    """The ports of `node`, which uses `spec`; `parameters` are those of its pipeline, by name."""
    cases = cases_of(spec, node.params)
    inputs = {port.name: port for port in spec.inputs}
    outputs = {
        **{case: OutputPort(name=case, help=_CASE_HELP) for case in cases},
        **{port.name: port for port in spec.outputs},
    }
    if spec.kind == "parameter":
        given = (parameters or {}).get(str(node.params.get("name")))
        outputs = {
            name: port.model_copy(update={"type": given.type if given else "any"})
            for name, port in outputs.items()
        }
    each: dict[str, OutputPort] = {}
    if node.map is not None:
        each = outputs
        over = inputs.get(node.map.over)
        if over is not None:
            inputs[over.name] = over.model_copy(update={"type": "list", "multiple": False})
        outputs = {name: port.model_copy(update={"type": "list"}) for name, port in outputs.items()}
    return Interface(inputs, outputs, cases, each)


_CASE_HELP = "What came in, when this branch is taken."


def cases_of(spec: ComponentSpec, params: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the branches that leave a node, in their order; none for most kinds.

    A fixed list stands in the component; `cases_parameter` names the parameter that holds one, as
    `[{"name": ..., "when": ...}, ...]`, and what fits no case then goes `otherwise`. Names that no
    port can have are left out.
    """
    if spec.kind not in BRANCHES:
        return ()
    fixed = spec.implementation.get("cases")
    if isinstance(fixed, Sequence) and not isinstance(fixed, str):
        return tuple(str(case) for case in fixed)
    given = params.get(str(spec.implementation.get("cases_parameter")))
    rows = given if isinstance(given, list) else []
    names = [str(row["name"]) for row in rows if isinstance(row, dict) and row.get("name")]
    proper = [name for name in names if is_case_name(name) and name != OTHERWISE]
    return (*dict.fromkeys(proper), OTHERWISE)


def is_case_name(name: str) -> bool:
    """Whether a case can be called so: it becomes a port."""
    return re.match(IDENTIFIER, name) is not None


def expression_fields(spec: ComponentSpec) -> tuple[str, ...]:
    """The parameters that are expressions themselves, or lists of things with expressions in them.

    Their schema says `"format": "cel"`; no `${{ }}` stands around such an expression.
    """
    properties = spec.parameters.get("properties") or {}
    return tuple(name for name, schema in properties.items() if _holds_cel(schema))


def _holds_cel(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        return schema.get("format") == "cel" or any(_holds_cel(part) for part in schema.values())
    return isinstance(schema, list) and any(_holds_cel(part) for part in schema)


def expressions_in(schema: Any, value: Any, path: str) -> list[tuple[str, str]]:
    """`(field, expression)` for each expression that `value` holds where its schema says so."""
    if not isinstance(schema, Mapping):
        return []
    if schema.get("format") == "cel":
        return [(path, value)] if isinstance(value, str) and value.strip() else []
    if isinstance(value, list):
        items = schema.get("items")
        return [
            found
            for index, item in enumerate(value)
            for found in expressions_in(items, item, f"{path}.{index}")
        ]
    if isinstance(value, Mapping):
        parts = schema.get("properties") or {}
        return [
            found
            for name, part in value.items()
            for found in expressions_in(parts.get(name), part, f"{path}.{name}")
        ]
    return []


def pipeline_spec(
    slug: str,
    definition: Definition,
    output_types: Mapping[str, PortType],
    includes: Mapping[str, Sequence[str]],
) -> ComponentSpec:
    """A pipeline version as something that a node can use.

    Parameters that take a table, a file, a model or a list are its input ports, the others its
    form. `output_types` gives the type of each declared output, `includes` is what
    `nesting.included` says.
    """
    ports = [each for each in definition.parameters if each.type in PORT_PARAMETERS]
    form = [each for each in definition.parameters if each.type not in PORT_PARAMETERS]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {each.name: _schema_of(each) for each in form},
        "additionalProperties": False,
    }
    if required := [each.name for each in form if each.required and each.default is None]:
        schema["required"] = required
    return ComponentSpec(
        namespace="pipeline",
        name=slug,
        title=definition.name,
        kind="pipeline",
        category="Pipelines",
        icon="workflow",
        summary=definition.description.partition("\n")[0][:300],
        docs=definition.description,
        inputs=[
            InputPort(
                name=each.name,
                type=each.type,
                required=each.required and each.default is None,
                help=each.description,
            )
            for each in ports
        ],
        outputs=[
            OutputPort(name=each.name, type=output_types.get(each.name, "any"))
            for each in definition.outputs
        ],
        parameters=schema,
        implementation={
            "pipeline": slug,
            # Two versions that look alike from outside are still two different things to run.
            "content": content_hash(definition),
            "includes": {k: list(v) for k, v in includes.items()},
        },
    )


def _schema_of(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if parameter.type in _SCHEMA_TYPES:
        schema["type"] = _SCHEMA_TYPES[parameter.type]
    for key in ("title", "description", "default", "enum", "minimum", "maximum"):
        value = getattr(parameter, key)
        if value not in (None, ""):
            schema[key] = value
    return schema


def feeds(giver: Interface, source: str, wanted: InputPort, *, mapped: bool) -> bool:
    """Whether the output `source` may go into `wanted`; a `mapped` port takes a list of anything."""
    output = giver.outputs[source]
    if mapped:
        return output.type in ("list", "json", "any")
    if (
        wanted.multiple
        and source in giver.each
        and compatible(giver.each[source].type, wanted.type)
    ):
        return True
    return compatible(output.type, wanted.type)
