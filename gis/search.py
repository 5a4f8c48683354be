"""How far is it along the streets between places, within a limit?

A *portal* is a way in or out of a point: a place on a chain and the cost to get there. A point in a walled estate has
one for each open gate, another point one. The searches know nothing of points but their portals.
"""

from dataclasses import dataclass

import numpy as np

from gis import kernels
from gis.chains import LONGEST_MM, Chains


@dataclass(frozen=True)
class Portals:
    """Ways of points to the streets: ``row`` of the point, ``chain``, ``position_mm`` along it and ``mm`` to there.

    ``rows``: how many points there are, with and without a way.
    """

    rows: int
    row: np.ndarray
    chain: np.ndarray
    position_mm: np.ndarray
    mm: np.ndarray

    def by_row(self, limit_mm: int) -> kernels.Places:
        """Those that alone cost no more than the limit, grouped by point."""
        ordered = bool((self.row[1:] >= self.row[:-1]).all())
        order = np.arange(len(self.row)) if ordered else np.argsort(self.row, kind="stable")
        return self._grouped(order, self.row, self.chain, self.rows, limit_mm)

    def by_chain(self, chains: int, limit_mm: int) -> kernels.Places:
        """The same, grouped by chain and in order along it."""
        return self._grouped(np.lexsort((self.position_mm, self.chain)), self.chain, self.row, chains, limit_mm)

    def _grouped(
        self, order: np.ndarray, key: np.ndarray, other: np.ndarray, groups: int, limit_mm: int
    ) -> kernels.Places:
        near = order[self.mm[order] <= limit_mm]
        first = np.concatenate([[0], np.cumsum(np.bincount(key[near], minlength=groups))]).astype(np.int64)
        return kernels.Places(first, *(part[near].astype(np.int32) for part in (other, self.position_mm, self.mm)))


def pairs_within(chains: Chains, sources: Portals, targets: Portals, *, limit_mm: int) -> tuple[np.ndarray, ...]:
    """Rows of all sources and targets no farther from each other than the limit, and their distance, by source."""
    limit = min(limit_mm, LONGEST_MM)
    found: tuple[np.ndarray, ...] = kernels.pairs(
        chains.graph, sources.by_row(limit), targets.by_chain(chains.count, limit), targets.rows, limit)
    return found


def nearest_within(
    chains: Chains, origins: Portals, places: Portals, *, limit_mm: int
) -> tuple[np.ndarray, np.ndarray]:
    """Row of the nearest place of each origin, −1 where none is within the limit, and how far it is.

    One search from all places at once; of equally near ones that of the lower row is the nearest.
    """
    limit = min(limit_mm, LONGEST_MM)
    on_chains = places.by_chain(chains.count, limit)
    dist, whose = kernels.sweep(chains.graph, on_chains, limit)
    found, mm = kernels.nearest(chains.graph, on_chains, dist, whose, origins.by_row(limit), limit)
    return found.astype(np.int64), mm.astype(np.int64)


def parts_within(chains: Chains, places: Portals, *, limit_mm: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The parts of chains within the limit of any place: chain, from where and to where along it, unsorted.

    Parts of one chain may overlap.
    """
    limit = min(limit_mm, LONGEST_MM)
    on_chains = places.by_chain(chains.count, limit)
    left = limit - kernels.sweep(chains.graph, on_chains, limit)[0].astype(np.int64)
    every, length = np.arange(chains.count), chains.graph.length_mm.astype(np.int64)
    beside = limit - on_chains.mm.astype(np.int64)
    chain = np.concatenate([every, every, np.repeat(every, np.diff(on_chains.first))])
    low = np.concatenate([np.zeros_like(length), length - left[chains.graph.stop], on_chains.position_mm - beside])
    high = np.concatenate([left[chains.graph.start], length, on_chains.position_mm + beside])
    low, high = np.maximum(low, 0), np.minimum(high, length[chain])
    some = high > low
    return chain[some], low[some], high[some]
