"""One Job under way: made, watched, listened to, and deleted."""

import json
import logging
import re
import tarfile
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.kinds.contract import StepFailed

from .. import endings
from ..containers import layout, results
from ..containers import words as container_words
from ..containers.faults import Missing, Refused, Unreachable
from ..containers.layout import Contents
from ..containers.step import ContainerStep, Ended, failed
from ..outputs import BadOutput
from ..process.workspace import StepDirectory
from ..protocol import Listener, StepError, StepRequest, StepResult
from . import carrier
from .cluster import Cluster
from .exchange import Exchange
from .job import DELIVER, FETCH, STEP, Settings, job, secret, with_secrets
from .words import Pod

logger = logging.getLogger(__name__)

_TICK = 0.5
#: Between two looks at the pod when the watch is silent or broken.
_POLL_SECONDS = 5.0
#: What may be missing from the log when the container has ended already.
_LOG_SECONDS = 15.0
#: How long the pod of a deleted Job may take to end.
_STOP_SECONDS = 15.0
#: Addresses hold this much longer than a step may take; without a limit, for a week, S3's most.
_SPARE_SECONDS = 2 * 3600
_WEEK = 7 * 24 * 3600
#: What S3 takes at a time.
_MOST_BYTES = 5 * 1024**3
_MOST_FILES = 100_000


