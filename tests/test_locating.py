"""Estates of which only a point or nothing is known: outlines made for them, and the list that is filled in."""

import math

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from small_town import NAMES, estategap, workbook, write_town

from estategap.inputs import read_inputs
from estategap.job import check_project
from estategap.plan import walking_of
from estategap.progress import Progress
from estategap.project import read_project
from gis.china_offset import from_wgs84
from gis.errors import InputError, ProblemLog
from gis.tables import Buildings, Estates, Streets
from layers.assumptions import assumed
from layers.estates import read_estates
from layers.placing.outlines_assumed import with_assumed_outlines
from layers.placing.places import Town
from layers.placing.to_locate import existing_list
from layers.reading.files import Source
from maps.to_locate import list_to_locate

CRS = "EPSG:4549"
RADIUS_M, MARGIN_M = assumed("outlines", "radius_m"), assumed("outlines", "margin_m")


def estates(points, given=None):
    """Estates by id: some with a point, some with an outline."""
    given = given or {}
    ids = [*points, *given]
    facts = {"name": ids, **{f"point_{axis}": [points[key][at] if key in points else np.nan for key in ids]
                             for at, axis in enumerate("xy")}}
    return Estates.of(gpd.GeoDataFrame(facts, index=ids, geometry=[given.get(key) for key in ids], crs=CRS))


def houses(*boxes, use="residential"):
    frame = gpd.GeoDataFrame({"use": use}, index=[f"b{n}" for n in range(len(boxes))], crs=CRS,
                             geometry=[shapely.box(*one) for one in boxes])
    return Buildings.of(frame) if boxes else Buildings.empty(CRS)


def streets(*lines, kind="secondary"):
    frame = gpd.GeoDataFrame({"street_class": kind}, index=[f"s{n}" for n in range(len(lines))], crs=CRS,
                             geometry=[shapely.LineString(one) for one in lines])
    return Streets.of(frame) if lines else Streets.empty(CRS)


def made(points, given=None, buildings=None, roads=None, landuse=None):
    log = ProblemLog()
    areas = gpd.GeoDataFrame(geometry=landuse, crs=CRS) if landuse else None
    found = with_assumed_outlines(estates(points, given), buildings or houses(), roads or streets(), areas, log=log)
    return found.frame, [str(one.why) for one in log]


# Outlines made around points

def test_an_osm_residential_area_with_one_estate_in_it_is_its_outline():
    area, other = shapely.box(0, 0, 200, 100), shapely.box(300, 0, 500, 100)
    frame, said = made({"A": (20, 20), "B": (320, 20), "C": (480, 20)}, landuse=[area, other])
    assert frame["outline_basis"].to_dict() == {"A": "osm_landuse", "B": "tessellation", "C": "tessellation"}
    assert frame.geometry["A"].equals(area)
    assert frame["outline_assumed"].all()
    assert said == [
        ("3 estates have a point and no outline; provisional outlines were made: 1 from OSM residential areas, "
         "0 around buildings, 2 by distance")]


def test_of_nested_residential_areas_the_smallest_is_taken_and_a_whole_quarter_never():
    inner, outer = shapely.box(0, 0, 100, 100), shapely.box(-50, -50, 200, 200)
    quarter = shapely.box(5000, 0, 6000, 1000)
    frame, _ = made({"A": (20, 20), "B": (5500, 500)}, landuse=[outer, inner, quarter])
    assert frame.geometry["A"].equals(inner)
    assert frame["outline_basis"]["B"] == "tessellation"  # 1 km² is more than the 25 ha of the list


def test_a_residential_area_never_covers_a_given_outline():
    frame, _ = made({"A": (20, 20)}, {"G": shapely.box(90, -10, 200, 110)}, landuse=[shapely.box(0, 0, 100, 100)])
    assert frame["outline_basis"]["A"] == "osm_landuse"
    assert frame.geometry["A"].equals(shapely.box(0, 0, 90, 100))
    frame, _ = made({"A": (20, 20)}, {"G": shapely.box(60, 10, 90, 90)}, landuse=[shapely.box(0, 0, 100, 100)])
    assert frame["outline_basis"]["A"] == "tessellation"  # the area is that of two estates


