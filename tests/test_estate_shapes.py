"""Outlines as map and drawing programs keep them: labels beside areas, closed lines, one estate in several features."""

import geopandas as gpd
import pytest
import shapely
from test_estates import read, roster

from gis.errors import ProblemLog
from layers.reading.files import Source

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
NAMES = ("春里", "兰里", "竹里")
X, Y = 500_000, 3_400_000


def placemark(name, shape):
    def corners(xy):
        return " ".join(f"{x:.7f},{y:.7f},0" for x, y in xy)
    if shape.geom_type == "Point":
        drawn = f"<Point><coordinates>{corners(shape.coords)}</coordinates></Point>"
    else:
        drawn = ("<Polygon><outerBoundaryIs><LinearRing><coordinates>" + corners(shape.exterior.coords)
                 + "</coordinates></LinearRing></outerBoundaryIs></Polygon>")
    return f"<Placemark><name>{name}</name>{drawn}</Placemark>"


def square(number):
    """An area of about 100 m × 100 m."""
    return shapely.box(121.5 + number / 100, 31.28, 121.501 + number / 100, 31.281)


def kml(folder, *places):
    (folder / "边界.kml").write_text(HEAD + "".join(placemark(*one) for one in places) + "</Document></kml>", "utf-8")
    return Source(folder / "边界.kml")


def layer(folder, rows, shapes, name="边界.gpkg"):
    gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4549").to_file(folder / name)
    return Source(folder / name)


def box(west, south=0, side=100):
    return shapely.box(X + west, Y + south, X + west + side, Y + south + side)


def test_a_point_of_an_areas_name_inside_it_is_its_label_and_a_point_alone_an_estate(tmp_path):
    areas = [(name, square(number)) for number, name in enumerate(NAMES)]
    labels = [(name, shape.centroid) for name, shape in areas]
    source = kml(tmp_path, *areas, *labels, ("独里", square(7).centroid))
    table = roster(tmp_path, ["小区名称", "户数"], *((name, 100) for name in (*NAMES, "独里")))
    estates, problems = read(source, table)
    assert list(estates.ids) == sorted([*NAMES, "独里"])
    assert estates.located.to_dict() == {**dict.fromkeys(NAMES, True), "独里": False}
    assert estates.frame["point_x"].notna().tolist() == [key == "独里" for key in estates.ids]
    said = [str(one.why) for one in problems if one.file == "边界.kml"]
    assert said == ["3 points are labels of the area of the same name that they lie in"]
    assert not [one for one in problems if one.severity == "error"]


def test_labels_stand_in_the_account_with_their_rows(tmp_path):
    log = ProblemLog()
    source = kml(tmp_path, ("春里", square(0)), ("春里", square(0).centroid), ("兰里", square(1)))
    read(source, None, log=log)
    (account,) = log.readings
    assert (account.rows_in, account.rows_used) == (3, 2)
    assert list(account.left_out.values()) == [(2,)]


@pytest.mark.parametrize("point", [
    {"小区名称": "春里", "小区编号": "B"},  # another estate by its id
    {"小区名称": "春里", "户数": 80},  # says what the area does not
    {"小区名称": "秋里"},
])
def test_a_point_that_says_more_than_the_name_is_never_left_out_as_a_label(tmp_path, point):
    estates, problems = read(layer(tmp_path, [{"小区名称": "春里", "小区编号": "A", "户数": None}, point],
                                   [box(0), box(0).centroid]), None)
    assert not [one for one in problems if "labels" in str(one.why)]
    assert len(estates) == 2


def test_a_point_of_an_areas_name_elsewhere_is_asked_about_and_not_left_out(tmp_path):
    source = kml(tmp_path, ("春里", square(0)), ("春里", square(5).centroid))
    _, problems = read(source, None)
    assert [(one.severity, one.row, str(one.why)) for one in problems] == [
        ("error", 2, "another estate has this id or, without an id, this name")]


TWO_READINGS = ("if it is one estate, make it one row, its parts one shape of several parts; of several estates give "
                "each an id of its own")


@pytest.mark.parametrize("rows", [[{"小区编号": "A"}] * 2, [{"小区名称": "春里"}] * 2])
def test_of_one_estate_in_two_features_both_readings_are_told(tmp_path, rows):
    _, problems = read(layer(tmp_path, rows, [box(0), box(300)]), None)
    assert [(one.severity, one.row, str(one.fix)) for one in problems] == [("error", 2, TWO_READINGS)]


