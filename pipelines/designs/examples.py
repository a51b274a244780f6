"""The example pipelines: installed once per team, then the team's own to change or to delete."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction

from pipelines.core.serialize import load
from pipelines.teams.models import Team, User

from .actions import create, publish
from .models import Pipeline

FOLDER = Path(__file__).parent / "examples"
#: Stands in an example for the directory in which it may keep files.
DATA = "{data}"


def documents(data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """`(name, document)` of every example; their files go below the absolute path `data`.

    Those that others use as sub-pipelines come first.
    """
    found = {file.stem: load(file.read_bytes()) for file in sorted(FOLDER.glob("*.yaml"))}
    for name in sorted(found, key=lambda name: (_includes(found[name]), name)):
        yield name, _with_data(found[name], str(data))


def _includes(document: dict[str, Any]) -> bool:
    return any("pipeline" in node for node in document["nodes"])


def install(team: Team, data: Path, user: User | None = None) -> list[Pipeline]:
    """Create and publish each example that the team has never had; the new ones are returned.

    One that was edited, renamed or archived since stays as it is. Raises InvalidDefinition for an
    example with a problem, such as a component that is not installed.
    """
    had = set(
        Pipeline.objects.filter(team=team).exclude(example="").values_list("example", flat=True)
    )
    return [
        _install(team, name, document, user)
        for name, document in documents(data)
        if name not in had
    ]


@transaction.atomic
def _install(team: Team, name: str, document: dict[str, Any], user: User | None) -> Pipeline:
    pipeline = create(team, document, user)
    Pipeline.objects.filter(pk=pipeline.pk).update(example=name)
    publish(pipeline, "Installed as an example", user)
    return pipeline


def _with_data(value: Any, data: str) -> Any:
    if isinstance(value, dict):
        return {key: _with_data(part, data) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_data(part, data) for part in value]
    return value.replace(DATA, data) if isinstance(value, str) else value
