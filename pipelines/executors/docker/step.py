"""One container under way: from the image to the outputs, in a thread of its own."""

import json
import logging
import os
import resource
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from docker.types import DeviceRequest, LogConfig, Mount, Ulimit
from docker.utils.socket import STDERR, frames_iter

from pipelines.kinds.contract import StepFailed

from .. import endings
from ..containers import layout, results, words
from ..containers.layout import Contents
from ..logs import StepLog
from ..outputs import BadOutput
from ..process.workspace import StepDirectory, remove
from ..protocol import Listener, OutputFile, StepError, StepRequest, StepResult
from . import daemon as daemons
from .daemon import Daemon, Missing, Refused, Unreachable

logger = logging.getLogger(__name__)

#: Seconds between looks at the clock, the cancellation and the files.
_TICK = 0.5
#: From SIGTERM to SIGKILL, as the process executor has it.
_CANCEL_SECONDS = 2.0
_TIMEOUT_SECONDS = 0.5
#: How long the daemon may take to say how a container ended whose streams are closed.
_END_SECONDS = 30
#: What a container may have at most; less where the worker may have less.
_ULIMITS = {
    "nofile": (resource.RLIMIT_NOFILE, 65_536),
    "nproc": (resource.RLIMIT_NPROC, 16_384),
}


