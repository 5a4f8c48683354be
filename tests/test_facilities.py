"""Facility lists: every row counts for the right estate or is listed, and what nobody says is bounded or unknown."""

from datetime import date

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from gis.errors import InputError, ProblemLog
from gis.tables import Estates, Facilities
from layers.capacity import compare_with_roster, total_between, with_bounds
from layers.facilities import inside_estates, merge_facilities, read_facilities
from layers.placing.places import Town
from layers.reading.files import Source

CRS = "EPSG:4549"
WEST, SOUTH = 500_000, 3_400_000


@pytest.fixture
def estates():
    """幸福 100 m square at the origin, 光明 200 m east of it, 小幸福 inside 幸福's north-east quarter, 无图 nowhere."""
    boxes = [(0, 0, 100, 100), (200, 0, 300, 100), (50, 50, 100, 100)]
    shapes = [shapely.box(WEST + a, SOUTH + b, WEST + c, SOUTH + d) for a, b, c, d in boxes]
    frame = gpd.GeoDataFrame({"name": ["幸福小区（一期）", "光明", "小幸福", "无图"]}, geometry=[*shapes, None],
                             index=["A", "B", "C", "D"], crs=CRS)
    return Estates.of(frame)


def lon_lat(x, y):
    point = gpd.GeoSeries([shapely.Point(WEST + x, SOUTH + y)], crs=CRS).to_crs(4326)[0]
    return point.x, point.y


def book(path, *rows):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return Source(path)


def facilities(rows, origin="surveyed", **kwargs):
    frame = gpd.GeoDataFrame(
        {"name": [row[1] for row in rows]}, index=[row[0] for row in rows], crs=CRS,
        geometry=[shapely.Point(WEST + row[2], SOUTH + row[3]) for row in rows])
    return Facilities.of(frame.assign(origin=origin), kind="car_parks", **kwargs)


def read(source, estates, **kwargs):
    log = ProblemLog()
    options = {"kind": "car_parks", "surveyed": True, "estates": estates, "town": Town(CRS), "log": log, **kwargs}
    return read_facilities(source, **options), list(log)


def test_a_table_is_placed_by_degrees_or_counted_for_the_estate_it_names(tmp_path, estates):
    source = book(
        tmp_path / "停车场.xlsx", ["名称", "泊位数", "经度", "纬度", "小区名称", "小区编号"],
        ["近", 30, *lon_lat(10, 10), None, None], ["远", None, *lon_lat(900, 0), None, None],
        ["无位", 12, None, None, "幸福小区 (一期)", None], ["有号", 7, None, None, None, "D"])
    found, problems = read(source, estates)
    assert problems == []
    assert found.kind == "car_parks"
    assert found.complete
    frame = found.frame.set_index("name")
    assert frame["estate_id"].to_dict() == {"近": "A", "远": "", "无位": "A", "有号": "D"}
    assert frame["capacity"].fillna(-1).to_dict() == {"近": 30, "远": -1, "无位": 12, "有号": 7}
    assert frame.geometry.isna().to_dict() == {"近": False, "远": False, "无位": True, "有号": True}
    assert frame.geometry["近"].distance(shapely.Point(WEST + 10, SOUTH + 10)) < 0.001
    assert found.ids.tolist() == ["car_parks-2", "car_parks-3", "car_parks-4", "car_parks-5"]


def test_a_row_without_place_and_estate_is_an_error_with_its_row(tmp_path, estates):
    source = book(tmp_path / "停车场.xlsx", ["名称", "经度", "纬度", "小区名称"], ["甲", None, None, "不存在"],
                  ["乙", 121.0, None, None], ["丙", 31.2, 121.4, None], ["丁", *lon_lat(1, 1), "不存在"])
    found, problems = read(source, estates)
    assert found.frame["name"].tolist() == ["丙", "丁"]
    assert found.frame["estate_id"].tolist() == ["", "A"]
    assert [(one.severity, one.row) for one in problems] == [("error", 3), ("warning", 4), ("warning", 5), ("error", 2)]
    assert str(problems[3].why) == (
        "this facility has neither coordinates nor an estate that is in the list of estates")
    assert [one.value for one in problems if one.severity == "error"] == ["121, —", "甲"]


