"""Are the people that a population grid gives to estates to be believed?"""

import geopandas as gpd
import pandas as pd

from gis.errors import say
from layers.quality.doubts import Doubts, figures, shown
from layers.quality.plausible import limit, limits


def check_grid(
    given: gpd.GeoDataFrame, without: gpd.GeoDataFrame, people: str, names: "pd.Series[str]", doubts: Doubts,
) -> None:
    """Say of which estates a grid knows too little, and what it gives that is not believed.

    Args:
        given: the estates that have their number from the grid.
        without: those that were to have it and do not.
        people: the column, as ``gis.tables.PEOPLE`` names it.
        names: how each estate is called, by id.
        doubts: takes the warnings; what no estate can have is an error.
    """
    if len(without):
        doubts.add(names[without.index], parts=(), why=say(
            "the grid knows too little of {count} of {total} estates whose number is asked for", count=len(without),
            total=len(without) + len(given)),
            fix="give a grid of the whole area; until then these numbers are unknown or estimated")
    if len(given) > 1 and (given[people] == 0).all():
        doubts.add(names[given.index], parts=(), why=say("the grid has nobody in any of {count} estates",
                                                         count=len(given)),
                   fix="look whether the grid is of this area and counts persons per cell")
    most = limits("impossible").get(people, limits("impossible")["residents"])
    per_hectare = given[people] / (given.area / 10_000)
    impossible = given[people] > most
    dense = (per_hectare > limit("outlines", "residents_per_ha")) & ~impossible
    for wrong, why in (
        (impossible, say("{count} estates have more than {most} people by the grid, which is not believed of any",
                         count=int(impossible.sum()), most=shown(most))),
        (dense, say("{count} estates have more than {most} people per hectare by the grid", count=int(dense.sum()),
                    most=shown(limit("outlines", "residents_per_ha")))),
    ):
        if wrong.any():
            doubts.add(figures(names, given.loc[wrong, [people]], ""), parts=(), why=why,
                       severity="error" if wrong is impossible else "warning",
                       fix="look whether the grid counts persons per cell, and mark the number that stands for unknown "
                           "as nodata")
