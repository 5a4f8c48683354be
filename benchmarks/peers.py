"""The same questions put to other programs: each peer holds the graph in its own form and answers in millimetres.

``nearest`` gives the distance of every node from the nearest facility, infinity where there is none. ``within`` gives
how many pairs of origin and facility lie within a limit and the sum of their distances. A peer that is not installed
is passed over and named.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

Answer = np.ndarray


@dataclass(frozen=True)
class Graph:
    """A network of streets: nodes from 0, whole millimetres, no two edges between the same nodes, no loops."""

    u: np.ndarray
    v: np.ndarray
    mm: np.ndarray
    x: np.ndarray
    y: np.ndarray

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self.x)


def _scipy(graph: Graph) -> dict[str, Callable[..., Any]]:
    both = (np.r_[graph.u, graph.v], np.r_[graph.v, graph.u])
    matrix = coo_array((np.r_[graph.mm, graph.mm].astype(float), both), shape=(graph.nodes,) * 2).tocsr()

    def within(origins: Answer, facilities: Answer, limit: int) -> tuple[int, int]:
        found, total = 0, 0.0
        for start in range(0, len(facilities), 200):
            apart = dijkstra(matrix, indices=facilities[start : start + 200], limit=limit)[:, origins]
            inside = apart <= limit
            found, total = found + int(inside.sum()), total + apart[inside].sum()
        return found, int(total)

    return {"nearest": lambda facilities: dijkstra(matrix, indices=facilities, min_only=True), "within": within}


def _networkx(graph: Graph) -> dict[str, Callable[..., Any]]:
    plain = nx.Graph()
    plain.add_nodes_from(range(graph.nodes))
    plain.add_weighted_edges_from(zip(graph.u.tolist(), graph.v.tolist(), graph.mm.tolist(), strict=True), "mm")

    def nearest(facilities: Answer) -> Answer:
        found = nx.multi_source_dijkstra_path_length(plain, set(facilities.tolist()), weight="mm")
        return np.array([found.get(node, np.inf) for node in range(graph.nodes)])

    def within(origins: Answer, facilities: Answer, limit: int) -> tuple[int, int]:
        wanted = np.bincount(origins, minlength=graph.nodes)
        found, total = 0, 0
        for facility in facilities.tolist():
            for node, mm in nx.single_source_dijkstra_path_length(plain, facility, cutoff=limit, weight="mm").items():
                found, total = found + int(wanted[node]), total + int(wanted[node]) * mm
        return found, total

    return {"nearest": nearest, "within": within}


def _rustworkx(graph: Graph) -> dict[str, Callable[..., Any]]:
    import rustworkx  # noqa: PLC0415 - an optional peer

    def nearest(facilities: Answer) -> Answer:
        whole = plain.copy()
        source = whole.add_node(None)
        whole.add_edges_from([(source, int(node), 0.0) for node in facilities])
        found = dict(rustworkx.dijkstra_shortest_path_lengths(whole, source, float).items())
        return np.array([found.get(node, np.inf) for node in range(graph.nodes)])

    plain = rustworkx.PyGraph()
    plain.add_nodes_from(range(graph.nodes))
    plain.add_edges_from(list(zip(graph.u.tolist(), graph.v.tolist(), graph.mm.astype(float).tolist(), strict=True)))
    return {"nearest": nearest}


def _igraph(graph: Graph) -> dict[str, Callable[..., Any]]:
    import igraph  # noqa: PLC0415 - an optional peer

    def nearest(facilities: Answer) -> Answer:
        edges = np.vstack([pairs, np.column_stack([np.full(len(facilities), graph.nodes), facilities])])
        whole = igraph.Graph(n=graph.nodes + 1, edges=edges)
        weights = np.r_[graph.mm, np.zeros(len(facilities))]
        return np.array(whole.distances(source=graph.nodes, weights=weights.tolist())[0][:-1])

    pairs = np.column_stack([graph.u, graph.v])
    return {"nearest": nearest}


def _networkit(graph: Graph) -> dict[str, Callable[..., Any]]:
    import networkit  # noqa: PLC0415 - an optional peer

    networkit.setNumberOfThreads(1)

    def nearest(facilities: Answer) -> Answer:
        source = plain.addNode()
        for node in facilities.tolist():
            plain.addEdge(source, node, 0.0)
        run = networkit.distance.Dijkstra(plain, source, storePaths=False)
        run.run()
        found = np.array(run.getDistances())[: graph.nodes]
        plain.removeNode(source)
        return np.where(found > 1e300, np.inf, found)  # what it gives for unreachable

    plain = networkit.GraphFromCoo((graph.mm.astype(float), (graph.u, graph.v)), n=graph.nodes, weighted=True,
                                   directed=False)
    return {"nearest": nearest}


BY_NAME: dict[str, Callable[[Graph], dict[str, Callable[..., Any]]]] = {
    "scipy": _scipy, "networkx": _networkx, "rustworkx": _rustworkx, "igraph": _igraph, "networkit": _networkit}


def installed() -> list[str]:
    """The peers that are here."""
    return [name for name in BY_NAME if importlib.util.find_spec(name) is not None]
