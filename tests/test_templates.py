"""What ``init`` gives a planner: sheets that explain themselves, let everything be typed, and are read as filled in."""

import csv
import re
import tomllib
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import LineString, box
from typer.testing import CliRunner

from estategap.cli import app
from estategap.project import Project, read_project
from estategap.starter import make_project
from gis.errors import InputError, ProblemLog
from layers.columns.catalogue import document, fields_of, not_read
from layers.columns.field_guide import fields_for, guides_of, marked_fields
from layers.columns.fields import is_personal, read_fields
from layers.columns.headers import match_columns
from layers.estates import read_estates
from layers.kinds import facility_kinds
from layers.placing.places import Town
from layers.reading.files import Source, read_table
from maps.templates import Sheet, example_mark, header, unit_of, used_by, write_template
from maps.texts import Texts

LANGS = ("zh", "en")
TABLES = tuple(name for name, part in document().items()
               if all(isinstance(entry, dict) and "aliases" in entry for entry in part.values()))
SHEETS = {"小区名册": "roster", "电梯": "lift", "责任分工": "responsibility", "任务进度": "progress", "单元门": "door",
          "出入口": "gate", "12345工单": "complaint", "停车场": "facility", "电动自行车充电点": "facility",
          "养老服务设施": "facility", "托育机构": "facility", "幼儿园": "facility", "微型消防站": "facility",
          "消防站": "facility"}