def test_the_houses_around_a_point_make_its_outline_up_to_the_next_gap():
    near = [(0, 0, 40, 10), (0, 30, 40, 40)]  # 20 m apart
    frame, said = made({"A": (20, 20)}, buildings=houses(*near, (120, 0, 160, 10)))  # the third is 80 m off
    assert frame["outline_basis"]["A"] == "buildings"
    assert frame.geometry["A"].bounds == pytest.approx((-MARGIN_M, -MARGIN_M, 40 + MARGIN_M, 40 + MARGIN_M))
    assert "1 around buildings" in said[0]


def test_houses_belong_to_the_nearer_of_two_estates():
    row = [(x, 0, x + 10, 10) for x in range(0, 240, 30)]
    frame, _ = made({"A": (20, 30), "B": (220, 30)}, buildings=houses(*row))
    assert frame["outline_basis"].tolist() == ["buildings", "buildings"]
    assert frame.geometry["A"].bounds[2] <= 120 <= frame.geometry["B"].bounds[0]  # the middle between 20 and 220


def test_offices_are_no_homes():
    frame, _ = made({"A": (20, 20)}, buildings=houses((0, 0, 40, 10), use="other"))
    assert frame["outline_basis"]["A"] == "tessellation"


def test_a_lone_point_on_open_ground_has_a_circle_of_the_radius():
    frame, _ = made({"A": (0, 0)})
    assert frame.area["A"] == pytest.approx(math.pi * RADIUS_M**2, rel=0.01)


def test_a_dividing_street_ends_the_ground_and_a_lane_does_not():
    road = [(50, -500), (50, 500)]
    frame, _ = made({"A": (0, 0)}, roads=streets(road))
    # circle of radius r less the segment beyond 50 m: r² acos(50/r) − 50 √(r² − 50²)
    segment = RADIUS_M**2 * math.acos(50 / RADIUS_M) - 50 * math.sqrt(RADIUS_M**2 - 2500)
    assert frame.area["A"] == pytest.approx(math.pi * RADIUS_M**2 - segment, rel=0.01)
    assert frame.geometry["A"].bounds[2] == pytest.approx(50)
    frame, _ = made({"A": (0, 0)}, roads=streets(road, kind="service"))
    assert frame.area["A"] == pytest.approx(math.pi * RADIUS_M**2, rel=0.01)


def test_a_point_within_another_estates_outline_is_listed_and_gets_none():
    frame, said = made({"A": (10, 10)}, {"G": shapely.box(0, 0, 100, 100)})
    assert frame.geometry["A"] is None
    assert not frame["outline_assumed"].any()
    assert said == ["the coordinates of this estate lie inside the outline of G"]


def test_two_estates_at_one_point_are_listed_and_get_none():
    frame, said = made({"A": (10, 10), "B": (10.5, 10), "C": (900, 10)})
    assert frame["outline_basis"].to_dict() == {"A": "", "B": "", "C": "tessellation"}
    assert said[0] == "this estate has the same coordinates as B"


def test_no_neighbour_takes_the_ground_of_two_estates_at_one_point():
    row = [(x, 0, x + 20, 12) for x in range(0, 160, 35)]
    points = {"A": (130, 6), "B": (130.4, 6), "C": (5, 6)}
    frame, _ = made(points, buildings=houses(*row))
    assert frame["outline_basis"].to_dict() == {"A": "", "B": "", "C": "buildings"}
    assert frame.geometry["C"].bounds[2] <= 67.5  # the middle between 5 and 130
    frame, _ = made(points, landuse=[shapely.box(0, 0, 200, 100)])  # the area is that of three estates
    assert frame["outline_basis"]["C"] == "tessellation"
    assert frame.geometry["C"].bounds[2] <= 67.5 + 1e-6


