"""How do a layer's coordinates arrive in the working coordinate system, and what if they do not fit it?"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gis.china_offset import moved
from gis.crs import in_crs, metric_crs_of
from gis.errors import Problem, ProblemLog, Words, say
from gis.geometry import has_shape
from gis.tables import NO_ESTATE, Estates
from layers.columns.catalogue import document
from layers.placing.coordinates import far_from_the_rest, mend_layer, problems_of, read_coordinates, why_misplaced
from layers.reading.files import ROW, Source, parse_crs

LON_LAT = "EPSG:4326"
"""The CRS of a table's coordinates where nothing else is said."""


@dataclass(frozen=True)
class Town:
    """Where a project lies: the metric CRS to work in (None: that of the first layer's middle) and what is known of it.

    ``home`` are the bounds of what lies there, west, south, east, north in degrees WGS84; None where nothing is known.
    """

    crs: Any = None
    home: tuple[float, float, float, float] | None = None


def strays(shapes: gpd.GeoSeries) -> "pd.Series[bool]":
    """Which shapes lie too far from the middle one to be of one town with it; none where that is half of them."""
    inner = shapely.get_coordinates(shapes.to_crs(LON_LAT).representative_point().to_numpy())
    return pd.Series(far_from_the_rest(inner), shapes.index)


def bounds_of(shapes: gpd.GeoSeries) -> tuple[float, float, float, float]:
    """West, south, east and north in degrees WGS84 of shapes of which there are some, strays left out."""
    placed = shapes[has_shape(shapes)]
    west, south, east, north = placed[~strays(placed)].to_crs(LON_LAT).total_bounds
    return west, south, east, north


def places_of_layer(frame: gpd.GeoDataFrame, source: Source, part: str, town: Town, log: ProblemLog) -> gpd.GeoSeries:
    """The shapes of a vector layer in the town's CRS, read as ``layers.placing.coordinates`` reads numbers.

    A declared GCJ-02 or BD-09 is undone. A shape with a vertex that is no place is missing and an error.
    """
    numbers = frame[ROW] if ROW in frame else pd.Series(range(1, len(frame) + 1), index=frame.index)
    shapes, notes = mend_layer(frame.geometry, home=town.home)
    crs = crs_name(source, frame)
    for problem in problems_of(notes, file=source.path.name, sheet=part, rows=numbers, crs=crs):
        log.add(problem)
    return _in_town(shapes, source, town)


def places_of_table(
    fields: pd.DataFrame, source: Source, part: str, town: Town, log: ProblemLog, *, column: str = "",
    mend: Words | None = None,
) -> tuple[gpd.GeoSeries, dict[Any, Words]]:
    """A point in the town's CRS for each row whose cells ``x`` and ``y`` hold one, missing elsewhere.

    Also why rows have coordinates that are no place, by label; they are listed as errors of ``column``. ``mend``:
    see ``problems_of``.

    Raises:
        InputError: nobody knows the CRS that the project says.
    """
    empty = pd.Series(None, index=fields.index, dtype="object")
    own = parse_crs(source.crs, source.path) if source.crs and not source.offset_system else None
    words = document()["cells"]
    found = read_coordinates(fields.get("x", empty), fields.get("y", empty), crs=own, home=town.home,
                             unknown=frozenset([*words["unknown"], *words["no_place"]]))
    crs = crs_name(source, fields)
    for problem in problems_of(found.notes, file=source.path.name, sheet=part, rows=fields[ROW], crs=crs,
                               column=column, mend=mend):
        log.add(problem)
    for note in found.notes if source.offset_system == "BD-09" else ():
        if "EPSG:3857" in note.codes and note.kind == "zone":
            log.add(Problem(
                file=source.path.name, sheet=part, column=column, row=int(fields[ROW].loc[note.rows[0]]),
                value=str(note.values.iloc[0]), fix="give them in degrees",
                why=say("{count} rows are in the metres of Baidu's maps (BD09MC), which cannot be read",
                        count=len(note.rows))))
    there = found.lon.notna()
    points = empty.copy()
    points[there] = shapely.points(found.lon[there], found.lat[there])
    return _in_town(gpd.GeoSeries(points, crs=LON_LAT), source, town), why_misplaced(found.notes, crs)


def crs_name(source: Source, frame: pd.DataFrame) -> str:
    """What a file's places are in: as declared, as the file says, or degrees for a table that says nothing."""
    if source.crs:
        return source.offset_system or source.crs
    return _name(frame.crs) if isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None else LON_LAT


def _in_town(geometry: gpd.GeoSeries, source: Source, town: Town) -> gpd.GeoSeries:
    if not has_shape(geometry).any():
        return geometry.set_crs(town.crs or LON_LAT, allow_override=True)
    true = moved(geometry.to_crs(LON_LAT), source.offset_system) if source.offset_system else geometry
    return in_crs(true, metric_crs_of(true) if town.crs is None else town.crs)


def holding_estate(points: gpd.GeoSeries, estates: Estates) -> pd.Series:
    """The estate whose outline holds each point, the smallest of nested ones, ``NO_ESTATE`` where none does."""
    areas = estates.frame[estates.located]
    rows, holders = areas.sindex.query(points, predicate="covered_by")
    found = pd.DataFrame({"row": rows, "estate": areas.index[holders],
                          "area_m2": areas.geometry.area.to_numpy()[holders]})
    smallest = found.sort_values(["area_m2", "estate"]).drop_duplicates("row").set_index("row")["estate"]
    held = smallest.reindex(range(len(points)), fill_value=NO_ESTATE)
    return pd.Series(held.to_numpy(), index=points.index, dtype="object")


def _name(crs: Any) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)
