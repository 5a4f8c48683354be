"""Outlines in the cells of a table: what databases and web maps export, as bytes."""

import csv
import io

import geopandas as gpd
import numpy as np
import pytest
import shapely
from openpyxl import Workbook

from gis.china_offset import from_wgs84
from gis.errors import ProblemLog
from layers.estates import read_estates
from layers.gates import read_gates
from layers.placing.places import Town
from layers.reading.files import Source

CRS = "EPSG:4549"
TOWN = Town(CRS, (121.4, 31.2, 121.6, 31.3))
A = shapely.Polygon([(121.47, 31.23), (121.472, 31.23), (121.472, 31.232), (121.47, 31.232)])
B = shapely.MultiPolygon([A, shapely.box(121.48, 31.24, 121.481, 31.241)])
TRUE = gpd.GeoSeries([A, B], index=["甲", "乙"], crs=4326).to_crs(CRS)


def write(path, header, rows):
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path.write_bytes(text.getvalue().encode("gb18030"))
    return path


def outlined(path, **declared):
    log = ProblemLog()
    found = read_estates(outlines=Source(path, **declared), roster=None, walled_default=True, log=log, town=TOWN)
    return found.frame, log


def is_true(frame):
    apart = frame.geometry.loc[TRUE.index].symmetric_difference(TRUE).area
    return bool((apart < 0.05).all()) and set(frame["outline_basis"]) == {"outline"}


def metric(shape):
    return gpd.GeoSeries([shape], crs=4326).to_crs(CRS).iloc[0]


@pytest.mark.parametrize("header", ["geometry", "WKT", "wkt_geom", "the_geom", "边界", "边界坐标（WKT）"])
def test_wkt_in_any_column_that_names_it(tmp_path, header):
    path = write(tmp_path / "小区.csv", ["小区名称", header], [["甲", A.wkt], ["乙", B.wkt]])
    frame, log = outlined(path)
    assert is_true(frame)
    assert list(log) == []
    (reading,) = log.readings
    assert (reading.rows_in, reading.rows_used) == (2, 2)
    assert header in {one.header for one in reading.columns}


@pytest.mark.parametrize("form", ["EWKT", "EWKB", "WKB", "GeoJSON"])
def test_what_databases_export(tmp_path, form):
    def said(shape):
        if form == "EWKT":
            return f"SRID=4549;{metric(shape).wkt}"
        if form == "EWKB":
            return shapely.to_wkb(shapely.set_srid(metric(shape), 4549), hex=True, include_srid=True)
        return shapely.to_wkb(shape, hex=True) if form == "WKB" else shapely.to_geojson(shape)
    frame, log = outlined(write(tmp_path / "小区.csv", ["小区名称", "geom"], [["甲", said(A)], ["乙", said(B)]]))
    assert is_true(frame)
    assert log.readings[0].crs == ("EPSG:4549" if form.startswith("E") else "EPSG:4326")


def test_corners_as_web_maps_list_them_and_as_the_project_declares_them(tmp_path):
    lon, lat = from_wgs84(*np.array(A.exterior.coords).T, "GCJ-02")
    corners = ";".join(f"{x:.8f},{y:.8f}" for x, y in zip(lon, lat, strict=True))
    frame, log = outlined(write(tmp_path / "小区.csv", ["小区名称", "坐标串"], [["甲", corners]]), crs="GCJ-02")
    assert frame.geometry["甲"].symmetric_difference(TRUE["甲"]).area < 0.5
    assert log.readings[0].converted == "GCJ-02"


def test_a_workbook_whose_rows_have_a_shape_a_point_or_nothing(tmp_path):
    book = Workbook()
    for row in (["小区名称", "WKT", "经度", "纬度"], ["甲", A.wkt, 121.6, 31.4], ["乙", "", 121.475, 31.235],
                ["丙", None, None, None]):
        book.active.append(row)
    book.save(tmp_path / "小区.xlsx")
    frame, _ = outlined(tmp_path / "小区.xlsx")
    assert frame["outline_basis"].to_dict() == {"甲": "outline", "乙": "", "丙": ""}
    assert frame["point_x"].notna().to_dict() == {"甲": False, "乙": True, "丙": False}


