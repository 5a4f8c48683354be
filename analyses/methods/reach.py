"""Who is within reach of a facility? On foot from the door, and by straight-line radius over the outline's area."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.methods.facts import (
    ASSUMED,
    SURVEYED,
    doubted,
    need_interval,
    people_confidence,
    place_confidence,
    weakest,
)
from gis.network import StreetNetwork
from gis.results import measure
from gis.tables import Doors, Estates, Facilities, sum_by_estate

_CIRCLE_QUADRANT_SEGMENTS = 128  # a circle of 500 m is at most 1 cm too small


@dataclass(frozen=True)
class Walkers:
    """The people of all estates, at their doors, and the network they walk on."""

    estates: Estates
    doors: Doors
    walk: StreetNetwork

    def within(self, facilities: Facilities, walk_m: float) -> pd.Series:
        """True for each door from which a facility is within the walk, on ``door_id``."""
        near = self.walk.nearest(self.doors.frame, facilities.placed, cutoff_m=walk_m)
        return pd.Series(self.doors.ids.isin(near.index), self.doors.ids)

    def stuck(self) -> pd.Series:
        """True for each door that neither meets a street nor has an open gate."""
        return ~self.walk.access(self.doors.frame).isin(["street", "gate"])

    def confidence(self) -> pd.Series:
        """D per estate whose outline, gates or doors are assumed, else A: a walk is as sure as where it starts."""
        doors, gates = self.doors.frame, self.walk.open_gates
        assumed = gates["assumed"].groupby(gates["estate_id"]).all()
        guessed = doors["provisional"].groupby(doors["estate_id"]).any()
        ids = self.estates.ids
        doubtful = assumed.reindex(ids).eq(other=True) | guessed.reindex(ids).eq(other=True)
        return weakest(place_confidence(self.estates), pd.Series(np.where(doubtful, ASSUMED, SURVEYED), ids))

    def evidence(self, reached: pd.Series, areas: Mapping[float, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
        """Map layers that show a reach: the streets within each walk of its facilities, and the doors beyond it."""
        ground = [self.walk.service_area(places, radius_m=walk_m) for walk_m, places in areas.items()]
        beyond = self.doors.frame.loc[~reached, ["estate_id", "geometry"]]
        return {
            "service_area": gpd.GeoDataFrame({"walk_m": list(areas)}, geometry=ground, crs=self.doors.crs),
            "doors_beyond": gpd.GeoDataFrame(beyond, geometry="geometry", crs=self.doors.crs),
        }


def unplaced(facilities: Facilities, estates: Estates) -> pd.Series:
    """True for each estate that has an existing facility nobody has put on the map."""
    nowhere = facilities.existing.drop(facilities.placed.index)
    return pd.Series(estates.ids.isin(nowhere["estate_id"]), estates.ids)


def reach_measure(
    name: str, reached: pd.Series, walkers: Walkers, facilities: Facilities, *, people: str, unit: str,
    confidence: pd.Series | str, nowhere: pd.Series | None = None,
) -> pd.DataFrame:
    """The people whose door is reached, against all people of the estate.

    Beyond reach is a gap only where the source lists every facility, each of the estate's own has a place, the estate
    is not at the edge of the data and the door has a way out; otherwise it is unknown. No outline, no reach: unknown.
    Where the people are an estimate, those beyond reach go up and down with it and their share stays.

    Args:
        name: the measure's name.
        reached: flag per door.
        walkers: whose doors.
        facilities: what was to be reached.
        people: the people column of ``Doors`` that is counted.
        unit: code of that unit.
        confidence: of the rules used.
        nowhere: further estates that have a facility without a place.
    """
    estates, doors = walkers.estates, walkers.doors
    frame, ids, count = estates.frame, estates.ids, doors.frame[people]
    estate_of, edge = doors.frame["estate_id"], frame["edge_of_data"]
    total = sum_by_estate(count, estate_of, ids).where(ids.isin(estate_of))
    served = sum_by_estate(count.where(reached, 0.0), estate_of, ids)
    stuck = walkers.stuck() & ~reached & (count != 0)
    lost = pd.Series(ids.isin(estate_of[stuck]), ids)
    hidden = unplaced(facilities, estates) | (False if nowhere is None else nowhere)
    short = total - served > 0
    doubt = short & ((not facilities.complete) | edge | lost | hidden)
    sure = short & facilities.complete & ~edge & ~hidden
    certain = sum_by_estate(count.where(~reached & ~stuck, 0.0), estate_of, ids).where(sure, 0.0)
    basis = np.select(
        [~estates.located, total.isna(), short & lost, short & (not facilities.complete), short & edge, short & hidden],
        ["no_outline", "no_people", "no_way_out", "incomplete_source", "edge_of_data", "no_place"], "network")
    whole, beyond = need_interval(estates, people), (total - served).clip(lower=0)
    rows = measure(
        name, required=total, provided=served.where(estates.located), unit=unit, basis=pd.Series(basis, ids),
        unknown=doubt | ~estates.located,
        low=whole.part(certain.where(doubt, beyond)).low.where(doubt | whole.open),
        high=whole.part(beyond).high.where(doubt | whole.open),
        confidence=weakest(people_confidence(estates, f"{people}_basis"), walkers.confidence(), confidence))
    return doubted(rows, whole.part(total))


def area_measure(
    name: str, facilities: Facilities, *, radius_m: float, estates: Estates, confidence: str
) -> pd.DataFrame:
    """The share of the estate's land within a straight-line radius (``line``, area%), in m².

    Land outside every circle is a gap only where the source lists every facility and each has a place.
    """
    frame, ids = estates.frame, estates.ids
    circles = shapely.buffer(facilities.placed.geometry.values, radius_m, quad_segs=_CIRCLE_QUADRANT_SEGMENTS)
    covered = shapely.area(shapely.intersection(frame.geometry.values, shapely.union_all(circles)))
    area = frame.geometry.area.where(estates.located)
    provided = pd.Series(covered, ids).where(estates.located)
    provided = provided.where(area - provided > area * 1e-9, area)
    hidden = unplaced(facilities, estates)
    doubt = (area - provided > 0) & ((not facilities.complete) | hidden)
    basis = np.select(
        [~estates.located, doubt & hidden, doubt], ["no_outline", "no_place", "incomplete_source"], "straight_line"
    )
    return measure(
        name, required=area, provided=provided, unit="m2", basis=pd.Series(basis, ids), unknown=doubt,
        low=pd.Series(0.0, ids).where(doubt), high=(area - provided).where(doubt),
        confidence=weakest(place_confidence(estates), confidence))
