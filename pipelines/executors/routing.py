"""Which executor runs which step: the kind of the component decides."""

from collections.abc import Callable

from pipelines.core.problems import InvalidDefinition

from .endings import NeverStarted
from .protocol import Executor, Listener, RunningStep, StepRequest


class NoExecutor(LookupError):
    """Nothing here can run steps of a kind; the message says what is missing and how to get it."""


class ByKind:
    """Implements Executor for steps of every kind.

    `executor_for(kind)` gives the executor of a kind, made when first asked for; it raises
    NoExecutor, which fails the step in those words. `close` closes whatever was made.
    """

    def __init__(
        self,
        executor_for: Callable[[str], Executor],
        *,
        warmed: Executor,
        close: Callable[[], None],
    ) -> None:
        self._executor_for = executor_for
        self._warmed = warmed
        self._close = close

    @property
    def isolation(self) -> str:
        return self._warmed.isolation

    def warm(self, pool: str) -> None:
        self._warmed.warm(pool)

    def start(self, request: StepRequest, listener: Listener) -> RunningStep:
        try:
            executor = self._executor_for(str(request.spec.get("kind")))
        except (NoExecutor, InvalidDefinition) as error:
            return NeverStarted(str(error))
        return executor.start(request, listener)

    def close(self) -> None:
        self._close()
