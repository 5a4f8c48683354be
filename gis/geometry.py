"""Is there a shape, and is it sound? Repair keeps the area before and after, so that nothing is lost unseen."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import Words, reported, say

_STEPS_ACROSS = 100
"""Long straight lines get vertices in between, at this share of the whole, so that no bay opens along them."""
_FAULTS = {str(one): one for one in (
    say("Self-intersection"), say("Ring Self-intersection"), say("Too few points in geometry component"),
    say("Hole lies outside shell"), say("Holes are nested"), say("Nested shells"), say("Duplicate Rings"),
    say("Interior is disconnected"), say("Invalid Coordinate"), say("Ring is not closed"), say("Repeated Point"))}


def has_shape(geometry: gpd.GeoSeries) -> "pd.Series[bool]":
    """True where there is a geometry that is not empty, on the same index."""
    shapes = geometry.values
    return pd.Series(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), index=geometry.index, dtype=bool)


def has_arcs(shape: shapely.Geometry | None) -> bool:
    """Whether a shape holds arcs, which a collection can bring along and nothing here can look into."""
    if shape is None or shape.geom_type != "GeometryCollection":
        return False
    try:
        shapely.get_coordinates(shape)
    except shapely.GEOSException:
        return True
    return False


def covered_ground(shapes: np.ndarray, *, hull_ratio: float) -> shapely.Geometry:
    """The area a source seems to cover, in its own CRS: the concave hull of everything in it, without holes.

    An estimate for sources that do not say where they end. On the core of Singapore, whose true rim is known, with a
    ratio of 0.2, 3 % of the hull lie outside the rim and 7 % of the ground inside it are left out. Of points close
    together only the outermost count, which moves 0.02 % of Las Palmas.

    Args:
        shapes: everything the source has.
        hull_ratio: 0 follows every bay of the data, 1 is the convex hull.
    """
    west, south, east, north = shapely.total_bounds(shapes)
    step = max(east - west, north - south) / _STEPS_ACROSS
    dense = shapely.segmentize(shapes, step) if step > 0 else shapes
    xy = _outermost(shapely.get_coordinates(dense), step / 2)
    return shapely.concave_hull(shapely.multipoints(xy), ratio=hull_ratio)


def _outermost(xy: np.ndarray, size: float) -> np.ndarray:
    """Of the points in each square cell those farthest west, east, south and north: a hull needs no others."""
    if not len(xy) or not size:
        return np.unique(xy, axis=0)
    column, row = ((xy - xy.min(axis=0)) // size).astype(np.int64).T
    cells = pd.DataFrame(xy).groupby(column * (row.max() + 1) + row)
    outer = [cells[axis].agg(which) for axis in (0, 1) for which in ("idxmin", "idxmax")]
    return np.asarray(xy[np.unique(np.concatenate(outer))])


def repair_areas(geometry: gpd.GeoSeries) -> tuple[gpd.GeoSeries, pd.DataFrame]:
    """Make areas valid by the structure method and drop what is not area.

    Args:
        geometry: polygons of any validity, metric CRS; missing stays missing.

    Returns:
        the areas on the same index (missing where nothing of an area is left) and a ledger of the changed rows with
        ``reason``, ``area_before_m2`` and ``area_after_m2``.
    """
    flat = gpd.GeoSeries(shapely.force_2d(geometry.values), index=geometry.index, crs=geometry.crs)
    broken = has_shape(flat) & ~flat.is_valid
    if not broken.any():
        return flat, pd.DataFrame(columns=["reason", "area_before_m2", "area_after_m2"])
    repaired = flat.copy()
    repaired[broken] = [areas_only(one) for one in shapely.make_valid(flat[broken].values, method="structure")]
    ledger = pd.DataFrame(
        {
            "reason": shapely.is_valid_reason(flat[broken].values),
            "area_before_m2": flat[broken].area, "area_after_m2": repaired[broken].area.fillna(0.0),
        },
        index=flat.index[broken],
    )
    return repaired, ledger


def fault(reason: str) -> Words:
    """Words for a reason of the ledger, which is a fault's name and, in brackets, a place in the layer's CRS."""
    name, _, place = reason.partition("[")
    what = _FAULTS.get(name, reported(name))
    numbers = place.rstrip("]").split()
    if len(numbers) < 2:
        return say("{fault}", fault=what)
    return say("{fault} at {x:.1f}, {y:.1f}", fault=what, x=float(numbers[0]), y=float(numbers[1]))


def areas_only(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The areas of a shape that may be of several kinds as one shape; None where there are none."""
    parts = [part for part in shapely.get_parts(shape, return_index=False) if part.geom_type.endswith("Polygon")]
    whole = shapely.union_all(parts) if parts else None
    return whole if whole is not None and whole.area > 0 else None


def line_ends(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the first and of the last point of lines, none of them empty, shape (n, 2) each."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    fresh = line[1:] != line[:-1]
    return xy[np.r_[True, fresh][:len(xy)]], xy[np.r_[fresh, True][:len(xy)]]


def substrings(lines: np.ndarray, low_m: np.ndarray, high_m: np.ndarray) -> np.ndarray:
    """The parts of lines between two distances along each; ``low_m`` is less than ``high_m``.

    Args:
        lines: shapely lines in a metric CRS, shape (n,).
        low_m: where each part begins, metres from the line's first point, shape (n,).
        high_m: where it ends, likewise; beyond the line's end is its end.
    """
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    begin = np.flatnonzero(np.diff(line, prepend=-1))
    step[begin] = 0.0
    along = np.cumsum(step)
    along -= along[begin][line]
    inner = (along > low_m[line]) & (along < high_m[line])
    ends = [shapely.get_coordinates(shapely.line_interpolate_point(lines, at)) for at in (low_m, high_m)]
    every = np.arange(len(lines))
    which = np.concatenate([every, line[inner], every])
    order = np.argsort(which, kind="stable")
    cut: np.ndarray = shapely.linestrings(np.concatenate([ends[0], xy[inner], ends[1]])[order], indices=which[order])
    return cut
