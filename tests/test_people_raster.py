"""People of a grid's cells go to one estate each, worked out by hand on cells of 100 m."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.tables import Buildings, Estates
from layers.people_raster import counted_on_grid, people_of_raster
from layers.rasters import RasterWindow

CRS, NAN = "EPSG:4549", float("nan")


def estates(**shapes):
    return Estates.of(gpd.GeoDataFrame(geometry=list(shapes.values()), index=list(shapes), crs=CRS))


def homes(**rows):
    """Buildings of ten by ten metres: estate and x of the left side."""
    return Buildings.of(gpd.GeoDataFrame(
        {"estate_id": [estate for estate, _ in rows.values()], "levels": 1.0}, index=list(rows), crs=CRS,
        geometry=[shapely.box(x, 10, x + 10, 20) for _, x in rows.values()]))


def counted(areas, buildings, cells, *, spread=0.0, end=""):
    cells = np.array(cells, dtype="float64")
    grid = RasterWindow(cells, rasterio.Affine(100, 0, 0, 0, -100, 100 * len(cells)), CRS)
    found = people_of_raster(areas, counted_on_grid(areas, buildings, grid), people="residents", spread=spread).frame
    return found["residents" + end].fillna(-1).to_dict()


def test_a_cell_of_one_estate_with_houses_and_one_without_gives_its_people_once():
    """B has no house drawn and three tenths of the cell of 100; A's house has the rest and the cell of 20 is B's."""
    both = estates(A=shapely.box(0, 0, 70, 100), B=shapely.box(70, 0, 200, 100))
    assert counted(both, homes(a=("A", 10)), [[100, 20]]) == pytest.approx({"A": 70, "B": 50})


def test_a_house_of_nobody_has_its_part_of_what_an_estate_without_houses_leaves():
    both = estates(A=shapely.box(0, 0, 50, 100), B=shapely.box(60, 0, 100, 100))
    assert counted(both, homes(a=("A", 10), nobody=("", 30)), [[100]]) == pytest.approx({"A": 30, "B": 40})


def test_ground_that_two_outlines_share_is_the_smaller_ones():
    over = estates(wide=shapely.box(0, 0, 150, 100), small=shapely.box(100, 0, 200, 100))
    assert counted(over, homes(), [[100, 60]]) == pytest.approx({"wide": 100, "small": 60})
    same = estates(one=shapely.box(0, 0, 100, 100), two=shapely.box(0, 0, 100, 100))
    assert counted(same, homes(), [[80]]) == pytest.approx({"one": 80, "two": -1}), "nothing is left for the other"


def test_where_the_grid_knows_a_part_of_an_estate_the_upper_bound_is_as_dense_as_that_part():
    partly = estates(A=shapely.box(0, 0, 180, 100), B=shapely.box(200, 0, 400, 100), C=shapely.box(400, 0, 520, 100))
    houses = homes(c=("C", 410), d=("C", 430), e=("C", 450), f=("C", 505))
    cells = [[90, NAN, 10, 30, 60, NAN]]
    # A: 100 of 180 m of ground known; B: all; C: three of four houses
    assert counted(partly, houses, cells) == pytest.approx({"A": 90, "B": 40, "C": 60})
    assert counted(partly, houses, cells, end="_high") == pytest.approx({"A": 162, "B": 40, "C": 80})
    assert counted(partly, houses, cells, end="_low", spread=0.5) == pytest.approx({"A": 45, "B": 20, "C": 30})
    mostly_not = estates(A=shapely.box(60, 0, 180, 100))
    assert counted(mostly_not, homes(), [[90, NAN]]) == {"A": -1}, "a third is too little to go by"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_estates_never_have_more_people_than_the_grid(seed):
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 300, (6, 2))
    areas = estates(**{f"E{k}": shapely.box(x, y, x + w, y + h) for k, ((x, y), w, h) in enumerate(
        zip(corners, rng.uniform(10, 199, 6), rng.uniform(10, 199, 6), strict=True))})
    houses = homes(**{f"h{k}": (str(rng.choice([*areas.ids[:3], ""])), x) for k, x in enumerate(range(0, 480, 40))})
    cells = rng.integers(0, 50, (5, 5)).astype(float)
    found = counted(areas, houses, cells)
    assert sum(people for people in found.values() if people > 0) <= cells.sum() + 1e-6


def test_estates_and_houses_that_cover_all_ground_have_all_the_people_of_the_grid():
    rng = np.random.default_rng(5)
    strips = estates(**{f"E{k}": shapely.box(37 * k, 0, min(37 * (k + 1), 200), 200) for k in range(6)})
    cells = rng.integers(1, 50, (2, 2)).astype(float)
    found = counted(strips, homes(a=("E1", 60), b=("E4", 150)), cells)
    assert sum(found.values()) == pytest.approx(cells.sum())
