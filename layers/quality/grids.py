"""Are the people that a population grid gives to estates to be believed?"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import Words, either, say
from gis.tables import Estates
from layers.assumptions import assumed, assumed_numbers
from layers.quality.doubts import Doubts, figures, shown
from layers.quality.plausible import limit, limits
from layers.rasters import RasterWindow

_M2_PER_KM2, _M2_PER_HA = 1_000_000.0, 10_000.0


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


def check_cells(raster: RasterWindow, doubts: Doubts) -> None:
    """Say of a number that programs write where nothing is known, and that stands far above all others."""
    peak, fewest = raster.peak, assumed("grids", "unmarked_cells")
    if peak is None or peak.cells < fewest or peak.value not in assumed_numbers("grids", "unmarked"):
        return
    if not peak.below * assumed("grids", "unmarked_times") > peak.value:  # also where there is no other number
        doubts.add({raster.file: shown(peak.value)}, parts=(), why=say(
            "{count} cells hold {value}, which often stands for unknown and is not marked as that; the next number "
            "below it is {below}", count=peak.cells, value=shown(peak.value),
            below=say("none") if np.isnan(peak.below) else shown(peak.below)),
            fix="mark this number as nodata if it stands for unknown; else nothing")


@dataclass(frozen=True)
class Compared:
    """People of some estates by the grid and by the roster: columns ``grid`` and ``roster``, by estate.

    ``whole``: the roster's are all residents, the grid's only those of an age; ``persons``: by the roster's households.
    """

    frame: pd.DataFrame
    whole: bool = False
    persons: bool = False

    @property
    def ratio(self) -> float:
        """How many times as many the grid has."""
        return float(self.frame["grid"].sum() / self.frame["roster"].sum())

    @property
    def fits(self) -> bool:
        """Whether the two may be of the same people, or of a part and its whole."""
        least = 0.0 if self.whole else assumed("grids", "compared_least")
        return least <= self.ratio <= (1.0 if self.whole else assumed("grids", "compared_most"))

    @property
    def said(self) -> Words:
        """Both sums, for the account."""
        count, ratio = len(self.frame), f"{self.ratio:.3g}"
        grid, roster = (shown(round(self.frame[name].sum())) for name in ("grid", "roster"))
        if self.persons:
            return say("{count} estates have {grid} people by the grid, {ratio} times the {roster} that their "
                       "households in the roster make at {persons} each", count=count, grid=grid, ratio=ratio,
                       roster=roster, persons=shown(assumed("grids", "persons_per_household")))
        if self.whole:
            return say("{count} estates have {grid} people of this age by the grid, {ratio} times the {roster} of all "
                       "ages in the roster", count=count, grid=grid, ratio=ratio, roster=roster)
        return say("{count} estates have {grid} people by the grid, {ratio} times the {roster} of the roster",
                   count=count, grid=grid, ratio=ratio, roster=roster)


def compared_with_roster(estates: Estates, counted: pd.Series, people: str) -> Compared | None:
    """The grid's people beside those of the roster: the same ones, else all residents, else by the households.

    None where too few estates have both.

    Args:
        estates: before the grid has filled anything.
        counted: people by the grid, by estate; NaN where it does not know.
        people: which people the grid counts.
    """
    frame = estates.frame
    own = {name: frame[name].where(frame[f"{name}_basis"] == "roster") for name in (people, "residents", "households")}
    whole = people != "residents"
    for roster, of_all, persons in (
        (own[people], False, False), (own["residents"], whole, False),
        (own["households"] * assumed("grids", "persons_per_household"), whole, True),
    ):
        both = pd.DataFrame({"grid": counted, "roster": roster}).dropna()
        if len(both) >= assumed("grids", "compared_estates") and both["roster"].sum() > 0 and both["grid"].sum() > 0:
            return Compared(both, of_all, persons)
    return None


def check_compared(
    found: Compared, raster: RasterWindow, names: "pd.Series[str]", crs: object, doubts: Doubts,
) -> None:
    """Warn where grid and roster cannot be of the same people, with the unit of the grid that would explain it."""
    if not found.fits:
        units = [] if found.whole else _units(found.ratio, _cell_m2(raster, crs))
        doubts.add(figures(names, found.frame, " / "), parts=(), why=found.said, fix=_fix(units))


def _fix(units: list[Words]) -> Words:
    if not units:
        return say("look whether the grid counts persons per cell, and the persons that its section says; and whether "
                   "the roster is right")
    return say("look whether the grid counts {units}, which with its cells would give about so many; it must count "
               "persons per cell", units=either(units))


def _units(ratio: float, cell_m2: float) -> list[Words]:
    """What the grid may count instead of persons per cell, where the sum is wrong by about as much as that makes."""
    least, most = assumed("grids", "compared_least"), assumed("grids", "compared_most")
    times = (
        (say("persons per km²"), _M2_PER_KM2 / cell_m2), (say("persons per hectare"), _M2_PER_HA / cell_m2),
        (say("persons per m²"), 1 / cell_m2), (say("thousands of persons"), 1e-3),
        (say("ten thousands of persons"), 1e-4))
    return [unit for unit, factor in times if least <= ratio / factor <= most and not least <= factor <= most]


def _cell_m2(raster: RasterWindow, crs: object) -> float:
    """Ground of a cell in the middle of the window, measured in the metric ``crs``."""
    rows, columns = (size // 2 for size in raster.cells.shape)
    place = raster.transform
    west, north = place.c + columns * place.a, place.f + rows * place.e
    cell = shapely.box(west, north + place.e, west + place.a, north)
    return float(gpd.GeoSeries([cell], crs=raster.crs).to_crs(crs).area.iloc[0])