def test_the_outlines_of_a_roster_are_taken_where_nobody_drew_others(tmp_path):
    path = write(tmp_path / "名册.csv", ["小区名称", "户数", "geometry"], [["甲", 300, A.wkt], ["乙", 200, B.wkt]])
    found = read_estates(outlines=None, roster=Source(path), walled_default=True, log=ProblemLog(), town=TOWN)
    assert is_true(found.frame)
    assert found.frame["households"].to_dict() == {"甲": 300, "乙": 200}


def test_cells_that_are_no_shape_are_errors_with_their_rows(tmp_path):
    bad = A.wkt[:-20]
    rows = [["甲", A.wkt], ["乙", bad], ["丙", "POLYGON EMPTY"], ["丁", "见图纸"], ["戊", "(" * 40_000]]
    _, log = outlined(write(tmp_path / "小区.csv", ["小区名称", "WKT"], rows))
    wrong = {str(one.why): [(cell.row, cell.value[:8]) for cell in one.cells] for one in log.errors}
    assert wrong == {"2 cells hold no shape that can be read": [(3, bad[:8]), (5, "见图纸")],
                     "1 shapes were cut off: a cell of a spreadsheet holds 32,767 characters": [(6, "((((((((")]}


def test_two_systems_in_one_table_are_an_error(tmp_path):
    rows = [["甲", f"SRID=4326;{A.wkt}"], ["乙", f"SRID=4549;{metric(B).wkt}"]]
    _, log = outlined(write(tmp_path / "小区.csv", ["小区名称", "WKT"], rows))
    (wrong,) = log.errors
    assert str(wrong.why) == "the shapes of one table say 2 different coordinate systems (SRID): 4326, 4549"


def test_gates_as_points_need_no_columns_of_coordinates(tmp_path):
    outlines = write(tmp_path / "小区.csv", ["小区名称", "WKT"], [["甲", A.wkt]])
    estates = read_estates(outlines=Source(outlines), roster=None, walled_default=True, log=ProblemLog(), town=TOWN)
    path = write(tmp_path / "门.csv", ["出入口编号", "geometry"], [["1", "POINT (121.471 31.23)"]])
    log = ProblemLog()
    gates = read_gates(Source(path), estates, town=TOWN, log=log)
    assert gates.frame["estate_id"].tolist() == ["甲"]
    assert log.errors == ()


def test_a_column_of_words_under_such_a_name_is_no_column_of_shapes(tmp_path):
    rows = [["甲", "东至和平路，西至河", 121.475, 31.235]]
    path = write(tmp_path / "小区.csv", ["小区名称", "边界", "经度", "纬度"], rows)
    frame, log = outlined(path)
    assert frame["point_x"].notna().all()
    assert any("边界" in str(one.why) for one in log)


ARC = "CURVEPOLYGON(CIRCULARSTRING(121.47 31.23, 121.471 31.231, 121.472 31.23, 121.471 31.229, 121.47 31.23))"


def test_a_shape_with_arcs_is_an_error_of_its_row_and_no_traceback(tmp_path):
    _, log = outlined(write(tmp_path / "小区.csv", ["小区名称", "WKT"], [["甲", A.wkt], ["乙", ARC], ["丙", B.wkt]]))
    (wrong,) = log.errors
    assert [(one.row, one.value[:12]) for one in wrong.cells] == [(3, "CURVEPOLYGON")]


def test_places_of_several_parts_are_parted_as_web_maps_part_them(tmp_path):
    parts = "|".join(";".join(f"{x},{y}" for x, y in part.exterior.coords) for part in B.geoms)
    frame, log = outlined(write(tmp_path / "小区.csv", ["小区名称", "坐标串"], [["乙", parts]]))
    assert frame.geometry["乙"].symmetric_difference(TRUE["乙"]).area < 0.05
    assert list(log) == []


