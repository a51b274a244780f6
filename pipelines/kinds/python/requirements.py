"""What a python component needs installed: a PEP 723 block in its source, or a list beside it.

    # /// script
    # requires-python = ">=3.11"
    # dependencies = ["requests>=2.32", "rich"]
    # ///

Only names and versions from a package index: what is locked must be there again tomorrow, with the
same hash, on every worker. So links, version control and paths are refused.
"""

import ast
import platform
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from pipelines.core.problems import Problem

MAX_REQUIREMENTS = 100
_LONGEST = 500
#: The reference pattern of PEP 723.
_BLOCK = re.compile(
    r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)[ \t]*\r?$\n?(?P<content>(^#(| .*)\r?$\n?)+)^# ///[ \t]*\r?$"
)
_KNOWN = frozenset({"requires-python", "dependencies", "tool"})
#: What the SDK and the ports need in the step's process, by the name under which it is installed.
_FOR_MODULES: Mapping[str, tuple[str, ...]] = {
    "pipelines.sdk.database": ("pandas", "pyarrow", "sqlalchemy"),
    "pipelines.sdk.duck": ("duckdb", "pandas", "pyarrow"),
    "pipelines.sdk.learning": ("duckdb", "pandas", "pyarrow", "scikit-learn"),
    "pipelines.sdk.outgoing": ("httpx",),
    "pipelines.sdk.plots": ("matplotlib",),
    "pipelines.sdk.reading": ("httpx",),
    "pipelines.sdk.tables": ("pandas", "pyarrow"),
}
_FOR_PORTS: Mapping[str, tuple[str, ...]] = {"table": ("pandas", "pyarrow"), "model": ("joblib",)}
#: What reading and writing a table imports.
_IMPORTED = ("pandas", "pyarrow.parquet", "pipelines.sdk.tables")
_MOST_MODULES = 200
_SDK_IMPORT = re.compile(r"^\s*(?:from|import)\s+(pipelines\.sdk(?:\.\w+)?)(.*)", re.MULTILINE)


class BadRequirements(ValueError):
    """What is wrong with a PEP 723 block or a list of requirements, in words."""


@dataclass(frozen=True)
class Requirements:
    """`packages` are PEP 508 requirements as text, `python` is a version specifier or empty.

    `added` are names that Penstock itself needs for the component's ports, for which the author
    has given no requirement.
    """

    packages: tuple[str, ...]
    python: str = ""
    added: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.packages, *self.added)


def parse(packages: Iterable[Any], python: str = "") -> Requirements:
    """Checked and in canonical spelling. Raises BadRequirements, naming the entry."""
    entries = tuple(packages)
    if all(isinstance(entry, str) for entry in entries):
        return _parse(entries, python)
    return _parse.__wrapped__(entries, python)  # what is no text has no place in a cache


@lru_cache(maxsize=512)
def _parse(packages: tuple[Any, ...], python: str) -> Requirements:
    """Kept, because every attempt asks."""
    found: dict[tuple[str, str], str] = {}
    for entry in packages:
        requirement = _requirement(entry)
        key = (canonicalize_name(requirement.name), str(requirement.marker or ""))
        if key in found:
            raise BadRequirements(
                f"`{requirement.name}` is required twice (`{found[key]}` and `{entry}`); "
                "write one requirement with both conditions, separated by a comma"
            )
        found[key] = _spelled(requirement)
    if len(found) > MAX_REQUIREMENTS:
        raise BadRequirements(
            f"{len(found)} packages are required; at most {MAX_REQUIREMENTS} can be named. Name "
            "those that the code imports; what they need themselves comes along"
        )
    return Requirements(tuple(found.values()), _python(python))


def of_source(source: str) -> Requirements | None:
    """What the PEP 723 block of a source says; None without a block. Raises BadRequirements."""
    if "# ///" not in source:
        return None
    blocks = [m for m in _BLOCK.finditer(source) if m["type"] == "script"]
    if not blocks:
        if re.search(r"(?m)^# /// script[ \t]*\r?$", source):
            raise BadRequirements(
                "the `# /// script` block is not closed: every line up to `# ///` must begin "
                "with `# `"
            )
        return None
    if len(blocks) > 1:
        raise BadRequirements("the source has several `# /// script` blocks; keep one of them")
    lines = blocks[0]["content"].splitlines()
    text = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRequirements(f"the `# /// script` block is not valid TOML: {error}") from error
    return _of_block(stated)


