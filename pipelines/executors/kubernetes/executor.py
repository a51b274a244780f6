"""The executor of containers on Kubernetes."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..containers.faults import Missing, Refused, Unreachable
from ..containers.open_steps import OpenSteps
from ..containers.owners import Owner
from ..process.workspace import Workspace
from ..protocol import Listener, RunningStep, StepRequest
from .cluster import Cluster
from .exchange import Exchange
from .job import PREFIX, Settings
from .step import KubernetesStep

logger = logging.getLogger(__name__)

_CLOSING = "the worker is shutting down"


class KubernetesExecutor:
    """Implements Executor. Jobs of workers that died with this `workdir` are deleted at the start, and
    again later. `patience` is how many seconds the API may be silent before a step counts as lost.
    """

    isolation = "strong"

    def __init__(
        self,
        workdir: Path,
        cluster: Cluster,
        exchange: Exchange,
        settings: Settings,
        *,
        patience: float = 60.0,
    ) -> None:
        self._workspace = Workspace(workdir)
        self._cluster = cluster
        self._exchange = exchange
        self._owner = Owner(workdir.resolve(), self._workspace.home.name)
        self._settings = replace(settings, labels={**settings.labels, **self._labels()})
        self._patience = patience
        self._steps: OpenSteps[KubernetesStep] = OpenSteps(self._owner.remember)
        self.sweep()

    def warm(self, pool: str) -> None:
        """There are no warm pools of containers."""

    def start(self, request: StepRequest, listener: Listener) -> RunningStep:
        self._steps.check_open()
        self.sweep()
        directory = self._workspace.new_step()
        return self._steps.add(
            lambda ended: KubernetesStep(
                request,
                listener,
                directory,
                self._cluster,
                self._exchange,
                self._settings,
                self._patience,
                ended,
            )
        )

    def close(self) -> None:
        """End every Job, and delete the directories."""
        if self._steps.close(lambda step: step.cancel(_CLOSING)):
            self.sweep(at_once=True)
            self._cluster.close()
            self._workspace.close()

    def sweep(self, *, at_once: bool = False) -> None:
        """Delete Jobs that nobody watches. Of no effect when that was done a moment ago."""
        if not self._owner.may_sweep(at_once=at_once):
            return
        try:
            for job in self._cluster.jobs(f"{PREFIX}workdir={self._owner.workdir_id}"):
                metadata = job["metadata"]
                name, owner = metadata["name"], metadata["labels"].get(PREFIX + "owner", "")
                if self._owner.is_left_over(name, owner):
                    logger.warning("Deleting Job %s, left by %s", name, owner)
                    with suppress(Missing):
                        self._cluster.delete_job(name)
                    self._owner.forget(name)
        except (Unreachable, Refused) as error:
            logger.warning("Jobs that were left over cannot be looked for now: %s", error)

    def _labels(self) -> Mapping[str, str]:
        return {PREFIX + name: value for name, value in self._owner.labels.items()}
