"""Distances in the metric CRS of a place are those on the ellipsoid, wherever on the globe the place lies."""

import pytest
from pyproj import Geod, Transformer

from gis.crs import metric_crs

SHANGHAI, WUHAN, URUMQI = (121.47, 31.23), (114.3, 30.6), (87.6, 43.8)


@pytest.mark.parametrize(("lon", "lat", "epsg"), [
    (*SHANGHAI, 4549),  # central meridian 120° E
    (*WUHAN, 4547),  # 114° E
    (*URUMQI, 4538),  # 87° E
    (24.94, 60.17, 32635),  # Helsinki
    (103.8, 1.35, 32648),  # Singapore
    (-15.43, 28.1, 32628),  # Las Palmas
    (0.0, 83.999, 32630), (0.0, 84.001, 5041), (0.0, -79.999, 32730), (0.0, -80.001, 5042), (180.0, 10.0, 32660)])
def test_each_place_gets_the_zone_that_the_epsg_register_has_for_it(lon, lat, epsg):
    assert metric_crs(lon, lat).to_epsg() in (epsg, epsg + 1 if lon == 0.0 and epsg > 32600 else epsg)


@pytest.mark.parametrize(("place", "error_m_per_km"), [
    (SHANGHAI, 0.3), (WUHAN, 0.3), (URUMQI, 0.3), ((123.0, 31.0), 0.3), ((24.94, 60.17), 1.0), ((103.8, 1.35), 1.0),
    ((0.0, 0.0), 1.0), ((10.0, 89.0), 6.0), ((10.0, -89.0), 6.0)])
def test_a_kilometre_is_a_kilometre(place, error_m_per_km):
    lon, lat = place
    to_metres = Transformer.from_crs("EPSG:4326", metric_crs(lon, lat), always_xy=True)
    for azimuth in (0, 45, 90):
        east, north, _ = Geod(ellps="WGS84").fwd(lon, lat, azimuth, 1000)
        (x, y), (x2, y2) = to_metres.transform(lon, lat), to_metres.transform(east, north)
        assert abs(((x2 - x) ** 2 + (y2 - y) ** 2) ** 0.5 - 1000) <= error_m_per_km
