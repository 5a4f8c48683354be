"""Rows that are no estates: signatures, dates, totals; units of thousands; quotes and lists that swallow rows."""

import struct

import geopandas as gpd
import openpyxl
import pytest
from shapely.geometry import box

from gis.errors import InputError, ProblemLog
from layers.columns.fields import read_fields
from layers.placing.places import Town
from layers.reading.files import ROW, Source, read_raw
from layers.reading.table_notes import is_total, is_total_row
from layers.rows import read_rows

HEAD = ["小区名称", "户数", "常住人口"]
TOWN = Town("EPSG:4549", None)


def workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def roster(path):
    log = ProblemLog()
    return read_rows(Source(path), "roster", part="roster", town=TOWN, log=log), log


def names(rows):
    return rows.text("name").loc[rows.kept].tolist()


def refused(path):
    with pytest.raises(InputError) as caught:
        read_raw(Source(path), "roster")
    return [str(one) for one in caught.value.problems]


def test_a_row_that_sums_up_a_community_above_its_estates_is_no_estate(tmp_path):
    """柳湾社区 is the sum of what is below it; 河东村 is not and stays; an office is none whatever its figures."""
    rows, log = roster(workbook(tmp_path / "a.xlsx", [
        ["序号", *HEAD], ["一", "柳湾社区", 300, 720], [1, "柳湾里", 100, 240], [2, "竹行里", 200, 480],
        ["二", "和平居委会", 999, None], [1, "和平里", 50, 120], [2, "河东村", 60, 150], [3, "河西里", 60, 140]]))
    assert names(rows) == ["柳湾里", "竹行里", "和平里", "河东村", "河西里"]
    [note] = [one for one in log if "community or street" in str(one.why)]
    assert (str(note.why), [cell.row for cell in note.cells]) == (
        "2 rows stand for a community or street, not for an estate, and were left out", [2, 5])


def test_a_complaint_about_a_director_is_no_signature(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [
        ["诉求类型", "小区名称", "件数"], ["停车", "柳湾里", 3], ["业委会主任选举", "柳湾里", None],
        ["停车", "竹行里", 2]])
    raw = read_raw(Source(path), "complaint")
    assert (raw.frame[ROW].tolist(), raw.left_out) == ([2, 3, 4], ())


