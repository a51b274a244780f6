"""The shape of a pipeline: order, cycles, what is upstream of what."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any


class Graph:
    """Nodes are numbered by their place in the document; doubled edges count once.

    `pairs` are (source id, target id); pairs with an unknown end or two equal ends are left out.
    """

    def __init__(self, ids: Sequence[str], pairs: Iterable[tuple[str, str]]) -> None:
        self.ids = ids
        self.index = {node: index for index, node in enumerate(ids)}
        # Only here: its 11 MB are for processes that check pipelines, not for all that import us.
        import networkx as nx

        self.graph: Any = nx.DiGraph()
        self.graph.add_nodes_from(range(len(ids)))
        self.graph.add_edges_from(
            (self.index[source], self.index[target])
            for source, target in pairs
            if source != target and source in self.index and target in self.index
        )
        #: Upstream first (Tarjan's algorithm gives them downstream first).
        self.components: list[set[int]] = list(nx.strongly_connected_components(self.graph))[::-1]

    def cycles(self) -> list[list[str]]:
        """One cycle of each knot, shortest through its first node, as `[a, b, a]`.

        All of a knot's cycles could be exponentially many; removing an edge shows the next one.
        """
        knots = sorted(min(part) for part in self.components if len(part) > 1)
        return [[self.ids[index] for index in self._shortest_cycle(start)] for start in knots]

    def _shortest_cycle(self, start: int) -> list[int]:
        came_from = {start: start}
        queue = deque([start])
        while True:
            current = queue.popleft()
            for following in self.graph.successors(current):
                if following == start:
                    path = [start]
                    while current != start:
                        path.append(current)
                        current = came_from[current]
                    return [start, *reversed(path)]
                if following not in came_from:
                    came_from[following] = current
                    queue.append(following)

    def ancestors(self) -> list[int]:
        """For each node a bit set of the nodes upstream of it: bit i is node i.

        Python's integers make this one pass of `or`: 10,000 nodes cost 12 MB and milliseconds.
        Nodes of one cycle are upstream of each other.
        """
        above = [0] * len(self.ids)
        for part in self.components:
            mask = 0
            for node in part:
                for before in self.graph.predecessors(node):
                    if before not in part:
                        mask |= above[before] | (1 << before)
            if len(part) > 1:
                for node in part:
                    mask |= 1 << node
            for node in part:
                above[node] = mask
        return above

    def in_order(self) -> list[str]:
        """Upstream first; among nodes that are free, document order. Needs an acyclic graph."""
        import networkx as nx

        return [self.ids[index] for index in nx.lexicographical_topological_sort(self.graph)]

    def upstream(self, node: str) -> list[str]:
        """The nodes with an edge into `node`, in the order of the edges."""
        return [self.ids[index] for index in self.graph.predecessors(self.index[node])]

    def downstream(self, node: str) -> list[str]:
        return [self.ids[index] for index in self.graph.successors(self.index[node])]
