"""The compiled search for the shortest way round things that stand about; what it is for: ``gis.around_buildings``."""

from typing import NamedTuple

import numpy as np

from gis.kernels import Array, compiled, inlined


class Yard(NamedTuple):
    """What stands in one estate, and the corners that a way may turn at.

    Ring ``r`` is ``sides[first[r]:first[r + 1]]``, each side a row of x, y, x, y; ``boxes[r]`` is its west, south, east
    and north. ``corners`` are x and y.
    """

    sides: Array
    first: Array
    boxes: Array
    corners: Array


@inlined
def _turn(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    """More than 0 where c lies to the left of the way from a to b, less where to the right."""
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@compiled
def sees(yard: Yard, ax: float, ay: float, bx: float, by: float, own: int, other: int) -> bool:
    """Whether the straight way from a to b meets no ring; ``own`` and ``other`` are rings they stand in, or −1.

    It may begin or end on one. Through a corner it meets the ring, as along the diagonal of a square building.
    """
    west, east, south, north = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
    for ring in range(len(yard.first) - 1):
        box = yard.boxes[ring]
        if ring in (own, other) or box[0] > east or box[2] < west or box[1] > north or box[3] < south:
            continue
        for k in range(yard.first[ring], yard.first[ring + 1]):
            px, py, qx, qy = yard.sides[k, 0], yard.sides[k, 1], yard.sides[k, 2], yard.sides[k, 3]
            p, q = _turn(ax, ay, bx, by, px, py), _turn(ax, ay, bx, by, qx, qy)
            if (p * q <= 0 and (p != 0 or q != 0)
                    and _turn(px, py, qx, qy, ax, ay) * _turn(px, py, qx, qy, bx, by) < 0):
                return False
    return True


@compiled
def ways_round(
    yard: Yard, starts: Array, start_in: Array, stops: Array, stop_in: Array, start: Array, stop: Array,
) -> Array:
    """The shortest way between points for pairs of rows ``start`` and ``stop``, infinite where there is none.

    ``start_in`` and ``stop_in`` are the rings that the points stand in, −1 in none.
    """
    found = np.full(len(start), np.inf)
    hidden = np.zeros(len(stops), np.bool_)
    for k in range(len(start)):
        a, b = start[k], stop[k]
        if start_in[a] == stop_in[b] >= 0 or sees(
                yard, starts[a, 0], starts[a, 1], stops[b, 0], stops[b, 1], start_in[a], stop_in[b]):
            found[k] = np.hypot(starts[a, 0] - stops[b, 0], starts[a, 1] - stops[b, 1])
        else:
            hidden[b] = True
    if not hidden.any():
        return found
    corners = yard.corners
    count = len(corners)
    apart = np.full((count, count), np.inf)
    for i in range(count):
        for j in range(i):
            if sees(yard, corners[i, 0], corners[i, 1], corners[j, 0], corners[j, 1], -1, -1):
                apart[i, j] = apart[j, i] = np.hypot(corners[i, 0] - corners[j, 0], corners[i, 1] - corners[j, 1])
    seen, looked = np.empty((len(starts), count)), np.zeros(len(starts), np.bool_)
    for b in range(len(stops)):
        if not hidden[b]:
            continue
        far = _from(yard, apart, stops[b], stop_in[b])
        for k in range(len(start)):
            if stop[k] == b and found[k] == np.inf:
                a = start[k]
                if not looked[a]:
                    seen[a], looked[a] = _seen_from(yard, starts[a], start_in[a]), True
                for i in range(count):
                    found[k] = min(found[k], far[i] + seen[a, i])
    return found


@compiled
def _seen_from(yard: Yard, place: Array, within: int) -> Array:
    """How far each corner is that a place sees, infinite for the others."""
    far = np.full(len(yard.corners), np.inf)
    for i in range(len(far)):
        x, y = yard.corners[i, 0], yard.corners[i, 1]
        if sees(yard, place[0], place[1], x, y, within, -1):
            far[i] = np.hypot(place[0] - x, place[1] - y)
    return far


@compiled
def _from(yard: Yard, apart: Array, place: Array, within: int) -> Array:
    """How far each corner is from a place (Dijkstra on a full matrix)."""
    far: Array = _seen_from(yard, place, within)
    done = np.zeros(len(far), np.bool_)
    for _ in range(len(far)):
        near = -1
        for i in range(len(far)):
            if not done[i] and far[i] < np.inf and (near < 0 or far[i] < far[near]):
                near = i
        if near < 0:
            break
        done[near] = True
        for i in range(len(far)):
            far[i] = min(far[i], far[near] + apart[near, i])
    return far
