"""Pipelines within pipelines: which ones a pipeline includes, and that none includes itself.

A version is immutable and pins the versions it uses, so what it includes never changes: it is
worked out once, when the version is published, and kept with its spec.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from .component import ComponentSpec
from .document import Definition
from .problems import Problem

#: How deep sub-pipelines may be nested.
MAX_NESTING = 8


def included(
    definition: Definition, specs: Mapping[str, ComponentSpec | None]
) -> dict[str, list[str]]:
    """Every pipeline that runs inside `definition`: its slug, and the longest way to it.

    A way is a list of versions, outermost first: `["score-model@4", "clean@1"]`. `specs` holds the
    spec of each `Node.ref`; nodes without one are passed over.
    """
    found: dict[str, list[str]] = {}

    def add(slug: str, way: list[str]) -> None:
        if len(way) > len(found.get(slug, ())):
            found[slug] = way

    for node in definition.nodes:
        spec = specs.get(node.ref)
        if node.pipeline is None or spec is None:
            continue
        add(node.pipeline.partition("@")[0], [node.pipeline])
        for slug, way in _includes(spec).items():
            add(slug, [node.pipeline, *way])
    return found


def check_nesting(
    definition: Definition,
    slug: str | None,
    specs: Mapping[str, ComponentSpec | None],
    label: Callable[[str], str],
) -> Iterator[Problem]:
    """Sub-pipelines that lead back to the pipeline `slug` itself, or that go too deep."""
    for node in definition.nodes:
        spec = specs.get(node.ref)
        if node.pipeline is None or spec is None:
            continue
        below = {node.pipeline.partition("@")[0]: [], **_includes(spec)}
        if slug is not None and slug in below:
            way = " → ".join(
                [f"`{slug}`", *(f"`{each}`" for each in [node.pipeline, *below[slug]])]
            )
            yield Problem(
                code="inclusion",
                message=f"{label(node.id)} makes this pipeline include itself: {way}; use another "
                "pipeline, or move what both need into a third one.",
                node=node.id,
                field="pipeline",
            )
        deepest = max(below.values(), key=len)
        if 1 + len(deepest) > MAX_NESTING:
            way = " → ".join(f"`{each}`" for each in [node.pipeline, *deepest])
            yield Problem(
                code="too_deep",
                message=f"{label(node.id)} nests pipelines {1 + len(deepest)} levels deep "
                f"({way}); at most {MAX_NESTING} are allowed.",
                node=node.id,
                field="pipeline",
            )


def _includes(spec: ComponentSpec) -> Mapping[str, Sequence[str]]:
    includes: Mapping[str, Sequence[str]] = spec.implementation.get("includes") or {}
    return includes
