"""A server that speaks as much of Kubernetes' API as Jobs need, and runs their pods as processes.

It is no Kubernetes: images are names, containers are processes of this machine one after the other,
`/penstock` is a directory of the pod. What it answers has the form that the real one gives it.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.support.stack import ROOT

TOKEN = "the-token-of-a-worker"
NAMESPACE = "steps"
#: The image of the carriers: they run as they are, with this Python.
OWN_IMAGE = "penstock:test"
_PATH = re.compile(
    rf"/(?:api/v1|apis/batch/v1)/namespaces/{NAMESPACE}/(?P<kind>jobs|pods|secrets)"
    r"(?:/(?P<name>[a-z0-9-]+)(?P<log>/log)?)?"
)
#: What a test may do to a pod: the name of a container that is about to run gives its state instead.
Instead = Callable[[str], Mapping[str, Any] | None]


class Cluster:
    """`jobs` and `pods` are the objects by name; `deleted` the names of the jobs that were deleted."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="pk-"))
        self.jobs: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []
        #: Secrets that are there; each goes with the job that owns it.
        self.secrets: dict[str, dict[str, Any]] = {}
        #: Images that behave strangely, by name.
        self.instead: dict[str, Mapping[str, Any]] = {}
        #: Merged into the status of every pod before its containers run.
        self.pending: dict[str, Any] = {}
        self.held = threading.Event()
        self.held.set()
        self.broken = False
        self._changed = threading.Condition()
        self._version = 0
        self._log_breaks = 0
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._events: list[tuple[int, str, dict[str, Any]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def kubeconfig(self) -> Path:
        path = self.home / "kubeconfig"
        content = {
            "current-context": "test",
            "contexts": [
                {
                    "name": "test",
                    "context": {"cluster": "c", "user": "u", "namespace": NAMESPACE},
                }
            ],
            "clusters": [{"name": "c", "cluster": {"server": self.url}}],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
        }
        path.write_text(yaml.safe_dump(content))
        return path

    def break_next_log(self) -> None:
        """The next log that is followed breaks off after its first piece."""
        self._log_breaks += 1

    def takes_break(self) -> bool:
        if self._log_breaks:
            self._log_breaks -= 1
            return True
        return False

    def stop(self) -> None:
        for name in list(self.jobs):
            self.delete(name)
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self.home, ignore_errors=True)

    # -- objects

    def create(self, job: dict[str, Any]) -> None:
        name = job["metadata"]["name"]
        job["metadata"]["uid"] = f"uid-of-{name}"
        self.jobs[name] = job
        template = job["spec"]["template"]
        labels = {**template["metadata"]["labels"], "job-name": name}
        pod = {
            "metadata": {"name": f"{name}-pod1", "labels": labels},
            "spec": template["spec"],
            "status": {"phase": "Pending"},
        }
        self.pods[pod["metadata"]["name"]] = pod
        self._note("ADDED", pod)
        threading.Thread(target=self._run, args=(pod,), daemon=True).start()

    def delete(self, name: str) -> bool:
        if self.jobs.pop(name, None) is None:
            return False
        self.deleted.append(name)
        for secret in list(self.secrets.values()):
            if secret["metadata"]["ownerReferences"][0]["uid"] == f"uid-of-{name}":
                del self.secrets[secret["metadata"]["name"]]
        self.delete_pod(f"{name}-pod1")
        return True

    def delete_pod(self, name: str) -> None:
        """As the kubelet does it: SIGTERM, SIGKILL when the grace is over, and the pod is gone."""
        pod = self.pods.get(name)
        if pod is None:
            return
        pod["metadata"]["deletionTimestamp"] = "now"
        self._note("MODIFIED", pod)
        process = self._processes.get(name)

        def finish() -> None:
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(pod["spec"]["terminationGracePeriodSeconds"])
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            if self.pods.pop(name, None):
                self._note("DELETED", pod)

        threading.Thread(target=finish, daemon=True).start()

    def patch_status(self, pod: dict[str, Any], **status: Any) -> None:
        with self._changed:
            pod["status"].update(status)
        self._note("MODIFIED", pod)

    def _note(self, kind: str, pod: dict[str, Any]) -> None:
        with self._changed:
            self._version += 1
            pod["metadata"]["resourceVersion"] = str(self._version)
            self._events.append((self._version, kind, json.loads(json.dumps(pod))))
            self._changed.notify_all()

    def wait_event(self, after: int, seconds: float) -> list[tuple[int, str, dict[str, Any]]]:
        with self._changed:
            self._changed.wait_for(lambda: self._version > after or self.broken, seconds)
            return [event for event in self._events if event[0] > after]

    @property
    def version(self) -> int:
        return self._version

    # -- pods

    def _run(self, pod: dict[str, Any]) -> None:
        root = self.home / pod["metadata"]["name"]
        (root / "volume").mkdir(parents=True)
        if self.pending:
            self.patch_status(pod, **self.pending)
        self.held.wait()
        spec = pod["spec"]
        for volume in spec["volumes"]:
            if "secret" in volume:
                self._mount_secret(volume["secret"]["secretName"], root)
        for listed, containers in (
            ("initContainerStatuses", spec["initContainers"]),
            ("containerStatuses", spec["containers"]),
        ):
            for container in containers:
                state = self._run_container(pod, container, listed, root)
                if "waiting" in state:
                    return
                if state["terminated"]["exitCode"] != 0:
                    self.patch_status(pod, phase="Failed")
                    return
        self.patch_status(pod, phase="Succeeded")

    def _mount_secret(self, name: str, root: Path) -> None:
        """The kubelet waits until it is there."""
        with self._changed:
            self._changed.wait_for(lambda: name in self.secrets)
            values = self.secrets[name]["stringData"]
        (root / "volume" / "secrets").mkdir()
        for key, value in values.items():
            (root / "volume" / "secrets" / key).write_text(value)

    def create_secret(self, secret: dict[str, Any]) -> None:
        with self._changed:
            self.secrets[secret["metadata"]["name"]] = secret
            self._changed.notify_all()

    def _run_container(
        self, pod: dict[str, Any], container: dict[str, Any], listed: str, root: Path
    ) -> Mapping[str, Any]:
        name = pod["metadata"]["name"]
        state = self.instead.get(container["image"])
        if state is None:
            with (root / f"{container['name']}.log").open("wb") as log:
                process = subprocess.Popen(
                    self._argv(container, root),
                    env=self._environ(container, root),
                    cwd=root,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            self._processes[name] = process
            self._set_state(pod, listed, container, {"running": {}})
            code = process.wait()
            exit_code = 128 - code if code < 0 else code
            reason = "Completed" if exit_code == 0 else "Error"
            state = {"terminated": {"exitCode": exit_code, "reason": reason}}
        self._set_state(pod, listed, container, state)
        return state

    def _set_state(
        self, pod: dict[str, Any], listed: str, container: Mapping[str, Any], state: Any
    ) -> None:
        others = [
            each for each in pod["status"].get(listed, ()) if each["name"] != container["name"]
        ]
        mine = {"name": container["name"], "image": container["image"], "state": state}
        self.patch_status(pod, **{listed: [*others, mine]})

    def _argv(self, container: Mapping[str, Any], root: Path) -> list[str]:
        if container["image"] == OWN_IMAGE:
            return [sys.executable, *container["command"][1:]]
        words = [*container.get("command", ()), *container.get("args", ())]
        return [_placed(word, root) for word in words]

    def _environ(self, container: Mapping[str, Any], root: Path) -> dict[str, str]:
        given = {each["name"]: _placed(each["value"], root) for each in container["env"]}
        own = {"PYTHONPATH": str(ROOT)} if container["image"] == OWN_IMAGE else {}
        return {"PATH": os.environ["PATH"], **own, **given}

    def log_of(self, pod: str, container: str) -> Path:
        return self.home / pod / f"{container}.log"

    def has_ended(self, pod: str, container: str) -> bool:
        found = self.pods.get(pod)
        if found is None:
            return True
        for listed in ("initContainerStatuses", "containerStatuses"):
            for each in found["status"].get(listed, ()):
                if each["name"] == container:
                    return "terminated" in each["state"]
        return False


def _placed(text: str, root: Path) -> str:
    """Where the volume of the pod is, for what is mounted from it at `/penstock`."""
    return re.sub(r"/penstock(?![-\w])", str(root / "volume"), _expanded(text))


def _expanded(text: str) -> str:
    """`$$` is `$`; no other variable is ever meant."""
    assert "$(" not in text.replace("$$", ""), f"Kubernetes would expand {text!r}"
    return text.replace("$$", "$")


def _handler(cluster: Cluster) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *arguments: Any) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            found = self._found()
            if found is None:
                return
            kind, name, log = found
            query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
            if log:
                self._log(name, query)
            elif query.get("watch") == "true":
                self._watch(query)
            else:
                objects = cluster.jobs if kind == "jobs" else cluster.pods
                chosen = [each for each in objects.values() if _matches(each, query)]
                self._json(200, {"items": chosen, "metadata": {}})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            job = json.loads(self.rfile.read(length))
            found = self._found()
            if found is None:
                return
            if found[0] == "secrets":
                cluster.create_secret(job)
                self._json(201, job)
                return
            complaint = _complaint(job)
            if complaint:
                self._fail(422, complaint)
                return
            cluster.create(job)
            self._json(201, job)

        def do_DELETE(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            options = json.loads(self.rfile.read(length) or b"{}")
            found = self._found()
            if found is None:
                return
            if options.get("propagationPolicy") not in ("Background", "Foreground"):
                self._fail(422, "the pods would be left behind")
            elif cluster.delete(found[1]):
                self._json(200, {"kind": "Status", "status": "Success"})
            else:
                self._fail(404, f'jobs.batch "{found[1]}" not found')

        def _found(self) -> tuple[str, str, bool] | None:
            if cluster.broken:
                self.close_connection = True
                return None
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._fail(401, "Unauthorized")
                return None
            match = _PATH.fullmatch(urlsplit(self.path).path)
            if match is None:
                self._fail(403, f"{self.path} is forbidden")
                return None
            return match["kind"], match["name"] or "", bool(match["log"])

        def _watch(self, query: Mapping[str, str]) -> None:
            self._begin("application/json")
            seen = cluster.version
            until = time.monotonic() + float(query["timeoutSeconds"])
            while time.monotonic() < until and not cluster.broken:
                for version, kind, pod in cluster.wait_event(seen, 0.5):
                    seen = version
                    if _matches(pod, query):
                        line = json.dumps({"type": kind, "object": pod}) + "\n"
                        self._chunk(line.encode())
            self._end()

        def _log(self, pod: str, query: Mapping[str, str]) -> None:
            path = cluster.log_of(pod, query["container"])
            if not path.exists():
                self._fail(400, f'container "{query["container"]}" is waiting to start')
                return
            if "tailLines" in query:
                self._begin("text/plain")
                self._chunk(
                    b"".join(path.read_bytes().splitlines(True)[-int(query["tailLines"]) :])
                )
                self._end()
                return
            self._begin("text/plain")
            breaks = cluster.takes_break()
            with path.open("rb") as log:
                while True:
                    over = cluster.has_ended(pod, query["container"])
                    data = log.read(65536)
                    if data:
                        self._chunk(data)
                        if breaks:
                            self.close_connection = True
                            return
                    elif over or cluster.broken:
                        break
                    else:
                        time.sleep(0.02)
            self._end()

        def _begin(self, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()

        def _chunk(self, data: bytes) -> None:
            if data:
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                    self.wfile.flush()

        def _end(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(b"0\r\n\r\n")

        def _json(self, code: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _fail(self, code: int, message: str) -> None:
            self._json(
                code, {"kind": "Status", "status": "Failure", "code": code, "message": message}
            )

    return Handler


def _matches(found: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    wanted = query.get("labelSelector")
    if not wanted:
        return True
    name, _, value = wanted.partition("=")
    return bool(found["metadata"].get("labels", {}).get(name) == value)


def _complaint(job: Mapping[str, Any]) -> str:
    """The few rules of the real API that are easily broken."""
    name = job["metadata"]["name"]
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name):
        return f"metadata.name: {name} is no DNS label"
    for key, value in job["metadata"]["labels"].items():
        if not re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", value):
            return f"metadata.labels.{key}: {value!r} is no label"
    spec = job["spec"]["template"]["spec"]
    if spec.get("restartPolicy") not in ("Never", "OnFailure"):
        return "spec.template.spec.restartPolicy: Required value"
    volumes = {volume["name"] for volume in spec["volumes"]}
    for container in [*spec["initContainers"], *spec["containers"]]:
        for variable in container["env"]:
            if not isinstance(variable["value"], str):
                return f"env.{variable['name']}: must be a string"
        for mount in container["volumeMounts"]:
            if mount["name"] not in volumes:
                return f"volumeMounts: there is no volume {mount['name']}"
    return ""
