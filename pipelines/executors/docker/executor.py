"""The executor of containers on Docker or Podman."""

from collections.abc import Mapping
from pathlib import Path

from ..containers.open_steps import OpenSteps
from ..containers.owners import Owner
from ..process.workspace import Workspace
from ..protocol import Listener, RunningStep, StepRequest
from .daemon import Daemon
from .leftovers import Leftovers
from .step import DockerStep, Options

_CLOSING = "the worker is shutting down"


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
        self._steps: OpenSteps[DockerStep] = OpenSteps(self._leftovers.add)
        self._leftovers.sweep()

    def warm(self, pool: str) -> None:
        """There are no warm pools of containers."""

    def start(self, request: StepRequest, listener: Listener) -> RunningStep:
        self._steps.check_open()
        self._leftovers.sweep()
        directory = self._workspace.new_step()
        return self._steps.add(
            lambda ended: DockerStep(
                request, listener, directory, self._daemon, self._options, ended
            )
        )

    def close(self) -> None:
        """Kill every container and delete the directories."""
        if self._steps.close(lambda step: step.abandon(_CLOSING)):
            self._leftovers.sweep(at_once=True)
            self._daemon.close()
            self._workspace.close()
