"""Which outlines of estates overlap, lie inside each other, or do not look like an estate?"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import say
from gis.geometry import has_shape
from layers.assumptions import assumed
from layers.quality.doubts import OUTLINES, Doubts
from layers.quality.plausible import limit

_INSIDE_ONE_BY_ONE = 50
_REDRAW = say("look at the outlines on the map and redraw those that are wrong")


def given_outlines(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The estates whose outline somebody drew, not one that was made around a point."""
    made = frame["outline_assumed"] & ~frame["outline_basis"].isin(["", "outline"])
    return frame[has_shape(frame.geometry) & ~made]


def overlapping(shapes: gpd.GeoSeries) -> pd.DataFrame:
    """Pairs of outlines that share more than rounding makes.

    Args:
        shapes: valid areas, metres.

    Returns:
        one row for each pair: ``outer`` (the larger, of equals the first) and ``inner``, positions in ``shapes``;
        ``shared_m2``; ``of_inner`` and ``of_outer``, the shares of the two areas.
    """
    areas, values = shapes.area.to_numpy(), shapes.to_numpy()
    one, other = shapely.STRtree(values).query(values, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared_m2 = shapely.area(shapely.intersection(values[one], values[other]))
    larger = areas[one] >= areas[other]
    outer, inner = np.where(larger, one, other), np.where(larger, other, one)
    pairs = pd.DataFrame({"outer": outer, "inner": inner, "shared_m2": shared_m2})
    pairs = pairs[pairs["shared_m2"] > limit("outlines", "noise_m2")]
    pairs = pairs.assign(of_inner=pairs["shared_m2"] / areas[pairs["inner"]],
                         of_outer=pairs["shared_m2"] / areas[pairs["outer"]])
    return pairs.sort_values(["outer", "inner"], ignore_index=True)


def list_nested(pairs: pd.DataFrame, called: "pd.Series[str]", doubts: Doubts) -> None:
    """Warn of each estate that lies inside another, one by one up to a limit.

    Args:
        pairs: as of ``overlapping``; those that share less than ``nested_share`` of the inner one are passed over.
        called: how the estates are called, in the order of the shapes.
        doubts: takes the warnings.
    """
    nested = pairs[pairs["of_inner"] >= assumed("estates", "nested_share")]
    inner, outer = (called.iloc[nested[side]] for side in ("inner", "outer"))
    for (key, name), around in zip(inner[:_INSIDE_ONE_BY_ONE].items(), outer, strict=False):
        doubts.add({str(key): name}, parts=OUTLINES, fix="take one of them out of the project if they are one estate",
                   why=say("this estate lies inside the estate {outer}; both are kept", outer=around))
    if len(nested) > _INSIDE_ONE_BY_ONE:
        doubts.add(inner[_INSIDE_ONE_BY_ONE:], parts=OUTLINES,
                   fix="take one of them out of the project if they are one estate",
                   why=say("{count} more estates lie inside another one", count=len(nested) - _INSIDE_ONE_BY_ONE))


def check_outlines(frame: gpd.GeoDataFrame, names: "pd.Series[str]", doubts: Doubts) -> None:
    """Say what is doubtful about the outlines that somebody drew.

    Args:
        frame: ``given_outlines``.
        names: how each estate is called, by id.
        doubts: takes the warnings.
    """
    shapes, called = frame.geometry, names[frame.index]
    pairs = overlapping(shapes)
    same = pairs["of_outer"] >= limit("outlines", "same_share")
    _identical(pairs[same], called, doubts)
    of_osm = (frame["outline_basis"] == "osm_landuse").to_numpy()  # whoever read them from OSM has said so
    said = of_osm[pairs["outer"]] & of_osm[pairs["inner"]]
    list_nested(pairs[~same & ~said], called, doubts)
    _overlaps(pairs[~same & (pairs["of_inner"] < assumed("estates", "nested_share"))], called, doubts)
    _sizes(shapes, called, doubts)
    _holes(shapes, called, doubts)


def _identical(pairs: pd.DataFrame, called: "pd.Series[str]", doubts: Doubts) -> None:
    if len(pairs):
        doubts.add(_pairs(pairs, called), parts=OUTLINES, why=say(
            "{count} pairs of estates have the same outline: people and places there count for one of the two",
            count=len(pairs)), fix="give each estate an outline of its own, or delete the one that is there twice")


def _overlaps(pairs: pd.DataFrame, called: "pd.Series[str]", doubts: Doubts) -> None:
    large = ((pairs["shared_m2"] >= limit("outlines", "overlap_m2"))
             & (pairs["of_inner"] >= limit("outlines", "overlap_share")))
    if large.any():
        doubts.add(_pairs(pairs[large].sort_values("shared_m2", ascending=False, kind="stable"), called),
                   parts=OUTLINES, fix="redraw the line between the two, so that each place belongs to one estate",
                   why=say("{count} pairs of outlines overlap", count=int(large.sum())))
    if not large.all():
        slivers = pairs[~large]
        doubts.add(_pairs(slivers, called), parts=OUTLINES, why=say(
            "{count} pairs of outlines overlap by slivers, {area_m2:.0f} m² in all; that changes no result",
            count=len(slivers), area_m2=float(slivers["shared_m2"].sum())),
                   fix="nothing, unless the lines are to be exact: snap them to each other")


def _pairs(pairs: pd.DataFrame, called: "pd.Series[str]") -> "pd.Series[str]":
    """Each pair by the id of the smaller one."""
    names, rows = called.to_numpy(), pairs[["inner", "outer", "shared_m2", "of_inner"]]
    said = [f"{names[int(inner)]} + {names[int(outer)]}: {shared_m2:.0f} m² ({of_inner:.1%})"
            for inner, outer, shared_m2, of_inner in rows.to_numpy()]
    return pd.Series(said, called.index[pairs["inner"]], dtype="object")


def _sizes(shapes: gpd.GeoSeries, called: "pd.Series[str]", doubts: Doubts) -> None:
    area_m2, values = shapes.area, shapes.to_numpy()
    small, huge = area_m2 < limit("outlines", "least_m2"), area_m2 > limit("outlines", "most_m2")
    thin = ~small & (4 * np.pi * area_m2 < limit("outlines", "thinness") * shapes.length**2)
    several = np.flatnonzero(shapely.get_num_geometries(values) > 1)
    around = shapely.buffer(values[several], limit("outlines", "parts_apart_m") / 2)
    apart = shapes.index.isin(shapes.index[several[shapely.get_num_geometries(around) > 1]])
    for wrong, why in (
        (small, say("{count} outlines are smaller than {limit_m2:.0f} m²", count=int(small.sum()),
                    limit_m2=limit("outlines", "least_m2"))),
        (huge, say("{count} outlines are larger than {limit_km2:g} km²: a quarter rather than one estate",
                   count=int(huge.sum()), limit_km2=limit("outlines", "most_m2") / 1e6)),
        (thin, say("{count} outlines are slivers, much longer than wide", count=int(thin.sum()))),
        (apart, say("{count} outlines have parts more than {apart_m:.0f} m from each other", count=int(apart.sum()),
                    apart_m=limit("outlines", "parts_apart_m"))),
    ):
        if wrong.any():
            doubts.add(_areas(called, area_m2[wrong]), parts=OUTLINES, why=why, fix=_REDRAW)


def _areas(called: "pd.Series[str]", area_m2: "pd.Series[float]") -> "pd.Series[str]":
    return called.reindex(area_m2.index) + area_m2.map(": {:.0f} m²".format)


def _holes(shapes: gpd.GeoSeries, called: "pd.Series[str]", doubts: Doubts) -> None:
    """Holes that no other estate fills."""
    holes, owner = _inner_rings(shapes)
    hole, estate = shapely.STRtree(shapes.to_numpy()).query(holes, predicate="intersects")
    other = owner[hole] != estate
    hole, estate = hole[other], estate[other]
    shared = shapely.area(shapely.intersection(holes[hole], shapes.to_numpy()[estate]))
    area_m2 = shapely.area(holes)
    held = np.bincount(hole, shared, minlength=len(holes)) >= limit("outlines", "hole_held_share") * area_m2
    empty = ~held & (area_m2 >= limit("outlines", "hole_m2"))
    if empty.any():
        of_estate = pd.Series(area_m2[empty]).groupby(called.index.to_numpy()[owner[empty]], sort=False).sum()
        doubts.add(_areas(called, of_estate), parts=OUTLINES,
                   why=say("{count} outlines have holes that belong to no other estate", count=len(of_estate)),
                   fix="fill the holes where people live or park there; leave them where the ground is somebody else's")


def _inner_rings(shapes: gpd.GeoSeries) -> tuple[Any, Any]:
    """Holes as areas, and the position of the shape each lies in."""
    parts, owner = shapely.get_parts(shapes.to_numpy(), return_index=True)
    with_holes = shapely.get_num_interior_rings(parts) > 0
    rings, part = shapely.get_rings(parts[with_holes], return_index=True)
    inner = np.concatenate([[False], part[1:] == part[:-1]])[: len(rings)]
    return shapely.polygons(rings[inner]), owner[with_holes][part[inner]]
