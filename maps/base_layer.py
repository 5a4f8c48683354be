"""Which streets, water, green and buildings stand behind the facts, and how few bytes do they need?"""

from typing import Any

import geopandas as gpd
import shapely

from gis.crs import in_crs
from gis.geometry import has_shape
from gis.tables import AREAS, BaseMap
from maps import shapes

STREET_KINDS = ("path", "minor", "medium", "major", "motorway", "rail")
"""Drawn in this order; a kind that is not listed is drawn as ``minor``."""

_MARGIN_SHARE = 0.35
_LEAST_MARGIN_M = 500.0
_THIN_M = {"streets": 0.5, "water": 0.7, "green": 0.7, "buildings": 0.3}


def base_layer(basemap: BaseMap, around: gpd.GeoSeries) -> dict[str, Any]:
    """The base map around some estates, for ``assets/basemap.js``.

    Args:
        basemap: any CRS.
        around: outlines in a metric CRS; what lies far outside them is left out.

    Returns:
        ``streets`` as rows ``[kind, name, lines]`` with the pieces of one street joined, ``water``, ``green`` and
        ``buildings`` as lists of polygons, ``ribbons`` (waterways given as lines).
    """
    window = _window(around)
    water = _clipped(basemap.water, around.crs, window)
    is_line = water.geom_type.isin(["LineString", "MultiLineString"])
    return {
        "streets": _streets(_clipped(basemap.streets, around.crs, window)),
        "water": _areas(water[~is_line], "water"),
        "ribbons": shapes.flat(shapes.lines(shapes.thinned(water[is_line].geometry, _THIN_M["water"]))),
        "green": _areas(_clipped(basemap.green, around.crs, window), "green"),
        "buildings": _areas(_clipped(basemap.buildings, around.crs, window), "buildings"),
    }


def _window(around: gpd.GeoSeries) -> tuple[float, float, float, float] | None:
    placed = around[has_shape(around)]
    if placed.empty:
        return None
    west, south, east, north = placed.total_bounds
    margin = max(_LEAST_MARGIN_M, _MARGIN_SHARE * max(east - west, north - south))
    return (west - margin, south - margin, east + margin, north + margin)


def _clipped(frame: gpd.GeoDataFrame, crs: Any, window: tuple[float, float, float, float] | None) -> gpd.GeoDataFrame:
    if frame.empty:
        return gpd.GeoDataFrame({"kind": [], "name": []}, geometry=[], crs=crs)
    placed = in_crs(frame[has_shape(frame.geometry)], crs).reset_index(drop=True)
    return placed if window is None else placed.iloc[placed.sindex.query(shapely.box(*window), sort=True)]


def _areas(frame: gpd.GeoDataFrame, layer: str) -> list[list[list[int]]]:
    only = frame.geometry[frame.geom_type.isin(AREAS)]
    return shapes.flat(shapes.rings(shapes.thinned(only, _THIN_M[layer])))


def _streets(frame: gpd.GeoDataFrame) -> list[list[Any]]:
    """One row per kind and name, its pieces joined where they meet."""
    kinds = frame["kind"].where(frame["kind"].isin(STREET_KINDS), "minor")
    rows = gpd.GeoDataFrame({"kind": kinds, "name": frame["name"].fillna("").astype(str)}, geometry=frame.geometry,
                            crs=frame.crs).explode(index_parts=False)
    rows = rows[rows.geom_type == "LineString"].sort_values(["kind", "name"], kind="stable")
    group = rows.groupby(["kind", "name"]).ngroup().to_numpy()
    heads = rows[["kind", "name"]].drop_duplicates()
    merged = gpd.GeoSeries(
        shapely.line_merge(shapely.multilinestrings(rows.geometry.to_numpy(), indices=group)), crs=frame.crs)
    coded = shapes.lines(shapes.thinned(merged, _THIN_M["streets"], keep_apart=False))
    order = [STREET_KINDS.index(kind) for kind in heads["kind"]]
    return [[kind, name, parts] for kind, name, parts in zip(order, heads["name"], coded, strict=True)]
