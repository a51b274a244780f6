"""Where a step may put the files that it hands on."""

import os
import re
import tempfile
from functools import lru_cache
from pathlib import Path


def new_file(name: str) -> Path:
    """A fresh path for an output file called `name`, in the step's artifact directory.

    Outside a run (a notebook, a unit test) it lies in a temporary directory instead.
    """
    safe = re.sub(r"[^\w.\- ]+", "_", Path(name).name).strip(". ") or "output"
    directory = Path(os.environ.get("PENSTOCK_ARTIFACTS") or _outside_a_run())
    path = directory / safe
    count = 1
    while path.exists():
        count += 1
        path = directory / str(count) / safe
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@lru_cache(maxsize=1)
def _outside_a_run() -> str:
    return tempfile.mkdtemp(prefix="penstock-")
