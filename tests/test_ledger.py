"""Every row of every input file is used or listed with the reason; and what was read as what is said and kept."""

import json
import re
import xml.etree.ElementTree as ET

import openpyxl
import pytest
from places import tongji_project
from rich.console import Console
from small_town import CRS, IDS, NAMES, estategap, table, write_town

from estategap.demo.samples import write_sample
from estategap.job import check_project
from estategap.progress import Progress
from gis.errors import InputError, ProblemLog, say
from gis.ledger import Reading
from layers.osm import read_osm
from layers.placing.places import Town
from layers.reading.files import Source
from layers.rows import read_rows
from maps.account import account_lines, accounts, manifest_entry, row_ranges
from maps.texts import Texts


def checked(town):
    return check_project(town, Progress(Console(quiet=True)))


def test_an_account_that_does_not_balance_is_refused():
    with pytest.raises(InputError, match="5 rows, 3 used, 1 left out"):
        Reading(file="a.csv", part="gates", rows_in=5, rows_used=3, left_out={"why": (4,)})


def test_a_row_that_a_reader_forgets_breaks_the_account(tmp_path):
    table(tmp_path / "a.csv", ("小区编号", "户数"), [("A", 1), ("B", 2)])
    rows = read_rows(Source(tmp_path / "a.csv"), "roster", part="roster", town=Town(CRS), log=ProblemLog())
    with pytest.raises(InputError, match="does not balance"):
        rows.done(rows.kept[:1])


def test_examples_and_totals_are_left_out_before_their_cells_are_looked_at(tmp_path):
    table(tmp_path / "a.csv", ("小区编号", "小区名称", "户数"),
          [("示例：X00", "示例", "几百"), ("A", "春里", 1), ("", "合计", "一共1")])
    log = ProblemLog()
    rows = read_rows(Source(tmp_path / "a.csv"), "roster", part="roster", town=Town(CRS), log=log)
    rows.done(rows.kept)
    assert rows.fields["estate_id"].tolist() == ["A"]
    assert [(one.row, one.value, str(one.why), one.severity) for one in log] == [
        (4, "合计", "this row is a total, not a thing to count", "warning")]
    account = log.readings[0]
    assert (account.rows_in, account.rows_used) == (3, 1)
    assert {str(why): rows for why, rows in account.left_out.items()} == {
        "this row is the template's example": (2,), "this row is a total, not a thing to count": (4,)}
    (line,) = account_lines(accounts(log.readings, Texts("zh")), Texts("zh"))
    assert line.splitlines()[-2:] == [
        "    未用第 2 行：这一行是模板的示例", "    未用第 4 行：这一行是合计，不是单独的一项"]


def test_the_same_fault_in_many_rows_is_listed_up_to_a_limit_and_accounted_for_in_full(tmp_path):
    table(tmp_path / "a.csv", ("出入口编号", "x", "y"), [(f"g{number}", "", "") for number in range(500)])
    log = ProblemLog()
    rows = read_rows(Source(tmp_path / "a.csv", crs=CRS), "gate", part="gates", town=Town(CRS), log=log)
    rows.leave_out(rows.fields.index, why=say("no place"), fix="give it")
    rows.done(rows.kept)
    assert [one.row for one in log] == [*range(2, 203)]
    assert str(list(log)[-1].why) == "300 more rows: no place"
    assert list(log.readings[0].left_out.values()) == [tuple(range(2, 502))]


def test_rows_are_named_in_runs():
    assert row_ranges([5, 3, 4, 9, 11, 12], Texts("en")) == "3–5, 9, 11–12"
    assert row_ranges(range(1, 40, 2), Texts("zh"), 2) == "1，3 …"


def test_every_file_of_a_project_is_accounted_for_row_by_row(tmp_path):
    """12 estates, 9 streets, 12 of everything else; 4 elderly and 3 fire sites (every third, every fourth estate)."""
    town = write_town(tmp_path / "town")
    with (town / "工单.csv").open("ab") as file:
        file.write(",没有这个小区,噪声\r\n".encode())
    found = checked(town)
    said = {(one.file, one.part): (one.rows_in, one.rows_used) for one in found.readings}
    assert said == {
        ("小区边界.gpkg", "estates"): (12, 12), ("小区名册.xlsx", "roster"): (12, 12), ("道路.gpkg", "streets"): (9, 9),
        ("楼栋.gpkg", "buildings"): (12, 12), ("单元门.csv", "doors"): (12, 12), ("出入口.csv", "gates"): (12, 12),
        ("工单.csv", "complaints"): (13, 12), ("停车场.xlsx", "car_parks"): (12, 12),
        ("养老.csv", "elderly_care_sites"): (4, 4), ("微型消防站.csv", "micro_fire_stations"): (3, 3),
        ("水系.gpkg", "water"): (1, 1)}
    lost = next(one for one in found.readings if one.part == "complaints")
    assert list(lost.left_out.values()) == [(14,)]
    assert not [one for one in found.problems if one.severity == "error"]


