"""Which facilities of several sources are one and the same, and what became of each row and object?

Sources come in an order: the lists as the project names them, then OSM. The first to name a facility wins, as it
stands: what its row leaves empty (capacity, area) stays unknown and is never filled from another source, which may mean
another thing by it; the audit shows what the other says, to be copied by whoever knows. Pairs are found by distance and
name:

1. the same name within ``same_name_m``, or, where one of the two has no place, the same name in the same estate;
2. any name within ``same_place_m``.

Pairs of 1 come before those of 2 and near ones before far ones, ties by id; each facility is the same as at most one of
another source. Never the same are facilities of different status (existing, planned, closed) and, of two sources, those
whose names contradict each other in numbers, letters or directions (3号充电棚, 4号充电棚). These, what bears one number
and name in two lists, and what is left and looks alike, also within one list, unless numbers in the names differ, are
kept and listed as questions. Distances are in ``layers/assumptions.toml``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rapidfuzz import fuzz, process

from gis.errors import Words, say
from gis.geometry import has_shape
from gis.tables import NO_ESTATE
from layers.assumptions import assumed
from layers.data import data_of
from layers.naming.names import normalised_names

KEPT, DROPPED, ASKED = "kept", "dropped", "asked"
"""What became of a row or object: it counts; it is the same as another, which counts; it counts, but may be another."""
AUDIT = (
    "kind", "result", "facility_id", "name", "source", "source_sheet", "source_row", "estate_id", "capacity",
    "other_id", "other_name", "other_source", "other_row", "other_capacity", "distance_m", "likeness", "why",
)
"""Columns of the audit; the ``other_*`` describe what it is the same as, or may be; ``likeness`` of names is of 100."""

_SAME_NAME, _SAME_PLACE, _STATUS, _CONTRADICT, _SAME_ID, _SIMILAR, _COUNTED = range(7)
_PAIR = {"left": "int64", "right": "int64", "how": "int64", "distance_m": "float64"}
_WHY = {
    _SAME_NAME: say("same name, near or in the same estate"),
    _SAME_PLACE: say("same place"),
    _STATUS: say("same name or place, but not the same status (existing, planned, closed)"),
    _CONTRADICT: say("same place, but the numbers, letters or directions in the names differ"),
    _SAME_ID: say("same number and name in two lists, but not in one place"),
    _SIMILAR: say("near and alike, but not surely the same"),
    _COUNTED: say("the list counts such sites in this estate without saying where they are"),
}
_MILLIMETRES = 3
_NUMBER = re.compile("[0-9]+")
_MARKS = (_NUMBER, re.compile("(?<![a-z])[a-z](?![a-z])"), re.compile(f"[{data_of('names')['marks']['compass']}]"))
"""What tells two of one name apart, in normalised names."""
_AT_ONCE = 2_000
"""Facilities whose neighbours are looked at together: what bounds the memory."""
_COPIES, _CROWD = 8, 1_000
"""Rows of one source on one point, of one name and of any, that are compared; of more, each with the first alone."""
Keys = np.ndarray[Any, np.dtype[np.object_]]
Numbers = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Conflated:
    """The facilities that count, on ids of their own, and the audit: one row for each of every source."""

    frame: gpd.GeoDataFrame
    audit: pd.DataFrame


def conflate(frames: Sequence[gpd.GeoDataFrame], kind: str) -> Conflated:
    """Tell which facilities of several sources are the same; the first source wins.

    Args:
        frames: of ``gis.tables.Facilities``, in one metric CRS, the source that wins first; at least one.
        kind: written into the audit.

    Returns:
        the facilities that count, in the order given; where two sources share an id, the later one's gets the
        source's number before it, as often as it takes. The audit has the columns ``AUDIT`` and the order of the
        sources.
    """
    whole = _stacked(frames)
    pairs = _pairs(whole, normalised_names(whole["name"]), kind)
    same = pairs["how"].isin([_SAME_NAME, _SAME_PLACE]) & (pairs["left_source"] != pairs["right_source"])
    gone = _one_to_one(pairs[same]).set_index("right")
    asked = pairs[~pairs["right"].isin(gone.index)].sort_values(["how", "distance_m", "left"], kind="stable")
    audit = _audit(whole, gone, asked.drop_duplicates("right").set_index("right"), kind)
    kept = whole[~whole.index.isin(gone.index)]
    return Conflated(kept.set_index("facility_id").drop(columns=["_source", "_id"]), audit)


def _stacked(frames: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """All of them on 0..n-1, the winner before the others; ``_source`` numbers the source, ``_id`` is as it says."""
    parts = [frame.rename_axis("facility_id").reset_index().assign(_source=number)
             for number, frame in enumerate(frames)]
    whole = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    said = ids = whole["facility_id"].astype("object")
    while ids.duplicated().any():
        ids = ids.mask(ids.duplicated(), (whole["_source"] + 1).astype(str) + "-" + ids)
    return whole.assign(facility_id=ids, _id=said)


def _pairs(whole: gpd.GeoDataFrame, keys: pd.Series, kind: str) -> pd.DataFrame:
    """Pairs that are or may be the same: ``left`` the winner, ``right``, ``how``, ``distance_m``, ``likeness``."""
    rows = pd.DataFrame({"row": whole.index, "source": whole["_source"], "key": keys, "estate": whole["estate_id"],
                         "placed": has_shape(whole.geometry), "id": whole["_id"], "status": whole["status"]})
    mapped = whole["origin"] == "osm"
    found = pd.concat([_near(whole.geometry, rows), _in_one_estate(rows), _counted(rows, mapped),
                       _of_one_id(rows[~mapped & ~_made_up(whole, kind)], whole.geometry)], ignore_index=True)
    left, right = (rows.loc[found[side]].reset_index(drop=True) for side in ("left", "right"))
    gone = (left["status"] == "closed") & mapped.loc[found["right"]].to_numpy()  # OSM has not heard of it yet
    other = found["how"].isin([_SAME_NAME, _SAME_PLACE]) & (left["status"] != right["status"]) & ~gone
    return found.assign(how=found["how"].mask(other, _STATUS), left_source=left["source"], right_source=right["source"],
                        likeness=_likeness(left["key"].to_numpy(), right["key"].to_numpy()))


def _likeness(ours: Keys, theirs: Keys) -> Numbers:
    """How much two names are alike, of 100; NaN where one of them is empty."""
    if not len(ours):
        return np.empty(0)
    named = (ours != "") & (theirs != "")
    return np.where(named, process.cpdist(ours, theirs, scorer=fuzz.ratio).round(0), np.nan)


def _near(geometry: gpd.GeoSeries, rows: pd.DataFrame) -> pd.DataFrame:
    """Pairs of placed ones by distance and name, a part at a time so that crowded places do not fill the memory."""
    placed = rows[rows["placed"]]
    places = placed.assign(x=geometry.loc[placed.index].x, y=geometry.loc[placed.index].y)
    copies = places.groupby(["source", "x", "y", "key"])
    more = (copies.cumcount() >= _COPIES) | (places.groupby(["source", "x", "y"]).cumcount() >= _CROWD)
    repeated = more & (copies.cumcount() > 0)
    found = [pd.DataFrame({"left": copies["row"].transform("first"), "right": places["row"], "distance_m": 0.0,
                           "how": np.where(places["key"] != "", _SAME_NAME, _SAME_PLACE)})[repeated]]
    compared = places[~more]
    points = geometry.to_numpy()[compared.index]
    tree = shapely.STRtree(points)
    for start in range(0, len(points), _AT_ONCE):
        second, first = tree.query(points[start : start + _AT_ONCE], predicate="dwithin",
                                   distance=assumed("facilities", "similar_name_m"))
        earlier = first < second + start
        first, second = first[earlier], second[earlier] + start
        apart_m = shapely.distance(points[first], points[second]).round(_MILLIMETRES)
        how = _judged(compared.iloc[first], compared.iloc[second], apart_m)
        found.append(pd.DataFrame({"left": compared.index[first], "right": compared.index[second], "how": how,
                                   "distance_m": apart_m})[how >= 0])
    return pd.concat(found, ignore_index=True).astype(_PAIR)


def _judged(first: pd.DataFrame, second: pd.DataFrame, apart_m: Numbers) -> Numbers:
    """What each pair of placed ones is, -1 where it is nothing."""
    ours, theirs = first["key"].to_numpy(), second["key"].to_numpy()
    within, named = first["source"].to_numpy() == second["source"].to_numpy(), (ours != "") & (theirs != "")
    same_name = named & (ours == theirs) & (apart_m <= assumed("facilities", "same_name_m"))
    place_m = np.where(within, assumed("facilities", "same_point_m"), assumed("facilities", "same_place_m"))
    same_place = ~same_name & (apart_m <= place_m)
    asks = named & ~same_name & np.where(within, same_place, ~same_place)
    alike = np.zeros(len(first), dtype=bool)
    alike[asks] = _alike(ours[asks], theirs[asks])
    unlike = same_place & named & ~within
    unlike[unlike] = [_contradict(one, other) for one, other in zip(ours[unlike], theirs[unlike], strict=True)]
    return np.select([same_name, unlike, same_place & ~(asks & ~alike), alike],
                     [_SAME_NAME, _CONTRADICT, _SAME_PLACE, _SIMILAR], -1)


def _contradict(one: str, other: str) -> bool:
    """Whether both names have numbers, letters or directions, and not the same ones."""
    return any(ours and theirs and ours != theirs
               for ours, theirs in ((mark.findall(one), mark.findall(other)) for mark in _MARKS))


def _alike(ours: Keys, theirs: Keys) -> Flags:
    enough = _likeness(ours, theirs) >= assumed("facilities", "similar_name_percent")
    enough[enough] = [_NUMBER.findall(one) == _NUMBER.findall(other)
                      for one, other in zip(ours[enough], theirs[enough], strict=True)]
    return enough


def _in_one_estate(rows: pd.DataFrame) -> pd.DataFrame:
    """Pairs of one name in one estate of which one at least has no place: the first of each source, the second, …."""
    named = rows[(rows["estate"] != NO_ESTATE) & (rows["key"] != "")]
    groups = named.groupby(["source", "estate", "key"])
    named = named.assign(number=groups.cumcount(), first=groups["row"].transform("first"),
                         first_placed=groups["placed"].transform("first"))
    again = named[(named["number"] > 0) & ~(named["placed"] & named["first_placed"])]
    across = named.merge(named, on=["estate", "key", "number"])
    across = across[(across["source_x"] < across["source_y"]) & ~(across["placed_x"] & across["placed_y"])]
    return pd.concat([_told(again["first"], again["row"], _SAME_NAME),
                      _told(across["row_x"], across["row_y"], _SAME_NAME)], ignore_index=True)


def _counted(rows: pd.DataFrame, mapped: pd.Series) -> pd.DataFrame:
    """What another source has in an estate for which a list counts sites without a place: OSM's, or a list's.

    Of two lists only where the row that counts has no name, and so cannot mean one of its own.
    """
    inside = rows[rows["estate"] != NO_ESTATE]
    counted = inside[~inside["placed"]]
    of_osm = counted.drop_duplicates("estate").merge(inside[inside["placed"] & mapped[inside.index]], on="estate")
    nameless = counted[counted["key"] == ""].drop_duplicates(["source", "estate"])
    listed = nameless.merge(inside[~mapped[inside.index] & (inside["placed"] | (inside["key"] == ""))], on="estate")
    listed = listed[listed["source_x"] != listed["source_y"]]
    pairs = np.sort(listed[["row_x", "row_y"]].to_numpy(), axis=1)  # the earlier source wins
    lists = pd.DataFrame(pairs, columns=["left", "right"]).drop_duplicates()
    return pd.concat([_told(of_osm["row_x"], of_osm["row_y"], _COUNTED),
                      _told(lists["left"], lists["right"], _COUNTED)], ignore_index=True)


def _made_up(whole: gpd.GeoDataFrame, kind: str) -> pd.Series:
    """Where the id is of the kind and the row, because the list gives none."""
    row = whole["source_row"].fillna(0).astype("int64").astype(str)
    made: pd.Series = whole["_id"] == f"{kind}-" + row
    return made


def _of_one_id(rows: pd.DataFrame, geometry: gpd.GeoSeries) -> pd.DataFrame:
    """Pairs of one id and one name in two lists, wherever they are."""
    named = rows[rows["key"] != ""]
    pairs = named.merge(named, on=["id", "key"])
    pairs = pairs[pairs["source_x"] < pairs["source_y"]]
    left, right = (geometry.loc[pairs[side]].reset_index(drop=True) for side in ("row_x", "row_y"))
    return _told(pairs["row_x"], pairs["row_y"], _SAME_ID).assign(
        distance_m=left.distance(right, align=False).round(_MILLIMETRES))


def _told(left: pd.Series, right: pd.Series, how: int) -> pd.DataFrame:
    """Pairs that no distance tells."""
    return pd.DataFrame({"left": left.to_numpy(), "right": right.to_numpy(), "how": how, "distance_m": np.nan}
                        ).astype(_PAIR)


def _one_to_one(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs that hold: source by source, the best first; who is gone already is nobody's winner."""
    ordered = pairs.sort_values(["right_source", "how", "distance_m", "left", "right"], kind="stable")
    gone: set[int] = set()
    met: set[tuple[int, int]] = set()
    chosen = []
    for at, (left, right, source) in enumerate(zip(ordered["left"], ordered["right"], ordered["right_source"],
                                                   strict=True)):
        if left not in gone and right not in gone and (left, source) not in met:
            gone.add(right)
            met.add((left, source))
            chosen.append(at)
    return ordered.iloc[chosen]


def _audit(whole: gpd.GeoDataFrame, gone: pd.DataFrame, asked: pd.DataFrame, kind: str) -> pd.DataFrame:
    told = pd.concat([gone.assign(result=DROPPED), asked.assign(result=ASKED)]).reindex(whole.index)
    other = whole.reindex(told["left"]).set_axis(whole.index)
    why: list[Words | str] = ["" if np.isnan(how) else _WHY[int(how)] for how in told["how"]]
    audit = pd.DataFrame({
        "kind": kind, "result": told["result"].fillna(KEPT), "why": pd.Series(why, whole.index, dtype="object"),
        **{name: whole[name] for name in ("facility_id", "name", "source", "source_sheet", "source_row", "estate_id",
                                          "capacity")},
        "other_id": other["facility_id"].fillna(""), "other_name": other["name"].fillna(""),
        "other_source": other["source"].fillna(""), "other_row": other["source_row"],
        "other_capacity": other["capacity"], "distance_m": told["distance_m"], "likeness": told["likeness"],
    })
    return audit[list(AUDIT)]