def test_of_residential_areas_that_overlap_the_smaller_keeps_what_they_share():
    large, small = shapely.box(0, 0, 250, 100), shapely.box(160, 0, 400, 100)
    points = {"A": (20, 20), "B": (380, 20)}
    for order in (points, dict(reversed(points.items()))):
        frame, _ = made(order, landuse=[large, small])
        assert set(frame["outline_basis"]) == {"osm_landuse"}
        assert frame.geometry["B"].equals(small)
        assert frame.geometry["A"].equals(shapely.box(0, 0, 160, 100))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=12, unique=True),
       st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), max_size=15),
       st.tuples(st.integers(0, 900), st.integers(0, 900)),
       st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(20, 400)), max_size=6))
def test_made_outlines_never_overlap_each_other_or_a_given_one(points, corners, given, areas):
    outline = shapely.box(given[0], given[1], given[0] + 130, given[1] + 90)
    frame, _ = made({f"E{n}": one for n, one in enumerate(points)}, {"G": outline},
                    houses(*((x, y, x + 30, y + 12) for x, y in corners)), streets([(450, -500), (450, 1500)]),
                    [shapely.box(x, y, x + wide, y + wide) for x, y, wide in areas])
    shapes = frame.geometry[frame.geometry.notna()]
    assert shapes.is_valid.all()
    one, other = shapes.sindex.query(shapes, predicate="intersects")
    pairs = one < other  # each two alone: a union of all of them can lose ground in GEOS where edges nearly meet
    assert (shapes.iloc[one[pairs]].intersection(shapes.iloc[other[pairs]], align=False).area < 0.01).all()
    assert (frame["outline_basis"] == "").equals(frame.geometry.isna() | (frame.index == "G"))


def test_the_order_of_the_estates_changes_nothing():
    points = {f"E{n}": ((n * 137) % 500, (n * 71) % 400) for n in range(8)}
    one, _ = made(points)
    other, _ = made(dict(reversed(points.items())))
    assert one.geometry.geom_equals_exact(other.geometry, 1e-9).all()


# The list of estates to locate

def unlocated(folder, *ids):
    """The small town whose roster has estates that no outline is drawn for."""
    town = write_town(folder)
    rows = [["小区编号", "小区名称", "居委会", "所属街道", "地址", "户数"]]
    rows += [[f"X{n:02d}", NAMES[n], "一居", "", "", 100] for n in range(12)]
    rows += [[key, f"{key}里", "二居", "和平街道", f"和平路{n}弄", 300] for n, key in enumerate(ids)]
    workbook(town / "小区名册.xlsx", "名册", rows)
    return town


def check(town):
    return check_project(town, Progress(Console(quiet=True)))


def switch_on(town):
    text = (town / "project.toml").read_text("utf-8")
    (town / "project.toml").write_text(text.replace("[estates]\n", '[estates]\nlocated = "to_locate.xlsx"\n'), "utf-8")


def fill_in(path, **cells):
    """Type 经度, 纬度 and 坐标系 of estates, as one does in a spreadsheet."""
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    head = {cell.value: cell.column for cell in page[1]}
    for row in page.iter_rows(min_row=2):
        if row[0].value in cells:
            for name, value in zip(("经度", "纬度", "坐标系"), cells[row[0].value], strict=True):
                page.cell(row[0].row, head[name], value)
    book.save(path)


def test_check_says_how_many_are_located_and_writes_the_list_of_the_others(tmp_path):
    town = unlocated(tmp_path / "town", "Y1", "Y2")
    found = check(town)
    assert dict(found.located) == {"total": 14, "outlined": 12, "assumed": 0, "nowhere": 2}
    assert found.to_locate == town / "to_locate.xlsx"
    book = openpyxl.load_workbook(found.to_locate)
    page = book.worksheets[0]
    assert [cell.value for cell in page[1]] == [
        "小区编号", "小区名称", "所属居委", "所属街道", "地址", "经度", "纬度", "坐标系", "备注"]
    assert [cell.value for cell in page[2]] == ["Y1", "Y1里", "二居", "和平街道", "和平路0弄", None, None, None, None]
    assert page.max_row == 3
    assert any(one.formula1 == '"WGS84,GCJ-02,BD-09"' for one in page.data_validations.dataValidation)
    notes = " ".join(str(row[0]) for row in book.worksheets[1].values)
    assert all(word in notes for word in ("高德", "腾讯", "GCJ-02", "百度", "BD-09", 'located = "to_locate.xlsx"'))
    fixes = [str(one.fix) for one in found.problems if "neither outline nor coordinates" in str(one.why)]
    assert len(fixes) == 1
    assert 'located = "to_locate.xlsx"' in fixes[0]


