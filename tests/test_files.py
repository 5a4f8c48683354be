"""Files as planners send them: whole ones are read as they are, bad ones give one message with the fix."""

import datetime as dt
import gzip
import json
import zipfile

import geopandas as gpd
import openpyxl
import pyogrio
import pyproj
import pytest
import shapely

from gis.errors import InputError
from layers.reading.files import ROW, Source, read_table, read_vector

NAMES = [f"幸福小区{number}" for number in range(300)]
TABLE = '小区名称,户数\r\n幸福小区,1280\r\n\r\n"光明,一期",\r\n'


@pytest.fixture
def squares():
    shapes = [shapely.box(x, 0, x + 1, 1) for x in range(500_000, 500_300)]
    return gpd.GeoDataFrame({"name": NAMES}, geometry=shapes, crs="EPSG:4549")


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def refused(read, *args, **kwargs):
    with pytest.raises(InputError) as caught:
        read(*args, **kwargs)
    assert len(caught.value.problems) == 1
    return str(caught.value.problems[0])


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "shp", "geojson.gz"])
def test_every_vector_format_brings_its_names_its_shapes_and_its_crs(tmp_path, squares, ending):
    path = tmp_path / f"小区.{ending}"
    squares.to_file(path.with_suffix("") if ending == "geojson.gz" else path)
    if ending == "geojson.gz":
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    read = read_vector(path)
    assert sorted(read["name"]) == sorted(NAMES)
    assert read.crs.to_epsg() == 4549
    assert read.geometry.area.sum() == pytest.approx(300.0)


def test_a_shapefile_in_gbk_without_cpg_keeps_its_chinese(tmp_path, squares):
    squares.to_file(tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.cpg").unlink()
    assert read_vector(tmp_path / "a.shp")["name"].tolist() == NAMES


def test_the_project_s_crs_replaces_what_the_file_says(tmp_path, squares):
    squares.to_file(tmp_path / "a.gpkg")
    read = read_vector(tmp_path / "a.gpkg", crs="EPSG:4547")
    assert read.crs.to_epsg() == 4547
    assert read.total_bounds.tolist() == squares.total_bounds.tolist()


def test_a_file_without_crs_says_which_line_to_add(tmp_path, squares):
    squares.to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    assert refused(read_vector, tmp_path / "a.shp") == (
        "a.shp, value '500000, 0, 500300, 1': the file does not say its coordinate system → the numbers are metres: "
        'add the line crs = "EPSG:4549" with the code of their zone (4549 is that of 120° E) to its section of '
        "project.toml")
    assert read_vector(tmp_path / "a.shp", crs="EPSG:4549").crs.to_epsg() == 4549


def test_a_layer_without_crs_and_without_shapes_says_so(tmp_path):
    bare = gpd.GeoDataFrame({"name": ["甲", "乙"]}, geometry=[None, None])
    pyogrio.write_dataframe(bare, tmp_path / "a.shp", geometry_type="Polygon")
    said = refused(read_vector, tmp_path / "a.shp")
    assert said.startswith('a.shp: the file does not say its coordinate system → add the line crs = "EPSG:4490"')


@pytest.mark.parametrize(("at", "fix"), [
    ((121.47, 31.23), 'add the line crs = "EPSG:4490" (or the code the data is really in)'),
    ((40_552_000, 3_527_000), 'the numbers are metres of the 3-degree zone 40: add the line crs = "EPSG:4528"'),
    ((13_523_000, 3_662_000), 'the numbers look like the metres of web maps: add the line crs = "EPSG:3857"'),
    ((25_500_000, 4_400_000), 'the numbers are metres of the 3-degree zone 25: add the line crs = "EPSG:4513"')])
def test_the_line_to_add_is_the_one_that_the_numbers_look_like(tmp_path, at, fix):
    gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(at).buffer(0.001)]).to_file(tmp_path / "a.shp")
    assert f"→ {fix}" in refused(read_vector, tmp_path / "a.shp")
    if "zone" in fix:
        code = pyproj.CRS.from_epsg(int(fix.split("EPSG:")[1].strip('"')))
        assert f"zone {int(at[0] // 1e6)}" in code.name


