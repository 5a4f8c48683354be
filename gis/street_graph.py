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
from gis.modes import Mode
from gis.walk_settings import WalkSettings

_WAYS = np.array([ALONG | AGAINST, ALONG, AGAINST], np.int8)  # by ``oneway``: 0, 1 and, from the end, -1


def stretched(length_mm: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """What so many millimetres of streets cost, in whole millimetres."""
    whole: np.ndarray = np.rint(length_mm * stretch).astype(np.int64)
    return whole


def numbered(
    edges: gpd.GeoDataFrame, length_mm: np.ndarray, settings: WalkSettings, mode: Mode,
) -> dict[str, Any]:
    """The fields of ``StreetNetwork`` that tell of streets; the order of edges does not depend on the input's.

    Args:
        edges: the streets for the mode, with node numbers ``u`` and ``v`` from 0.
        length_mm: of each edge.
        settings: what walks cost, and how long a connected piece is that points may meet.
        mode: how one moves; one-way streets bind cars alone.
    """
    order = np.argsort(shapely.to_wkb(edges.geometry.to_numpy(), byte_order=1), kind="stable")
    edges, length_mm = edges.iloc[order], length_mm[order]
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    nodes = 1 + max(u.max(initial=-1), v.max(initial=-1))
    piece = _piece_mm(u, v, length_mm, max(nodes, 1))
    ways = _WAYS[edges["oneway"].to_numpy()] if mode == "car" else None
    stretch = settings.stretch(edges, mode)
    walk_mm = stretched(length_mm, stretch)
    return {"edges": edges, "length_mm": length_mm, "stretch": stretch, "main": piece == piece.max(initial=0),
            "usable": piece >= min(settings.min_island_m * MM_PER_M, piece.max(initial=0)),
            "chains": Chains.of(u, v, walk_mm, _along_a_curve(edges.geometry.to_numpy(), u, v, nodes), ways)}


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
