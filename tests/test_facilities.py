"""Facility lists and complaints: every row counts for the right estate or is listed."""

import geopandas as gpd
import openpyxl
import pytest
import shapely

from gis.errors import InputError, ProblemLog
from gis.tables import Estates, Facilities
from layers.complaints import count_complaints, with_complaints
from layers.facilities import inside_estates, merge_facilities, read_facilities
from layers.files import Source

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
    options = {"kind": "car_parks", "surveyed": True, "estates": estates, "to_crs": CRS, "log": log, **kwargs}
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
    assert found.frame["name"].tolist() == ["丁"]
    assert found.frame["estate_id"].tolist() == ["A"]
    assert [(one.severity, one.row) for one in problems] == [("error", 3), ("error", 4), ("warning", 5), ("error", 2)]
    assert str(problems[0]) == (
        "停车场.xlsx, row 3, value '121.0, nan': these are not coordinates in EPSG:4326 → "
        "write longitude and latitude in degrees, or say the crs of the file in project.toml")


def test_metres_are_read_where_the_project_says_the_crs(tmp_path, estates):
    source = book(tmp_path / "a.xlsx", ["名称", "x", "y"], ["甲", WEST + 210, SOUTH + 5])
    found, problems = read(Source(source.path, crs=CRS), estates)
    assert problems == []
    assert found.frame["estate_id"].tolist() == ["B"]
    assert found.frame.geometry.iloc[0].equals(shapely.Point(WEST + 210, SOUTH + 5))


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
    assert [(one.row, one.value, one.severity) for one in problems] == [(3, "P1", "error")]


def test_the_smallest_of_nested_estates_holds_a_facility(estates):
    held = inside_estates(facilities([("1", "", 60, 60), ("2", "", 10, 10), ("3", "", 150, 50)]), estates)
    assert held.frame["estate_id"].to_dict() == {"1": "C", "2": "A", "3": ""}


def test_a_list_wins_over_osm_within_15_m_or_50_m_under_one_name():
    listed = facilities([("1", "人民停车场", 0, 0)], complete=True)
    osm = facilities([("w1", "", 14.9, 0), ("w2", "", 15.1, 0), ("w3", "人民 停车场", 49.9, 0),
                      ("w4", "人民停车场", 50.1, 0), ("w5", "别的", 30, 0)], origin="osm")
    log = ProblemLog()
    whole = merge_facilities([listed], osm, log=log)
    assert sorted(whole.ids) == ["1", "w2", "w4", "w5"]
    assert whole.complete
    assert [str(one.why) for one in log] == ["2 OSM objects were left out because the list has them"]


def test_osm_alone_is_not_complete_and_two_lists_may_share_ids():
    osm = facilities([("w1", "", 0, 0)], origin="osm")
    assert not merge_facilities([], osm, log=ProblemLog()).complete
    both = merge_facilities([facilities([("1", "甲", 0, 0)]), facilities([("1", "乙", 99, 0)])], None, log=ProblemLog())
    assert both.frame["name"].to_dict() == {"1": "甲", "2-1": "乙"}


def test_complaints_are_counted_by_id_name_and_place_and_the_rest_listed(tmp_path, estates):
    lines = ["工单编号,小区编号,小区名称,经度,纬度,联系人,联系电话",
             "1,A,,,,张三,13800000000", "2,,光明,,,李四,", "3,,幸福小区 (一期),,,,",
             "4,,,{:.8f},{:.8f},,".format(*lon_lat(250, 50)), "5,,没有的小区,,,王五,", "6,,,,,,"]
    (tmp_path / "12345.csv").write_bytes("\n".join(lines).encode("gb18030"))
    log = ProblemLog()
    counts = count_complaints(Source(tmp_path / "12345.csv"), estates, log)
    assert counts.to_dict() == {"A": 2.0, "B": 2.0, "C": 0.0, "D": 0.0}
    said = [str(one) for one in log]
    assert said[0] == ("12345.csv: columns about persons were dropped unread: 联系人, 联系电话 → "
                       "leave such columns out of the file")
    assert said[-1] == ("12345.csv, row 6: 2 of 6 complaints belong to no estate: row 6 没有的小区, row 7 → "
                        "write 小区编号 or 小区名称 as the estates' file does; until then they are not counted")
    assert not any(person in line for person in ("张三", "李四", "王五", "138") for line in said)
    assert not log.errors
    assert with_complaints(estates, counts).frame["complaints"].tolist() == [2, 2, 0, 0]


def test_points_of_complaints_are_counted_where_they_lie(tmp_path, estates):
    points = [shapely.Point(WEST + x, SOUTH + 60) for x in (60, 70, 20, 290, 400)]
    gpd.GeoDataFrame({"n": range(5)}, geometry=points, crs=CRS).to_file(tmp_path / "a.gpkg")
    log = ProblemLog()
    counts = count_complaints(Source(tmp_path / "a.gpkg"), estates, log)
    assert counts.to_dict() == {"A": 1.0, "B": 1.0, "C": 2.0, "D": 0.0}
    assert str(list(log)[-1].why) == "1 of 5 complaints belong to no estate: row 5"
