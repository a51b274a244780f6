"""Metrics and progress: lines of JSON on standard output that the executor records."""

import json
import math
from collections.abc import Mapping


def log_metric(
    name: str | Mapping[str, float], value: float | None = None, *, step: int | None = None
) -> None:
    """Record a metric, or several at once as a mapping; with `step`, one point of a curve.

    Raises ValueError for a value that is not a finite number, because no chart can show it.
    """
    if isinstance(name, Mapping):
        if value is not None:
            raise ValueError("give either a mapping of metrics, or one name and its value")
        record: dict[str, object] = {
            "metric": {str(key): _finite(str(key), number) for key, number in name.items()}
        }
    elif value is None:
        raise ValueError(f"the metric `{name}` has no value")
    else:
        record = {"metric": name, "value": _finite(name, value)}
    if step is not None:
        record["step"] = int(step)
    print(json.dumps(record), flush=True)


def report_progress(fraction: float) -> None:
    """Say how far the step is, from 0 to 1. Values outside are cut off."""
    print(json.dumps({"progress": min(1.0, max(0.0, float(fraction)))}), flush=True)


def _finite(name: str, value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"the metric `{name}` is {number}; only finite numbers can be recorded")
    return number
