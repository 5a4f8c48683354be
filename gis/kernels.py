"""The compiled searches of the engine; what they are for stands in ``gis.chains`` and ``gis.search``.

All costs are whole millimetres. A heap is an array of which the first ``size`` entries count; an entry is
``mm << 32 | node``, so that the least is the nearest, and one that a shorter way has overtaken is passed over when it
comes up.
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
    u: Array, v: Array, length_mm: Array, first: Array, edge_at: Array, junctions: Array,
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Follow every chain from its junction; what is left then are rings, which begin at an edge of theirs.

    Returns:
        per chain where it starts, where it stops and how long it is; per edge its chain, how far along it the edge's
        ``u`` end lies, and 1 or −1 as the edge runs along it or against it.
    """
    edges = len(u)
    chain, at, sign = np.full(edges, -1, np.int32), np.zeros(edges, np.int64), np.ones(edges, np.int8)
    start, stop, length = np.empty(edges, np.int64), np.empty(edges, np.int64), np.empty(edges, np.int64)
    count = 0
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
                if here == origin or first[here + 1] - first[here] != 2:
                    break
                one, other = edge_at[first[here]], edge_at[first[here] + 1]
                edge = other if one == edge else one
            start[count], stop[count], length[count] = origin, here, along
            count += 1
    return start[:count], stop[:count], length[:count], chain, at, sign


@inlined
def _push(heap: Array, size: int, mm: int, node: int) -> None:
    """Put an entry into a heap of ``size``, which has room for it and is then one larger."""
    entry, at = (np.int64(mm) << 32) | node, size
    while at > 0 and heap[(at - 1) >> 1] > entry:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = entry


@inlined
def _pop(heap: Array, size: int) -> int:
    """Take the least entry out of a heap of ``size``, which is then one smaller."""
    top: int = heap[0]
    entry, last, at = heap[size - 1], size - 1, 0
    while 2 * at + 1 < last:
        child = 2 * at + 1
        if child + 1 < last and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= entry:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = entry
    return top


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


@inlined
def _reach(
    node: int, way: int, limit: int, dist: Array, seen: Array, seen_count: int, heap: Array, size: int,
) -> tuple[int, int]:
    """Note a way to a junction; how many have been seen then, and the size of the heap."""
    if way <= limit and way < dist[node]:
        if dist[node] == NOWHERE:
            seen[seen_count] = node
            seen_count += 1
        dist[node] = way
        _push(heap, size, way, node)
        size += 1
    return seen_count, size


