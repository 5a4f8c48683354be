"""Headers and a column 坐标系 that name GCJ-02 or BD-09 are taken at their word, and that is said."""

import csv
import io

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from openpyxl import Workbook, load_workbook

from gis.china_offset import from_wgs84
from gis.errors import ProblemLog
from layers.placing.offsets import check_offsets
from layers.placing.places import Town
from layers.reading.files import Source
from layers.rows import read_rows
from maps.account import account_lines, accounts, manifest_entry
from maps.problem_list import write_problem_list
from maps.texts import Texts

TRUE = np.array([[121.4737, 31.2304], [121.5002, 31.2401], [121.4805, 31.2199]])
CHECKED = ("not compared: the project says that it has been checked; the file says BD-09 of its coordinates, "
           "project.toml says GCJ-02, which holds")
TOWN = Town("EPSG:4549", (121.4, 31.2, 121.6, 31.3))


def shown(system):
    return TRUE if system == "WGS84" else np.column_stack(from_wgs84(TRUE[:, 0], TRUE[:, 1], system))


def write_csv(path, header, rows):
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path.write_bytes(text.getvalue().encode("gb18030"))
    return path


def places(source, table="facility", part="t"):
    log = ProblemLog()
    rows = read_rows(source, table, part=part, town=TOWN, log=log)
    rows.done(rows.kept)
    degrees = rows.geometry.to_crs(4326)
    return np.column_stack([degrees.x, degrees.y]), log


def apart_m(found):
    east, north = ((found - TRUE) * [95_300, 110_900]).T
    return np.hypot(east, north).max()


@pytest.mark.parametrize(("x", "y", "system"), [
    ("经度（GCJ-02）", "纬度（GCJ-02）", "GCJ-02"), ("经度(gcj02)", "纬度(gcj02)", "GCJ-02"),
    ("高德经度", "高德纬度", "GCJ-02"), ("经度（高德地图）", "纬度（高德地图）", "GCJ-02"),
    ("lng_gcj02", "lat_gcj02", "GCJ-02"), ("经度（BD-09）", "纬度（BD-09）", "BD-09"),
    ("百度经度", "百度纬度", "BD-09"),
    ("bdlng", "bdlat", "BD-09"), ("lng_bd", "lat_bd", "BD-09"), ("gcjlng", "gcjlat", "GCJ-02"),
    ("gd_lon", "gd_lat", "GCJ-02"), ("amap_lng", "amap_lat", "GCJ-02"), ("tx_lng", "tx_lat", "GCJ-02"),
    ("tencent_lng", "tencent_lat", "GCJ-02"), ("gcj02ll_lng", "gcj02ll_lat", "GCJ-02"), ("wgslon", "wgslat", "WGS84"),
    ("lon84", "lat84", "WGS84"), ("tdt_lng", "tdt_lat", "WGS84"),
    ("BD09_LON", "BD09_LAT", "BD-09"), ("经度（WGS84）", "纬度（WGS84）", "WGS84"),
    ("经度（CGCS2000）", "纬度（CGCS2000）", "WGS84"), ("天地图经度", "天地图纬度", "WGS84")])
@pytest.mark.parametrize("table", ["roster", "facility", "gate", "door", "complaint"])
def test_a_header_that_names_the_system_is_believed(tmp_path, x, y, system, table):
    path = write_csv(tmp_path / "表.csv", ["名称", x, y], [["甲", *one] for one in shown(system)])
    found, log = places(Source(path), table)
    assert apart_m(found) < 0.01
    assert log.readings[0].converted == system.replace("WGS84", "")
    said = [one for one in log if str(one.why).startswith("the file itself says")]
    assert [(one.severity, one.column, one.value) for one in said] == (
        [] if system == "WGS84" else [("warning", f"{x}, {y}", f"{system}: 3")])


def test_each_row_may_say_its_own_system(tmp_path):
    book = Workbook()
    book.active.append(["名称", "经度", "纬度", "坐标系"])
    for number, (system, word) in enumerate((("GCJ-02", "高德"), ("BD-09", "百度地图"), ("WGS84", "CGCS2000"))):
        book.active.append(["甲乙丙"[number], *shown(system)[number], word])
    book.save(tmp_path / "表.xlsx")
    found, log = places(Source(tmp_path / "表.xlsx"))
    assert apart_m(found) < 0.01
    (said,) = [one for one in log if str(one.why).startswith("the file itself says")]
    assert (said.column, said.value) == ("坐标系", "BD-09: 1, GCJ-02: 1")
    assert log.readings[0].converted_rows == {"BD-09": 1, "GCJ-02": 1}


