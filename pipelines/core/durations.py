"""Durations as people write them. Steps read them too, so this imports next to nothing."""

import re
from typing import Any

_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: Any) -> float:
    """Seconds in `90`, `1.5`, `"10s"`, `"1h30m"`.

    Raises ValueError for anything else, for negative numbers and for infinity.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a duration is a number of seconds or text such as 10s, 5m, 1h30m")
    if isinstance(value, str):
        text = value.strip()
        parts = _DURATION_PART.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise ValueError(f"`{value}` is not a duration; write 10s, 5m, 1h30m or 2d")
        return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
    if not 0 <= value < float("inf"):
        raise ValueError("a duration must be a finite number of seconds, zero or more")
    return float(value)


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads back to the same number: `90` -> `1m30s`."""
    if seconds != int(seconds):
        milliseconds = seconds * 1000
        return f"{int(milliseconds)}ms" if milliseconds == int(milliseconds) else f"{seconds!r}s"
    rest, text = int(seconds), ""
    for unit in ("d", "h", "m"):
        size = int(_UNIT_SECONDS[unit])
        if rest >= size:
            text, rest = f"{text}{rest // size}{unit}", rest % size
    return f"{text}{rest}s" if rest or not text else text
