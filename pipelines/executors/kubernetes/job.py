"""The Job of one attempt: fetch, the step's own container, deliver, one after the other.

Containers of a pod that are to run one after the other are init containers; the last one is the
pod's only ordinary one. So the step's image needs no program of ours, its end is an end of a
container like any other, and a pod is as large as the largest of the three.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.kinds.container.command import Command

from ..containers import layout
from ..protocol import StepRequest
from . import carrier

FETCH, STEP, DELIVER = "fetch", "step", "deliver"
PREFIX = "penstock/"
#: A finished Job that nobody deleted goes after this time.
_TTL_SECONDS = 600
#: Seconds more than a step may take, for its pod to be placed and its image to be pulled. The worker
#: keeps the step's own limit; this one ends what has no worker any more.
_START_SECONDS = 3600
_GIB = 1024**3
_PULL = {"missing": "IfNotPresent", "always": "Always", "never": "Never"}
_SMALL = {
    "requests": {"cpu": "50m", "memory": "64Mi"},
    "limits": {"cpu": "1", "memory": "256Mi"},
}


@dataclass(frozen=True)
class Settings:
    """What is the same for every Job of a worker.

    `image` is Penstock's own, for the carriers; `user` is `uid:gid` for whoever says nothing else.
    `owner` is the pod that the worker runs in, as an owner reference has it, so that its Jobs go with it.
    """

    image: str
    user: str = "10001:10001"
    labels: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    owner: Mapping[str, Any] | None = None


def job(
    name: str, request: StepRequest, command: Command, manifest_url: str, settings: Settings
) -> dict[str, Any]:
    """The Job as the API takes it. `manifest_url` is where the carrier learns what to do."""
    user, _, group = (command.user or settings.user).partition(":")
    limits = request.limits
    labels = {"app.kubernetes.io/managed-by": "penstock", **settings.labels}
    metadata: dict[str, Any] = {
        "name": name,
        "labels": labels,
        "annotations": {
            PREFIX + "step": request.key,
            PREFIX + "attempt": str(request.attempt),
        },
    }
    if settings.owner is not None:
        metadata["ownerReferences"] = [dict(settings.owner)]
    spec: dict[str, Any] = {
        "backoffLimit": 0,
        "ttlSecondsAfterFinished": _TTL_SECONDS,
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "restartPolicy": "Never",
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "terminationGracePeriodSeconds": 2,
                "securityContext": {
                    "runAsUser": int(user),
                    "runAsGroup": int(group or user),
                    "fsGroup": int(group or user),
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "initContainers": [
                    _carrier(FETCH, settings, {"PENSTOCK_MANIFEST": manifest_url}),
                    _step(request, command, settings),
                ],
                "containers": [_carrier(DELIVER, settings, {})],
                "volumes": [
                    {
                        "name": "penstock",
                        # Twice: what the step wrote, and that once more on its way out.
                        "emptyDir": {"sizeLimit": str(2 * limits.output_bytes + _GIB)},
                    }
                ],
            },
        },
    }
    if limits.seconds is not None:
        spec["activeDeadlineSeconds"] = math.ceil(limits.seconds) + _START_SECONDS
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def secret(values: Mapping[str, str], job: Mapping[str, Any]) -> dict[str, Any]:
    """The Secret whose keys are the files of a Job's secrets. It belongs to the Job, and goes with it."""
    metadata = job["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": metadata["name"],
            "labels": metadata.get("labels") or {},
            "ownerReferences": [
                {
                    "apiVersion": job["apiVersion"],
                    "kind": job["kind"],
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                }
            ],
        },
        "type": "Opaque",
        "immutable": True,
        "stringData": dict(values),
    }


def with_secrets(made: dict[str, Any]) -> dict[str, Any]:
    """The Job with the Secret of its own name as files of its step, and of no other container.

    Its pod waits until the Secret is there.
    """
    pod = made["spec"]["template"]["spec"]
    name = made["metadata"]["name"]
    volume = {"name": "secrets", "secret": {"secretName": name, "defaultMode": 0o440}}
    pod["volumes"].append(volume)
    mount = {"name": "secrets", "mountPath": str(layout.SECRETS), "readOnly": True}
    for container in pod["initContainers"]:
        if container["name"] == STEP:
            container["volumeMounts"].append(mount)
    return made


def _carrier(what: str, settings: Settings, environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": what,
        "image": settings.image,
        "command": ["python", "-m", "pipelines.executors.kubernetes.carrier", what],
        "env": _variables({**settings.environ, "PENSTOCK_ROOT": str(layout.ROOT), **environ}),
        "volumeMounts": [{"name": "penstock", "mountPath": str(layout.ROOT)}],
        "resources": _SMALL,
        "securityContext": _no_privileges(),
    }


def _step(request: StepRequest, command: Command, settings: Settings) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": STEP,
        "image": command.image,
        "imagePullPolicy": _PULL[command.pull],
        "env": _variables({**settings.environ, **layout.environment(request, command)}),
        "volumeMounts": [
            _mount(carrier.INPUTS, read_only=True),
            _mount(carrier.OUTPUTS),
            _mount(carrier.ARTIFACTS),
            _mount(carrier.WORK),
        ],
        "resources": _resources(request),
        "securityContext": _no_privileges(),
    }
    for key, words in (("command", command.command), ("args", command.args)):
        if words is not None:
            container[key] = [_literally(word) for word in words]
    if command.working_dir:
        container["workingDir"] = command.working_dir
    return container


def _mount(name: str, *, read_only: bool = False) -> dict[str, Any]:
    return {
        "name": "penstock",
        "mountPath": str(layout.ROOT / name),
        "subPath": name,
        "readOnly": read_only,
    }


def _resources(request: StepRequest) -> dict[str, Any]:
    limits: dict[str, str] = {}
    if request.limits.cpu is not None:
        limits["cpu"] = f"{max(1, round(request.limits.cpu * 1000))}m"
    if request.limits.memory_bytes is not None:
        limits["memory"] = str(request.limits.memory_bytes)
    if request.gpus:
        limits["nvidia.com/gpu"] = str(len(request.gpus))
    return {"requests": dict(limits), "limits": limits} if limits else {}


def _no_privileges() -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "capabilities": {"drop": ["ALL"]},
    }


def _variables(environ: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": _literally(value)} for name, value in environ.items()]


def _literally(text: str) -> str:
    """Kubernetes replaces `$(NAME)` in commands and variables, and takes `$$` for `$`."""
    return text.replace("$", "$$")
