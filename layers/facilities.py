"""Which facilities are there, how large are they, and which estate do they belong to?"""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import Problem, ProblemLog, say
from gis.geometry import has_shape
from gis.tables import NO_ESTATE, Estates, Facilities
from layers.fields import normalised_names, read_fields
from layers.files import ROW, Source, read_table, read_vector
from layers.kinds import facility_kind
from layers.places import holding_estate, points_of_table, projected
from layers.rosters import named_estate

SAME_PLACE_M = 15.0
"""Two objects of one kind no farther apart than this are one facility whatever their names."""
SAME_NAME_M = 50.0
"""Two objects of one kind and name no farther apart than this are one facility."""

_COLUMNS = {"name": "", "capacity": np.nan, "status": "existing", "turnout_s": np.nan, "area_m2": np.nan}


def read_facilities(
    source: Source, *, kind: str, surveyed: bool, estates: Estates, to_crs: Any, log: ProblemLog,
) -> Facilities:
    """Read one list of facilities of one kind.

    Areas and lines stand for their inner point. A row without a place that names an estate, by id or exact normalised
    name, counts for that estate; a row with neither is an error. Ids start with the kind unless the list gives them.

    Args:
        source: a vector file, or a table with longitude and latitude (EPSG:4326 unless ``source.crs`` says otherwise).
        kind: one of ``layers/kinds.toml``.
        surveyed: the list claims to be complete.
        estates: those that rows may name.
        to_crs: metric CRS of the result.
        log: takes the problems of rows.

    Raises:
        InputError: the file cannot be read or there is no such kind.
    """
    facility_kind(kind)
    raw = (read_table(source.path, sheet=source.sheet) if source.is_table
           else read_vector(source.path, layer=source.layer, crs=source.crs)).reset_index(drop=True)
    fields = read_fields(raw, "facility", file=source.path.name, sheet=source.sheet or "", log=log,
                         required=[("x", "estate_id", "estate_name")] if source.is_table else [])
    fields = fields.assign(said_id=fields.get("estate_id", ""), said_name=fields.get("estate_name", ""))
    placed = (points_of_table(fields, source, to_crs, log) if source.is_table
              else _inner_points(gpd.GeoDataFrame(fields, geometry=raw.geometry), source, to_crs))
    placed["estate_id"] = named_estate(placed["said_id"], placed["said_name"], estates)
    _list_lost(placed, source, log)
    nowhere = ~has_shape(placed.geometry) & (placed["estate_id"] == NO_ESTATE)
    bare = nowhere & fields.reindex(columns=["x", "y"]).isna().all(axis="columns")
    for row, name in zip(placed.loc[bare, ROW], fields.get("name", fields[ROW].astype(str))[bare], strict=True):
        log.add(Problem(file=source.path.name, sheet=source.sheet or "", row=int(row), value=name,
                        why="this facility has neither coordinates nor an estate that is in the list of estates",
                        fix="fill in 经度 and 纬度, or 小区编号, or the 小区名称 as the estates' file writes it"))
    for column, default in _COLUMNS.items():
        placed[column] = placed.get(column, default)
    frame = _with_ids(placed[~nowhere], kind, source, log)
    frame["origin"] = "surveyed"
    return inside_estates(Facilities.of(frame.drop(columns=ROW), kind=kind, complete=surveyed), estates)


def merge_facilities(lists: Sequence[Facilities], osm: Facilities | None, *, log: ProblemLog) -> Facilities:
    """One table from the lists of a kind and what OSM has of it (at least one of them given); a list wins over OSM.

    An OSM object is dropped where a listed one lies within ``SAME_PLACE_M``, or within ``SAME_NAME_M`` under the same
    normalised name; how many is noted as a warning. The whole is complete where one of the lists claims to be.
    Where two tables share an id, the later table's gets its number before it.
    """
    tables = [*lists, *([] if osm is None else [osm])]
    frames = [table.frame for table in lists]
    if osm is not None:
        same = _same_as_listed(osm.frame, frames)
        frames.append(osm.frame[~same])
        if same.any():
            log.add(Problem(value=osm.kind, severity="warning", fix="nothing, unless these are different facilities",
                            why=say("{count} OSM objects were left out because the list has them",
                                    count=int(same.sum()))))
    filled = [frame for frame in frames if len(frame)]
    whole = pd.concat(filled) if filled else frames[0]
    number = np.repeat(np.arange(len(filled)), [len(frame) for frame in filled])
    ids = pd.Series(whole.index.astype(str), dtype="object")
    unique = ids.mask(ids.duplicated(), pd.Series(number + 1).astype(str) + "-" + ids)
    return Facilities.of(whole.set_axis(pd.Index(unique, dtype="object")), kind=tables[0].kind,
                         complete=any(table.complete for table in tables))