def test_a_lost_row_without_a_name_is_known_by_the_estate_it_says(tmp_path, estates):
    source = book(tmp_path / "停车场.xlsx", ["名称", "小区名称", "小区编号", "泊位数"], [None, "不存在", "X9", 3],
                  [None, None, "X8", 4])
    _, problems = read(source, estates)
    assert {(one.row, one.value) for one in problems if "neither coordinates" in str(one.why)} == {
        (2, "不存在"), (3, "X8")}


def test_metres_are_read_where_the_project_says_the_crs(tmp_path, estates):
    source = book(tmp_path / "a.xlsx", ["名称", "x", "y"], ["甲", WEST + 210, SOUTH + 5])
    found, problems = read(Source(source.path, crs=CRS), estates)
    assert problems == []
    assert found.frame["estate_id"].tolist() == ["B"]
    assert found.frame.geometry.iloc[0].distance(shapely.Point(WEST + 210, SOUTH + 5)) < 0.001


def test_areas_of_a_vector_file_stand_for_an_inner_point(tmp_path, estates):
    shapes = [shapely.box(WEST + 210, SOUTH + 10, WEST + 230, SOUTH + 30)]
    gpd.GeoDataFrame({"容量": [55]}, geometry=shapes, crs=CRS).to_file(tmp_path / "a.geojson")
    found, _ = read(Source(tmp_path / "a.geojson"), estates, surveyed=False)
    assert not found.complete
    assert found.frame["capacity"].tolist() == [55]
    assert shapes[0].contains(found.frame.geometry.iloc[0])
    assert found.frame["estate_id"].tolist() == ["B"]


def test_planned_facilities_and_turn_out_are_kept(tmp_path, estates):
    source = book(tmp_path / "a.xlsx", ["名称", "出动时间（秒）", "状态", "小区编号"], ["站", 60, "规划", "A"],
                  ["二", None, None, "B"])
    found, _ = read(source, estates, kind="micro_fire_stations")
    assert found.frame["status"].tolist() == ["planned", "existing"]
    assert found.frame["turnout_s"].fillna(-1).tolist() == [60, -1]
    assert found.existing["name"].tolist() == ["二"]


def test_a_kind_nobody_knows_and_an_id_given_twice_are_refused(tmp_path, estates):
    source = book(tmp_path / "a.xlsx", ["设施编号", "小区编号"], ["P1", "A"], ["P1", "B"])
    with pytest.raises(InputError, match="there is no such kind of facility"):
        read(source, estates, kind="pubs")
    found, problems = read(source, estates)
    assert found.ids.tolist() == ["P1"]
    assert [(one.row, one.column, one.value, one.severity) for one in problems] == [(3, "设施编号", "P1", "error")]


def test_the_smallest_of_nested_estates_holds_a_facility(estates):
    held = inside_estates(facilities([("1", "", 60, 60), ("2", "", 10, 10), ("3", "", 150, 50)]), estates)
    assert held.frame["estate_id"].to_dict() == {"1": "C", "2": "A", "3": ""}


def test_a_list_counts_sites_of_an_estate_without_saying_where(tmp_path, estates):
    source = book(tmp_path / "a.xlsx", ["小区名称", "点位数", "端口数"], ["光明", "20处", "200路"], ["无图", 3, None],
                  ["小幸福", 0, None])
    found, problems = read(source, estates, kind="ebike_chargers")
    frame = found.frame.set_index("estate_id")
    assert frame["sites"].to_dict() == {"B": 20, "D": 3}
    assert frame["capacity"].fillna(-1).to_dict() == {"B": 200, "D": -1}
    assert [(str(one.why), one.value) for one in problems] == [("1 rows say that there are no sites", "1")]


