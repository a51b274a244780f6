"""The executor of this machine: warm pools, one thread, one directory per step."""

import json
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines.core.problems import InvalidDefinition
from pipelines.kinds import registry as kinds

from ..endings import NeverStarted
from ..environments import EnvironmentStore
from ..forkserver import linux, preload, wire
from ..forkserver.isolation import Wanted
from ..forkserver.wire import Bounds, Request
from ..protocol import Listener, RunningStep, StepRequest
from . import environment
from .environment_pools import EnvironmentPools
from .loop import Loop
from .pool import Pool
from .running import ProcessStep
from .separation import Separation, StepUsers
from .workspace import StepDirectory, Workspace, remove

_CLOSING = "the worker is shutting down"
_CLOSE_SECONDS = 15.0
#: Pools that most steps need and that are too small to be worth ending.
_KEPT = ("lean",)


class ProcessExecutor:
    """Implements Executor. Make it in the process that uses it, not before a fork.

    `warm` are the pools to start at once, one after the other; the others start when a step
    needs them. A pool that is not in `keep` is retired after `idle_seconds` without a step, and
    starts again in the same way. `hidden` are files and directories that steps must not see, and of
    `covered`, which is `workdir` by default, nothing but what is `shown` (where the machine allows;
    see `isolation`). Where it can be, each step is one of `users`. `environ` is passed on to all.

    Steps that name an environment run in the one of `environments`; of the pools of those at most
    `warm_environments` are kept, the most recently used ones.
    """

    def __init__(
        self,
        workdir: Path,
        *,
        warm: Sequence[str] = ("lean", "data"),
        keep: Sequence[str] = _KEPT,
        idle_seconds: float = math.inf,
        hidden: Sequence[Path] = (),
        environ: Mapping[str, str] | None = None,
        environments: EnvironmentStore | None = None,
        warm_environments: int = 4,
        isolation: Wanted = "auto",
        covered: Path | None = None,
        shown: Sequence[Path] = (),
        users: StepUsers | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not linux.is_linux():
            raise RuntimeError("steps can only be run on Linux; on other systems use Docker")
        self._workspace = Workspace(workdir)
        self._hidden = [str(path) for path in hidden]
        self._environ = dict(environ or {})
        self._loop = Loop(clock)
        self._to_warm = list(warm)
        self._steps: dict[int, ProcessStep] = {}
        self._closed = False
        self._idle = threading.Condition()
        self._users = users
        separation = Separation(isolation, self._workspace.home, covered or workdir, shown, users)
        server_environ = environment.of_fork_server(self._workspace.home, self._workspace.cache)
        self._pools = {
            name: Pool(
                name,
                self._loop,
                server_environ,
                separation,
                self._warm_next,
                math.inf if name in keep else idle_seconds,
            )
            for name in preload.POOLS
        }
        self._environments = environments
        self._environment_pools = EnvironmentPools(
            lambda name, hold, modules: Pool(
                name,
                self._loop,
                server_environ,
                separation,
                self._warm_next,
                idle_seconds,
                hold,
                modules,
            ),
            environments,
            warm_environments,
        )
        self._loop.start()
        self._loop.call(self._warm_next)

    @property
    def isolation(self) -> str:
        """`strong`, `basic` or `none`; empty until the first pool is warm."""
        pools = (*self._pools.values(), *self._environment_pools.all())
        return next((pool.level for pool in pools if pool.level), "")

    def warm(self, pool: str) -> None:
        if pool not in self._pools:
            raise LookupError(f"there is no pool `{pool}`; there are {', '.join(self._pools)}")
        if not self._closed:
            self._loop.call(self._pools[pool].warm)

    def start(self, request: StepRequest, listener: Listener) -> RunningStep:
        if self._closed:
            raise RuntimeError("the executor is closed")
        directory = self._workspace.new_step()
        try:
            choose = self._pool_of(request)
            self._write(request, directory)
            step = ProcessStep(request, listener, directory, self._loop)
        except (OSError, ValueError, TypeError, InvalidDefinition) as error:
            remove(directory.path)
            return NeverStarted(str(error))
        self._loop.call(lambda: self._submit(choose(), step))
        return step

    def close(self) -> None:
        """Kill every step, end the pools and delete the directories."""
        if self._closed:
            return
        self._closed = True
        self._loop.call(self._abandon)
        with self._idle:
            self._idle.wait_for(lambda: not self._steps, _CLOSE_SECONDS)
        self._loop.call(self._close_pools)
        self._loop.stop()
        self._loop.join()
        self._workspace.close()
        if self._users is not None:
            self._users.close()

    def _pool_of(self, request: StepRequest) -> Callable[[], Pool]:
        """To be called in the loop's thread."""
        if not request.environment:
            pool = self._pools[kinds.preload(request.spec)]
            return lambda: pool
        if self._environments is None:
            raise ValueError("this executor has no environments, but the step needs one")
        modules = kinds.modules(request.spec, request.params)
        return lambda: self._environment_pools.get(request.environment, modules)

    def _write(self, request: StepRequest, directory: StepDirectory) -> None:
        place = None
        if request.environment and self._environments is not None:
            place = self._environments.path(request.environment)
        given, files = directory.place_inputs(request)
        text = json.dumps(given, ensure_ascii=False, allow_nan=False)
        path = str(directory.path)
        with open(f"{path}/{wire.INPUTS_FILE}", "wb") as stream:
            stream.write(text.encode())
        limits = request.limits
        bounds = Bounds(
            read_only=files,
            hidden=self._hidden,
            seconds=limits.seconds,
            memory_bytes=limits.memory_bytes,
            cpu=limits.cpu,
            processes=limits.processes,
            output_bytes=limits.output_bytes,
        )
        environ = environment.of_step(request, path, self._environ, place)
        Request(bounds, dict(request.spec), environ).write(path)

    def _submit(self, pool: Pool, step: ProcessStep) -> None:
        self._steps[step.number] = step
        step.on_end = lambda: self._forget(pool, step)
        if self._closed:
            step.on_abandon(_CLOSING)
        else:
            pool.submit(step)

    def _forget(self, pool: Pool, step: ProcessStep) -> None:
        pool.on_step_ended(step)
        with self._idle:
            del self._steps[step.number]
            self._idle.notify_all()

    def _abandon(self) -> None:
        for step in list(self._steps.values()):
            step.on_abandon(_CLOSING)

    def _warm_next(self) -> None:
        if self._to_warm and not self._closed:
            self._pools[self._to_warm.pop(0)].start()

    def _close_pools(self) -> None:
        for pool in self._pools.values():
            pool.close()
        self._environment_pools.close()
