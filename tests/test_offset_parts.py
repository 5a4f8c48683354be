"""Two lists in two systems that somebody has put together are told from one list, and the rows are named."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from offset_places import as_shown, beside, offset_places
from rich.console import Console
from test_offset_fit import grid_town

from estategap.demo.district import write_district
from estategap.job import check_project
from estategap.progress import Progress
from gis.china_offset import from_wgs84, offset_m
from gis.offset_fit import fit_offset
from gis.offset_odds import SYSTEMS
from gis.offset_reference import OffsetReference

PEOPLES_SQUARE = (121.4737, 31.2304)


@pytest.fixture(scope="module")
def places(shared_data, tmp_path_factory):
    return offset_places(shared_data, tmp_path_factory.mktemp("district"))


def put_together(layer, system, count, share):
    """So many shapes, the first of them in another system, in an order that shows nothing."""
    drawn = layer.sample(count, random_state=3).reset_index(drop=True)
    moved = round(share * count)
    both = pd.concat([as_shown(drawn[:moved], system), drawn[moved:]])
    return gpd.GeoSeries(both, crs=layer.crs).sample(frac=1, random_state=4), moved


@pytest.mark.parametrize(("layer", "count"), [
    ("district outlines", 30), ("district gates", 100), ("district with outlines gates", 100),
    ("wuhan corners", 100), ("shanghai corners", 100)])
@pytest.mark.parametrize(("system", "share"), [("GCJ-02", 0.25), ("BD-09", 0.33)])
def test_a_hundred_shapes_of_two_lists_are_told_with_the_share_and_the_metres(places, layer, count, system, share):
    place, kind = layer.rsplit(" ", 1)
    reference, layers = places[place]
    layer, moved = put_together(layers[kind], system, count, share)
    fit = fit_offset(layer, reference)
    assert (fit.system, fit.because) == ("", "mixed")
    assert (fit.parts.greater, fit.parts.other) == ("WGS-84", system)
    assert fit.parts.share == pytest.approx(share, abs=0.12)
    at = layers[kind].to_crs(4326).representative_point()
    shown_m = np.median(offset_m(at.x, at.y, system), axis=1)  # it grows by some 10 m from one end of town to the other
    assert (fit.parts.east_m, fit.parts.north_m) == pytest.approx(shown_m, abs=40)
    assert all(label < moved for label in fit.surest)


def test_of_outlines_every_single_one_in_the_other_system_is_named(places):
    reference, layers = places["district"]
    layer, moved = put_together(layers["outlines"], "GCJ-02", 30, 0.25)
    assert sorted(fit_offset(layer, reference).surest) == list(range(moved))


@pytest.mark.parametrize(("place", "kind"), [
    ("tongji", "buildings"), ("tongji", "gates"), ("district", "facilities"), ("district", "gates"),
    ("district with outlines", "facilities"), ("wuhan", "doors"), ("shanghai", "corners")])
def test_a_list_in_one_system_is_never_taken_for_two(places, place, kind):
    reference, layers = places[place]
    drawn = [layers[kind].sample(min(count, len(layers[kind])), random_state=seed)
             for count in (30, 100) for seed in (1, 2)]
    told = [fit_offset(as_shown(layer, system), reference) for layer in drawn for system in SYSTEMS]
    assert {fit.because for fit in told} <= {"fits", "unclear"}


@pytest.mark.parametrize("scatter_m", [0, 4])
def test_where_blocks_are_as_long_as_gcj_02_moves_nothing_is_taken_for_two_lists(scatter_m):
    """Whatever lies beside one street lies beside the next one too, where GCJ-02 would have come from."""
    rng = np.random.default_rng(5)
    east_m, north_m = map(float, offset_m(*PEOPLES_SQUARE, "GCJ-02"))
    streets = grid_town(east_m, -north_m, scatter_m, rng)
    x, y = shapely.get_coordinates(shapely.box(*streets.total_bounds).centroid)[0]
    inner = streets.clip(shapely.box(x - 1500, y - 1500, x + 1500, y + 1500))
    for count in (30, 100):
        assert fit_offset(beside(inner, count, rng), OffsetReference.of(streets)).because != "mixed"


def test_points_of_which_some_lie_anywhere_are_not_two_lists(places):
    """A list of which every third place is a guess fits no other system better for that."""
    reference, layers = places["district"]
    rng = np.random.default_rng(9)
    gates = layers["gates"].sample(100, random_state=1)
    west, south, east, north = gates.total_bounds
    guessed = shapely.points(rng.uniform((west, south), (east, north), (33, 2)))
    layer = gpd.GeoSeries(np.concatenate([gates[:67], guessed]), crs=gates.crs)
    assert fit_offset(layer, reference).because == "fits"


@pytest.fixture
def half_moved(tmp_path):
    """The district, with every third outline in GCJ-02."""
    write_district(tmp_path, 20261031)
    outlines = gpd.read_file(tmp_path / "小区边界.gpkg")
    degrees = outlines.to_crs(4326)
    there = shapely.transform(
        degrees.geometry.to_numpy()[::3], lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "GCJ-02")))
    shapes = degrees.geometry.to_numpy().copy()
    shapes[::3] = there
    (tmp_path / "小区边界.gpkg").unlink()
    degrees.set_geometry(gpd.GeoSeries(shapes, index=degrees.index, crs=4326)).to_file(tmp_path / "小区边界.gpkg")
    return tmp_path


def test_check_stops_at_outlines_of_two_systems_and_says_how_many_and_which(half_moved):
    found = check_project(half_moved, Progress(Console(quiet=True)))
    (problem,) = [one for one in found.problems if one.severity == "error" and one.file == "小区边界.gpkg"]
    why = str(problem.why)
    count = len(gpd.read_file(half_moved / "小区边界.gpkg"))
    assert "partly as WGS-84 and partly, about 30 in 100 and surely these rows, as GCJ-02" in why
    assert 400 < int(re.search(r"(\d+) m off", why)[1]) < 700
    moved_rows = {row + 1 for row in range(0, count, 3)}  # the first feature of a layer is row 1
    named = {cell.row for cell in problem.cells}
    assert named <= moved_rows
    assert len(named) > len(moved_rows) * 0.8
    (account,) = [one for one in found.readings if one.file == "小区边界.gpkg"]
    assert str(account.offset) == "lies partly in WGS-84, partly in GCJ-02"