def test_what_else_a_list_says_of_a_facility_is_kept(tmp_path, estates):
    headers = ["设施名称", "小区编号", "运营单位", "设施地址", "服务半径（米）", "开放时间", "是否24小时", "充电桩数",
               "占地面积"]
    source = book(
        tmp_path / "a.xlsx", headers,
        ["东库", "A", "城投停车公司", "和平路1号", 300, "8:00-20:00", "否", 6, None], ["西库", "B"] + [None] * 7)
    found, problems = read(source, estates)
    assert problems == []
    told = found.frame.set_index("name").loc["东库"]
    assert told[["operator", "address", "radius_m", "hours", "open_24h", "ev_piles"]].tolist() == [
        "城投停车公司", "和平路1号", 300, "8:00-20:00", 0, 6]
    silent = found.frame.set_index("name").loc["西库"]
    assert silent[["operator", "address", "hours"]].tolist() == ["", "", ""]
    assert silent[["radius_m", "open_24h", "ev_piles", "area_m2"]].isna().all()
    assert told[["source", "source_sheet", "source_row"]].tolist() == ["a.xlsx", "Sheet", 2]


def test_spaces_nobody_counted_are_bounded_by_the_ground_of_the_car_park(tmp_path, estates):
    # 1,010 m²: at 40 m² a space 25.25, at 25 m² 40.4; 20 m² holds one car at least, if it is a car park
    source = book(tmp_path / "a.xlsx", ["名称", "小区编号", "泊位数", "占地面积"], ["甲", "A", None, 1010],
                  ["乙", "A", None, 20], ["丙", "A", 30, 1010], ["丁", "A", None, None], ["戊", "A", "50-60", 1010])
    found, _ = read(source, estates)
    frame = found.frame.set_index("name")
    assert frame[["capacity_low", "capacity_high"]].fillna(-1).T.to_dict("list") == {
        "甲": [25, 40], "乙": [1, 1], "丙": [30, 30], "丁": [-1, -1], "戊": [50, 60]}
    assert frame["capacity"].fillna(-1).to_dict() == {"甲": -1, "乙": -1, "丙": 30, "丁": -1, "戊": -1}
    assert total_between(found, estates.ids).loc["A"].tolist() == [25 + 1 + 30 + 0 + 50, np.inf]


def test_the_ground_of_other_facilities_bounds_nothing(tmp_path, estates):
    source = book(tmp_path / "a.xlsx", ["名称", "小区编号", "床位数", "建筑面积"], ["甲", "A", None, 1000])
    frame = read(source, estates, kind="elderly_care_sites")[0].frame
    assert frame[["capacity", "capacity_low", "capacity_high"]].isna().all(axis=None)


def test_a_garage_of_several_floors_is_bounded_below_only():
    frame = gpd.GeoDataFrame({"capacity": [np.nan, np.nan], "area_m2": [400.0, 400.0]}, geometry=[None, None], crs=CRS)
    found = with_bounds(frame, "car_parks", pd.Series([True, False]))
    assert found["capacity_low"].tolist() == [10, 10]
    assert found["capacity_high"].tolist() == [np.inf, 16]


def test_an_interval_of_capacity_holds_a_capacity_that_is_known():
    frame = gpd.GeoDataFrame({"capacity": [30.0, np.nan, np.nan], "capacity_low": [40.0, 5.0, np.nan],
                              "capacity_high": [50.0, np.nan, 9.0]}, geometry=[None] * 3, crs=CRS)
    ends = Facilities.of(frame, kind="car_parks").frame[["capacity_low", "capacity_high"]]
    assert ends.to_numpy().tolist() == [[30, 50], [5, np.inf], [0, 9]]


HEADERS_ONLY = ["名称", "泊位数", "经度", "纬度"]


