"""The nearest line of a place equals what GEOS says, at cell borders, ends, rings, and far outside too."""

import numpy as np
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis.crs import metric_crs_of
from gis.street_cells import StreetCells
from layers.osm import read_osm
from layers.streets import streets_of_osm


def agrees(lines, usable, points, limit_m):
    """Compare with shapely over all lines: the distance, the place along, and the first of equally near lines."""
    row, along_m, apart_m = StreetCells.of(lines, usable).nearest(points, limit_m)
    rows = np.flatnonzero(usable)
    every = shapely.distance(points[:, None], lines[rows][None, :])
    least = every.min(axis=1)
    close = np.abs(least - limit_m) < 1e-9  # there a last bit decides
    assert ((row >= 0) == (least <= limit_m))[~close].all()
    on = (row >= 0) & ~close
    np.testing.assert_allclose(apart_m[on], least[on], rtol=0, atol=1e-6)
    np.testing.assert_allclose(shapely.distance(lines[row[on]], points[on]), least[on], rtol=0, atol=1e-6)
    there = shapely.line_interpolate_point(lines[row[on]], along_m[on])
    np.testing.assert_allclose(shapely.distance(there, points[on]), least[on], rtol=0, atol=1e-6)
    return row, along_m


PLACES = st.tuples(st.integers(-40, 300), st.integers(-40, 300))
LINE = st.lists(PLACES, min_size=2, max_size=5).filter(lambda line: len(set(line)) > 1)
LINES = st.lists(LINE, min_size=1, max_size=8)


@settings(max_examples=200)
@given(LINES, st.lists(PLACES, min_size=1, max_size=10), st.sampled_from([0.0, 10.0, 64.0, 100.0, 5000.0]))
@example([[(0, 0), (64, 0)], [(64, 0), (64, 64)]], [(64, 0), (128, -40), (-40, 300)], 5000.0)
@example([[(0, 0), (0, 0), (9, 0)]], [(0, 0), (4, 3)], 10.0)
def test_small_lines_of_any_shape(lines, places, limit_m):
    agrees(np.array([shapely.LineString(line) for line in lines]), np.ones(len(lines), bool),
           shapely.points(np.array(places, dtype=float)), limit_m)


def test_of_equally_near_lines_the_first_and_of_equally_near_places_on_one_the_first():
    ring = shapely.LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    lines = np.array([shapely.LineString([(300, 0), (0, 0)]), ring, shapely.LineString([(0, 0), (-50, 0)])])
    at_node = shapely.points([[0.0, 0.0]])
    for usable, row, along in (([True] * 3, 0, 300.0), ([False, True, True], 1, 0.0), ([False, False, True], 2, 0.0)):
        found = agrees(lines, np.array(usable), at_node, 50.0)
        assert (found[0][0], found[1][0]) == (row, along)
    turned = lines[[2, 1, 0]]
    assert agrees(turned, np.ones(3, bool), at_node, 50.0)[0][0] == 0
    assert agrees(np.array([ring]), np.ones(1, bool), shapely.points([[50.0, 50.0]]), 60.0)[1][0] == 50.0


def test_a_square_of_more_than_the_most_cells_has_one_for_its_far_corner():
    side = 303415.50152623374  # of which a 2,000th part divides it up to rounding
    lines = np.array([shapely.LineString([(0, 0), (50, 0)]), shapely.LineString([(side - 50, side), (side, side)])])
    cells = StreetCells.of(lines, np.ones(2, bool)).cells
    assert int(side / cells.side_m) < min(cells.columns, cells.rows)  # the cell of the far corner is one of them
    agrees(lines, np.ones(2, bool), shapely.points([[side, side + 5]]), 10.0)


def test_without_usable_lines_and_without_points_nothing_is_found():
    line = np.array([shapely.LineString([(0, 0), (1, 0)])])
    assert StreetCells.of(line, np.zeros(1, bool)).nearest(shapely.points([[0.0, 0.0]]), 9.0)[0].tolist() == [-1]
    assert StreetCells.of(line[:0], np.zeros(0, bool)).nearest(shapely.points([[0.0, 0.0]]), 9.0)[0].tolist() == [-1]
    assert len(StreetCells.of(line, np.ones(1, bool)).nearest(shapely.points(np.zeros((0, 2))), 9.0)[0]) == 0


def test_las_palmas(shared_data):
    extract = read_osm(shared_data / "las-palmas" / "las_palmas.osm.pbf")
    streets = streets_of_osm(extract, metric_crs_of(extract.streets))
    lines = streets.frame.geometry.to_numpy()
    draw = np.random.default_rng(3)
    usable = draw.random(len(lines)) > 0.2
    rows = np.flatnonzero(usable)
    west, south, east, north = shapely.total_bounds(lines)
    points = shapely.points(np.column_stack([draw.uniform(west - 5000, east + 5000, 4000),
                                             draw.uniform(south - 5000, north + 5000, 4000)]))
    points = np.concatenate([points, shapely.get_point(lines[draw.choice(len(lines), 500)], 0)])
    cells, tree = StreetCells.of(lines, usable), shapely.STRtree(lines[rows])
    for limit_m in (30.0, 300.0, 3000.0):
        row, along_m, apart_m = cells.nearest(points, limit_m)
        asked, found = tree.query_nearest(points, max_distance=limit_m)
        least = np.full(len(points), np.inf)
        least[asked] = shapely.distance(points[asked], lines[rows][found])
        assert ((row >= 0) == np.isfinite(least)).all()
        on = row >= 0
        assert on.sum() > 100
        np.testing.assert_allclose(apart_m[on], least[on], rtol=0, atol=1e-6)
        there = shapely.line_interpolate_point(lines[row[on]], along_m[on])
        np.testing.assert_allclose(shapely.distance(there, points[on]), least[on], rtol=0, atol=1e-6)
