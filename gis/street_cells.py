"""Which line is nearest to a place? Lines cut into segments and sorted into square cells, searched ring by ring."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely

from gis.cell_kernels import Cells, cells_of, nearest_lines

_SIDE_M = 64.0
"""Of a cell: some segments of a street in a town lie in each, and most points find theirs in the first nine."""
_MOST_CELLS = 4_000_000


@dataclass(frozen=True)
class StreetCells:
    """Lines by the cells they touch; ``line`` maps them to the rows they had."""

    cells: Cells
    rows: np.ndarray

    @classmethod
    def of(cls, lines: np.ndarray, usable: np.ndarray) -> Self:
        """Sort the usable lines (shapely, metric CRS, shape (n,)) into cells; ``usable`` says which, shape (n,)."""
        rows = np.flatnonzero(usable)
        xy, owner = shapely.get_coordinates(lines[rows], return_index=True)
        same = owner[1:] == owner[:-1]
        ends = np.hstack([xy[:-1], xy[1:]])[same]
        line = owner[1:][same]
        step = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
        before = np.cumsum(step) - step
        begin = np.searchsorted(line, np.arange(len(rows)))
        before -= before[np.minimum(begin, max(len(before) - 1, 0))][line] if len(line) else 0.0
        west, south, east, north = (*xy.min(axis=0), *xy.max(axis=0)) if len(xy) else (0.0,) * 4
        side_m = max(_SIDE_M, np.sqrt((east - west) * (north - south) / _MOST_CELLS))
        columns, across = (int(span / side_m) + 1 for span in (east - west, north - south))
        first, segment = cells_of(ends, west, south, side_m, columns, across)
        return cls(Cells(west, south, side_m, columns, across, first, segment, ends, line, before), rows)

    def nearest(self, points: np.ndarray, limit_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The row of the nearest line of each point (shapely), −1 where none is within the limit.

        Returns:
            that row, of equally near lines the first; metres from the line's first point to the nearest place on it;
            and metres from the point to there. Shape (n,) each.
        """
        line, along_m, apart_m = nearest_lines(shapely.get_coordinates(points), self.cells, limit_m)
        row = np.full(len(line), -1, dtype=np.int64)
        row[line >= 0] = self.rows[line[line >= 0]]
        return row, along_m, apart_m