def test_a_complete_list_without_rows_says_that_there_are_none(tmp_path, estates):
    (tmp_path / "无.csv").write_bytes("名称,泊位数,经度,纬度\r\n".encode())
    for source in (book(tmp_path / "无.xlsx", HEADERS_ONLY), Source(tmp_path / "无.csv")):
        found, problems = read(source, estates)
        assert len(found) == 0
        assert found.complete
        assert found.crs == estates.crs
        assert [(one.severity, str(one.why)) for one in problems] == [(
            "warning", "the list has no rows and is said to be complete, so there are none in the area and around it")]


def test_a_list_without_rows_that_is_not_complete_and_a_sheet_of_anything_else_are_refused(tmp_path, estates):
    with pytest.raises(InputError, match="the table has no rows"):
        read(book(tmp_path / "无.xlsx", HEADERS_ONLY), estates, surveyed=False)
    with pytest.raises(InputError, match="the table has no rows"):
        read(book(tmp_path / "别的.xlsx", ["会议纪要", "2026年"]), estates)


def test_a_list_of_which_every_row_is_wrong_does_not_say_that_there_are_none(tmp_path, estates):
    found, problems = read(book(tmp_path / "a.xlsx", HEADERS_ONLY, ["甲", 40, 121.4, -95.0]), estates)
    assert len(found) == 0
    assert any(one.severity == "error" for one in problems)
    assert not any("there are none in the area" in str(one.why) for one in problems)


def test_a_template_with_nothing_but_its_example_says_that_too(tmp_path, estates):
    example = ["示例", "示例停车场", 40, 121.4, 31.2]
    found, problems = read(book(tmp_path / "a.xlsx", ["设施编号", *HEADERS_ONLY], example), estates)
    assert len(found) == 0
    assert [str(one.why) for one in problems][-1].startswith("the list has no rows and is said to be complete")


def ports(estates, **roster):
    frame = estates.frame.assign(ebike_ports=pd.Series(roster, dtype="float64"))
    return Estates.of(frame)


def test_a_list_that_contradicts_the_roster_is_said_with_files_rows_and_figures(tmp_path, estates):
    source = book(tmp_path / "充电.xlsx", ["小区编号", "端口数"], ["A", 12], ["A", 8], ["B", 10], ["C", 5], ["D", None])
    found, _ = read(source, estates, kind="ebike_chargers")
    log = ProblemLog()
    compare_with_roster(found, ports(estates, A=0, B=10, C=9, D=4), roster="名册.xlsx", log=log)
    assert [(one.file, one.row, one.column, one.value, str(one.why)) for one in log] == [
        ("充电.xlsx", 2, "容量", "20",
         "幸福小区（一期）: the list has 20 in rows 2–3, the roster 名册.xlsx has 0 (充电端口数)"),
        ("充电.xlsx", 5, "容量", "5", "小幸福: the list has 5 in rows 5, the roster 名册.xlsx has 9 (充电端口数)")]
    assert str(next(iter(log)).fix) == (
        "find out which is right and correct the other; the roster's figure is used until then")


def test_rows_of_two_lists_that_contradict_the_roster_are_named_with_their_files(tmp_path, estates):
    head = ["小区编号", "名称", "端口数"]
    one, _ = read(book(tmp_path / "甲.xlsx", head, ["A", "甲棚", 12], ["A", "乙棚", 3]), estates, kind="ebike_chargers")
    two, _ = read(book(tmp_path / "乙.xlsx", head, ["B", "丁棚", 1], ["A", "丙棚", 8]), estates, kind="ebike_chargers")
    log = ProblemLog()
    both = merge_facilities([one, two], None, log=ProblemLog())
    compare_with_roster(both, ports(estates, A=20, B=1), roster="名册.xlsx", log=log)
    [found] = log
    assert (found.file, found.row, found.value) == ("乙.xlsx", 3, "23")
    assert str(found.why) == ("幸福小区（一期）: the list has 23 in 乙.xlsx rows 3, 甲.xlsx rows 2–3, "
                              "the roster 名册.xlsx has 20 (充电端口数)")


