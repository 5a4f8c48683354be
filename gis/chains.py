"""Which streets are one way between two junctions? The edges of a graph as chains, contracted exactly.

Many nodes of a street network only bend a way or part it where a name changes: two edges meet there and nothing else. A
search that steps from junction to junction gives the same distances, since places on the way keep their offset.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from gis.kernels import Graph, chains_of

LONGEST_MM = 1_000_000_000
"""No chain and no walk is longer (1,000 km), so that two of them add up within 32 bits."""


@dataclass(frozen=True)
class Chains:
    """Edges in a row between two junctions; all lengths are whole millimetres.

    ``chain``, ``at_mm`` and ``sign`` have one entry per edge: a place ``offset_mm`` from the edge's ``u`` end lies
    ``at_mm + sign * offset_mm`` from the start of its chain.
    """

    graph: Graph
    chain: np.ndarray
    at_mm: np.ndarray
    sign: np.ndarray

    @classmethod
    def of(cls, u: np.ndarray, v: np.ndarray, length_mm: np.ndarray, rank: np.ndarray) -> Self:
        """Contract a graph whose edges go both ways.

        Args:
            u: first node of each edge, from 0.
            v: its second node; an edge may be a loop, and several may join the same nodes.
            length_mm: whole millimetres, not negative.
            rank: of each node, shape (nodes,): junctions near each other in it lie near each other in memory.

        Raises:
            ValueError: a chain is longer than ``LONGEST_MM``.
        """
        first, edge = _grouped(np.concatenate([u, v]), len(rank))
        degree = np.diff(first)
        start, stop, length, chain, at, sign = chains_of(
            u, v, length_mm, first, edge % max(len(u), 1), np.flatnonzero((degree > 0) & (degree != 2)))
        if length.max(initial=0) > LONGEST_MM:
            raise ValueError("a street is longer than 1,000 km")
        kept = np.unique(np.concatenate([start, stop]))
        number = np.empty(len(rank), dtype=np.int32)
        number[kept[np.argsort(rank[kept], kind="stable")]] = np.arange(len(kept), dtype=np.int32)
        start, stop = number[start], number[stop]
        first, arc = _grouped(np.concatenate([start, stop]), len(kept))
        graph = Graph(start, stop, length.astype(np.int32), first, np.concatenate([stop, start])[arc],
                      (arc % max(len(start), 1)).astype(np.int32), arc >= len(start))
        return cls(graph, chain, at, sign)

    @property
    def count(self) -> int:
        """How many chains there are."""
        return len(self.graph.start)

    @property
    def junctions(self) -> int:
        """How many nodes are left."""
        return len(self.graph.first) - 1

    def position_mm(self, edge: np.ndarray, offset_mm: np.ndarray) -> np.ndarray:
        """How far places on edges are from the start of their chains."""
        place: np.ndarray = self.at_mm[edge] + self.sign[edge] * offset_mm
        return place


def _grouped(node: np.ndarray, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Entries by node: those of node ``k`` are ``order[first[k]:first[k + 1]]``."""
    first = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=nodes))]).astype(np.int64)
    return first, np.argsort(node, kind="stable").astype(np.int64)
