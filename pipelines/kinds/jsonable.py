"""Strict JSON: what may leave a step as a value."""

import dataclasses
import datetime
import decimal
import enum
import math
import os
import uuid
from collections.abc import Mapping
from typing import Any

from .contract import StepFailed

MAX_DEPTH = 100


def jsonable(port: str, value: Any) -> Any:
    """`value` as plain JSON types.

    Numpy scalars and arrays, dates, dataclasses, named tuples, enums, sets and paths are turned
    into their JSON likeness. Raises StepFailed of kind `output`, naming the place, for NaN and
    infinity (JSON has none), for nesting deeper than 100, and for anything else.
    """
    return _convert(value, port, 0)


def _convert(value: Any, where: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise StepFailed("output", f"`{where[:80]}…` is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, enum.Enum):
        return _convert(value.value, where, depth)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise StepFailed(
                "output",
                f"`{where}` is {value}, which JSON cannot hold; return None for a missing number",
            )
        return float(value)
    if isinstance(value, Mapping):
        return {
            str(_key(key)): _convert(item, f"{where}.{key}", depth + 1)
            for key, item in value.items()
        }
    if hasattr(value, "_asdict"):
        return _convert(value._asdict(), where, depth)
    if isinstance(value, list | tuple):
        return [_convert(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
    if isinstance(value, set | frozenset):
        return _convert(sorted(value, key=repr), where, depth)
    return _convert_object(value, where, depth)


def _convert_object(value: Any, where: str, depth: int) -> Any:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        return _convert(
            int(value) if value == value.to_integral_value() else float(value), where, depth
        )
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
        return _convert(fields, where, depth)
    if hasattr(value, "model_dump"):
        return _convert(value.model_dump(mode="json"), where, depth)
    if hasattr(value, "tolist"):  # numpy scalars and arrays, pandas Series, arrow arrays
        return _convert(value.tolist(), where, depth)
    raise StepFailed(
        "output",
        f"`{where}` is a {type(value).__name__}, which is not JSON; return numbers, text, lists "
        "or dicts, or give the output a type such as Table, File or Model",
    )


def _key(key: Any) -> Any:
    return key.value if isinstance(key, enum.Enum) else key
