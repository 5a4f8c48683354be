"""How many people of an age live in each estate, by a population grid?"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError, Problem
from gis.intervals import Interval
from gis.tables import NO_ESTATE, Buildings, Estates
from gis.zonal import left_over, shared_sums, zonal_sums
from layers.assumptions import assumed
from layers.people import fill, homes_of, storeys_of
from layers.rasters import RasterWindow

COUNTED = ("residents", "residents_60plus", "residents_under3", "residents_3to5", "residents_6to11")
"""What a grid may count per cell: all residents, or those of an age band."""


def people_of_raster(
    estates: Estates, buildings: Buildings, raster: RasterWindow, *, people: str, spread: float
) -> Estates:
    """Fill unknown figures of one people column from a grid of persons per cell; basis ``raster``.

    A cell's people live in its residential buildings, in proportion to floor area there (footprint × storeys, one
    storey where no building of the estate says); an estate's people are those of its buildings and, where nobody has
    drawn a building on a cell, those of its share of that cell. An estate without buildings gets all cells under its
    outline, by share of the cell. In both cases what lies in estates inside it is theirs. An outline
    that reaches beyond the grid stays unknown, and so does one where the grid knows no cell.

    Args:
        estates: the estates.
        buildings: with the estate each stands in.
        raster: persons per cell (not a density).
        people: the column that is filled, one of ``COUNTED``.
        spread: how far off the grid may be, as a share: the interval is the sum × (1 − spread) to × (1 + spread).

    Raises:
        InputError: the grid has amounts below zero.
    """
    if np.nanmin(raster.cells, initial=0.0) < 0:
        raise InputError(Problem(why="the population grid has cells below zero", fix="give residents per cell"))
    frame = estates.frame.copy()
    counted = _counted(estates, buildings, raster).where(_within(estates, raster))
    fill(frame, people, Interval(counted, counted, counted).times(1.0, spread), "raster")
    return Estates.of(frame)


def _counted(estates: Estates, buildings: Buildings, raster: RasterWindow) -> pd.Series:
    """Persons per estate: of its buildings and of cells without any, else under its outline."""
    grid = (raster.cells, raster.transform, raster.crs, None)
    homes = homes_of(buildings, anywhere=True)
    in_homes = shared_sums(*grid, homes.geometry, density=storeys_of(homes))
    by_estate = in_homes.groupby(homes["estate_id"]).sum(min_count=1).drop(NO_ESTATE, errors="ignore")
    ground = _own_ground(estates.frame.geometry[estates.located])
    in_outline = zonal_sums(*grid, ground).reindex(estates.ids)
    unmapped = zonal_sums(left_over(*grid, homes.geometry), *grid[1:], ground).reindex(estates.ids)
    at_home = by_estate.reindex(estates.ids)
    everybody = at_home.add(unmapped.fillna(0.0))
    return in_outline.mask(estates.ids.isin(by_estate.index), everybody)


def _own_ground(outlines: gpd.GeoSeries) -> gpd.GeoSeries:
    """Each outline less the smaller ones of which at least ``nested_share`` lies in it."""
    shapes, own = outlines.to_numpy(), outlines.to_numpy().copy()
    inner, outer = outlines.sindex.query(outlines, predicate="intersects")
    smaller = shapely.area(shapes[inner]) < shapely.area(shapes[outer])
    inner, outer = inner[smaller], outer[smaller]
    shared = shapely.area(shapely.intersection(shapes[inner], shapes[outer])) / shapely.area(shapes[inner])
    nested = shared >= assumed("estates", "nested_share")
    for one, other in zip(outer[nested], inner[nested], strict=True):
        own[one] = shapely.difference(own[one], shapes[other])
    return gpd.GeoSeries(own, index=outlines.index, crs=outlines.crs)


def _within(estates: Estates, raster: RasterWindow) -> pd.Series:
    """True where the whole outline lies on the grid."""
    west, south, east, north = raster.bounds
    edges = estates.frame.geometry[estates.located].to_crs(raster.crs).bounds.reindex(estates.ids)
    inside: pd.Series = (
        (edges["minx"] >= west) & (edges["miny"] >= south) & (edges["maxx"] <= east) & (edges["maxy"] <= north))
    return inside