def test_of_two_columns_of_shapes_a_list_of_estates_takes_the_areas(tmp_path):
    path = write(tmp_path / "小区.csv", ["小区名称", "location", "boundary"], [["甲", A.centroid.wkt, A.wkt]])
    frame, _ = outlined(path)
    assert frame.geometry["甲"].symmetric_difference(TRUE["甲"]).area < 0.05


def test_a_system_that_a_row_says_holds_for_shapes_with_an_srid(tmp_path):
    shown = shapely.transform(A, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "GCJ-02")))
    path = write(tmp_path / "小区.csv", ["小区名称", "geom", "坐标系"], [["甲", f"SRID=4326;{shown.wkt}", "高德"]])
    frame, log = outlined(path)
    assert frame.geometry["甲"].symmetric_difference(TRUE["甲"]).area < 0.5
    assert log.readings[0].converted == "GCJ-02"


def test_headers_of_coordinates_say_nothing_of_shapes_beside_them(tmp_path):
    lon, lat = from_wgs84(121.471, 31.231, "GCJ-02")
    rows = [["甲", A.wkt, lon, lat], ["丙", "", lon, lat]]
    frame, _ = outlined(write(tmp_path / "小区.csv", ["小区名称", "WKT", "高德经度", "高德纬度"], rows))
    assert frame.geometry["甲"].symmetric_difference(TRUE["甲"]).area < 0.05
    true = metric(shapely.Point(121.471, 31.231))
    assert np.hypot(frame["point_x"]["丙"] - true.x, frame["point_y"]["丙"] - true.y) < 0.01


@pytest.mark.parametrize(("header", "cells"), [
    ("业委会主任证号", ["310110195001010026", "310110196502020033"]),
    ("工单流水", ["202610310000000001", "202610310000000002"]),
    ("校验", ["d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661"]),
    ("属性", ['{"type": "公共"}', '{"type": "专用"}']), ("说明", ["Point (临时)", "Polygon（待定）"])])
def test_long_numbers_and_words_are_no_shapes_and_no_number_of_a_person_is_told(tmp_path, header, cells):
    rows = [["甲", cells[0], 121.471, 31.231], ["乙", cells[1], 121.475, 31.235]]
    frame, log = outlined(write(tmp_path / "小区.csv", ["小区名称", header, "经度", "纬度"], rows))
    assert frame["point_x"].notna().all()
    assert log.errors == ()
    assert not [one for one in log if "3101" in str(one)]


def test_a_column_about_persons_is_never_a_column_of_shapes(tmp_path):
    rows = [["甲", A.wkt, 121.471, 31.231]]
    frame, log = outlined(write(tmp_path / "小区.csv", ["小区名称", "联系人住址", "经度", "纬度"], rows))
    assert frame["outline_basis"]["甲"] == ""
    assert not [one for one in log if "POLYGON" in str(one)]


def test_many_blanks_between_two_numbers_take_no_time_to_refuse(tmp_path):
    rows = [["甲", "121" + " " * 20_000 + "x"], ["乙", A.wkt]]
    _, log = outlined(write(tmp_path / "小区.csv", ["小区名称", "坐标串"], rows))
    assert len(log.errors) == 1


@pytest.mark.parametrize("header", ["边界（GCJ-02）", "高德边界", "边界坐标串（高德）", "WKT（GCJ-02）"])
@pytest.mark.parametrize("mark", [";", "|"])
def test_a_header_of_shapes_that_names_the_system_is_believed(tmp_path, header, mark):
    lon, lat = from_wgs84(*np.array(A.exterior.coords).T, "GCJ-02")
    pairs = [f"{x:.8f},{y:.8f}" for x, y in zip(lon, lat, strict=True)]
    shown = shapely.Polygon(np.column_stack([lon, lat])).wkt if header.startswith("WKT") else mark.join(pairs)
    frame, log = outlined(write(tmp_path / "小区.csv", ["小区名称", header], [["甲", shown]]))
    assert frame.geometry["甲"].symmetric_difference(TRUE["甲"]).area < 0.5
    assert log.readings[0].converted == "GCJ-02"
    assert any(str(one.why).startswith("the file itself says") for one in log)
