"""GCJ-02 and BD-09: the same answers as another library, the way back exact, and nothing moved outside the box."""

import geocoordinates_ffi as peer
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.china_offset import from_wgs84, moved, moved_into, offset_m, to_wgs84

SYSTEMS = ("GCJ-02", "BD-09")
METRES_PER_DEGREE = 111_320
SHANGHAI, WUHAN = (121.4737, 31.2304), (114.3055, 30.5928)


def china(step):
    lon, lat = np.meshgrid(np.arange(73.5, 135, step), np.arange(18.2, 53.6, step))
    return lon.ravel(), lat.ravel()


def of_peer(lon, lat, system):
    """What the independent library (Rust) shows for true places."""
    shown = [peer.wgs84_to_gcj02(peer.Wgs84(lat=y, lon=x)) for x, y in zip(lon, lat, strict=True)]
    if system == "BD-09":
        shown = [peer.gcj02_to_bd09(one) for one in shown]
    return np.array([one.lon for one in shown]), np.array([one.lat for one in shown])


@pytest.mark.parametrize("system", SYSTEMS)
def test_another_library_shows_every_place_in_china_within_a_tenth_of_a_millimetre_of_ours(system):
    lon, lat = china(0.9)
    ours, theirs = from_wgs84(lon, lat, system), of_peer(lon, lat, system)
    assert np.abs(np.array(ours) - theirs).max() * METRES_PER_DEGREE < 0.0001


@pytest.mark.parametrize("system", SYSTEMS)
def test_there_and_back_is_within_a_millimetre_everywhere_in_china(system):
    lon, lat = china(0.11)
    back = to_wgs84(*from_wgs84(lon, lat, system), system)
    assert np.abs(np.array(back) - (lon, lat)).max() * METRES_PER_DEGREE < 0.001


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_way_back_is_the_other_librarys_to_a_centimetre(system):
    lon, lat = china(2.3)
    shown = from_wgs84(lon, lat, system)
    theirs = []
    for x, y in zip(*shown, strict=True):
        theirs.append(peer.bd09_to_wgs84_refined(peer.Bd09(lat=y, lon=x)) if system == "BD-09"
                      else peer.gcj02_to_wgs84_refined(peer.Gcj02(lat=y, lon=x)))
    expected = np.array([[one.lon for one in theirs], [one.lat for one in theirs]])
    assert np.abs(np.array(to_wgs84(*shown, system)) - expected).max() * METRES_PER_DEGREE < 0.01


def test_gcj02_shows_shanghai_480_m_off_to_the_south_east():
    # measured by others between People's Square and Tongji University: 423–432 m east, 215–220 m south
    east, north = offset_m(np.linspace(121.4737, 121.497, 5), np.linspace(31.2304, 31.285, 5), "GCJ-02")
    assert 423 < east.min() < east.max() < 432
    assert -220.5 < north.min() < north.max() < -215
    assert float(np.hypot(*offset_m(*SHANGHAI, "GCJ-02"))) == pytest.approx(482, abs=2)


def test_the_station_of_beijing_lies_where_the_maps_of_amap_and_baidu_put_it():
    # published with the R package geoChina, rounded there to 0.00001° (1 m): WGS84, GCJ-02 and BD-09 of one station
    true, amap, baidu = (116.42079, 39.90105), (116.42703, 39.90245), (116.43351, 39.90851)
    for shown, system in ((amap, "GCJ-02"), (baidu, "BD-09")):
        assert np.allclose(from_wgs84(*true, system), shown, atol=1.5e-5)
        assert np.allclose(to_wgs84(*shown, system), true, atol=1.5e-5)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("place", [(2.35, 48.86), (-74.0, 40.7), (151.2, -33.9), (0.0, 0.0), (180.0, 90.0)])
def test_a_place_abroad_is_not_moved(place, system):
    assert from_wgs84(*place, system) == place
    assert to_wgs84(*place, system) == place
    assert offset_m(*place, system) == (0, 0)


@given(lon=st.floats(), lat=st.floats(), system=st.sampled_from(SYSTEMS))
def test_any_number_is_answered_and_what_is_no_number_stays_none(lon, lat, system):
    for answer in (from_wgs84(lon, lat, system), to_wgs84(lon, lat, system)):
        known = np.isfinite(lon) and np.isfinite(lat)
        assert not known or np.isfinite(answer).all()
        assert np.isfinite(lon) or not np.isfinite(answer[0])


def test_arrays_keep_their_shape_and_an_empty_one_is_empty():
    lon, lat = np.full((2, 3), 121.0), np.full((2, 3), 31.0)
    assert from_wgs84(lon, lat, "BD-09")[0].shape == to_wgs84(lon, lat, "BD-09")[1].shape == (2, 3)
    assert to_wgs84([], [], "GCJ-02")[0].shape == (0,)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_layer_is_moved_vertex_by_vertex_and_keeps_its_rows(system):
    x, y = WUHAN
    ring = shapely.Polygon(shapely.box(x, y, x + 0.02, y + 0.02).exterior.coords,
                           [shapely.box(x + 0.005, y + 0.005, x + 0.01, y + 0.01).exterior.coords])
    layer = gpd.GeoSeries([ring, None, shapely.Point(x, y, 25), shapely.LineString(), shapely.MultiPoint([(x, y)])],
                          index=pd.Index(["a", "b", "c", "d", "e"], name="编号"), crs="EPSG:4326")
    shown = moved_into(layer, system)
    assert shown.index.equals(layer.index)
    assert shown.crs == "EPSG:4326"
    assert shown["b"] is None
    assert shown["d"].is_empty
    assert not shown["c"].has_z
    assert np.allclose((shown["c"].x, shown["c"].y), np.array(of_peer([x], [y], system)).ravel(), rtol=0, atol=1e-9)
    back = moved(shown, system)
    assert shapely.hausdorff_distance(back["a"], ring) * METRES_PER_DEGREE < 0.001
    assert shown["a"].interiors[0].coords[0] == pytest.approx(
        np.array(of_peer(*np.array(ring.interiors[0].coords[:1]).T, system)).ravel(), abs=1e-9)


def test_a_layer_in_metres_is_refused():
    with pytest.raises(ValueError, match="metres"):
        moved(gpd.GeoSeries([shapely.Point(355000, 3456000)], crs="EPSG:4549"), "GCJ-02")
