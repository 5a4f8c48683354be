"""Do streets, gates and facilities lie where the estates are?"""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from gis.errors import say
from gis.geometry import has_shape
from gis.tables import Facilities, Gates, Streets
from layers.naming.names import normalised_names
from layers.placing.places import LON_LAT
from layers.quality.doubts import OUTLINES, Doubts, shown
from layers.quality.plausible import limit, limits

_KM = 1000
_PLACE = say("correct 经度 and 纬度, or the crs in the section of this file")


def check_streets(frame: gpd.GeoDataFrame, streets: Streets, names: "pd.Series[str]", doubts: Doubts) -> None:
    """Say which estates lie outside the street data, near its edge, or far from every street on foot.

    Args:
        frame: the estates with an outline; ``edge_of_data`` is marked.
        streets: all there are; without any nothing is said.
        names: how each estate is called, by id.
        doubts: takes the warnings.
    """
    on_foot = streets.frame[streets.frame["foot"]]
    if on_foot.empty or frame.empty:
        return
    frame = _without_those_elsewhere(frame, on_foot, names, doubts)
    outside = pd.Series(data=False, index=frame.index)
    if streets.extent is not None:
        outside = ~frame.geometry.intersects(streets.extent)
    near, _ = on_foot.sindex.query(frame.geometry, predicate="dwithin", distance=limit("streets", "near_m"))
    far = ~frame.index.isin(frame.index[near]) & ~outside
    edge = frame["edge_of_data"] & ~outside
    apart = _apart_m(frame.geometry[outside | far], on_foot).map(_shown_m).astype("object")
    called = names[frame.index] + apart.reindex(frame.index, fill_value="")
    for wrong, why in (
        (outside, say("{count} estates lie outside the street data; what depends on walking is unknown for them",
                      count=int(outside.sum()))),
        (edge, say("{count} estates lie near the edge of the street data; what is out of reach there is unknown",
                   count=int(edge.sum()))),
        (far, say("{count} estates are more than {limit_m:.0f} m from every street on foot", count=int(far.sum()),
                  limit_m=limit("streets", "near_m"))),
    ):
        if wrong.any():
            doubts.add(called[wrong], why=why, parts=OUTLINES,
                       fix="give streets that reach 1 km beyond the estates, and look whether these outlines lie where "
                           "they should")


def _without_those_elsewhere(
    frame: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, names: "pd.Series[str]", doubts: Doubts,
) -> gpd.GeoDataFrame:
    """The estates but for those that lie in another place than the streets, an error: one file may hold two zones."""
    limit_m = limit("streets", "elsewhere_m")
    apart_m = _apart_m(frame.geometry, streets)
    wrong = apart_m > limit_m
    if wrong.any():
        doubts.add(names[frame.index[wrong]] + apart_m[wrong].map(_shown_m), parts=OUTLINES, severity="error",
                   why=say("{count} of {total} estates lie more than {limit_km:.0f} km from every street",
                           count=int(wrong.sum()), total=len(frame), limit_km=limit_m / _KM),
                   fix="correct their coordinates; put what is in another zone into a file of its own with its own "
                       "crs; or give the streets of that area")
    return frame[~wrong]


def _apart_m(shapes: gpd.GeoSeries, streets: gpd.GeoDataFrame) -> "pd.Series[float]":
    """How far each shape is from the nearest street."""
    (_, _), apart_m = streets.sindex.nearest(shapes, return_all=False, return_distance=True)
    return pd.Series(apart_m, shapes.index)


def _shown_m(apart_m: float) -> str:
    return f": {apart_m / _KM:.1f} km" if apart_m >= _KM else f": {apart_m:.0f} m"


def check_gates(frame: gpd.GeoDataFrame, gates: Gates, names: "pd.Series[str]", doubts: Doubts) -> None:
    """Say which walled estates have no gate in a list of gates, and which gates lie off the outline of their estate.

    Args:
        frame: the estates with an outline.
        gates: all there are.
        names: how each estate is called, by id.
        doubts: takes the warnings; that a file of gates was read is told from its readings.
    """
    listed = any(one.part == "gates" for one in doubts.log.readings)
    walled = frame.index[frame["walled"]]
    without = walled[~walled.isin(gates.open_to("foot")["estate_id"])]
    if listed and len(gates) and len(without):
        doubts.add(names[without], parts=("gates",), why=say(
            "{count} of {total} walled estates have no open gate on foot in the list", count=len(without),
            total=len(walled)), fix="add their gates; where an estate has none in the list, gates are assumed where "
                                    "streets meet its outline")
    own = gates.frame[gates.frame["estate_id"].isin(frame.index)]
    outlines = frame.geometry.boundary.loc[own["estate_id"]]
    apart_m = pd.Series(shapely.distance(own.geometry.to_numpy(), outlines.to_numpy()), index=own.index)
    off = apart_m > limit("gates", "off_outline_m")
    if off.any():
        there = names[own["estate_id"]].set_axis(own.index)
        doubts.add({str(key): f"{key} → {there[key]}: {apart:.0f} m" for key, apart in apart_m[off].items()},
                   parts=("gates",), field="estate_id", table="gate",
                   why=say("{count} gates lie more than {limit_m:.0f} m from the outline of their estate",
                           count=int(off.sum()), limit_m=limit("gates", "off_outline_m")),
                   fix="correct the place of the gate, its 小区编号, or the outline")


