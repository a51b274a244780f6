"""Jobs on a server that speaks Kubernetes' API, pods as processes. No real cluster was tried."""

import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.secrets import Secret
from pipelines.executors import registry
from pipelines.executors.kubernetes import cluster as clusters
from pipelines.executors.kubernetes import configured
from pipelines.executors.kubernetes.executor import KubernetesExecutor
from pipelines.executors.kubernetes.job import Settings
from pipelines.executors.kubernetes.step import _unpack
from pipelines.executors.outputs import BadOutput
from pipelines.executors.protocol import InputFile, Limits
from tests.acceptance.containers.stage import asked, container
from tests.integration.executors.stage import Heard, run, until
from tests.support.cluster import OWN_IMAGE, Cluster
from tests.support.exchange import FolderExchange

FOREVER = "trap 'echo bye; exit 1' TERM; echo here; while true; do sleep 0.05; done"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    server = Cluster()
    monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig()))
    yield server
    server.stop()


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[FolderExchange]:
    made = FolderExchange(tmp_path / "exchange")
    yield made
    made.close()


@pytest.fixture
def new_executor(
    cluster: Cluster, exchange: FolderExchange, tmp_path: Path
) -> Iterator[Callable[..., KubernetesExecutor]]:
    made: list[KubernetesExecutor] = []

    def make(**options: Any) -> KubernetesExecutor:
        settings = Settings(image=OWN_IMAGE, environ={"PROXY": "here"})
        made.append(
            KubernetesExecutor(tmp_path / "jobs", clusters.connect(), exchange, settings, **options)
        )
        return made[-1]

    yield make
    for executor in made:
        executor.close()


@pytest.fixture
def kubernetes(new_executor: Callable[..., KubernetesExecutor]) -> KubernetesExecutor:
    return new_executor()


def test_a_step_from_its_inputs_to_its_outputs(
    kubernetes: KubernetesExecutor, cluster: Cluster, exchange: FolderExchange, tmp_path: Path
) -> None:
    exchange.artifacts["d1"] = b"hello\nworld\n"
    (tmp_path / "local.txt").write_text("not in the store")
    script = """
        echo '{"metric": "loss", "value": 0.5, "step": 3}'
        echo "$PARAM_WORD $INPUT_N $PROXY $(echo a shell)"
        wc -l < "$INPUT_DATA" > $OUTPUT_LINES
        cp "$INPUT_MORE" $OUTPUT_COPY
        cp $PENSTOCK_INPUTS $PENSTOCK_ARTIFACTS/given.json
        ln -s /etc/passwd $PENSTOCK_ARTIFACTS/leak
        printf '{"given": {"path": "given.json", "type": "file"}}' > $PENSTOCK_OUTPUTS
    """
    spec = container(
        script,
        {"lines": "integer", "copy": "file", "given": "file"},
        inputs=[{"name": "data"}, {"name": "more"}, {"name": "n", "type": "json"}],
        parameters={"type": "object", "properties": {"word": {"type": "string"}}},
    )
    request = asked(
        spec,
        params={"word": "it's $(HOME) $$"},
        data=InputFile(Path("/not/here"), "file", "data.txt", "d1"),
        more=InputFile(tmp_path / "local.txt", "file"),
        n=[1, 2],
    )
    heard = Heard()
    result = run(kubernetes, request, heard)

    assert result.error is None
    assert result.outputs["lines"] == 2
    assert result.outputs["copy"].path.read_text() == "not in the store"
    given = json.loads(result.outputs["given"].path.read_text())
    assert given["inputs"]["data"]["path"] == "/penstock/inputs/data/data.txt"
    assert heard.metrics == [("loss", 0.5, 3)]
    assert heard.text == "it's $(HOME) $$ [1, 2] here a shell\n"
    assert cluster.jobs == {}
    assert list(exchange.folder.glob("penstock-*")) == [], "what was exchanged is forgotten"
    kept = result.outputs["copy"].path
    result.close()
    assert not kept.exists()


