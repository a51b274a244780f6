"""The graphs that are looked at: layers of nodes, each fed by its neighbour in the layer before."""

import math
from dataclasses import dataclass
from typing import Any

COLUMN = 300
ROW = 140


@dataclass(frozen=True)
class Drawing:
    nodes: int

    def definition(self) -> dict[str, Any]:
        """A pipeline of Python nodes, each at its place."""
        places = self.places()
        source = "def run(data: object = None) -> object:\n    return data\n"
        return {
            "schema": 1,
            "name": f"{self.nodes} nodes",
            "nodes": [
                {"id": name, "component": "core/python@1", "params": {"code": source}}
                for name in places
            ],
            "edges": [{"from": f"{a}.result", "to": f"{b}.data"} for a, b in self.edges()],
            "layout": places,
        }

    def bare(self) -> dict[str, Any]:
        """The same for the renderer alone."""
        return {
            "nodes": [{"id": name, "at": place} for name, place in self.places().items()],
            "edges": [{"from": a, "to": b} for a, b in self.edges()],
        }

    def places(self) -> dict[str, list[int]]:
        return {
            f"n{at}": [at // self._rows * COLUMN, at % self._rows * ROW] for at in range(self.nodes)
        }

    def edges(self) -> list[tuple[str, str]]:
        """Each node is fed by the one beside it in the layer before."""
        return [(f"n{at - self._rows}", f"n{at}") for at in range(self._rows, self.nodes)]

    @property
    def _rows(self) -> int:
        """As many as make the whole about as wide as a screen."""
        return round(math.sqrt(self.nodes * COLUMN / ROW / 1.6))
