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
        most_corners: int,
    ) -> Self:
        """Find what stands in each outline; what is closer together than ``passage_m`` is one thing.

        Args:
            buildings: areas in a metric CRS.
            outlines: of the walled estates, on their ids, the same CRS; no way leads out of them.
            passage_m: nobody goes through a narrower gap.
            wall_tolerance_m: how far outside the outline a point of the estate may stand.
            most_corners: estates with more corners are left out: time grows with their square.
        """
        shapes = shapely.get_parts(buildings[has_shape(buildings)].to_numpy())
        wide, walls = shapely.buffer(shapes, passage_m / 2, join_style="mitre"), outlines.to_numpy()
        estate, building = shapely.STRtree(wide).query(walls, predicate="intersects")
        built, first = np.unique(estate, return_index=True)
        edges = np.append(first, len(estate))
        joined = in_threads(lambda rows: np.array([shapely.union_all(wide[building[edges[row] : edges[row + 1]]])
                                                   for row in rows], dtype=object), np.arange(len(built)))
        things, of_thing = _filled(shapely.simplify(
            shapely.buffer(joined, -passage_m / 2, join_style="mitre"), _WITHIN_M), built)
        blocks, of_block = _filled(shapely.buffer(things, -_WITHIN_M, join_style="mitre"), of_thing)
        ground, of_ground = _filled(shapely.buffer(walls[built], wall_tolerance_m, join_style="mitre"), built)
        room, of_room = _filled(shapely.buffer(walls[built], wall_tolerance_m + _WITHIN_M, join_style="mitre"), built)
        turns = [_corners(things, of_thing, outward=True), _corners(ground, of_ground, outward=False)]
        xy, of_corner = (np.concatenate(some) for some in zip(*turns, strict=True))
        free = _within(xy, of_corner, room, of_room) & ~_within(xy, of_corner, blocks, of_block)
        order = np.flatnonzero(free)[np.argsort(of_corner[free], kind="stable")]
        solid, space, corner = (_slices(of, built) for of in (of_block, of_room, of_corner[order]))
        yards = {str(outlines.index[row]): _yard(np.concatenate([blocks[one], room[other]]), xy[order[turn]])
                 for row, one, other, turn in zip(built, solid, space, corner, strict=True)
                 if one.stop > one.start and turn.stop - turn.start <= most_corners}
        return cls(yards, {str(outlines.index[row]): blocks[one] for row, one in zip(built, solid, strict=True)})

    def between_mm(self, one: Points, other: Points, estate: np.ndarray) -> np.ndarray:
        """The walks between points of the same estates, pair by pair.

        Args:
            one: where the walks begin.
            other: where they end.
            estate: in which estate each of them stays.

        Returns:
            whole millimetres, ``NO_PATH_MM`` where nothing stands in the estate, it was left out or no way leads round.
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


def _filled(areas: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The parts of areas without their holes, and whose they are."""
    parts, row = shapely.get_parts(areas, return_index=True)
    some = ~shapely.is_empty(parts)
    return shapely.polygons(shapely.get_exterior_ring(parts[some])), of[row[some]]


def _slices(of: np.ndarray, keys: np.ndarray) -> list[slice]:
    """Where the things of each key stand in an array that is in their order."""
    return [slice(low, high) for low, high in zip(
        np.searchsorted(of, keys).tolist(), np.searchsorted(of, keys, side="right").tolist(), strict=True)]


def _within(xy: np.ndarray, of: np.ndarray, areas: np.ndarray, of_area: np.ndarray) -> np.ndarray:
    """Which places lie in an area of the same estate."""
    place, area = shapely.STRtree(areas).query(shapely.points(xy), predicate="within")
    inside = np.zeros(len(xy), dtype=bool)
    inside[place[of[place] == of_area[area]]] = True
    return inside


def _corners(areas: np.ndarray, of: np.ndarray, *, outward: bool) -> tuple[np.ndarray, np.ndarray]:
    """Corners a way may turn at, and whose they are: what sticks out of a building, and what sticks into an estate."""
    xy, ring = shapely.get_coordinates(shapely.get_exterior_ring(shapely.orient_polygons(areas)), return_index=True)
    if not len(xy):
        return xy, of[ring]
    step = np.diff(xy, axis=0)
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    last = np.r_[first[1:], len(xy)] - 1  # the first corner again
    before, after = np.zeros_like(xy), np.zeros_like(xy)
    before[1:], after[:-1] = step, step
    before[first] = step[last - 1]
    left = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0] > 0
    turns = left == outward
    turns[last] = False
    return xy[turns], of[ring[turns]]
