"""Luigi, installed in an environment of its own, on the same graphs."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.stack import ROOT

from .penstock import Graph

LUIGI = "3.8.0"
_ENVIRONMENT = ROOT / ".tools" / f"luigi-{LUIGI}"
_PROGRAM = Path(__file__).with_name("luigi_graph.py")


@contextmanager
def luigi() -> Iterator[Callable[[Graph], float]]:
    """What runs a graph with two workers, a process for each task, and says how long it took.

    Its interpreter has started and its modules are loaded before the clock starts, as ours are.
    """
    python = _installed()
    with tempfile.TemporaryDirectory(prefix="pb-luigi-") as directory:
        count = 0

        def run(graph: Graph) -> float:
            nonlocal count
            count += 1
            place = Path(directory) / str(count)
            place.mkdir()
            given = json.dumps({"nodes": graph.nodes, "edges": list(graph.edges)})
            done = subprocess.run(
                [str(python), str(_PROGRAM), str(place)],
                input=given,
                capture_output=True,
                text=True,
                check=True,
            )
            if len(list(place.iterdir())) != graph.nodes:
                raise RuntimeError(f"Luigi did not finish {graph.name}: {done.stderr[-500:]}")
            return float(done.stdout)

        yield run


def _installed() -> Path:
    python = _ENVIRONMENT / "bin" / "python"
    if not python.exists():
        (uv,) = (ROOT / ".tools").glob("uv-*/bin/uv")
        subprocess.run([uv, "venv", "--quiet", str(_ENVIRONMENT)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(python), f"luigi=={LUIGI}"]
        subprocess.run(install, check=True)
    return python
