"""Which outlines and points do the files of the estates give themselves, row by row?"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.crs import in_crs
from gis.errors import say
from gis.geometry import areas_only, fault, has_shape, repair_areas
from gis.tables import AREAS
from layers.rows import Rows


def given_outlines(side: Rows, joined: pd.DataFrame, column: str, crs: Any, asked: "pd.Series[bool]") -> gpd.GeoSeries:
    """The areas of one file, mended and on the estates' ids; what is neither an area nor a point is said.

    Args:
        side: the rows of the file.
        joined: the estates, with the label of their row in ``column``, -1 where they have none.
        column: see ``joined``.
        crs: metric CRS of the result.
        asked: estates whose outline is wanted; the others have none here.
    """
    return _repaired(of_rows(_areas(side, crs), joined, column).where(asked), joined, side, column)


def lone_points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Points, and collections of one point; everything else is missing."""
    kind = shapes.geom_type
    lone = (kind == "MultiPoint") & (shapely.get_num_geometries(shapes.to_numpy()) == 1)
    return shapes.mask(lone, shapes.representative_point()).where((kind == "Point") | lone)


def of_rows(shapes: gpd.GeoSeries, joined: pd.DataFrame, column: str) -> gpd.GeoSeries:
    """The shapes of a file's rows on the estates' ids; missing where an estate has no row."""
    return gpd.GeoSeries(shapes.reindex(joined[column]).to_numpy(), index=joined.index, crs=shapes.crs)


def _areas(side: Rows, crs: Any) -> gpd.GeoSeries:
    """The areas of a file, on its rows; what is neither an area nor a point is said."""
    if not has_shape(side.geometry).any():
        return gpd.GeoSeries([], crs=crs)
    shapes = side.geometry
    shapes = _without_lines_beside(shapes)
    wrong = ~shapely.is_missing(shapes.values) & ~shapes.geom_type.isin(AREAS)
    strange = wrong & ~has_shape(lone_points(shapes))
    if strange.any():
        kinds = tuple(sorted(set(shapes[strange].geom_type)))
        side.problem(why=say("{count} rows hold {kinds}, not outlines", count=int(strange.sum()), kinds=kinds),
                     fix="draw their outlines as areas; until then these estates are not located", severity="warning",
                     cells=side.cells(shapes.index[strange], shapes.geom_type))
    return in_crs(shapes.mask(wrong), crs)


def _without_lines_beside(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Of collections that hold areas the areas alone."""
    drawn: Any = shapes.to_numpy().copy()
    for at in np.flatnonzero(shapes.geom_type == "GeometryCollection"):
        drawn[at] = areas_only(drawn[at]) or drawn[at]
    return gpd.GeoSeries(drawn, shapes.index, crs=shapes.crs)


def _repaired(geometry: gpd.GeoSeries, joined: pd.DataFrame, side: Rows, column: str) -> gpd.GeoSeries:
    areas, ledger = repair_areas(geometry)
    for key, (reason, before, after) in zip(ledger.index, ledger.to_numpy(), strict=True):
        if not after:
            side.problem(
                label=joined.loc[key, column], value=str(key), severity="warning",
                why=say("this outline has no area ({reason}); the estate has no outline", reason=fault(reason)),
                fix="redraw it; until then the estate is not located")
            continue
        side.problem(
            label=joined.loc[key, column], value=str(key), severity="warning",
            why=say("broken outline ({reason}) repaired: {before_m2:.1f} m² before, {after_m2:.1f} m² after",
                    reason=fault(reason), before_m2=before, after_m2=after),
            fix="look at it on the map and redraw it where the repair is wrong")
    return areas.where(has_shape(areas))
