"""Numbers as planners type them become the right places, or none; truth is on paper or from PROJ's forward formulas."""

import json
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon

from layers.placing.coordinates import LOST, Coordinates, mend_layer, problems_of, read_coordinates
from layers.reading.files import read_vector
from layers.typed.coordinates import as_typed, split_pair
from maps.texts import problem_line

CITIES = {  # degrees east and north of city centres, to two places
    "上海": (121.47, 31.23), "武汉": (114.30, 30.59), "北京": (116.40, 39.90), "广州": (113.26, 23.13),
    "乌鲁木齐": (87.62, 43.83), "喀什": (75.99, 39.47), "哈尔滨": (126.64, 45.76), "三亚": (109.51, 18.25),
    "拉萨": (91.11, 29.65), "佳木斯": (130.32, 46.80), "香港": (114.17, 22.32), "台北": (121.56, 25.04),
}
ABROAD = {"Singapore": (103.82, 1.30, 3414), "Heidelberg": (8.69, 49.41, 25832), "Las Palmas": (-15.43, 28.12, 32628),
          "Helsinki": (24.94, 60.17, 3067), "Wellington": (174.78, -41.29, 2193), "Cairo": (31.24, 30.04, 32636)}
SHANGHAI = (121.40, 31.15, 121.60, 31.35)
CM_M = 0.01 / 111_000  # one centimetre in degrees


def home_of(lon: float, lat: float) -> tuple[float, float, float, float]:
    return lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1


crs_of = cache(pyproj.CRS.from_user_input)


@cache
def from_degrees(crs) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4326, crs, always_xy=True)


def forward(lon, lat, crs):
    return from_degrees(crs).transform(np.asarray(lon), np.asarray(lat))


def read(x, y, *, crs=None, home=None, index=None) -> Coordinates:
    return read_coordinates(pd.Series(x, index=index), pd.Series(y, index=index), home=home,
                            crs=None if crs is None else crs_of(crs))


def kinds(notes) -> dict[str, list]:
    found: dict[str, list] = {}
    for note in notes:
        found.setdefault(note.kind, []).extend(note.rows)
    return found


def assert_at(found: Coordinates, lon, lat, tolerance_deg=CM_M):
    np.testing.assert_allclose(found.lon, np.broadcast_to(lon, len(found.lon)), rtol=0, atol=tolerance_deg)
    np.testing.assert_allclose(found.lat, np.broadcast_to(lat, len(found.lat)), rtol=0, atol=tolerance_deg)


def zone_3(lon: float) -> int:
    """Number of the 3-degree zone: zone 40 is centred on 120 degrees, 40 x 3 = 120."""
    return round(lon / 3)


places = st.builds(
    lambda city, east, north: (round(city[0] + east, 6), round(city[1] + north, 6)),
    st.sampled_from(sorted(CITIES.values())), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))


# ---- numbers typed by hand

def test_a_point_on_the_central_meridian_is_read_from_its_zone_number():
    # on the central meridian the easting is 500 km and the northing the arc of the meridian, here by Geod on GRS80
    arc_m = pyproj.Geod(ellps="GRS80").line_length([120, 120], [0, 30])
    assert arc_m == pytest.approx(3_320_113.398, abs=0.001)  # meridian arc to 30 degrees, as printed in tables
    assert_at(read([40_500_000.0], [3_320_113.398]), 120.0, 30.0)
    assert_at(read([20_500_000.0, 39_500_000.0], [3_320_113.398] * 2), [117.0, 117.0], 30.0)  # 6-degree 20, 3-degree 39


def test_latitude_and_longitude_exchanged_in_some_rows_are_put_right():
    found = read([121.4737, 31.2304, 121.48], [31.2304, 121.4737, 31.24], index=["a", "b", "c"])
    assert found.lon.to_dict() == {"a": 121.4737, "b": 121.4737, "c": 121.48}
    assert found.lat.to_dict() == {"a": 31.2304, "b": 31.2304, "c": 31.24}
    assert kinds(found.notes) == {"swapped": ["b"]}


