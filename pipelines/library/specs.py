"""Reads the library's files into specs, without importing any of them."""

from functools import lru_cache
from pathlib import Path

import yaml

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry

NAMESPACES = ("core", "ml", "text", "control", "notify")


class BrokenLibrary(RuntimeError):
    """A file of the library is no proper component; says which and why."""


@lru_cache(maxsize=1)
def read_all() -> tuple[ComponentSpec, ...]:
    """Every built-in component, by namespace and name.

    Raises BrokenLibrary, naming the file, if one of them is not a proper component.
    """
    specs = []
    for namespace in NAMESPACES:
        for path in sorted((Path(__file__).parent / namespace).iterdir()):
            if path.suffix in (".py", ".yaml") and not path.name.startswith("_"):
                specs.append(_read(path, namespace))
    return tuple(sorted(specs, key=lambda spec: spec.full_name))


def _read(path: Path, namespace: str) -> ComponentSpec:
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".py":
            return registry.build("python", {"source": text, "namespace": namespace})
        fields = yaml.safe_load(text)
        spec = ComponentSpec(namespace=namespace, **fields)
        problems = registry.check(spec)
        if problems:
            raise InvalidDefinition(problems)
        return spec
    except (InvalidDefinition, ValueError, yaml.YAMLError) as error:
        raise BrokenLibrary(f"{namespace}/{path.name}: {error}") from error
