"""Which ground does an estate have of which only a point is known? An assumption, marked and said to be one.

In this order: the residential area of OSM that holds the point, if no other estate lies in it; the cluster of houses
around the point, on ground nearer to it than to any other estate; else that ground itself. "That ground" is at most
``radius_m`` away, ends at the streets that divide estates, and never overlaps an outline that is given. The figures are
those of ``layers/assumptions.toml``.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi

from gis.errors import ProblemLog, say
from gis.geometry import has_shape
from gis.tables import AREAS, Buildings, Estates, Streets
from layers.assumptions import assumed, assumed_words
from layers.naming.estate_names import called
from layers.quality.doubts import Doubts

_OVERLAP_M = 1.0
_PLACES = ("located", "estates", "roster")
"""Where points are read from, the first that has one."""


def with_assumed_outlines(
    estates: Estates, buildings: Buildings, streets: Streets, landuse: gpd.GeoDataFrame | None, *, log: ProblemLog,
) -> Estates:
    """The estates, those of which only a point is known with an outline made for them.

    Such an estate has ``outline_assumed`` and an ``outline_basis`` of ``osm_landuse``, ``buildings`` or
    ``tessellation``. It stays without an outline where its point is another estate's too, or lies in the outline of
    another; that is a warning, as is how many outlines were made. The ground nearest to a point that several estates
    have is nobody's. No two outlines that are made overlap.

    Args:
        estates: with ``point_x`` and ``point_y`` where only a point is known.
        buildings: all footprints; those of homes or of unknown use count.
        streets: what divides estates is chosen by ``street_class``.
        landuse: residential areas of OSM in the estates' CRS; None where there are none.
        log: takes the warnings.
    """
    points = points_of(estates)
    if points.empty:
        return estates
    points, refused = _single(points, estates, log)
    given = estates.frame.geometry[estates.located]
    mapped = _of_landuse(points, refused, landuse, given)
    left = points[~points.index.isin(mapped.index)]
    grounds = _of_ground(left, refused, buildings, streets, pd.concat([given, mapped.geometry]))
    return _noted(estates, gpd.GeoDataFrame(pd.concat([mapped, grounds])), log)


def points_of(estates: Estates) -> gpd.GeoSeries:
    """Where the estates without an outline are said to lie, those alone of which that is known."""
    frame = estates.frame[~estates.located & estates.frame["point_x"].notna()]
    return gpd.GeoSeries(shapely.points(frame["point_x"], frame["point_y"]), index=frame.index, crs=estates.crs)


def _single(points: gpd.GeoSeries, estates: Estates, log: ProblemLog) -> tuple[gpd.GeoSeries, gpd.GeoSeries]:
    """Points that lie in no given outline and are one estate's alone, and those of several; the others are listed."""
    given = estates.frame.geometry[estates.located]
    inside, holder = given.sindex.query(points, predicate="within")
    near, other = points.sindex.query(points, predicate="dwithin", distance=assumed("outlines", "same_point_m"))
    near, other = near[near != other], other[near != other]
    names = called(estates.frame["name"], pd.Series(estates.ids, estates.ids))
    within, same = (
        {str(key): f"{names[key]} → {names[holds]}" for key, holds in zip(lost[::-1], others[::-1], strict=True)}
        for lost, others in ((points.index[inside], given.index[holder]), (points.index[near], points.index[other])))
    for found, why in (
        (within, say("the coordinates of {count} estates lie inside the outline of another", count=len(within))),
        (same, say("{count} estates have the same coordinates as another", count=len(same))),
    ):
        if found:
            Doubts(log).add(dict(sorted(found.items())), field="x", parts=_PLACES, why=why,
                            fix="correct the coordinates; until then these estates are not located")
    several = np.unique(near)
    return points.drop(points.index[np.union1d(inside, several)]), points.iloc[several]


def _of_landuse(
    points: gpd.GeoSeries, refused: gpd.GeoSeries, landuse: gpd.GeoDataFrame | None, taken: gpd.GeoSeries,
) -> gpd.GeoDataFrame:
    """The residential areas that hold one estate alone, of nested ones the smallest; what two share the smaller has."""
    if landuse is None or landuse.empty or points.empty:
        return gpd.GeoDataFrame({"basis": [], "object": []}, geometry=[], crs=points.crs)
    areas = landuse.geometry[landuse.geom_type.isin(AREAS) & landuse.is_valid]
    areas = areas[areas.area <= assumed("outlines", "landuse_most_m2")]
    objects, areas = areas.index.astype(str), areas.reset_index(drop=True)
    everyone = pd.concat([points, refused, taken.representative_point()])
    _, holders = areas.sindex.query(everyone, predicate="within")
    number = np.bincount(holders, minlength=len(areas))
    asked, held = areas.sindex.query(points, predicate="within")
    pairs = pd.DataFrame({"point": asked, "area": held})[number[held] == 1]
    pairs["m2"] = areas.area.to_numpy()[pairs["area"]]
    pairs = pairs.sort_values(["point", "m2", "area"]).drop_duplicates("point")
    mine = points.iloc[pairs["point"].to_numpy()]
    shapes = gpd.GeoSeries(areas.iloc[pairs["area"].to_numpy()].to_numpy(), index=mine.index, crs=points.crs)
    free = _holding(_parted(_without(shapes, taken)), mine)
    made = {"basis": "osm_landuse", "object": objects[pairs["area"].to_numpy()]}
    return gpd.GeoDataFrame(made, index=mine.index, geometry=free)[has_shape(free)]


