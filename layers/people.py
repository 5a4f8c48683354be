"""How many people live behind each door, and what is that figure worth?

Rosters say how many live in an estate; where they do not, a population grid or a profile of the place stands in, and
the ``*_basis`` columns say so. Buildings in use by others than residents hold nobody; a building of unknown use in an
estate is taken as residential.
"""

from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.errors import InputError, Problem
from gis.tables import NO_ESTATE, PEOPLE, Buildings, Doors, Estates
from gis.zonal import shared_sums, zonal_sums
from layers.rasters import RasterWindow

_CONFIDENCES = ("A", "B", "C", "D")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Assumptions of a place about floor area and people, used only where nothing better is known.

    Args:
        floor_area_per_household_m2: gross floor area that stands for one household.
        residents_per_household: None: residents stay unknown.
        share_60plus: residents aged 60 and over, 0..1; None: unknown.
        share_under3: residents under three, 0..1; None: unknown.
        storeys_if_unknown: storeys of a building that does not say; None: its floor area is unknown.
        source: where the figures come from.
        confidence: A to D.

    Raises:
        InputError: figures out of range, all of them listed.
    """

    floor_area_per_household_m2: float
    residents_per_household: float | None = None
    share_60plus: float | None = None
    share_under3: float | None = None
    storeys_if_unknown: float | None = None
    source: str = ""
    confidence: str = "D"

    def __post_init__(self) -> None:
        problems = []
        for entry in fields(self):
            value = getattr(self, entry.name)
            top = 1.0 if entry.name.startswith("share") else np.inf
            if isinstance(value, int | float) and not (0 < value <= top and np.isfinite(value)):
                problems.append(Problem(
                    column=f"profile.{entry.name}", value=str(value), why="this is out of range",
                    fix="give a number above 0 and at most 1" if top == 1 else "give a number above 0"))
        if self.confidence not in _CONFIDENCES:
            problems.append(Problem(column="profile.confidence", value=str(self.confidence), why="unknown confidence",
                                    fix="give A, B, C or D"))
        if problems:
            raise InputError(problems)


def estimate_households(estates: Estates, buildings: Buildings, profile: Profile) -> Estates:
    """Fill what is unknown: households from the floor area of residential buildings, people by the profile's shares.

    Floor area is footprint × storeys; households = floor area ÷ area per household. Estates without buildings, or with
    floor area unknown, stay unknown. Figures that are known do not change.
    """
    frame = estates.frame.copy()
    homes = _homes(buildings)
    levels = homes["levels"].fillna(np.nan if profile.storeys_if_unknown is None else profile.storeys_if_unknown)
    floor_area_m2 = (homes.geometry.area * levels).groupby(homes["estate_id"]).agg(lambda part: part.sum(skipna=False))
    households = floor_area_m2.reindex(frame.index) / profile.floor_area_per_household_m2
    _fill(frame, "households", households, "floor_area")
    if profile.residents_per_household is not None:
        _fill(frame, "residents", frame["households"] * profile.residents_per_household, "profile")
    for name, share in (("residents_60plus", profile.share_60plus), ("residents_under3", profile.share_under3)):
        if share is not None:
            _fill(frame, name, frame["residents"] * share, "profile")
    return Estates.of(frame)


def people_of_raster(estates: Estates, buildings: Buildings, raster: RasterWindow) -> Estates:
    """Fill unknown residents from a grid of residents per cell.

    A cell's people live in its residential buildings, in proportion to floor area there (footprint × storeys, one
    storey where no building of the estate says); an estate's residents are those of its buildings. An estate without
    buildings gets the cells under its outline, by share of the cell. An outline that reaches beyond the grid stays
    unknown, and so does one where the grid knows no cell.

    Raises:
        InputError: the grid has amounts below zero.
    """
    if np.nanmin(raster.cells, initial=0.0) < 0:
        raise InputError(Problem(why="the population grid has cells below zero", fix="give residents per cell"))
    grid = (raster.cells, raster.transform, raster.crs, None)
    homes = _homes(buildings, anywhere=True)
    in_homes = shared_sums(*grid, homes.geometry, density=_storeys(homes))
    by_estate = in_homes.groupby(homes["estate_id"]).sum(min_count=1).drop(NO_ESTATE, errors="ignore")
    frame = estates.frame.copy()
    outlines = frame.geometry[estates.located]
    in_outline = zonal_sums(*grid, outlines).reindex(frame.index)
    residents = in_outline.mask(frame.index.isin(by_estate.index), by_estate.reindex(frame.index))
    west, south, east, north = raster.bounds
    edges = outlines.to_crs(raster.crs).bounds.reindex(frame.index)
    inside = (edges["minx"] >= west) & (edges["miny"] >= south) & (edges["maxx"] <= east) & (edges["maxy"] <= north)
    _fill(frame, "residents", residents.where(inside), "raster")
    return Estates.of(frame)


def people_at_doors(estates: Estates, buildings: Buildings, doors: Doors) -> Doors:
    """Put each estate's people at its doors, so that the doors of an estate add up to the estate.

    An estate's figure is apportioned to its residential buildings by their households where all of them say, else by
    floor area, and then equally to each building's doors. A building without a door gets a provisional one at its
    inner point. Where an estate has no residential building its doors share equally; without doors either, the
    outline's inner point is one provisional door. Figures unknown for the estate are unknown at its doors; doors of no
    known estate hold nobody anyone knows of (NaN).
    """
    homes = _homes(buildings)
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


def _homes(buildings: Buildings, *, anywhere: bool = False) -> gpd.GeoDataFrame:
    frame = buildings.frame
    return frame[(frame["use"] != "other") & (anywhere | (frame["estate_id"] != NO_ESTATE))]


def _fill(frame: gpd.GeoDataFrame, name: str, values: pd.Series, basis: str) -> None:
    filled = frame[name].isna() & values.notna()
    frame.loc[filled, name] = values[filled]
    frame.loc[filled, f"{name}_basis"] = basis


def _storeys(homes: gpd.GeoDataFrame) -> pd.Series:
    """Storeys for weighing buildings against each other: those unknown are the mean of the estate's known, else 1."""
    known = homes["levels"].where(homes["levels"] > 0)
    storeys: pd.Series = known.fillna(known.groupby(homes["estate_id"]).transform("mean")).fillna(1.0)
    return storeys


def _floor(homes: gpd.GeoDataFrame) -> pd.Series:
    floor_area_m2: pd.Series = homes.geometry.area * _storeys(homes)
    return floor_area_m2


def _building_share(homes: gpd.GeoDataFrame) -> pd.Series:
    """Each building's share of its estate: by households where all its buildings say, else by floor area."""
    estate, floor_area_m2 = homes["estate_id"], _floor(homes)
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
