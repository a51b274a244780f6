"""One warm pool: its fork server, and the steps that are handed to it."""

import contextlib
import json
import logging
import math
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..environments import Hold, NotBuilt
from ..forkserver import wire
from ..forkserver.wire import Closed
from ..protocol import StepError
from . import words
from .loop import Loop
from .running import ProcessStep
from .separation import Separation

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[3]
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from pipelines.executors.forkserver.server import main; "
    "main(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6])"
)
#: Steps handed over but not yet confirmed; more would fill the socket and block the loop.
_MOST_UNCONFIRMED = 16
_LAST_WORDS = 4000
#: Seconds that importing a component's modules ahead of its steps may take.
_IMPORT_SECONDS = 120.0


class Pool:
    """Belongs to the loop's thread.

    A pool that has had no step and no call of `warm` for `idle_seconds` is retired: its fork server
    ends, and the next of either starts it again.

    `environment` gives the environment that the server runs in, kept from being removed while it
    does; without one it is Penstock's own. `modules` are imported ahead of the steps if they can be.
    """

    def __init__(
        self,
        name: str,
        loop: Loop,
        environ: Mapping[str, str],
        separation: Separation,
        on_settled: Callable[[], None],
        idle_seconds: float,
        environment: Callable[[], Hold] | None = None,
        modules: Sequence[str] = (),
    ) -> None:
        self.name = name
        #: How well steps are separated, once the fork server has said so.
        self.level = ""
        self._loop = loop
        self._environ = environ
        self._separation = separation
        self._own_users = False
        self._on_settled = on_settled
        self._idle_seconds = idle_seconds
        self._environment = environment
        self._hold: Hold | None = None
        self._modules = modules
        self._wanted_at = loop.now()
        #: Steps that were submitted and have not ended.
        self._steps: set[int] = set()
        self._retirement_planned = False
        self._server: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._closing = False
        self._said = b""
        self._queue: deque[ProcessStep] = deque()
        self._unconfirmed: dict[int, ProcessStep] = {}
        self._lost: dict[int, ProcessStep] = {}

    def warm(self) -> None:
        """A step is to come soon: be ready for it."""
        self._wanted_at = self._loop.now()
        self.start()

    def start(self) -> None:
        """Start the fork server unless it runs. It says when it is ready."""
        if self._server is not None or self._closing:
            return
        self._said = b""
        try:
            self._hold = self._environment() if self._environment is not None else None
            self._server, self._connection = self._launch()
        except NotBuilt:
            self._fail("its environment was removed a moment ago; run it again")
            return
        except OSError as error:
            self._release()
            self._fail(str(error))
            return
        assert self._server.stdout is not None
        self._output = self._server.stdout.fileno()
        os.set_blocking(self._output, False)
        self._loop.watch(self._output, self._on_said)
        self._loop.watch(self._connection.fileno(), self._on_message)
        if self._modules:
            server = self._server
            self._loop.after(_IMPORT_SECONDS, lambda: self._end_hanging_import(server))

    def _launch(self) -> tuple["subprocess.Popen[bytes]", socket.socket]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        hold = self._hold
        python = str(hold.python) if hold is not None else sys.executable
        wanted = self._separation.wanted
        arguments = [str(_ROOT), self.name, wanted, str(theirs.fileno()), str(os.getpid())]
        options = {"modules": self._modules, "read_only": str(hold.path) if hold else ""}
        arguments.append(json.dumps({**options, **self._separation.as_options()}))
        with theirs:
            server = subprocess.Popen(
                [python, "-I", "-X", "utf8", "-c", _BOOT, *arguments],
                env=dict(self._environ),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return server, ours

    def submit(self, step: ProcessStep) -> None:
        step.on_lost = self._on_step_lost
        self._steps.add(step.number)
        self._queue.append(step)
        self.start()
        self._hand_over()

    def on_step_ended(self, step: ProcessStep) -> None:
        self._steps.discard(step.number)
        self._wanted_at = self._loop.now()
        self._plan_retirement()

    @property
    def running(self) -> bool:
        return self._server is not None

    @property
    def in_use(self) -> bool:
        """Whether there is anything to lose: a server, or steps that wait for one."""
        return self.running or bool(self._steps)

    @property
    def wanted_at(self) -> float:
        """When a step last needed it, on the loop's clock."""
        return self._wanted_at

    def end_if_unused(self) -> bool:
        """Give its memory to another pool, unless it has steps or is just starting."""
        if self._steps or not self._ready:
            return False
        self._end_server()
        return True

    def close(self) -> None:
        """End the fork server, and with it every step of the pool."""
        self._closing = True
        if self._server is not None:
            self._on_gone()

    def _plan_retirement(self) -> None:
        """Look again when the pool could have been idle for long enough; one timer is enough."""
        if self._retirement_planned or self._idle_seconds == math.inf:
            return
        self._retirement_planned = True
        rest = self._wanted_at + self._idle_seconds - self._loop.now()
        self._loop.after(max(0.0, rest), self._retire_if_idle)

    def _retire_if_idle(self) -> None:
        self._retirement_planned = False
        if self._steps or not self._ready:
            return  # the end of the last step, or the next start, plans it again
        if self._loop.now() < self._wanted_at + self._idle_seconds:
            self._plan_retirement()
            return
        logger.info("the pool %s was idle for %g s and ends", self.name, self._idle_seconds)
        self._end_server()

    def _hand_over(self) -> None:
        while self._ready and self._queue and len(self._unconfirmed) < _MOST_UNCONFIRMED:
            step = self._queue.popleft()
            if not step.files:
                continue  # cancelled while it waited
            try:
                own = self._user_for(step)
            except OSError as error:
                step.on_failed(StepError("setup", f"the step could not be started: {error}"))
                continue
            message = {"step": step.number, "directory": str(step.directory.path), "own": own}
            try:
                wire.send(self._connection, message, step.files)
            except OSError:
                # The fork server died this very moment; its successor gets the step.
                self._queue.appendleft(step)
                return
            self._unconfirmed[step.number] = step
            step.on_handed_over()

    def _user_for(self, step: ProcessStep) -> tuple[int, int, bool] | None:
        """The user and group that the step will be, with its files given to them, and whether no
        other step is this user.

        With namespaces of their own, steps meet nowhere and may all be the same one, which lets
        them share files such as an SQLite database, that nobody but its owner can write to.
        """
        users = self._separation.users
        if not self._own_users or users is None:
            return None
        alone = self.level != "strong"
        if step.user is None:
            step.give_to(users.take() if alone else users.first, users, alone=alone)
        assert step.user is not None
        return step.user, users.group, alone

    def _on_message(self) -> None:
        try:
            message, files = wire.receive(self._connection)
        except Closed:
            self._on_gone()
            return
        if "ready" in message:
            self._ready, self.level = True, message["ready"]
            self._own_users = message["own_users"]
            users = ", each step is a user of its own" if self._own_users else ""
            logger.info("the pool %s is warm, isolation is %s%s", self.name, self.level, users)
            self._wanted_at = self._loop.now()
            self._plan_retirement()
            self._on_settled()
        elif "forked" in message:
            step = self._unconfirmed.pop(message["forked"])
            step.on_forked(files[0])
        elif "refused" in message:
            step = self._unconfirmed.pop(message["refused"])
            step.on_failed(StepError("setup", f"the step could not be started: {message['why']}"))
        elif "swept" in message:
            self._lost.pop(message["swept"]).on_swept()
        self._hand_over()

    def _on_said(self) -> None:
        """The fork server and shepherds print only what nobody expected."""
        try:
            data = os.read(self._output, 65536)
        except BlockingIOError:
            return
        if not data:
            self._loop.unwatch(self._output)
            self._output = -1
            return
        self._said = (self._said + data)[-_LAST_WORDS:]
        logger.warning("fork server %s: %s", self.name, data.decode("utf-8", "replace").strip())

    def _on_step_lost(self, step: ProcessStep) -> None:
        if self._server is None or not self._ready:
            step.on_swept()
            return
        self._lost[step.number] = step
        # If it is gone as well, its end is the next thing we hear, and settles this step too.
        with contextlib.suppress(OSError):
            wire.send(self._connection, {"sweep": step.number})

    def _on_gone(self) -> None:
        """The fork server is dead or must die."""
        was_ready = self._ready
        exit_code = self._end_server()
        if self._closing:
            return
        if was_ready:
            logger.warning("the fork server %s died and is started again", self.name)
            self.start()
        elif self._modules:
            # One of them ended the server, hung, or left threads behind, which forks do not
            # inherit. The step that needs it will import it, and its error is then the step's.
            logger.warning("the fork server %s starts again without importing ahead", self.name)
            self._modules = ()
            self.start()
        else:
            said = self._said.decode("utf-8", "replace").strip().splitlines()
            self._fail(said[-1] if said else words.exit_in_words(exit_code))

    def _end_server(self) -> int:
        """Its exit code. The kernel sees to its shepherds, and steps that it had are lost."""
        server, self._server = self._server, None
        assert server is not None
        assert server.stdout is not None
        self._ready = False
        self._loop.unwatch(self._connection.fileno())
        self._connection.close()
        server.kill()
        exit_code = server.wait()
        if self._output >= 0:
            self._on_said()
        if self._output >= 0:
            self._loop.unwatch(self._output)
        server.stdout.close()
        self._release()
        unconfirmed, self._unconfirmed = list(self._unconfirmed.values()), {}
        lost, self._lost = list(self._lost.values()), {}
        for step in unconfirmed + lost:
            step.on_swept()
        return exit_code

    def _end_hanging_import(self, server: "subprocess.Popen[bytes] | None") -> None:
        if server is not None and self._server is server and not self._ready:
            server.kill()

    def _release(self) -> None:
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    def _fail(self, why: str) -> None:
        """It never came up: say why to those who wait. The next step makes it try again."""
        queue, self._queue = list(self._queue), deque()
        for step in queue:
            step.on_failed(
                StepError("setup", f"the warm pool `{self.name}` could not be started: {why}")
            )
        self._on_settled()
