"""How many people live behind each door, and how do estimates come into the table of estates?

Rosters say how many live in an estate; where they do not, a population grid (``layers.people_raster``) or a profile of
the place (``layers.profile``) stands in. The ``*_basis`` columns say so, ``*_low`` and ``*_high`` how far off that is.
Buildings in use by others than residents hold nobody; a building of unknown use in an estate is taken as residential.
"""

import geopandas as gpd
import pandas as pd

from gis.intervals import Interval
from gis.tables import NO_ESTATE, PEOPLE, Buildings, Doors, Estates


def fill(frame: gpd.GeoDataFrame, name: str, estimate: Interval, basis: str) -> None:
    """Put an estimate where the people column ``name`` says nothing yet, neither a figure nor an interval."""
    filled = frame[name].isna() & frame[f"{name}_low"].isna() & estimate.value.notna()
    for column, values in ((name, estimate.value), (f"{name}_low", estimate.low), (f"{name}_high", estimate.high)):
        frame.loc[filled, column] = values[filled]
    frame.loc[filled, f"{name}_basis"] = basis


def typed_interval(
    value: pd.Series, approximate: pd.Series, low: pd.Series, high: pd.Series, *, spread: float
) -> Interval:
    """What a roster's cells say of a number of people: exact, round, or a range.

    Args:
        value: the number, NaN where the cell is empty or says a range (1200-1300).
        approximate: True where the cell says that the number is not exact (约1200, 1200余, 近1200).
        low: the least where the cell says one, else NaN.
        high: the most where the cell says one, else NaN.
        spread: how far off a round number may be on a side the cell does not bound, as a share.
    """
    round_ = approximate & value.notna()
    least, most = (value * (1 + sign * spread) for sign in (-1, 1))
    return Interval(value, low.fillna(least.where(round_, value)), high.fillna(most.where(round_, value)))


def homes_of(buildings: Buildings, *, anywhere: bool = False) -> gpd.GeoDataFrame:
    """The buildings where people live, those of estates alone unless ``anywhere``."""
    frame = buildings.frame
    return frame[(frame["use"] != "other") & (anywhere | (frame["estate_id"] != NO_ESTATE))]


def storeys_of(homes: gpd.GeoDataFrame) -> pd.Series:
    """Storeys for weighing buildings against each other: those unknown are the mean of the estate's known, else 1."""
    known = homes["levels"].where(homes["levels"] > 0)
    storeys: pd.Series = known.fillna(known.groupby(homes["estate_id"]).transform("mean")).fillna(1.0)
    return storeys


def people_at_doors(estates: Estates, buildings: Buildings, doors: Doors) -> Doors:
    """Put each estate's people at its doors, so that the doors of an estate add up to the estate.

    An estate's figure is apportioned to its residential buildings by their households where all of them say, else by
    floor area, and then equally to each building's doors. A building without a door gets a provisional one at its
    inner point. Where an estate has no residential building its doors share equally; without doors either, the
    outline's inner point is one provisional door. Figures unknown for the estate are unknown at its doors; doors of no
    known estate hold nobody anyone knows of (NaN). Intervals stay with the estate: its doors go up and down together.
    """
    homes = homes_of(buildings)
    homes = homes[homes["estate_id"].isin(estates.ids)]
    frame = _with_provisional(estates, homes, doors)
    at_home = frame["building_id"].isin(homes.index)
    homeless = ~frame["estate_id"].isin(homes["estate_id"]) & frame["estate_id"].isin(estates.ids)
    doors_there = frame.groupby("building_id")["estate_id"].transform("size")
    per_building = _building_share(homes).reindex(frame["building_id"]).set_axis(frame.index) / doors_there
    per_estate = 1.0 / frame.groupby("estate_id")["estate_id"].transform("size")
    inside = frame["estate_id"].isin(estates.ids)
    share = per_building.where(at_home, per_estate.where(homeless, 0.0)).where(inside)
    of_estate = estates.frame.reindex(frame["estate_id"])
    for name in PEOPLE:
        frame[name] = share * of_estate[name].to_numpy()
    basis = of_estate["households_basis"].where(of_estate["households_basis"] != "", of_estate["residents_basis"])
    frame["basis"] = basis.fillna("").to_numpy()
    return Doors.of(frame)


def _building_share(homes: gpd.GeoDataFrame) -> pd.Series:
    """Each building's share of its estate: by households where all its buildings say, else by floor area."""
    estate, floor_area_m2 = homes["estate_id"], homes.geometry.area * storeys_of(homes)
    total = homes["households"].groupby(estate).transform("sum")
    all_say = homes["households"].notna().groupby(estate).transform("all") & (total > 0)
    share: pd.Series = (homes["households"] / total).where(
        all_say, floor_area_m2 / floor_area_m2.groupby(estate).transform("sum"))
    return share


def _with_provisional(estates: Estates, homes: gpd.GeoDataFrame, doors: Doors) -> gpd.GeoDataFrame:
    """All doors, each in the estate of its building, with provisional ones where people would have none."""
    frame = doors.frame.copy()
    of_building = homes["estate_id"].astype("object").reindex(frame["building_id"]).set_axis(frame.index)
    frame["estate_id"] = frame["estate_id"].mask(of_building.notna(), of_building)
    bare = homes[~homes.index.isin(frame["building_id"])]
    at_buildings = gpd.GeoDataFrame(
        {"building_id": bare.index, "estate_id": bare["estate_id"].to_numpy(), "provisional": True},
        geometry=bare.geometry.representative_point().to_numpy(), index="building " + bare.index, crs=doors.crs)
    housed = frame["estate_id"].isin(estates.ids)
    alone = estates.frame[estates.located & ~estates.ids.isin(homes["estate_id"]) &
                          ~estates.ids.isin(frame.loc[housed, "estate_id"])]
    at_estates = gpd.GeoDataFrame(
        {"building_id": "", "estate_id": alone.index, "provisional": True},
        geometry=alone.geometry.representative_point().to_numpy(), index="estate " + alone.index, crs=doors.crs)
    parts = [part for part in (frame, at_buildings, at_estates) if len(part)]
    return Doors.of(pd.concat(parts)).frame.copy() if parts else frame
