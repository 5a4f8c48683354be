"""Which metric coordinate system does a place get, and how does a layer arrive in it?"""

from typing import Any, TypeVar

import geopandas as gpd
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info

Layer = TypeVar("Layer", gpd.GeoDataFrame, gpd.GeoSeries)
CHINA_LON_LAT = (73.0, 17.0, 136.0, 54.0)
"""West, south, east and north of a box around China, degrees."""
_WEST, _EAST, _WIDTH = 75, 135, 3
_FIRST_EPSG = 4534  # CGCS2000 / 3-degree Gauss-Kruger CM 75E, eastings without zone prefix
_UTM_SOUTH, _UTM_NORTH = -80, 84
_POLAR_NORTH, _POLAR_SOUTH = 5041, 5042  # WGS 84 / UPS, easting first


def metric_crs(lon: float, lat: float) -> CRS:
    """The projected CRS in which distances at a place are true: to about 0.3 m per km in China, 1 m elsewhere.

    In China the CGCS2000 3-degree zone (EPSG:4534 to 4554), elsewhere the UTM zone of WGS84 (beyond 80° S and 84° N the
    polar stereographic system, 6 m per km); never EPSG:3857.

    Args:
        lon: degrees east, WGS84.
        lat: degrees north, WGS84.
    """
    west, south, east, north = CHINA_LON_LAT
    if west <= lon <= east and south <= lat <= north:
        zone = min(max(round((lon - _WEST) / _WIDTH), 0), (_EAST - _WEST) // _WIDTH)
        return CRS.from_epsg(_FIRST_EPSG + zone)
    if not _UTM_SOUTH <= lat <= _UTM_NORTH:
        return CRS.from_epsg(_POLAR_NORTH if lat > 0 else _POLAR_SOUTH)
    area = AreaOfInterest(west_lon_degree=lon, south_lat_degree=lat, east_lon_degree=lon, north_lat_degree=lat)
    return CRS.from_epsg(query_utm_crs_info(datum_name="WGS 84", area_of_interest=area)[0].code)


def metric_crs_of(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """The metric CRS for the middle of a layer, which has a CRS of its own."""
    west, south, east, north = frame.to_crs("EPSG:4326").total_bounds
    return metric_crs((west + east) / 2, (south + north) / 2)


def in_crs(frame: Layer, crs: Any) -> Layer:
    """The layer in another CRS, x east and y north whatever the CRS's own axis order says."""
    return frame if frame.crs == crs else frame.to_crs(crs)
