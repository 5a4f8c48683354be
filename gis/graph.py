"""Arcs of a walking graph while one question is asked: streets split at the points that matter, plus their links."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.sparse import csr_array


@dataclass
class Arcs:
    """A graph being put together; costs are whole millimetres.

    ``split`` puts a node on an edge at an offset; all splits of an edge are joined in order when the matrix is made.
    """

    u: np.ndarray
    v: np.ndarray
    length_mm: np.ndarray
    nodes: int
    splits: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    links: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)

    def add_nodes(self, count: int) -> np.ndarray:
        """New node numbers, shape (count,)."""
        first = self.nodes
        self.nodes += count
        return np.arange(first, self.nodes)

    def split(self, edge: np.ndarray, offset_mm: np.ndarray) -> np.ndarray:
        """Nodes on the edges at the offsets from their ``u`` ends, one per entry."""
        node = self.add_nodes(len(edge))
        self.splits.append((edge, offset_mm, node))
        return node

    def link(self, tail: np.ndarray, head: np.ndarray, mm: np.ndarray) -> None:
        """One-way arcs."""
        self.links.append((tail, head, mm))

    def matrix(self, *, reverse: bool = False) -> csr_array:
        """The graph as a square matrix of costs; of parallel arcs the shortest; ``reverse`` turns every arc round."""
        tail, head, mm = self._street_pieces()
        parts = [(tail, head, mm), (head, tail, mm), *self.links]
        tail, head, mm = (np.concatenate([part[k] for part in parts]) for k in range(3))
        if reverse:
            tail, head = head, tail
        order = np.lexsort((mm, head, tail))
        tail, head, mm = tail[order], head[order], mm[order]
        first = np.ones(len(tail), dtype=bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        return csr_array((mm[first].astype(float), (tail[first], head[first])), shape=(self.nodes, self.nodes))

    def _street_pieces(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count = len(self.u)
        every = np.arange(count)
        empty = np.array([], dtype=np.int64)
        edge, offset, node = (np.concatenate([empty, *(split[k] for split in self.splits)]) for k in range(3))
        stops = pd.DataFrame({
            "edge": np.concatenate([every, edge, every]),
            "offset": np.concatenate([np.zeros(count, np.int64), offset, self.length_mm]),
            "turn": np.repeat([0, 1, 2], [count, len(edge), count]),
            "node": np.concatenate([self.u, node, self.v]),
        }).sort_values(["edge", "offset", "turn", "node"], kind="stable")
        at, along, number = (stops[name].to_numpy() for name in ("edge", "offset", "node"))
        same = at[1:] == at[:-1]
        return number[:-1][same], number[1:][same], (along[1:] - along[:-1])[same]

