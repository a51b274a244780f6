"""An executor in memory: each node does what a test says, in its own thread, when the test says."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.executors.protocol import Listener, StepError, StepRequest, StepResult

#: What a step does: given its request and listener, it returns outputs or raises Fails.
Behaviour = Callable[[StepRequest, Listener], Mapping[str, Any] | StepResult | None]


class Fails(Exception):
    """The step fails with this message and kind."""

    def __init__(
        self, message: str = "boom", kind: str = "exception", *, permanent: bool = False
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.permanent = permanent


class FakeExecutor:
    """Looks behaviours up by node id; a node without one succeeds with every output set to 1."""

    def __init__(self) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        self.requests: dict[str, list[StepRequest]] = defaultdict(list)
        self.running: set[str] = set()
        self.most_running = 0
        self.order: list[str] = []
        self.closed_results = 0
        self.warmed: list[str] = []
        self._lock = threading.Lock()

    isolation = "strong"

    def warm(self, pool: str) -> None:
        self.warmed.append(pool)

    def start(self, request: StepRequest, listener: Listener) -> "FakeStep":
        return FakeStep(self, request, listener)

    def close(self) -> None:
        """Nothing is open."""

    def starts(self, node: str) -> int:
        return len(self.requests[node])

    def entered(self, node: str, request: StepRequest) -> None:
        with self._lock:
            self.order.append(node)
            self.requests[node].append(request)
            self.running.add(node)
            self.most_running = max(self.most_running, len(self.running))

    def left(self, node: str) -> None:
        with self._lock:
            self.running.discard(node)

    def count_close(self) -> None:
        with self._lock:
            self.closed_results += 1


class FakeStep:
    def __init__(self, executor: FakeExecutor, request: StepRequest, listener: Listener) -> None:
        self.executor, self.request, self.listener = executor, request, listener
        self.node = request.key.split(":")[1]
        self._cancelled: str | None = None
        self._killed = threading.Event()
        executor.entered(self.node, request)

    def wait(self) -> StepResult:
        try:
            return self._run()
        finally:
            self.executor.left(self.node)

    def _run(self) -> StepResult:
        done: list[StepResult] = []

        def work() -> None:
            done.append(self._behave())
            self._killed.set()

        threading.Thread(target=work, daemon=True).start()
        self._killed.wait()
        if self._cancelled is not None:
            error = StepError("cancelled", self._cancelled)
            return StepResult("cancelled", error=error, close=self.executor.count_close)
        return done[0]

    def _behave(self) -> StepResult:
        of_all = self.executor.behaviours.get(self.node.partition("[")[0], succeed)
        behaviour = self.executor.behaviours.get(self.node, of_all)
        close = self.executor.count_close
        try:
            given = behaviour(self.request, self.listener)
        except Fails as failure:
            error = StepError(failure.kind, str(failure), permanent=failure.permanent)
            return StepResult("failed", error=error, exit_code=1, close=close)
        if isinstance(given, StepResult):
            return given
        return StepResult("success", outputs=given or {}, exit_code=0, close=close)

    def cancel(self, reason: str) -> None:
        self._cancelled = reason
        self._killed.set()


def succeed(request: StepRequest, listener: Listener) -> Mapping[str, Any]:
    return {port["name"]: 1 for port in request.spec["outputs"]}


def give(**outputs: Any) -> Behaviour:
    return lambda request, listener: outputs


def fail(message: str = "boom", kind: str = "exception", *, permanent: bool = False) -> Behaviour:
    def behaviour(request: StepRequest, listener: Listener) -> None:
        raise Fails(message, kind, permanent=permanent)

    return behaviour


def fail_times(times: int, message: str = "boom") -> Behaviour:
    """Fails the first `times` attempts."""
    left = [times]

    def behaviour(request: StepRequest, listener: Listener) -> Mapping[str, Any]:
        if left[0] > 0:
            left[0] -= 1
            raise Fails(message)
        return succeed(request, listener)

    return behaviour


class Gate:
    """A behaviour that stays inside until it is opened."""

    def __init__(self, then: Behaviour = succeed) -> None:
        self.then = then
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(
        self, request: StepRequest, listener: Listener
    ) -> Mapping[str, Any] | StepResult | None:
        self.entered.set()
        if not self.opened.wait(30):
            raise Fails("nobody opened the gate")
        return self.then(request, listener)


def wait_until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "what the test waited for did not happen"
        time.sleep(0.01)