def inside_estates(facilities: Facilities, estates: Estates) -> Facilities:
    """Fill ``estate_id`` by place where it is empty; of nested estates the smallest that holds the facility counts."""
    frame = facilities.frame
    asked = (frame["estate_id"] == NO_ESTATE) & has_shape(frame.geometry)
    found = holding_estate(frame.geometry[asked], estates).reindex(frame.index, fill_value=NO_ESTATE)
    filled = frame.assign(estate_id=frame["estate_id"].mask(asked, found))
    return Facilities.of(filled, kind=facilities.kind, complete=facilities.complete)


def _inner_points(frame: gpd.GeoDataFrame, source: Source, crs: Any) -> gpd.GeoDataFrame:
    moved = projected(frame, crs, file=source.path.name)
    return moved.set_geometry(moved.geometry.representative_point().where(has_shape(moved.geometry)))


def _list_lost(placed: gpd.GeoDataFrame, source: Source, log: ProblemLog) -> None:
    """List the placed rows that name an estate nobody knows; those without a place are errors of their own."""
    said = placed["said_id"].where(placed["said_id"] != "", placed["said_name"])
    lost = (placed["estate_id"] == NO_ESTATE) & (said != "") & has_shape(placed.geometry)
    if lost.any():
        log.add(Problem(file=source.path.name, sheet=source.sheet or "", row=int(placed.loc[lost, ROW].iloc[0]),
                        value=", ".join(said[lost].iloc[:10]), severity="warning",
                        why=say("{count} rows name an estate that is not in the list of estates",
                                count=int(lost.sum())),
                        fix="write 小区编号 or 小区名称 as the estates' file does; they count where they lie"))


def _with_ids(frame: gpd.GeoDataFrame, kind: str, source: Source, log: ProblemLog) -> gpd.GeoDataFrame:
    given = frame.get("facility_id", pd.Series("", index=frame.index))
    repeated = (given != "") & given.duplicated()
    for row, value in zip(frame.loc[repeated, ROW], given[repeated], strict=True):
        log.add(Problem(file=source.path.name, sheet=source.sheet or "", row=int(row), value=value,
                        why="another row has this facility id", fix="give each facility one row and an id of its own"))
    ids = given.where(given != "", f"{kind}-" + frame[ROW].astype(str))
    extra = ["facility_id", "said_id", "said_name", "estate_name"]
    kept = frame.drop(columns=extra, errors="ignore")[~repeated]
    return kept.set_index(pd.Index(ids[~repeated], dtype="object", name="facility_id"))


def _same_as_listed(osm: gpd.GeoDataFrame, lists: list[gpd.GeoDataFrame]) -> pd.Series:
    same = pd.Series(data=False, index=osm.index)
    placed = osm[has_shape(osm.geometry)]
    for listed in lists:
        there = listed[has_shape(listed.geometry)]
        if there.empty or placed.empty:
            continue
        left, right = there.sindex.query(placed.geometry, predicate="dwithin", distance=SAME_NAME_M)
        apart_m = shapely.distance(placed.geometry.to_numpy()[left], there.geometry.to_numpy()[right])
        ours, theirs = normalised_names(placed["name"]).to_numpy(), normalised_names(there["name"]).to_numpy()
        alike = (ours[left] == theirs[right]) & (ours[left] != "")
        same[placed.index[left[alike | (apart_m <= SAME_PLACE_M)]]] = True
    return same
