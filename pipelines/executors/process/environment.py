"""The environment of the fork servers and of the steps. Nothing of the worker's own gets in."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..forkserver import preload, wire
from ..protocol import StepRequest

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _common(home: str, environment: Path | None = None) -> dict[str, str]:
    # A shell step that calls `python` should get the interpreter with the libraries.
    own = f"{environment}/bin" if environment is not None else os.path.dirname(sys.executable)
    result = {
        "PATH": f"{own}:{_PATH}",
        "LANG": "C.UTF-8",
        "HOME": home,
        "MPLBACKEND": "Agg",
        **preload.ONE_THREAD,
    }
    if "LD_LIBRARY_PATH" in os.environ:  # some interpreters do not start without
        result["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return result


def of_fork_server(home: Path, cache: Path) -> dict[str, str]:
    """For a warm pool; `cache` outlives it and holds matplotlib's list of fonts."""
    return {**_common(str(home)), **preload.NO_THREADS, "MPLCONFIGDIR": str(cache)}


def of_step(
    request: StepRequest,
    directory: str,
    extra: Mapping[str, str],
    environment: Path | None = None,
) -> dict[str, str]:
    """For one attempt. `extra` is what the operator chose to pass on to every step."""
    gpus = {} if request.gpus is None else {"CUDA_VISIBLE_DEVICES": ",".join(request.gpus)}
    return {
        **_common(f"{directory}/{wire.WORK}", environment),
        **preload.NO_THREADS,
        **extra,
        **gpus,
        "TMPDIR": f"{directory}/{wire.TEMPORARY}",
        "PYTHONUNBUFFERED": "1",
        "PENSTOCK_INPUTS": f"{directory}/{wire.INPUTS_FILE}",
        "PENSTOCK_OUTPUTS": f"{directory}/{wire.OUTPUTS_FILE}",
        "PENSTOCK_ARTIFACTS": f"{directory}/{wire.ARTIFACTS}",
        "PENSTOCK_ERROR": f"{directory}/{wire.ERROR_FILE}",
        "PENSTOCK_KEY": request.key,
        "PENSTOCK_ATTEMPT": str(request.attempt),
        **({"PENSTOCK_ENVIRONMENT": request.environment} if request.environment else {}),
    }
