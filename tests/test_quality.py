"""What no single row of the figures and names shows is said once; what is sound is passed over in silence."""

import ast
from pathlib import Path

import pytest
from plots import CRS, NOT_KNOWN, estates, rect, said
from rich.console import Console
from small_town import COUNT, IDS, NAMES, X0, Y0, corner, table, workbook, write_town

from estategap.demo.district import write_district
from estategap.job import check_project
from estategap.progress import Progress
from gis.errors import Problem
from gis.tables import Estates
from layers.columns.catalogue import fields_of
from layers.kinds import facility_kinds
from layers.quality.plausible import limits, parts, ratios

CORRECT = ("look whether the figures are of one day and one area; correct the wrong one, or leave it empty where it is "
           "not known")
TWO_PHASES = "delete the row that is there twice, or tell the estates apart by their names, such as 一期 and 二期"


# figures


def test_a_roster_that_holds_together_is_passed_over():
    good = {"households": 100, "residents": 260, "residents_registered": 200, "residents_60plus": 60,
            "residents_under3": 6, "residents_3to5": 6, "residents_6to11": 12, "parking_spaces": 50,
            "parking_on_fire_lane": 5, "resident_cars": 80, "night_cars": 90, "evs": 8, "ebikes": 120,
            "ebike_ports": 40, "blocks": 5, "storeys": 6}
    assert said(estates(good, good | {"households": 120}, {}, {"residents": 10})) == []


@pytest.mark.parametrize(("part", "label", "figure"), [
    ("residents_60plus", "60岁以上", 780), ("residents_under3", "3岁以下", 501), ("residents_3to5", "3-5岁", 600),
    ("residents_6to11", "6-11岁", 501)])
def test_more_of_an_age_than_residents(part, label, figure):
    facts = {"residents": 500, part: figure}
    assert said(estates(facts, {"residents": 500, part: 500}, {part: 9})) == [
        (f"warning: column {label}, value '甲 (A): {figure} > 500': {label} is more than 常住人口 in 1 estates → "
         f"{CORRECT}")]


def test_ages_that_together_are_more_than_residents():
    """10 + 20 + 30 + 450 = 510; where one age alone is too many already, that is said and not the sum."""
    ages = {"residents": 500, "residents_under3": 10, "residents_3to5": 20, "residents_6to11": 30}
    assert said(estates(ages | {"residents_60plus": 450}, ages | {"residents_60plus": 440},
                        {"residents": 500, "residents_60plus": 501})) == [
        f"warning: column 60岁以上, value '丙 (C): 501 > 500': 60岁以上 is more than 常住人口 in 1 estates → {CORRECT}",
        ("warning: column 3岁以下, value '甲 (A): 510 > 500': 3岁以下 + 3-5岁 + 6-11岁 + 60岁以上 is more than "
         f"常住人口 in 1 estates → {CORRECT}")]


def test_spaces_and_electric_cars_that_are_more_than_their_whole():
    """Where both kinds of spaces are given, the reader of the roster compares their sum with the total."""
    assert said(estates({"parking_spaces": 20, "parking_on_fire_lane": 30}, {"resident_cars": 5, "evs": 6},
                        {"parking_spaces": 20, "parking_ground": 25},
                        {"parking_spaces": 20, "parking_ground": 25, "parking_underground": 5})) == [
        f"warning: column 新能源车, value '乙 (B): 6 > 5': 新能源车 is more than 居民车辆 in 1 estates → {CORRECT}",
        f"warning: column 地面停车位, value '丙 (C): 25 > 20': 地面停车位 is more than 停车位 in 1 estates → {CORRECT}",
        ("warning: column 占用消防通道车位, value '甲 (A): 30 > 20': 占用消防通道车位 is more than 停车位 in 1 estates "
        f"→ {CORRECT}")]


@pytest.mark.parametrize(("over", "under", "figures", "message"), [
    ("residents", "households", (900, 100), "常住人口 / 户数 is below 0.5 or above 8"),
    ("residents", "households", (49, 100), "常住人口 / 户数 is below 0.5 or above 8"),
    ("residents_registered", "residents", (5001, 1000), "户籍人口 / 常住人口 is below 0.05 or above 5"),
    ("parking_spaces", "households", (501, 100), "停车位 / 户数 is above 5"),
    ("resident_cars", "households", (501, 100), "居民车辆 / 户数 is above 5"),
    ("night_cars", "resident_cars", (301, 100), "夜间停车数 / 居民车辆 is above 3"),
    ("ebikes", "households", (501, 100), "电动自行车数 / 户数 is above 5"),
    ("ebike_ports", "ebikes", (501, 100), "充电端口数 / 电动自行车数 is above 5"),
    ("households", "blocks", (1501, 1), "户数 / 幢数 is above 1500")])
