"""A few outlines beside the residential areas of OSM of the same names: the real ones around Tongji, as files."""

import shutil
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
import shapely.affinity
from rich.console import Console

from estategap.job import check_project
from estategap.progress import Progress
from gis.china_offset import moved_into
from gis.crs import metric_crs_of
from gis.tables import Estates
from layers.osm import read_osm
from layers.placing.offset_by_names import offset_by_names

NAMES = ["书香公寓", "同济新村", "密云路454弄", "玉田新村", "赤峰小区"]
PROJECT = """[project]
name = "四平路街道"
data_date = 2026-03-31

[estates]
file = "边界.shp"
{line}

[osm]
file = "tongji.osm"
"""


@pytest.fixture(scope="module")
def areas(shared_data):
    mapped = read_osm(shared_data / "shanghai-tongji" / "tongji.osm").estates
    return mapped[mapped["name"].isin(NAMES)].reset_index(drop=True)[["name", "geometry"]]


def checked(shared_data, folder, outlines, line=""):
    """Errors of the project with these outlines in a shapefile of GBK without a .cpg, and what its account says."""
    shutil.copy(shared_data / "shanghai-tongji" / "tongji.osm", folder)
    outlines.rename(columns={"name": "小区名称"}).to_file(folder / "边界.shp", encoding="gb18030")
    (folder / "边界.cpg").unlink()
    (folder / "project.toml").write_text(PROJECT.format(line=line), encoding="utf-8")
    found = check_project(folder, Progress(Console(quiet=True)))
    return ([one for one in found.problems if one.severity == "error"],
            next(str(one.offset) for one in found.readings if one.part == "estates"))


def shown(areas, system):
    return areas if system == "WGS-84" else areas.set_geometry(moved_into(areas.geometry, system))


def test_outlines_on_their_namesakes_are_where_they_say(shared_data, areas, tmp_path):
    assert checked(shared_data, tmp_path, areas) == (
        [], "lies on 5 residential areas of OSM of the same names as WGS-84")


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09"])
def test_outlines_off_by_what_a_web_map_moves_them_are_an_error_with_the_line_that_mends_it(
        shared_data, areas, tmp_path, system):
    (error,), said = checked(shared_data, tmp_path, shown(areas, system))
    assert said == f"lies on 5 residential areas of OSM of the same names as {system}"
    here, there = (shapely.get_coordinates(one.geometry.centroid.to_numpy()).T for one in (areas, shown(areas, system)))
    metres = pyproj.Geod(ellps="WGS84").inv(*here, *there)[2].mean()
    assert f"only as {system}: they lie " in str(error.why)
    assert abs(int(str(error.why).split("they lie ")[1].split()[0]) - metres) < 3
    line = str(error.fix).split("add the line ")[1].split(" to ")[0]
    assert checked(shared_data, tmp_path, shown(areas, system), line)[0] == []


def test_a_wrong_declaration_is_an_error(shared_data, areas, tmp_path):
    (error,), _ = checked(shared_data, tmp_path, areas, 'crs = "GCJ-02"')
    assert str(error.why) == ("the outlines lie on the 5 residential areas of OSM of the same names as WGS-84, not as "
                              "GCJ-02")
    checked_by_eye = checked(shared_data, tmp_path, areas, 'crs = "GCJ-02"\noffset_checked = true')
    assert checked_by_eye == ([], "not compared: the project says that it has been checked")


def test_two_namesakes_say_nothing_and_names_borne_elsewhere_neither(shared_data, areas, tmp_path):
    assert checked(shared_data, tmp_path, shown(areas, "GCJ-02").iloc[:2]) == ([], "cannot tell: too few places")
    draw = np.random.default_rng(4)
    strewn = areas.set_geometry(gpd.GeoSeries(
        [shapely.affinity.translate(one, *draw.uniform(-0.01, 0.01, 2)) for one in areas.geometry], crs=areas.crs))
    assert checked(shared_data, tmp_path, strewn) == ([], "cannot tell: too few places")


def test_one_that_was_drawn_anew_or_bears_the_name_of_another_does_not_hide_the_rest(shared_data, areas, tmp_path):
    """Four of five lie in GCJ-02, drawn up to 40 m otherwise; the fifth is elsewhere."""
    moved = shown(areas, "GCJ-02").copy()
    steps = [(4e-4, 0), (0, -3e-4), (-2e-4, 2e-4), (3e-4, 1e-4), (0.006, 0.004)]
    drawn = zip(moved.geometry, steps, strict=True)
    moved["geometry"] = [shapely.affinity.translate(one, *step) for one, step in drawn]
    (error,), said = checked(shared_data, tmp_path, moved)
    assert said == "lies on 4 residential areas of OSM of the same names as GCJ-02"
    assert 470 < int(str(error.why).split("they lie ")[1].split()[0]) < 490


@pytest.mark.parametrize(("lon", "lat", "told"), [(121.5, 31.28, True), (103.8, 36.06, True), (94.9, 36.4, False)])
@pytest.mark.parametrize("system", ["WGS-84", "GCJ-02"])
def test_where_a_web_map_moves_places_by_little_outlines_are_not_told_by_names(lon, lat, told, system):
    """Around Shanghai GCJ-02 moves places by 477 m and around Lanzhou by 225 m, but around Golmud by 96 m alone."""
    squares = [shapely.box(lon + k / 100, lat, lon + k / 100 + 0.002, lat + 0.002) for k in range(5)]
    mapped = gpd.GeoDataFrame({"name": NAMES, "other_names": ""}, geometry=squares, crs="EPSG:4326")
    ours = shown(mapped, system).to_crs(metric_crs_of(mapped))
    estates = Estates.of(gpd.GeoDataFrame({"name": NAMES, "outline_basis": "outline"}, crs=ours.crs,
                                          geometry=ours.geometry.to_numpy(), index=[f"E{k}" for k in range(5)]))
    found = offset_by_names(estates, "", SimpleNamespace(estates=mapped))
    assert (found and found.system) == (system if told else None)
