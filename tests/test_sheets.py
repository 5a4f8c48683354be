"""Sheets as offices make them: titles, two rows of headers, merged cells, signatures; rows keep their numbers."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InputError, ProblemLog
from layers.columns.fields import read_fields
from layers.reading.files import ROW, Source, open_source, read_raw, read_table
from layers.reading.table_rows import Cells, as_table, blank_to_none


def workbook(path, *, merged=(), hidden=(), **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for place in merged:
            sheet.merge_cells(place)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
    book.save(path)
    return path


def old_workbook(path, **sheets):
    book = xlwt.Workbook(encoding="utf-8")
    for title, rows in sheets.items():
        sheet = book.add_sheet(title)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(row, column, cell)
    book.save(str(path))
    return path


def read(path, table="roster", **kwargs):
    return read_raw(Source(path, **kwargs), table)


def table_of(raw):
    return raw.frame.drop(columns=ROW).to_dict("list")


def values_of(fields):
    """The fields themselves, without what is said of how exact they are."""
    own = [name for name in fields if name != ROW and not name.endswith(("_low", "_high", "_round"))]
    return fields[own].to_dict("list")


def refused(path, table="roster", **kwargs):
    with pytest.raises(InputError) as caught:
        read(path, table, **kwargs)
    return [str(one) for one in caught.value.problems]


def faults(reading):
    """What is wrong with a file, None where it can be read."""
    try:
        reading()
    except InputError as error:
        return error.problems
    return None


def said(raw):
    return [(row, str(why)) for row, why in raw.left_out]


OFFICE = [
    ["四平路街道小区基本情况表", None, None, None],
    ["单位：户、人", None, "2025年12月31日", None],
    ["1.小区名称", "户数（户）", "*常住人口\n（人）", "备注"],
    [1, 2, 3, 4],
    ["鞍山三村", 1280, 3100, None],
    [None, None, None, None],
    ["密云路454弄", 320, 800, "新"],
    ["合计", 1600, 3900, None],
    ["填表人：张三", None, "审核：李四", "日期：2026-01-05"],
    ["注：户数以房管部门登记为准。", None, None, None],
]


@pytest.mark.parametrize("ending", ["xlsx", "xls", "csv"])
def test_a_table_between_a_title_and_signatures_is_read_alone_and_its_rows_keep_their_numbers(tmp_path, ending):
    path = tmp_path / f"名册.{ending}"
    if ending == "csv":
        path.write_bytes("\r\n".join(",".join("" if cell is None else f'"{cell}"' if "\n" in str(cell) else str(cell)
                                              for cell in row) for row in OFFICE).encode("gb18030"))
    else:
        (workbook if ending == "xlsx" else old_workbook)(path, 名册=OFFICE)
    raw = read(path)
    assert raw.header_row == 3
    assert raw.frame[ROW].tolist() == [5, 7, 8]
    fields = read_fields(raw.frame, "roster", file=path.name, log=ProblemLog())
    assert fields[["name", "households", "residents"]].to_numpy().tolist() == [
        ["鞍山三村", 1280, 3100], ["密云路454弄", 320, 800], ["合计", 1600, 3900]]
    assert said(raw) == [
        (1, "this row stands above the column names"), (2, "this row stands above the column names"),
        (4, "this row numbers the columns"), (9, "this row is a note below the table"),
        (10, "this row is a note below the table")]
    assert "张三" not in repr((raw.frame, raw.left_out, raw.notes))


def test_a_missing_column_is_looked_for_in_the_row_of_the_headers(tmp_path):
    raw = read(workbook(tmp_path / "a.xlsx", 名册=[["情况表"], ["户数", "常住人口"], [5, 6]]))
    log = ProblemLog()
    read_fields(raw.frame, "roster", file="a.xlsx", log=log, required=[("name",)])
    assert str(log.problems[0]) == ("a.xlsx, sheet 名册, row 2, column 小区名称: this column is missing → "
                                    "add it; the columns found are 户数, 常住人口")


TWO_ROWS = [
    ["小区名称", "户数", "人口", None, None, "停车", None, "建成年份"],
    [None, None, "常住", "60岁以上", "3岁以下", "停车位", "夜间停车数", None],
    ["鞍山三村", 1280, 3100, 780, 62, 420, 510, 1995],
    ["密云路454弄", 320, 800, 200, 16, 90, 130, 2001],
]


@pytest.mark.parametrize("merged", [(), ("A1:A2", "B1:B2", "C1:E1", "F1:G1", "H1:H2")])
def test_headers_in_two_rows_are_joined(tmp_path, merged):
    raw = read(workbook(tmp_path / "a.xlsx", merged=merged, 名册=TWO_ROWS))
    fields = read_fields(raw.frame, "roster", file="a.xlsx", log=ProblemLog())
    assert values_of(fields) == {
        "name": ["鞍山三村", "密云路454弄"], "households": [1280, 320], "residents": [3100, 800],
        "residents_60plus": [780, 200], "residents_under3": [62, 16], "build_year": [1995, 2001],
        "parking_spaces": [420, 90], "night_cars": [510, 130]}
    assert (raw.frame[ROW].tolist(), raw.header_row) == ([3, 4], 2)


def test_a_part_under_a_group_that_means_something_else_is_not_taken_for_the_whole(tmp_path):
    rows = [["小区名称", "常住人口", "出租房", None], [None, None, "户数", "人口"], ["鞍山三村", 3100, 12, 30]]
    raw = read(workbook(tmp_path / "a.xlsx", 名册=rows))
    log = ProblemLog()
    fields = read_fields(raw.frame, "roster", file="a.xlsx", log=log)
    assert values_of(fields) == {"name": ["鞍山三村"], "residents": [3100]}


THREE_ROWS = [
    ["小区编号", "小区名称", "户数", "人口", None, None, "停车", None],
    [None, None, None, "常住", "其中", None, "停车位", "夜间停车数"],
    [None, None, None, None, "60岁以上", "3岁以下", None, None],
    ["A1", "鞍山三村", 1280, 3100, 780, 62, 420, 510],
]


@pytest.mark.parametrize("merged", [(), ("A2:A4", "B2:B4", "C2:C4", "D2:F2", "D3:D4", "E3:F3", "G2:H2", "G3:G4")])
def test_headers_in_three_rows_are_joined(tmp_path, merged):
    raw = read(workbook(tmp_path / "a.xlsx", merged=merged, 名册=[["街道小区一览表"], *THREE_ROWS]))
    fields = read_fields(raw.frame, "roster", file="a.xlsx", log=ProblemLog())
    assert values_of(fields) == {
        "estate_id": ["A1"], "name": ["鞍山三村"], "households": [1280], "residents": [3100],
        "residents_60plus": [780], "residents_under3": [62], "parking_spaces": [420], "night_cars": [510]}
    assert (raw.frame[ROW].tolist(), raw.header_row) == ([5], 4)


@pytest.mark.parametrize("below", [
    [None, None, "（户）", "（人）", "个"], ["必填", "必填", "选填", "选填", None],
    ["XQBH", "XQMC", "HS", "CZRK", "TCW"], ["estate_id", "name", "households", "residents", None]])
def test_units_remarks_and_codes_below_the_headers_are_no_estate(tmp_path, below):
    rows = [["小区编号", "小区名称", "户数", "常住人口", "停车位"], below, ["A1", "鞍山三村", 1280, 3100, 420]]
    raw, log = read(workbook(tmp_path / "a.xlsx", 名册=rows)), ProblemLog()
    fields = read_fields(raw.frame, "roster", file="a.xlsx", log=log)
    assert values_of(fields) == {"estate_id": ["A1"], "name": ["鞍山三村"], "households": [1280], "residents": [3100],
                                 "parking_spaces": [420]}
    assert [(row, str(why)) for row, why in raw.left_out] == [
        (2, "this row gives units, codes or remarks of the columns")]
    assert list(log) == []


@pytest.mark.parametrize("row", [["1001", "1200", None], ["3301", "1998", "2026-05-10"], ["2026-001", "900", "120"]])
def test_a_first_row_of_numbers_and_days_as_text_is_data(tmp_path, row):
    cells = ",".join(cell or "" for cell in row)
    (tmp_path / "a.csv").write_text(f"小区编号,户数,建成年份\n{cells}\n", "utf-8")
    raw = read(tmp_path / "a.csv")
    assert (raw.frame[ROW].tolist(), raw.left_out) == ([2], ())


def test_a_fields_name_under_a_group_that_may_change_it_is_asked_about(tmp_path):
    rows = [["小区名称", "户数", "非机动车", None], [None, None, "电动自行车数", "充电端口数"],
            ["鞍山三村", 1280, 310, 30]]
    raw, log = read(workbook(tmp_path / "a.xlsx", 名册=rows)), ProblemLog()
    read_fields(raw.frame, "roster", file="a.xlsx", log=log)
    assert [(one.column, str(one.why)) for one in log] == [
        ("非机动车 电动自行车数", "this column is not known; did you mean 电动自行车数?"),
        ("非机动车 充电端口数", "this column is not known; did you mean 充电端口数?")]


def test_a_first_row_of_data_is_never_taken_for_headers(tmp_path):
    rows = [["小区名称", None, "户数"], ["小区", "人口", 5], ["名称", None, 6]]
    raw = read(workbook(tmp_path / "a.xlsx", 名册=rows))
    assert raw.header_row == 1
    assert table_of(raw)["小区名称"] == ["小区", "名称"]


def test_a_table_without_a_title_is_read_from_row_1_as_ever(tmp_path):
    rows = [["a", "b"], [1, 2], ["x", None]]
    path = workbook(tmp_path / "a.xlsx", 名册=rows)
    assert table_of(read(path)) == {"a": [1, "x"], "b": [2, None]}
    assert read(path).left_out == ()


def test_headers_that_are_repeated_on_every_printed_page_are_left_out(tmp_path):
    head = ["小区名称", "户数", "建成年份"]
    rows = [head, ["甲", 1, 1990], head, ["乙", 2, 1991], head, ["丙", 3, 1992]]
    raw = read(workbook(tmp_path / "a.xlsx", 名册=rows))
    assert table_of(raw)["小区名称"] == ["甲", "乙", "丙"]
    assert said(raw) == [(3, "this row repeats the column names"), (5, "this row repeats the column names")]


def test_a_community_merged_over_its_estates_is_written_to_each_but_an_amount_is_not(tmp_path):
    rows = [["所属社区", "小区名称", "停车位"], ["东风社区", "甲", 90], [None, "乙", None], [None, "丙", None],
            ["西风社区", "丁", 5], [None, "戊", 6]]
    raw = read(workbook(tmp_path / "a.xlsx", merged=("A2:A4", "C2:C4"), 名册=rows))
    assert table_of(raw) == {"所属社区": ["东风社区"] * 3 + ["西风社区", None], "小区名称": list("甲乙丙丁戊"),
                             "停车位": [90, None, None, 5, 6]}
    assert [str(one) for one in raw.notes] == [
        ("a.xlsx, sheet 名册, row 3, column 所属社区: 2 cells were filled from the merged cell above them → "
        "nothing, if the merged cells mean all their rows; else split them"),
        ("a.xlsx, sheet 名册, row 2, column 停车位: 1 amounts stand in cells merged over several rows; each is read "
         "for "
        "its first row alone → split the merged cells and write each row's own amount")]


def test_a_heading_across_the_table_is_no_estate(tmp_path):
    rows = [["小区名称", "户数", "建成年份"], ["东风社区", None, None], ["甲", 1, 1990], ["西风社区", None, None],
            ["乙", 2, 1991]]
    raw = read(workbook(tmp_path / "a.xlsx", merged=("A2:C2", "A4:C4"), 名册=rows))
    assert table_of(raw)["小区名称"] == ["甲", "乙"]
    assert said(raw) == [(2, "this row is a heading or a note across the table"),
                         (4, "this row is a heading or a note across the table")]


def test_an_estate_of_which_only_the_name_is_known_stays_even_in_the_last_row(tmp_path):
    rows = [["序号", "小区名称", "户数"], [1, "甲", 5], [2, "备用地块家园", None], [3, None, None]]
    raw = read(workbook(tmp_path / "a.xlsx", 名册=rows))
    assert table_of(raw)["小区名称"] == ["甲", "备用地块家园"]
    assert said(raw) == [(4, "this row holds a number or a remark and nothing else")]


def test_a_total_that_stands_under_the_numbers_of_rows_is_left_out(tmp_path):
    raw = read(workbook(tmp_path / "a.xlsx", 名册=[["序号", "小区名称", "户数"], [1, "甲", 5], ["合 计", None, 5]]))
    assert table_of(raw)["小区名称"] == ["甲"]
    assert said(raw) == [(3, "this row is a total")]


ROSTER = [["小区名称", "户数", "常住人口", "建成年份"], ["幸福", 1, 2, 1990]]
LIFTS = [["小区名称", "电梯编号", "投用年份"], ["甲", "D1", 2001]]


def test_the_sheet_with_the_fields_is_taken_and_the_others_are_named(tmp_path):
    guide = [["填表说明"], ["小区名称：与门牌一致"]]
    path = workbook(tmp_path / "a.xlsx", hidden=["旧"], 填表说明=guide, 电梯=LIFTS, 小区=ROSTER, 旧=ROSTER, 空=[])
    raw = read(path)
    assert (raw.part, table_of(raw)["户数"]) == ("小区", [1])
    assert [str(one) for one in raw.notes] == [
        ("a.xlsx, sheet 小区: other sheets of the workbook were not read: 电梯, 旧 → "
        'nothing, unless one of them is meant: then say which, for example sheet = "电梯"')]
    assert read(path, sheet="旧").part == "旧"


def test_two_sheets_that_fit_are_asked_about(tmp_path):
    path = workbook(tmp_path / "a.xlsx", 二〇二四=ROSTER, 二〇二五=ROSTER)
    assert refused(path) == [
        'a.xlsx: the file has 2 sheets (二〇二四, 二〇二五) → say which, for example sheet = "二〇二四"']


def test_a_workbook_of_several_sheets_can_be_opened_before_it_is_known_what_is_wanted(tmp_path):
    open_source(Source(workbook(tmp_path / "a.xlsx", 二〇二四=ROSTER, 二〇二五=ROSTER)))
    path = workbook(tmp_path / "b.xlsx", 名册=[["小区名称"]])
    assert [str(one) for one in faults(lambda: open_source(Source(path)))] == [
        "b.xlsx, sheet 名册: the table has no rows → put the column names in row 1 and the data below"]


def test_faults_of_formulas_are_not_taken_for_empty_cells(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "名册"
    for row in (["小区名称", "户数", "常住人口"], ["甲", 5, 6], ["乙", "#N/A", "=1+1"]):
        sheet.append(row)
    sheet["B3"].data_type = "e"
    book.save(tmp_path / "a.xlsx")
    raw = read(tmp_path / "a.xlsx")
    assert table_of(raw) == {"小区名称": ["甲", "乙"], "户数": [5, "#N/A"], "常住人口": [6, None]}
    assert [str(one) for one in raw.notes] == [
        ("a.xlsx, sheet 名册, row 3, column C: 1 formulas have no result in the file, so their cells are unknown → "
        "open the workbook in the spreadsheet program, let it calculate and save it")]


def test_a_formula_with_a_result_is_its_result_and_an_empty_text_is_no_fault(tmp_path):
    # what Excel writes: the result beside the formula, t="str" for a text
    workbook(tmp_path / "a.xlsx", 名册=[["小区名称", "户数", "常住人口"], ["甲", 5, 6]])
    out = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b'<c r="B2" t="n"><v>5</v></c>', b'<c r="B2"><f>2+3</f><v>5</v></c>')
                empty = b'<c r="C2" t="str"><f>IF(A1="","","")</f><v></v></c>'
                data = data.replace(b'<c r="C2" t="n"><v>6</v></c>', empty)
                assert data.count(b"<f>") == 2
            new.writestr(name, data)
    (tmp_path / "a.xlsx").write_bytes(out.getvalue())
    raw = read(tmp_path / "a.xlsx")
    assert (table_of(raw)["户数"], table_of(raw)["常住人口"], raw.notes) == ([5], [None], ())


def test_an_old_workbook_keeps_numbers_dates_faults_and_merged_cells(tmp_path):
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("名册")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for column, cell in enumerate(["所属社区", "小区名称", "户数", "建成年份"]):
        sheet.write(0, column, cell)
    sheet.write_merge(1, 2, 0, 0, "东风社区")
    for row, name in ((1, "甲"), (2, "乙")):
        sheet.write(row, 1, name)
    sheet.write(1, 2, 5)
    sheet.write(1, 3, dt.date(1998, 5, 1), day)
    sheet.row(2).set_cell_error(3, 0x2A)  # [MS-XLS] 2.5.10: 2A is #N/A
    book.save(str(tmp_path / "a.xls"))
    raw = read(tmp_path / "a.xls")
    assert table_of(raw)["所属社区"] == ["东风社区", "东风社区"]
    assert table_of(raw)["建成年份"] == [dt.date(1998, 5, 1), "#N/A"]
    assert table_of(raw)["户数"] == [5, None]


def test_a_workbook_locked_by_a_password_says_so(tmp_path):
    # an encrypted .xlsx is an OLE file with a stream of this name ([MS-OFFCRYPTO] 2.3.4.4)
    name = "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + name + bytes(600))
    assert refused(tmp_path / "a.xlsx") == ["a.xlsx: the workbook is locked by a password → save it without a password"]


def test_two_columns_of_one_name_matter_only_where_they_are_read(tmp_path):
    raw = read(workbook(tmp_path / "a.xlsx", 名册=[["小区名称", "户数", "小计", "小计"], ["幸福", 1, 2, 3]]))
    assert table_of(raw) == {"小区名称": ["幸福"], "户数": [1], "小计 (C)": [2], "小计 (D)": [3]}
    path = workbook(tmp_path / "b.xlsx", 名册=[["小区名称", "户数", "户数"], ["幸福", 1, 2]])
    assert refused(path) == [("b.xlsx, sheet 名册, row 1, column 户数: two columns have this name → "
                             "rename or delete one of them")]


def test_a_column_that_is_called_as_our_own_row_numbers_does_not_replace_them(tmp_path):
    (tmp_path / "a.csv").write_text("小区名称,户数,_row\n幸福,1,77\n", "utf-8")
    assert read(tmp_path / "a.csv").frame.to_dict("list") == {
        "小区名称": ["幸福"], "户数": ["1"], "_row (C)": ["77"], ROW: [2]}


@pytest.mark.parametrize("mark", [",", ";", "\t", "，", "|"])
def test_csv_is_parted_by_the_mark_that_fits_most_lines(tmp_path, mark):
    rows = [["小区名称", "户数", "常住人口"], ["幸福", "1", "2"]]
    lines = ["街道小区情况表（单位：户，人；不含商铺）", *map(mark.join, rows)]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", "utf-8")
    assert table_of(read(tmp_path / "a.csv")) == {"小区名称": ["幸福"], "户数": ["1"], "常住人口": ["2"]}


CELLS = st.one_of(st.none(), st.text(max_size=6), st.integers(-5, 9999), st.floats(allow_nan=True), st.booleans(),
                  st.sampled_from(["小区名称", "户数", "人口", "60岁以上", "合计", "填表人：", "1", "甲", "备注"]))


@settings(deadline=None, max_examples=150)
@given(rows=st.lists(st.lists(CELLS, max_size=5), max_size=8), table=st.sampled_from(["roster", "facility", ""]))
def test_whatever_a_sheet_holds_every_row_is_read_or_listed(rows, table):
    cells = Cells([[blank_to_none(cell) for cell in row] for row in rows])
    problems = faults(lambda: as_table(cells, table, file="a.xlsx"))
    if problems is not None:
        assert len({str(one) for one in problems}) == len(problems) > 0
        return
    found = as_table(cells, table, file="a.xlsx")
    listed = {*found.frame[ROW], *(row for row, _ in found.left_out)}
    assert len(listed) == len(found.frame) + len(found.left_out)
    filled = {place for place, row in enumerate(cells.rows, start=1) if any(cell is not None for cell in row)}
    assert filled - listed <= {found.header_row, found.header_row - 1}
    assert listed <= filled


@pytest.fixture(scope="module")
def whole_tables(tmp_path_factory):
    """The same table as each kind of file, written once: a workbook's bytes depend on the time."""
    folder, text = tmp_path_factory.mktemp("whole"), "\n".join(",".join(map(str, row)) for row in TWO_ROWS)
    paths = workbook(folder / "a.xlsx", 名册=TWO_ROWS), old_workbook(folder / "a.xls", 名册=TWO_ROWS)
    return {path.suffix: path.read_bytes() for path in paths} | {".csv": text.encode("gb18030")}


@settings(deadline=None, max_examples=60)
@given(data=st.data(), ending=st.sampled_from([".xlsx", ".xls", ".csv"]))
def test_a_table_with_any_bytes_changed_is_read_or_refused(tmp_path_factory, whole_tables, data, ending):
    path, whole = tmp_path_factory.mktemp("sheets") / f"a{ending}", bytearray(whole_tables[ending])
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.sampled_from([None, None, len(whole) // 2]))])
    assert () not in [faults(lambda: read(path)), faults(lambda: read_table(path))]
