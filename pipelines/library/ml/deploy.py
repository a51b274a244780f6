import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

from pipelines.sdk import Failure, Json, Model, Param, component


class Deployed(NamedTuple):
    """Where the model is served from now on.

    Attributes:
        path: The model's file.
        version: How many models were deployed there, this one included.
    """

    path: str
    version: int


@component(title="Deploy a model", category="Data out", icon="rocket")
def deploy(
    model: Model,
    metrics: Json,
    *,
    folder: Annotated[
        str,
        Param(
            title="Folder",
            help="The folder that the model is served from, by its absolute path",
            min_length=1,
        ),
    ],
) -> Deployed:
    """Put a model into the folder that it is served from, with its metrics beside it.

    Earlier models stay beside it under their numbers; `current.json` names the one that is served, and
    is replaced at once, so that a reader sees the old or the new model and nothing in between.

    Args:
        model: The model to serve.
        metrics: What is known of it; *Deployed model* gives it back later.

    Examples:
        A classifier of irises:
            inputs:
                model: model of ml/train_classifier
                metrics: {accuracy: 0.97}
            params:
                folder: models/irises
    """
    home = Path(folder)
    try:
        home.mkdir(parents=True, exist_ok=True)
        version = 1 + max((int(path.stem[1:]) for path in home.glob("v*.model")), default=0)
        path = home / f"v{version}.model"
        shutil.copyfile(model.path, path)
        told = {
            "version": version,
            "file": path.name,
            "metrics": metrics,
            "deployed_at": datetime.now(UTC).isoformat(),
        }
        partial = home / "current.json.partial"
        partial.write_text(json.dumps(told, indent=2), encoding="utf-8")
        os.replace(partial, home / "current.json")
    except OSError as error:
        raise Failure(f"The folder `{folder}` cannot be written to: {error.strerror}.") from error
    print(f"version {version} is served from {path}")
    return Deployed(path=str(path), version=version)