def test_two_figures_that_do_not_go_together(over, under, figures, message):
    column = fields_of("roster")[over].label
    value = f"甲 (A): {figures[0]} / {figures[1]}"
    assert said(estates(dict(zip((over, under), figures, strict=True)), {over: 4, under: 4}, {over: 3})) == [
        f"warning: column {column}, value '{value}': {message} in 1 estates → {CORRECT}"]


def test_none_of_one_thing_but_some_of_what_belongs_to_it():
    assert said(estates({"households": 0, "residents": 12}, {"blocks": 0, "households": 30},
                        {"households": 0, "residents": 0, "blocks": 0})) == [
        f"warning: column 户数, value '甲 (A): 12 / 0': 1 estates have 0 户数 but more than 0 常住人口 → {NOT_KNOWN}",
        f"warning: column 幢数, value '乙 (B): 30 / 0': 1 estates have 0 幢数 but more than 0 户数 → {NOT_KNOWN}"]


def test_a_figure_no_estate_can_have_is_an_error_and_an_unlikely_one_a_warning():
    fix = ("correct the figure: look for a digit too many, or the total of a larger area; leave it empty where it is "
           "not known")
    cars, high = {"resident_cars": 2_500_000}, {"storeys": 601}
    assert said(estates(cars, high, {"resident_cars": 500_000, "storeys": 100})) == [
        ("warning: column 层数, value '乙 (B): 601': 1 estates have more than 100, which no estate is believed to "
         f"have → {fix}"),
        ("error: column 居民车辆, value '甲 (A): 2500000': 1 estates have more than 500000, which no estate is "
         f"believed to have → {fix}")]


def test_half_a_household_is_asked_about_and_half_a_square_metre_is_not():
    fix = CORRECT
    assert said(estates({"households": 636.5, "idle_area_m2": 20.5}, {"households": 640})) == [
        (f"warning: column 户数, value '甲 (A): 636.5': 1 estates have a number that is not whole; it is used as it "
         f"stands → {fix}")]


def test_columns_that_change_places_are_one_warning_and_not_one_for_each_estate():
    """Four of five have more households than residents; of three or where one of two has it, nothing is exchanged."""
    turned = [{"households": 250 + n, "residents": 100 + n} for n in range(4)]
    assert said(estates(*turned, {"households": 100, "residents": 250})) == [
        ("warning: column 户数: 户数 is larger than 常住人口 in 4 of 5 estates: the two columns look exchanged → "
        "look at the headers of the two columns and exchange them where they are wrong")]
    assert "exchanged" not in str(said(estates(*turned)))
    assert said(estates(*[{"households": 101 + n, "residents": 100} for n in range(3)],
                        *[{"households": 100, "residents": 250}] * 3)) == []


def test_a_column_of_zeros_is_asked_about_and_so_is_one_figure_for_all():
    """Twenty estates; with 19 figures, or where one differs, nothing is said. One storey count for all is possible."""
    rows = [{"hydrants": 0, "resident_cars": 7, "storeys": 6, "idle_rooms": 0 if n else 1} for n in range(20)]
    assert said(estates(*rows)) == [
        ("warning: column 居民车辆, value '7': all 20 estates have the same figure → look whether the figure of "
         "one row was filled down; leave the cell empty where it is not known"),
        ("warning: column 消火栓, value '0': all 20 estates have 0: was that counted, or are these blanks filled in? → "
        f"{NOT_KNOWN}")]
    assert said(estates(*rows[:19], {})) == []


def test_of_many_estates_ten_are_named_and_all_are_counted():
    [one] = said(estates(*[{"residents": 500, "residents_60plus": 600 + n} for n in range(14)]))
    assert one.count(" > 500") == 10
    assert "60岁以上 is more than 常住人口 in 14 estates" in one


def test_estates_without_outline_or_figures_and_empty_lists_raise_no_doubt():
    assert said(estates({}, {}, shapes=[None, None]), facilities={"nurseries": {}}) == []
    assert said(Estates.empty(CRS)) == []


# names


def test_one_name_for_several_estates():
    """Bracket and width do not tell two estates apart: both rows are one name; a part of its own is another."""
    rows = [{"name": name} for name in ("幸福小区(一期)", "幸福小区（一期）", "幸福小区二期", "", "")]
    assert said(estates(*rows)) == [
        ("warning: column 小区名称, value '幸福小区(一期): A、B': 1 names are borne by several estates: a list "
         f"that gives no id cannot mean one of them → {TWO_PHASES}")]


