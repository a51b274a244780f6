"""How figures are printed: one line each, with the goal where there is one."""

import statistics
from collections.abc import Sequence


def seconds(name: str, found: Sequence[float], goal: float | None = None) -> None:
    """The median of some durations, with the range that they lie in."""
    middle = statistics.median(found)
    text = f"{middle:8.3f} s"
    if len(found) > 1:
        text += f"   ({min(found):.3f} to {max(found):.3f})"
    line(name, text, None if goal is None else f"under {goal:g} s", middle < (goal or 0))


def below(name: str, value: float, unit: str, goal: float | None = None) -> None:
    """A figure that should be small."""
    text = f"{value:8.2f} {unit}"
    line(name, text, None if goal is None else f"under {goal:g} {unit}", value < (goal or 0))


def between(name: str, value: float, unit: str, low: float, high: float) -> None:
    """A figure that should lie near another one."""
    line(name, f"{value:8.2f} {unit}", f"{low:g} to {high:g} {unit}", low <= value <= high)


def line(name: str, text: str, goal: str | None = None, held: bool = False) -> None:
    if goal is not None:
        text += f"   goal {goal}: {'held' if held else 'MISSED'}"
    print(f"  {name:<44} {text}", flush=True)
