"""Estates on plots of one hectare, and what the check of their quality says of them."""

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from gis.errors import ProblemLog
from gis.tables import Buildings, Estates, Facilities, Gates, Streets
from layers.quality.quality import check_quality

CRS = "EPSG:4549"
X, Y = 552_000, 3_527_000
NOT_KNOWN = "leave the cell empty where it is not known; 0 means that there are surely none"


def rect(west, south, east, north):
    return box(X + west, Y + south, X + east, Y + north)


def square(number):
    """Plots of one hectare, 100 m from each other."""
    return rect(200 * number, 0, 200 * number + 100, 100)


def frame(index_name, rows):
    """Rows of ``id: (geometry, {column: value})``."""
    index = pd.Index(list(rows), name=index_name, dtype="object")
    return gpd.GeoDataFrame([facts for _, facts in rows.values()], index=index,
                            geometry=gpd.GeoSeries([shape for shape, _ in rows.values()], index=index, crs=CRS))


def estates(*facts, shapes=None):
    """Estates A, B, C … called 甲, 乙, 丙 …, each on its own hectare unless shapes are given."""
    rows = {chr(65 + n): (square(n) if shapes is None else shapes[n],
                          {"name": "甲乙丙丁戊己庚辛"[n] if n < 8 else f"第{n}", "outline_basis": "outline"} | fact)
            for n, fact in enumerate(facts)}
    return Estates.of(frame("estate_id", rows))


def said(the_estates, buildings=None, *, gates=None, streets=None, facilities=None, extent=None):
    """Everything that is said of the tables, as a planner reads it in English."""
    log = ProblemLog()
    check_quality(
        the_estates, Buildings.of(frame("building_id", buildings)) if buildings else Buildings.empty(CRS),
        Gates.of(frame("gate_id", gates)) if gates else Gates.empty(CRS),
        Streets.of(frame("edge_id", streets), extent=extent) if streets else Streets.empty(CRS),
        {kind: Facilities.of(frame("facility_id", rows), kind=kind) if rows else Facilities.empty(CRS, kind=kind)
         for kind, rows in (facilities or {}).items()},
        log=log)
    return [f"{one.severity}: {one}" for one in log]
