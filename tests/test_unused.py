"""What lies beside a project and is named by no section is said; empty templates are passed over."""

import openpyxl
import pandas as pd
import pytest
from rich.console import Console

from estategap.cli import main
from estategap.job import check_project
from estategap.progress import Progress
from estategap.starter import make_project

WHY = "rows are filled in here, and no section of project.toml names them"


@pytest.fixture
def folder(tmp_path):
    """A fresh project with two estates in its roster."""
    make_project(tmp_path / "街道", osm=None, place=None)
    fill(tmp_path / "街道", "小区名册.xlsx", "小区名册", {"小区编号": "A1", "小区名称": "甲小区"},
         {"小区编号": "A2", "小区名称": "乙小区"})
    return tmp_path / "街道"


def fill(folder, file, sheet, *rows):
    book = openpyxl.load_workbook(folder / file)
    page = book[sheet]
    headers = [cell.value.split("（")[0] for cell in page[1]]
    for place, row in enumerate(rows, start=page.max_row + 1):
        for header, value in row.items():
            page.cell(place, headers.index(header) + 1, value)
    book.save(folder / file)


def said(folder):
    found = check_project(folder, Progress(Console(quiet=True))).problems
    return [(one.file, one.sheet, str(one.why), str(one.fix)) for one in found]


def test_a_fresh_project_says_nothing_of_its_empty_templates(folder):
    assert [one for one in said(folder) if WHY in one[2] or "named by no section" in one[2]] == []


def test_filled_in_templates_that_no_section_names_are_said_with_the_lines_to_write(folder):
    fill(folder, "出入口.xlsx", "出入口", {"小区编号": "A1", "经度": 121.5, "纬度": 31.2})
    fill(folder, "停车场.xlsx", "停车场", {"设施名称": "甲停车场", "经度": 121.5, "纬度": 31.2},
         {"设施名称": "乙停车场", "经度": 121.5, "纬度": 31.2})
    found = {one[0]: one for one in said(folder) if WHY in one[2]}
    assert set(found) == {"出入口.xlsx", "停车场.xlsx"}
    assert found["停车场.xlsx"][1:3] == ("停车场", f"2 {WHY}")
    assert found["停车场.xlsx"][3] == (
        'to have them read write [[facilities]] and below it kind = "car_parks", file = "停车场.xlsx", '
        'sheet = "停车场"; else move the file away')
    assert found["出入口.xlsx"][3].startswith('to have them read write [gates] and below it file = "出入口.xlsx"')


def test_a_filled_in_sheet_of_a_workbook_that_is_read_is_said(folder):
    fill(folder, "小区名册.xlsx", "电梯", {"小区编号": "A1", "电梯编号": "3#", "投用年份": 1999})
    fill(folder, "小区名册.xlsx", "责任分工", {"事项": "停车", "责任单位": "建管办"})
    found = {one[1]: one for one in said(folder) if WHY in one[2]}
    assert set(found) == {"电梯", "责任分工"}
    assert "[lifts]" in found["电梯"][3]
    text = (folder / "project.toml").read_text("utf-8")
    for section in ("lifts", "responsibilities"):
        head = text[text.index(f"# [{section}]"):]
        part = head[:head.index("\n\n")]
        text = text.replace(part, part.replace("\n# ", "\n").removeprefix("# "))
    (folder / "project.toml").write_text(text, "utf-8")
    assert [one for one in said(folder) if WHY in one[2]] == []


def test_places_filled_in_and_not_switched_on_are_said(folder):
    text = (folder / "project.toml").read_text("utf-8").replace('# crs = "EPSG:4549" ', 'crs = "EPSG:4549" ')
    (folder / "project.toml").write_text(text, "utf-8")
    check_project(folder, Progress(Console(quiet=True)))
    assert [one for one in said(folder) if "to_locate.xlsx" in one[0]] == []
    book = openpyxl.load_workbook(folder / "to_locate.xlsx")
    page = book.worksheets[0]
    headers = [cell.value for cell in page[1]]
    for header, value in (("经度", 121.5), ("纬度", 31.2), ("坐标系", "GCJ-02")):
        page.cell(2, headers.index(header) + 1, value)
    book.save(folder / "to_locate.xlsx")
    (found,) = [one for one in said(folder) if one[0] == "to_locate.xlsx" and WHY in one[2]]
    assert found[3] == 'to have them read write located = "to_locate.xlsx" below [estates]'


