"""How far is it along the streets between places, within a limit?

A *portal* is a way in or out of a point: a place on a chain and the cost to get there. A point in a walled estate has
one for each open gate, another point one. The searches know nothing of points but their portals.
"""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import cpu_count

import numpy as np

from gis import kernels
from gis.chains import LONGEST_MM, Chains

_SEARCHES_AT_ONCE, _LOOKS_AT_ONCE = 1000, 20_000
"""Points that one thread searches from, or only looks at, at least: of fewer the thread itself takes longer."""


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
        order = None if ordered else np.argsort(self.row, kind="stable")
        return self._grouped(order, self.row, self.chain, self.rows, limit_mm)

    def by_chain(self, chains: int, limit_mm: int) -> kernels.Places:
        """The same, grouped by chain and in order along it."""
        return self._grouped(np.lexsort((self.position_mm, self.chain)), self.chain, self.row, chains, limit_mm)

    def _grouped(
        self, order: np.ndarray | None, key: np.ndarray, other: np.ndarray, groups: int, limit_mm: int
    ) -> kernels.Places:
        """Those within the limit in the order of ``key``, which is their own where ``order`` is None."""
        parts = [key, other, self.position_mm, self.mm]
        near = self.mm <= limit_mm
        if order is not None or not near.all():
            chosen = np.flatnonzero(near) if order is None else order[near[order]]
            parts = [part[chosen] for part in parts]
        first = np.concatenate([[0], np.cumsum(np.bincount(parts[0], minlength=groups))]).astype(np.int64)
        return kernels.Places(first, *(part.astype(np.int32) for part in parts[1:]))


def pairs_within(chains: Chains, sources: Portals, targets: Portals, *, limit_mm: int) -> tuple[np.ndarray, ...]:
    """Rows of all sources and targets no farther from each other than the limit, and their distance, by source.

    Many sources are searched from in several threads; the answer does not depend on how many.
    """
    limit = min(limit_mm, LONGEST_MM)
    ways, on_chains = sources.by_row(limit), targets.by_chain(chains.count, limit)

    def part(low: int, high: int) -> tuple[np.ndarray, ...]:
        some = ways._replace(first=ways.first[low : high + 1])
        row, target, mm = kernels.pairs(chains.graph, some, on_chains, targets.rows, limit)
        return row + np.int32(low), target, mm

    return _in_turns(part, sources.rows, _SEARCHES_AT_ONCE)


def _in_turns(part: Callable[[int, int], tuple[np.ndarray, ...]], rows: int, at_once: int) -> tuple[np.ndarray, ...]:
    """The arrays of ``part(low, high)`` for all rows, worked out in threads of at least ``at_once`` of them."""
    turns = min(cpu_count(), 1 + rows // at_once)
    ends = np.linspace(0, rows, turns + 1).astype(int)
    if turns == 1:
        return part(0, rows)
    found = list(_threads().map(part, ends[:-1], ends[1:]))
    return tuple(map(np.concatenate, zip(*found, strict=True)))


def in_threads(work: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> np.ndarray:
    """``work`` on parts of an array, which shapely and numba do at once, and its answers end to end."""
    return _in_turns(lambda low, high: (work(rows[low:high]),), len(rows), 2)[0]


@functools.cache
def _threads() -> ThreadPoolExecutor:
    """Threads that wait for searches: to start one takes as long as many of these."""
    return ThreadPoolExecutor(cpu_count(), thread_name_prefix="search")


def nearest_within(
    chains: Chains, origins: Portals, places: Portals, *, limit_mm: int
) -> tuple[np.ndarray, np.ndarray]:
    """Row of the place nearest to each origin, −1 where none is within the limit, and how far it is to there.

    One search from all places at once; of equally near ones that of the lower row is the nearest.
    """
    limit = min(limit_mm, LONGEST_MM)
    on_chains = places.by_chain(chains.count, limit)
    dist, whose = kernels.sweep(chains.turned.graph, on_chains, limit)
    ways = origins.by_row(limit)

    def part(low: int, high: int) -> tuple[np.ndarray, ...]:
        some = ways._replace(first=ways.first[low : high + 1])
        nearest: tuple[np.ndarray, ...] = kernels.nearest(chains.graph, on_chains, dist, whose, some, limit)
        return nearest

    found, mm = _in_turns(part, origins.rows, _LOOKS_AT_ONCE)
    return found.astype(np.int64), mm.astype(np.int64)


def parts_within(chains: Chains, places: Portals, *, limit_mm: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The parts of chains that are reached from any place within the limit: chain, from where and to where, unsorted.

    Parts of one chain may overlap.
    """
    limit = min(limit_mm, LONGEST_MM)
    on_chains = places.by_chain(chains.count, limit)
    left = limit - kernels.sweep(chains.graph, on_chains, limit)[0].astype(np.int64)
    every, length = np.arange(chains.count), chains.graph.length_mm.astype(np.int64)
    beside = limit - on_chains.mm.astype(np.int64)
    chain = np.concatenate([every, every, np.repeat(every, np.diff(on_chains.first))])
    along, against = ((chains.graph.ways & way) // way for way in (kernels.ALONG, kernels.AGAINST))
    back, on = beside * against[chain[2 * chains.count :]], beside * along[chain[2 * chains.count :]]
    low = np.concatenate([
        np.zeros_like(length), length - left[chains.graph.stop] * against, on_chains.position_mm - back])
    high = np.concatenate([left[chains.graph.start] * along, length, on_chains.position_mm + on])
    low, high = np.maximum(low, 0), np.minimum(high, length[chain])
    some = high > low
    return chain[some], low[some], high[some]
