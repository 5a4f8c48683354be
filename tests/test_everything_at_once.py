"""Everything wrong at once: what keeps the estates from being read hides nothing that is wrong with the other files."""

import re

import openpyxl
import pytest
from rich.console import Console
from small_town import IDS, NAMES, corner, table, workbook, write_town

from estategap.job import check_project, run_project
from estategap.progress import Progress
from gis.errors import InputError

MORE = """
[[population]]
file = "人口.tif"

[lifts]
file = "电梯.csv"

[responsibilities]
file = "责任分工.csv"

[progress]
file = "任务进度.csv"
"""
BAD = {
    ("单元门.csv", 2, "x, y"), ("出入口.csv", 3, "步行"), ("工单.csv", 2, "日期"), ("停车场.xlsx", 4, "容量"),
    ("养老.csv", 2, "容量"), ("养老.csv", 3, "状态"), ("微型消防站.csv", 2, "出动时间"),
    ("电梯.csv", 2, "投用年份"), ("任务进度.csv", 2, "计划完成日期"), ("人口.tif", None, ""),
}
"""A cell or column that cannot be read in each list but the estates', by hand: file, row, column."""


@pytest.fixture
def town(tmp_path):
    """The small town in which every list but the estates' has something that cannot be read."""
    town = write_town(tmp_path / "town")
    (x, y), day = corner(0), "2026-02-30"
    table(town / "单元门.csv", ("单元门编号", "楼栋编号", "x", "y"),
          [("d1", "", "五十", y), ("d2", "", x + 80, y + 50)])
    table(town / "出入口.csv", ("出入口编号", "小区编号", "步行", "x", "y"),
          [("g1", IDS[0], "是", x + 80, y), ("g2", IDS[1], "多半", x + 280, y)])
    table(town / "工单.csv", ("小区编号", "小区名称", "诉求类型", "日期"),
          [(IDS[0], "", "停车", day), ("", NAMES[1], "停车", "")])
    book = openpyxl.load_workbook(town / "停车场.xlsx")
    book["清单"]["C4"].value = "很多"
    book.save(town / "停车场.xlsx")
    # a site without a place that names its estate is right, whoever knows the estates
    table(town / "养老.csv", ("名称", "小区名称", "容量", "状态", "x", "y"),
          [("甲", NAMES[2], "若干", "", "", ""), ("乙", NAMES[3], 5, "半开", "", "")])
    table(town / "微型消防站.csv", ("名称", "小区编号", "出动时间"), [("丙", IDS[0], "马上")])
    table(town / "电梯.csv", ("电梯编号", "小区名称", "投用年份"), [("1#", NAMES[0], "去年"), ("2#", NAMES[1], 2010)])
    table(town / "责任分工.csv", ("事项", "社区", "责任单位"), [("停车位", NAMES[0], "房管所")])
    table(town / "任务进度.csv", ("任务编号", "计划完成日期"), [("X00-停车", "下月")])
    (town / "人口.tif").write_bytes(b"II*\0")
    with (town / "project.toml").open("a", encoding="utf-8") as file:
        file.write(MORE)
    return town


def rewrite(town, old, new):
    text = (town / "project.toml").read_text("utf-8")
    assert old in text
    (town / "project.toml").write_text(text.replace(old, new, 1), "utf-8")


def without_outlines(town):
    rewrite(town, 'file = "小区边界.gpkg"', "")


def nameless(town):
    without_outlines(town)
    workbook(town / "小区名册.xlsx", "名册", [("小区编号", "小区名称", "户数"), ("", "", 200), ("", "", 300)])


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


WAYS = {
    "nothing": (str, set()),
    "no such sheet": (lambda town: rewrite(town, 'sheet = "名册"', 'sheet = "名冊二"'), {"小区名册.xlsx"}),
    "a roster without rows": (
        lambda town: workbook(town / "小区名册.xlsx", "名册", [("小区编号", "小区名称", "户数")]), {"小区名册.xlsx"}),
    "a roster of bad rows": (nameless, {"小区名册.xlsx"}),
    "no roster": (lambda town: (town / "小区名册.xlsx").unlink(), {"小区名册.xlsx"}),
    "outlines cut short": (lambda town: half(town / "小区边界.gpkg"), {"小区边界.gpkg"}),
    "both": (lambda town: (half(town / "小区边界.gpkg"), (town / "小区名册.xlsx").unlink()),
             {"小区边界.gpkg", "小区名册.xlsx"}),
    "estates, streets and CRS": (
        lambda town: (half(town / "小区边界.gpkg"), (town / "小区名册.xlsx").unlink(), half(town / "道路.gpkg"),
                      rewrite(town, 'crs = "EPSG:4549"\nseed', "seed")),
        {"小区边界.gpkg", "小区名册.xlsx", "道路.gpkg"}),
    "no metric CRS": (lambda town: (without_outlines(town), rewrite(
        town, 'crs = "EPSG:4549"\nseed', 'crs = "EPSG:1"\nseed')), {"project.toml"}),
    "OSM cut short": (lambda town: ((town / "x.osm").write_bytes(b"<osm><node"), rewrite(
        town, "[basemap]", '[osm]\nfile = "x.osm"\n[basemap]')), {"x.osm"}),
    "no estates": (lambda town: (without_outlines(town), rewrite(
        town, '[roster]\nfile = "小区名册.xlsx"\nsheet = "名册"', "")), {"project.toml"}),
}