X0, Y0 = 552_000.0, 3_527_000.0
"""A corner of the town: metres in EPSG:4549, near 120.5° east and 31.9° north."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {lang: tmp_path_factory.mktemp("init") / lang for lang in LANGS}
    for lang, folder in made.items():
        make_project(folder, osm=None, place=None, lang=lang)
    return made


def books(folder):
    return {path.stem: openpyxl.load_workbook(path) for path in sorted(folder.glob("*.xlsx"))}


def to_fill_in(folder):
    """Every sheet to fill in, by its name."""
    return {sheet.title: sheet for book in books(folder).values() for sheet in book.worksheets[:-1]}


def head(sheet):
    return [cell.value for cell in sheet[1]]


# What the list of fields says

@pytest.mark.parametrize("table", TABLES)
def test_every_field_is_explained_in_both_languages_with_an_example(table):
    guides = guides_of(table)
    assert [name for name, one in guides.items() if not (one.about and one.about_en and one.example)] == []
    assert [name for name, one in guides.items() if not re.search("[一-鿿]", one.about)] == []
    assert [name for name, one in guides.items() if not (one.about_en + one.title_en).isprintable()] == []
    assert {one.need for one in guides.values()} <= {"yes", "one_of", "advised", ""}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("table", TABLES)
def test_every_unit_and_every_use_of_a_field_has_a_name(table, lang):
    titles = Texts(lang).section("analysis")
    units, uses = (Texts(lang).section(name) for name in ("column_unit", "used_by"))
    fields = fields_of(table).values()
    assert [(one.name, one.unit) for one in fields if one.unit and one.unit not in units] == []
    codes = {code for one in fields for code in one.used_by}
    assert {code for code in codes if code not in uses and f"{code}.title" not in titles} == set()
    assert all(unit_of(one, "", Texts(lang)) for one in fields if one.unit)
    assert all(used_by(code, Texts(lang)) for code in codes)


@pytest.mark.parametrize("table", TABLES)
def test_every_example_is_read_as_it_stands(table):
    guides, fields = guides_of(table), fields_of(table)
    raw = pd.DataFrame({field.label: [guides[name].example] for name, field in fields.items()}, dtype=object)
    log = ProblemLog()
    read = read_fields(raw, table, file="模板", log=log, data_year=2026)
    assert [str(problem) for problem in log] == []
    assert [name for name in fields if name not in read or str(read[name].iloc[0]) in {"", "nan", "NaT"}] == []


def test_kinds_of_facility_have_the_columns_that_make_sense_for_them():
    for kind, facts in facility_kinds().items():
        columns = set(fields_for("facility", kind))
        assert ("turnout_s" in columns) == facts.turnout, kind
        assert ("capacity" in columns) == bool(facts.capacity_unit), kind
        assert {"facility_id", "name", "status", "estate_id", "estate_name", "x", "y"} <= columns, kind
    named = {kind for guide in guides_of("facility").values() for kind in guide.kinds}
    assert named <= set(facility_kinds())
    assert set(fields_for("roster")) == set(fields_of("roster"))


# The workbooks

@pytest.mark.parametrize("lang", LANGS)
def test_there_is_a_sheet_for_every_need_and_each_workbook_ends_with_a_guide(folders, lang):
    there = books(folders[lang])
    assert [sheet.title for sheet in there["小区名册"]] == ["小区名册", "电梯", "责任分工", "任务进度",
                                                    Texts(lang)("template.guide")]
    assert set(to_fill_in(folders[lang])) == set(SHEETS)
    for book in there.values():
        text = {str(cell) for row in book.worksheets[-1].values for cell in row}
        assert [one for sheet in book.worksheets[:-1] for one in head(sheet) if one not in text] == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_header_is_found_again_as_the_field_it_was_made_from(folders, lang):
    for name, sheet in to_fill_in(folders[lang]).items():
        kind = next((kind for kind in facility_kinds() if Texts("zh")(f"facility.{kind}.title") == name), "")
        fields, found = fields_for(SHEETS[name], kind), match_columns(head(sheet), SHEETS[name])
        assert dict(found) == {key: header(field, kind, Texts(lang)) for key, field in fields.items()}, name
        assert [one for one in head(sheet) if is_personal(one)] == []


def test_headers_say_the_unit_in_the_language_that_was_asked_for(folders):
    chinese, english = (to_fill_in(folders[lang]) for lang in LANGS)
    assert {"小区编号", "户数（户）", "建成年份（年）", "居民车辆（辆）"} <= set(head(chinese["小区名册"]))
    assert {"小区编号", "户数（households）", "居民车辆（cars）"} <= set(head(english["小区名册"]))
    assert {"容量（泊位）", "建筑面积（平方米）"} <= set(head(chinese["停车场"]))
    assert "容量（spaces）" in head(english["停车场"])
    assert "出动时间（秒）" in head(chinese["微型消防站"])
    assert not [one for one in head(chinese["停车场"]) if "出动" in one]
    guide = [row for row in books(folders["en"])["小区名册"].worksheets[-1].values if row[0] == "户数（households）"]
    assert guide[0][1:3] == ("Households", "Dwellings in the estate; most analyses need this figure.")


@pytest.mark.parametrize("lang", LANGS)
def test_headers_carry_a_note_and_a_colour_and_stay_in_sight(folders, lang):
    for name, sheet in to_fill_in(folders[lang]).items():
        table = SHEETS[name]
        assert [cell.value for cell in sheet[1] if not cell.comment] == [], name
        shade = {cell.value: cell.fill.start_color.rgb[2:] for cell in sheet[1]}
        by_need = {"yes": "6E2150", "one_of": "B9445C", "advised": "F4D3B0", "": "ECE9E3"}
        kind = next((kind for kind in facility_kinds() if Texts("zh")(f"facility.{kind}.title") == name), "")
        wanted = {header(field, kind, Texts(lang)): by_need[guides_of(table)[key].need]
                  for key, field in fields_for(table, kind).items()}
        assert shade == wanted, name
        assert sheet.freeze_panes in {"B2", "C2"}, name
    note = next(cell.comment.text for cell in to_fill_in(folders["zh"])["小区名册"][1] if "户数" in cell.value)
    assert note == "小区住宅总户数，多数分析都要用到，请尽量填写。\n单位：户\n填写示例：1280\n是否必填：建议填写"


@pytest.mark.parametrize("lang", LANGS)
def test_row_two_is_an_example_that_cannot_be_taken_for_an_estate(folders, lang):
    mark = example_mark(lang)
    assert mark in not_read("examples")
    for name, sheet in to_fill_in(folders[lang]).items():
        found = match_columns(head(sheet), SHEETS[name])
        cells = {field: sheet.cell(2, head(sheet).index(column) + 1) for field, column in found.items()}
        assert sheet["A2"].value == mark
        assert {cell.font.italic for cell in cells.values()} == {True}
        said = [cells[field].value for field in marked_fields(SHEETS[name]) if field in cells]
        assert [one for one in said if not one.startswith(mark)] == [], name
        assert len(said) >= 2 or SHEETS[name] in {"responsibility", "progress"}, name


def test_checks_of_cells_ask_and_never_refuse(folders):
    for name, sheet in to_fill_in(folders["zh"]).items():
        for one in sheet.data_validations.dataValidation:
            assert (one.errorStyle, one.allowBlank) == ("information", True), name
            assert len(one.error) <= 255
    checks = {}
    for sheet in to_fill_in(folders["zh"]).values():
        for one in sheet.data_validations.dataValidation:
            column = re.match("[A-Z]+", str(one.sqref))[0]
            checks[sheet.title, sheet[f"{column}1"].value] = (one.type, one.operator, one.formula1, one.formula2)
    assert checks["小区名册", "户数（户）"] == ("whole", "greaterThanOrEqual", "0", None)
    assert checks["小区名册", "建成年份（年）"][2:] == ("1900", "YEAR(TODAY())+1")
    assert checks["小区名册", "封闭管理"][2] == '"是,否"'
    assert checks["停车场", "状态"][2] == '"现状,规划,停用"'
    assert checks["微型消防站", "出动时间（秒）"][0] == "decimal"
    assert checks["电梯", "安全评估日期"][0] == "date"


def test_ids_are_text_columns_so_that_their_zeros_stay(folders):
    sheet = to_fill_in(folders["zh"])["小区名册"]
    assert sheet.column_dimensions["A"].number_format == "@" or sheet["A2"].number_format == "@"


def test_the_same_template_is_the_same_bytes(folders, tmp_path):
    make_project(tmp_path / "zh", osm=None, place=None, lang="zh")
    for path in folders["zh"].glob("*.xlsx"):
        assert path.read_bytes() == (tmp_path / "zh" / path.name).read_bytes(), path.name


def test_names_from_outside_are_text_and_never_formulas(tmp_path):
    names = ["=1+1", "+86", "@SUM(A1)", "<b>", "http://example.org", "0012", "-"]
    rows = [{"estate_id": f"way/{n}", "name": name} for n, name in enumerate(names)]
    write_template(tmp_path / "名册.xlsx", [Sheet("小区名册", "roster", rows=rows)], "zh")
    sheet = openpyxl.load_workbook(tmp_path / "名册.xlsx")["小区名册"]
    assert [sheet.cell(row, 2).value for row in range(3, 10)] == names
    assert {sheet.cell(row, 2).data_type for row in range(3, 10)} == {"s"}
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def test_matters_to_be_answered_for_are_listed_already(folders):
    sheet = to_fill_in(folders["zh"])["责任分工"]
    listed = [row[0] for row in sheet.iter_rows(min_row=3, values_only=True)]
    assert {"停车", "电动自行车充电", "养老服务", "托育服务", "微型消防站"} <= set(listed)
    assert {row[2] for row in sheet.iter_rows(min_row=3, values_only=True)} == {None}


# The project file

SWITCH = re.compile(r"^# (?=\[|[a-z_]+ = )", re.MULTILINE)


def switched_on(text):
    """The project file with every line switched on that can be."""
    return SWITCH.sub("", text)


@pytest.mark.parametrize("place", [None, "上海市杨浦区", 'a"b\\\n[x]${name}'])
def test_the_project_file_is_right_from_the_first_and_with_every_line_switched_on(tmp_path, place):
    make_project(tmp_path / "p", osm=None, place=place)
    text = (tmp_path / "p" / "project.toml").read_text("utf-8")
    assert tomllib.loads(text)["roster"] == {"file": "小区名册.xlsx", "sheet": "小区名册"}
    read_project(tmp_path / "p")
    data = tomllib.loads(switched_on(text))
    project = Project.model_validate(data)
    sections = {name for name, field in Project.model_fields.items() if not field.exclude}
    assert sections - set(data) == set()
    assert (project.osm.place, project.estates.crs) == (place or "上海市杨浦区", "GCJ-02")
    assert [one.kind for one in project.facilities] == list(facility_kinds())


def test_every_excel_file_and_sheet_that_the_project_file_names_is_there(folders):
    data = tomllib.loads(switched_on((folders["zh"] / "project.toml").read_text("utf-8")))
    sections = [part for part in data.values() if isinstance(part, dict)] + data["facilities"]
    named = {(part["file"], part["sheet"]) for part in sections if "sheet" in part}
    there = {(f"{name}.xlsx", sheet.title) for name, book in books(folders["zh"]).items()
             for sheet in book.worksheets[:-1]}
    assert named == there


def test_both_languages_give_the_same_project(folders):
    texts = [(folders[lang] / "project.toml").read_text("utf-8") for lang in LANGS]
    assert texts[0].replace('name = "zh"', 'name = "en"') == texts[1]


def test_a_folder_that_holds_a_project_is_left_as_it_is(folders):
    with pytest.raises(InputError, match="here already"):
        make_project(folders["zh"], osm=None, place=None)


# Filled in

def fill(path, sheet, rows):
    """Type rows below the example, under the headers that begin with the given names."""
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    columns = {re.sub("（.*", "", cell.value): cell.column for cell in page[1]}
    for at, row in enumerate(rows, start=3):
        for name, value in row.items():
            page.cell(at, columns[name]).value = value
    book.save(path)


ROSTER = [
    {"小区编号": "001", "小区名称": "春里", "所属居委": "一居", "户数": 200, "60岁以上": 150, "建成年份": 1990,
     "高层": "否", "停车位": 60, "居民车辆": 100, "封闭管理": "是", "充电端口数": 0},
    {"小区编号": "002", "小区名称": "兰里", "所属居委": "一居", "户数": 210, "建成年份": "1998年", "高层": "是",
     "停车位": 60, "居民车辆": 30, "电动自行车数": 120},
    {"小区编号": "003", "小区名称": "竹里", "户数": "1,220", "停车位": 500},
]


@pytest.mark.parametrize("lang", LANGS)
def test_a_roster_filled_in_is_read_and_the_example_is_listed_not_counted(tmp_path, lang):
    make_project(tmp_path / "p", osm=None, place=None, lang=lang)
    path = tmp_path / "p" / "小区名册.xlsx"
    fill(path, "小区名册", ROSTER)
    log = ProblemLog()
    estates = read_estates(outlines=None, roster=Source(path, sheet="小区名册"), walled_default=False, log=log,
                           town=Town("EPSG:4549"), data_year=2026)
    assert list(estates.ids) == ["001", "002", "003"]
    assert estates.frame["name"].tolist() == ["春里", "兰里", "竹里"]
    assert estates.frame["households"].tolist() == [200, 210, 1220]
    assert estates.frame["build_year"].tolist()[:2] == [1990, 1998]
    assert estates.frame["ebike_ports"].isna().tolist() == [False, True, True]
    assert estates.frame["walled"].tolist() == [True, False, False]
    assert log.errors == ()
    assert [str(one.why) for one in log if one.row == 2] == []
    assert {str(why): rows for why, rows in log.readings[0].left_out.items()} == {
        "this row is the template's example": (2,)}


def test_a_template_nobody_filled_in_holds_its_example_and_nothing_else(folders):
    cells = read_table(folders["zh"] / "停车场.xlsx", sheet="停车场")
    assert len(cells) == 1
    assert cells.iloc[0, 0] == "示例"


def write_map(folder):
    """Three walled estates, 160 m by 120 m, in a row along a street, and streets around them."""
    west = [X0 + 200 * n + 20 for n in range(3)]
    layer = {"小区编号": [row["小区编号"] for row in ROSTER], "小区名称": [row["小区名称"] for row in ROSTER]}
    shapes = [box(x, Y0 + 20, x + 160, Y0 + 140) for x in west]
    gpd.GeoDataFrame(layer, geometry=shapes, crs="EPSG:4549").to_file(folder / "小区边界.gpkg")
    lines = [LineString([(X0, Y0 + y), (X0 + 600, Y0 + y)]) for y in (0, 160)]
    lines += [LineString([(X0 + 200 * n, Y0), (X0 + 200 * n, Y0 + 160)]) for n in range(4)]
    streets = gpd.GeoDataFrame({"highway": ["residential"] * 6}, geometry=lines, crs="EPSG:4549")
    streets.to_file(folder / "道路.gpkg")
    return gpd.GeoSeries([shape.centroid for shape in shapes], crs="EPSG:4549").to_crs("EPSG:4326")


def switch_on(folder, *parts):
    """Take "# " away from every line of the paragraphs of the project file that hold one of the given words."""
    text = (folder / "project.toml").read_text("utf-8").replace('# file = "小区边界.gpkg"', 'file = "小区边界.gpkg"')
    paragraphs = [SWITCH.sub("", one) if any(part in one for part in parts) else one for one in text.split("\n\n")]
    text = "\n\n".join(paragraphs).replace("themes = ", "# themes = ")
    (folder / "project.toml").write_text(text, "utf-8")


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_project_made_of_templates_filled_in_runs_and_counts_what_was_typed(tmp_path):
    folder = tmp_path / "p"
    assert CliRunner().invoke(app, ["init", str(folder)]).exit_code == 0
    middles = write_map(folder)
    lon, lat = middles.x[0], middles.y[0]
    fill(folder / "小区名册.xlsx", "小区名册", ROSTER)
    fill(folder / "停车场.xlsx", "停车场", [{"设施名称": "路侧停车场", "容量": 25, "经度": lon, "纬度": lat}])
    fill(folder / "电动自行车充电点.xlsx", "电动自行车充电点", [{"小区编号": "002", "容量": 12}])
    gate = {"小区编号": "001", "出入口名称": "南门", "行人": "是", "经度": lon, "纬度": lat - 60 / 110_900}
    fill(folder / "出入口.xlsx", "出入口", [gate])
    fill(folder / "12345工单.xlsx", "12345工单", [{"小区名称": "春里", "诉求类型": "停车难"}] * 3)
    switch_on(folder, "[streets]", "[gates]", "[complaints]", '"car_parks"', '"ebike_chargers"')
    done = CliRunner().invoke(app, ["run", str(folder)])
    assert done.exit_code == 0, done.output
    run = Path(done.stdout.splitlines()[0]).parent
    gaps = {(row["estate_id"], row["measure"]): row for row in rows_of(run / "gaps.csv")}
    assert {key for key, _ in gaps} == {"001", "002", "003"}
    assert float(gaps["001", "night_gap"]["shortfall"]) == 100 - 60
    assert gaps["002", "night_gap"]["status"] == "met"
    assert float(gaps["002", "ports_missing"]["provided"]) == 12
    assert float(gaps["001", "complaints_received"]["required"]) == 3
    assert all("示例" not in str(row) for row in (*gaps.values(), *rows_of(run / "ranking.csv")))


def test_a_project_begun_with_osm_lists_its_estates_below_the_example(tmp_path, shared_data):
    osm = shared_data / "shanghai-tongji" / "tongji.osm"
    assert CliRunner().invoke(app, ["init", str(tmp_path / "p"), "--osm", str(osm)]).exit_code == 0
    sheet = to_fill_in(tmp_path / "p")["小区名册"]
    listed = [row[:2] for row in sheet.iter_rows(min_row=3, values_only=True)]
    outlines = gpd.read_file(tmp_path / "p" / "小区边界.gpkg")
    assert listed == list(zip(outlines["小区编号"], outlines["小区名称"], strict=True))
    assert len(listed) > 5
    answer = CliRunner().invoke(app, ["check", str(tmp_path / "p")])
    assert answer.exit_code == 0, answer.output
