"""The example pipelines: installed once per team, then the team's own to change or to delete."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from pipelines.core.serialize import load
from pipelines.teams.models import Team, User

from .actions import create, publish
from .models import Pipeline

FOLDER = Path(__file__).parent / "examples"
#: From the simplest on. A new example is a new file and a name here.
IN_ORDER = (
    "diamond",
    "word-count",
    "branches",
    "approval",
    "daily-data-processing",
    "train-and-choose",
    "cross-validation",
    "search-hyper-parameters",
    "train-in-rounds",
    "deploy-if-better",
)
#: Examples that others use as sub-pipelines, and that need what only these give them.
PARTS = ("one-fold", "one-round")
#: Stands in an example for the directory in which it may keep files.
DATA = "{data}"


def documents(data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """`(name, document)` of every example; their files go below the absolute path `data`.

    Those that others use come first, the simplest last: where the newest stands on top, it is that.
    """
    for name in (*PARTS, *reversed(IN_ORDER)):
        document = load((FOLDER / f"{name}.yaml").read_bytes())
        yield name, _with_data(document, str(data))


@dataclass(frozen=True)
class Place:
    """Where an example stands among the others, from 1 for the simplest; parts stand at the end."""

    number: int
    part: bool


def place(pipeline: Pipeline) -> Place | None:
    """None for what is no example, or one that Penstock does not come with any more."""
    names = (*IN_ORDER, *PARTS)
    if pipeline.example not in names:
        return None
    return Place(names.index(pipeline.example) + 1, pipeline.example in PARTS)


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
