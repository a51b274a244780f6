"""The kinds of component there are. A new kind is a new folder and one row here."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition, Problem

from .approval import spec as approval
from .branch import spec as branch
from .checks import with_common_fields
from .container import spec as container
from .http import spec as http
from .parameter import spec as parameter
from .python import requirements as python_requirements
from .python import spec as python
from .python.requirements import Requirements
from .shell import spec as shell
from .sql import spec as sql
from .step import RUNNERS
from .wait import spec as wait

#: Runs whatever says nothing else; every worker has it.
EVERYDAY_EXECUTOR = "process"


@dataclass(frozen=True)
class Kind:
    """How components of one kind are made, checked and run.

    `build(fields)` makes a spec of what an author fills in (`form` is its JSON Schema) and raises
    InvalidDefinition. `check(spec)` lists what is wrong with a finished spec, and
    `check_node(spec, params, fed)` what is wrong with the parameters of a node that has edges into
    the ports `fed`, beyond their JSON Schema. `runner` is `module:function`, called in the step's
    own process; empty where there is none. `preload(spec)`, given the spec's JSON, names the warm
    pool: `lean` (standard library), `http` (and httpx) or `data` (and numpy, pandas, pyarrow,
    duckdb, sklearn, matplotlib). `executors` can run its steps, the preferred one first; without
    any the engine itself does what there is to do, and there are no steps, runners and pools.
    """

    name: str
    title: str
    form: Mapping[str, Any]
    build: Callable[[Mapping[str, Any]], ComponentSpec]
    check: Callable[[ComponentSpec], list[Problem]]
    check_node: Callable[[ComponentSpec, Mapping[str, Any], Set[str]], list[Problem]]
    preload: Callable[[Mapping[str, Any]], str] | None
    executors: tuple[str, ...] = (EVERYDAY_EXECUTOR,)
    #: The fields that an author begins with; empty for kinds that nobody writes components of.
    start: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runner(self) -> str:
        return RUNNERS.get(self.name, "")


def _kind_of(name: str, title: str, module: Any) -> Kind:
    form = with_common_fields(module.FORM)
    check_node = getattr(module, "check_node", _nothing_wrong)
    preload = getattr(module, "preload", None)
    executors = getattr(module, "EXECUTORS", (EVERYDAY_EXECUTOR,) if preload else ())
    start = getattr(module, "START", {})
    return Kind(
        name, title, form, module.build, module.check, check_node, preload, executors, start
    )


def _nothing_wrong(spec: ComponentSpec, params: Mapping[str, Any], fed: Set[str]) -> list[Problem]:
    return []


KINDS: dict[str, Kind] = {
    "python": _kind_of("python", "Python function", python),
    "shell": _kind_of("shell", "Shell command", shell),
    "http": _kind_of("http", "HTTP request", http),
    "sql": _kind_of("sql", "SQL query", sql),
    "branch": _kind_of("branch", "Branch", branch),
    "parameter": _kind_of("parameter", "Parameter", parameter),
    "wait": _kind_of("wait", "Wait", wait),
    "approval": _kind_of("approval", "Approval", approval),
    "container": _kind_of("container", "Container", container),
}


def build(kind: str, fields: Mapping[str, Any]) -> ComponentSpec:
    """A checked spec of `kind`. Raises InvalidDefinition with every problem."""
    spec = _kind(kind).build(fields)
    problems = check(spec)
    if problems:
        raise InvalidDefinition(problems)
    return spec


def fields_of(spec: ComponentSpec) -> dict[str, Any]:
    """What an author would have filled in to get this spec: `build(spec.kind, …)` makes it anew."""
    plain = spec.model_dump(mode="json", exclude_defaults=True)
    own = plain.pop("implementation", {})
    plain.pop("kind")
    if spec.kind == "python":
        for told_by_source in ("inputs", "outputs", "parameters", "examples", "docs", "summary"):
            plain.pop(told_by_source, None)
        own.pop("requires_python", None)
    return {**plain, **own}


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec of any kind; an unknown kind is one problem."""
    if spec.kind not in KINDS:
        return [_unknown(spec.kind)]
    return KINDS[spec.kind].check(spec)


def check_node(spec: ComponentSpec, params: Mapping[str, Any], fed: Set[str]) -> list[Problem]:
    """What the kind finds wrong with one node's own values; an unknown kind finds nothing."""
    kind = KINDS.get(spec.kind)
    return kind.check_node(spec, params, fed) if kind else []


def preload(spec: ComponentSpec | Mapping[str, Any]) -> str:
    """The warm pool for a spec, given as the model or as its JSON."""
    plain = spec.model_dump() if isinstance(spec, ComponentSpec) else spec
    kind = _kind(str(plain.get("kind")))
    assert kind.preload is not None, f"{kind.name} components have no steps"
    return kind.preload(plain)


def is_step(spec: ComponentSpec) -> bool:
    """Whether a node of this spec is run by an executor, and not by the engine itself."""
    kind = KINDS.get(spec.kind)
    if kind is None or not kind.executors:
        return False
    return spec.kind != "wait" or spec.implementation.get("for") not in wait.WITHOUT_STEP


def executors(kind: str) -> tuple[str, ...]:
    """Names of the executors that can run a kind, the preferred one first."""
    return _kind(kind).executors


def requirements(spec: Mapping[str, Any], params: Mapping[str, Any]) -> Requirements | None:
    """What has to be installed for a step, given the spec's JSON; None for nothing.

    Raises `python.requirements.BadRequirements`.
    """
    return python_requirements.of_step(spec, params) if spec.get("kind") == "python" else None


def modules(spec: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[str, ...]:
    """What a step that has requirements will import, for a warm pool to import ahead."""
    return python_requirements.modules(spec, params) if spec.get("kind") == "python" else ()


def _kind(name: str) -> Kind:
    kind = KINDS.get(name)
    if kind is None:
        raise InvalidDefinition([_unknown(name)])
    return kind


def _unknown(name: str) -> Problem:
    return Problem(
        code="unknown_kind",
        message=f"there is no kind `{name}`; the kinds are {', '.join(sorted(KINDS))}",
        field="kind",
    )
