"""How far is every spot of a town from its streets, and is it inside an outline? A picture to lay moved layers on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from scipy.ndimage import distance_transform_edt, maximum_filter

from gis.china_offset import WGS84, in_box
from gis.geometry import has_shape

Codes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]

STREET_EDGES_M = (3.0, 6.0, 9.0, 13.0, 18.0, 25.0, 35.0, 50.0, 75.0)
"""Where one class of distance to the nearest street ends and the next begins."""
AREA_CLASSES = 3  # outside or not known, on the edge, inside
CLASSES = (len(STREET_EDGES_M) + 1) * AREA_CLASSES
UNCOVERED = np.uint8(255)

_FINEST_M = 5.0
_MOST_CELLS = 64_000_000  # one byte each: a city of 60 km × 60 km at 8 m
_STRIP_CELLS = 2_000_000
_COARSE = 5  # cells of the picture to one of the rougher one that says what the streets cover
_BETWEEN_STREETS_M = 250.0
_BESIDE_LAST_M = 30.0


@dataclass(frozen=True)
class OffsetReference:
    """A picture of a town, one byte per square cell: class of distance to the nearest street and place to the outlines.

    Args:
        crs: metric.
        west: easting of the picture's western rim.
        south: northing of its southern rim.
        cell_m: side of a cell.
        codes: (rows from south, columns from west); street class × 3 + area class (0 outside or no outlines given,
            1 on an edge, 2 inside), ``UNCOVERED`` where the streets say nothing.
        reach_m: width of the uncovered rim around the streets.
        in_china: whether the systems move the place at all.
        has_areas: whether outlines are in the picture.
    """

    crs: pyproj.CRS
    west: float
    south: float
    cell_m: float
    codes: Codes = field(repr=False)
    reach_m: float
    in_china: bool
    has_areas: bool = False

    @classmethod
    def of(cls, streets: gpd.GeoSeries, areas: gpd.GeoSeries | None = None, *, reach_m: float = 3000.0) -> Self:
        """Draw the picture. A city of 60 km × 60 km takes about 250 MB while it is drawn and 70 MB to keep.

        Args:
            streets: lines in a metric CRS, taken as true; missing and empty ones are passed over.
            areas: outlines or buildings taken as true too, the same CRS; None where there are none.
            reach_m: how far beyond the streets places may lie that are to be tested.

        Raises:
            ValueError: the CRS does not count in metres.
        """
        if streets.crs is None or streets.crs.is_geographic:
            raise ValueError("streets must be in a metric CRS")
        streets = streets[has_shape(streets)]
        middle = _middle(streets)
        if middle is None or not in_box(*middle):
            return cls(streets.crs, 0.0, 0.0, _FINEST_M, np.zeros((0, 0), np.uint8), reach_m, in_china=False)
        west, south, east, north = np.asarray(streets.total_bounds) + np.array([-1, -1, 1, 1]) * reach_m
        cell_m = max(_FINEST_M, float(np.sqrt((east - west) * (north - south) / _MOST_CELLS)))
        shape = int((north - south) / cell_m) + 1, int((east - west) / cell_m) + 1
        on_street = _drawn(streets.to_numpy(), west, south, cell_m, shape)
        codes = _distance_codes(on_street, cell_m)
        outlines = np.array([]) if areas is None else areas[has_shape(areas)].to_numpy()
        outlines = outlines[shapely.get_dimensions(outlines) == 2]
        _add_areas(codes, outlines, west, south, cell_m)
        _uncover(codes, on_street, cell_m)
        return cls(streets.crs, float(west), float(south), cell_m, codes, reach_m, in_china=True,
                   has_areas=len(outlines) > 0)

    def at(self, xy: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
        """Rows and columns (…, 2) of places (…, 2); they may lie outside the picture."""
        cells = np.floor((xy[..., ::-1] - np.array([self.south, self.west])) / self.cell_m)
        return np.asarray(cells, dtype=np.int64)

    def covers(self, xy: npt.NDArray[np.floating]) -> Mask:
        """True for places (n, 2) of which the streets say something."""
        at = self.at(xy)
        inside = np.atleast_1d(((at >= 0) & (at < np.array(self.codes.shape))).all(axis=-1))
        row, col = np.where(inside[:, None], at, 0).T
        return np.asarray(inside & (self.codes[row, col] != UNCOVERED))


def _middle(streets: gpd.GeoSeries) -> tuple[float, float] | None:
    if streets.empty:
        return None
    west, south, east, north = streets.total_bounds
    to_degrees = pyproj.Transformer.from_crs(streets.crs, WGS84, always_xy=True)
    lon, lat = to_degrees.transform((west + east) / 2, (south + north) / 2)
    return float(lon), float(lat)


def _drawn(lines: npt.NDArray[np.object_], west: float, south: float, cell_m: float, shape: tuple[int, int]) -> Mask:
    """True in the cells that lines run through, give or take a corner."""
    drawn = np.zeros(shape, dtype=bool)
    for some in np.array_split(lines, len(lines) // 20_000 + 1):
        xy = shapely.get_coordinates(shapely.segmentize(shapely.force_2d(some), cell_m * 0.8))
        row, col = ((xy[:, 1] - south) / cell_m).astype(np.int64), ((xy[:, 0] - west) / cell_m).astype(np.int64)
        inside = (row >= 0) & (col >= 0) & (row < shape[0]) & (col < shape[1])
        drawn[row[inside], col[inside]] = True
    return drawn


def _strips(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """First and last row of strips of bounded size."""
    rows = max(_STRIP_CELLS // max(shape[1], 1), 1)
    for first in range(0, shape[0], rows):
        yield first, min(first + rows, shape[0])


def _distance_codes(on_street: Mask, cell_m: float) -> Codes:
    """Street class × ``AREA_CLASSES``, worked out strip by strip with as much beyond each as the classes need."""
    codes = np.empty(on_street.shape, np.uint8)
    beyond = int(STREET_EDGES_M[-1] / cell_m) + 2
    for first, last in _strips(on_street.shape):
        start = max(first - beyond, 0)
        strip = on_street[start:last + beyond]
        if not strip.any():
            codes[first:last] = len(STREET_EDGES_M) * AREA_CLASSES
            continue
        far_m = distance_transform_edt(~strip)[first - start:last - start] * cell_m
        codes[first:last] = np.searchsorted(STREET_EDGES_M, far_m, side="right") * AREA_CLASSES
    return codes


def _add_areas(codes: Codes, areas: npt.NDArray[np.object_], west: float, south: float, cell_m: float) -> None:
    """Add 1 to the cells on an edge of an area or beside it, 2 to the other cells inside one."""
    if not len(areas):
        return
    edge = maximum_filter(_drawn(shapely.boundary(areas), west, south, cell_m, codes.shape), size=3)
    inside = _inside(areas, west, south, cell_m, codes.shape)
    inside &= ~edge
    codes += edge
    codes += inside
    codes += inside


def _inside(areas: npt.NDArray[np.object_], west: float, south: float, cell_m: float, shape: tuple[int, int]) -> Mask:
    """True in cells whose middle lies in an area: along a row, edges going down enter it and edges going up leave."""
    rings, of = shapely.get_coordinates(
        shapely.get_parts(shapely.boundary(shapely.orient_polygons(shapely.force_2d(areas)))), return_index=True)
    x, y = (rings[:, 0] - west) / cell_m - 0.5, (rings[:, 1] - south) / cell_m - 0.5
    a, b = np.flatnonzero(of[1:] == of[:-1]), np.flatnonzero(of[1:] == of[:-1]) + 1
    low, high = np.ceil(np.minimum(y[a], y[b])), np.ceil(np.maximum(y[a], y[b]))
    low, high = np.clip(low, 0, shape[0]).astype(np.int64), np.clip(high, 0, shape[0]).astype(np.int64)
    times = high - low
    edge = np.repeat(np.arange(len(a)), times)
    row = low[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(times) - times, times)
    a, b = a[edge], b[edge]
    col = np.clip(np.ceil(x[a] + (row - y[a]) * (x[b] - x[a]) / (y[b] - y[a])), 0, shape[1] - 1).astype(np.int64)
    steps = np.zeros(shape, np.int8)
    np.add.at(steps, (row, col), np.where(y[b] > y[a], -1, 1).astype(np.int8))
    inside = np.empty(shape, dtype=bool)
    for first, last in _strips(shape):
        inside[first:last] = np.cumsum(steps[first:last], axis=1, dtype=np.int16) > 0
    return inside


def _uncover(codes: Codes, on_street: Mask, cell_m: float) -> None:
    """Mark what the streets say nothing of: all that is not between streets or beside the last ones."""
    rows, cols = (-(-size // _COARSE) for size in codes.shape)
    row, col = np.nonzero(on_street)
    free = np.ones((rows, cols), dtype=bool)
    free[row // _COARSE, col // _COARSE] = False
    coarse_m = cell_m * _COARSE
    near = distance_transform_edt(free) * coarse_m <= _BETWEEN_STREETS_M
    bare = distance_transform_edt(near) * coarse_m <= _BETWEEN_STREETS_M - _BESIDE_LAST_M
    for first in range(rows):
        part = codes[first * _COARSE:(first + 1) * _COARSE]
        part[:, np.repeat(bare[first], _COARSE)[:codes.shape[1]]] = UNCOVERED