def test_sums_that_are_typed_as_text_and_those_of_a_street_above_its_communities_are_no_estates(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("小区名称,户数\n新华街道,600\n和平社区,300\n甲苑,100\n乙苑,200\n光明社区,300\n丙苑,100\n丁苑,200\n",
                    "utf-8")
    rows, _ = roster(path)
    assert names(rows) == ["甲苑", "乙苑", "丙苑", "丁苑"]


def test_headers_of_two_rows_that_are_printed_again_are_left_out(tmp_path):
    heads = [["小区名称", "人口", None, "户数"], [None, "常住人口", "60岁以上", None]]
    rows, _ = roster(workbook(tmp_path / "a.xlsx", [*heads, ["甲苑", 300, 30, 4], *heads, ["乙苑", 200, 60, 4]]))
    assert (names(rows), rows.fields["households"].tolist()) == (["甲苑", "乙苑"], [4, 4])
    spaced = [["小区名称", "户数", "备注"], ["甲苑", 100, "x"], ["小区名称", "户数", "备 注"], ["乙苑", 200, "y"]]
    assert names(roster(workbook(tmp_path / "b.xlsx", spaced))[0]) == ["甲苑", "乙苑"]


def test_a_second_table_of_other_columns_is_refused_by_its_row(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [
        ["小区编号", "小区名称", "居委", "户数"], ["A1", "柳湾里", "一居", 100], [], ["小区编号", "小区名称", "户数"],
        ["A2", "竹行里", 200]])
    [said] = refused(path)
    assert said.startswith(
        "a.xlsx, sheet Sheet, row 4, value '小区编号、小区名称、户数': a second table with other columns begins here")


@pytest.mark.parametrize("below", [
    [["填表人：联系人01"], ["2026年10月31日"]],
    [["填表人：联系人01", None, "联系电话：000-0000"], ["街道办事处（盖章）"]],
    [["和平居委会主任 联系人01"]],
    [["制表：联系人01", "审核：联系人01"], ["联系人01"], ["2026.10.31"]],
    [["和平街道办事处"], ["2026 年 10 月 31 日"]],
    [["和平居委会", None, "负责人：联系人01"], ["年  月  日"]],
    [["合计", 3, 9], ["注：数据来自物业。"], ["社区（章）", "联系人01"]],
    [["经办人（签字）联系人01"], ["二维码"], ["2026/10/31"]],
])
def test_signatures_stamps_and_dates_below_a_table_become_no_estates_and_their_names_go_nowhere(tmp_path, below):
    rows, log = roster(workbook(tmp_path / "a.xlsx", [HEAD, ["甲里", 1, 3], ["乙里", 2, 6], *below]))
    assert names(rows) == ["甲里", "乙里"]
    listed = dict(rows.raw.left_out)
    assert sorted(listed) == list(range(4, 4 + len(below)))
    assert "联系人01" not in repr((rows.fields, listed, [str(one) for one in log]))


def test_estates_of_which_little_is_known_stay_before_and_without_a_signature(tmp_path):
    data = [["甲里", 1, 3], ["备用地块家园", None, None], ["街道办事处家属院", None, None], ["东风居委会", None, None]]
    assert names(roster(workbook(tmp_path / "a.xlsx", [HEAD, *data]))[0]) == [row[0] for row in data]
    signed = [HEAD, *data[:3], ["填表人：联系人01", None, None]]
    assert names(roster(workbook(tmp_path / "b.xlsx", signed))[0]) == [row[0] for row in data[:3]]


def test_a_note_within_the_table_takes_no_estate_with_it(tmp_path):
    data = [HEAD, ["甲里", 1, 3], ["注：以下在建", None, None], ["乙里", None, None], ["丙里", 2, 6]]
    assert names(roster(workbook(tmp_path / "a.xlsx", data))[0]) == ["甲里", "乙里", "丙里"]


@pytest.mark.parametrize("word", [
    "和平居委会小计", "小计：", "合 计（2个）", "共计", "累计", "平均", "全街道合计", "總計", "Total:", "合计3个小区"])
def test_a_total_by_any_of_its_names_is_no_estate(tmp_path, word):
    rows, log = roster(workbook(tmp_path / "a.xlsx", [HEAD, ["甲里", 1, 3], [word, 1, 3], ["乙里", 2, 6]]))
    assert names(rows) == ["甲里", "乙里"]
    assert [(one.row, str(one.why), one.severity) for one in log] == [
        (3, "this row is a total, not a thing to count", "warning")]


@pytest.mark.parametrize("name", ["会计学院宿舍", "设计院小区", "数码公寓", "均益里", "Summit Court"])
def test_a_name_that_holds_signs_of_a_total_is_an_estate(tmp_path, name):
    assert names(roster(workbook(tmp_path / "a.xlsx", [HEAD, [name, 1, 3]]))[0]) == [name]


def test_a_total_in_the_column_of_communities_or_the_first_is_left_out_where_no_estate_is_named(tmp_path):
    head = ["序号", "小区编号", "小区名称", "所属居委", "总户数"]
    data = [[1, "E1", "甲里", "和平", 100], [None, None, None, "和平小计", 100], ["小计", None, None, None, 100],
            [2, None, None, "合计", 100], ["合计", None, "2个小区", None, 100], ["小计", "E2", "乙里", "和平", 200]]
    rows, log = roster(workbook(tmp_path / "a.xlsx", [head, *data]))
    assert names(rows) == ["甲里", "乙里"]
    assert [(row, str(why)) for row, why in rows.raw.left_out] == [
        (row, "this row is a total") for row in (3, 4, 5, 6)]
    assert not [one for one in log if one.severity == "error"]


@pytest.mark.parametrize(("line", "unit"), [
    ("单位：万人", "万人"), ("单位：户、万人", "万人"), ("情况表（單位：萬戶）", "万户"), ("单位：千  2025年", "千"),
    ("单位：百户", "百户"),
])
def test_amounts_in_ten_thousands_are_refused_with_what_to_write(tmp_path, line, unit):
    path = workbook(tmp_path / "a.xlsx", [[line], HEAD, ["甲里", 0.1, 0.3]])
    assert refused(path) == [(
        f"a.xlsx, sheet Sheet, row 1, value '{unit}': the amounts of this table are in {unit}; only single persons, "
        "households and things are read → write all amounts in ones (3100, not 0.31) and correct this line, for "
        "example to 单位：人、户")]


@pytest.mark.parametrize("line", [
    "单位：人", "单位：户/人/个", "填报单位：百万人家小区", "单位：户、万元", "单位：万平方米", "千人计划小区情况表"])
def test_amounts_in_ones_are_read(tmp_path, line):
    raw = read_raw(Source(workbook(tmp_path / "a.xlsx", [[line], HEAD, ["甲里", 1, 3]])), "roster")
    assert raw.frame[ROW].tolist() == [3]


def shapefile(folder, count=10):
    frame = gpd.GeoDataFrame({"estate_id": [f"E{i}" for i in range(count)]}, crs="EPSG:4549",
                             geometry=[box(552000 + 200 * i, 3527000, 552160 + 200 * i, 3527120) for i in range(count)])
    frame.to_file(folder / "a.shp", encoding="UTF-8")
    return folder / "a.shp"


@pytest.mark.parametrize("rows", [7, 12])
@pytest.mark.parametrize("index", [True, False])
def test_a_dbf_with_fewer_or_more_rows_than_there_are_shapes_is_damaged(tmp_path, rows, index):
    path = shapefile(tmp_path)
    dbf = path.with_suffix(".dbf")
    data = dbf.read_bytes()
    count, start, length = struct.unpack_from("<IHH", data, 4)  # dBASE III: rows, bytes of the head, bytes of a row
    assert count == 10
    body = (data[start : start + 10 * length] * 2)[: rows * length]
    dbf.write_bytes(data[:4] + struct.pack("<I", rows) + data[8:start] + body + b"\x1a")
    if not index:
        path.with_suffix(".shx").unlink()
    found = refused(path)
    assert len(found) == 1
    if index:
        why = f"the file is damaged or incomplete (the .dbf holds {rows} rows, the .shp 10 shapes)"
        assert found == [f"a.shp: {why} → export or copy it again"]


def test_a_shapefile_with_a_row_marked_as_deleted_is_whole(tmp_path):
    path = shapefile(tmp_path)
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    _, start, length = struct.unpack_from("<IHH", data, 4)
    data[start + 3 * length] = ord("*")
    path.with_suffix(".dbf").write_bytes(data)
    assert len(read_raw(Source(path), "roster").frame) == 9


QUOTE = ("a quotation mark opens a cell here that takes in the lines below it → delete the quotation mark in this row, "
         "or close it at the end of the cell")


@pytest.mark.parametrize(("text", "row"), [
    ('小区名称,居委会,户数,常住人口\n甲里,"和平,1,3\n乙里,和平,1,3\n丙里,和平",1,3\n丁里,和平,1,3\n', 2),
    ('小区名称,居委会,户数,常住人口\n零里,和平,1,3\n甲里,"和平,1,3\n乙里,和平",1,3\n丙里,和平,1,3\n', 3),
    ('小区名称,户数,常住人口,备注\n甲里,100,300,"临街\n乙里,100,300,\n丙里,100,300,"\n丁里,100,300,\n', 2),
])
def test_a_quotation_mark_that_takes_in_the_lines_below_is_named_by_its_row(tmp_path, text, row):
    (tmp_path / "a.csv").write_text(text, "utf-8")
    assert refused(tmp_path / "a.csv") == [f"a.csv, row {row}: {QUOTE}"]


def test_a_cell_of_several_lines_is_no_fault(tmp_path):
    text = '"小区\n名称",户数,常住人口,备注\n甲里,100,300,"临街,老旧\n二期在建"\n乙里,1,3,\n'
    (tmp_path / "a.csv").write_text(text, "utf-8")
    raw = read_raw(Source(tmp_path / "a.csv"), "roster")
    fields = read_fields(raw.frame, "roster", file="a.csv", log=ProblemLog())
    assert fields["name"].tolist() == ["甲里", "乙里"]


@pytest.mark.parametrize("cell", [
    "（合计）", "【合计】", "合计数", "合計數", "本街道合计数", "汇总", "总和", "全街道", "共2个小区", "小计一", "Σ",
    "TOTALS", "Sub-total", "合计\u200b", "**合计**", "—合计—", "合计/户", "合计户数", "TOTAL 12", "total households",
    "Ｔｏｔａｌ", "S U M", "全部小区", "合　计", "合计①", "总计12个", "Ｇｒａｎｄ　Ｔｏｔａｌ", "和平居委会小计",
    "合计（2个）", "合计。", "“合计”", "总户数", "求和", "其中：公租房", "长桥街道共12个小区"])
def test_a_total_is_known_however_it_is_written(cell):
    assert is_total(cell)


@pytest.mark.parametrize("name", [
    "合计1号院", "共和新村", "平均里", "小计里", "总工会宿舍", "合生公寓", "SUM公馆", "共富新村", "汇总公寓",
    "总和花园", "共一村", "共12弄", "共三小区",  "全家里", "各界花园", "所巷小区", "本溪新村"])
def test_the_name_of_an_estate_is_no_total(name):
    assert not is_total(name)


@pytest.mark.parametrize("name", ["—", "/", "2个", 2, 2.0, None])
def test_a_total_in_the_first_column_needs_no_name_beside_it(name):
    assert is_total_row(["合计", name, 100], {1: "text", 2: "count"}, {1})
    assert not is_total_row(["合计", "幸福里", 100], {1: "text", 2: "count"}, {1})