def test_no_list_is_written_where_every_estate_has_an_outline(tmp_path):
    town = write_town(tmp_path / "town")
    assert check(town).to_locate is None
    assert not (town / "to_locate.xlsx").exists()


def test_a_filled_in_list_places_each_estate_by_the_system_of_its_row(tmp_path):
    town = unlocated(tmp_path / "town", "Y1", "Y2", "Y3", "Y4")
    check(town)
    # The place meant is 120.56 E, 31.87 N; what the two systems show there is compared with a library elsewhere.
    amap, baidu = ([float(one) for one in from_wgs84(120.56, 31.87, system)] for system in ("GCJ-02", "BD-09"))
    assert abs(amap[0] - 120.56) > 0.003
    fill_in(town / "to_locate.xlsx", Y1=(120.55, 31.87, "WGS84"), Y2=(*amap, "GCJ-02"), Y3=(*baidu, "BD-09"))
    switch_on(town)
    project = read_project(town)
    inputs = read_inputs(project, walking_of(project))
    frame = inputs.estates.frame
    places = gpd.GeoSeries(gpd.points_from_xy(frame["point_x"], frame["point_y"]), index=frame.index, crs=frame.crs)
    degrees = places[["Y1", "Y2"]].to_crs("EPSG:4326")
    assert (degrees["Y1"].x, degrees["Y1"].y) == pytest.approx((120.55, 31.87), abs=1e-6)
    assert (degrees["Y2"].x, degrees["Y2"].y) == pytest.approx((120.56, 31.87), abs=1e-7)
    assert places["Y3"].distance(places["Y2"]) < 0.01
    assert frame.loc[["Y1", "Y2", "Y3", "Y4"], "outline_basis"].tolist() == ["tessellation", "", "", ""]
    said = [str(one.why) for one in inputs.warnings]
    assert "this estate has the same coordinates as Y3里" in said
    assert "1 estates have no coordinates in this list yet" in said
    reading = next(one for one in inputs.readings if one.part == "located")
    assert (reading.rows_in, reading.rows_used) == (4, 3)


def test_the_list_comes_back_through_the_program_itself(tmp_path):
    town = unlocated(tmp_path / "town", "Y1")
    assert estategap("check", town, home=tmp_path).returncode == 0
    fill_in(town / "to_locate.xlsx", Y1=("120.5600", "31.8700", "高德"))
    switch_on(town)
    done = estategap("check", town, home=tmp_path)
    assert "小区 13 个：有边界 12 个，推定边界 1 个，没有位置 0 个" in done.stdout
    assert done.returncode == 0, done.stderr


def test_what_is_filled_in_stays_when_check_finds_another_estate(tmp_path):
    town = unlocated(tmp_path / "town", "Y1", "Y2")
    path = check(town).to_locate
    fill_in(path, Y1=(120.56, 31.87, "GCJ-02"))
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["J1"], book.worksheets[0]["J2"] = "谁填的", "我"
    book.worksheets[0]["I2"] = "看过"
    book.create_sheet("我的表")["A1"] = "留着"
    book.save(path)
    before = path.read_bytes()
    check(town)
    assert path.read_bytes() == before
    unlocated(town, "Y1", "Y2", "Y3")
    check(town)
    book = openpyxl.load_workbook(path)
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert rows[0] == ["Y1", "Y1里", "二居", "和平街道", "和平路0弄", 120.56, 31.87, "GCJ-02", "看过", "我"]
    assert [row[0] for row in rows] == ["Y1", "Y2", "Y3"]
    assert rows[2][4] == "和平路2弄"
    assert book["我的表"]["A1"].value == "留着"


