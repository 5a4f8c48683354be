"""Which parts of streets lead to places within a walk, cut at the exact spot, and what area do they make?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
import shapely

from gis.attach import MM_PER_M
from gis.chains import Chains, grouped
from gis.geometry import substrings
from gis.kernels import AGAINST, ALONG
from gis.search import Portals, in_threads, pairs_within

_QUARTER, _QUARTER_OF_SPOT = 8, 16
"""Corners of a quarter of a circle, round the end of a street and round a place: these make it 0.16 % smaller."""


@dataclass(frozen=True)
class Parts:
    """Parts of edges that are reached, ordered and none of them twice; millimetres from the edge's ``u`` end.

    ``owner`` is the row of the place they lead to.
    """

    owner: np.ndarray
    edge: np.ndarray
    low_mm: np.ndarray
    high_mm: np.ndarray

    @classmethod
    def of(cls, owner: np.ndarray, edge: np.ndarray, low_mm: np.ndarray, high_mm: np.ndarray) -> Self:
        """Those of one owner and edge that meet are one."""
        order = np.lexsort((low_mm, edge, owner))
        owner, edge, low, high = owner[order], edge[order], low_mm[order], high_mm[order]
        change = np.r_[True, (owner[1:] != owner[:-1]) | (edge[1:] != edge[:-1])][: len(owner)]
        until = pd.Series(high).groupby(np.cumsum(change)).cummax().to_numpy()
        fresh = change.copy()
        fresh[1:] |= low[1:] > until[:-1]
        first = np.flatnonzero(fresh)
        return cls(owner[first], edge[first], low[first], np.maximum.reduceat(high, first) if len(first) else high)


def parts_of_each(chains: Chains, places: Portals, limits_mm: Sequence[int]) -> list[tuple[np.ndarray, ...]]:
    """For each limit the parts of chains within it of each place: the place's row, chain, from where and to where.

    Parts of one chain may overlap.
    """
    graph, length = chains.graph, chains.graph.length_mm.astype(np.int64)
    row, node, mm = pairs_within(chains, places, _junctions(chains), limit_mm=max(limits_mm))
    by_start, by_stop = (grouped(ends, chains.junctions) for ends in (graph.start, graph.stop))
    (out, leaving), (into, coming) = spread(*by_start, node), spread(*by_stop, node)
    along, against = ((graph.ways & way) // way for way in (ALONG, AGAINST))
    chain = np.concatenate([leaving, coming, places.chain])
    owner = np.concatenate([row[out], row[into], places.row])
    found: list[tuple[np.ndarray, ...]] = []
    for limit in limits_mm:
        left, beside = limit - mm.astype(np.int64), np.maximum(limit - places.mm, 0)
        low = np.concatenate([0 * out, length[coming] - np.maximum(left[into], 0) * against[coming],
                              places.position_mm - beside * against[places.chain]])
        high = np.concatenate([left[out] * along[leaving], length[coming],
                               places.position_mm + beside * along[places.chain]])
        low, high = np.maximum(low, 0), np.minimum(high, length[chain])
        some = high > low
        found.append((owner[some], chain[some], low[some], high[some]))
    return found


def parts_of_edges(
    chains: Chains, walk_mm: np.ndarray, stretch: np.ndarray, on_chains: tuple[np.ndarray, ...],
) -> Parts:
    """What lies of edges in parts of chains (owner, chain, from where and to where).

    Args:
        chains: of the edges.
        walk_mm: what each edge costs.
        stretch: what a millimetre of each edge costs.
        on_chains: the parts.
    """
    owner, chain, low, high = on_chains
    part, edge = spread(*grouped(chains.chain, chains.count), chain)
    ends = [chains.sign[edge] * (end[part] - chains.at_mm[edge]) for end in (low, high)]
    begin, stop = np.maximum(np.minimum(*ends), 0), np.minimum(np.maximum(*ends), walk_mm[edge])
    some = stop > begin
    begin, stop = (np.rint(end[some] / stretch[edge[some]]).astype(np.int64) for end in (begin, stop))
    return Parts.of(owner[part[some]], edge[some], begin, stop)


def areas(
    parts: Parts, placed: np.ndarray, shapes: np.ndarray, length_mm: np.ndarray, buffer_m: float,
) -> np.ndarray:
    """The area of each owner: the parts of streets that are his, drawn with a width, shape (owners,).

    Args:
        parts: of the edges.
        placed: what the owners' areas hold besides, shape (owners,); empty for one that has none.
        shapes: the edges.
        length_mm: of each edge.
        buffer_m: how far the areas reach to either side of a street.
    """
    lines = shapes[parts.edge].copy()
    cut = (parts.low_mm > 0) | (parts.high_mm < length_mm[parts.edge])
    lines[cut] = substrings(lines[cut], parts.low_mm[cut] / MM_PER_M, parts.high_mm[cut] / MM_PER_M)
    owners, owner = np.unique(parts.owner, return_inverse=True)
    merged = shapely.line_merge(shapely.multilinestrings(lines, indices=owner))
    strips = in_threads(lambda some: shapely.buffer(some, buffer_m, quad_segs=_QUARTER), shapely.get_parts(merged))
    first, order = grouped(np.repeat(owners, shapely.get_num_geometries(merged)), len(placed))
    spots = shapely.buffer(placed, buffer_m, quad_segs=_QUARTER_OF_SPOT)

    def united(rows: np.ndarray) -> np.ndarray:
        return np.array([shapely.union_all(np.append(strips[order[first[row] : first[row + 1]]], spots[row]))
                         for row in rows], dtype=object)

    return in_threads(united, np.arange(len(placed)))


def spread(first: np.ndarray, order: np.ndarray, key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The members of groups that are asked for, end to end: which question each answers, and the member."""
    count = first[key + 1] - first[key]
    asked = np.repeat(np.arange(len(key)), count)
    within = np.arange(len(asked)) - np.repeat(np.cumsum(count) - count, count)
    return asked, order[first[key][asked] + within]


def _junctions(chains: Chains) -> Portals:
    """Each junction as a place: at the end of a chain that may be entered there, else of any that ends there."""
    graph, length = chains.graph, chains.graph.length_mm.astype(np.int64)
    every = np.arange(chains.junctions)
    starts, at = np.unique(np.concatenate([graph.start, graph.stop]), return_index=True)
    chain, at_stop = np.zeros(chains.junctions, dtype=np.int64), np.zeros(chains.junctions, dtype=bool)
    chain[starts], at_stop[starts] = at % max(chains.count, 1), at >= chains.count
    open_ = np.flatnonzero(np.diff(graph.first))
    chain[open_], at_stop[open_] = graph.chain[graph.first[open_]], graph.from_stop[graph.first[open_]]
    return Portals(chains.junctions, every, chain, np.where(at_stop, length[chain], 0), 0 * every)
