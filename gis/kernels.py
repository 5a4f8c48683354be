"""The compiled searches of the engine; what they are for stands in ``gis.chains`` and ``gis.search``.

All costs are whole millimetres. What a search has yet to leave stands in buckets, each a list of junctions whose
distance lies within the same 16 m; they are emptied from the nearest on. Within a bucket the order does not matter: a
junction that turns out to be nearer is put back. Lists are written out in the loops that decide the speed: with numba's
inlined functions they take half as long again.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

Array = np.ndarray

NOWHERE = 2_000_000_000
"""Farther than any walk, which is 1,000 km at most; it fits in 32 bits, and sums with it are made in 64."""


def compiled(function: Callable[..., Any]) -> Any:
    """Compile to machine code that is kept on disk; where no folder takes it, each run compiles anew."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


inlined = njit(inline="always")

ALONG, AGAINST = 1, 2
"""From the start of a chain or edge to its stop, and back."""
BUCKET_BITS = 14
"""A bucket spans 2 to the power of so many millimetres; from 8 to 130 m a search takes as long."""
_OUT = -2
"""Stands before a junction that is in no bucket; -1 stands before the head of one, and after its end."""


class Graph(NamedTuple):
    """Chains and, for each junction ``k``, its arcs ``first[k]:first[k + 1]``."""

    start: Array
    """Junction at which each chain begins."""
    stop: Array
    length_mm: Array
    first: Array
    head: Array
    """Junction that each arc leads to."""
    chain: Array
    """Chain that each arc runs along."""
    from_stop: Array
    """True where the arc leaves its chain's stop."""
    ways: Array
    """Which way each chain may be taken: ``ALONG``, ``AGAINST`` or both of these bits. Arcs are only those allowed."""
    shut_first: Array
    """For each junction ``k`` the chains that may not be entered there, ``shut_first[k]:shut_first[k + 1]``."""
    shut_chain: Array
    shut_from_stop: Array


class Places(NamedTuple):
    """Places on chains in groups, those of group ``g`` being ``first[g]:first[g + 1]``.

    Grouped by their owner, ``other`` is the chain; grouped by chain, ``other`` is the owner and they stand in the order
    of ``position_mm``. ``mm`` is the cost between owner and place.
    """

    first: Array
    other: Array
    position_mm: Array
    mm: Array


