"""A grid beside the roster, and what it filled: sums of six estates that are one cell each, worked out on paper."""

import io

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
from grids import CRS, IDS, NAN, PLACE, cells, estates, filled, said, write_grid
from rasterio import Affine
from rich.console import Console
from small_town import workbook
from typer.testing import CliRunner

from estategap.cli import app
from estategap.job import check_project
from estategap.progress import Progress
from maps.account import manifest_entry

HUNDREDS = [100.0, 200, 300, 400, 500, 600]  # 2,100 in all
ROSTER = {"residents": HUNDREDS}
UNKNOWN = {"residents": [NAN] * 6}
SAME = "6 estates have {} people by the grid, {} times the 2100 of the roster"


def compared(folder, numbers, roster=None, place=PLACE, crs=CRS, **section):
    """The note on the comparison, and the warnings with what to do."""
    write_grid(folder / "人口.tif", cells(*numbers), place=place, crs=crs)
    _, log = filled(folder, estates(**(roster or ROSTER)), {"file": "人口.tif", **section})
    [reading] = log.readings
    return [str(note) for note in reading.notes[1:]], [(str(one.why), str(one.fix)) for one in log]


def test_a_grid_that_fits_the_roster_is_only_accounted_for(tmp_path):
    notes, warnings = compared(tmp_path, [120, 220, 310, 400, 510, 540])
    assert (notes, warnings) == ([SAME.format(2100, 1)], [])


@pytest.mark.parametrize(("times", "unit"), [
    (100, "persons per km²"), (0.001, "thousands of persons"), (0.0001, "ten thousands of persons or persons per m²")])
def test_the_unit_that_explains_the_sum_of_100_m_cells_is_named(tmp_path, times, unit):
    """One km² has 100 such cells, a hectare is one cell."""
    notes, [(why, fix)] = compared(tmp_path, [one * times for one in HUNDREDS])
    assert notes == [why]
    assert why.endswith(f" people by the grid, {times:.3g} times the 2100 of the roster")
    assert sorted(fix.partition("counts ")[2].partition(", which")[0].split(" or ")) == sorted(unit.split(" or "))


def test_persons_per_hectare_are_told_by_the_size_of_the_cells(tmp_path):
    """Cells of 50 m are a quarter of a hectare: each estate has four, and 4 × 100 instead of 100 people."""
    fine = Affine(50, 0, PLACE.c, 0, -50, PLACE.f)
    numbers = np.kron(cells(*HUNDREDS), np.ones((2, 2)))
    write_grid(tmp_path / "人口.tif", numbers, place=fine)
    _, log = filled(tmp_path, estates(**ROSTER), {"file": "人口.tif"})
    assert said(log) == [("warning", SAME.format(8400, 4))]
    assert "counts persons per hectare, which" in str(next(iter(log)).fix)


def test_what_no_unit_explains_is_said_without_one(tmp_path):
    _, [(why, fix)] = compared(tmp_path, [one * 10 for one in HUNDREDS])
    assert why == SAME.format(21000, 10)
    assert fix.startswith("look whether the grid counts persons per cell, and the persons that its section says")


@pytest.mark.parametrize(("times", "doubted"), [(0.49, True), (0.51, False), (1.99, False), (2.01, True)])
def test_from_half_to_twice_as_many_are_believed(tmp_path, times, doubted):
    assert bool(compared(tmp_path, [one * times for one in HUNDREDS])[1]) is doubted


def test_households_stand_in_for_residents(tmp_path):
    """Six times 100 households are 1,572 persons at 2.62 each; heights of 30 m make 180 people: 0.115 times."""
    roster = {**UNKNOWN, "households": [100.0] * 6}
    notes, [(why, _)] = compared(tmp_path, [30] * 6, roster)
    assert why == ("6 estates have 180 people by the grid, 0.115 times the 1572 that their households in the roster "
                   "make at 2.62 each")
    assert notes == [why]
    assert compared(tmp_path, [262] * 6, roster)[1] == []


