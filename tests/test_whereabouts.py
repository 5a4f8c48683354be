"""Where one file has a wrong coordinate system, that file is named, and not all the others."""

import io
from pathlib import Path

import geopandas as gpd
import pytest
from rich.console import Console
from small_town import write_town

from estategap.job import check_project
from estategap.progress import Progress

ELSEWHERE = 'crs = "EPSG:4547"'  # the zone of 114° E instead of 120° E: 570 km west


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_town(tmp_path / "town")


def elsewhere(town: Path, *files: str) -> list[tuple[str, str, str, str]]:
    """Severity, file, reason and fix of what check says of places where files claim another system."""
    path = town / "project.toml"
    text = path.read_text("utf-8")
    for file in files:
        section = next(one for one in text.split("\n\n") if f'file = "{file}"' in one)
        plain = section.replace('\ncrs = "EPSG:4549"', "")
        text = text.replace(section, plain.replace(f'file = "{file}"', f'file = "{file}"\n{ELSEWHERE}'))
    path.write_text(text, "utf-8")
    found = check_project(town, Progress(Console(file=io.StringIO())))
    return [(one.severity, one.file, str(one.why), str(one.fix)) for one in found.problems
            if " km from " in str(one.why)]


def test_outlines_that_no_other_file_lies_beside_are_named_alone(town):
    ((severity, file, why, fix),) = elsewhere(town, "小区边界.gpkg")
    assert (severity, file) == ("error", "小区边界.gpkg")
    assert why.startswith("the estates (west, south, east, north) lie 56")
    assert "停车场.xlsx" in why
    assert fix == "correct the crs in the section of this file in project.toml"


def test_outlines_and_buildings_of_one_wrong_export_do_not_outvote_the_rest(town):
    ((_, file, why, _),) = elsewhere(town, "小区边界.gpkg", "楼栋.gpkg")
    assert file == "小区边界.gpkg"
    assert "楼栋.gpkg" not in why


def test_streets_that_no_other_file_lies_beside_are_named_alone(town):
    ((severity, file, why, fix),) = elsewhere(town, "道路.gpkg")
    assert (severity, file) == ("error", "道路.gpkg")
    assert why.startswith("the streets")
    assert fix == "correct the crs in the section of this file in project.toml, or give the streets of this area"


def test_outlines_of_the_next_zone_in_one_file_are_an_error_and_move_no_other_file(town):
    """Five of twelve outlines are given the metres of the zone of 123° E, 284 km west of where they are meant."""
    outlines = gpd.read_file(town / "小区边界.gpkg")
    moved = outlines.geometry.to_crs("EPSG:4550").set_crs(outlines.crs, allow_override=True)
    outlines.geometry = moved.where(outlines.index < 5, outlines.geometry)
    outlines.to_file(town / "小区边界.gpkg", driver="GPKG")
    found = check_project(town, Progress(Console(file=io.StringIO()))).problems
    [error] = [one for one in found if one.severity == "error"]
    assert (str(error.why), error.file) == ("5 of 12 estates lie more than 30 km from every street", "小区边界.gpkg")
    assert [cell.row for cell in error.cells] == [1, 2, 3, 4, 5]
    assert {one.file for one in found if " rows lie more than 100 km from " in str(one.why)} == {"小区边界.gpkg"}


@pytest.mark.parametrize("file", ["养老.csv", "停车场.xlsx"])
def test_a_list_that_lies_elsewhere_as_a_whole_stops_the_run(town, file):
    said = elsewhere(town, file)
    assert {one[:2] for one in said if "rows lie more than 100 km" in one[2]} == {("error", file)}


def test_a_town_in_one_place_hears_nothing_of_it(town):
    assert elsewhere(town) == []
