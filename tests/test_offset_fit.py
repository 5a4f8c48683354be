"""A layer in WGS84, GCJ-02 or BD-09 is told by how it fits the streets; a wrong answer is never given."""

import tracemalloc

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from offset_places import as_shown, beside, offset_places

from gis.china_offset import offset_m
from gis.offset_fit import fit_offset
from gis.offset_odds import SYSTEMS
from gis.offset_reference import STREET_EDGES_M, UNCOVERED, OffsetReference

SHANGHAI_CRS = "EPSG:4549"
PEOPLES_SQUARE = (121.4737, 31.2304)


@pytest.fixture(scope="module")
def places(shared_data, tmp_path_factory):
    """Per place its streets as a picture, and its layers in WGS84."""
    return offset_places(shared_data, tmp_path_factory.mktemp("district"))


def answers(place, kind, count, seeds):
    """System in truth and the answer, for layers of ``count`` shapes drawn by chance."""
    reference, layers = place
    layer = layers[kind]
    return [(system, fit_offset(as_shown(layer.sample(min(count, len(layer)), random_state=seed), system), reference))
            for seed in seeds for system in SYSTEMS]


@pytest.mark.parametrize(("place", "kind"), [
    ("tongji", "buildings"), ("tongji", "sites"), ("tongji", "gates"),
    ("district", "buildings"), ("district", "gates"), ("district", "facilities"), ("district", "outlines"),
    ("district with outlines", "buildings"), ("district with outlines", "facilities"),
    ("wuhan", "streets"), ("wuhan", "doors"), ("wuhan", "corners"),
    ("shanghai", "streets"), ("shanghai", "doors"), ("shanghai", "corners")])
def test_a_hundred_shapes_tell_the_system_and_thirty_never_tell_a_wrong_one(places, place, kind):
    hundred, thirty = answers(places[place], kind, 100, [1]), answers(places[place], kind, 30, [1, 2])
    assert [(truth, fit.system) for truth, fit in hundred if fit.system != truth] == []
    assert [(truth, fit.system) for truth, fit in thirty if fit.system not in {"", truth}] == []
    told = sum(fit.system == truth for truth, fit in thirty)
    if kind in {"buildings", "outlines", "streets", "gates", "corners"}:
        assert told >= len(thirty) - 1


def test_the_measured_offset_of_shanghai_is_480_m(places):
    for system, east_m, north_m in (("GCJ-02", 423, -220), ("BD-09", 1049, 423)):
        reference, layers = places["tongji"]
        fit = fit_offset(as_shown(layers["buildings"], system), reference)
        assert (fit.system, fit.because) == (system, "fits")
        assert (fit.east_m, fit.north_m) == pytest.approx((east_m, north_m), abs=12)


@pytest.mark.parametrize("place", ["tongji", "district", "wuhan"])
def test_points_placed_at_random_are_never_taken_for_moved_ones(places, place):
    reference, layers = places[place]
    west, south, east, north = next(iter(layers.values())).total_bounds
    rng = np.random.default_rng(7)
    for count in (12, 30, 100):
        for _ in range(4):
            layer = gpd.GeoSeries(shapely.points(rng.uniform((west, south), (east, north), (count, 2))),
                                  crs=reference.crs)
            assert fit_offset(layer, reference).system in {"", "WGS-84"}


def grid_town(east_m, north_m, scatter_m, rng):
    """Straight streets, one every ``east_m`` and every ``north_m``, 4.4 km × 4.4 km of them around People's Square."""
    x, y = pyproj.Transformer.from_crs("EPSG:4326", SHANGHAI_CRS, always_xy=True).transform(*PEOPLES_SQUARE)
    half = 2200
    ups = np.arange(-half, half + 1, east_m)
    acrosses = np.arange(-half, half + 1, north_m)
    lines = [[(x + at, y - half), (x + at, y + half)] for at in ups + rng.normal(0, scatter_m, len(ups))]
    lines += [[(x - half, y + at), (x + half, y + at)] for at in acrosses + rng.normal(0, scatter_m, len(acrosses))]
    return gpd.GeoSeries(shapely.linestrings(lines), crs=SHANGHAI_CRS)