OF_ESTATES = re.compile("estate nobody knows|no estate|list of estates|which nobody knows")
"""What would be said of lists whose estates nobody knows."""
NOWHERE = {"estates, streets and CRS", "no metric CRS"}
"""Ways in which nothing says which part of a grid to look at."""


def checked(town):
    return check_project(town, Progress(Console(quiet=True)), lang="en")


@pytest.mark.parametrize("way", WAYS)
def test_what_keeps_estates_from_being_read_hides_no_bad_cell_and_brings_no_other_error(town, way):
    spoil, files = WAYS[way]
    spoil(town)
    problems = checked(town).problems
    errors = [one for one in problems if one.severity == "error"]
    others = {(one.file, one.row, str(one.column)) for one in errors if one.file not in files}
    assert others == {one for one in BAD if way not in NOWHERE or one[0] != "人口.tif"}, [str(one) for one in errors]
    assert {one.file for one in errors} - {file for file, *_ in BAD} == files
    assert len(errors) == len(set(errors))
    assert [str(one) for one in problems if one.file not in files and OF_ESTATES.search(str(one.why))] == []
    assert (town / "to_locate.xlsx").exists() == (way == "no metric CRS")  # the one way in which estates are read


FAULTS = {
    # what is written instead of what; what is said: line, and a part of the sentence; whose bad cells nobody can tell
    "a value of a wrong type": ({"seed = 7": 'seed = "七"'}, {(5, "valid integer")}, set()),
    "an unknown key": ({"seed = 7": "sead = 7"}, {(5, "there is no such key")}, set()),
    "no day": ({"data_date = 2026-10-31": ""}, {(1, "this key is needed")}, set()),
    "an unknown section": ({"[basemap]": "[basmap]"}, {(32, "there is no such key")}, set()),
    "the same key twice": ({"seed = 7": "seed = 7\nseed = 8"}, {(6, "stands there twice")}, set()),
    "the same section twice": ({"[gates]": "[doors]"}, {(25, "stands there twice")}, {"出入口.csv"}),
    "Chinese quotes": ({'file = "出入口.csv"': "file = “出入口.csv”"}, {(26, "not valid TOML")}, {"出入口.csv"}),
    "a header that is not closed": ({"[gates]": "[gates"}, {(25, "not valid TOML")}, {"出入口.csv"}),
    "a list of a wrong kind": ({'kind = "car_parks"': 'kind = "carparks"'}, {(None, "no such kind of facility")},
                               {"停车场.xlsx"}),
    "a wrong key in one of several lists": (
        {'file = "养老.csv"': 'file = "养老.csv"\nsheets = "x"'}, {(45, "there is no such key")}, {"养老.csv"}),
    "faults of all kinds": (
        {"seed = 7": 'seed = "七"\nseed = 8', "[buildings]": "[buildings]\nlayers = 1",
         "[complaints]": "[complaints]\nfrom = 是"},
        {(5, "valid integer"), (6, "stands there twice"), (20, "there is no such key"), (32, "not valid TOML")},
        {"工单.csv"}),
    "the estates' own section": ({'file = "小区边界.gpkg"': "file = 5"}, {(8, "valid string")}, set()),
    "the roster's own section": (
        {'sheet = "名册"': 'sheet = "名册"\nsheet = "名册"'}, {(13, "stands there twice")}, set()),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_in_the_project_file_hides_no_bad_cell_and_brings_no_other_error(town, fault):
    changes, said, hidden = FAULTS[fault]
    for old, new in changes.items():
        rewrite(town, old, new)
    problems = checked(town).problems
    errors = [one for one in problems if one.severity == "error"]
    own = [one for one in errors if one.file == "project.toml"]
    assert len(own) == len(said), [str(one) for one in own]
    assert all(any(one.row == row and part in str(one.why) for one in own) for row, part in said), list(map(str, own))
    others = {(one.file, one.row, str(one.column)) for one in errors if one.file != "project.toml"}
    assert others == {one for one in BAD if one[0] not in hidden}


def test_run_says_the_same_errors_as_check(town):
    rewrite(town, "seed = 7", "seed = 7\nseed = 8\nsead = 9")
    errors = {str(one) for one in checked(town).problems if one.severity == "error"}
    with pytest.raises(InputError) as caught:
        run_project(town, lang="en", out=None, force=False, progress=Progress(Console(quiet=True)))
    assert {str(one) for one in caught.value.problems if one.severity == "error"} == errors
    assert len(errors) == len(BAD) + 2


def test_a_project_file_in_the_old_encoding_is_understood_all_the_same(town):
    text = (town / "project.toml").read_text("utf-8")
    (town / "project.toml").write_bytes(text.encode("gb18030"))
    said = {(one.file, one.row, str(one.column)) for one in checked(town).problems if one.severity == "error"}
    assert said == BAD | {("project.toml", None, "")}
