"""Where do people step out of their building?"""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely

from gis.errors import ProblemLog, say
from gis.tables import NO_ESTATE, Buildings, Doors
from layers.assumptions import assumed
from layers.buildings import footprint_of, with_ids
from layers.osm_extract import OsmExtract
from layers.osm_tags import osm_tags
from layers.placing.places import Town
from layers.reading.files import Source
from layers.rows import Rows, read_rows


def doors_of_osm(extract: OsmExtract, buildings: Buildings) -> Doors:
    """Entrances on the outlines of buildings: main, staircase, home and plain ones; not service, garage or emergency.

    Closed entrances are left out, and so are those of buildings that are no homes.
    """
    frame = extract.entrances.to_crs(buildings.crs)
    open_doors = frame[frame["kind"].isin(osm_tags().door_kinds) & ~frame["closed"]]
    building = footprint_of(open_doors.geometry, buildings, assumed("doors", "on_outline_m"))
    homes = buildings.ids[buildings.frame["use"] != "other"]
    doors = open_doors.assign(building_id=building)[building.isin(homes)]
    return Doors.of(_with_estates(doors[["building_id", "geometry"]], buildings))


def read_doors(source: Source, buildings: Buildings, *, town: Town, log: ProblemLog) -> Doors:
    """Read a list of doors; columns are known by the aliases of ``fields.toml``.

    A door belongs to the building its row names, else to the building whose outline is nearest and within
    ``at_building_m``, else to none. A row without a place is an error.

    Args:
        source: a vector file of points, or a table with longitude and latitude.
        buildings: those that rows may name.
        town: the CRS of the result and where the project lies.
        log: takes every problem of the rows, and the account of them.

    Raises:
        InputError: the file cannot be read.
    """
    rows = read_points(source, "door", town, log)
    placed = rows.placed.loc[rows.kept]
    named = placed["building_id"] if "building_id" in placed else pd.Series("", index=placed.index, dtype="object")
    lost = (named != "") & ~named.isin(buildings.ids)
    if lost.any():
        rows.problem(label=placed.index[lost][0], severity="warning", value=", ".join(sorted(set(named[lost]))[:10]),
                     why=say("{count} doors name a building that is not in the list of buildings",
                             count=int(lost.sum())),
                     fix="write 楼栋编号 as the buildings' file does; they count where they lie")
    asked = (named == "") | lost
    found = footprint_of(placed.geometry[asked], buildings, assumed("doors", "at_building_m"))
    placed["building_id"] = named.mask(asked, found.reindex(placed.index, fill_value="")).astype("object")
    return Doors.of(_with_estates(with_ids(rows, placed, "door"), buildings))


def read_points(source: Source, table: str, town: Town, log: ProblemLog) -> Rows:
    """The rows of a list of points; those without one are errors and left out.

    Raises:
        InputError: the file cannot be read.
    """
    rows = read_rows(source, table, part=f"{table}s", town=town, log=log, required=[("x",)])
    shapes = rows.geometry
    lone = (shapes.geom_type == "MultiPoint") & (shapely.get_num_geometries(shapes.to_numpy()) == 1)
    rows = replace(rows, geometry=shapes.mask(lone, shapes.representative_point()))
    here = (rows.geometry.geom_type == "Point") & ~rows.geometry.is_empty
    rows.leave_out(rows.fields.index[~here], why="this row is no point on the map",
                   fix="give its point, or 经度 and 纬度")
    return rows


def _with_estates(doors: gpd.GeoDataFrame, buildings: Buildings) -> gpd.GeoDataFrame:
    """Doors take the estate of their building where they do not name one themselves."""
    own = doors["estate_id"] if "estate_id" in doors else pd.Series(NO_ESTATE, index=doors.index, dtype="object")
    theirs = doors["building_id"].map(buildings.frame["estate_id"]).astype("object").fillna(NO_ESTATE)
    return doors.assign(estate_id=own.where(own != NO_ESTATE, theirs).astype("object"))
