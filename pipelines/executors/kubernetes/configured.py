"""The kubernetes executor as the worker's environment describes it."""

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from pipelines.kinds.container.spec import USER

from ..protocol import Executor
from .exchange import Exchange

NO_STORE = (
    "artifacts lie in local files, which a cluster cannot reach; set STORAGE_URL to an S3 store"
)
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
#: How long an answer to "can the cluster be used?" holds.
_HOLDS_SECONDS = 30.0

_asking = threading.Lock()
_answer: tuple[float, str] = (float("-inf"), "")


def make(home: Path, exchange: Exchange, environ: Mapping[str, str]) -> Executor:
    """`PENSTOCK_KUBERNETES_NAMESPACE`, `…_IMAGE` (Penstock's own) and `…_USER` (`uid:gid`) say how
    Jobs are made; `PENSTOCK_POD_NAME` and `PENSTOCK_POD_UID` which pod we are in, if in any.
    """
    from . import cluster
    from .executor import KubernetesExecutor
    from .job import Settings

    name, uid = os.environ.get("PENSTOCK_POD_NAME"), os.environ.get("PENSTOCK_POD_UID")
    pod = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}
    settings = Settings(
        image=os.environ["PENSTOCK_KUBERNETES_IMAGE"],
        user=_user(os.environ.get("PENSTOCK_KUBERNETES_USER") or Settings.user),
        environ=environ,
        owner=pod if name and uid else None,
    )
    return KubernetesExecutor(home / "jobs", cluster.connect(_namespace()), exchange, settings)


def why_unusable(exchange: Exchange | None) -> str:
    """Why no Job can be made; empty when one can. Asked often, it asks the cluster seldom.

    A kubeconfig in somebody's home is used only by those who say so: it may lead anywhere.
    """
    chosen = os.environ.get("PENSTOCK_CONTAINER_EXECUTOR") == "kubernetes"
    if not (chosen or os.environ.get("KUBECONFIG") or _SERVICE_ACCOUNT.exists()):
        return (
            "the worker is in no cluster; name one in KUBECONFIG, or set "
            "PENSTOCK_CONTAINER_EXECUTOR=kubernetes to use ~/.kube/config"
        )
    if not os.environ.get("PENSTOCK_KUBERNETES_IMAGE"):
        return "PENSTOCK_KUBERNETES_IMAGE does not name Penstock's own image"
    if exchange is None:
        return NO_STORE
    try:
        _user(os.environ.get("PENSTOCK_KUBERNETES_USER") or "1:1")
    except ValueError as error:
        return str(error)
    from . import cluster

    global _answer
    with _asking:
        asked_at, answer = _answer
        if time.monotonic() - asked_at > _HOLDS_SECONDS:
            answer = cluster.why_unusable(_namespace())
            _answer = (time.monotonic(), answer)
        return answer


def _namespace() -> str:
    return os.environ.get("PENSTOCK_KUBERNETES_NAMESPACE", "")


def _user(given: str) -> str:
    if not USER.fullmatch(given):
        raise ValueError(
            f"PENSTOCK_KUBERNETES_USER is `{given}`; give a number, or two as in 10001:10001"
        )
    return given