def test_a_complete_list_without_a_row_for_an_estate_that_has_some_is_said(tmp_path, estates):
    source = book(tmp_path / "充电.xlsx", ["小区编号", "端口数"], ["A", 12])
    log = ProblemLog()
    for surveyed in (False, True):
        found, _ = read(source, estates, kind="ebike_chargers", surveyed=surveyed)
        compare_with_roster(found, ports(estates, A=12, B=7, C=0, D=3), roster="名册.xlsx", log=log)
    (said,) = log
    assert (said.file, said.column, said.severity) == ("名册.xlsx", "充电端口数", "warning")
    assert str(said.why) == ("2 estates have some by the roster, and the list that is said to be complete (充电.xlsx) "
                             "has no row for them")
    assert [cell.value.rsplit(": ", 1)[1] for cell in said.cells] == ["7", "3"]


def test_a_list_that_is_not_complete_may_have_fewer_than_the_roster_but_not_more(tmp_path, estates):
    source = book(tmp_path / "充电.xlsx", ["小区编号", "端口数"], ["A", 12], ["B", 10])
    found, _ = read(source, estates, kind="ebike_chargers", surveyed=False)
    log = ProblemLog()
    compare_with_roster(found, ports(estates, A=20, B=9), roster="名册.xlsx", log=log)
    assert [one.row for one in log] == [3]


def test_a_name_that_is_nearly_an_estates_is_offered_and_not_taken(tmp_path, estates):
    source = book(tmp_path / "a.xlsx", ["名称", "小区名称", "经度", "纬度"], ["甲", "光明苑子", *lon_lat(900, 0)])
    found, problems = read(source, estates)
    assert found.frame["estate_id"].tolist() == [""]
    assert any("did you mean 光明 (B)" in str(one.why) for one in problems)


def test_a_complete_list_that_ends_with_the_estates_is_doubted_and_one_that_goes_on_is_not(tmp_path, estates):
    inside = [[name, *lon_lat(x, 50)] for name, x in zip("甲乙丙丁戊", (10, 60, 150, 210, 290), strict=True)]
    doubt = "the list is said to be complete, yet it has nothing beyond the outermost estates"
    source = book(tmp_path / "a.xlsx", ["名称", "经度", "纬度"], *inside)
    assert [str(one.why) for one in read(source, estates)[1]] == [doubt]
    assert read(source, estates, surveyed=False)[1] == []
    assert read(source, estates, kind="ebike_chargers")[1] == []
    beyond = book(tmp_path / "b.xlsx", ["名称", "经度", "纬度"], *inside, ["己", *lon_lat(310, 50)])
    assert read(beyond, estates)[1] == []


def test_ids_that_excel_has_rounded_are_said_once(tmp_path, estates):
    source = book(tmp_path / "a.xlsx", ["设施编号", "名称", "所属小区"], [310110000012345678, "甲", "A"],
                  [7, "乙", "A"])
    _, log = read(source, estates)
    assert [(one.row, one.severity, str(one.why)) for one in log if "15 digits" in str(one.why)] == [
        (2, "warning", "1 ids were stored as numbers, of which a spreadsheet keeps 15 digits")]


def test_ids_that_excel_has_made_dates_of_are_said(tmp_path, estates):
    source = book(tmp_path / "a.xlsx", ["设施编号", "名称", "所属小区"], [date(2026, 3, 1), "甲", "A"],
                  ["3-2", "乙", "A"], ["3月1日", "丙", "A"], ["Mar-03", "丁", "A"], ["Abc-03", "戊", "A"])
    _, log = read(source, estates)
    assert [(one.row, one.value, str(one.why)) for one in log if "have become dates" in str(one.why)] == [
        (2, "2026-03-01", "3 ids have become dates in a spreadsheet, as 3-1 does")]
