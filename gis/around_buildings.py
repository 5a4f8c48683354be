"""How far is it inside a walled estate, where no path is mapped, round the buildings that stand there?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.attach import to_mm
from gis.geometry import has_shape
from gis.inner_paths import NO_PATH_MM, Points
from gis.search import in_threads
from gis.sight_kernels import Yard, ways_round

_WITHIN_M = 0.05
"""How far inside its outline a building is in the way, so that nobody is stopped who walks along a wall."""
_MOST_CORNERS = 3000
"""Of an estate with more corners the ways round its buildings are not looked for: time grows with their square."""
_REMEMBERED = 16


@dataclass(frozen=True, eq=False)
class AroundBuildings:
    """What stands in each walled estate; the same question is worked out once."""

    yards: Mapping[str, Yard]
    blocks: Mapping[str, np.ndarray]
    known: dict[bytes, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(
        cls, buildings: gpd.GeoSeries, outlines: gpd.GeoSeries, *, passage_m: float, wall_tolerance_m: float,
    ) -> Self:
        """Find what stands in each outline; what is closer together than ``passage_m`` is one thing.

        Args:
            buildings: areas in a metric CRS.
            outlines: of the walled estates, on their ids, the same CRS; no way leads out of them.
            passage_m: nobody goes through a narrower gap.
            wall_tolerance_m: how far outside the outline a point of the estate may stand.
        """
        shapes = shapely.get_parts(buildings[has_shape(buildings)].to_numpy())
        wide = shapely.buffer(shapes, passage_m / 2, join_style="mitre")
        walls = outlines.to_numpy()
        estate, building = shapely.STRtree(wide).query(walls, predicate="intersects")
        yards, blocks = {}, {}
        for row, some in pd.Series(building).groupby(estate):
            joined = shapely.buffer(shapely.union_all(wide[some]), -passage_m / 2, join_style="mitre")
            rings = shapely.simplify(shapely.get_exterior_ring(shapely.get_parts(joined)), _WITHIN_M)
            things = shapely.polygons(rings[shapely.get_num_points(rings) > 3])
            in_the_way = shapely.get_parts(shapely.buffer(things, -_WITHIN_M, join_style="mitre"))
            ground, wall = (shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(
                shapely.buffer(walls[row], wall_tolerance_m + more, join_style="mitre")))) for more in (0, _WITHIN_M))
            corners = np.concatenate([_corners(things, outward=True), _corners(ground, outward=False)])
            places = shapely.points(corners)
            free = shapely.contains_properly(shapely.union_all(wall), places) & ~shapely.contains(
                shapely.union_all(in_the_way), places)
            if len(in_the_way) and free.sum() <= _MOST_CORNERS:
                key = str(outlines.index[row])
                yards[key], blocks[key] = _yard(np.concatenate([in_the_way, wall]), corners[free]), in_the_way
        return cls(yards, blocks)

    def between_mm(self, one: Points, other: Points, estate: np.ndarray) -> np.ndarray:
        """The walks between points of the same estates, pair by pair.

        Args:
            one: where the walks begin.
            other: where they end.
            estate: in which estate each of them stays.

        Returns:
            whole millimetres, ``NO_PATH_MM`` where nothing stands in the estate or no way leads round it.
        """
        walk = np.full(len(estate), NO_PATH_MM, dtype=np.int64)
        if not self.yards or not len(estate):
            return walk
        start, stop = (shapely.get_coordinates(points.places[points.row]) for points in (one, other))
        key = blake2b(start.tobytes() + stop.tobytes() + "\0".join(map(str, estate)).encode()).digest()
        if key not in self.known:
            while len(self.known) >= _REMEMBERED:
                self.known.pop(next(iter(self.known)))
            self.known[key] = self._between_mm(start, stop, estate)
        return self.known[key]

    def _between_mm(self, start: np.ndarray, stop: np.ndarray, estate: np.ndarray) -> np.ndarray:
        walk = np.full(len(estate), NO_PATH_MM, dtype=np.int64)
        rows_of = pd.Series(np.arange(len(estate))).groupby(estate).indices
        groups = [(str(key), rows) for key, rows in rows_of.items() if key in self.yards]

        def some(numbers: np.ndarray) -> np.ndarray:
            found = [self._in_one(groups[number][0], start[groups[number][1]], stop[groups[number][1]])
                     for number in numbers]
            return np.concatenate(found) if found else np.empty(0)

        far = in_threads(some, np.arange(len(groups)))
        rows = np.concatenate([rows for _, rows in groups]) if groups else np.empty(0, dtype=np.int64)
        there = np.isfinite(far)
        walk[rows[there]] = to_mm(far[there])
        return walk

    def _in_one(self, key: str, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        yard, tree = self.yards[key], shapely.STRtree(self.blocks[key])
        ends = []
        for xy in (start, stop):
            places, row = np.unique(xy, axis=0, return_inverse=True)
            inside = np.full(len(places), -1)
            point, block = tree.query(shapely.points(places), predicate="within")
            inside[point] = block
            ends.append((places, inside, row.ravel()))
        (starts, start_in, one), (stops, stop_in, other) = ends
        far: np.ndarray = ways_round(yard, starts, start_in, stops, stop_in, one, other)
        return far


def _yard(areas: np.ndarray, corners: np.ndarray) -> Yard:
    xy, ring = shapely.get_coordinates(shapely.get_exterior_ring(areas), return_index=True)
    same = ring[1:] == ring[:-1]
    sides = np.concatenate([xy[:-1], xy[1:]], axis=1)[same]
    first = np.concatenate([[0], np.cumsum(np.bincount(ring[1:][same], minlength=len(areas)))])
    return Yard(np.ascontiguousarray(sides), first.astype(np.int64), shapely.bounds(areas), corners)


def _corners(areas: np.ndarray, *, outward: bool) -> np.ndarray:
    """Corners a way may turn at: those that stick out of buildings, and those that stick into an estate."""
    rings = shapely.get_exterior_ring(shapely.orient_polygons(areas))
    found = [np.empty((0, 2))]
    for ring in rings:
        xy = shapely.get_coordinates(ring)[:-1]
        before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
        left = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0] > 0
        found.append(xy[left == outward])
    return np.concatenate(found)