def test_check_shows_the_mapping_and_the_account_and_writes_both_beside_the_problems(tmp_path):
    town = write_town(tmp_path / "town")
    with (town / "工单.csv").open("ab") as file:
        file.write(",没有这个小区,噪声\r\n合计,,\r\n".encode())
    said = estategap("check", town, home=tmp_path)
    assert said.returncode == 0
    assert "小区名册.xlsx [名册]：读作“小区名册”，12 行，用了 12 行，未用 0 行" in said.stdout
    assert "小区编号，小区名称，居委会←居委会" in said.stdout or "所属居委←居委会" in said.stdout
    book = openpyxl.load_workbook(town / "problems.xlsx")
    assert book.sheetnames == ["问题", "读取核对", "小区对应", "列的对应"]
    lines = [*book["读取核对"].iter_rows(min_row=2, values_only=True)]
    assert next(row[6:9] for row in lines if row[0] == "微型消防站.csv") == (3, 3, 0)
    complaints = [row for row in lines if row[0] == "工单.csv"]
    assert [(row[6] - row[7], row[8]) if row[6] else row[6:9] for row in complaints] == [(2, 2), ("", "", "")], (
        "a line for each reason; the rows are counted in the first alone")
    headers = {tuple(row) for row in book["列的对应"].iter_rows(min_row=2, values_only=True)}
    assert ("小区名册.xlsx", "名册", "小区名册", "户数", "户数") in headers


def test_the_manifest_keeps_how_each_file_was_read_and_which_rows_were_not_used(tmp_path):
    town = write_town(tmp_path / "town")
    with (town / "工单.csv").open("ab") as file:
        file.write(",没有这个小区,噪声\r\n".encode())
    assert estategap("run", town, home=tmp_path).returncode == 0
    run = town / "runs" / (town / "runs" / "latest.txt").read_text("utf-8").strip()
    read = {one["read_as"]: one for one in json.loads((run / "manifest.json").read_text("utf-8"))["readings"]}
    assert read["roster"]["columns"]["residents_60plus"] == {"header": "60岁以上", "how": "alias"}
    assert read["complaints"]["rows_left_out"] == {"this complaint belongs to no estate and is not counted": [14]}
    assert read["doors"]["crs"] == "EPSG:4549"
    page = (run / "index.html").read_text("utf-8")
    assert "这条工单不属于任何小区" in page
    assert len(NAMES) == len(IDS) == 12


def test_no_sheet_is_said_to_be_unread_that_another_section_reads(tmp_path):
    """One workbook without ``sheet`` for the roster; another section reads its sheet 电梯, and nobody 草稿."""
    town = write_town(tmp_path / "town")
    book = openpyxl.load_workbook(town / "小区名册.xlsx")
    for title, line in (("电梯", ["小区名称", "楼栋", "投用年份"]), ("草稿", ["随便", "什么", "都行"])):
        book.create_sheet(title).append(line)
        book[title].append([NAMES[0], "1号楼", 2001])
    book.save(town / "小区名册.xlsx")
    settings = (town / "project.toml").read_text("utf-8").replace('sheet = "名册"\n', "")
    said = lambda: [str(one.why) for one in checked(town).problems if "were not read" in str(one.why)]
    (town / "project.toml").write_text(settings, "utf-8")
    assert said() == ["other sheets of the workbook were not read: 电梯, 草稿"]
    (town / "project.toml").write_text(settings + '\n[lifts]\nfile = "小区名册.xlsx"\nsheet = "电梯"\n', "utf-8")
    assert said() == ["other sheets of the workbook were not read: 草稿"]