class KubernetesStep(ContainerStep):
    """From the inputs in the store to the outputs, in one Job. What may be left over is its name."""

    refusal = "the cluster refused the step"

    def __init__(
        self,
        request: StepRequest,
        listener: Listener,
        directory: StepDirectory,
        cluster: Cluster,
        exchange: Exchange,
        settings: Settings,
        patience: float,
        on_end: Ended,
    ) -> None:
        """`patience` is how many seconds the API may be silent."""
        self.name = f"penstock-{uuid.uuid4().hex[:20]}"
        output_bytes = min(request.limits.output_bytes, _MOST_BYTES)
        limits = replace(request.limits, output_bytes=output_bytes)
        super().__init__(request, listener, directory, on_end, name=self.name, limits=limits)
        self._cluster = cluster
        self._exchange = exchange
        self._settings = settings
        self._patience = patience
        self._over = threading.Event()
        self._pod: Pod | None = None
        self._pod_gone = False
        self._heard_at = time.monotonic()
        self._log_reader: threading.Thread | None = None
        self._last_words = b""

    def run(self) -> StepResult:
        try:
            return self._run()
        finally:
            self._over.set()

    def _run(self) -> StepResult:
        contents = layout.contents(self.request)
        if contents.command.network == "none":
            raise StepFailed(
                "setup",
                "the component wants no network, which Kubernetes does not promise; run it on "
                "Docker, or leave `network` out",
            )
        try:
            manifest_url = self._prepare(contents)
            if stopped := self.cancelled():
                return failed(stopped)
            made = job(self.name, self.request, contents.command, manifest_url, self._settings)
            if contents.secrets:
                made = with_secrets(made)
            try:
                begun = self._cluster.create_job(made)
                if contents.secrets:
                    self._cluster.create_secret(secret(contents.secrets, begun))
                return self._follow()
            finally:
                self._delete()  # also when nobody knows whether it was made
        finally:
            self._forget_exchange()

    # What it is given

    def _prepare(self, contents: Contents) -> str:
        """Put what the step is given into the store; where its carrier finds the manifest."""
        seconds = self._seconds()
        files = [
            {
                "url": self._url_of(number, placed.file.digest, placed.file.path, seconds),
                "to": str(placed.where.relative_to(layout.ROOT)),
            }
            for number, placed in enumerate(contents.files)
        ]
        manifest = {
            "inputs": contents.given,
            "files": files,
            "deliver": self._exchange.upload_url(f"{self.name}/{carrier.RESULT}", seconds),
            "most_bytes": self.limits.output_bytes,
        }
        data = json.dumps(manifest, ensure_ascii=False, allow_nan=False).encode()
        return self._exchange.put(f"{self.name}/{carrier.MANIFEST}", data, seconds)

    def _url_of(self, number: int, digest: str, path: Path, seconds: int) -> str:
        if digest:
            return self._exchange.artifact_url(digest, seconds)
        return self._exchange.put_file(f"{self.name}/input-{number}", path, seconds)

    def _seconds(self) -> int:
        """How long addresses are to hold."""
        if self.limits.seconds is None:
            return _WEEK
        return min(_WEEK, int(self.limits.seconds) + _SPARE_SECONDS)

    # While it runs

    def _follow(self) -> StepResult:
        watcher = threading.Thread(target=self._watch, name=f"{self.name}-watch", daemon=True)
        watcher.start()
        try:
            killed = self._wait_for_end()
        finally:
            self._over.set()
        if self._log_reader is not None:
            if self._pod is None or self._pod.ended(STEP) is None:
                self._delete()  # or it would print for ever
            self._log_reader.join(_LOG_SECONDS)
        self.log.close()
        return self._judge(killed)

    def _wait_for_end(self) -> StepError | None:
        """Wait until the pod has ended, or must; why it must."""
        self._heard_at = time.monotonic()
        polled_at = time.monotonic()
        end = float("inf")
        told = ""
        while True:
            self.news.wait(_TICK)
            self.news.clear()
            now = time.monotonic()
            if stopped := self.cancelled():
                self._stop()
                return stopped
            if now - max(polled_at, self._heard_at) > _POLL_SECONDS:
                polled_at = now
                self._poll()
            if now - self._heard_at > self._patience:
                raise Unreachable(
                    f"the cluster at {self._cluster.address} has not answered for "
                    f"{self._patience:g} seconds"
                )
            pod = self._pod
            if pod is None:
                continue
            if pod.started(STEP) and self._log_reader is None:
                self._log_reader = threading.Thread(
                    target=self._read_log, args=(pod.name,), name=f"{self.name}-log", daemon=True
                )
                self._log_reader.start()
                if self.limits.seconds is not None:
                    end = now + self.limits.seconds
            if (waits := pod.waits_for()) and waits != told:
                told = waits
                self.note(f"the pod waits for a node: {waits}")
            if self._is_over(pod):
                return None
            if self._pod_gone:
                raise Unreachable("somebody deleted its pod")
            if now >= end and pod.ended(STEP) is None:
                self._stop()
                return endings.over_time(self.limits)

    def _is_over(self, pod: Pod) -> bool:
        if pod.problem() is not None or pod.status.get("phase") in ("Succeeded", "Failed"):
            return True
        step, deliver = pod.ended(STEP), pod.ended(DELIVER)
        return deliver is not None or (step is not None and step.code != 0)

    def _watch(self) -> None:
        """Keep `_pod` as the API tells it, until the step is over."""
        while not self._over.is_set():
            try:
                self._poll()
                for kind, found in self._cluster.watch_pods(self._selector()):
                    self._see(kind, found)
                    if self._over.is_set():
                        return
            except (Unreachable, Refused) as error:
                logger.info("the watch of %s broke off: %s", self.name, error)
                self._over.wait(_TICK)

    def _poll(self) -> None:
        try:
            found = self._cluster.pods(self._selector())
        except (Unreachable, Refused) as error:
            logger.info("the pod of %s cannot be looked at: %s", self.name, error)
            return
        self._heard_at = time.monotonic()
        if found:
            self._see("MODIFIED", found[0])
        elif self._pod is not None:
            self._pod_gone = True
            self.news.set()

    def _see(self, kind: str, found: Any) -> None:
        self._heard_at = time.monotonic()
        self._pod = Pod.of(found)
        self._pod_gone = self._pod_gone or kind == "DELETED"
        self.news.set()

    def _selector(self) -> str:
        return f"job-name={self.name}"

    def _read_log(self, pod: str) -> None:
        """Pass on the log. A stream that breaks off is read anew, without what was heard."""
        heard = 0
        while True:
            skip = heard
            try:
                for data in self._cluster.log(pod, STEP):
                    fresh = data[skip:]
                    skip = max(0, skip - len(data))
                    if fresh:
                        heard += len(fresh)
                        self.log.feed_stdout(fresh)
                        self._last_words = _last_line(fresh) or self._last_words
                return
            except Missing:
                return
            except (Unreachable, Refused) as error:
                logger.info("the log of %s broke off: %s", self.name, error)
                if self._over.wait(_TICK):
                    return

    def _stop(self) -> None:
        """Delete the Job, and wait until its pod has ended: it gets two seconds to do so itself."""
        self._delete()
        until = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < until and not self._pod_gone:
            if self._pod is None or self._pod.ended(STEP) is not None:
                return
            self.news.wait(_TICK)
            self.news.clear()

    # How it ended

    def _judge(self, killed: StepError | None) -> StepResult:
        if killed is not None or self._pod is None:
            return failed(killed or StepError("lost", "the step was lost: it has no pod"))
        pod = self._pod
        ended = pod.ended(STEP)
        problem = pod.problem()
        if ended is None or (problem is not None and ended.code != 0):
            return failed(problem or self._never_came(pod))
        error = container_words.error_of(
            ended.code,
            self.limits,
            out_of_memory=ended.reason == "OOMKilled",
            last_words=self._last_words,
        )
        if error is None:
            try:
                return StepResult("success", outputs=self._outputs(pod), exit_code=0)
            except BadOutput as bad:
                error = StepError("output", str(bad))
        name = container_words.signal_of(ended.code)
        return replace(failed(error), exit_code=ended.code, signal=name)

    def _never_came(self, pod: Pod) -> StepError:
        """The pod ended before the step's container began."""
        fetched = pod.ended(FETCH)
        if fetched is not None and fetched.code != 0:
            said = self._said_by(pod, FETCH)
            return StepError("lost", f"the step was lost: its inputs could not be fetched{said}")
        reason = pod.status.get("message") or pod.status.get("reason") or "it does not say why"
        return StepError("lost", f"the step was lost: its pod ended too early ({reason})")

    def _outputs(self, pod: Pod) -> dict[str, Any]:
        """Fetch what was delivered, and read it as strictly as what a container here leaves."""
        delivered = pod.ended(DELIVER)
        if delivered is None or delivered.code != 0:
            said = self._said_by(pod, DELIVER)
            if "the step wrote more than" in said:
                raise BadOutput(endings.over_output(self.limits).message)
            raise Unreachable(f"its outputs could not be delivered{said}")
        home = self.directory.path / "delivered"
        home.mkdir(mode=0o700)
        packed = self.directory.path / carrier.RESULT
        most = self.limits.output_bytes
        try:
            self._exchange.fetch(f"{self.name}/{carrier.RESULT}", packed, 2 * most + 64 * 1024**2)
        except OSError as error:
            raise Unreachable(f"its outputs could not be fetched: {error}") from error
        _unpack(packed, home, most)
        packed.unlink()
        for name in (carrier.OUTPUTS, carrier.ARTIFACTS):
            (home / name).mkdir(mode=0o700, exist_ok=True)
        ports = layout.ports_of(self.request.spec)
        return results.read(home / carrier.OUTPUTS, home / carrier.ARTIFACTS, ports, most)

    def _said_by(self, pod: Pod, container: str) -> str:
        try:
            said = self._cluster.last_lines(pod.name, container).decode("utf-8", "replace").strip()
        except (Unreachable, Refused):
            return ""
        return f": {re.sub(r'[^ -~]', '?', said)[:500]}" if said else ""

    # After it has run

    def _delete(self) -> None:
        try:
            self._cluster.delete_job(self.name)
        except Missing:
            pass
        except (Refused, Unreachable) as error:
            logger.warning("Job %s could not be deleted yet: %s", self.name, error)
            self.left_over = self.name

    def _forget_exchange(self) -> None:
        try:
            self._exchange.remove(f"{self.name}/")
        except OSError as error:
            logger.warning("what Job %s exchanged could not be removed: %s", self.name, error)


def _unpack(packed: Path, home: Path, most_bytes: int) -> None:
    """Raises BadOutput for what no carrier packs: it came over a network, from a pod."""
    left, count = most_bytes, 0
    try:
        with tarfile.open(packed, "r:") as tar:
            for member in tar:
                count, left = count + 1, left - member.size
                if not member.isreg() or left < 0 or count > _MOST_FILES:
                    raise BadOutput(
                        f"what was delivered holds too much, or no plain file: {member.name}"
                    )
                tar.extract(member, home, filter="data", set_attrs=False)
    except (tarfile.TarError, EOFError) as error:
        raise BadOutput(f"what was delivered cannot be read: {error}") from error


def _last_line(data: bytes) -> bytes:
    return data.strip().rpartition(b"\n")[2]
