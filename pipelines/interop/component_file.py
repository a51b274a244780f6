"""One version of a component as a file, `name.component.yaml`: its spec with the code inline.

The format is ours: `penstock: component`, `schema: 1`, then what the catalog keeps of a version.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pipelines.core.component import ComponentSpec
from pipelines.core.serialize import spec_digest

from . import text
from .text import Unreadable

MEDIA_TYPE = "application/yaml"
SCHEMA = 1


@dataclass(frozen=True)
class ComponentFile:
    """What a file holds. `notes` tell what could not be taken over as it is."""

    spec: ComponentSpec
    changelog: str = ""
    version: int | None = None
    notes: tuple[str, ...] = ()


def file_name(spec: ComponentSpec) -> str:
    return f"{spec.namespace}.{spec.name}.component.yaml"


def write(spec: ComponentSpec, *, version: int, changelog: str) -> str:
    """The file of a version."""
    return text.dump(
        {
            "penstock": "component",
            "schema": SCHEMA,
            "version": version,
            "digest": spec_digest(spec),
            **({"changelog": changelog} if changelog else {}),
            "spec": spec.model_dump(mode="json", exclude_defaults=True),
        }
    )


def is_ours(found: dict[str, Any]) -> bool:
    return found.get("penstock") == "component"


def read(found: dict[str, Any]) -> ComponentFile:
    """What the mapping of a file says. Raises Unreadable."""
    if found.get("schema") != SCHEMA:
        raise Unreadable(
            f"The file has the schema {found.get('schema')!r}; this Penstock reads {SCHEMA}. "
            "A newer Penstock wrote it: update this one."
        )
    try:
        spec = ComponentSpec.model_validate(found.get("spec"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(["spec", *map(str, first["loc"])])
        raise Unreadable(f"The file is no component: `{where}`: {first['msg']}.") from error
    notes = []
    if found.get("digest") not in (None, spec_digest(spec)):
        notes.append("The file was changed after it was exported: its digest is another one.")
    version, changelog = found.get("version"), found.get("changelog")
    return ComponentFile(
        spec,
        changelog if isinstance(changelog, str) else "",
        version if isinstance(version, int) else None,
        tuple(notes),
    )
