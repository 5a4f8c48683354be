"""Which metric coordinate system does a place get, and how does a layer arrive in it?"""

from typing import Any, TypeVar

import geopandas as gpd
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info

Layer = TypeVar("Layer", gpd.GeoDataFrame, gpd.GeoSeries)
_CHINA_LON_LAT = (73.0, 17.0, 136.0, 54.0)
_WEST, _EAST, _WIDTH = 75, 135, 3
_FIRST_EPSG = 4534  # CGCS2000 / 3-degree Gauss-Kruger CM 75E, eastings without zone prefix


def metric_crs(lon: float, lat: float) -> CRS:
    """The projected CRS in which distances at a place are true to about 0.3 m per km.

    In China the CGCS2000 3-degree zone (EPSG:4534 to 4554), elsewhere the UTM zone of WGS84; never EPSG:3857.

    Args:
        lon: degrees east, WGS84.
        lat: degrees north, WGS84.
    """
    west, south, east, north = _CHINA_LON_LAT
    if west <= lon <= east and south <= lat <= north:
        zone = min(max(round((lon - _WEST) / _WIDTH), 0), (_EAST - _WEST) // _WIDTH)
        return CRS.from_epsg(_FIRST_EPSG + zone)
    area = AreaOfInterest(west_lon_degree=lon, south_lat_degree=lat, east_lon_degree=lon, north_lat_degree=lat)
    return CRS.from_epsg(query_utm_crs_info(datum_name="WGS 84", area_of_interest=area)[0].code)


def metric_crs_of(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """The metric CRS for the middle of a layer, which has a CRS of its own."""
    west, south, east, north = frame.to_crs("EPSG:4326").total_bounds
    return metric_crs((west + east) / 2, (south + north) / 2)


def in_crs(frame: Layer, crs: Any) -> Layer:
    """The layer in another CRS, x east and y north whatever the CRS's own axis order says."""
    return frame if frame.crs == crs else frame.to_crs(crs)
