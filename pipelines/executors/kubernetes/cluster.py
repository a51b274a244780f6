"""The cluster's API, as far as Jobs need it: plain JSON, as one writes it in YAML.

lightkube reads the configuration (in-cluster or a kubeconfig) and signs in; the rest is HTTP.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx2
from lightkube import KubeConfig
from lightkube.config.client_adapter import Client, ConnectionParams
from lightkube.core.exceptions import ConfigError

from ..containers.faults import Missing, Refused, Unreachable

Object = Mapping[str, Any]

_SECONDS = 20.0
_PROBE_SECONDS = 3.0
#: A watch is asked for this long, then anew: a connection that died silently is noticed so.
_WATCH_SECONDS = 60


class Cluster:
    """One namespace of one cluster. Every method raises Unreachable, most also Refused."""

    def __init__(self, client: httpx2.Client, namespace: str) -> None:
        self._client = client
        self.namespace = namespace
        self.address = str(client.base_url)

    def create_job(self, job: Object) -> Object:
        """The Job as it was made, with its uid."""
        made: Object = self._ask("POST", self._jobs(), json=dict(job))
        return made

    def create_secret(self, secret: Object) -> None:
        self._ask("POST", self._secrets(), json=dict(secret))

    def jobs(self, labels: str) -> list[Object]:
        return self._items(self._ask("GET", self._jobs(), params={"labelSelector": labels}))

    def delete_job(self, name: str) -> None:
        """And its pods with it."""
        self._ask("DELETE", f"{self._jobs()}/{name}", json={"propagationPolicy": "Background"})

    def pods(self, labels: str) -> list[Object]:
        return self._items(self._ask("GET", self._pods(), params={"labelSelector": labels}))

    def watch_pods(self, labels: str) -> Iterator[tuple[str, Object]]:
        """Pairs of `ADDED`, `MODIFIED` or `DELETED` and the pod, from now on, for a while."""
        params = {"labelSelector": labels, "watch": "true", "timeoutSeconds": str(_WATCH_SECONDS)}
        timeout = httpx2.Timeout(_SECONDS, read=_WATCH_SECONDS + _SECONDS)
        with (
            self._talking(),
            self._client.stream("GET", self._pods(), params=params, timeout=timeout) as answer,
        ):
            self._check(answer)
            for line in answer.iter_lines():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise Refused(str(event["object"].get("message")))
                yield event["type"], event["object"]

    def log(self, pod: str, container: str) -> Iterator[bytes]:
        """What a container printed and prints, until it ends. Both streams are one here."""
        params = {"container": container, "follow": "true"}
        timeout = httpx2.Timeout(_SECONDS, read=None)
        url = f"{self._pods()}/{pod}/log"
        with (
            self._talking(),
            self._client.stream("GET", url, params=params, timeout=timeout) as answer,
        ):
            self._check(answer)
            yield from answer.iter_bytes()

    def last_lines(self, pod: str, container: str, lines: int = 1) -> bytes:
        params = {"container": container, "tailLines": str(lines)}
        with self._talking():
            answer = self._client.get(f"{self._pods()}/{pod}/log", params=params)
            self._check(answer)
            return answer.content

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: str, url: str, **options: Any) -> Any:
        with self._talking():
            answer = self._client.request(method, url, **options)
            self._check(answer)
            return answer.json()

    def _check(self, answer: httpx2.Response) -> None:
        if answer.is_success:
            return
        answer.read()
        try:
            message = str(answer.json()["message"])
        except (ValueError, KeyError, TypeError):
            message = answer.text[:300] or answer.reason_phrase
        if answer.status_code == 404:
            raise Missing(message)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Unreachable(f"the cluster at {self.address} is not well: {message}")
        # The Job itself is wrong, whoever makes it.
        permanent = answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        raise Refused(f"{message} ({answer.status_code})", permanent=permanent)

    @contextmanager
    def _talking(self) -> Iterator[None]:
        try:
            yield
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            if isinstance(error, Unreachable):
                raise
            raise Unreachable(
                f"the cluster at {self.address} does not answer ({error or type(error).__name__})"
            ) from error
        except ConfigError as error:
            raise Refused(f"signing in to the cluster failed: {error}") from error
        except json.JSONDecodeError as error:
            raise Unreachable(f"the answer of {self.address} cannot be read") from error

    def _jobs(self) -> str:
        return f"/apis/batch/v1/namespaces/{self.namespace}/jobs"

    def _secrets(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/secrets"

    def _pods(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods"

    @staticmethod
    def _items(found: Any) -> list[Object]:
        return list(found.get("items") or ())


def connect(namespace: str = "", *, seconds: float = _SECONDS) -> Cluster:
    """The cluster that the environment names: the one around us, else that of `KUBECONFIG` or
    `~/.kube/config`. Raises Refused when there is none, or its configuration is broken.
    """
    try:
        config = KubeConfig.from_env().get()
        if config is None:
            raise ConfigError("it names no current context")
        client = Client(config, ConnectionParams(timeout=httpx2.Timeout(seconds)))
    except (ConfigError, OSError, ValueError, KeyError, AssertionError) as error:
        raise Refused(f"the cluster's configuration cannot be used: {error}") from error
    return Cluster(client, namespace or config.namespace)


def why_unusable(namespace: str) -> str:
    """Why no Job can be made there; empty when the cluster lets us look at Jobs."""
    try:
        cluster = connect(namespace, seconds=_PROBE_SECONDS)
        try:
            cluster.jobs("penstock/nobody=1")
        finally:
            cluster.close()
    except (Unreachable, Refused) as error:
        return str(error)
    return ""