def _parted(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Each shape less those smaller than it, of equal ones less the first by id."""
    order = np.lexsort((shapes.index.to_numpy(dtype="str"), shapes.area.round(3).to_numpy()))
    rank = np.argsort(order)
    areas, free = shapes.to_numpy(), shapes.to_numpy().copy()
    for one, other in zip(*shapes.sindex.query(shapes, predicate="intersects"), strict=True):
        if rank[other] < rank[one]:
            free[one] = shapely.difference(free[one], areas[other])
    return gpd.GeoSeries(free, index=shapes.index, crs=shapes.crs)


def _of_ground(
    points: gpd.GeoSeries, refused: gpd.GeoSeries, buildings: Buildings, streets: Streets, taken: gpd.GeoSeries,
) -> gpd.GeoDataFrame:
    """The ground nearer to each point than to another estate, drawn in around its houses where there are any."""
    if points.empty:
        return gpd.GeoDataFrame({"basis": []}, geometry=[], crs=points.crs)
    ground = _nearer(points, refused, taken).intersection(points.buffer(assumed("outlines", "radius_m")))
    ground = _holding(_without(_between_streets(ground, points, streets), taken), points)
    hulls = _around_houses(ground, points, buildings)
    drawn = hulls.intersection(ground)
    built = has_shape(drawn)
    areas = [_only_area(one) for one in drawn.where(built, ground)]
    basis = np.where(built, "buildings", "tessellation")
    shapes = gpd.GeoSeries(areas, index=points.index, crs=points.crs)
    made = gpd.GeoDataFrame({"basis": basis}, index=points.index, geometry=shapes)
    return made[has_shape(made.geometry)]


def _nearer(points: gpd.GeoSeries, refused: gpd.GeoSeries, taken: gpd.GeoSeries) -> gpd.GeoSeries:
    """For each point the ground nearer to it than to any other point and, to within a step, to given outlines."""
    reach_m, step_m = 2 * assumed("outlines", "radius_m"), assumed("outlines", "outline_step_m")
    near = np.unique(taken.sindex.query(points, predicate="dwithin", distance=reach_m)[1])
    along = shapely.segmentize(taken.iloc[near].boundary.to_numpy(), step_m)
    everyone = np.concatenate([points.to_numpy(), refused.to_numpy()])
    seeds = np.concatenate([shapely.get_coordinates(everyone), shapely.get_coordinates(along)])
    return gpd.GeoSeries(_cells(seeds, len(points), reach_m), index=points.index, crs=points.crs)


def _cells(seeds: np.ndarray[Any, Any], count: int, reach_m: float) -> np.ndarray[Any, Any]:
    """The Voronoi cells of the first seeds, right as far as ``reach_m`` around them; of equal seeds the same cell.

    By Qhull, for GEOS gives wrong cells where many seeds lie on one line. Four seeds far outside close all cells.
    """
    middle = seeds.mean(axis=0)
    unique, place = np.unique(np.round(seeds - middle, 3), axis=0, return_inverse=True)
    far_m = 8 * (np.abs(unique).max() + reach_m)
    diagram = Voronoi(np.concatenate([unique, far_m * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])]))
    regions = [diagram.regions[region] for region in diagram.point_region[place.ravel()[:count]]]
    owner = np.repeat(np.arange(count), [len(region) for region in regions])
    corners = shapely.points(diagram.vertices[np.concatenate(regions).astype("int64")] + middle)
    parts = shapely.geometrycollections(corners, indices=owner)
    return np.asarray(shapely.convex_hull(parts))


def _between_streets(ground: gpd.GeoSeries, points: gpd.GeoSeries, streets: Streets) -> gpd.GeoSeries:
    """The part of each ground that no dividing street parts from its point."""
    lines = streets.frame.geometry[streets.frame["street_class"].isin(assumed_words("outlines", "dividing_streets"))]
    crossed, street = lines.sindex.query(ground, predicate="intersects")
    if not len(crossed):
        return ground
    about = ground.buffer(_OVERLAP_M).to_numpy()  # lines that end on the rim itself would not cut it
    inside = shapely.intersection(lines.to_numpy()[street], about[crossed])
    lines_of = pd.Series(inside).groupby(crossed).agg(lambda some: shapely.union_all(some.to_numpy()))
    whole = ground.iloc[lines_of.index]
    rims = shapely.union(whole.boundary.to_numpy(), lines_of.to_numpy())
    cut = gpd.GeoSeries(shapely.polygonize(rims[:, np.newaxis]), index=whole.index, crs=ground.crs)
    held = _holding(cut, points.reindex(whole.index)).intersection(whole)
    return ground.where(~ground.index.isin(held.index), held.reindex(ground.index))


def _around_houses(ground: gpd.GeoSeries, points: gpd.GeoSeries, buildings: Buildings) -> gpd.GeoSeries:
    """A hull around the houses on each ground that hang together with the one nearest to its point."""
    frame = buildings.frame[buildings.frame["use"] != "other"]
    inner = frame.geometry.representative_point()
    row, house = inner.sindex.query(ground, predicate="contains")
    hulls = gpd.GeoSeries([None] * len(points), index=points.index, crs=points.crs)
    if not len(row):
        return hulls
    shapes = frame.geometry.to_numpy()[house]
    found = pd.DataFrame({"row": row, "shape": shapes, "cluster": _clusters(shapes, row),
                          "apart_mm": np.round(1000 * shapely.distance(shapes, points.to_numpy()[row]))})
    nearest = found.sort_values(["row", "apart_mm", "cluster"]).drop_duplicates("row").set_index("row")["cluster"]
    mine = found[found["cluster"] == nearest.reindex(found["row"]).to_numpy()]
    whole = mine.groupby("row")["shape"].agg(lambda some: shapely.union_all(some.to_numpy()))
    around = shapely.concave_hull(whole.to_numpy(), ratio=assumed("outlines", "hull_ratio"))
    places: Any = hulls.to_numpy().copy()
    places[whole.index] = shapely.buffer(around, assumed("outlines", "margin_m"), join_style="mitre")
    return gpd.GeoSeries(places, index=points.index, crs=points.crs)


def _clusters(shapes: np.ndarray[Any, Any], group: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A number for each shape, the same for those of a group that are linked by steps of ``building_link_m``."""
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin",
                                               distance=assumed("outlines", "building_link_m"))
    linked = group[one] == group[other]
    links = coo_array((np.ones(int(linked.sum())), (one[linked], other[linked])), shape=(len(shapes), len(shapes)))
    return np.asarray(connected_components(links, directed=False)[1])