@compiled
def pairs(
    graph: Graph, sources: Places, targets: Places, target_count: int, limit: int,
) -> tuple[Array, Array, Array]:
    """Source, target and distance of all pairs within the limit; one bounded search from each source.

    ``sources`` are grouped by owner, ``targets`` by chain: a search meets those on the chains it enters.
    """
    start, stop, length, first, head, arc_chain, from_stop = graph
    at, targeted, position, cost = targets
    dist, best = np.full(len(first) - 1, NOWHERE, np.int32), np.full(target_count, NOWHERE, np.int32)
    seen, met = np.empty(len(dist), np.int32), np.empty(target_count, np.int32)
    heap = np.empty(len(head) + 2 * len(sources.mm) + 1, np.int64)  # an arc is taken once, a portal has two ends
    source, target, mm = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.int32)
    count = 0
    for row in range(len(sources.first) - 1):
        seen_count, met_count, size = 0, 0, 0
        for k in range(sources.first[row], sources.first[row + 1]):
            chain, place, out = sources.other[k], sources.position_mm[k], sources.mm[k]
            for p in range(at[chain], at[chain + 1]):
                met_count = _meet(targeted[p], out + abs(position[p] - place) + cost[p], limit, best, met, met_count)
            rest = length[chain] - place
            seen_count, size = _reach(start[chain], out + place, limit, dist, seen, seen_count, heap, size)
            seen_count, size = _reach(stop[chain], out + rest, limit, dist, seen, seen_count, heap, size)
        while size > 0:
            entry = _pop(heap, size)
            size -= 1
            node, near = np.int32(entry & 0xFFFFFFFF), np.int32(entry >> 32)
            if near > dist[node]:
                continue
            for arc in range(first[node], first[node + 1]):
                chain, back = arc_chain[arc], from_stop[arc]
                low, high = at[chain], at[chain + 1]
                for step in range(high - low):
                    p = high - 1 - step if back else low + step
                    along = near + (length[chain] - position[p] if back else position[p])
                    if along > limit:
                        break
                    met_count = _meet(targeted[p], along + cost[p], limit, best, met, met_count)
                seen_count, size = _reach(head[arc], near + length[chain], limit, dist, seen, seen_count, heap, size)
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
def sweep(graph: Graph, places: Places, limit: int) -> tuple[Array, Array]:
    """How far each junction is from the nearest place, and that place: of equally near ones the lowest.

    ``places`` are grouped by chain. Both are ``NOWHERE`` where none is within the limit.
    """
    start, stop, length, first, head, arc_chain, _ = graph
    dist, whose = np.full(len(first) - 1, NOWHERE, np.int32), np.full(len(first) - 1, NOWHERE, np.int32)
    heap, size = np.empty(len(dist) + 1024, np.int64), 0
    for chain in range(len(start)):
        for k in range(places.first[chain], places.first[chain + 1]):
            who, place, cost = places.other[k], places.position_mm[k], places.mm[k]
            for end in range(2):
                node = start[chain] if end == 0 else stop[chain]
                way = cost + (place if end == 0 else length[chain] - place)
                if way <= limit and (way < dist[node] or (way == dist[node] and who < whose[node])):
                    dist[node], whose[node] = way, who
    for node in range(len(dist)):
        if dist[node] < NOWHERE:
            _push(heap, size, dist[node], node)
            size += 1
    while size > 0:
        entry = _pop(heap, size)
        size -= 1
        node, near = np.int32(entry & 0xFFFFFFFF), np.int32(entry >> 32)
        if near > dist[node]:
            continue
        if size + first[node + 1] - first[node] > len(heap):
            heap = _wider(heap, 2 * len(heap))
        for arc in range(first[node], first[node + 1]):
            way, other = near + length[arc_chain[arc]], head[arc]
            if way <= limit and (way < dist[other] or (way == dist[other] and whose[node] < whose[other])):
                dist[other], whose[other] = way, whose[node]
                _push(heap, size, way, other)
                size += 1
    return dist, whose


@compiled
def nearest(
    graph: Graph, places: Places, dist: Array, whose: Array, origins: Places, limit: int,
) -> tuple[Array, Array]:
    """The nearest place of each origin, −1 where none is within the limit, and how far it is.

    ``dist`` and ``whose`` are those of ``sweep``; ``places`` are grouped by chain, ``origins`` by owner. The way leads
    over an end of the origin's chain, or along it to a place on it.
    """
    count = len(origins.first) - 1
    best, found = np.full(count, NOWHERE, np.int32), np.full(count, -1, np.int32)
    for row in range(count):
        for k in range(origins.first[row], origins.first[row + 1]):
            chain, place, cost = origins.other[k], origins.position_mm[k], origins.mm[k]
            for node, to_end in ((graph.start[chain], cost + place),
                                 (graph.stop[chain], cost + graph.length_mm[chain] - place)):
                way = to_end + dist[node]
                if way <= limit and (way < best[row] or (way == best[row] and whose[node] < found[row])):
                    best[row], found[row] = way, whose[node]
            for p in range(places.first[chain], places.first[chain + 1]):
                way = cost + abs(places.position_mm[p] - place) + places.mm[p]
                if way <= limit and (way < best[row] or (way == best[row] and places.other[p] < found[row])):
                    best[row], found[row] = way, places.other[p]
    return found, best


class Cells(NamedTuple):
    """Segments of lines by the square cells they touch, those of cell ``c`` being ``segment[first[c]:first[c + 1]]``.

    Cells are numbered by row from the south-west corner ``(west, south)``. Segment ``s`` runs from ``ends[s, :2]`` to
    ``ends[s, 2:]``; ``line`` is the line it is of and ``before_m`` how much of that line lies before it.
    """

    west: float
    south: float
    side_m: float
    columns: int
    rows: int
    first: Array
    segment: Array
    ends: Array
    line: Array
    before_m: Array


