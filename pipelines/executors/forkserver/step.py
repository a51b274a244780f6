"""The step's own process: forked in advance, it waits, is fenced in, and runs the kind."""

import ast
import atexit
import contextlib
import faulthandler
import json
import os
import resource
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

from . import linux, tree, wire
from .wire import Closed, Request

SETUP_FAILED = 125
#: RLIMIT_DATA is only there for a single huge allocation, which the shepherd would see too late.
#: It counts address space that libraries reserve and never touch (pyarrow alone takes 1 GiB).
_RESERVED = 3 * 1024**3
_OOM_SCORE = b"500"


def wait_and_run(
    connection: socket.socket, shepherd: int, capabilities: linux.Capabilities
) -> NoReturn:
    """Wait for the request, run it, and end the process with the step's exit code."""
    code = SETUP_FAILED
    try:
        os.setsid()
        linux.set_name("penstock-step")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        linux.die_with_parent(signal.SIGKILL, shepherd)
        _fence(capabilities)
        rehearse()
        message, (stdout, stderr) = wire.receive(connection)
        directory = str(message["directory"])
        request = Request.read(directory)
        try:
            _enter(directory, request, connection, stdout, stderr)
            if message["own"] is not None:
                user, group, alone = message["own"]
                if alone and request.bounds.processes:
                    # Threads count too: it has only to end what forks faster than anybody looks.
                    limit(resource.RLIMIT_NPROC, 4 * request.bounds.processes)
                _become(user, group, shepherd)
        except (OSError, ValueError) as error:
            _tell(directory, f"the step's process could not be prepared: {error}")
        else:
            code = _run(request)
            _announce(connection, code)
    except Closed:
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _fence(capabilities: linux.Capabilities) -> None:
    """What holds for every step but not for its shepherd, before anybody waits for this one."""
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(score, _OOM_SCORE)
    os.close(score)
    capabilities.keep()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        # Every fork would else draw the same numbers; `random` itself sees to this.
        numpy_random.seed()
    sys.argv = ["step"]


def rehearse() -> None:
    """Use what every step uses: a fresh fork pays for the first touch of each page of memory."""
    parsed = ast.parse("def rehearsal(value: int) -> int:\n    return value\n")
    names: dict[str, Any] = {}
    exec(compile(parsed, "<rehearsal>", "exec"), names)  # noqa: S102
    json.loads(json.dumps({"inputs": {"value": names["rehearsal"](1)}, "params": {}}))
    os.environ.update(os.environ.copy())


def _enter(
    directory: str, request: Request, connection: socket.socket, stdout: int, stderr: int
) -> None:
    """The step's directory, output, limits and environment; nothing else stays open."""
    bounds = request.bounds
    null = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((null, stdout, stderr)):
        os.dup2(descriptor, number)
    kept = connection.fileno()
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    os.chdir(os.path.join(directory, wire.WORK))
    limit(resource.RLIMIT_FSIZE, bounds.output_bytes)
    if bounds.memory_bytes:
        limit(resource.RLIMIT_DATA, tree.own_data() + 2 * bounds.memory_bytes + _RESERVED)
    environ = request.environ
    for name in os.environ.keys() - environ.keys():
        del os.environ[name]
    for name, value in environ.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _become(user: int, group: int, shepherd: int) -> None:
    """Be another user than the worker, in the group that all steps share for their common data."""
    os.umask(0o007)
    linux.become(user, group)
    # The kernel forgets this with the change of user.
    linux.die_with_parent(signal.SIGKILL, shepherd)


def limit(which: int, value: int) -> None:
    """An upper bound that this process and its children cannot raise again."""
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _run(request: Request) -> int:
    """The kind's exit code. What an ordinary interpreter does at its end is done as well."""
    from pipelines.kinds.step import main

    faulthandler.enable()
    try:
        code = main(request.spec)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError, BrokenPipeError):
            stream.flush()
    return code & 0xFF


def _announce(connection: socket.socket, code: int) -> None:
    """Tell the shepherd that only `_exit` is left: freeing the memory of a fork takes a while."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    done = wire.Done(
        code,
        cpu_seconds=own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime,
        peak_memory=1024 * max(own.ru_maxrss, others.ru_maxrss),
    )
    with contextlib.suppress(OSError):  # the step's code has closed it; the shepherd sees our end
        wire.send(connection, vars(done))


def _tell(directory: str, message: str) -> None:
    error = {"kind": "setup", "message": message, "traceback": "", "line": None}
    Path(directory, wire.ERROR_FILE).write_text(json.dumps(error), encoding="utf-8")
