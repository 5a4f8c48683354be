"""The list of estates to locate: what check writes, what comes back filled in, and what is said of it."""

import math

import geopandas as gpd
import openpyxl
import pytest
import shapely
from rich.console import Console
from small_town import IDS, NAMES, estategap, workbook, write_town

from estategap.inputs import read_inputs
from estategap.job import check_project
from estategap.plan import walking_of
from estategap.progress import Progress
from estategap.project import read_project
from gis.china_offset import from_wgs84
from gis.errors import InputError, ProblemLog
from gis.tables import Estates
from layers.estates import read_estates
from layers.placing.places import Town
from layers.placing.to_locate import existing_list
from layers.reading.files import Source
from maps.account import accounts
from maps.texts import Texts
from maps.to_locate import list_to_locate

CRS = "EPSG:4549"


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


def test_estates_at_one_point_are_one_finding_with_the_row_of_each(tmp_path):
    town = unlocated(tmp_path / "town", "Y1", "Y2", "Y3", "Y4")
    check(town)
    fill_in(town / "to_locate.xlsx", **dict.fromkeys(("Y1", "Y2", "Y3", "Y4"), (120.56, 31.87, "WGS84")))
    switch_on(town)
    [one] = [one for one in check(town).problems if "same coordinates" in str(one.why)]
    assert (str(one.why), one.file) == ("4 estates have the same coordinates as another", "to_locate.xlsx")
    sheet = openpyxl.load_workbook(town / "to_locate.xlsx")["待定位小区"]
    assert {cell.row: cell.value.split(" ")[0] for cell in one.cells} == {
        row: sheet.cell(row, 2).value for row in range(2, 6)}


def test_places_far_off_and_of_estates_with_an_outline_are_said_in_the_list_of_places(tmp_path):
    town = unlocated(tmp_path / "town", "Y1", "Y2")
    check(town)
    book = openpyxl.load_workbook(town / "to_locate.xlsx")
    book.worksheets[0].append([IDS[0], NAMES[0], None, None, None, 120.60, 31.87, "WGS84"])
    book.save(town / "to_locate.xlsx")
    fill_in(town / "to_locate.xlsx", Y1=(20.55, 31.87, "WGS84"), Y2=(120.56, 31.87, "WGS84"))
    switch_on(town)
    found = check(town)
    said = [(one.severity, one.row, str(one.why), str(one.fix)) for one in found.problems
            if one.file == "to_locate.xlsx"]
    assert ("error", 2, "1 of 14 estates lie more than 30 km from every street") in [one[:3] for one in said]
    assert ("warning", 4, "this estate has an outline, which holds") in [one[:3] for one in said]
    [fix] = [fix for _, row, why, fix in said if why.startswith("1 rows lie more than 100 km from the estates")]
    assert fix == "check these places; they are used as they stand"
    assert not [fix for *_, fix in said if "project.toml" in fix]
    [reading] = [one for one in found.readings if one.part == "located"]
    assert (reading.rows_in, reading.rows_used, reading.offset) == (3, 2, "")


def test_an_estate_whose_coordinates_are_wrong_is_to_be_corrected_and_not_to_be_located(tmp_path):
    town = unlocated(tmp_path / "town", "Y1", "Y2", "Y3")
    book = openpyxl.load_workbook(town / "小区名册.xlsx")
    sheet = book["名册"]
    at = sheet.max_column + 1
    rows = {sheet.cell(row, 1).value: row for row in range(2, sheet.max_row + 1)}
    east, north = {"Y1": "很远", "Y2": "待定"}, {"Y1": 31.87, "Y2": "见附图"}
    for column, name, cells in ((at, "经度", east), (at + 1, "纬度", north)):
        sheet.cell(1, column, name)
        for key, cell in cells.items():
            sheet.cell(rows[key], column, cell)
    book.save(town / "小区名册.xlsx")
    found = check(town)
    [error] = [one for one in found.problems if one.severity == "error"]
    assert (error.row, str(error.column), error.value) == (rows["Y1"], "经度, 纬度", "很远, 31.87")
    listed = openpyxl.load_workbook(found.to_locate).worksheets[0]
    assert [row[0] for row in listed.iter_rows(min_row=2, values_only=True)] == ["Y2", "Y3"]
    assert any(str(one.why).startswith("2 of 15 estates have neither outline nor") for one in found.problems)


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
    assert "2 estates have the same coordinates as another" in said
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
    frame = Estates.of(gpd.GeoDataFrame(
        {"name": ["A"], "point_x": 0.0, "point_y": 0.0}, geometry=[None], index=["A"], crs=CRS)).frame
    frame = frame.assign(name="=1+1", address="<b>")
    list_to_locate(frame, tmp_path / "to_locate.xlsx", "en")
    frame = frame.set_axis(["=B"], axis="index")
    list_to_locate(frame, tmp_path / "to_locate.xlsx", "en")
    page = openpyxl.load_workbook(tmp_path / "to_locate.xlsx").worksheets[0]
    assert [page["B2"].value, page["B2"].data_type, page["A3"].value, page["A3"].data_type] == ["=1+1", "s", "=B", "s"]
    assert [page["E2"].value, page["E3"].value] == ["<b>", "<b>"]


def test_what_was_converted_is_said_in_the_account_of_the_list(tmp_path):
    town = unlocated(tmp_path / "town", "Y1", "Y2", "Y3", "Y4")
    check(town)
    gcj, bd = ([float(one[0]) for one in from_wgs84([120.56], [31.87], system)] for system in ("GCJ-02", "BD-09"))
    fill_in(town / "to_locate.xlsx", Y1=(*gcj, "高德"), Y2=(*gcj, "GCJ-02"), Y3=(*bd, "百度"),
            Y4=(120.561, 31.87, "WGS84"))
    switch_on(town)
    [reading] = [one for one in check(town).readings if one.part == "located"]
    assert reading.converted_rows == {"BD-09": 1, "GCJ-02": 2}
    said = {lang: accounts([reading], Texts(lang))[0].placed for lang in ("zh", "en")}
    assert said == {"zh": "由 BD-09（1 行），GCJ-02（2 行） 换算",
                    "en": "converted from BD-09 (1 rows), GCJ-02 (2 rows)"}
