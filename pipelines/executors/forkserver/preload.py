"""What each warm pool has loaded before its first step."""

import contextlib
import importlib
from collections.abc import Iterable, Mapping

#: One thread for numerics: a worker runs as many steps at a time as the machine has cores.
ONE_THREAD: Mapping[str, str] = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    )
}
#: pyarrow's jemalloc would start a thread, and a process with threads cannot be forked safely.
NO_THREADS: Mapping[str, str] = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}

#: Every step of this pool pays for its size twice, in the forks of its shepherd and of itself.
LEAN = (
    "argparse", "base64", "collections", "concurrent.futures", "csv", "dataclasses", "datetime",
    "decimal", "enum", "functools", "glob", "gzip", "hashlib", "html", "http.client", "inspect",
    "io", "itertools", "json", "logging", "math", "pathlib", "random", "re", "shutil", "socket",
    "ssl", "statistics", "string", "subprocess", "tempfile", "textwrap", "traceback", "typing",
    "urllib.parse", "urllib.request", "uuid", "zipfile", "zoneinfo",
    "pipelines.kinds.step", "pipelines.kinds.python.run", "pipelines.kinds.shell.run",
    "pipelines.kinds.wait.run",
)  # fmt: skip
HTTP = (*LEAN, "pipelines.kinds.http.run")
DATA = (
    *HTTP,
    "pipelines.kinds.sql.run", "sqlalchemy.dialects.sqlite",
    "pipelines.sdk.duck", "pipelines.sdk.learning", "pipelines.sdk.plots", "pipelines.sdk.tables",
    "numpy", "numpy.random",
    "pandas",
    "pyarrow", "pyarrow.compute", "pyarrow.csv", "pyarrow.dataset", "pyarrow.json",
    "pyarrow.parquet",
    "duckdb",
    "sklearn.compose", "sklearn.datasets", "sklearn.ensemble", "sklearn.impute",
    "sklearn.linear_model", "sklearn.metrics", "sklearn.model_selection", "sklearn.naive_bayes",
    "sklearn.neighbors", "sklearn.pipeline", "sklearn.preprocessing", "sklearn.svm",
    "sklearn.tree",
    "matplotlib.backends.backend_agg", "matplotlib.figure", "matplotlib.pyplot",
    "PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.JpegImagePlugin", "PIL.PpmImagePlugin",
)  # fmt: skip

POOLS: Mapping[str, tuple[str, ...]] = {"lean": LEAN, "http": HTTP, "data": DATA}


def load(pool: str) -> None:
    """Import everything that the pool promises. Raises ImportError with the module's name.

    A pool that is not in POOLS is that of an environment, and promises no more than `lean`.
    """
    for name in POOLS.get(pool, LEAN):
        importlib.import_module(name)


def try_to_load(modules: Iterable[str]) -> None:
    """Import what can be: the step that needs the rest says why it cannot."""
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