def test_secrets_are_files_of_a_secret_that_goes_with_its_job(
    kubernetes: KubernetesExecutor, cluster: Cluster, exchange: FolderExchange
) -> None:
    cluster.held.clear()
    script = 'cat "$PARAM_TOKEN" "$SECRET_DB"; env | grep -c "$(cut -c1-8 "$PARAM_TOKEN")" || true; cp $PENSTOCK_INPUTS $OUTPUT_GIVEN'
    one = {"type": "string", "format": "secret"}
    spec = container(
        script,
        {"given": "file"},
        parameters={
            "type": "object",
            "properties": {"token": one, "more": {"type": "array", "items": one}},
        },
    )
    secrets = [Secret("api", 1, "hunter22-api\n"), Secret("db", 3, "hunter22-db\n")]
    heard = Heard()
    params = {"token": secrets[0], "more": [secrets[1]]}
    step = kubernetes.start(asked(spec, params=params), heard)
    until(lambda: cluster.secrets)
    told = json.dumps(cluster.jobs) + "".join(
        path.read_text("utf-8", "replace") for path in exchange.folder.rglob("*") if path.is_file()
    )
    cluster.held.set()
    result = step.wait()
    assert result.error is None
    assert heard.text == "***\n***\n0\n"
    assert "hunter22" not in told + result.outputs["given"].path.read_text()
    assert cluster.secrets == {}


def test_the_job_asks_for_no_more_than_it_may_have(
    kubernetes: KubernetesExecutor, cluster: Cluster
) -> None:
    cluster.held.clear()
    limits = Limits(seconds=30, cpu=0.5, memory_bytes=64 * 1024**2)
    spec = container("true", user="7:8", working_dir="/srv", pull="always", args=["a", "$(b)"])
    step = kubernetes.start(asked(spec, limits=limits), Heard())
    until(lambda: cluster.jobs)
    (job,) = cluster.jobs.values()
    cluster.held.set()
    assert step.wait().error is None
    spec = job["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"] > 30) == (0, True)
    assert spec["ttlSecondsAfterFinished"] > 0
    pod = spec["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == 7
    assert pod["securityContext"]["fsGroup"] == 8
    assert pod["automountServiceAccountToken"] is False
    own = pod["initContainers"][1]
    assert own["args"] == ["a", "$$(b)"]
    assert (own["workingDir"], own["imagePullPolicy"]) == ("/srv", "Always")
    asked_for = {"cpu": "500m", "memory": str(64 * 1024**2)}
    assert own["resources"] == {"requests": asked_for, "limits": asked_for}
    for each in [*pod["initContainers"], *pod["containers"]]:
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "capabilities": {"drop": ["ALL"]},
        }
    mounts = {mount["mountPath"]: mount["readOnly"] for mount in own["volumeMounts"]}
    assert mounts == {
        "/penstock/inputs": True,
        "/penstock/outputs": False,
        "/penstock/artifacts": False,
        "/penstock/work": False,
    }
    assert job["metadata"]["annotations"]["penstock/step"] == "run:node"


_NUMBERS = {"type": "object", "properties": {"n": {"type": "integer"}}}
#: As containerd says it.
_NO_PROGRAM = (
    "failed to create containerd task: runc create failed: unable to start container process: exec: "
    '"nope": executable file not found in $PATH: unknown'
)