def test_the_account_says_how_many_rows_were_converted_from_which_system(tmp_path):
    """Three places from 高德, two from 百度, one true one, and a row of 高德 that has no place to convert."""
    said = [("高德", "GCJ-02")] * 3 + [("百度", "BD-09")] * 2 + [("WGS84", "WGS84")]
    rows = [[f"名{number}", *shown(system)[number % 3], word] for number, (word, system) in enumerate(said)]
    path = write_csv(tmp_path / "表.csv", ["名称", "经度", "纬度", "坐标系"], [*rows, ["名9", "", "", "高德"]])
    readings = places(Source(path), part="nurseries")[1].readings
    (line,) = account_lines(accounts(readings, Texts("zh")), Texts("zh"))
    assert "由 BD-09（2 行），GCJ-02（3 行） 换算" in line
    entry = manifest_entry(readings[0])
    assert (entry["converted_from"], entry["converted_rows"]) == ("", {"BD-09": 2, "GCJ-02": 3})
    write_problem_list([], readings, tmp_path / "problems.xlsx", "en")
    sheet = load_workbook(tmp_path / "problems.xlsx")["Rows read"]
    assert "converted from BD-09 (2 rows), GCJ-02 (3 rows)" in [cell.value for cell in sheet[2]]


def test_what_a_row_says_comes_before_the_header_and_a_blank_follows_it(tmp_path):
    bd, gcj = shown("BD-09"), shown("GCJ-02")
    path = write_csv(tmp_path / "表.csv", ["名称", "经度（GCJ-02）", "纬度（GCJ-02）", "坐标系"],
                     [["甲", *gcj[0], ""], ["乙", *bd[1], "BD09"], ["丙", *TRUE[2], "WGS-84"]])
    assert apart_m(places(Source(path))[0]) < 0.01


def test_a_system_nobody_knows_is_an_error_with_its_row(tmp_path):
    path = write_csv(tmp_path / "表.csv", ["名称", "经度", "纬度", "坐标系"],
                     [["甲", *TRUE[0], "WGS84"], ["乙", *TRUE[1], "上海城建坐标"], ["丙", *TRUE[2], ""]])
    _, log = places(Source(path))
    (wrong,) = log.errors
    assert (wrong.row, wrong.column, wrong.value) == (3, "坐标系", "上海城建坐标")


def test_the_line_of_the_project_holds_and_what_contradicts_it_is_said(tmp_path):
    rows = [["甲", *one] for one in shown("GCJ-02")]
    path = write_csv(tmp_path / "表.csv", ["名称", "经度（BD-09）", "纬度（BD-09）"], rows)
    found, log = places(Source(path, crs="GCJ-02"))
    assert apart_m(found) < 0.01
    (said,) = log
    assert str(said.why) == "the file says BD-09 of its coordinates, project.toml says GCJ-02, which holds"


@pytest.mark.parametrize(("seen", "offset"), [
    (True, CHECKED), (False, "cannot tell: too few places")])
def test_what_contradicts_the_project_is_a_note_once_it_is_checked_and_a_warning_where_nobody_can_tell(
        tmp_path, seen, offset):
    rows = [["甲", *one] for one in shown("GCJ-02")]
    path = write_csv(tmp_path / "表.csv", ["名称", "经度（BD-09）", "纬度（BD-09）"], rows)
    _, log = places(Source(path, crs="GCJ-02", offset_checked=seen))
    streets = gpd.GeoSeries([shapely.LineString(TRUE)], crs=4326).to_crs(4549)
    (reading,) = check_offsets(log.readings, streets, log)
    assert str(reading.offset) == offset
    assert sum("which holds" in str(one.why) for one in log) == (0 if seen else 1)


def test_two_systems_for_one_place_are_an_error(tmp_path):
    path = write_csv(tmp_path / "表.csv", ["名称", "经度（GCJ-02）", "纬度（BD-09）"], [["甲", *one] for one in TRUE])
    (wrong,) = places(Source(path))[1].errors
    assert str(wrong.why) == "one coordinate is said to be in BD-09, the other in GCJ-02"


def test_of_two_pairs_the_true_one_is_read(tmp_path):
    rows = [["甲", *one, *other] for one, other in zip(shown("GCJ-02"), TRUE, strict=True)]
    path = write_csv(tmp_path / "表.csv", ["名称", "高德经度", "高德纬度", "WGS84经度", "WGS84纬度"], rows)
    found, log = places(Source(path))
    assert apart_m(found) < 0.01
    assert log.readings[0].converted == ""
    assert {one.header for one in log.readings[0].columns} >= {"WGS84经度", "WGS84纬度"}


def test_a_layer_of_points_with_a_column_that_names_the_system(tmp_path):
    gcj = shown("GCJ-02")
    layer = gpd.GeoDataFrame({"名称": list("甲乙丙"), "坐标系": "高德"}, geometry=gpd.points_from_xy(*gcj.T), crs=4326)
    layer.to_file(tmp_path / "点.gpkg")
    assert apart_m(places(Source(tmp_path / "点.gpkg"))[0]) < 0.01