def _without(shapes: gpd.GeoSeries, taken: gpd.GeoSeries) -> gpd.GeoSeries:
    """Each shape less all areas that are taken, one by one: GEOS can go wrong on a union of areas that nearly touch."""
    row, other = taken.sindex.query(shapes, predicate="intersects")
    if not len(row):
        return shapes
    free: Any = shapes.to_numpy().copy()
    areas = taken.to_numpy()
    for one, held in zip(row, other, strict=True):
        free[one] = shapely.difference(free[one], areas[held])
    return gpd.GeoSeries(free, index=shapes.index, crs=shapes.crs)


def _holding(shapes: gpd.GeoSeries, points: gpd.GeoSeries) -> gpd.GeoSeries:
    """Of each shape the part nearest to its point, which is the one that holds it where one does."""
    parts = shapes.explode(index_parts=False)
    parts = parts[has_shape(parts) & parts.geom_type.isin(AREAS)]
    apart = parts.distance(points.reindex(parts.index), align=False).round(3)
    order = np.lexsort((-parts.area.round(3).to_numpy(), apart.to_numpy()))
    nearest = parts.iloc[order]
    return nearest[~nearest.index.duplicated()].reindex(shapes.index)


def _only_area(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    every = () if shape is None else shapely.get_parts(shape)
    parts = [one for one in every if one.geom_type in AREAS and one.area > 0]
    return shapely.union_all(parts) if parts else None


def _noted(estates: Estates, made: gpd.GeoDataFrame, log: ProblemLog) -> Estates:
    frame = estates.frame.copy()
    if len(made):
        number = made["basis"].value_counts()
        names = called(frame["name"], pd.Series(frame.index, frame.index))
        Doubts(log).add(
            names[made.index].sort_index(), parts=_PLACES,
            why=say("{count} estates have a point and no outline; provisional outlines were made: {osm_landuse} from "
                    "OSM residential areas, {buildings} around buildings, {tessellation} by distance",
                    count=len(made), **{basis: int(number.get(basis, 0))
                                        for basis in ("osm_landuse", "buildings", "tessellation")}),
            fix="look at them on the map and draw the real outlines; until then all that depends on them is assumed")
        frame.loc[made.index, "outline_assumed"] = True
        frame.loc[made.index, "outline_basis"] = made["basis"].astype("object")
        frame.loc[made.index, "outline_object"] = made["object"].astype("object").fillna("")
        frame["geometry"] = frame.geometry.where(~frame.index.isin(made.index), made.geometry.reindex(frame.index))
    return Estates.of(frame)
