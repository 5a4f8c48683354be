"""How do a layer's coordinates arrive in the working coordinate system, and what if they do not fit it?"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.crs import in_crs, metric_crs_of
from gis.errors import InputError, Problem, ProblemLog, say
from gis.tables import NO_ESTATE, Estates
from layers.files import ROW, Source, parse_crs

LON_LAT = "EPSG:4326"
"""The CRS of a table's coordinates where nothing else is said."""

_HALF_TURN, _RIGHT_ANGLE = 180.0, 90.0


def projected(frame: gpd.GeoDataFrame, crs: Any, *, file: str) -> gpd.GeoDataFrame:
    """The layer in ``crs``, or in the metric CRS of its middle where ``crs`` is None.

    Raises:
        InputError: coordinates do not fit the CRS the layer says it has.
    """
    if frame.geometry.isna().all():
        return frame.set_crs(crs, allow_override=True)
    west, south, east, north = frame.to_crs(LON_LAT).total_bounds
    if -_HALF_TURN <= west <= east <= _HALF_TURN and -_RIGHT_ANGLE <= south <= north <= _RIGHT_ANGLE:
        moved = in_crs(frame, metric_crs_of(frame) if crs is None else crs)
        if np.isfinite(moved.total_bounds).all():
            return moved
    raise InputError(
        Problem(file=file, value=", ".join(f"{edge:.8g}" for edge in frame.total_bounds),
                why=say("the coordinates (west, south, east, north) do not fit {crs}", crs=_name(frame.crs)),
                fix='add the line crs = "EPSG:..." with the right code to its section of project.toml'))


def points_of_table(fields: pd.DataFrame, source: Source, crs: Any, log: ProblemLog) -> gpd.GeoDataFrame:
    """The rows of a table with a point where the columns ``x`` and ``y`` hold one, in ``crs``.

    A row with one coordinate only, or with one outside the range of the source's CRS, is noted as an error and has
    no point.
    """
    place = pd.DataFrame({name: fields.get(name, pd.Series(np.nan, fields.index)) for name in ("x", "y")})
    own = parse_crs(source.crs or LON_LAT, source.path)
    wrong = place.notna().sum(axis="columns") == 1
    if own.is_geographic:
        wrong |= (place["x"].abs() > _HALF_TURN) | (place["y"].abs() > _RIGHT_ANGLE)
    for row, x, y in zip(fields.loc[wrong, ROW], place.loc[wrong, "x"], place.loc[wrong, "y"], strict=True):
        log.add(Problem(file=source.path.name, sheet=source.sheet or "", row=int(row), value=f"{x}, {y}",
                        why=say("these are not coordinates in {crs}", crs=_name(own)),
                        fix="write longitude and latitude in degrees, or say the crs of the file in project.toml"))
    there = place.notna().all(axis="columns") & ~wrong
    points = pd.Series(None, index=fields.index, dtype="object")
    points[there] = shapely.points(place.loc[there, "x"], place.loc[there, "y"])
    frame = gpd.GeoDataFrame(fields.drop(columns=["x", "y"], errors="ignore"), geometry=gpd.GeoSeries(points, crs=own))
    return projected(frame, crs, file=source.path.name)


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
