"""Which streets are one way between two junctions? The edges of a graph as chains, contracted exactly.

Many nodes of a street network only bend a way or part it where a name changes: two edges meet there and nothing else. A
search that steps from junction to junction gives the same distances, since places on the way keep their offset.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from gis.kernels import AGAINST, ALONG, Graph, chains_of

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
    def of(
        cls, u: np.ndarray, v: np.ndarray, length_mm: np.ndarray, rank: np.ndarray, ways: np.ndarray | None = None,
    ) -> Self:
        """Contract a graph.

        Args:
            u: first node of each edge, from 0.
            v: its second node; an edge may be a loop, and several may join the same nodes.
            length_mm: whole millimetres, not negative.
            rank: of each node, shape (nodes,): junctions near each other in it lie near each other in memory.
            ways: of each edge ``ALONG`` (from ``u`` to ``v``), ``AGAINST`` or both; without it all go both ways, as
                edges without length do.

        Raises:
            ValueError: a chain is longer than ``LONGEST_MM``.
        """
        both = np.full(len(u), ALONG | AGAINST, np.int8)
        ways = both if ways is None else np.where(length_mm > 0, ways, both).astype(np.int8)
        first, half = grouped(np.concatenate([u, v]), len(rank))
        edge = half % max(len(u), 1)
        start, stop, length, chain, at, sign = chains_of(
            u, v, length_mm, first, edge, _junctions(first, ways[edge], half >= len(u)))
        if length.max(initial=0) > LONGEST_MM:
            raise ValueError("a street is longer than 1,000 km")
        kept = np.unique(np.concatenate([start, stop]))
        number = np.empty(len(rank), dtype=np.int32)
        number[kept[np.argsort(rank[kept], kind="stable")]] = np.arange(len(kept), dtype=np.int32)
        ways_of = np.full(len(start), ALONG | AGAINST, np.int8)
        ways_of[chain] = np.where(sign > 0, ways, _turned(ways))
        graph = _graph(number[start], number[stop], length.astype(np.int32), ways_of, len(kept))
        return cls(graph, chain, at, sign)

    @cached_property
    def turned(self) -> Self:
        """The same with every one-way street the other way: ways to a place become ways from it."""
        graph = self.graph
        if (graph.ways == ALONG | AGAINST).all():
            return self
        turned = _graph(graph.start, graph.stop, graph.length_mm, _turned(graph.ways), self.junctions)
        return replace(self, graph=turned)

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


def _graph(start: np.ndarray, stop: np.ndarray, length_mm: np.ndarray, ways: np.ndarray, junctions: int) -> Graph:
    """Chains with the arcs that may be taken, and those that may not."""
    arcs = []
    for allowed in (True, False):
        along, against = (np.flatnonzero((ways & way > 0) == allowed) for way in (ALONG, AGAINST))
        chain, head = np.concatenate([along, against]), np.concatenate([stop[along], start[against]])
        first, arc = grouped(np.concatenate([start[along], stop[against]]), junctions)
        arcs.append((first, head[arc], chain[arc].astype(np.int32), arc >= len(along)))
    (first, head, chain, from_stop), (shut_first, _, shut_chain, shut_from_stop) = arcs
    return Graph(start, stop, length_mm, first, head, chain, from_stop, ways, shut_first, shut_chain, shut_from_stop)


def _junctions(first: np.ndarray, ways: np.ndarray, at_stop: np.ndarray) -> npt.NDArray[np.bool_]:
    """Nodes at which a chain ends: not two edges meet there, or two of which one goes on another way.

    ``ways`` and ``at_stop`` are of the edges that meet, by node.
    """
    degree = np.diff(first)
    out = np.where(at_stop, _turned(ways), ways)  # the bit ALONG: one may leave the node by this edge
    two = np.flatnonzero(degree == 2)
    kept: npt.NDArray[np.bool_] = (degree > 0) & (degree != 2)
    kept[two] = out[first[two]] != _turned(out[first[two] + 1])
    return kept


def _turned(ways: np.ndarray) -> np.ndarray:
    """``ALONG`` and ``AGAINST`` exchanged."""
    return np.asarray((ways & ALONG) * AGAINST | (ways & AGAINST) // AGAINST, dtype=np.int8)


def grouped(node: np.ndarray, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Entries by node: those of node ``k`` are ``order[first[k]:first[k + 1]]``."""
    first = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=nodes))]).astype(np.int64)
    return first, np.argsort(node, kind="stable").astype(np.int64)
