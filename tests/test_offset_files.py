"""A list in GCJ-02 or BD-09 beside the real streets of Shanghai and Wuhan, as files of a project that is checked."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from offset_places import beside, shanghai, wuhan
from rich.console import Console

from estategap.job import check_project
from estategap.progress import Progress
from gis.china_offset import from_wgs84
from gis.crs import metric_crs_of
from layers.osm import read_osm

POINTS, SIDE_M, SEED = 100, 4000, 5
KEPT = {"shanghai": 0.7, "wuhan": 0.7, "tongji": 1.0}
"""Share of the streets that the project has. All of the small extract of 1 km × 1 km: with seven of ten of its streets
100 points tell the system in two of three draws (and a wrong one in none of 90), with all of them in each of 90."""
PROJECT = """[project]
name = "街道"
data_date = 2026-10-31

[estates]
file = "小区.geojson"

[streets]
file = "道路.gpkg"

{section}
file = "点位.csv"
"""
LISTS = {"facilities": ('[[facilities]]\nkind = "car_parks"', "停车场名称"), "gates": ("[gates]", "出入口编号")}


def whole_streets(data, place):
    """All streets of a place in a metric CRS; those of the small extract with footways and driveways."""
    if place == "wuhan":
        return wuhan(data)
    if place == "shanghai":
        return shanghai(data)
    streets = read_osm(data / "shanghai-tongji" / "tongji.osm").streets
    return streets.to_crs(metric_crs_of(streets)).geometry


@pytest.fixture(scope="module", params=["shanghai", "tongji", "wuhan"])
def town(request, shared_data, tmp_path_factory):
    """A folder with streets of a piece of 4 km × 4 km and four squares as estates; points beside all."""
    folder, rng = tmp_path_factory.mktemp(request.param), np.random.default_rng(SEED)
    lines = whole_streets(shared_data, request.param)
    middle = np.median(shapely.get_coordinates(lines.centroid.to_numpy()), axis=0)
    near = lines[lines.intersects(shapely.box(*middle - SIDE_M / 2, *middle + SIDE_M / 2))]
    kept = near[rng.random(len(near)) < KEPT[request.param]]
    streets = gpd.GeoDataFrame({"highway": ["residential"] * len(kept)}, geometry=kept.to_numpy(), crs=kept.crs)
    streets.to_file(folder / "道路.gpkg")
    corners = [middle + offset for offset in [(0, 0), (300, 0), (0, 300), (300, 300)]]
    squares = [shapely.box(*corner, *corner + 150) for corner in corners]
    gpd.GeoDataFrame({"小区编号": list("甲乙丙丁"), "小区名称": ["春里", "兰里", "竹里", "菊里"]}, geometry=squares,
                     crs=lines.crs).to_crs(4326).to_file(folder / "小区.geojson")
    places = beside(near, POINTS, rng).to_crs(4326)
    return folder, places.x.to_numpy(), places.y.to_numpy(), request.param


def checked(town, system, what, line="", headers=("经度", "纬度")):
    """Errors of the project whose list shows its points as a map of that system does, and the list's account."""
    folder, lon, lat, _ = town
    section, header = LISTS[what]
    lon, lat = (lon, lat) if system == "WGS84" else from_wgs84(lon, lat, system)
    names = [f"{n}号" for n in range(POINTS)]
    table = pd.DataFrame({header: names, **dict(zip(headers, np.round((lon, lat), 7), strict=True))})
    (folder / "点位.csv").write_bytes(table.to_csv(index=False).encode("gb18030"))
    (folder / "project.toml").write_bytes((PROJECT.format(section=section) + line).encode())
    found = check_project(folder, Progress(Console(quiet=True)))
    return ([one for one in found.problems if one.severity == "error"],
            next(one for one in found.readings if one.file == "点位.csv"), (lon, lat))


@pytest.mark.parametrize("what", ["facilities", "gates"])
def test_true_points_raise_no_error(town, what):
    errors, reading, _ = checked(town, "WGS84", what)
    assert errors == []
    assert (reading.rows_used, reading.converted) == (POINTS, "")
    assert str(reading.offset) == "fits the streets as WGS-84"


@pytest.mark.parametrize(("system", "what"), [("GCJ-02", "facilities"), ("BD-09", "facilities"), ("GCJ-02", "gates")])
def test_shifted_points_are_one_error_with_the_metres_and_the_line_which_mends_it(town, system, what):
    errors, reading, shown = checked(town, system, what)
    (error,) = errors
    assert (error.file, str(reading.offset)) == ("点位.csv", f"fits the streets only as {system}")
    why = str(error.why)
    assert why.startswith(f"the places fit the streets only as {system}: they lie ")
    apart_m = pyproj.Geod(ellps="WGS84").inv(town[1], town[2], *shown)[2].mean()
    measured_m = int(re.search(r"they lie (\d+) m", why)[1])
    assert measured_m == pytest.approx(apart_m, abs=20)
    if town[3] != "wuhan" and system == "GCJ-02":
        assert measured_m == pytest.approx(480, abs=25)
    assert f'crs = "{system}"' in str(error.fix)
    mended, reading, _ = checked(town, system, what, f'crs = "{system}"\n')
    assert mended == []
    assert (reading.converted, str(reading.offset)) == (system, f"fits the streets as {system}")


def test_a_header_that_contradicts_the_project_is_a_note_where_the_streets_show_that_the_project_is_right(town):
    errors, reading, _ = checked(town, "GCJ-02", "facilities", 'crs = "GCJ-02"\n', ("百度经度", "百度纬度"))
    assert (errors, reading.converted) == ([], "GCJ-02")
    assert str(reading.offset) == ("fits the streets as GCJ-02; the file says BD-09 of its coordinates, project.toml "
                                   "says GCJ-02, which holds")