@inlined
def _onto(x: float, y: float, ends: Array, s: int) -> tuple[float, float]:
    """The squared distance of a place from a segment, and how far along it the nearest point is, as a share."""
    dx, dy = ends[s, 2] - ends[s, 0], ends[s, 3] - ends[s, 1]
    square = dx * dx + dy * dy
    share = ((x - ends[s, 0]) * dx + (y - ends[s, 1]) * dy) / square if square > 0 else 0.0
    share = min(max(share, 0.0), 1.0)
    # at an end the end itself, so that two segments that meet there are equally far from the place
    at_x = ends[s, 0] if share == 0.0 else ends[s, 2] if share == 1.0 else ends[s, 0] + share * dx
    at_y = ends[s, 1] if share == 0.0 else ends[s, 3] if share == 1.0 else ends[s, 1] + share * dy
    return (x - at_x) ** 2 + (y - at_y) ** 2, share


@compiled
def cells_of(
    ends: Array, west: float, south: float, side_m: float, columns: int, rows: int,
) -> tuple[Array, Array]:
    """``first`` and ``segment`` of ``Cells``: each segment stands in every cell that it may touch."""
    first = np.zeros(columns * rows + 1, np.int64)
    reach = (0.7072 * side_m) ** 2  # half the diagonal of a cell
    segment = np.empty(0, np.int32)
    for turn in range(2):
        if turn == 1:
            first[1:] = np.cumsum(first[1:])
            segment = np.empty(first[-1], np.int32)
            filled = first[:-1].copy()
        for s in range(len(ends)):
            left, right = min(ends[s, 0], ends[s, 2]), max(ends[s, 0], ends[s, 2])
            low, high = min(ends[s, 1], ends[s, 3]), max(ends[s, 1], ends[s, 3])
            for row in range(int((low - south) / side_m), int((high - south) / side_m) + 1):
                for column in range(int((left - west) / side_m), int((right - west) / side_m) + 1):
                    x, y = west + (column + 0.5) * side_m, south + (row + 0.5) * side_m
                    if _onto(x, y, ends, s)[0] > reach:
                        continue
                    cell = row * columns + column
                    if turn == 0:
                        first[cell + 1] += 1
                    else:
                        segment[filled[cell]] = s
                        filled[cell] += 1
    return first, segment


@compiled
def nearest_lines(places: Array, cells: Cells, limit_m: float) -> tuple[Array, Array, Array]:
    """The nearest line of each place (x, y), −1 where none is within the limit; how far along it; and how far off.

    Of equally near lines the first. Cells are looked through in rings around the place, until no ring can hold a nearer
    one.
    """
    west, south, side, columns, rows, first, segment, ends, line, before = cells
    count = len(places)
    found, along, apart = np.full(count, -1, np.int64), np.zeros(count), np.full(count, np.inf)
    for p in range(count):
        x, y = places[p, 0], places[p, 1]
        column, row = int(np.floor((x - west) / side)), int(np.floor((y - south) / side))
        best, who, where = limit_m * limit_m, -1, 0.0
        ring = 0
        while True:
            inner = (ring - 1) * side
            if inner > 0 and inner * inner > best:
                break
            for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                edge_row = r == row - ring or r == row + ring
                step = 1 if edge_row or ring == 0 else 2 * ring
                for c in range(column - ring, column + ring + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    for k in range(first[r * columns + c], first[r * columns + c + 1]):
                        s = segment[k]
                        square, share = _onto(x, y, ends, s)
                        if square > best or (square == best and who >= 0 and line[s] > who):
                            continue
                        dx, dy = ends[s, 2] - ends[s, 0], ends[s, 3] - ends[s, 1]
                        place = before[s] + share * np.sqrt(dx * dx + dy * dy)
                        if square < best or line[s] != who or place < where:
                            best, who, where = square, line[s], place
            ring += 1
            if ring > columns + rows + abs(column) + abs(row):
                break
        if who >= 0:
            found[p], along[p], apart[p] = who, where, np.sqrt(best)
    return found, along, apart
