"""One container under way on a daemon."""

import json
import logging
import os
import resource
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from docker.types import DeviceRequest, LogConfig, Mount, Ulimit
from docker.utils.socket import STDERR, frames_iter

from pipelines.kinds.contract import StepFailed

from .. import endings
from ..containers import layout, results, words
from ..containers.faults import Missing, Refused, Unreachable
from ..containers.layout import Contents
from ..containers.step import ContainerStep, Ended, Use, failed
from ..outputs import BadOutput
from ..process.workspace import StepDirectory
from ..protocol import Listener, OutputFile, StepError, StepRequest, StepResult
from . import daemon as daemons
from .daemon import Daemon

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


class DockerStep(ContainerStep):
    """From the image to the outputs, on one daemon. What may be left over is the container's id."""

    refusal = "the container could not be started"

    def __init__(
        self,
        request: StepRequest,
        listener: Listener,
        directory: StepDirectory,
        daemon: Daemon,
        options: Options,
        on_end: Ended,
    ) -> None:
        name = f"penstock-container-{directory.number}"
        super().__init__(request, listener, directory, on_end, name=name)
        self._daemon = daemon
        self._options = options
        self._at_once = False
        self._streams_ended = threading.Event()
        self._last_words = b""

    def abandon(self, reason: str) -> None:
        """End the container without giving it time to tidy up."""
        self._at_once = True
        self.cancel(reason)

    def run(self) -> StepResult:
        contents = layout.contents(self.request)
        self._provide(contents.command.image, contents.command.pull)
        if stopped := self.cancelled():
            return failed(stopped)
        mounts = self._place(contents)
        container = self._create(contents, mounts)
        try:
            return self._follow(container)
        except Refused as refused:
            return failed(words.not_started(contents.command.image, str(refused)))
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
        self.note(f"pulling {image}")
        try:
            for _ in self._daemon.pull(image):
                if self.cancelled():
                    return
        except Refused as refused:
            raise StepFailed(
                "setup",
                f"the image `{image}` cannot be pulled: {refused}. Check its name, and whether this "
                "worker reaches the registry",
            ) from refused
        self.note(f"{image} is here")

    def _place(self, contents: Contents) -> list[Mount]:
        """Write down what the container is given; what is to be mounted where.

        The directories that a container writes to are mounts of their own: nothing in it can put a
        link in their place, which would be followed on this machine.
        """
        home = self.directory.path
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
        if contents.secrets:
            mounts.append(_mount(self._write_secrets(contents), layout.SECRETS, read_only=True))
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

    def _write_secrets(self, contents: Contents) -> Path:
        """The files with the secrets, in a directory that nobody but the worker gets into."""
        place = self.directory.path / "secrets"
        place.mkdir(mode=0o700)
        for name, value in contents.secrets.items():
            descriptor = os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(value)
            (place / name).chmod(0o444)  # whoever the container's user is
        place.chmod(0o755)
        return place

    def _create(self, contents: Contents, mounts: list[Mount]) -> str:
        command, limits = contents.command, self.limits
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
            device_requests=_gpus(self.request.gpus),
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
                **layout.environment(self.request, command),
            },
            working_dir=command.working_dir or None,
            user=self._user_of(command.user),
            labels={**self._options.labels, "penstock.step": self.request.key},
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
        self.log.close()
        return self._judge(state, killed)

    def _read(self, streams: Any) -> None:
        try:
            for stream, data in frames_iter(streams, tty=False):
                if stream == STDERR:
                    self.log.feed_stderr(data)
                    self._last_words = data.strip().rpartition(b"\n")[2] or self._last_words
                else:
                    self.log.feed_stdout(data)
        except (OSError, ValueError):
            logger.debug("the streams of a container broke off", exc_info=True)
        self._streams_ended.set()
        self.news.set()

    def _watch(self, container: str) -> StepError | None:
        """Wait for the end of the streams; why the container was killed, if it was."""
        now = time.monotonic()
        end = now + self.limits.seconds if self.limits.seconds is not None else float("inf")
        why: StepError | None = None
        dead, kill_at = False, float("inf")
        look_at = now + _TICK
        while not self._streams_ended.is_set():
            self.news.wait(max(0.0, min(_TICK, end - now, kill_at - now)))
            self.news.clear()
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
        if stopped := self.cancelled():
            return stopped, 0.0 if self._at_once else _CANCEL_SECONDS
        if late:
            return endings.over_time(self.limits), _TIMEOUT_SECONDS
        if look and _bytes_under(self.directory.path) > self.limits.output_bytes:
            return endings.over_output(self.limits), 0.0
        return None, 0.0

    def _sample(self, container: str) -> None:
        try:
            found = self._daemon.ask("stats", container, stream=False, one_shot=True)
        except Refused:
            logger.debug("the daemon gives no figures of a container", exc_info=True)
            return
        self.use = _more(self.use, found)

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
            self.limits,
            out_of_memory=bool(state.get("OOMKilled")),
            last_words=self._last_words,
        )
        if error is None:
            try:
                return StepResult("success", outputs=self._outputs(), exit_code=0)
            except (BadOutput, OSError) as problem:
                error = StepError("output", str(problem))
        exit_code = None if killed else code
        return replace(failed(error), exit_code=exit_code, signal=words.signal_of(code))

    def _outputs(self) -> dict[str, Any | OutputFile]:
        home = self.directory.path
        ports = layout.ports_of(self.request.spec)
        return results.read(home / "outputs", home / "artifacts", ports, self.limits.output_bytes)

    # After it has run

    def _remove(self, container: str) -> None:
        try:
            self._daemon.ask("remove_container", container, force=True, v=True)
        except Missing:
            pass
        except (Refused, Unreachable) as error:
            logger.warning("container %s could not be removed yet: %s", container[:12], error)
            self.left_over = container


def _mount(source: Path, target: PurePosixPath, *, read_only: bool = False) -> Mount:
    return Mount(str(target), str(source), type="bind", read_only=read_only)


def _more(use: Use, stats: Mapping[str, Any]) -> Use:
    """The most that was seen so far."""
    memory = stats.get("memory_stats") or {}
    used = max(memory.get("usage") or 0, memory.get("max_usage") or 0)
    total = ((stats.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage") or 0
    return Use(
        cpu_seconds=max(total / 1e9, use.cpu_seconds or 0.0) if total else use.cpu_seconds,
        memory=max(used, use.memory or 0) if used else use.memory,
    )


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