@pytest.mark.parametrize(
    ("state", "kind", "says"),
    [
        (
            {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling"}},
            "setup",
            "the image `strange:1` cannot be pulled: Back-off pulling",
        ),
        (
            {"waiting": {"reason": "CreateContainerConfigError", "message": "runs as root"}},
            "setup",
            "the container could not be made: runs as root",
        ),
        (
            {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
            "memory",
            "the step used more than 64 MiB of memory. Raise `resources.memory` of the node, or work on less",
        ),
        (
            {"terminated": {"exitCode": 128, "reason": "StartError", "message": "no such file"}},
            "setup",
            "the container could not be started: no such file",
        ),
        (
            {"terminated": {"exitCode": 128, "reason": "StartError", "message": _NO_PROGRAM}},
            "setup",
            "the image `strange:1` has no program `nope`; correct the command, or take an image that has it",
        ),
    ],
)
def test_what_goes_wrong_in_words(
    kubernetes: KubernetesExecutor, cluster: Cluster, state: Any, kind: str, says: str
) -> None:
    cluster.instead["strange:1"] = state
    spec = container("true", image="strange:1")
    failed = run(kubernetes, asked(spec, limits=Limits(memory_bytes=64 * 1024**2)))
    assert failed.error
    assert (failed.error.kind, failed.error.message) == (kind, says)
    assert failed.error.permanent is ("has no program" in says)
    assert cluster.jobs == {}


def test_a_value_of_the_wrong_type_fails_for_good(kubernetes: KubernetesExecutor) -> None:
    spec = container("", command=["echo", "{{ n }}"], parameters=_NUMBERS)
    wrong = run(kubernetes, asked(spec, params={"n": "many"}))
    assert wrong.error
    assert (wrong.error.kind, wrong.error.permanent) == ("setup", True)


def test_failures_of_the_step_itself(kubernetes: KubernetesExecutor) -> None:
    code = run(kubernetes, asked(container("echo no >&2; exit 3")))
    assert code.error
    assert code.error.message == "the container ended with exit code 3: no"
    assert code.exit_code == 3

    nothing = run(kubernetes, asked(container("true", {"a": "text"})))
    assert nothing.error
    assert "did not write its output `a`" in nothing.error.message

    link = run(kubernetes, asked(container("ln -s /etc/passwd $OUTPUT_A", {"a": "file"})))
    assert link.error
    assert "did not write its output `a`" in link.error.message

    much = "head -c 3000000 /dev/zero > $OUTPUT_A"
    large = run(
        kubernetes, asked(container(much, {"a": "file"}), limits=Limits(output_bytes=2**20))
    )
    assert large.error
    assert (large.error.kind, large.error.message) == (
        "output", "the step wrote more than 1 MiB of files",
    )  # fmt: skip

    alone = run(kubernetes, asked(container("true", network="none")))
    assert alone.error
    assert "Kubernetes does not promise" in alone.error.message


def test_time_and_cancelling(kubernetes: KubernetesExecutor, cluster: Cluster) -> None:
    slow = run(kubernetes, asked(container("sleep 60"), limits=Limits(seconds=0.2)))
    assert slow.error
    assert (slow.error.kind, slow.error.message) == ("timeout", "the step took longer than 0.2s")

    heard = Heard()
    step = kubernetes.start(asked(container(FOREVER)), heard)
    until(lambda: heard.text == "here\n")
    step.cancel("enough")
    result = step.wait()
    assert (result.outcome, result.error and result.error.message) == ("cancelled", "enough")
    assert heard.text == "here\nbye\n"
    assert len(cluster.deleted) == 2
    until(lambda: cluster.pods == {})


def test_a_pod_that_waits_says_why(kubernetes: KubernetesExecutor, cluster: Cluster) -> None:
    cluster.held.clear()
    why = "0/3 nodes are available: 3 Insufficient cpu."
    condition = {"type": "PodScheduled", "status": "False", "message": why}
    cluster.pending = {"conditions": [condition]}
    heard = Heard()
    step = kubernetes.start(asked(container("true")), heard)
    until(lambda: heard.text)
    assert heard.text == f"[penstock] the pod waits for a node: {why}\n"
    step.cancel("no more")
    assert step.wait().outcome == "cancelled"
    cluster.held.set()


@pytest.mark.faults
def test_pods_that_are_taken_away(kubernetes: KubernetesExecutor, cluster: Cluster) -> None:
    for how in ("evicted", "deleted", "full"):
        heard = Heard()
        step = kubernetes.start(asked(container(FOREVER)), heard)
        until(lambda heard=heard: heard.text)
        (pod,) = cluster.pods.values()
        if how == "evicted":
            message = "The node was low on resource: memory."
            cluster.patch_status(pod, phase="Failed", reason="Evicted", message=message)
        elif how == "full":
            message = 'Usage of EmptyDir volume "penstock" exceeds the limit'
            cluster.patch_status(pod, phase="Failed", reason="Evicted", message=message)
        else:
            cluster.delete_pod(pod["metadata"]["name"])
        error = step.wait().error
        assert error
        assert error.kind == ("output" if how == "full" else "lost"), how
        until(lambda: cluster.pods == {})


@pytest.mark.faults
def test_a_log_that_breaks_off_and_a_store_that_stumbles(
    kubernetes: KubernetesExecutor, cluster: Cluster, exchange: FolderExchange
) -> None:
    cluster.break_next_log()
    exchange.failures = 1
    heard = Heard()
    script = "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done; echo 1 > $OUTPUT_A"
    result = run(kubernetes, asked(container(script, {"a": "integer"})), heard)
    assert result.outputs == {"a": 1}
    assert heard.text == "1\n2\n3\n4\n5\n"


@pytest.mark.faults
def test_an_api_that_falls_silent_loses_the_step_and_its_job_goes_later(
    cluster: Cluster, new_executor: Callable[..., KubernetesExecutor]
) -> None:
    executor = new_executor(patience=10.0)
    heard = Heard()
    step = executor.start(asked(container(FOREVER)), heard)
    until(lambda: heard.text, 30)
    cluster.broken = True
    error = step.wait().error
    assert error
    assert error.kind == "lost"
    assert "has not answered for 10 seconds" in error.message
    cluster.broken = False
    assert len(cluster.jobs) == 1
    executor.sweep(at_once=True)
    assert cluster.jobs == {}


@pytest.mark.faults
def test_jobs_of_dead_workers_are_deleted(
    cluster: Cluster, tmp_path: Path, new_executor: Callable[..., KubernetesExecutor]
) -> None:
    first = new_executor()
    heard = Heard()
    step = first.start(asked(container(FOREVER)), heard)
    until(lambda: heard.text)
    second = new_executor()
    assert len(cluster.jobs) == 1, "it belongs to a worker that lives"
    (home,) = {path.parent for path in (tmp_path / "jobs").glob("steps-*/000001")}
    (home / ".lock").unlink()
    (tmp_path / "jobs" / home.name / ".lock").touch()  # nobody holds this one
    second.sweep(at_once=True)
    assert cluster.jobs == {}
    lost = step.wait().error
    assert lost
    assert lost.kind == "lost"


def test_a_worker_finds_the_cluster_by_its_environment(
    cluster: Cluster, exchange: FolderExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PENSTOCK_HOME": str(tmp_path),
        "PENSTOCK_CONTAINER_EXECUTOR": "kubernetes",
        "PENSTOCK_KUBERNETES_IMAGE": OWN_IMAGE,
        "PENSTOCK_KUBERNETES_USER": "5:6",
        "PENSTOCK_POD_NAME": "worker-1",
        "PENSTOCK_POD_UID": "u-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(registry, "_open", {})
    monkeypatch.setattr(registry, "_exchange", exchange)
    monkeypatch.setattr(configured, "_answer", (float("-inf"), ""))
    assert registry.usable()["kubernetes"] == ""
    assert registry.choose("container") == "kubernetes"
    cluster.held.clear()
    try:
        step = registry.get("kubernetes").start(asked(container("true")), Heard())
        until(lambda: cluster.jobs)
        (job,) = cluster.jobs.values()
        cluster.held.set()
        assert step.wait().outcome == "success"
    finally:
        registry.close_all()
    assert job["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Pod", "name": "worker-1", "uid": "u-1"}
    ]
    assert job["spec"]["template"]["spec"]["securityContext"]["runAsGroup"] == 6


@pytest.mark.parametrize("name", ["../out", "/etc/out", "link", "pipe"])
def test_what_no_carrier_packs_is_refused(tmp_path: Path, name: str) -> None:
    packed = tmp_path / "result.tar"
    with tarfile.open(packed, "w") as tar:
        member = tarfile.TarInfo(name)
        member.type = {"link": tarfile.SYMTYPE, "pipe": tarfile.FIFOTYPE}.get(name, tarfile.REGTYPE)
        member.linkname = "/etc/passwd"
        tar.addfile(member)
    (tmp_path / "home").mkdir()
    if name.startswith("/"):  # taken as relative
        _unpack(packed, tmp_path / "home", 100)
        assert (tmp_path / "home" / "etc" / "out").is_file()
        return
    with pytest.raises(BadOutput):
        _unpack(packed, tmp_path / "home", 100)
    assert list((tmp_path / "home").iterdir()) == []


def test_whether_a_cluster_can_be_used(
    cluster: Cluster, exchange: FolderExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def why(given: FolderExchange | None = exchange) -> str:
        monkeypatch.setattr(configured, "_answer", (float("-inf"), ""))
        return configured.why_unusable(given)

    monkeypatch.delenv("PENSTOCK_KUBERNETES_IMAGE", raising=False)
    assert "PENSTOCK_KUBERNETES_IMAGE" in why()
    monkeypatch.setenv("PENSTOCK_KUBERNETES_IMAGE", OWN_IMAGE)
    assert "STORAGE_URL" in why(None)
    assert why() == ""
    monkeypatch.setenv("PENSTOCK_KUBERNETES_NAMESPACE", "foreign")
    assert "is forbidden (403)" in why()
    monkeypatch.delenv("PENSTOCK_KUBERNETES_NAMESPACE")
    monkeypatch.setenv("PENSTOCK_KUBERNETES_USER", "root")
    assert "PENSTOCK_KUBERNETES_USER is `root`" in why()
    monkeypatch.delenv("PENSTOCK_KUBERNETES_USER")
    cluster.broken = True
    assert "does not answer" in why()
    cluster.broken = False
    monkeypatch.delenv("KUBECONFIG")
    assert "the worker is in no cluster" in why()