def test_metres_of_baidu_are_not_taken_for_degrees(tmp_path):
    path = write_csv(tmp_path / "表.csv", ["名称", "x（BD09MC）", "y（BD09MC）"], [["甲", 13523000.5, 3641000.2]])
    _, log = places(Source(path))
    assert log.readings[0].places is None
    assert {one.column for one in log} >= {"x（BD09MC）", "y（BD09MC）"}


def test_open_lists_of_charging_stations_hold_whole_numbers_in_gcj02(tmp_path):
    rows = [[f"S{number}", "甲站", *np.round(one * 1e6).astype(int)] for number, one in enumerate(shown("GCJ-02"))]
    path = write_csv(tmp_path / "充电站.csv", ["stationID", "stationName", "stationLng", "stationLat"], rows)
    found, log = places(Source(path, crs="GCJ-02"))
    assert apart_m(found) < 0.1  # a millionth of a degree
    assert log.errors == ()


def test_rows_that_leave_the_system_blank_where_others_name_one_are_errors(tmp_path):
    rows = [["甲", *shown("GCJ-02")[0], "高德"], ["乙", *shown("GCJ-02")[1], ""], ["丙", "", "", ""]]
    _, log = places(Source(write_csv(tmp_path / "表.csv", ["名称", "经度", "纬度", "坐标系"], rows)))
    (wrong,) = log.errors
    assert [one.row for one in wrong.cells] == [3]
    assert "do not say which map" in str(wrong.why)


@pytest.mark.parametrize(("word", "system"), [
    ("CGCS2000坐标系", "WGS84"), ("WGS_1984", "WGS84"), ("2000国家大地坐标系", "WGS84"),
    ("WGS 84", "WGS84"), ("GCJ02坐标系", "GCJ-02"), ("高德坐标", "GCJ-02"), ("GCJ02（高德）", "GCJ-02"),
    ("火星", "GCJ-02"), ("百度 BD09", "BD-09"), ("西安80", None)])
def test_words_for_a_system_as_people_write_them(tmp_path, word, system):
    rows = [["甲", *one, word] for one in shown(system or "WGS84")]
    found, log = places(Source(write_csv(tmp_path / "表.csv", ["名称", "经度", "纬度", "坐标系"], rows)))
    assert apart_m(found) < 0.01
    assert [one.column for one in log.errors] == ([] if system else ["坐标系"])


def test_a_local_system_is_one_error_with_all_rows_and_none_where_the_project_declares_it(tmp_path):
    east, north = (pd.Series(TRUE[:, 0]), pd.Series(TRUE[:, 1]))
    local = gpd.GeoSeries(gpd.points_from_xy(east, north), crs=4326).to_crs(4549)
    rows = [["甲", x, y, "上海城市坐标系"] for x, y in zip(local.x, local.y, strict=True)]
    path = write_csv(tmp_path / "表.csv", ["名称", "X坐标", "Y坐标", "坐标系"], rows)
    _, log = places(Source(path))
    assert [len(one.cells) for one in log.errors if one.column == "坐标系"] == [3]
    found, log = places(Source(path, crs="EPSG:4549"))
    assert apart_m(found) < 0.01
    assert log.errors == ()


def test_attributes_that_name_a_system_say_nothing_of_the_layers_own_geometry(tmp_path):
    gcj = shown("GCJ-02")
    layer = gpd.GeoDataFrame({"名称": list("甲乙丙"), "高德经度": gcj[:, 0], "高德纬度": gcj[:, 1]},
                             geometry=gpd.points_from_xy(*TRUE.T), crs=4326)
    layer.to_file(tmp_path / "点.gpkg")
    assert apart_m(places(Source(tmp_path / "点.gpkg"))[0]) < 0.01


def test_metres_below_headers_of_baidu_are_an_error(tmp_path):
    rows = [["甲", 13_522_000.5, 3_640_000.2], ["乙", 13_523_000.5, 3_641_000.2]]
    _, log = places(Source(write_csv(tmp_path / "表.csv", ["名称", "百度经度", "百度纬度"], rows)))
    assert any("BD09MC" in str(one.why) for one in log.errors)


def test_a_pair_that_says_it_is_true_comes_before_a_plain_one(tmp_path):
    rows = [["甲", *one, *other] for one, other in zip(shown("GCJ-02"), TRUE, strict=True)]
    path = write_csv(tmp_path / "表.csv", ["名称", "lng", "lat", "wgs84_lng", "wgs84_lat"], rows)
    assert apart_m(places(Source(path))[0]) < 0.01
