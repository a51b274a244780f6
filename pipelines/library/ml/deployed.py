import json
from pathlib import Path
from typing import Annotated, NamedTuple

from pipelines.sdk import Failure, Json, Param, component


class Current(NamedTuple):
    """What is served at the moment.

    Attributes:
        metrics: The metrics of the model that is served; empty while there is none.
        version: Its number, 0 while there is none.
    """

    metrics: Json
    version: int


@component(title="Deployed model", category="Data in", icon="radio-tower")
def deployed(
    *,
    folder: Annotated[
        str,
        Param(title="Folder", help="The folder that *Deploy a model* writes to", min_length=1),
    ],
) -> Current:
    """Tell how good the model is that is served from a folder, to compare a new one with it.

    Examples:
        Before the first model:
            params:
                folder: models/none
    """
    file = Path(folder) / "current.json"
    if not file.exists():
        print("no model is served from there yet")
        return Current(metrics={}, version=0)
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Current(metrics=told["metrics"], version=told["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(f"`{file}` is not what *Deploy a model* writes: {error}.") from error
