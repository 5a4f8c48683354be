"""Where do people step out of their building?"""

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gis.errors import Problem, ProblemLog, say
from gis.tables import NO_ESTATE, Buildings, Doors
from layers.buildings import footprint_of, with_ids
from layers.fields import read_fields
from layers.files import ROW, Source, read_table, read_vector
from layers.osm_extract import OsmExtract
from layers.osm_tags import osm_tags
from layers.places import points_of_table, projected

ON_OUTLINE_M = 1.0
"""An OSM entrance this near a building's outline is a door of it; most are nodes of the outline itself."""
AT_BUILDING_M = 10.0
"""A listed door this near a building's outline belongs to it where the list does not say."""


def doors_of_osm(extract: OsmExtract, buildings: Buildings) -> Doors:
    """Entrances on the outlines of buildings: main, staircase, home and plain ones; not service, garage or emergency.

    Closed entrances are left out, and so are those of buildings that are no homes.
    """
    frame = extract.entrances.to_crs(buildings.crs)
    open_doors = frame[frame["kind"].isin(osm_tags().door_kinds) & ~frame["closed"]]
    building = footprint_of(open_doors.geometry, buildings, ON_OUTLINE_M)
    homes = buildings.ids[buildings.frame["use"] != "other"]
    doors = open_doors.assign(building_id=building)[building.isin(homes)]
    return Doors.of(_with_estates(doors[["building_id", "geometry"]], buildings))


def read_doors(source: Source, buildings: Buildings, *, to_crs: Any, log: ProblemLog) -> Doors:
    """Read a list of doors; columns are known by the aliases of ``fields.toml``.

    A door belongs to the building its row names, else to the building whose outline is nearest and within
    ``AT_BUILDING_M``, else to none. A row without a place is an error.

    Args:
        source: a vector file of points, or a table with longitude and latitude.
        buildings: those that rows may name.
        to_crs: metric CRS of the result.
        log: takes every problem of the rows.

    Raises:
        InputError: the file cannot be read.
    """
    file = source.path.name
    placed = read_points(source, "door", to_crs, log)
    named = placed["building_id"] if "building_id" in placed else pd.Series("", index=placed.index, dtype="object")
    lost = (named != "") & ~named.isin(buildings.ids)
    if lost.any():
        log.add(Problem(file=file, row=int(placed.loc[lost, ROW].iloc[0]), severity="warning",
                        value=", ".join(sorted(set(named[lost]))[:10]),
                        why=say("{count} doors name a building that is not in the list of buildings",
                                count=int(lost.sum())),
                        fix="write 楼栋编号 as the buildings' file does; they count where they lie"))
    asked = (named == "") | lost
    found = footprint_of(placed.geometry[asked], buildings, AT_BUILDING_M)
    placed["building_id"] = named.mask(asked, found.reindex(placed.index, fill_value="")).astype("object")
    return Doors.of(_with_estates(with_ids(placed, "door", file, log), buildings))


def read_points(source: Source, table: str, to_crs: Any, log: ProblemLog) -> gpd.GeoDataFrame:
    """The rows of a list with a point each: their fields of ``table``, ``ROW`` and geometry; others are errors.

    Raises:
        InputError: the file cannot be read.
    """
    file = source.path.name
    if source.is_table:
        raw = read_table(source.path, sheet=source.sheet).reset_index(drop=True)
        fields = read_fields(raw, table, file=file, sheet=source.sheet or "", log=log, required=[("x",), ("y",)])
        placed = points_of_table(fields, source, to_crs, log)
    else:
        layer = read_vector(source.path, layer=source.layer, crs=source.crs).reset_index(drop=True)
        fields = read_fields(layer, table, file=file, log=log)
        placed = projected(gpd.GeoDataFrame(fields, geometry=layer.geometry), to_crs, file=file)
    lone = (placed.geom_type == "MultiPoint") & (shapely.get_num_geometries(placed.geometry.to_numpy()) == 1)
    placed = placed.set_geometry(placed.geometry.mask(lone, placed.representative_point()))
    here = (placed.geom_type == "Point") & ~placed.is_empty
    for row in placed.loc[~here, ROW]:
        log.add(Problem(file=file, sheet=source.sheet or "", row=int(row), why="this row is no point on the map",
                        fix="give its point, or 经度 and 纬度"))
    return placed[here].copy()


def _with_estates(doors: gpd.GeoDataFrame, buildings: Buildings) -> gpd.GeoDataFrame:
    """Doors take the estate of their building where they do not name one themselves."""
    own = doors["estate_id"] if "estate_id" in doors else pd.Series(NO_ESTATE, index=doors.index, dtype="object")
    theirs = doors["building_id"].map(buildings.frame["estate_id"]).fillna(NO_ESTATE)
    return doors.assign(estate_id=own.where(own != NO_ESTATE, theirs).astype("object"))
