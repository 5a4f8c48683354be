"""The compiled search for the nearest line; what it is for stands in ``gis.street_cells``."""

from typing import NamedTuple

import numpy as np

from gis.kernels import Array, compiled, inlined

MICROMETRES = 1e6
"""In a metre: what is nearer by less is as near, or the last bit of a root would choose between two streets."""


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

    Of lines that are equally near to the micrometre the first. Cells are looked through in rings around the place,
    until no ring can hold a nearer one.
    """
    west, south, side, columns, rows, first, segment, ends, line, before = cells
    count = len(places)
    found, along, apart = np.full(count, -1, np.int64), np.zeros(count), np.full(count, np.inf)
    for p in range(count):
        x, y = places[p, 0], places[p, 1]
        column, row = int(np.floor((x - west) / side)), int(np.floor((y - south) / side))
        best, who, where = np.round(limit_m * MICROMETRES), -1, 0.0
        ring = 0
        while True:
            if (ring - 1) * side * MICROMETRES > best:
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
                        off = np.round(np.sqrt(square) * MICROMETRES)
                        if off > best or (off == best and who >= 0 and line[s] > who):
                            continue
                        dx, dy = ends[s, 2] - ends[s, 0], ends[s, 3] - ends[s, 1]
                        place = before[s] + share * np.sqrt(dx * dx + dy * dy)
                        if off < best or line[s] != who or place < where:
                            best, who, where = off, line[s], place
                            apart[p] = np.sqrt(square)
            ring += 1
            if ring > columns + rows + abs(column) + abs(row):
                break
        if who >= 0:
            found[p], along[p] = who, where
    return found, along, apart
