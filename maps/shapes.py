"""How do outlines and streets get into a page in few bytes? As whole millionths of a degree, each a step from the last.

All functions take geometry in any CRS and give plain lists for JSON. Order of coordinates: east, north. One unit is
at most 0.11 m.
"""

from itertools import chain
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gis.crs import in_crs
from gis.geometry import has_shape

UNITS_PER_DEGREE = 1_000_000
WGS84 = "EPSG:4326"


def rings(geometry: gpd.GeoSeries) -> list[list[list[list[int]]]]:
    """Per row its polygons, each a list of rings, each ``[x0, y0, dx, dy, ...]``; a missing row is an empty list."""
    shapes = _degrees(geometry)
    parts, row_of_part = shapely.get_parts(shapes, return_index=True)
    loops, part_of_loop = shapely.get_rings(parts, return_index=True)
    answer: list[list[list[list[int]]]] = [[] for _ in shapes]
    polygons: list[list[list[int]]] = [[] for _ in parts]
    for steps, part in zip(_steps(loops), part_of_loop, strict=True):
        polygons[part].append(steps[:-2])
    for polygon, row in zip(polygons, row_of_part, strict=True):
        answer[row].append(polygon)
    return answer


def lines(geometry: gpd.GeoSeries) -> list[list[list[int]]]:
    """Per row its lines, each ``[x0, y0, dx, dy, ...]``."""
    shapes = _degrees(geometry)
    parts, row_of_part = shapely.get_parts(shapes, return_index=True)
    answer: list[list[list[int]]] = [[] for _ in shapes]
    for steps, row in zip(_steps(parts), row_of_part, strict=True):
        answer[row].append(steps)
    return answer


def points(geometry: gpd.GeoSeries) -> list[list[int] | None]:
    """Per row ``[x, y]``, or None where there is no point."""
    shapes = _degrees(geometry)
    known = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    whole = _whole(shapely.get_coordinates(shapely.point_on_surface(shapes[known])))
    answer: list[list[int] | None] = [None] * len(shapes)
    for row, pair in zip(np.flatnonzero(known), whole.tolist(), strict=True):
        answer[row] = pair
    return answer


def label_points(areas: gpd.GeoSeries) -> list[list[int] | None]:
    """Per row the place inside the area farthest from its edge, to about 2 m, where a number stands best.

    Args:
        areas: polygons in a metric CRS; missing rows stay missing.
    """
    known = has_shape(areas)
    middles = areas.copy()
    biggest = shapely.get_point(shapely.maximum_inscribed_circle(areas[known].values, tolerance=2.0), 0)
    middles[known] = biggest
    return points(middles)


def flat(rows: list[list[Any]]) -> list[Any]:
    """The parts of all rows as one list."""
    return list(chain.from_iterable(rows))


def thinned(geometry: gpd.GeoSeries, tolerance_m: float, *, keep_apart: bool = True) -> gpd.GeoSeries:
    """The shapes without the vertices nobody can see, in their own CRS, which is metric.

    ``keep_apart`` keeps areas valid; lines may do without, which is many times faster.
    """
    thin = shapely.simplify(geometry.values, tolerance_m, preserve_topology=keep_apart)
    return gpd.GeoSeries(thin, index=geometry.index, crs=geometry.crs)


def bounds(geometry: gpd.GeoSeries) -> list[int] | None:
    """``[west, south, east, north]`` in units, or None where nothing has a place."""
    box = shapely.total_bounds(_degrees(geometry))
    return None if np.isnan(box).any() else [int(value) for value in _whole(box.reshape(2, 2)).ravel()]


def _degrees(geometry: gpd.GeoSeries) -> Any:
    frame = gpd.GeoDataFrame(geometry=geometry.reset_index(drop=True), crs=geometry.crs)
    return shapely.force_2d(np.asarray(in_crs(frame, WGS84).geometry.values))


def _whole(coordinates: Any) -> Any:
    return np.rint(np.asarray(coordinates, dtype="float64") * UNITS_PER_DEGREE).astype("int64")


def _steps(curves: Any) -> list[list[int]]:
    coordinates, curve_of = shapely.get_coordinates(curves, return_index=True)
    if not len(coordinates):
        return [[] for _ in curves]
    whole = _whole(coordinates)
    first = np.ones(len(whole), dtype=bool)
    first[1:] = curve_of[1:] != curve_of[:-1]
    steps = np.diff(whole, axis=0, prepend=whole[:1])
    steps[first] = whole[first]
    counts = np.bincount(curve_of, minlength=len(curves))
    ends = np.cumsum(counts)
    numbers = steps.ravel().tolist()
    return [numbers[2 * (end - count):2 * end] for end, count in zip(ends.tolist(), counts.tolist(), strict=True)]
