"""Where does a place lie whose degrees are GCJ-02 (Amap, Tencent, Google in China) or BD-09 (Baidu), and back?"""

from collections.abc import Callable
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

OffsetSystem: TypeAlias = Literal["GCJ-02", "BD-09"]
Degrees: TypeAlias = npt.NDArray[np.float64]
LonLat: TypeAlias = tuple[Degrees, Degrees]

WGS84 = "EPSG:4326"
BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east and north, in degrees, of what is moved at all; as every published routine has it."""

_AXIS_M, _ECCENTRICITY_SQ = 6378245.0, 0.00669342162296594323  # Krasovsky 1940, as the routine has it
_WGS84_AXIS_M, _WGS84_ECCENTRICITY_SQ = 6378137.0, 0.0066943799901413165
_MIDDLE_LON, _MIDDLE_LAT = 105.0, 35.0
_BD_TURNS = 3000.0 * np.pi / 180.0
_CLOSE_DEGREES = 1e-10  # 0.01 mm
_RIM_DEGREES = 0.05  # more than either system moves anything
_ROUNDS = 12  # each round leaves about a 500th of the error: 5 are enough


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, system: OffsetSystem) -> LonLat:
    """What the system shows for true places; the places themselves outside ``BOX``.

    The formulas everybody uses (eviltransform, coordtransform, geocoordinates); these agree to the millimetre.

    Args:
        lon: degrees east, WGS84 (or CGCS2000, the same within a metre), any shape.
        lat: degrees north, the same shape. NaN stays NaN.
        system: ``GCJ-02`` or ``BD-09``.

    Returns:
        longitudes and latitudes in degrees of the system, of the same shape.
    """
    lon, lat = _arrays(lon, lat)
    inside = in_box(lon, lat)
    east, north = _FORWARD[system](np.where(inside, lon, np.nan), np.where(inside, lat, np.nan))
    return np.where(inside, east, lon), np.where(inside, north, lat)


def to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, system: OffsetSystem) -> LonLat:
    """True places of what the system shows, exact to under a millimetre; outside ``BOX`` the places themselves.

    Found by fixed point: a place is corrected by what is missing until the system shows what was asked. On the very
    rim of ``BOX``, which lies in no town of China, a band of up to a kilometre is shown twice or never; there the place
    inside is taken.

    Args:
        lon: degrees east of the system, any shape.
        lat: degrees north of the system, the same shape. NaN stays NaN.
        system: ``GCJ-02`` or ``BD-09``.

    Returns:
        longitudes and latitudes in degrees, WGS84, of the same shape.
    """
    lon, lat = _arrays(lon, lat)
    near = in_box(lon, lat, _RIM_DEGREES)
    east, north = np.where(near, lon, np.nan), np.where(near, lat, np.nan)
    for _ in range(_ROUNDS):
        shown = _FORWARD[system](east, north)
        d_lon, d_lat = lon - shown[0], lat - shown[1]
        east, north = east + d_lon, north + d_lat
        if not (np.abs(np.stack([d_lon, d_lat])) > _CLOSE_DEGREES).any():
            break
    inside = in_box(east, north)
    return np.where(inside, east, lon), np.where(inside, north, lat)


def offset_m(lon: npt.ArrayLike, lat: npt.ArrayLike, system: OffsetSystem) -> LonLat:
    """How far east and north of true places the system shows them, in metres on the ground.

    Args:
        lon: degrees east, WGS84.
        lat: degrees north, WGS84.
        system: ``GCJ-02`` or ``BD-09``.
    """
    lon, lat = _arrays(lon, lat)
    east, north = from_wgs84(lon, lat, system)
    phi = np.radians(lat)
    bend = 1 - _WGS84_ECCENTRICITY_SQ * np.sin(phi) ** 2
    along_m = _WGS84_AXIS_M / np.sqrt(bend) * np.cos(phi)
    up_m = _WGS84_AXIS_M * (1 - _WGS84_ECCENTRICITY_SQ) / bend**1.5
    return np.radians(east - lon) * along_m, np.radians(north - lat) * up_m


def moved(geometry: gpd.GeoSeries, system: OffsetSystem) -> gpd.GeoSeries:
    """A layer whose degrees are the system's, moved to where it is: EPSG:4326, flat, on the same index.

    Args:
        geometry: any shapes in degrees of ``system``, longitude first; missing and empty ones stay so.
        system: ``GCJ-02`` or ``BD-09``.

    Raises:
        ValueError: the layer's CRS counts in metres.
    """
    return _each_vertex(geometry, lambda lon, lat: to_wgs84(lon, lat, system))


def moved_into(geometry: gpd.GeoSeries, system: OffsetSystem) -> gpd.GeoSeries:
    """A WGS84 layer as the system would show it, the way back of ``moved``; its degrees still say EPSG:4326.

    Raises:
        ValueError: the layer's CRS counts in metres.
    """
    return _each_vertex(geometry, lambda lon, lat: from_wgs84(lon, lat, system))


def in_box(lon: npt.ArrayLike, lat: npt.ArrayLike, rim_degrees: float = 0.0) -> npt.NDArray[np.bool_]:
    """True where a place, in degrees of WGS84, is one the systems move, or lies within ``rim_degrees`` of these."""
    lon, lat = _arrays(lon, lat)
    west, south, east, north = BOX
    across = (lon >= west - rim_degrees) & (lon <= east + rim_degrees)
    return across & (lat >= south - rim_degrees) & (lat <= north + rim_degrees)


def _each_vertex(geometry: gpd.GeoSeries, move: Callable[[Degrees, Degrees], LonLat]) -> gpd.GeoSeries:
    if geometry.crs is not None and not geometry.crs.is_geographic:
        raise ValueError("the layer counts in metres; bring it to EPSG:4326 first")
    shapes = shapely.transform(geometry.values, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))
    return gpd.GeoSeries(shapes, index=geometry.index, crs=WGS84, name=geometry.name)


def _arrays(lon: npt.ArrayLike, lat: npt.ArrayLike) -> LonLat:
    """Both as float64; what is not finite is NaN."""
    one, other = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return np.where(np.isfinite(one), one, np.nan), np.where(np.isfinite(other), other, np.nan)


def _gcj02(lon: Degrees, lat: Degrees) -> LonLat:
    """The published formula of GCJ-02 without its box: polynomials and waves in metres, on Krasovsky's ellipsoid."""
    x, y = lon - _MIDDLE_LON, lat - _MIDDLE_LAT
    both = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    north_m = (-100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
               + (both + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)
                  + 160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3)
    east_m = (300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
              + (both + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)
                 + 150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3)
    phi = np.radians(lat)
    bend = 1 - _ECCENTRICITY_SQ * np.sin(phi) ** 2
    up_m = _AXIS_M * (1 - _ECCENTRICITY_SQ) / bend**1.5
    along_m = _AXIS_M / np.sqrt(bend) * np.cos(phi)
    return lon + np.degrees(east_m / along_m), lat + np.degrees(north_m / up_m)


def _bd09(lon: Degrees, lat: Degrees) -> LonLat:
    """The published formula of BD-09, which moves and turns what GCJ-02 shows."""
    x, y = _gcj02(lon, lat)
    far = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURNS)
    turn = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURNS)
    return far * np.cos(turn) + 0.0065, far * np.sin(turn) + 0.006


_FORWARD: dict[OffsetSystem, Callable[[Degrees, Degrees], LonLat]] = {"GCJ-02": _gcj02, "BD-09": _bd09}