def check_facilities(
    frame: gpd.GeoDataFrame, facilities: Mapping[str, Facilities], doubts: Doubts,
) -> None:
    """Say which listed facilities have a capacity or a place that is not to be believed; OSM's are not looked at.

    Args:
        frame: the estates with an outline.
        facilities: by kind.
        doubts: takes the warnings.
    """
    listed = {kind: table.frame[table.frame["origin"] == "surveyed"] for kind, table in facilities.items()}
    for kind, table in listed.items():
        _capacities(kind, table, doubts)
        placed = table[has_shape(table.geometry)]
        if len(placed):
            _far(kind, placed, frame, doubts)
            _stacked(kind, placed, doubts)
            _whole_degrees(kind, placed, doubts)


def _capacities(kind: str, table: gpd.GeoDataFrame, doubts: Doubts) -> None:
    capacity, most = table["capacity"], limits("capacity").get(kind, np.inf)
    high, none = capacity > most, (capacity == 0) & (table["status"] == "existing")
    if high.any():
        rows = zip(table.index[high], _called(table[high]), capacity[high], strict=True)
        doubts.add({key: f"{name}: {shown(value)}" for key, name, value in rows}, parts=(kind,), field="capacity",
                   table="facility", fix="correct the figure, or leave it empty where it is not known",
                   why=say("{count} facilities have a capacity above {most}, which is not believed of their kind",
                           count=int(high.sum()), most=shown(most)))
    if none.any():
        doubts.add(_called(table[none]), parts=(kind,), field="capacity", table="facility",
                   why=say("{count} existing facilities have a capacity of 0: was that counted, or is it not known?",
                           count=int(none.sum())),
                   fix="leave the cell empty where it is not known; 0 means that there are surely none")


def _far(kind: str, placed: gpd.GeoDataFrame, estates: gpd.GeoDataFrame, doubts: Doubts) -> None:
    """Those that lie far from every estate; most are near the middle of one, which is quicker to see."""
    if estates.empty:
        return
    far_m = limit("facilities", "far_m")
    middles = cKDTree(shapely.get_coordinates(estates.geometry.representative_point().to_numpy()))
    apart, _ = middles.query(shapely.get_coordinates(placed.geometry.to_numpy()), distance_upper_bound=far_m)
    doubtful = placed[~np.isfinite(apart)]
    near, _ = estates.sindex.nearest(doubtful.geometry, return_all=False, max_distance=far_m)
    far = doubtful[~np.isin(np.arange(len(doubtful)), near)]
    if len(far):
        doubts.add(_called(far), parts=(kind,), why=say(
            "{count} facilities lie more than {limit_km:g} km from every estate", count=len(far),
            limit_km=far_m / 1000),
            fix="nothing, if the list is of a larger area; else correct 经度 and 纬度, or the crs in the section of "
                "this file")


def _stacked(kind: str, placed: gpd.GeoDataFrame, doubts: Doubts) -> None:
    """Several of different names on one point: an address search knew no more than their street or district."""
    spots = np.round(shapely.get_coordinates(placed.geometry.to_numpy()) / limit("facilities", "same_point_m"))
    spot = pd.DataFrame(spots, index=placed.index).groupby([0, 1]).ngroup()
    shared = placed[spot.duplicated(keep=False) & (placed["name"] != "")]
    different = normalised_names(shared["name"]).groupby(spot[shared.index]).transform("nunique")
    least = int(limit("facilities", "stacked_names"))
    stacked = shared[different >= least]
    if len(stacked):
        where = pd.Series(_lon_lat(stacked), index=stacked.index)
        names = stacked["name"].groupby(where).agg("、".join)
        doubts.add(where + ": " + where.map(names), parts=(kind,), fix=_PLACE, why=say(
            "{least} or more facilities of different names stand on one point, {count} times: an address search may "
            "have known only their street or district", least=least, count=len(names)))


def _whole_degrees(kind: str, placed: gpd.GeoDataFrame, doubts: Doubts) -> None:
    degrees = shapely.get_coordinates(placed.geometry.to_crs(LON_LAT).to_numpy())
    whole = placed[(np.abs(degrees - np.round(degrees)) < limit("facilities", "whole_degree")).all(axis=1)]
    if len(whole):
        doubts.add(_called(whole), parts=(kind,), fix=_PLACE, why=say(
            "{count} facilities lie on whole degrees, where coordinates were cut off", count=len(whole)))


def _lon_lat(frame: gpd.GeoDataFrame) -> list[str]:
    return [f"{lon:.5f},{lat:.5f}" for lon, lat in shapely.get_coordinates(frame.geometry.to_crs(LON_LAT).to_numpy())]


def _called(table: pd.DataFrame) -> "pd.Series[Any]":
    """How facilities are called: by name and id, or by the one there is."""
    key = pd.Series(table.index, index=table.index, dtype="object")
    called: pd.Series[Any] = (table["name"] + " (" + key + ")").where(
        (table["name"] != "") & (table["name"] != key), key)
    return called
