"""How many people of an age live in each estate, by a population grid?"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError, Problem
from gis.intervals import Interval
from gis.tables import Buildings, Estates
from gis.zonal import covered_shares, known_shares, left_over, shared_sums, zonal_sums
from layers.assumptions import assumed
from layers.people import fill, homes_of, storeys_of
from layers.rasters import RasterWindow

COUNTED = ("residents", "residents_60plus", "residents_under3", "residents_3to5", "residents_6to11")
"""What a grid may count per cell: all residents, or those of an age band."""


def people_of_raster(estates: Estates, counted: Interval, *, people: str, spread: float) -> Estates:
    """Fill unknown figures of one people column with what a grid counts; basis ``raster``.

    Args:
        estates: the estates.
        counted: what the grid counts in each, by ``counted_on_grid``.
        people: the column that is filled, one of ``COUNTED``.
        spread: how far off the grid may be, as a share: the interval is the sum × (1 − spread) to × (1 + spread).
    """
    frame = estates.frame.copy()
    fill(frame, people, counted.times(1.0, spread), "raster")
    return Estates.of(frame)


def counted_on_grid(estates: Estates, buildings: Buildings, raster: RasterWindow) -> Interval:
    """Persons in each estate by a grid of persons per cell, whether or not somebody has counted them.

    Nobody is given to two estates. An estate without residential buildings gets its share of each cell, by ground.
    What is left of a cell lives in the buildings on it, in proportion to floor area there (footprint × storeys, one
    storey where no building of the estate says); where nobody has drawn a building on a cell, estates with buildings
    elsewhere get their share of it by ground too. Where outlines overlap or lie in each other the ground is the smaller
    one's.

    An outline that reaches beyond the grid stays unknown, and so does an estate of which the grid knows less than
    ``raster_known_share``. Where it does not know all, the upper bound takes the rest for as dense as the known.

    Args:
        estates: the estates.
        buildings: with the estate each stands in.
        raster: persons per cell (not a density).

    Raises:
        InputError: the grid has amounts below zero.
    """
    least = float(np.nanmin(raster.cells, initial=0.0))
    if least < 0:
        raise InputError(Problem(
            file=raster.file, value=f"{least:.10g}", why="the population grid has cells below zero",
            fix="give residents per cell, and mark the number that stands for unknown as nodata"))
    people, known = _counted(estates, buildings, raster)
    usable = _within(estates, raster) & (known >= assumed("estates", "raster_known_share"))
    people = people.where(usable)
    return Interval(people, people, people / known.where(usable))


def _counted(estates: Estates, buildings: Buildings, raster: RasterWindow) -> tuple[pd.Series, pd.Series]:
    """Persons per estate, and the share of it (of its floor area, else of its ground) of which the grid knows."""
    grid, place = raster.cells, (raster.transform, raster.crs, None)
    homes = homes_of(buildings, anywhere=True)
    ground = _own_ground(estates.frame.geometry[estates.located])
    housed = ground.index.isin(homes["estate_id"])
    on_cells = zonal_sums(left_over(grid, *place, homes.geometry), *place, ground[housed])
    bare = zonal_sums(grid, *place, ground[~housed])
    rest = grid * (1.0 - covered_shares(grid.shape, raster.transform, raster.crs, ground[~housed]))
    storeys = storeys_of(homes)
    at_home = shared_sums(rest, *place, homes.geometry, density=storeys).groupby(homes["estate_id"]).sum(min_count=1)
    people = pd.concat([bare, at_home.reindex(ground.index[housed]).add(on_cells.fillna(0.0))]).reindex(estates.ids)
    return people, _known_of(grid, place, homes.geometry, homes.geometry.area * storeys, homes["estate_id"]).reindex(
        estates.ids).fillna(known_shares(grid, *place, ground).reindex(estates.ids))


def _known_of(
    grid: np.ndarray, place: tuple[Any, Any, None], shapes: gpd.GeoSeries, weight: pd.Series, estate: pd.Series,
) -> pd.Series:
    known = known_shares(grid, *place, shapes)
    return (known * weight).groupby(estate).sum() / weight.groupby(estate).sum()


def _own_ground(outlines: gpd.GeoSeries) -> gpd.GeoSeries:
    """Each outline less the smaller ones that share ground with it, so that no ground belongs to two."""
    shapes, own = outlines.to_numpy(), outlines.to_numpy().copy()
    one, other = outlines.sindex.query(outlines, predicate="intersects")
    area = shapely.area(shapes)
    smaller = (area[other] < area[one]) | ((area[other] == area[one]) & (other < one))
    smaller &= shapely.area(shapely.intersection(shapes[one], shapes[other])) > 0
    inner = pd.Series(other[smaller]).groupby(one[smaller]).agg(list)
    for row, takers in inner.items():
        own[row] = shapely.difference(own[row], shapely.union_all(shapes[takers]))
    return gpd.GeoSeries(own, index=outlines.index, crs=outlines.crs)


def _within(estates: Estates, raster: RasterWindow) -> pd.Series:
    """True where the whole outline lies on the grid."""
    west, south, east, north = raster.bounds
    edges = estates.frame.geometry[estates.located].to_crs(raster.crs).bounds.reindex(estates.ids)
    inside: pd.Series = (
        (edges["minx"] >= west) & (edges["miny"] >= south) & (edges["maxx"] <= east) & (edges["maxy"] <= north))
    return inside