def test_the_old_are_no_more_than_all_residents(tmp_path):
    band = {**ROSTER, "residents_60plus": [NAN] * 6}
    notes, [(why, _)] = compared(tmp_path, [one * 1.5 for one in HUNDREDS], band, people="residents_60plus")
    assert why == "6 estates have 3150 people of this age by the grid, 1.5 times the 2100 of all ages in the roster"
    assert notes == [why]
    assert compared(tmp_path, [one * 0.2 for one in HUNDREDS], band, people="residents_60plus")[1] == []


def test_the_old_of_the_grid_are_compared_with_the_old_of_the_roster_where_it_has_them(tmp_path):
    band = {**ROSTER, "residents_60plus": [20.0, 40, 60, 80, 100, 120]}
    _, [(why, _)] = compared(tmp_path, HUNDREDS, band, people="residents_60plus")
    assert why == "6 estates have 2100 people by the grid, 5 times the 420 of the roster"


def test_four_estates_are_too_few_to_compare(tmp_path):
    few = {"residents": [100.0, 100, 100, 100, NAN, NAN]}
    assert compared(tmp_path, [10_000] * 6, few)[0] == []


def test_estates_that_the_roster_does_not_know_are_filled_and_not_compared(tmp_path):
    roster = {"residents": [100.0, 200, 300, 400, 500, NAN]}
    write_grid(tmp_path / "人口.tif", cells(100, 200, 300, 400, 500, 77))
    frame, log = filled(tmp_path, estates(**roster), {"file": "人口.tif"})
    assert frame["residents"].tolist() == pytest.approx([100, 200, 300, 400, 500, 77])
    assert [str(note) for note in log.readings[0].notes] == [
        "it fills 1 of 1 estates whose number is asked for",
        "5 estates have 1500 people by the grid, 1 times the 1500 of the roster"]


def test_a_second_grid_of_the_same_people_fills_nobody_and_says_so(tmp_path):
    """Of both only the six cells of the estates are read."""
    write_grid(tmp_path / "一.tif", cells(*HUNDREDS))
    write_grid(tmp_path / "二.tif", cells(*[9.0] * 6))
    frame, log = filled(tmp_path, estates(**UNKNOWN), {"file": "一.tif"}, {"file": "二.tif"})
    assert frame["residents"].tolist() == pytest.approx(HUNDREDS)
    first, second = log.readings
    assert (first.rows_in, first.rows_used, dict(first.left_out)) == (6, 6, {})
    assert (second.rows_in, second.rows_used) == (6, 0)
    [(why, rows)] = second.left_out.items()
    assert (str(why), len(rows)) == ("the grid fills nobody: the number of every estate is known already", 6)
    assert [str(note) for note in second.notes] == ["it fills 0 of 0 estates whose number is asked for"]
    assert manifest_entry(second)["rows_left_out"] == {str(why): ["1–6"]}
    assert list(log) == []


def test_a_grid_that_knows_too_little_of_every_estate_fills_nobody(tmp_path):
    """30 m to the west: of E5 the cell east of the estates, which alone is known, has three tenths."""
    write_grid(tmp_path / "人口.tif", cells(*[-1] * 6), nodata=-1, place=Affine(100, 0, PLACE.c - 30, 0, -100, PLACE.f))
    _, log = filled(tmp_path, estates(**UNKNOWN), {"file": "人口.tif"})
    [(why, rows)] = log.readings[0].left_out.items()
    assert str(why) == "the grid fills nobody: it does not know the estates whose number is asked for"
    assert len(rows) == 1


@pytest.mark.parametrize(("again", "warned"), [
    ({"file": "人口.tif"}, True), ({"file": "./人口.tif", "band": 1}, True),
    ({"file": "人口.tif", "people": "residents_60plus"}, True), ({"file": "别的.tif"}, False)])