def test_of_one_estate_in_two_features_that_the_roster_has_once_merging_is_told(tmp_path):
    source = layer(tmp_path, [{"小区名称": "春里"}] * 2, [box(0), box(300)])
    _, problems = read(source, roster(tmp_path, ["小区名称", "户数"], ["春里", 100]))
    (fix,) = {str(one.fix) for one in problems if "stands for more than one estate" in str(one.why)}
    assert "of one estate in several outlines, merge them into one; of two estates, add the column 小区编号" in fix


def test_the_same_feature_twice_is_read_once_and_said(tmp_path):
    turned = shapely.Polygon(list(box(0).exterior.coords)[2:-1] + list(box(0).exterior.coords)[:2])
    rows = [{"小区编号": "A", "小区名称": "春里", "OBJECTID": number} for number in (1, 2)]
    estates, problems = read(layer(tmp_path, rows, [box(0), turned]), None)
    assert estates.frame.geometry.area.to_dict() == {"A": pytest.approx(10_000)}
    assert [str(one.why) for one in problems if one.severity == "error"] == []
    assert "1 rows have the shape and the words of an earlier row" in [str(one.why) for one in problems]


def test_one_shape_under_two_names_is_no_copy(tmp_path):
    estates, _ = read(layer(tmp_path, [{"小区名称": "春里"}, {"小区名称": "兰里"}], [box(0), box(0)]), None)
    assert len(estates) == 2


def test_closed_lines_of_a_drawing_are_areas_with_what_lies_within_as_holes(tmp_path):
    """Areas on paper: 100 m × 100 m; the same without 20 m × 20 m; the same again of two pieces; 3 cm of a gap."""
    ring = list(box(900).exterior.coords)
    shapes = [box(0).exterior, shapely.MultiLineString([box(300).exterior, box(340, 40, 20).exterior]),
              shapely.MultiLineString([box(600).exterior.coords[:3], box(600).exterior.coords[2:]]),
              shapely.LineString([*ring[:-1], (ring[0][0] + 0.03, ring[0][1])])]
    source = layer(tmp_path, [{"名称": name} for name in ("甲里", "乙里", "丙里", "丁里")], shapes, "边界.shp")
    estates, problems = read(source, None)
    assert estates.frame.geometry.area.to_dict() == {
        "甲里": 10_000, "乙里": 9_600, "丙里": 10_000, "丁里": pytest.approx(10_000, abs=3)}
    assert [(one.severity, str(one.why)) for one in problems] == [
        ("warning", "4 outlines are closed lines and taken as the areas within them")]


def test_an_open_line_is_an_error_with_its_row_and_its_gap_in_metres(tmp_path):
    """Three sides of a square of 100 m, and all but the last 2 m of one."""
    west, south, east, north = box(0).bounds
    corners = [(west, south), (east, south), (east, north), (west, north)]
    shapes = [box(500).exterior, shapely.LineString(corners), shapely.LineString([*corners, (west, south + 2)])]
    source = layer(tmp_path, [{"名称": name} for name in ("甲里", "乙里", "丙里")], shapes, "边界.shp")
    estates, problems = read(source, None)
    assert [(one.row, str(one.why)) for one in problems if one.severity == "error"] == [
        (2, "this outline is a line that is not closed: its ends lie 100.00 m apart"),
        (3, "this outline is a line that is not closed: its ends lie 2.00 m apart")]
    assert estates.located.to_dict() == {"甲里": True, "乙里": False, "丙里": False}
    assert [str(one.why) for one in problems if one.severity == "warning"] == [
        "1 outlines are closed lines and taken as the areas within them"]


@pytest.mark.parametrize("last", [(X, Y), (X + 10, Y)])
def test_a_line_there_and_back_or_without_length_is_no_outline(tmp_path, last):
    there = shapely.LineString([(X + 10, Y), last, (X + 10, Y)])
    estates, problems = read(layer(tmp_path, [{"名称": "甲里"}, {"名称": "乙里"}], [there, box(50)]), None)
    assert estates.located.to_dict() == {"甲里": False, "乙里": True}
    assert "1 rows hold LineString, not outlines" in [str(one.why) for one in problems]