def test_other_data_files_are_named_together(folder):
    (folder / "道路.geojson").write_text("{}", "utf-8")
    pd.DataFrame({"会议": ["一"], "纪要": ["二"]}).to_excel(folder / "会议纪要.xlsx", index=False)
    (folder / "~$小区名册.xlsx").write_bytes(b"lock")
    (folder / "说明.docx").write_bytes(b"PK")
    (found,) = [one for one in said(folder) if "named by no section" in one[2]]
    assert found[2].endswith(": 会议纪要.xlsx, 道路.geojson")


def test_run_says_it_too(tmp_path, monkeypatch, capsys):
    from estategap.demo.samples import write_sample
    write_sample("district", tmp_path)
    pd.DataFrame({"小区编号": ["A1"], "经度": [121.5], "纬度": [31.2]}).to_csv(tmp_path / "补充出入口.csv", index=False)
    monkeypatch.setattr("sys.argv", ["estategap", "run", str(tmp_path), "--lang", "en"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    shown = capsys.readouterr()
    assert "补充出入口.csv" in (shown.out + shown.err)


def test_a_sheet_is_what_its_title_says_and_a_pivot_table_is_nothing(folder):
    place = {"经度": 121.5, "纬度": 31.2}
    named = {
        "大门": ({"小区编号": "A1", "名称": "东门", **place}, "[gates]"),
        "12345工单": ({"小区名称": "甲小区", "类别": "停车"}, "[complaints]"),
        "任务进度": ({"任务编号": "A1-停车", "备注": "已立项"}, "[progress]"),
        "责任单位": ({"事项": "停车", "责任单位": "城管办"}, "[responsibilities]"),
        "电梯台账": ({"小区编号": "A1", "名称": "1#", "电梯编号": "3#"}, "[lifts]"),
        "楼栋": ({"楼栋编号": "1", "小区编号": "A1", "层数": 6}, "[buildings] reads a layer with shapes"),
        "路网": ({"道路名称": "和平路", "等级": "支路", "长度": 120}, "[streets] reads a layer with shapes"),
        "表1": ({"编号": "F1", "名称": "甲停车场", **place}, "[[facilities]]"),
    }
    nothing = {
        "透视1": {"小区名称": "甲小区", "户数": 10, "停车位": 3},
        "汇总": {"行标签": "甲居委", "求和项:户数": 10, "停车位": 3},
        "Sheet9": {"居委会": "甲居委", "户数": 10, "停车位": 3},
    }
    with pd.ExcelWriter(folder / "资料.xlsx") as book:
        for sheet, row in {**{sheet: row for sheet, (row, _) in named.items()}, **nothing}.items():
            pd.DataFrame([row, row]).to_excel(book, sheet_name=sheet, index=False)
    found = {one[1]: one[3] for one in said(folder) if WHY in one[2] and one[0] == "资料.xlsx"}
    assert set(found) == set(named)
    assert [sheet for sheet, (_, section) in named.items() if section not in found[sheet]] == []


def test_a_list_with_a_total_below_it_is_no_pivot_table(folder):
    rows = [("停车场名称", "泊位数", "经度", "纬度"), ("甲停车场", 30, 121.5, 31.2), ("总计", 30, None, None)]
    book = openpyxl.Workbook()
    book.active.title = "停车场"
    for row in rows:
        book.active.append(row)
    book.save(folder / "资料.xlsx")
    assert [one[2] for one in said(folder) if one[0] == "资料.xlsx"] == [f"1 {WHY}"]