def test_outside_china_an_exchange_is_only_seen_from_the_town():
    heidelberg = home_of(8.69, 49.41)
    assert_at(read([49.41], [8.69], home=heidelberg), 8.69, 49.41)
    assert read([49.41], [8.69]).lon.tolist() == [49.41]
    assert kinds(read([49.41], [8.69]).notes) == {}


def test_whole_numbers_are_scaled_degrees():
    for x, y in ((121473700, 31230400), (31230400, 121473700), (1214737000, 312304000)):
        assert_at(read([x], [y]), 121.4737, 31.2304)
    assert_at(read([12147370], [3123040], home=SHANGHAI), 121.4737, 31.2304)


def test_numbers_that_may_be_web_metres_or_scaled_degrees_are_not_guessed():
    found = read([12147370], [3123040])  # 121.4737 E in Shanghai, or 109.12 E 26.99 N in Guizhou
    assert found.lon.isna().all()
    assert kinds(found.notes) == {"ambiguous": [0]}
    assert found.notes[0].codes == ("EPSG:3857", "EPSG:4326")


def test_two_zones_in_one_town_meet():
    lon, lat = [118.49, 118.51], [31.70, 31.70]  # 马鞍山: the border of zones 39 and 40 is at 118.5
    west, east = forward(lon[0], lat[0], 4527), forward(lon[1], lat[1], 4528)
    assert (int(west[0] // 1e6), int(east[0] // 1e6)) == (39, 40)
    for crs in (None, 4527, 4528, 4490):
        found = read([west[0], east[0]], [west[1], east[1]], crs=crs)
        assert_at(found, lon, lat)
    assert [(note.kind, note.codes, list(note.rows)) for note in read(
        [west[0], east[0]], [west[1], east[1]], crs=4528).notes] == [("zone", ("EPSG:4527",), [0])]


def test_surveyors_write_north_first():
    east, north = forward(121.4737, 31.2304, 4549)
    for crs in (4549, "EPSG:4528"):
        found = read([north], [east], crs=crs)
        assert_at(found, 121.4737, 31.2304)
        assert "northing_first" in kinds(found.notes)
    assert_at(read([north], [40e6 + east]), 121.4737, 31.2304)


def test_a_zone_number_too_many_or_missing_is_seen():
    east, north = forward(121.4737, 31.2304, 4549)
    for x, crs in ((east + 40e6, 4549), (east, 4528)):
        found = read([x], [north], crs=crs)
        assert_at(found, 121.4737, 31.2304)
        assert list(kinds(found.notes)) == ["zone"]


def test_metres_without_a_zone_have_no_place_unless_the_town_picks_one_system():
    east, north = forward(121.4737, 31.2304, 4549)
    nowhere = read([east], [north])
    assert (kinds(nowhere.notes), nowhere.lon.isna().all()) == ({"no_zone": [0]}, True)
    here = read([east, north], [north, east], home=SHANGHAI)
    assert_at(here, 121.4737, 31.2304)
    assert {note.codes for note in here.notes if note.kind == "zone"} == {("EPSG:4549",)}


def test_two_systems_that_both_fit_the_town_are_named_and_none_is_taken():
    # UTM 51 and the CGCS2000 zone of 123 E share their meridian and differ by 0.9996: 1.4 km at this northing
    east, north = forward(121.4737, 31.2304, 4550)
    found = read([east], [north], home=SHANGHAI)
    assert found.lon.isna().all()
    assert [(note.kind, note.codes) for note in found.notes] == [("ambiguous", ("EPSG:4550", "EPSG:32651"))]
    [problem] = problems_of(found.notes, file="点.xlsx", rows=pd.Series([2]))
    assert 'crs = "EPSG:4550"' in str(problem)


def test_degrees_in_a_layer_that_claims_metres():
    assert_at(read([121.4737, 31.2304], [31.2304, 121.4737], crs=4549), 121.4737, 31.2304)
    lon, lat = [103.82, 103.83, 103.84], [1.30, 1.31, 1.30]
    assert_at(read(lon, lat, crs=3414), lon, lat)
    assert_at(read([8.69], [49.41], crs=25832, home=home_of(8.69, 49.41)), 8.69, 49.41)


def test_zeros_blanks_and_halves_have_no_place_and_say_why():
    found = read([0.0, np.nan, 121.47, np.nan, 121.47, 0.0], [0.0, np.nan, np.nan, 31.23, 0.0, 31.23])
    assert found.lon.isna().all()
    assert kinds(found.notes) == {"zero": [0], "empty": [1], "half": [2, 3, 4, 5]}
    said = problems_of(found.notes, file="f.xlsx", rows=pd.Series(range(2, 8)))
    assert [(one.row, one.severity) for one in said] == [
        (4, "error"), (5, "error"), (6, "error"), (7, "error"), (2, "warning")]


def test_impossible_numbers_are_errors_with_their_value():
    found = read([121.47, 999.0, 121.48], [31.23, 5.0, 31.24], crs=4326)
    [problem] = problems_of(found.notes, file="f.xlsx", sheet="点", rows=pd.Series([2, 3, 4]), crs="EPSG:4326")
    assert (problem.row, problem.value, problem.severity) == (3, "999, 5", "error")
    assert "these are not coordinates in EPSG:4326" in str(problem)


def test_a_lone_place_far_from_the_rest_is_used_and_doubted():
    found = read([121.47, 121.48, 121.49, 113.26], [31.23, 31.24, 31.22, 23.13])
    assert (kinds(found.notes), found.lon.iloc[3]) == ({"far": [3]}, 113.26)
    assert kinds(read([121.47, 121.48, 121.49, 113, 20.5], [31.23, 31.24, 31.22, 23, 31]).notes) == {"far": [3, 4]}
    spread = read([121.47, 121.48, 113.26, 116.4], [31.23, 31.24, 23.13, 39.9])
    assert kinds(spread.notes) == {}  # half the places lie apart: nobody can tell which are the strays


def test_places_far_from_the_town_name_the_zone_that_would_bring_them_there():
    east, north = forward([121.47, 121.48], [31.23, 31.24], 4549)
    found = read(east, north, crs=4548, home=SHANGHAI)  # the neighbouring zone: read 285 km west of the town
    [note] = found.notes
    assert (note.kind, note.codes, note.town) == ("far", ("EPSG:4549",), True)
    assert found.lon.between(118.4, 118.5).all()


def test_one_message_for_a_kind_with_count_and_first_rows_in_both_languages():
    found = read([31.23] * 12, [121.47] * 12)
    [problem] = problems_of(found.notes, file="停车场.xlsx", sheet="表1", rows=pd.Series(range(2, 14)))
    assert "12 rows have latitude and longitude exchanged" in str(problem)
    assert "2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more" in str(problem)
    assert "12 行的经度和纬度填反了，已对调读取，行号：2、3" in problem_line(problem, "zh")
    impossible = read([999.0] * 250, [5.0] * 250)
    said = problems_of(impossible.notes, file="f", rows=pd.Series(range(250)))
    assert (len(said), str(said[-1]).count("50 more rows")) == (201, 1)


# ---- text

@pytest.mark.parametrize(("text", "degrees", "axis"), [
    ("121°28′25.3″", 121 + 28 / 60 + 25.3 / 3600, ""), ("121 28 25", 121 + 28 / 60 + 25 / 3600, ""),
    ("121度28分25.3秒", 121 + 28 / 60 + 25.3 / 3600, ""), ("121°28'25.3''", 121 + 28 / 60 + 25.3 / 3600, ""),
    ("东经121°28′", 121 + 28 / 60, "lon"), ("東經121.47度", 121.47, "lon"), ("E121.47", 121.47, "lon"),
    ("31.23N", 31.23, "lat"), ("北纬３１．２３", 31.23, "lat"), ("S 33°52'", -(33 + 52 / 60), "lat"),
    ("70:30:00 W", -70.5, "lon"), (" 121.4737 ", 121.4737, ""), ("121.4737°", 121.4737, ""), ("-15.43", -15.43, ""),
    ("3,457,455.49", 3457455.49, ""), ("1.214737e2", 121.4737, ""), (121473700, 121473700.0, ""),
    ("121-28-25.3", 121 + 28 / 60 + 25.3 / 3600, ""), ("121°28.5′", 121 + 28.5 / 60, ""),
])
def test_coordinates_as_people_type_them(text, degrees, axis):
    [row] = as_typed(pd.Series([text], dtype="object")).itertuples()
    assert (row.value, row.axis, row.readable) == (pytest.approx(degrees, abs=1e-12), axis, True)


@pytest.mark.parametrize("text", ["人民路1号", "121°75′00″", "121°28′61″", "121.4.7", "E121.47E", "121 28.5 3", True,
                                  "1e999"])
def test_what_is_no_coordinate_is_not_read(text):
    [row] = as_typed(pd.Series([text], dtype="object")).itertuples()
    assert (np.isnan(row.value), row.readable) == (True, False)


@pytest.mark.parametrize(("text", "pair"), [
    ("121.4737,31.2304", ("121.4737", "31.2304")), ("121.4737，31.2304", ("121.4737", "31.2304")),
    ("[121.4737, 31.2304]", ("121.4737", "31.2304")), ("POINT (121.4737 31.2304)", ("121.4737", "31.2304")),
    ("31°13'49\"N 121°28'25\"E", ("31°13'49\"n", "121°28'25\"e")), ("N31.23 E121.47", ("n31.23", "e121.47")),
    ("121.4737；31.2304", ("121.4737", "31.2304")), ("121 31", (None, None)), ("121.4737", (None, None)),
    ("121,31,5", (None, None)), ("徐家汇,人民广场", (None, None)), ("", (None, None)),
])
def test_two_coordinates_in_one_cell_are_taken_apart(text, pair):
    assert tuple(split_pair(pd.Series([text])).iloc[0]) == pair


def test_a_table_of_text_is_read_row_by_row():
    x = ["121°28′25.2″", "121.47,31.23", "31.23N", "不详", "人民广场", "N31.2"]
    y = ["31 13 48", None, "121.47E", None, "31.2", "N31.3"]
    found = read_coordinates(pd.Series(x), pd.Series(y), crs=None, home=None, unknown=frozenset({"不详"}))
    np.testing.assert_allclose(found.lon[:3], [121 + 28 / 60 + 25.2 / 3600, 121.47, 121.47], atol=1e-12)
    np.testing.assert_allclose(found.lat[:3], [31.23, 31.23, 31.23], atol=1e-12)
    assert kinds(found.notes) == {"empty": [3], "unreadable": [4, 5], "swapped": [2]}


# ---- whatever the place: clean stays, a mess is undone, doubt is not guessed

@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(73, 136), st.floats(17, 54)), min_size=1), st.sampled_from([None, 4326, 4490]),
       st.booleans())