@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "shp", "geojson.gz"])
def test_a_truncated_vector_file_is_called_damaged(tmp_path, squares, ending, share):
    path = tmp_path / f"a.{ending}"
    squares.to_file(path.with_suffix("") if ending == "geojson.gz" else path)
    if ending == "geojson.gz":
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    message = refused(read_vector, path)
    assert message.startswith(f"a.{ending}: the file is damaged or incomplete (")
    assert message.endswith(") → export or copy it again")
    assert str(tmp_path) not in message


def test_a_shapefile_with_a_truncated_table_is_called_damaged(tmp_path, squares):
    squares.to_file(tmp_path / "a.shp")
    whole = (tmp_path / "a.dbf").read_bytes()
    (tmp_path / "a.dbf").write_bytes(whole[: len(whole) // 2])
    assert refused(read_vector, tmp_path / "a.shp").startswith("a.dbf: the file is damaged or incomplete (")


def test_a_shapefile_without_its_other_files_says_which(tmp_path, squares):
    squares.to_file(tmp_path / "a.shp")
    (tmp_path / "a.shx").unlink()
    (tmp_path / "a.dbf").unlink()
    assert refused(read_vector, tmp_path / "a.shp").startswith("a.shp: the Shapefile lacks its .shx and .dbf → copy ")


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.fgb", "a.geojson.gz", "a.parquet"])
def test_a_picture_under_another_name_is_the_wrong_type(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert refused(read_vector, tmp_path / name).startswith(f"{name}: the content is a PNG picture, not ")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.xls"])
def test_a_picture_named_as_a_table_is_the_wrong_type(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert refused(read_table, tmp_path / name).startswith(f"{name}: the content is a PNG picture, not a")


@pytest.mark.parametrize(("read", "name"), [(read_vector, "a.gpkg"), (read_table, "a.xlsx"), (read_table, "a.csv")])
def test_missing_empty_and_folder_each_have_their_message(tmp_path, read, name):
    assert refused(read, tmp_path / "no" / name).endswith("→ check the folder 'no', which does not exist either")
    (tmp_path / ("b" + name)).write_bytes(b"x")
    assert refused(read, tmp_path / name) == f"{name}: the file does not exist → did you mean b{name}?"
    (tmp_path / name).write_bytes(b"")
    assert refused(read, tmp_path / name) == f"{name}: the file is empty (0 bytes) → export or copy it again"
    (tmp_path / "folder.gpkg").mkdir()
    assert refused(read, tmp_path / "folder.gpkg").startswith("folder.gpkg: this is a folder, not a file")


def test_an_unknown_ending_lists_those_that_are_read(tmp_path):
    (tmp_path / "a.dwg").write_bytes(b"AC1032")
    assert refused(read_vector, tmp_path / "a.dwg") == (
        "a.dwg: files of this kind cannot be read here (.dwg) → "
        "give one of .gpkg, .geojson, .json, .geojson.gz, .shp, .fgb, .parquet, .kml, .kmz, .zip")


def test_layers_are_named_where_one_must_be_chosen(tmp_path, squares):
    squares.to_file(tmp_path / "a.gpkg", layer="现状")
    squares.head(2).to_file(tmp_path / "a.gpkg", layer="规划")
    assert refused(read_vector, tmp_path / "a.gpkg") == (
        'a.gpkg: the file has 2 layers (现状, 规划) → say which, for example layer = "现状"')
    assert refused(read_vector, tmp_path / "a.gpkg", layer="x") == (
        "a.gpkg, value 'x': there is no such layer → give one of its layers: 现状, 规划")
    assert len(read_vector(tmp_path / "a.gpkg", layer="规划")) == 2


def test_a_layer_without_rows_and_a_crs_nobody_knows_are_refused(tmp_path, squares):
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    assert "the layer has no rows" in refused(read_vector, tmp_path / "a.geojson")
    squares.to_file(tmp_path / "b.gpkg")
    assert refused(read_vector, tmp_path / "b.gpkg", crs="EPSG:1") == (
        "b.gpkg, value 'EPSG:1': no such coordinate system → "
        "give an EPSG code such as EPSG:4490 or EPSG:4326")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_keeps_raw_cells_and_the_spreadsheet_s_row_numbers(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes(TABLE.encode(encoding))
    table = read_table(tmp_path / "a.csv")
    assert table.to_dict("list") == {"小区名称": ["幸福小区", "光明,一期"], "户数": ["1280", None], ROW: [2, 4]}


def test_csv_cells_that_were_exported_as_formulas_are_their_texts(tmp_path):
    (tmp_path / "a.csv").write_text('小区编号,户数,备注\n="001","=""120""",="a"&"b"\n', "utf-8")
    assert read_table(tmp_path / "a.csv").to_dict("list") == {
        "小区编号": ["001"], "户数": ["120"], "备注": ['="a"&"b"'], ROW: [2]}


def test_csv_that_is_no_text_or_is_cut_inside_a_character_or_quote_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"name\n\xff\xff\xff\n")
    assert refused(read_table, path).startswith("a.csv: the text is neither UTF-8 nor GB18030 → save it as UTF-8, ")
    path.write_bytes("name\n幸福".encode()[:-1])
    assert refused(read_table, path).startswith("a.csv: the file is damaged or incomplete (the text ends inside")
    path.write_bytes(b'name\n"abc\n')
    assert refused(read_table, path).startswith("a.csv: the file is damaged or incomplete (CSV: ")
    path.write_bytes(b"name,households\n1,2\nA,b,3\n")
    assert refused(read_table, path).startswith("a.csv, row 3: 1 rows have more cells than there are column names")


def test_a_workbook_keeps_types_blank_rows_and_headless_columns(tmp_path):
    day = dt.datetime(2026, 10, 31)  # noqa: DTZ001 - spreadsheets have no time zone
    rows = [["小区名称", None, "户数"], ["幸福", "x", 12], [None, None, None], ["光明", None, day]]
    table = read_table(workbook(tmp_path / "a.xlsx", 名册=rows))
    assert table.columns.tolist() == ["小区名称", "column B", "户数", ROW]
    assert table[ROW].tolist() == [2, 4]
    assert table["户数"].tolist() == [12, day.date()]


def test_sheets_are_named_where_one_must_be_chosen_and_blank_ones_do_not_count(tmp_path):
    one = workbook(tmp_path / "a.xlsx", 名册=[["name"], ["A"]], Sheet2=[])
    assert read_table(one)["name"].tolist() == ["A"]
    two = workbook(tmp_path / "b.xlsx", 说明=[["填表说明"]], 名册=[["name"], ["A"]])
    assert refused(read_table, two) == (
        'b.xlsx: the file has 2 sheets (说明, 名册) → say which, for example sheet = "说明"')
    assert refused(read_table, two, sheet="花名册") == (
        "b.xlsx, value '花名册': there is no such sheet → give one of its sheets: 说明, 名册")
    assert refused(read_table, two, sheet="说明").startswith("b.xlsx, sheet 说明: the table has no rows")


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", 名册=[["户数", "户数"], [1, 2]])
    assert refused(read_table, path).startswith("a.xlsx, sheet 名册, row 1, column 户数: two columns have this name")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.98])
def test_a_truncated_or_corrupt_workbook_is_called_damaged(tmp_path, share):
    path = workbook(tmp_path / "a.xlsx", 名册=[["name"], *([name] for name in NAMES)])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert refused(read_table, path).startswith("a.xlsx: the file is damaged or incomplete (")
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(byte ^ 0x55 for byte in whole[middle : middle + 99]) + whole[middle + 99 :])
    assert refused(read_table, path).startswith("a.xlsx: the file is damaged or incomplete (")


@pytest.mark.parametrize(("part", "found"), [
    ("word/document.xml", "a Word document"), ("ppt/presentation.xml", "a PowerPoint presentation"),
    ("mimetype", "an OpenDocument file"), ("小区名册.csv", "a ZIP archive")])
def test_another_document_that_is_called_a_workbook_is_named(tmp_path, part, found):
    with zipfile.ZipFile(tmp_path / "名册.xlsx", "w") as archive:
        if "/" in part:
            archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, "<x/>")
    assert refused(read_table, tmp_path / "名册.xlsx").startswith(
        f"名册.xlsx: the content is {found}, not an Excel workbook → give the right file")


def test_a_broken_old_workbook_is_called_damaged(tmp_path):
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert refused(read_table, tmp_path / "a.xls").startswith("a.xls: the file is damaged or incomplete (")


def test_a_source_knows_tables_by_their_ending(tmp_path):
    assert Source(tmp_path / "名册.XLSX").is_table
    assert not Source(tmp_path / "边界.gpkg").is_table