def test_one_name_on_outlines_that_overlap_is_likely_one_estate():
    shapes = [rect(0, 0, 100, 100), rect(60, 0, 160, 100), rect(300, 0, 400, 100)]
    assert said(estates({"name": "幸福"}, {"name": "幸福小区"}, {"name": "别处"}, shapes=shapes)) == [
        ("warning: column 小区名称, value '幸福: A、B': 1 names are borne by estates whose outlines overlap: is "
         f"one estate there twice? → {TWO_PHASES}"),
        ("warning: value '幸福小区 (B) + 幸福 (A): 4000 m² (40.0%)': 1 pairs of outlines overlap → redraw the line "
         "between the two, so that each place belongs to one estate")]


# whole projects, as files


def checked(project) -> list[Problem]:
    return list(check_project(project, Progress(Console(quiet=True))).problems)


def test_file_sheet_and_the_planners_own_header_are_named(tmp_path):
    town = write_town(tmp_path / "town")
    head = ("小区编号", "小区名称", "总户数（户）", "实有人口", "老年人口")
    rows = [(IDS[n], NAMES[n], 200 + n, 500 + n, 600 if n == 3 else 100) for n in range(COUNT)]
    workbook(town / "小区名册.xlsx", "名册", [head, *rows])
    gates = [(f"g{n}", IDS[n], corner(n)[0] + 80, corner(n)[1]) for n in range(COUNT - 1)]
    table(town / "出入口.csv", ("出入口编号", "小区编号", "x", "y"), gates)
    place = ("设施编号", "名称", "容量", "x", "y")
    table(town / "养老.csv", place, [("f1", "甲站", 3000, X0, Y0), ("f2", "乙站", 10, X0 + 90_000, Y0)])
    found = {(one.file, one.sheet, str(one.column), one.value) for one in checked(town) if one.severity == "warning"}
    assert found >= {
        ("小区名册.xlsx", "名册", "老年人口", f"{NAMES[3]} ({IDS[3]}): 600 > 503"),
        ("出入口.csv", "", "", f"{NAMES[11]} ({IDS[11]})"),
        ("养老.csv", "", "容量", "甲站 (f1): 3000"),
        ("养老.csv", "", "", "乙站 (f2)")}


def test_an_impossible_figure_stops_the_job_with_all_else_that_is_wrong(tmp_path):
    town = write_town(tmp_path / "town")
    rows = [(IDS[n], NAMES[n], 200 + n if n else 12_800_000, 3) for n in range(COUNT)]
    workbook(town / "小区名册.xlsx", "名册", [("小区编号", "小区名称", "户数", "幢数"), *rows])
    table(town / "养老.csv", ("设施编号", "名称", "容量", "x", "y"), [("f1", "甲站", "很多", X0, Y0)])
    errors = [(one.file, str(one.column), one.value) for one in checked(town) if one.severity == "error"]
    assert errors == [("养老.csv", "容量", "很多"), ("小区名册.xlsx", "户数", f"{NAMES[0]} ({IDS[0]}): 12800000")]


@pytest.mark.parametrize("seed", [20261031, 7])
def test_nothing_is_doubted_in_the_demonstration_district(tmp_path, seed):
    """Its town holds together: figures, outlines, gates, buildings and facilities agree."""
    write_district(tmp_path, seed)
    assert [one for one in checked(tmp_path) if getattr(one.why, "template", one.why) in doubts()] == []


def doubts():
    """Every sentence that this check can say, but for those of a fix."""
    sources = sorted((Path(__file__).parents[1] / "layers" / "quality").glob("*.py"))
    calls = [node for source in sources for node in ast.walk(ast.parse(source.read_text("utf-8")))
             if isinstance(node, ast.Call)]
    said_first = {node.args[0].value for node in calls if getattr(node.func, "id", "") == "say"}
    assert len(said_first) > 30
    return said_first


# the limits


def test_every_limit_names_a_field_and_a_kind_that_there_is():
    fields = fields_of("roster")
    named = {*limits("impossible"), *limits("doubtful"), *(one.over for one in ratios()),
             *(one.under for one in ratios()), *(part for one in parts() for part in one.parts),
             *(one.whole for one in parts())}
    assert named - {"lifts"} <= set(fields)
    assert set(limits("capacity")) <= set(facility_kinds())
    assert set(limits("impossible")).isdisjoint(limits("doubtful"))