def test_another_file_of_that_name_is_left_alone_and_said(tmp_path):
    town = unlocated(tmp_path / "town", "Y1")
    (town / "to_locate.xlsx").write_bytes(b"not a workbook")
    found = check(town)
    assert (town / "to_locate.xlsx").read_bytes() == b"not a workbook"
    assert any(one.file == "to_locate.xlsx" for one in found.problems)
    workbook(town / "to_locate.xlsx", "别的", [["电话", "数"], ["1", 2]])
    with pytest.raises(InputError, match="not the list of estates to locate"):
        existing_list(town / "to_locate.xlsx")


def located(tmp_path, *rows):
    workbook(tmp_path / "to_locate.xlsx", "待定位小区", [["小区编号", "小区名称", "经度", "纬度", "坐标系"], *rows])
    rows = [["小区编号", "小区名称", "经度", "纬度"], ["A", "光明新苑", None, None], ["B", "和平里", 121.5, 31.2]]
    workbook(tmp_path / "名册.xlsx", "名册", rows)
    log = ProblemLog()
    found = read_estates(outlines=None, roster=Source(tmp_path / "名册.xlsx"), walled_default=True, log=log,
                         town=Town(), located=Source(tmp_path / "to_locate.xlsx"))
    return found, {(one.file, one.row, one.severity, str(one.why)) for one in log}


def test_coordinates_without_a_system_are_an_error_that_asks_for_it(tmp_path):
    found, said = located(tmp_path, ["A", "光明新苑", 121.47, 31.23, None])
    assert ("to_locate.xlsx", 2, "error", "it is not said which map these coordinates were taken from") in said
    assert math.isnan(found.frame.loc["A", "point_x"])


def test_a_row_of_no_estate_is_listed_and_half_a_place_is_an_error(tmp_path):
    found, said = located(tmp_path, ["光明新园", "", 121.47, 31.23, "WGS84"], ["A", "", 121.47, None, "WGS84"])
    assert ("to_locate.xlsx", 2, "warning", "no estate has this id") in said
    assert ("to_locate.xlsx", 2, "warning",
            "1 rows name this estate, which nobody knows; did you mean 光明新苑 (A)?") in said
    assert any(row == 3 and severity == "error" for _, row, severity, _ in said)
    assert found.frame.loc["A", "outline_basis"] == ""


def test_the_list_goes_before_the_roster_and_the_crs_is_chosen_by_points(tmp_path):
    found, _ = located(tmp_path, ["B", "", 121.6, 31.2, "WGS84"])
    assert found.crs.to_epsg() == 4549 or found.crs.is_projected
    place = gpd.GeoSeries([shapely.Point(*found.frame.loc["B", ["point_x", "point_y"]])], crs=found.crs).to_crs(4326)
    assert place.iloc[0].x == pytest.approx(121.6, abs=1e-6)


def test_an_old_key_says_what_to_write_now(tmp_path):
    town = write_town(tmp_path / "town")
    text = (town / "project.toml").read_text("utf-8")
    old = text.replace('[roster]\nfile = "小区名册.xlsx"\nsheet = "名册"\n', "").replace(
        "[estates]\n", '[estates]\nroster = "小区名册.xlsx"\nroster_sheet = "名册"\n')
    (town / "project.toml").write_text(old, "utf-8")
    with pytest.raises(InputError) as caught:
        read_project(town)
    assert [(str(one.column), one.value, str(one.fix)) for one in caught.value.problems] == [
        ("estates.roster", "小区名册.xlsx",
         'remove this line and write [roster] on a line of its own, with file = "…" below it'),
        ("estates.roster_sheet", "名册", 'remove this line and write sheet = "…" below [roster]')]


def test_hostile_names_are_text_in_the_list(tmp_path):
    frame = estates({"A": (0, 0)}).frame.assign(name="=1+1", address="<b>")
    list_to_locate(frame, tmp_path / "to_locate.xlsx", "en")
    frame = frame.set_axis(["=B"], axis="index")
    list_to_locate(frame, tmp_path / "to_locate.xlsx", "en")
    page = openpyxl.load_workbook(tmp_path / "to_locate.xlsx").worksheets[0]
    assert [page["B2"].value, page["B2"].data_type, page["A3"].value, page["A3"].data_type] == ["=1+1", "s", "=B", "s"]
    assert [page["E2"].value, page["E3"].value] == ["<b>", "<b>"]
