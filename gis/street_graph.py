"""How do streets become a graph to search: numbered, contracted, and told apart in connected pieces?"""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.attach import MM_PER_M
from gis.chains import Chains
from gis.geometry import line_ends
from gis.kernels import AGAINST, ALONG
from gis.tables import Mode

_WAYS = np.array([ALONG | AGAINST, ALONG, AGAINST], np.int8)  # by ``oneway``: 0, 1 and, from the end, -1


def numbered(edges: gpd.GeoDataFrame, length_mm: np.ndarray, min_island_m: float, mode: Mode) -> dict[str, Any]:
    """The fields of ``StreetNetwork`` that tell of streets; the order of edges does not depend on the input's.

    Args:
        edges: with node numbers ``u`` and ``v`` from 0, and ``oneway``.
        length_mm: of each edge.
        min_island_m: points may not meet connected pieces shorter than this.
        mode: how one moves; one-way streets bind cars alone.
    """
    order = np.argsort(shapely.to_wkb(edges.geometry.to_numpy(), byte_order=1), kind="stable")
    edges, length_mm = edges.iloc[order], length_mm[order]
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    nodes = 1 + max(u.max(initial=-1), v.max(initial=-1))
    piece = _piece_mm(u, v, length_mm, max(nodes, 1))
    ways = _WAYS[edges["oneway"].to_numpy()] if mode == "car" else None
    return {"edges": edges, "length_mm": length_mm, "main": piece == piece.max(initial=0),
            "usable": piece >= min(min_island_m * MM_PER_M, piece.max(initial=0)),
            "chains": Chains.of(u, v, length_mm, _along_a_curve(edges.geometry.to_numpy(), u, v, nodes), ways)}


def _along_a_curve(edges: np.ndarray, u: np.ndarray, v: np.ndarray, nodes: int) -> np.ndarray:
    """Rank of each node along a Hilbert curve: what is near in it is near on the ground."""
    if not nodes:
        return np.empty(0, dtype=np.int64)
    places = np.zeros((nodes, 2))
    for node, xy in zip((u, v), line_ends(edges), strict=True):
        places[node] = xy
    rank = np.empty(nodes, dtype=np.int64)
    rank[np.argsort(gpd.GeoSeries(shapely.points(places)).hilbert_distance(), kind="stable")] = np.arange(nodes)
    return rank


def _piece_mm(u: np.ndarray, v: np.ndarray, length_mm: np.ndarray, nodes: int) -> np.ndarray:
    """How much street each edge is connected with, itself included, in millimetres: equal in one connected piece."""
    _, label = connected_components(coo_array((np.ones(len(u)), (u, v)), shape=(nodes, nodes)), directed=False)
    total: np.ndarray = np.bincount(label[u], weights=length_mm, minlength=1)[label[u]]
    return total
