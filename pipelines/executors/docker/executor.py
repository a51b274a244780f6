"""The executor of containers on Docker or Podman."""

import threading
from collections.abc import Mapping
from pathlib import Path

from ..containers.owners import Owner
from ..process.workspace import Workspace
from ..protocol import Listener, RunningStep, StepRequest
from .daemon import Daemon
from .leftovers import Leftovers
from .step import DockerStep, Options

_CLOSING = "the worker is shutting down"
_CLOSE_SECONDS = 15.0


class DockerExecutor:
    """Implements Executor. `workdir` must be seen by the daemon under the same path.

    `network` is the network that containers get, unless their component wants none: a Docker mode
    (`bridge`, `host`) or the name of a network; empty is the daemon's default. `environ` is passed on
    to every container. Containers of workers that died with this `workdir` are removed at the start,
    and again later.
    """

    isolation = "strong"

    def __init__(
        self,
        workdir: Path,
        *,
        url: str,
        network: str = "",
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._workspace = Workspace(workdir)
        self._daemon = Daemon(url)
        self._leftovers = Leftovers(
            self._daemon, Owner(workdir.resolve(), self._workspace.home.name)
        )
        self._options = Options(self._leftovers.labels, network, dict(environ or {}))
        self._steps: set[DockerStep] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._leftovers.sweep()

    def warm(self, pool: str) -> None:
        """There are no warm pools of containers."""

    def start(self, request: StepRequest, listener: Listener) -> RunningStep:
        if self._closed:
            raise RuntimeError("the executor is closed")
        self._leftovers.sweep()
        directory = self._workspace.new_step()
        started = threading.Event()

        def ended(left_over: str) -> None:
            started.wait()  # it may be quicker than we are
            self._ended(step, left_over)

        step = DockerStep(
            request,
            listener,
            directory,
            self._daemon,
            self._options,
            ended,
        )
        with self._changed:
            self._steps.add(step)
        started.set()
        return step

    def close(self) -> None:
        """Kill every container and delete the directories."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            steps = list(self._steps)
        for step in steps:
            step.abandon(_CLOSING)
        with self._changed:
            self._changed.wait_for(lambda: not self._steps, _CLOSE_SECONDS)
        self._leftovers.sweep(at_once=True)
        self._daemon.close()
        self._workspace.close()

    def _ended(self, step: DockerStep, left_over: str) -> None:
        if left_over:
            self._leftovers.add(left_over)
        with self._changed:
            self._steps.discard(step)
            self._changed.notify_all()