@dataclass(frozen=True)
class Options:
    """What the executor gives to every container.

    `network` is Docker's mode or a network's name; empty is the daemon's own choice. `labels` tell
    whose containers they are, `environ` is passed on to all.
    """

    labels: Mapping[str, str]
    network: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Use:
    """The most that was seen so far."""

    cpu_seconds: float | None = None
    memory: int | None = None

    def see(self, stats: Mapping[str, Any]) -> None:
        memory = stats.get("memory_stats") or {}
        used = max(memory.get("usage") or 0, memory.get("max_usage") or 0)
        total = ((stats.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage") or 0
        if used:
            self.memory = max(used, self.memory or 0)
        if total:
            self.cpu_seconds = max(total / 1e9, self.cpu_seconds or 0.0)


class DockerStep:
    """Implements RunningStep."""

    def __init__(
        self,
        request: StepRequest,
        listener: Listener,
        directory: StepDirectory,
        daemon: Daemon,
        options: Options,
        on_end: Callable[[str], None],
    ) -> None:
        """`on_end` is told the container that could not be removed, or nothing."""
        self._request = request
        self._limits = request.limits
        self._listener = listener
        self._log = StepLog(listener, request.limits.log_bytes)
        self._directory = directory
        self._daemon = daemon
        self._options = options
        self._on_end = on_end
        self._reason: str | None = None
        self._at_once = False
        #: Set when the streams have ended, or somebody wants the step to end.
        self._news = threading.Event()
        self._streams_ended = threading.Event()
        self._last_words = b""
        self._use = _Use()
        self._left_over = ""
        self._result: StepResult
        self._thread = threading.Thread(
            target=self._work, name=f"penstock-container-{directory.number}", daemon=True
        )
        self._thread.start()

    def wait(self) -> StepResult:
        self._thread.join()
        return self._result

    def cancel(self, reason: str) -> None:
        self._reason = reason
        self._news.set()

    def abandon(self, reason: str) -> None:
        """End the container without giving it time to tidy up."""
        self._at_once = True
        self.cancel(reason)

    def _work(self) -> None:
        try:
            result = self._run()
        except StepFailed as failure:
            result = _failed(StepError(failure.kind, failure.message))
        except Refused as refused:
            result = _failed(StepError("setup", f"the container could not be started: {refused}"))
        except Unreachable as lost:
            result = _failed(self._cancelled() or StepError("lost", f"the step was lost: {lost}"))
        except OSError as error:
            result = _failed(StepError("setup", f"the step could not be started: {error}"))
        except Exception as error:
            # Whatever it is, whoever waits must get an answer.
            logger.exception("a container could not be run")
            result = _failed(StepError("setup", f"{type(error).__name__}: {error}"))
        self._result = replace(
            result,
            cpu_seconds=self._use.cpu_seconds,
            peak_memory=self._use.memory,
            log_truncated=self._log.truncated,
            close=self._close,
        )
        self._on_end(self._left_over)

    def _run(self) -> StepResult:
        contents = layout.contents(self._request)
        self._provide(contents.command.image, contents.command.pull)
        if stopped := self._cancelled():
            return _failed(stopped)
        mounts = self._place(contents)
        container = self._create(contents, mounts)
        try:
            return self._follow(container)
        finally:
            self._remove(container)

    # Before it runs

    def _provide(self, image: str, policy: str) -> None:
        """Have the image there. Raises StepFailed, Unreachable."""
        if policy != "always" and self._daemon.has_image(image):
            return
        if policy == "never":
            raise StepFailed(
                "setup",
                f"the image `{image}` is not on this worker, and the component says never to pull it",
            )
        self._note(f"pulling {image}")
        try:
            for _ in self._daemon.pull(image):
                if self._reason is not None:
                    return
        except Refused as refused:
            raise StepFailed(
                "setup", f"the image `{image}` cannot be pulled: {refused}"
            ) from refused
        self._note(f"{image} is here")

    def _place(self, contents: Contents) -> list[Mount]:
        """Write down what the container is given; what is to be mounted where.

        The directories that a container writes to are mounts of their own: nothing in it can put a
        link in their place, which would be followed on this machine.
        """
        home = self._directory.path
        private = self._user_of(contents.command.user) == self._user_of("")
        if not private and os.geteuid() != 0:
            raise StepFailed(
                "setup",
                f"the component wants to be user {contents.command.user}, whose files this worker could "
                "not remove; leave `user` out, or run the worker as root",
            )
        inputs = home / "inputs"
        inputs.mkdir(mode=0o755)
        (inputs / layout.INPUTS_FILE.name).write_text(
            json.dumps(contents.given, ensure_ascii=False, allow_nan=False), encoding="utf-8"
        )
        mounts = [_mount(inputs, layout.INPUTS, read_only=True)]
        for placed in contents.files:
            inside = inputs / placed.where.relative_to(layout.INPUTS)
            inside.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            source = placed.file.path.resolve()
            if not source.is_file():
                raise FileNotFoundError(f"the file for an input is not there: {placed.file.path}")
            if private:
                inside.touch()  # something must be there to be mounted over
                mounts.append(_mount(source, placed.where, read_only=True))
            else:
                # The store's own file may be read by its owner alone.
                shutil.copyfile(source, inside)
        for name, where in (
            ("outputs", layout.OUTPUTS),
            ("artifacts", layout.ARTIFACTS),
            ("work", layout.WORK),
        ):
            place = home / name
            place.mkdir(mode=0o700, exist_ok=True)
            place.chmod(0o700 if private else 0o777)
            mounts.append(_mount(place, where))
        for path in (inputs, *inputs.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o444)
        return mounts

    def _create(self, contents: Contents, mounts: list[Mount]) -> str:
        command, limits = contents.command, self._limits
        api = self._daemon.api
        host = api.create_host_config(
            mounts=mounts,
            network_mode="none" if command.network == "none" else self._options.network or None,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            privileged=False,
            pids_limit=limits.processes,
            mem_limit=limits.memory_bytes,
            memswap_limit=limits.memory_bytes,
            nano_cpus=None if limits.cpu is None else int(limits.cpu * 1e9),
            device_requests=_gpus(self._request.gpus),
            ulimits=_ulimits(),
            # What it prints is read from the attached streams; the daemon must not hoard it as well.
            log_config=LogConfig(type=LogConfig.types.NONE),
        )
        made = self._daemon.ask(
            "create_container",
            command.image,
            command=command.args,
            entrypoint=command.command,
            environment={
                **self._options.environ,
                **layout.environment(self._request, command),
            },
            working_dir=command.working_dir or None,
            user=self._user_of(command.user),
            labels={**self._options.labels, "penstock.step": self._request.key},
            stdin_open=False,
            host_config=host,
        )
        return str(made["Id"])

    def _user_of(self, wanted: str) -> str:
        """Without a wish it is the worker's own, whom a rootless daemon calls root."""
        return wanted or ("0:0" if self._daemon.is_rootless() else _own_user())

    # While it runs

    def _follow(self, container: str) -> StepResult:
        """Start it, pass on what it prints, keep its limits, and say how it ended."""
        streams = self._daemon.attach(container)
        try:
            self._daemon.ask("start", container)
            reader = threading.Thread(
                target=self._read, args=(streams,), name="penstock-container-log", daemon=True
            )
            reader.start()
            killed = self._watch(container)
            state = self._state(container)
        finally:
            daemons.shut(streams)
        reader.join(_END_SECONDS)
        self._log.close()
        return self._judge(state, killed)

    def _read(self, streams: Any) -> None:
        try:
            for stream, data in frames_iter(streams, tty=False):
                if stream == STDERR:
                    self._log.feed_stderr(data)
                    self._last_words = data.strip().rpartition(b"\n")[2] or self._last_words
                else:
                    self._log.feed_stdout(data)
        except (OSError, ValueError):
            logger.debug("the streams of a container broke off", exc_info=True)
        self._streams_ended.set()
        self._news.set()

    def _watch(self, container: str) -> StepError | None:
        """Wait for the end of the streams; why the container was killed, if it was."""
        now = time.monotonic()
        end = now + self._limits.seconds if self._limits.seconds is not None else float("inf")
        why: StepError | None = None
        dead, kill_at = False, float("inf")
        look_at = now + _TICK
        while not self._streams_ended.is_set():
            self._news.wait(max(0.0, min(_TICK, end - now, kill_at - now)))
            self._news.clear()
            now = time.monotonic()
            if self._streams_ended.is_set():
                break
            if why is None:
                why, grace = self._verdict(now >= end, now >= look_at)
                if why is not None:
                    self._signal(container, "SIGTERM" if grace else "SIGKILL")
                    dead, end, kill_at = not grace, float("inf"), now + (grace or _END_SECONDS)
            elif now >= kill_at:
                if dead:
                    raise Unreachable("its container does not end")
                self._signal(container, "SIGKILL")
                dead, kill_at = True, now + _END_SECONDS
            if now >= look_at:
                self._sample(container)
                look_at = time.monotonic() + 2 * _TICK
        return why

    def _verdict(self, late: bool, look: bool) -> tuple[StepError | None, float]:
        """Why the container must end now, and how many seconds it gets to do so itself."""
        if stopped := self._cancelled():
            return stopped, 0.0 if self._at_once else _CANCEL_SECONDS
        if late:
            return endings.over_time(self._limits), _TIMEOUT_SECONDS
        if look and _bytes_under(self._directory.path) > self._limits.output_bytes:
            return endings.over_output(self._limits), 0.0
        return None, 0.0

    def _sample(self, container: str) -> None:
        try:
            self._use.see(self._daemon.ask("stats", container, stream=False, one_shot=True))
        except Refused:
            logger.debug("the daemon gives no figures of a container", exc_info=True)

    def _signal(self, container: str, name: str) -> None:
        with suppress(Refused):  # it has ended meanwhile, which is what was wanted
            self._daemon.ask("kill", container, name)

    def _state(self, container: str) -> Mapping[str, Any]:
        """How it ended. Raises Unreachable when the daemon, or the stream alone, went away.

        Asked for again and again: Podman answers "wait" only when it has also tidied up.
        """
        until = time.monotonic() + _END_SECONDS
        pause = 0.01
        while True:
            try:
                found: Mapping[str, Any] = self._daemon.ask("inspect_container", container)["State"]
            except Missing as missing:
                raise Unreachable("somebody removed its container") from missing
            if not found["Running"] and found["Status"] not in ("created", "running", "stopping"):
                return found
            if time.monotonic() > until:
                raise Unreachable("its streams broke off while its container went on")
            time.sleep(pause)
            pause = min(2 * pause, 0.5)

    def _judge(self, state: Mapping[str, Any], killed: StepError | None) -> StepResult:
        code = int(state.get("ExitCode") or 0)
        error = killed or words.error_of(
            code,
            self._limits,
            out_of_memory=bool(state.get("OOMKilled")),
            last_words=self._last_words,
        )
        if error is None:
            try:
                return StepResult("success", outputs=self._outputs(), exit_code=0)
            except (BadOutput, OSError) as problem:
                error = StepError("output", str(problem))
        exit_code = None if killed else code
        return replace(_failed(error), exit_code=exit_code, signal=words.signal_of(code))

    def _outputs(self) -> dict[str, Any | OutputFile]:
        home = self._directory.path
        ports = layout.ports_of(self._request.spec)
        return results.read(home / "outputs", home / "artifacts", ports, self._limits.output_bytes)

    # After it has run

    def _remove(self, container: str) -> None:
        try:
            self._daemon.ask("remove_container", container, force=True, v=True)
        except Missing:
            pass
        except (Refused, Unreachable) as error:
            logger.warning("container %s could not be removed yet: %s", container[:12], error)
            self._left_over = container

    def _close(self) -> None:
        try:
            remove(self._directory.path)
        except OSError as error:
            # The next start of a worker tries again; the result is not the worse for it.
            logger.warning("%s cannot be deleted now: %s", self._directory.path, error)

    def _cancelled(self) -> StepError | None:
        return None if self._reason is None else endings.cancelled(self._reason)

    def _note(self, text: str) -> None:
        self._listener.log(f"[penstock] {text}\n")


def _failed(error: StepError) -> StepResult:
    return StepResult("cancelled" if error.kind == "cancelled" else "failed", error=error)


def _mount(source: Path, target: PurePosixPath, *, read_only: bool = False) -> Mount:
    return Mount(str(target), str(source), type="bind", read_only=read_only)


def _own_user() -> str:
    return f"{os.geteuid()}:{os.getegid()}"


def _ulimits() -> list[Ulimit]:
    """Named, since some daemons would else ask the kernel for more than they may have."""
    found = []
    for name, (which, most) in _ULIMITS.items():
        _, hard = resource.getrlimit(which)
        limit = most if hard == resource.RLIM_INFINITY else min(hard, most)
        found.append(Ulimit(name=name, soft=limit, hard=limit))
    return found


def _gpus(devices: Sequence[str] | None) -> list[DeviceRequest] | None:
    if not devices:
        return None
    return [DeviceRequest(device_ids=list(devices), capabilities=[["gpu"]])]


def _bytes_under(path: Path) -> int:
    """What the files of a step take, without those that go away meanwhile."""
    total = 0
    for directory, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(directory, name)).st_size
            except OSError:
                continue
    return total