@pytest.mark.parametrize("blocks_m", ["as far as GCJ-02 moves", (450, 450), (500, 400)])
@pytest.mark.parametrize("scatter_m", [0, 4])
def test_where_every_block_is_like_the_next_no_wrong_system_is_told(blocks_m, scatter_m):
    rng = np.random.default_rng(5)
    if isinstance(blocks_m, str):
        east_m, north_m = offset_m(*PEOPLES_SQUARE, "GCJ-02")
        blocks_m = float(east_m), float(-north_m)
    streets = grid_town(*blocks_m, scatter_m, rng)
    reference = OffsetReference.of(streets)
    x, y = shapely.get_coordinates(shapely.box(*streets.total_bounds).centroid)[0]
    inner = streets.clip(shapely.box(x - 1500, y - 1500, x + 1500, y + 1500))
    for count in (30, 100):
        doors = beside(inner, count, rng)
        for layer in (doors, doors.buffer(6, cap_style="square"))[:count // 30]:  # areas only a hundred
            told = {system: fit_offset(as_shown(layer, system), reference).system for system in SYSTEMS}
            assert {truth: said for truth, said in told.items() if said not in {"", truth}} == {}


@pytest.fixture(scope="module")
def odd_town():
    """Streets 60 to 190 m apart that repeat nowhere, and houses 20 m off them: 3 km × 3 km around People's Square."""
    rng = np.random.default_rng(1)
    x, y = pyproj.Transformer.from_crs("EPSG:4326", SHANGHAI_CRS, always_xy=True).transform(*PEOPLES_SQUARE)
    at = np.cumsum(rng.uniform(60, 190, (2, 24)), axis=1)
    size = at.max()
    lines = [[(x + one, y), (x + one, y + size)] for one in at[0]]
    lines += [[(x, y + one), (x + size, y + one)] for one in at[1]]
    streets = gpd.GeoSeries(shapely.linestrings(lines), crs=SHANGHAI_CRS)
    spots = rng.uniform((x, y), (x + size, y + size), (1500, 2))
    spots = gpd.GeoSeries(shapely.points(spots), crs=SHANGHAI_CRS)
    return OffsetReference.of(streets), spots[spots.distance(streets.union_all()) > 20].reset_index(drop=True)


def test_a_layer_130_m_off_is_in_no_system_but_its_shift_is_measured(odd_town):
    reference, houses = odd_town
    fit = fit_offset(houses.translate(130, -40), reference)
    assert (fit.system, fit.because) == ("", "moved")
    assert (fit.east_m, fit.north_m) == pytest.approx((130, -40), abs=15)


def test_the_order_of_rows_and_rows_given_twice_change_nothing(odd_town):
    reference, houses = odd_town
    layer = as_shown(houses[:120], "GCJ-02")
    fit = fit_offset(layer, reference)
    assert fit.system == "GCJ-02"
    assert fit_offset(layer.sample(frac=1, random_state=2), reference) == fit
    assert fit_offset(pd.concat([layer] * 9), reference) == fit


def test_a_few_shapes_or_many_on_one_spot_tell_nothing(odd_town):
    reference, houses = odd_town
    for layer in (houses[:7], houses[:0], pd.concat([houses[:7]] * 50)):
        assert (fit_offset(layer, reference).system, fit_offset(layer, reference).because) == ("", "too few")


def test_a_layer_of_another_town_does_not_overlap(odd_town):
    reference, houses = odd_town
    fit = fit_offset(houses.translate(40_000, 0), reference)
    assert (fit.system, fit.because, fit.shapes) == ("", "no overlap", 0)


def test_a_list_of_the_whole_city_is_judged_by_what_lies_on_the_streets_given(odd_town):
    reference, houses = odd_town
    rng = np.random.default_rng(4)
    x, y = shapely.get_coordinates(houses.union_all().centroid)[0]
    elsewhere = rng.uniform((x - 20_000, y - 20_000), (x + 20_000, y + 20_000), (3000, 2))
    city = pd.concat([houses[:150], gpd.GeoSeries(shapely.points(elsewhere), crs=SHANGHAI_CRS)], ignore_index=True)
    for system in SYSTEMS:
        assert fit_offset(as_shown(city, system), reference).system == system


def test_shapes_of_every_kind_and_none_are_taken(odd_town):
    reference, houses = odd_town
    x, y = houses[0].x, houses[0].y
    odd = [None, shapely.Point(), shapely.Point(np.nan, 1), shapely.Polygon(), shapely.Point(np.inf, y),
           shapely.Polygon([(x, y), (x + 9, y + 9), (x + 9, y), (x, y + 9)]),
           shapely.GeometryCollection([shapely.Point(x, y + 30), shapely.LineString([(x, y), (x, y + 30)])]),
           shapely.MultiPolygon([shapely.Point(x, y).buffer(9), shapely.Point(x + 99, y).buffer(9)]),
           shapely.Point(x, y).buffer(20).difference(shapely.Point(x, y).buffer(9)),
           shapely.MultiPoint([(x, y), (x + 4, y)]), shapely.LineString([(x, y), (x, y)]), shapely.Point(x, y, 9)]
    layer = pd.concat([houses[:100], gpd.GeoSeries(odd, crs=SHANGHAI_CRS)])
    assert fit_offset(layer, reference).system == "WGS-84"


def test_abroad_nothing_is_tested_and_no_system_is_claimed():
    streets = gpd.GeoSeries([shapely.LineString([(25_496_000, 6_672_000), (25_497_000, 6_673_000)])], crs="EPSG:3879")
    reference = OffsetReference.of(streets)
    layer = gpd.GeoSeries(shapely.points(25_496_000 + np.arange(50), np.full(50, 6_672_100)), crs="EPSG:3879")
    assert (fit_offset(layer, reference).system, fit_offset(layer, reference).because) == ("", "not in China")
    assert fit_offset(layer, OffsetReference.of(streets[:0])).because == "not in China"


def test_layers_in_degrees_or_another_crs_are_refused(odd_town):
    reference, houses = odd_town
    with pytest.raises(ValueError, match="CRS"):
        fit_offset(houses.to_crs("EPSG:4326"), reference)
    with pytest.raises(ValueError, match="metric"):
        OffsetReference.of(gpd.GeoSeries([], crs="EPSG:4326"))


def test_the_picture_says_of_each_spot_its_distance_to_a_street_and_whether_it_is_inside_an_outline():
    streets = grid_town(260, 330, 20, np.random.default_rng(2))
    x, y = shapely.get_coordinates(shapely.box(*streets.total_bounds).centroid)[0]
    yard = shapely.Point(x, y).buffer(500).difference(shapely.Point(x, y).buffer(200))
    nested = shapely.box(x + 250, y - 50, x + 350, y + 50)
    picture = OffsetReference.of(streets, gpd.GeoSeries([yard, nested, None, shapely.Polygon()], crs=SHANGHAI_CRS))
    spots = np.random.default_rng(3).uniform((x - 1500, y - 1500), (x + 1500, y + 1500), (4000, 2))
    codes = picture.codes[tuple(picture.at(spots).T)]
    assert (codes != UNCOVERED).all()
    points = shapely.points(spots)
    far_m = shapely.distance(points, streets.union_all())
    edges = np.array([0, *STREET_EDGES_M, np.inf])
    diagonal_m = picture.cell_m * np.sqrt(2)
    assert (far_m >= edges[codes // 3] - diagonal_m).all()
    assert (far_m <= edges[codes // 3 + 1] + diagonal_m).all()
    whole = shapely.union_all([yard, nested])
    clear = shapely.distance(points, shapely.union_all([yard.boundary, nested.boundary])) > 2 * diagonal_m
    assert (codes[clear] % 3 == np.where(shapely.contains(whole, points[clear]), 2, 0)).all()
    outside = np.array([[x + 2200 + 60, y], [x, y - 2200 - 400]])
    assert (picture.codes[tuple(picture.at(outside).T)] == UNCOVERED).all()


def test_a_city_of_60_km_by_60_km_is_drawn_in_less_than_300_mb():
    lines = [[(500_000, 3_400_000 + 6000 * k), (560_000, 3_400_000 + 6000 * k)] for k in range(11)]
    streets = gpd.GeoSeries(shapely.linestrings(lines), crs=SHANGHAI_CRS)
    tracemalloc.start()
    picture = OffsetReference.of(streets)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert picture.cell_m < 10
    assert kept < 80e6
    assert peak < 300e6


@pytest.mark.parametrize(("east_m", "north_m"), [(30, 0), (-25, 25), (0, -40)])
def test_a_layer_in_gcj_02_drawn_some_metres_off_besides_is_gcj_02_and_not_merely_moved(places, east_m, north_m):
    """The shift measured is that of GCJ-02 in Shanghai and the slip."""
    reference, layers = places["tongji"]
    fit = fit_offset(as_shown(layers["buildings"], "GCJ-02").translate(east_m, north_m), reference)
    assert (fit.system, fit.because) == ("GCJ-02", "fits")
    assert (fit.east_m, fit.north_m) == pytest.approx((423 + east_m, -220 + north_m), abs=20)


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
    layer = layers[kind].sample(min(100, len(layers[kind])), random_state=2)
    told = [fit_offset(as_shown(layer, system), reference) for system in SYSTEMS]
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
