"""Where does a point meet the street? At the nearest place along an edge, never at the nearest node."""

from dataclasses import dataclass
from typing import Self

import geopandas as gpd
import numpy as np
import shapely

from gis.street_cells import StreetCells

MM_PER_M = 1000


@dataclass(frozen=True)
class Attachment:
    """Points on street edges; all arrays have one entry per point, ``edge`` −1 where no street is near enough.

    ``offset_mm`` runs from the edge's ``u`` end, ``snap_mm`` is the straight walk from the point to the edge.
    """

    edge: np.ndarray
    offset_mm: np.ndarray
    snap_mm: np.ndarray

    @property
    def found(self) -> np.ndarray:
        """True where the point has a street."""
        return self.edge >= 0


@dataclass(frozen=True)
class Barriers:
    """What lies between points and streets, in one metric CRS.

    Args:
        closed: lines and areas nobody steps across, such as water.
        fences: lines that people go round to another street; where none is within reach, a gate nobody mapped lets
            them pass.
    """

    closed: gpd.GeoSeries
    fences: gpd.GeoSeries


@dataclass(frozen=True)
class Obstacles:
    """What the straight way from a point to its street may not touch (``walls``) or pass (the others).

    A barrier is passed where the way goes through it and neither begins nor ends in it: a street drawn into the river
    it runs along, and a house on piles, are not on the other side. What stands at its edge is not in it.
    ``as_drawn_m``: so near to a line is on it, and so short a way in an area is none.
    """

    walls: shapely.STRtree
    closed: shapely.STRtree
    fences: shapely.STRtree
    as_drawn_m: float

    @classmethod
    def of(cls, walls: np.ndarray, closed: np.ndarray, fences: np.ndarray, as_drawn_m: float) -> Self:
        """Areas, lines or areas, and lines; each part of one with several is a barrier by itself."""
        closed, fences = (shapely.get_parts(some) for some in (closed, fences))
        return cls(shapely.STRtree(walls), shapely.STRtree(closed), shapely.STRtree(fences), as_drawn_m)

    def between(self, points: np.ndarray, streets: np.ndarray, *, fences: bool) -> np.ndarray:
        """True where the shortest way from a point to its street is barred; arrays of shapes, one by one.

        Args:
            points: where the ways begin.
            streets: where they end.
            fences: whether these bar it too.
        """
        barred = np.zeros(len(points), dtype=bool)
        in_the_way = [self.closed, self.fences] if fences else [self.closed]
        if not len(points) or not any(map(len, [self.walls, *in_the_way])):
            return barred
        ways = shapely.shortest_line(points, streets)
        barred[self.walls.query(ways, predicate="intersects")[0]] = True
        for barriers in in_the_way:
            barred |= self._passed(ways, barriers)
        return barred

    def _passed(self, ways: np.ndarray, barriers: shapely.STRtree) -> np.ndarray:
        barred = np.zeros(len(ways), dtype=bool)
        met, which = barriers.query(ways, predicate="intersects")
        barrier = barriers.geometries[which]
        area = shapely.get_dimensions(barrier) == 2
        passed = ~area | (shapely.length(shapely.intersection(ways[met], barrier)) > self.as_drawn_m)
        for end in (shapely.get_point(ways[met], at) for at in (0, -1)):
            on_line = shapely.dwithin(barrier, end, self.as_drawn_m)
            passed &= ~np.where(area, shapely.contains_properly(barrier, end), on_line)
        barred[met[passed]] = True
        return barred


def attach(
    points: np.ndarray, edges: np.ndarray, length_mm: np.ndarray, *, cells: StreetCells, obstacles: Obstacles,
    max_snap_m: float,
) -> Attachment:
    """Project each point on the nearest usable edge that no obstacle hides from it.

    Args:
        points: shapely points, metric CRS, shape (p,).
        edges: shapely lines, shape (e,), in an order that does not depend on the input's.
        length_mm: integer length of each edge.
        cells: those of them that may be attached to.
        obstacles: what the straight way from a point to its edge may not meet.
        max_snap_m: farther points stay unattached.

    Returns:
        of edges that are equally near to the micrometre the first in the order of ``edges``.
    """
    edge, along_m, apart_m = cells.nearest(points, max_snap_m)
    met = np.flatnonzero(edge >= 0)
    behind = met[obstacles.between(points[met], edges[edge[met]], fences=True)]
    if len(behind):
        edge[behind] = _nearest_in_sight(points[behind], edges, cells, obstacles, max_snap_m)
        seen = behind[edge[behind] >= 0]
        along_m[seen] = shapely.line_locate_point(edges[edge[seen]], points[seen])
        apart_m[seen] = shapely.distance(edges[edge[seen]], points[seen])
    on = edge >= 0
    offset, snap = np.zeros(len(points), dtype=np.int64), np.zeros(len(points), dtype=np.int64)
    offset[on] = np.clip(to_mm(along_m[on]), 0, length_mm[edge[on]])
    snap[on] = to_mm(apart_m[on])
    return Attachment(edge, offset, snap)


def _nearest_in_sight(
    points: np.ndarray, edges: np.ndarray, cells: StreetCells, obstacles: Obstacles, max_snap_m: float,
) -> np.ndarray:
    """The nearest edge of each point that nothing hides, else that only fences hide, −1 where there is none."""
    found = np.full(len(points), -1, dtype=np.int64)
    asked, other = shapely.STRtree(edges[cells.rows]).query(points, predicate="dwithin", distance=max_snap_m)
    near = cells.rows[other]
    free = ~obstacles.between(points[asked], edges[near], fences=False)
    asked, near = asked[free], near[free]
    fenced = obstacles.between(points[asked], edges[near], fences=True)
    order = np.lexsort((near, shapely.distance(points[asked], edges[near]).round(6), fenced, asked))
    first = order[np.unique(asked[order], return_index=True)[1]]
    found[asked[first]] = near[first]
    return found


def to_mm(metres: np.ndarray) -> np.ndarray:
    """Metres as whole millimetres."""
    whole: np.ndarray = np.rint(np.asarray(metres, dtype=float) * MM_PER_M).astype(np.int64)
    return whole
