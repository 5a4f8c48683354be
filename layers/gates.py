"""Through which gates do people leave a walled estate?"""

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.errors import ProblemLog, say
from gis.tables import NO_ESTATE, Estates, Gates
from layers.assumptions import assumed
from layers.buildings import with_ids
from layers.doors import read_points
from layers.osm_extract import OsmExtract
from layers.osm_tags import osm_tags
from layers.placing.places import Town
from layers.reading.files import Source

_DEFAULTS = {"foot": True, "vehicle": True, "closed": False, "emergency": False}


def gates_of_osm(extract: OsmExtract, estates: Estates) -> Gates:
    """Gates of an extract, and its entrances that lie on an estate's outline (on foot only).

    A gate within ``on_outline_m`` of the outlines of several estates serves each of them: the nearest one under its
    own id, each further one under ``<gate>@<estate>``. Gates on no outline are kept without an estate.
    """
    gates = extract.gates.to_crs(estates.crs)
    entrances = extract.entrances.to_crs(estates.crs)
    also = entrances[entrances["kind"].isin(osm_tags().gate_entrances) & ~entrances.index.isin(gates.index)]
    also = also.assign(foot=True, vehicle=False, emergency=False, hours="").drop(columns="kind")
    found = [frame for frame in (gates, also) if len(frame)]
    if not found:
        return Gates.empty(estates.crs)
    points = gpd.GeoDataFrame(pd.concat(found), crs=estates.crs)
    served = _served(points, estates, assumed("gates", "on_outline_m"))
    elsewhere = gates[~gates.index.isin(served.index)].assign(estate_id=NO_ESTATE)
    second = served.index.duplicated()
    served.index = served.index.where(~second, served.index + "@" + served["estate_id"].to_numpy())
    rows = [frame for frame in (served, elsewhere) if len(frame)]
    return Gates.of(gpd.GeoDataFrame(pd.concat(rows))) if rows else Gates.empty(estates.crs)


def read_gates(source: Source, estates: Estates, *, town: Town, log: ProblemLog) -> Gates:
    """Read a list of gates; columns are known by the aliases of ``fields.toml``.

    A gate belongs to the estate its row names, else to the estate whose outline is nearest and within ``listed_m``.
    Where a row does not say, a gate is open and serves people and vehicles.

    Args:
        source: a vector file of points, or a table with longitude and latitude.
        estates: those that rows may name.
        town: the CRS of the result and where the project lies.
        log: takes every problem of the rows, and the account of them; a gate of no estate is a warning.

    Raises:
        InputError: the file cannot be read.
    """
    rows = read_points(source, "gate", town, log)
    placed = rows.placed.loc[rows.kept]
    for name, default in _DEFAULTS.items():
        if name in placed:
            placed[name] = placed[name].map({1.0: True, 0.0: False}).fillna(value=default).astype(bool)
    named = placed["estate_id"] if "estate_id" in placed else pd.Series(NO_ESTATE, index=placed.index, dtype="object")
    known = estates.knows(named)
    elsewhere = placed[~known].drop(columns="estate_id", errors="ignore")
    nearest = _served(elsewhere, estates, assumed("gates", "listed_m"))["estate_id"]
    nearest = nearest[~nearest.index.duplicated()].reindex(placed.index, fill_value=NO_ESTATE)
    placed["estate_id"] = named.where(known, nearest).astype("object")
    homeless = placed["estate_id"] == NO_ESTATE
    if estates.known and homeless.any():
        rows.problem(label=placed.index[homeless][0], severity="warning",
                     value=", ".join(sorted(set(named[homeless]) - {NO_ESTATE})[:10]),
                     why=say("{count} gates belong to no estate in the list and are on no outline",
                             count=int(homeless.sum())),
                     fix="write 小区编号 as the estates' file does")
    return Gates.of(with_ids(rows, placed, "gate"))


def _served(points: gpd.GeoDataFrame, estates: Estates, within_m: float) -> gpd.GeoDataFrame:
    """A row for each point and estate whose outline is within ``within_m``, the nearest first."""
    outlines = estates.frame[estates.located].boundary
    rows, near = outlines.sindex.query(points.geometry, predicate="dwithin", distance=within_m)
    apart_m = points.geometry.iloc[rows].distance(outlines.iloc[near], align=False).to_numpy()
    pairs = pd.DataFrame({"row": rows, "estate": outlines.index.to_numpy()[near], "apart_mm": np.round(apart_m * 1000)})
    pairs = pairs.sort_values(["row", "apart_mm", "estate"])
    return points.iloc[pairs["row"].to_numpy()].assign(estate_id=pairs["estate"].to_numpy(dtype=object))
