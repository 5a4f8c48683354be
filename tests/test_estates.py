"""Outlines and rosters become estates, and no row of either is lost."""

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

from gis.errors import InputError, ProblemLog
from layers.estates import mark_edge_of_data, read_estates
from layers.placing.places import Town
from layers.reading.files import Source

HOSTILE = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "../../etc/passwd", "🏠", "长" * 200]


def outlines(folder, rows, shapes=None, crs="EPSG:4549", name="边界.gpkg"):
    west = range(500_000, 500_000 + 1000 * len(rows), 1000)
    shapes = shapes or [shapely.box(x, 3_400_000, x + 100, 3_400_100) for x in west]
    gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4549").to_crs(crs).to_file(folder / name)
    return Source(folder / name)


def roster(folder, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
        for cell in book.active[book.active.max_row]:
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type  # "=..." is a name here, no formula
    book.save(folder / "名册.xlsx")
    return Source(folder / "名册.xlsx")


def read(shapes, table, **kwargs):
    log = ProblemLog()
    given = {"outlines": shapes, "roster": table, "walled_default": True, "log": log, "town": Town(), **kwargs}
    estates = read_estates(**given)
    return estates, list(log)


def test_rows_join_by_id_though_names_differ_and_by_name_where_there_is_no_id(tmp_path):
    rows = [{"小区编号": "A", "小区名称": "幸福小区"}, {"小区编号": None, "小区名称": "光明小区（一期）"}]
    shapes = outlines(tmp_path, rows)
    table = roster(tmp_path, ["小区编号", "小区名称", "户数"], ["B", "光明小区 (一期)", 20], ["A", "改名小区", 10])
    estates, problems = read(shapes, table)
    assert [(one.severity, str(one.why)) for one in problems] == [
        ("warning", "1 rows join by id though the names differ: 改名小区 / 幸福小区")]
    assert estates.frame["households"].to_dict() == {"A": 10.0, "B": 20.0}
    assert estates.frame["households_basis"].tolist() == ["roster", "roster"]
    assert estates.frame["name"].to_dict() == {"A": "幸福小区", "B": "光明小区（一期）"}
    assert estates.located.all()


def test_unmatched_rows_of_both_sides_stay_and_are_listed(tmp_path):
    shapes = outlines(tmp_path, [{"小区名称": "只有边界"}, {"小区名称": "两者都有"}])
    table = roster(tmp_path, ["小区名称", "户数"], ["两者都有", 10], ["只有名册", 30])
    estates, problems = read(shapes, table)
    assert estates.located.to_dict() == {"两者都有": True, "只有名册": False, "只有边界": True}
    assert estates.frame.loc["只有名册", "households"] == 30
    assert np.isnan(estates.frame.loc["只有边界", "households"])
    assert estates.frame.loc["只有边界", "households_basis"] == ""
    assert [(one.file, one.row, one.severity, str(one.why)) for one in problems] == [
        ("边界.gpkg", 1, "warning", "1 outlines have no row in the roster: 只有边界"),
        ("名册.xlsx", 3, "warning", "1 rows of the roster have no outline: 只有名册"),
        ("名册.xlsx", 3, "warning",
         "1 of 3 estates have neither outline nor coordinates; what depends on place is unknown for them")]


def test_ids_that_contradict_each_other_do_not_join_by_name(tmp_path):
    shapes = outlines(tmp_path, [{"小区编号": "A", "小区名称": "幸福"}])
    estates, problems = read(shapes, roster(tmp_path, ["小区编号", "小区名称", "户数"], ["B", "幸福", 10]))
    assert estates.located.to_dict() == {"A": True, "B": False}
    assert [(one.severity, one.row, str(one.why)) for one in problems if "another id" in str(one.why)] == [
        ("error", 2, "边界.gpkg has the same name with another id, A: is it one estate or are these two?")]


def test_ids_of_two_systems_contradict_nothing_and_rows_join_by_name_with_one_warning(tmp_path):
    """A roster numbered 1, 2, 3 and outlines with codes: not one id is in both."""
    shapes = outlines(tmp_path, [{"小区编号": "SP01", "小区名称": "幸福"}, {"小区编号": "SP02", "小区名称": "和平"},
                                 {"小区编号": "SP03", "小区名称": "光明"}])
    estates, problems = read(shapes, roster(tmp_path, ["小区编号", "小区名称", "户数"], [1, "和平", 10],
                                            [2, "幸福", 20], [3, "东风", 30]))
    assert estates.frame["households"].to_dict() == pytest.approx(
        {"SP01": 20, "SP02": 10, "SP03": float("nan"), "3": 30}, nan_ok=True)
    (said,) = [one for one in problems if "joined by their names" in str(one.why)]
    assert (said.severity, said.row) == ("warning", 2)
    assert str(said.why) == ("no id of this file is an id of 边界.gpkg, such as SP02 there; 2 rows were joined by "
                             "their names alone, and the ids of 边界.gpkg hold")


def test_a_name_of_two_estates_is_an_error_with_the_row(tmp_path):
    shapes = outlines(tmp_path, [{"小区编号": "A", "小区名称": "幸福"}, {"小区编号": "B", "小区名称": "幸福"}])
    _, problems = read(shapes, roster(tmp_path, ["小区名称", "户数"], ["幸福", 10]))
    errors = [str(one) for one in problems if one.severity == "error"]
    assert errors == [(
        "名册.xlsx, sheet Sheet, row 2, value '幸福': this name stands for more than one estate, so the row cannot be "
        "joined by it → delete the row or outline that is there twice; of one estate in several outlines, merge them "
        "into one; of two estates, add the column 小区编号 to this file and to 边界.gpkg")]


def test_an_id_given_twice_is_an_error_with_the_row(tmp_path):
    _, problems = read(None, roster(tmp_path, ["小区编号", "户数"], ["A", 1], ["A", 2]), town=Town("EPSG:4549"))
    assert (problems[0].row, problems[0].value, problems[0].severity) == (3, "A", "error")


def test_walled_and_numbers_follow_the_roster_then_the_outlines_then_the_default(tmp_path):
    shapes = outlines(tmp_path, [{"id": "A", "户数": 5}, {"id": "B", "户数": 6}, {"id": "C", "户数": 7}])
    table = roster(tmp_path, ["小区编号", "户数", "封闭管理"], ["A", 50, "否"], ["B", None, "是"], ["C", 7, None])
    estates, problems = read(shapes, table, walled_default=False)
    assert estates.frame["walled"].to_dict() == {"A": False, "B": True, "C": False}
    assert estates.frame["households"].to_dict() == {"A": 50.0, "B": 6.0, "C": 7.0}
    assert [str(one.why) for one in problems] == ["1 values of 户数 differ from those of 边界.gpkg, first for ''"]


def test_a_decade_of_building_has_no_year_but_its_bounds(tmp_path):
    table = roster(tmp_path, ["小区名称", "建成年份"], ["甲里", "九十年代"], ["乙里", "1998年"], ["丙里", None])
    estates, _ = read(None, table, town=Town("EPSG:4549"), data_year=2026)
    years = estates.frame[["build_year", "build_year_low", "build_year_high"]].fillna(-1)
    assert years.loc[["甲里", "乙里", "丙里"]].to_numpy().tolist() == [[-1, 1990, 1999], [1998] * 3, [-1] * 3]


def test_an_outline_is_assumed_only_where_a_row_says_so(tmp_path):
    rows = [{"id": "A", "边界推定": "是"}, {"id": "B", "边界推定": "否"}, {"id": "C", "边界推定": None}]
    shapes = outlines(tmp_path, rows)
    estates, problems = read(shapes, None)
    assert estates.frame["outline_assumed"].to_dict() == {"A": True, "B": False, "C": False}
    assert problems == []


def test_the_metric_crs_is_chosen_from_the_outlines_or_given(tmp_path):
    shapes = outlines(tmp_path, [{"小区名称": "幸福"}], crs="EPSG:4326", name="边界.geojson")
    estates, _ = read(shapes, None)
    assert estates.crs.to_epsg() == 4549
    assert estates.frame.geometry.area.iloc[0] == pytest.approx(10_000, abs=0.01)
    assert read(shapes, None, town=Town("EPSG:32650"))[0].crs.to_epsg() == 32650


def test_a_broken_outline_is_repaired_and_the_areas_are_said(tmp_path):
    bow = shapely.Polygon([(500_000, 3_400_000), (500_010, 3_400_010), (500_010, 3_400_000), (500_000, 3_400_010)])
    estates, problems = read(outlines(tmp_path, [{"小区名称": "蝴蝶"}], [bow]), None)
    assert estates.frame.geometry.area.iloc[0] == pytest.approx(50.0)  # two triangles of 10 × 5 / 2
    assert len(problems) == 1
    assert (problems[0].row, problems[0].value, problems[0].severity) == (1, "蝴蝶", "warning")
    assert str(problems[0].why).endswith("repaired: 0.0 m² before, 50.0 m² after")


def test_an_outline_among_lines_is_read_and_one_without_area_is_none(tmp_path):
    area = shapely.box(500_000, 3_400_000, 500_100, 3_400_100)
    flat = shapely.Polygon([(500_000, 3_400_000), (500_100, 3_400_000), (500_200, 3_400_000)])
    mixed = shapely.GeometryCollection([shapely.LineString([(500_000, 3_400_000), (500_000, 3_400_500)]), area])
    estates, problems = read(outlines(tmp_path, [{"小区名称": "混"}, {"小区名称": "平"}], [mixed, flat]), None)
    assert estates.located.to_dict() == {"混": True, "平": False}
    assert estates.frame.geometry["混"].equals(area)
    [said] = [one for one in problems if "no area" in str(one.why)]
    assert (said.row, said.value) == (2, "平")
    assert str(said.why).startswith("this outline has no area (")


def test_a_point_says_where_an_estate_lies_and_several_say_nothing(tmp_path):
    shapes = [shapely.Point(500_000, 3_400_000), shapely.box(500_000, 3_400_000, 500_100, 3_400_100),
              shapely.MultiPoint([(500_000, 3_400_000), (500_100, 3_400_000)])]
    rows = [{"小区名称": "点"}, {"小区名称": "面"}, {"小区名称": "点群"}]
    estates, problems = read(outlines(tmp_path, rows, shapes), None)
    assert estates.located.to_dict() == {"点": False, "面": True, "点群": False}
    assert estates.frame["outline_basis"].to_dict() == {"点": "", "面": "outline", "点群": ""}
    assert estates.frame.loc["点", ["point_x", "point_y"]].tolist() == [500_000, 3_400_000]
    assert estates.frame.loc[["面", "点群"], ["point_x", "point_y"]].isna().all(axis=None)
    assert [str(one.why) for one in problems] == [
        "1 rows hold MultiPoint, not outlines",
        "1 of 3 estates have neither outline nor coordinates; what depends on place is unknown for them"]


def test_a_roster_alone_gives_estates_without_outlines(tmp_path):
    table = roster(tmp_path, ["小区名称", "户数"], ["幸福", 10])
    estates, problems = read(None, table, town=Town("EPSG:4549"))
    assert not estates.located.any()
    assert str(problems[-1].why) == (
        "1 of 1 estates have neither outline nor coordinates; what depends on place is unknown for them")
    with pytest.raises(InputError, match="no coordinate system can be chosen"):
        read(None, table)


def test_degrees_that_claim_to_be_metres_and_metres_that_claim_to_be_degrees(tmp_path):
    shapes = outlines(tmp_path, [{"小区名称": "幸福"}])
    with pytest.raises(InputError) as caught:
        read(Source(shapes.path, crs="EPSG:4326"), None)
    assert "rows do not say their zone" in str(caught.value)


def test_all_files_that_cannot_be_read_are_named_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        read(Source(tmp_path / "边界.gpkg"), Source(tmp_path / "名册.xlsx"))
    assert [one.file for one in caught.value.problems] == ["边界.gpkg", "名册.xlsx"]


def test_hostile_names_stay_text(tmp_path):
    shapes = outlines(tmp_path, [{"小区名称": name} for name in HOSTILE])
    estates, _ = read(shapes, roster(tmp_path, ["小区名称", "户数"], *[[name, 1] for name in HOSTILE]))
    assert estates.located.all()
    assert set(estates.frame["name"]) == set(HOSTILE)


def test_estates_near_the_rim_of_the_streets_are_marked(tmp_path):
    shapes = outlines(tmp_path, [{"小区名称": name} for name in ("近边", "中间", "外面")])
    estates, _ = read(shapes, roster(tmp_path, ["小区名称"], ["近边"], ["中间"], ["外面"], ["无图"]))
    extent = shapely.box(499_900, 3_399_000, 502_000, 3_401_000)  # 100 m west of 近边, 900 m east of 中间
    marks = mark_edge_of_data(estates, extent, 300.0).frame["edge_of_data"]
    assert marks.to_dict() == {"近边": True, "中间": False, "外面": True, "无图": False}
    assert not mark_edge_of_data(estates, None, 300.0).frame["edge_of_data"].any()


def test_the_total_row_of_a_table_is_no_estate(tmp_path):
    book = openpyxl.Workbook()
    for row in (["小区编号", "小区名称", "户数"], ["A1", "春里", 300], ["", "合计", 300]):
        book.active.append(row)
    book.save(tmp_path / "名册.xlsx")
    log = ProblemLog()
    estates = read_estates(outlines=None, roster=Source(tmp_path / "名册.xlsx"), walled_default=True, log=log,
                           town=Town("EPSG:4549"))
    assert list(estates.ids) == ["A1"]
    assert [(one.row, one.value, one.severity) for one in log if "total" in str(one.why)] == [(3, "合计", "warning")]