@compiled
def chains_of(
    u: Array, v: Array, length_mm: Array, first: Array, edge_at: Array, is_junction: Array,
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Follow every chain from its junction; what is left then are rings, which begin at an edge of theirs.

    At every node that ``is_junction`` does not name two edges meet.

    Returns:
        per chain where it starts, where it stops and how long it is; per edge its chain, how far along it the edge's
        ``u`` end lies, and 1 or −1 as the edge runs along it or against it.
    """
    edges = len(u)
    chain, at, sign = np.full(edges, -1, np.int32), np.zeros(edges, np.int64), np.ones(edges, np.int8)
    start, stop, length = np.empty(edges, np.int64), np.empty(edges, np.int64), np.empty(edges, np.int64)
    count, junctions = 0, np.flatnonzero(is_junction)
    for turn in range(len(junctions) + edges):
        ring = turn - len(junctions)
        origin = u[ring] if ring >= 0 else junctions[turn]
        low, high = (0, 1) if ring >= 0 else (first[origin], first[origin + 1])
        for k in range(low, high):
            edge = ring if ring >= 0 else edge_at[k]
            if chain[edge] >= 0:
                continue
            here, along = origin, 0
            while True:
                chain[edge] = count
                forwards = u[edge] == here
                at[edge] = along if forwards else along + length_mm[edge]
                sign[edge] = 1 if forwards else -1
                along += length_mm[edge]
                here = v[edge] if forwards else u[edge]
                if here == origin or is_junction[here]:
                    break
                one, other = edge_at[first[here]], edge_at[first[here] + 1]
                edge = other if one == edge else one
            start[count], stop[count], length[count] = origin, here, along
            count += 1
    return start[:count], stop[:count], length[:count], chain, at, sign


@compiled
def _wider(array: Array, least: int) -> Array:
    """An array of at least this length that begins as the old one."""
    if len(array) >= least:
        return array
    wide = np.empty(max(least, 2 * len(array)), array.dtype)
    wide[: len(array)] = array
    return wide


@inlined
def _meet(who: int, way: int, limit: int, best: Array, met: Array, count: int) -> int:
    """Note a way to a target; how many targets have been met then."""
    if way <= limit and way < best[who]:
        if best[who] == NOWHERE:
            met[count] = who
            count += 1
        best[who] = way
    return count


class _Buckets(NamedTuple):
    """Junctions in lists by distance: the head of each list, and what stands after and before each junction."""

    heads: Array
    after: Array
    before: Array


@compiled
def _leave(
    graph: Graph, ways: Places, row: int, limit: int, dist: Array, seen: Array, buckets: _Buckets,
) -> tuple[int, int, int]:
    """Put the junctions that a point reaches first into buckets; how many, and the first and last bucket."""
    heads, after, before = buckets
    count, low, high = 0, len(heads), -1
    for k in range(ways.first[row], ways.first[row + 1]):
        chain, place = ways.other[k], ways.position_mm[k]
        for end in range(2):
            to_end = place if end == 0 else graph.length_mm[chain] - place
            if to_end and not graph.ways[chain] & (AGAINST if end == 0 else ALONG):
                continue
            node = graph.start[chain] if end == 0 else graph.stop[chain]
            way = ways.mm[k] + to_end
            if way > limit or way >= dist[node]:
                continue
            if dist[node] == NOWHERE:
                seen[count] = node
                count += 1
            dist[node] = way
    for k in range(count):
        node, bucket = seen[k], dist[seen[k]] >> BUCKET_BITS
        below = heads[bucket]
        after[node], before[node], heads[bucket] = below, -1, node
        if below >= 0:
            before[below] = node
        low, high = min(low, bucket), max(high, bucket)
    return count, low, high


@compiled
def pairs(
    graph: Graph, sources: Places, targets: Places, target_count: int, limit: int,
) -> tuple[Array, Array, Array]:
    """Source, target and distance of all pairs within the limit; one bounded search from each source.

    ``sources`` are grouped by owner, ``targets`` by chain: a search meets those on the chains it enters.
    """
    dist, best = np.full(len(graph.first) - 1, NOWHERE, np.int32), np.full(target_count, NOWHERE, np.int32)
    seen, met = np.empty(len(dist), np.int32), np.empty(target_count, np.int32)
    buckets = _Buckets(np.full((limit >> BUCKET_BITS) + 1, -1, np.int32), np.empty(len(dist), np.int32),
                       np.empty(len(dist), np.int32))
    source, target, mm = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.int32)
    count = 0
    for row in range(len(sources.first) - 1):
        met_count = 0
        for k in range(sources.first[row], sources.first[row + 1]):
            chain, place, out = sources.other[k], sources.position_mm[k], sources.mm[k]
            for p in range(targets.first[chain], targets.first[chain + 1]):
                ahead = targets.position_mm[p] - place
                if ahead and not graph.ways[chain] & (ALONG if ahead > 0 else AGAINST):
                    continue
                met_count = _meet(targets.other[p], out + abs(ahead) + targets.mm[p], limit, best, met, met_count)
        met_count, seen_count = _walk(graph, sources, row, targets, limit, dist, seen, best, met, met_count, buckets)
        if count + met_count > len(source):
            least = count + met_count
            source, target, mm = _wider(source, least), _wider(target, least), _wider(mm, least)
        for k in range(met_count):
            source[count], target[count], mm[count] = row, met[k], best[met[k]]
            best[met[k]] = NOWHERE
            count += 1
        for k in range(seen_count):
            dist[seen[k]] = NOWHERE
    return source[:count], target[:count], mm[:count]


@compiled
def _walk(
    graph: Graph, ways: Places, row: int, targets: Places, limit: int, dist: Array, seen: Array, best: Array,
    met: Array, met_count: int, buckets: _Buckets,
) -> tuple[int, int]:
    """Search from one point; how many targets have been met then, and how many junctions have been seen."""
    seen_count, bucket, last = _leave(graph, ways, row, limit, dist, seen, buckets)
    heads, after, before = buckets
    _, _, length, first, head, arc_chain, from_stop, _, shut_first, shut_chain, shut_from_stop = graph
    at, targeted, position, cost = targets
    while bucket <= last:
        node = heads[bucket]
        if node < 0:
            bucket += 1
            continue
        below, near = after[node], dist[node]
        heads[bucket], before[node] = below, _OUT
        if below >= 0:
            before[below] = -1
        for arc in range(shut_first[node], shut_first[node + 1]) if len(shut_chain) else range(0):
            chain = shut_chain[arc]
            for p in range(at[chain], at[chain + 1]):  # what stands at the very junction is reached all the same
                if position[p] == (length[chain] if shut_from_stop[arc] else 0):
                    met_count = _meet(targeted[p], near + cost[p], limit, best, met, met_count)
        for arc in range(first[node], first[node + 1]):
            chain = arc_chain[arc]
            long, low, high = length[chain], at[chain], at[chain + 1]
            if low < high:
                back = from_stop[arc]
                for step in range(high - low):
                    p = high - 1 - step if back else low + step
                    along = near + (long - position[p] if back else position[p])
                    if along > limit:
                        break
                    met_count = _meet(targeted[p], along + cost[p], limit, best, met, met_count)
            way, other = near + long, head[arc]
            if way > limit or way >= dist[other]:
                continue
            if dist[other] == NOWHERE:
                seen[seen_count] = other
                seen_count += 1
            elif before[other] != _OUT:
                above, below = before[other], after[other]
                if above >= 0:
                    after[above] = below
                else:
                    heads[dist[other] >> BUCKET_BITS] = below
                if below >= 0:
                    before[below] = above
            dist[other], into = way, way >> BUCKET_BITS
            below = heads[into]
            after[other], before[other], heads[into] = below, -1, other
            if below >= 0:
                before[below] = other
            last = max(last, into)
    return met_count, seen_count


@compiled
def sweep(graph: Graph, places: Places, limit: int) -> tuple[Array, Array]:
    """How far from the nearest place each junction is, and that place: of equally near ones the lowest.

    ``places`` are grouped by chain. On a graph turned round it is how far to the nearest place. Both are ``NOWHERE``
    where none is within the limit.
    """
    start, stop, length, first, head, arc_chain, _, ways, _, _, _ = graph
    at, owner, position, cost = places
    dist, whose = np.full(len(first) - 1, NOWHERE, np.int32), np.full(len(first) - 1, NOWHERE, np.int32)
    heads = np.full((limit >> BUCKET_BITS) + 1, -1, np.int32)
    after, before = np.empty(len(dist), np.int32), np.full(len(dist), _OUT, np.int32)
    for chain in range(len(start)):
        for k in range(at[chain], at[chain + 1]):
            for end in range(2):
                to_end = position[k] if end == 0 else length[chain] - position[k]
                if to_end and not ways[chain] & (AGAINST if end == 0 else ALONG):
                    continue
                node = start[chain] if end == 0 else stop[chain]
                way = cost[k] + to_end
                if way <= limit and (way < dist[node] or (way == dist[node] and owner[k] < whose[node])):
                    dist[node], whose[node] = way, owner[k]
    bucket, last = 0, -1
    for node in range(len(dist)):
        if dist[node] < NOWHERE:
            into = dist[node] >> BUCKET_BITS
            below = heads[into]
            after[node], before[node], heads[into] = below, -1, node
            if below >= 0:
                before[below] = node
            last = max(last, into)
    while bucket <= last:
        node = heads[bucket]
        if node < 0:
            bucket += 1
            continue
        below, near, mine = after[node], dist[node], whose[node]
        heads[bucket], before[node] = below, _OUT
        if below >= 0:
            before[below] = -1
        for arc in range(first[node], first[node + 1]):
            way, other = near + length[arc_chain[arc]], head[arc]
            if way > limit or way > dist[other] or (way == dist[other] and mine >= whose[other]):
                continue
            if before[other] != _OUT:
                above, below = before[other], after[other]
                if above >= 0:
                    after[above] = below
                else:
                    heads[dist[other] >> BUCKET_BITS] = below
                if below >= 0:
                    before[below] = above
            dist[other], whose[other], into = way, mine, way >> BUCKET_BITS
            below = heads[into]
            after[other], before[other], heads[into] = below, -1, other
            if below >= 0:
                before[below] = other
            last = max(last, into)
    return dist, whose


@compiled
def nearest(
    graph: Graph, places: Places, dist: Array, whose: Array, origins: Places, limit: int,
) -> tuple[Array, Array]:
    """The nearest place of each origin, −1 where none is within the limit, and how far it is.

    ``dist`` and ``whose`` are those of ``sweep`` on the graph turned round; ``places`` are grouped by chain,
    ``origins`` by owner. The way leads over an end of the origin's chain, or along it to a place on it.
    """
    count = len(origins.first) - 1
    best, found = np.full(count, NOWHERE, np.int32), np.full(count, -1, np.int32)
    for row in range(count):
        for k in range(origins.first[row], origins.first[row + 1]):
            chain, place, cost = origins.other[k], origins.position_mm[k], origins.mm[k]
            ways = graph.ways[chain]
            for end in range(2):
                node = graph.start[chain] if end == 0 else graph.stop[chain]
                to_end = place if end == 0 else graph.length_mm[chain] - place
                if to_end and not ways & (AGAINST if end == 0 else ALONG):
                    continue
                way = cost + to_end + dist[node]
                if way <= limit and (way < best[row] or (way == best[row] and whose[node] < found[row])):
                    best[row], found[row] = way, whose[node]
            for p in range(places.first[chain], places.first[chain + 1]):
                ahead = places.position_mm[p] - place
                if ahead and not ways & (ALONG if ahead > 0 else AGAINST):
                    continue
                way = cost + abs(ahead) + places.mm[p]
                if way <= limit and (way < best[row] or (way == best[row] and places.other[p] < found[row])):
                    best[row], found[row] = way, places.other[p]
    return found, best
