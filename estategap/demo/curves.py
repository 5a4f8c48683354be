"""How does a street bend? Smooth lines through a few points, and lines that leave a kerb at a right angle."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from scipy.interpolate import CubicSpline

Floats = npt.NDArray[np.float64]
Point = tuple[float, float]


def smooth(points: Sequence[Point] | Floats, step_m: float = 15.0) -> shapely.LineString:
    """The cubic spline through points, sampled about every ``step_m`` metres."""
    knots = np.asarray(points, dtype=np.float64)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(knots, axis=0).T))])
    spline = CubicSpline(along, knots)
    return shapely.LineString(spline(np.linspace(0.0, along[-1], max(2, round(along[-1] / step_m)))))


def tangent(line: shapely.LineString, distance_m: float) -> Floats:
    """The unit direction of a line at a distance along it, measured over 6 m."""
    length = line.length
    ahead = np.array(line.interpolate(min(distance_m + 3.0, length)).coords[0])
    behind = np.array(line.interpolate(max(distance_m - 3.0, 0.0)).coords[0])
    step: Floats = ahead - behind
    return step / max(float(np.hypot(*step)), 1e-9)


def join(start: Point, start_normal: Floats, end: Point, end_normal: Floats) -> shapely.LineString:
    """A cubic curve from ``start`` to ``end`` that leaves both along the given unit normals, points every 10 m."""
    p, q = np.array(start), np.array(end)
    span = float(np.hypot(*(q - p)))
    t = np.linspace(0.0, 1.0, max(3, round(span / 10.0)))[:, None]
    pull = 0.36 * span
    control_p, control_q = p + pull * start_normal, q + pull * end_normal
    curve = (1 - t) ** 3 * p + 3 * t * (1 - t) ** 2 * control_p + 3 * t**2 * (1 - t) * control_q + t**3 * q
    return shapely.LineString(curve)


def rounded(geometry: shapely.Geometry) -> shapely.Geometry:
    """The geometry with coordinates to the centimetre, as a survey would hand it over."""
    return shapely.transform(geometry, lambda xy: np.round(xy, 2) + 0.0)


def largest(area: shapely.Geometry) -> shapely.Polygon:
    """The largest polygon of a mixed geometry, empty where there is none."""
    parts = shapely.get_parts(area)
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return polygons[int(np.argmax(shapely.area(polygons)))] if len(polygons) else shapely.Polygon()


def long_axis_angle(area: shapely.Geometry) -> float:
    """The direction in degrees, within (-45, 45], of the side of an area's smallest rectangle nearest to east-west."""
    corners = np.array(shapely.oriented_envelope(area).exterior.coords)
    east, north = corners[1] - corners[0]
    angle = float(np.degrees(np.arctan2(north, east))) % 90.0
    return angle - 90.0 if angle > 45.0 else angle