def test_the_list_of_problems_has_a_line_for_each_row_that_one_finding_is_about(tmp_path):
    town = write_town(tmp_path / "town")
    book = openpyxl.load_workbook(town / "小区名册.xlsx")
    sheet = book["名册"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in (3, 5, 6):
        sheet.cell(row, columns["户数"], f"约{400 + row}户")
        sheet.cell(row, columns["60岁以上"], 90_000 + row)
    book.save(town / "小区名册.xlsx")
    table(town / "充电.csv", ("设施编号", "名称", "容量", "经度", "纬度"),
          [("e1", "甲", 10, 0, 0), ("e2", "乙", 10, 0, 0)])
    with (town / "project.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[[facilities]]\nkind = "ebike_chargers"\nfile = "充电.csv"\n')
    checked(town)
    found = [line[1:6] for line in openpyxl.load_workbook(town / "problems.xlsx")["问题"].iter_rows(values_only=True)]
    assert [line[2:] for line in found if line[3] == "户数" and "约" in line[4]] == [
        (row, "户数", f"约{400 + row}户") for row in (3, 5, 6)]
    aged = [line for line in found if line[3] == "60岁以上" and ": 900" in line[4]]
    assert [(*line[:3], f": {90_000 + line[2]} > " in line[4]) for line in aged] == [
        ("小区名册.xlsx", "名册", row, True) for row in (3, 5, 6)]
    assert [line[2:] for line in found if line[0] == "充电.csv" and line[4] == "0, 0"] == [
        (2, "经度, 纬度", "0, 0"), (3, "经度, 纬度", "0, 0")]


def test_the_list_of_problems_names_all_that_the_terminal_shortens(tmp_path):
    town = write_town(tmp_path / "town")
    book = openpyxl.load_workbook(town / "小区名册.xlsx")
    for number in range(25):
        book.create_sheet(f"旧{number}").append(["随便"])
    book.save(town / "小区名册.xlsx")
    (town / "project.toml").write_text(
        (town / "project.toml").read_text("utf-8").replace('sheet = "名册"\n', ""), "utf-8")
    done = estategap("check", town, home=tmp_path)
    assert "另有 13 个" in done.stderr
    lines = [row[6] for row in openpyxl.load_workbook(town / "problems.xlsx")["问题"].iter_rows(values_only=True)]
    assert [line for line in lines if "旧0、" in line and line.endswith("旧23、旧24")]


def test_how_each_estate_was_joined_is_a_sheet_and_stands_in_the_manifest(tmp_path):
    town = write_town(tmp_path / "town")
    book = openpyxl.load_workbook(town / "小区名册.xlsx")
    sheet = book["名册"]
    column = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(1, sheet.max_column + 1, "别名")
    sheet.cell(3, column["小区编号"]).value = None  # 兰里: by its name
    sheet.cell(4, column["小区编号"]).value = None  # 竹里: by its other name
    sheet.cell(4, column["小区名称"], "新竹苑")
    sheet.cell(4, sheet.max_column, "竹里")
    sheet.cell(sheet.max_row + 1, column["小区名称"], "不在图上")
    book.save(town / "小区名册.xlsx")
    found = checked(town)
    lines = [*openpyxl.load_workbook(found.report)["小区对应"].iter_rows(min_row=2, values_only=True)]
    by_id = {line[0]: line[1:] for line in lines}
    assert by_id["X00"] == ("春里", 1, 2, "", "小区编号相同")
    assert by_id["X01"] == ("兰里", 2, 3, "", "小区名称相同")
    assert by_id["X02"] == ("竹里", 3, 4, "", "别名与名称相同")
    assert by_id["不在图上"] == ("不在图上", "", 14, "", "没有对应的边界")
    (roster,) = [one for one in found.readings if one.part == "roster"]
    assert manifest_entry(roster)["joined_by"] == {"id": 10, "name": 1, "alias": 1, "nothing": 1}


def test_an_osm_file_is_accounted_for_object_by_object(shared_data, tmp_path):
    """Counted by hand in the file's XML: 15 residential areas, 16 gates, 10 car parks; nothing is cut."""
    found = checked(tongji_project(shared_data, tmp_path))
    said = {one.part: (one.rows_in, one.rows_used) for one in found.readings if one.file == "tongji.osm"}
    assert said["estates"] == (15, 15)
    assert said["gates"] == (16, 16)
    assert said["car_parks"] == (10, 10)
    assert said["doors"][0] == sum(1 for one in ET.parse(tmp_path / "tongji.osm").getroot().iter("node")  # noqa: S314
                                   if any(tag.get("k") == "entrance" for tag in one.iter("tag")))
    assert set(said) >= {"streets", "buildings", "water", "waterways", "green", "railways"}


def test_osm_objects_that_a_list_has_are_not_counted_as_used(shared_data, tmp_path):
    folder = tongji_project(shared_data, tmp_path)
    parks = read_osm(folder / "tongji.osm").facilities["car_parks"].to_crs(4326).representative_point()
    rows = [(f"停车场{k}", point.x, point.y) for k, point in enumerate(parks.iloc[:3])]
    table(folder / "停车场.csv", ("名称", "经度", "纬度"), rows)
    with (folder / "project.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[facilities]]\nkind = "car_parks"\nfile = "停车场.csv"\n')
    found = checked(folder)
    (mapped,) = [one for one in found.readings if (one.file, one.part) == ("tongji.osm", "car_parks")]
    assert (mapped.rows_in, mapped.rows_used) == (10, 7)
    assert {str(why): set(ids) for why, ids in mapped.left_out.items()} == {
        "objects are facilities that a list has": set(parks.index[:3])}


def test_objects_that_an_extract_cuts_are_listed_by_their_ids(tmp_path):
    write_sample("helsinki", tmp_path)
    found = checked(tmp_path)
    (estates,) = [one for one in found.readings if one.part == "estates"]
    assert (estates.rows_in, estates.rows_used) == (26, 13)
    ((why, ids),) = estates.left_out.items()
    assert str(why) == "objects are cut by the edge of the extract"
    assert len(ids) == 13
    assert all(re.fullmatch("(way|relation)/[0-9]+", str(one)) for one in ids)