def problems(implementation: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the requirements of a finished implementation."""
    try:
        stated = of_implementation(implementation)
        in_source = of_source(str(implementation.get("source") or ""))
    except BadRequirements as error:
        return [_problem(str(error))]
    if in_source is not None and not set(in_source.packages) <= set(stated.packages):
        missing = [name for name in in_source.packages if name not in stated.packages]
        return [
            _problem(
                f"the source requires {_listed(missing)}, which `implementation.requirements` of "
                "the spec lacks; list it there too"
            )
        ]
    if in_source is not None and in_source.python != stated.python:
        return [
            _problem(
                f"the source says requires-python `{in_source.python}`, but "
                f"`implementation.requires_python` of the spec is `{stated.python}`; make them equal"
            )
        ]
    return _python_problems(stated)


def of_fields(fields: Mapping[str, Any], source: str) -> Requirements:
    """The source's block and the form's own list together. Raises BadRequirements."""
    in_source = of_source(source) or Requirements(())
    given = _entries(fields.get("requirements"), "requirements")
    return parse([*in_source.packages, *given], in_source.python)


def of_implementation(implementation: Mapping[str, Any]) -> Requirements:
    """What a spec says that it needs. Raises BadRequirements."""
    entries = _entries(implementation.get("requirements"), "implementation.requirements")
    return parse(entries, str(implementation.get("requires_python") or ""))


def modules(spec: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[str, ...]:
    """What a step imports, its ports included. A name may be that of an attribute of a module."""
    source = _source(spec, params)
    found = {module: None for module in _IMPORTED if _needs(spec, source) & {"pandas"}}
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()  # the step will say so
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(dict.fromkeys(name.name for name in node.names))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found[node.module] = None
            found.update(dict.fromkeys(f"{node.module}.{name.name}" for name in node.names))
    return tuple(found)[:_MOST_MODULES]


def of_step(spec: Mapping[str, Any], params: Mapping[str, Any]) -> Requirements | None:
    """What one step needs installed; None when it makes do with what Penstock brings.

    For a component whose source is a parameter that is the parameter's block. Raises
    BadRequirements.
    """
    implementation = spec.get("implementation") or {}
    stated: Requirements | None
    if implementation.get("source_parameter"):
        stated = of_source(_source(spec, params))
    elif implementation.get("requirements") or implementation.get("requires_python"):
        stated = of_implementation(implementation)
    else:
        stated = None
    if stated is None:
        return None
    found = _python_problems(stated)
    if found:
        raise BadRequirements(found[0].message)
    if not stated.packages:
        return None
    return Requirements(stated.packages, stated.python, _added(spec, _source(spec, params), stated))


def _source(spec: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    implementation = spec.get("implementation") or {}
    parameter = implementation.get("source_parameter")
    return str((params.get(parameter) if parameter else implementation.get("source")) or "")


def _added(spec: Mapping[str, Any], source: str, stated: Requirements) -> tuple[str, ...]:
    return tuple(sorted(_needs(spec, source) - _named(stated.packages)))


def _needs(spec: Mapping[str, Any], source: str) -> set[str]:
    """What the SDK's part of the step needs."""
    needed: set[str] = set()
    ports = [*(spec.get("inputs") or ()), *(spec.get("outputs") or ())]
    for port in ports:
        needed.update(_FOR_PORTS.get(str(port.get("type")), ()))
    if (spec.get("implementation") or {}).get("source_parameter"):
        needed.update(_FOR_PORTS["table"])  # whatever is connected, and it is mostly tables
    for module, rest in _SDK_IMPORT.findall(source):
        needed.update(_FOR_MODULES.get(module, ()))
        if module == "pipelines.sdk":
            for name in re.findall(r"\w+", rest):
                needed.update(_FOR_MODULES.get(f"{module}.{name}", ()))
    return needed


def _of_block(stated: Mapping[str, Any]) -> Requirements:
    unknown = sorted(set(stated) - _KNOWN)
    if unknown:
        raise BadRequirements(
            f"the `# /// script` block has {_listed(unknown)}, which means nothing there; it may "
            "have `requires-python` and `dependencies`"
        )
    if "uv" in (stated.get("tool") or {}):
        raise BadRequirements(
            "the `# /// script` block has `[tool.uv]`, which Penstock does not follow: the package "
            "index is the worker's. Remove that table"
        )
    python = stated.get("requires-python", "")
    if not isinstance(python, str):
        raise BadRequirements('`requires-python` must be text, such as ">=3.11"')
    return parse(_entries(stated.get("dependencies"), "dependencies"), python)


def _entries(value: Any, where: str) -> list[Any]:
    """Lines of text are taken as well: that is what people paste from a requirements.txt."""
    if value in (None, ""):
        return []
    if isinstance(value, str):
        lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in value.splitlines())
        return [line for line in lines if line]
    if not isinstance(value, list | tuple):
        raise BadRequirements(f'`{where}` must be a list of texts, such as ["requests>=2.32"]')
    return list(value)


def _requirement(entry: Any) -> Requirement:
    if not isinstance(entry, str) or not entry.strip():
        raise BadRequirements(
            f"a requirement must be text, such as `requests>=2.32`, not {entry!r}"
        )
    text = entry.strip()
    if len(text) > _LONGEST:
        raise BadRequirements(
            f"the requirement `{text[:60]}…` is longer than {_LONGEST} characters"
        )
    if text.startswith("-"):
        raise BadRequirements(
            f"`{text}` is an option, not a requirement; indexes and other options are set on the "
            "workers"
        )
    if re.match(r"(?:\w+\+)?\w+://|[./~]", text):
        raise BadRequirements(_elsewhere(text))
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        why = str(error).partition("\n")[0]
        raise BadRequirements(
            f"`{text}` is no requirement ({why}); write it like `requests>=2.32,<3`"
        ) from error
    if requirement.url:
        raise BadRequirements(_elsewhere(text))
    return requirement


def _elsewhere(text: str) -> str:
    return (
        f"`{text}` comes from a link, a repository or a path, which may hold something else "
        "tomorrow; publish it to a package index that the workers use, and require it by name"
    )


def _spelled(requirement: Requirement) -> str:
    requirement.name = canonicalize_name(requirement.name)
    return str(requirement)


def _python(text: str) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier as error:
        raise BadRequirements(
            f"`{text}` is no range of Python versions; write it like `>=3.11`"
        ) from error


@lru_cache(maxsize=512)
def _named(packages: tuple[str, ...]) -> frozenset[str]:
    return frozenset(canonicalize_name(Requirement(entry).name) for entry in packages)


def _python_problems(stated: Requirements) -> list[Problem]:
    if not stated.python:
        return []
    version = platform.python_version()
    if SpecifierSet(stated.python).contains(version, prereleases=True):
        return []
    return [
        _problem(
            f"the component needs Python {stated.python}, but the workers run Python {version}; "
            "widen `requires-python`, or have Penstock run on such a Python"
        )
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _problem(message: str) -> Problem:
    return Problem(code="bad_requirements", message=message, field="requirements")