def test_degrees_in_china_are_never_touched(pairs, crs, at_home):
    lon, lat = map(list, zip(*pairs, strict=True))
    found = read(lon, lat, crs=crs, home=home_of(lon[0], lat[0]) if at_home else None)
    assert (found.lon.tolist(), found.lat.tolist()) == (lon, lat)
    assert set(kinds(found.notes)) <= {"far"}


@settings(deadline=None)
@given(places, st.sampled_from(["zone", "meridian", "6 degrees", "utm", "xian"]), st.booleans())
def test_metres_in_the_declared_system_are_never_touched(place, system, at_home):
    lon, lat = place
    code = {"zone": 4488 + zone_3(lon), "meridian": 4509 + zone_3(lon), "6 degrees": 4491 + int(lon // 6) - 12,
            "utm": 32631 + int(lon // 6), "xian": 2324 + zone_3(lon)}[system]
    east, north = forward(lon, lat, code)
    found = read([east], [north], crs=code, home=home_of(lon, lat) if at_home else None)
    assert_at(found, lon, lat)
    assert found.notes == ()


@pytest.mark.parametrize("town", ABROAD)
@pytest.mark.parametrize("at_home", [True, False])
def test_towns_abroad_are_never_touched(town, at_home):
    lon, lat, code = ABROAD[town]
    lons, lats = np.array([lon, lon + 0.01, lon - 0.02]), np.array([lat, lat - 0.01, lat + 0.02])
    home = home_of(lon, lat) if at_home else None
    for crs in (None, 4326, code):
        x, y = (lons, lats) if crs in {None, 4326} else forward(lons, lats, crs)
        found = read(x, y, crs=crs, home=home)
        assert_at(found, lons, lats)
        assert found.notes == ()


def messes(lon: float, lat: float) -> dict[str, tuple[float, float, int | None]]:
    """The place as wrong pairs under what they claim to be in."""
    zone, six = 4488 + zone_3(lon), 4491 + int(lon // 6) - 12
    east, north = forward(lon, lat, zone)
    east_6, north_6 = forward(lon, lat, six)
    number = zone_3(lon) * 1e6
    return {
        "exchanged": (lat, lon, None), "exchanged, declared": (lat, lon, 4490),
        "micro degrees": (round(lon * 1e6), round(lat * 1e6), None), "1e7": (round(lon * 1e7), round(lat * 1e7), 4326),
        "micro degrees exchanged": (round(lat * 1e6), round(lon * 1e6), 4326),
        "zone said to be degrees": (east, north, 4326), "6-degree zone said to be degrees": (east_6, north_6, 4490),
        "zone exchanged": (north, east, None), "number not in the declared system": (east, north, zone + 21),
        "number left out": (east - number, north, zone), "surveyor": (north, east - number, zone + 21),
        "degrees said to be metres": (lon, lat, zone), "exchanged degrees said to be metres": (lat, lon, zone + 21),
        "micro degrees said to be metres": (round(lon * 1e6), round(lat * 1e6), zone),
    }


@settings(deadline=None)
@given(places, st.sampled_from(sorted(messes(121.47, 31.23))))
def test_each_mess_is_undone_to_a_centimetre(place, mess):
    x, y, crs = messes(*place)[mess]
    found = read([x], [y], crs=crs, home=home_of(*place))
    assert_at(found, *place)
    assert found.notes
    assert {note.severity for note in found.notes} == {"warning"}


@settings(deadline=None)
@given(places, st.sampled_from(sorted(messes(121.47, 31.23))))
def test_without_a_town_a_mess_is_undone_or_named_never_put_elsewhere(place, mess):
    x, y, crs = messes(*place)[mess]
    found = read([x], [y], crs=crs)
    if found.lon.notna().all():
        assert_at(found, *place)
    else:
        assert set(kinds(found.notes)) <= {"ambiguous", "impossible"}


@settings(deadline=None)
@given(places)
def test_metres_without_a_zone_are_never_guessed(place):
    east, north = forward(*place, 4509 + zone_3(place[0]))
    assert read([east], [north]).lon.isna().all()
    assert read([north], [east]).lon.isna().all()


numbers = st.one_of(st.floats(), st.sampled_from([0.0, 121.47, 31.23, 40_640_412.0, 3_457_455.0, 640_412.0]))


@settings(deadline=None)
@given(st.lists(st.tuples(numbers, numbers)), st.sampled_from([None, 4490, 4528, 4549, 3857, 3414, 2193]),
       st.sampled_from([None, SHANGHAI, home_of(103.8, 1.3)]))
def test_every_row_has_a_place_on_earth_or_one_reason(pairs, crs, home):
    x, y = ([pair[side] for pair in pairs] for side in (0, 1))
    found = read(np.array(x, dtype="float64"), np.array(y, dtype="float64"), crs=crs, home=home)
    assert (found.lon.dropna().between(-180, 180).all(), found.lat.dropna().between(-90, 90).all()) == (True, True)
    reasons = [row for note in found.notes if note.kind in LOST for row in note.rows]
    assert sorted(reasons) == found.lon.index[found.lon.isna()].tolist()
    assert (found.lon.isna() == found.lat.isna()).all()


# ---- layers

SQUARE = [(121.47, 31.23), (121.475, 31.23), (121.475, 31.235), (121.47, 31.235), (121.47, 31.23)]


def test_a_clean_layer_is_handed_back_as_it_is():
    for code in (4326, 4490, 4528, 4549, 32651):
        layer = gpd.GeoSeries([Polygon(SQUARE), Point(121.47, 31.23), None], crs=4326).to_crs(code)
        for home in (None, SHANGHAI):
            mended, notes = mend_layer(layer, home=home)
            assert mended is layer
            assert kinds(notes) == {"empty": [2]}


def test_geojson_in_metres_of_a_zone_is_read_as_that_zone(tmp_path: Path):
    east, north = forward(*np.transpose(SQUARE), 4528)
    ring = [[round(x, 3), round(y, 3)] for x, y in zip(east, north, strict=True)]
    path = tmp_path / "小区.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}]}), "utf-8")
    mended, notes = mend_layer(read_vector(path).geometry, home=None)
    assert mended.crs.to_epsg() == 4326
    assert shapely.hausdorff_distance(mended.iloc[0], Polygon(SQUARE)) < CM_M
    assert [(note.kind, note.codes) for note in notes] == [("zone", ("EPSG:4528",))]


def test_shapes_with_exchanged_or_degree_vertices_are_put_right():
    turned = gpd.GeoSeries([Polygon([(lat, lon) for lon, lat in SQUARE])], index=[7], crs=4490)
    degrees = gpd.GeoSeries([LineString(SQUARE), Polygon(SQUARE)], crs=4326).set_crs(4549, allow_override=True)
    for layer, kind in ((turned, "swapped"), (degrees, "degrees")):
        mended, notes = mend_layer(layer, home=SHANGHAI)
        assert shapely.hausdorff_distance(mended.iloc[-1], Polygon(SQUARE)) < CM_M
        assert kinds(notes) == {kind: layer.index.tolist()}


def test_a_shape_that_runs_through_zero_is_wrong_and_a_point_at_zero_has_no_place():
    layer = gpd.GeoSeries([Polygon([*SQUARE[:3], (0, 0), SQUARE[0]]), Point(0, 0), Polygon(SQUARE)], crs=4326)
    mended, notes = mend_layer(layer, home=None)
    assert mended.isna().tolist() == [True, True, False]
    assert kinds(notes) == {"impossible": [0], "zero": [1]}
    said = problems_of(notes, file="a.shp", rows=pd.Series([1, 2, 3]))
    assert {(one.row, one.value, one.severity) for one in said} == {(1, "0, 0", "error"), (2, "0, 0", "warning")}


def test_one_layer_of_two_zones_comes_together():
    west, east = forward(118.49, 31.70, 4527), forward(118.51, 31.70, 4528)
    mended, notes = mend_layer(gpd.GeoSeries([Point(west), Point(east)], crs=4528), home=home_of(118.5, 31.7))
    np.testing.assert_allclose(mended.x, [118.49, 118.51], atol=CM_M)
    assert kinds(notes) == {"zone": [0]}