def test_one_grid_in_two_sections_is_a_mistake(tmp_path, again, warned):
    write_grid(tmp_path / "人口.tif", cells(*HUNDREDS))
    write_grid(tmp_path / "别的.tif", cells(*HUNDREDS))
    _, log = filled(tmp_path, estates(**UNKNOWN), {"file": "人口.tif"}, again)
    assert (("warning", "two [[population]] sections name this grid") in said(log)) is warned


def test_two_bands_of_one_file_are_two_grids(tmp_path):
    write_grid(tmp_path / "人口.tif", cells(*HUNDREDS), cells(10, 20, 30, 40, 50, 60))
    frame, log = filled(tmp_path, estates(**UNKNOWN), {"file": "人口.tif", "band": 1},
                        {"file": "人口.tif", "band": 2, "people": "residents_60plus"})
    assert list(log) == []
    assert frame["residents_60plus"].tolist() == pytest.approx([10, 20, 30, 40, 50, 60])


def project(folder, grid):
    """The six estates as files, with a project that names a grid."""
    found = estates().frame[["geometry"]].reset_index(names="小区编号")
    gpd.GeoDataFrame(found, crs=CRS).to_file(folder / "边界.gpkg")
    rows = zip(IDS, [100] * 6, HUNDREDS, strict=True)
    workbook(folder / "名册.xlsx", "名册", [("小区编号", "户数", "常住人口"), *rows])
    (folder / "project.toml").write_text(f"""[project]
name = "六个小区"
data_date = 2026-10-31
crs = "{CRS}"

[estates]
file = "边界.gpkg"

[roster]
file = "名册.xlsx"
sheet = "名册"

[population]
file = "人口.tif"
{grid}
""", "utf-8")


def test_check_says_in_chinese_what_became_of_a_grid(tmp_path):
    write_grid(tmp_path / "人口.tif", cells(*[one * 1000 for one in HUNDREDS]), cells(*HUNDREDS), dtype="int32",
               scales=[0.1, 0.1])
    project(tmp_path, "band = 1")
    done = CliRunner().invoke(app, ["check", str(tmp_path)])
    line = ("按文件所写，数值乘以 0.1 再加 0，需要人口数的 0 个小区中补上了 0 个，"
            "6 个小区按栅格共 210000 人，为名册 2100 人的 100 倍")
    assert "人口.tif：读作“人口栅格”，6 行，用了 0 行，未用 6 行" in done.stdout
    assert line in done.stdout
    assert "• 提醒：人口.tif，值“E0: 10000 / 100" in done.stderr
    assert ("请核对栅格数值是否为每平方公里人数：按它的格网大小，误用这种单位会得到大约这样的倍数；数值应为每格人数"
            in done.stderr)
    [*_, sheet] = [openpyxl.load_workbook(tmp_path / "problems.xlsx")[name] for name in ("读取核对",)]
    rows = {row[0]: row for row in sheet.iter_rows(values_only=True)}
    assert "栅格没有补上任何小区：各小区的人口数都已知" in rows["人口.tif"]
    assert line in rows["人口.tif"]


def test_check_names_the_key_of_a_band_that_is_no_number(tmp_path):
    write_grid(tmp_path / "人口.tif", cells(*HUNDREDS))
    project(tmp_path, "band = 0")
    done = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert done.exit_code == 1
    assert "population" in done.stderr
    assert "band" in done.stderr


def test_an_unreadable_grid_hides_no_other(tmp_path):
    write_grid(tmp_path / "人口.tif", cells(*HUNDREDS), cells(*HUNDREDS))
    project(tmp_path, "")
    every = check_project(tmp_path, Progress(Console(file=io.StringIO()))).problems
    assert [str(one.why) for one in every if one.file == "人口.tif"] == [
        "the raster has 2 bands, and nobody says which is meant: 1, 2"]
