"""What a population grid says that is not to be believed, from the file as it arrives."""

import io

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rich.console import Console
from small_town import COUNT, CRS, IDS, X0, Y0, workbook, write_town

from estategap.job import check_project
from estategap.progress import Progress

PLACE = rasterio.Affine(100, 0, X0 - 500, 0, -100, Y0 + 1500)


def grid_file(path, cells, *, dtype="float32", crs=CRS, nodata=None, place=PLACE):
    rows, columns = cells.shape
    with rasterio.open(path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype=dtype, crs=crs,
                       nodata=nodata, transform=place) as to:
        to.write(cells.astype(dtype), 1)


def everywhere(value):
    return np.full((20, 20), float(value))


def found(folder, *grids, settings=""):
    """What check says of grids, in a town whose roster has households alone."""
    write_town(folder)
    workbook(folder / "小区名册.xlsx", "名册", [("小区编号", "户数"), *((key, 200) for key in IDS)])
    with (folder / "project.toml").open("a", encoding="utf-8") as text:
        for number, options in enumerate(grids):
            grid_file(folder / f"人口{number}.tif", **options)
            text.write(f'\n[[population]]\nfile = "人口{number}.tif"\n{settings}')
    every = check_project(folder, Progress(Console(file=io.StringIO()))).problems
    return [(one.severity, str(one.why), one.value, [cell.value for cell in one.cells]) for one in every
            if one.file.startswith("人口")]


def test_a_sound_grid_is_passed_over(tmp_path):
    assert found(tmp_path, {"cells": everywhere(120)}) == []


def test_infinity_is_unknown_and_said_to_be(tmp_path):
    [(severity, why, _, estates)] = found(tmp_path, {"cells": everywhere(np.inf)})
    assert (severity, len(estates)) == ("warning", COUNT)
    assert why == "the grid knows too little of 12 of 12 estates whose number is asked for"


def test_a_grid_of_a_part_of_the_estates_names_the_others(tmp_path):
    """Two columns of 100 m cells from the west edge: 200 m; the estates of the first column are 160 m wide."""
    west = rasterio.Affine(100, 0, X0, 0, -100, Y0 + 1500)
    outlines = gpd.read_file(write_town(tmp_path / "a") / "小区边界.gpkg")
    inside = int((outlines.bounds["maxx"] <= X0 + 200).sum())
    assert inside == 3
    [(_, why, _, estates)] = found(tmp_path / "b", {"cells": np.full((20, 2), 50.0), "place": west})
    assert (why, len(estates)) == ("the grid knows too little of 9 of 12 estates whose number is asked for", 9)


def test_the_largest_number_of_a_whole_number_grid_is_no_number_of_people(tmp_path):
    cells = everywhere(120)
    cells[13, 6:9] = 255
    [(severity, why, value, _)] = found(tmp_path, {"cells": cells, "dtype": "uint8"})
    assert (severity, why, value) == (
        "error", "3 cells hold the largest number that this file can: unknown, or cut off", "255")


def test_the_largest_number_may_stand_for_unknown_where_the_file_says_so(tmp_path):
    cells = everywhere(120)
    cells[0, 0] = 65535
    assert found(tmp_path, {"cells": cells, "dtype": "uint16", "nodata": 65535}) == []


@pytest.mark.parametrize(("value", "severity", "why"), [
    (1e30, "error", "12 estates have more than 1000000 people by the grid, which is not believed of any"),
    (60_000, "warning", "12 estates have more than 5000 people per hectare by the grid"),
    (0, "warning", "the grid has nobody in any of 12 estates")])
def test_people_by_the_grid_are_as_doubtful_as_those_of_a_roster(tmp_path, value, severity, why):
    one, *more = found(tmp_path, {"cells": everywhere(value)})
    assert one[:2] == (severity, why)
    assert ["times the 6288 that their households in the roster make" in said for _, said, *_ in more] == [True] * (
        value > 0), "12 × 200 households × 2.62"
    assert len(one[3]) == COUNT


@pytest.mark.parametrize(("dtype", "value"), [("int32", -9999), ("uint8", 255), ("float32", -9999)])
def test_a_grid_that_knows_nothing_here_names_the_estates(tmp_path, dtype, value):
    [(severity, why, _, _)] = found(tmp_path, {"cells": everywhere(value), "dtype": dtype, "nodata": value})
    assert (severity, why) == ("warning", "the grid knows too little of 12 of 12 estates whose number is asked for")


def test_cells_below_zero_are_an_error_of_their_file_with_the_value_and_hide_no_other_grid(tmp_path):
    said = found(tmp_path, {"cells": everywhere(-99999)}, {"cells": everywhere(0)})
    assert [one[:3] for one in said[:1]] == [("error", "the population grid has cells below zero", "-99999")]
    assert said[1][1] == "the grid has nobody in any of 12 estates"


def test_the_project_says_the_system_of_a_grid_that_does_not(tmp_path):
    [(severity, why, _, _)] = found(tmp_path / "a", {"cells": everywhere(120), "crs": None})
    assert (severity, why) == ("error", "the raster does not say its coordinate system")
    assert found(tmp_path / "b", {"cells": everywhere(120), "crs": None}, settings=f'crs = "{CRS}"\n') == []
    [(severity, why, _, _)] = found(tmp_path / "c", {"cells": everywhere(120)}, settings='crs = "GCJ-02"\n')
    assert (severity, why) == ("error", "a grid in a shifted system cannot be moved back")
