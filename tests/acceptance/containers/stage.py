"""What tests of containers share: a component of a script, a request, and what is left."""

from typing import Any

from pipelines.executors.protocol import Limits, StepRequest
from pipelines.kinds import registry as kinds
from tests.support.podman import IMAGE, Podman


def container(script: str, outputs: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    """A component that runs a shell script in the tests' image."""
    given = {
        "name": "box",
        "namespace": "t",
        "image": IMAGE,
        "command": ["sh", "-ec", script],
        "outputs": [{"name": name, "type": kind} for name, kind in (outputs or {}).items()],
        **fields,
    }
    return kinds.build("container", given).model_dump(mode="json")


def asked(
    spec: dict[str, Any],
    *,
    params: dict[str, Any] | None = None,
    limits: Limits | None = None,
    **inputs: Any,
) -> StepRequest:
    limits = limits or Limits(seconds=60)
    return StepRequest("run:node", 2, spec, params or {}, inputs, limits)


def left_over(podman: Podman) -> list[str]:
    client = podman.client()
    try:
        return [found["Id"] for found in client.api.containers(all=True)]
    finally:
        client.close()
