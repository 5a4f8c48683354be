"""Where one file has a wrong coordinate system, that file is named, and not all the others."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from small_town import write_town

from estategap.job import check_project
from estategap.progress import Progress

ELSEWHERE = 'crs = "EPSG:4547"'  # the zone of 114° E instead of 120° E: 570 km west


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_town(tmp_path / "town")


def rewritten(town: Path, old: str, new: str) -> list[tuple[str, str, str]]:
    """File, reason and fix of what check says after a change of the project file, the whereabouts alone."""
    path = town / "project.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    found = check_project(town, Progress(Console(file=io.StringIO())))
    return [(one.file, str(one.why), str(one.fix)) for one in found.problems if " km from " in str(one.why)]


def test_outlines_that_no_other_file_lies_beside_are_named_alone(town):
    ((file, why, fix),) = rewritten(town, 'file = "小区边界.gpkg"', f'file = "小区边界.gpkg"\n{ELSEWHERE}')
    assert file == "小区边界.gpkg"
    assert why.startswith("the estates (west, south, east, north) lie 56")
    assert "停车场.xlsx" in why
    assert fix == "correct the crs in the section of this file in project.toml"


def test_streets_that_no_other_file_lies_beside_are_named_alone(town):
    found = rewritten(town, 'file = "道路.gpkg"', f'file = "道路.gpkg"\n{ELSEWHERE}')
    assert [(file, fix) for file, why, fix in found if why.startswith("the streets")] == [
        ("道路.gpkg",
         "correct the crs in the section of this file in project.toml, or give the streets of this area")]
    assert {file for file, _, _ in found} == {"道路.gpkg"}


def test_a_town_in_one_place_hears_nothing_of_it(town):
    assert rewritten(town, "[project]", "[project]") == []
