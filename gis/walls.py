"""What a wall does to walking: nobody walks through an estate, and people leave it only through its gates."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.tables import Estates, Gates, Streets


def streets_outside_walls(
    streets: Streets, estates: Estates, *, wall_tolerance_m: float, through_classes: frozenset[str]
) -> Streets:
    """The public streets: what lies deeper than ``wall_tolerance_m`` inside a walled estate is cut away.

    A street drawn along the outline stays whole, and so do the ``through_classes`` (main roads are public whatever
    an outline says). A cut street ends at the wall in a node of its own.

    Args:
        streets: metric CRS.
        estates: the same CRS.
        wall_tolerance_m: how far inside an outline a street may run and still count as outside.
        through_classes: street classes that no wall cuts.
    """
    walls = _walls(estates, wall_tolerance_m)
    frame = streets.frame
    edge, wall = shapely.STRtree(walls).query(frame.geometry.values, predicate="intersects")
    cuttable = ~frame["street_class"].isin(through_classes).to_numpy()[edge]
    edge, wall = edge[cuttable], wall[cuttable]
    if not len(edge):
        return streets
    rows = np.unique(edge)
    rest = frame.geometry.values[rows].copy()
    turn = pd.Series(edge).groupby(edge).cumcount().to_numpy()
    for step in range(int(turn.max()) + 1):
        now = turn == step
        at = np.searchsorted(rows, edge[now])
        rest[at] = shapely.difference(rest[at], walls[wall[now]])
    whole = frame.drop(frame.index[rows])
    parts = _parts(frame.iloc[rows], rest, first_free_node=int(frame[["u", "v"]].to_numpy().max()) + 1)
    return Streets.of(pd.concat([whole, parts]), extent=streets.extent)


def _walls(estates: Estates, wall_tolerance_m: float) -> np.ndarray:
    frame = estates.frame[estates.located & estates.frame["walled"]]
    walls = shapely.buffer(frame.geometry.values, -wall_tolerance_m, join_style="mitre")
    return np.asarray(walls[~shapely.is_empty(walls)])


def _parts(frame: gpd.GeoDataFrame, rest: np.ndarray, *, first_free_node: int) -> gpd.GeoDataFrame:
    lines, row = shapely.get_parts(rest, return_index=True)
    keep = (shapely.get_type_id(lines) == 1) & (shapely.length(lines) > 0)
    lines, row = lines[keep], row[keep]
    parts = frame.iloc[row].copy()
    parts["geometry"] = lines
    order = parts.groupby(level=0).cumcount()
    parts.index = pd.Index([f"{key}/{k}" for key, k in zip(parts.index, order, strict=True)], name=frame.index.name)
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)])
    was = np.concatenate([shapely.get_coordinates(shapely.get_point(frame.geometry.values[row], at)) for at in (0, -1)])
    fresh = first_free_node + pd.DataFrame({"row": np.tile(row, 2), "x": ends[:, 0], "y": ends[:, 1]}).groupby(
        ["row", "x", "y"], sort=True).ngroup().to_numpy()
    half = len(lines)
    at_start = np.tile((was[:half] == ends[:half]).all(axis=1), 1), (was[:half] == ends[half:]).all(axis=1)
    at_end = (was[half:] == ends[:half]).all(axis=1), (was[half:] == ends[half:]).all(axis=1)
    u, v = parts["u"].to_numpy().copy(), parts["v"].to_numpy().copy()
    parts["u"] = np.select([at_start[0], at_end[0]], [u, v], fresh[:half])
    parts["v"] = np.select([at_end[1], at_start[1]], [v, u], fresh[half:])
    return parts


def with_assumed_gates(
    gates: Gates, estates: Estates, streets: Streets, *, wall_tolerance_m: float, merge_within_m: float,
    max_snap_m: float,
) -> Gates:
    """Give each walled estate without a known gate the gates its streets suggest, marked ``assumed``.

    They stand where walkable streets cross the outline (crossings closer than ``merge_within_m`` are one gate), else
    at the point of the outline nearest to a street within ``max_snap_m``. An estate with known gates, even if all are
    closed, gets none.
    """
    known = set(gates.frame["estate_id"])
    wanted = estates.frame[estates.located & estates.frame["walled"] & ~estates.frame.index.isin(known)]
    walkable = streets.frame.loc[streets.frame["foot"], ["geometry"]]
    if wanted.empty or walkable.empty:
        return gates
    found = _crossings(wanted, walkable, wall_tolerance_m, merge_within_m)
    without = wanted[~wanted.index.isin(found["estate_id"])]
    found = pd.concat([found, _nearest_to_street(without, walkable, max_snap_m)], ignore_index=True)
    if found.empty:
        return gates
    order = found.groupby("estate_id").cumcount() + 1
    found.index = pd.Index([f"assumed:{e}:{k}" for e, k in zip(found["estate_id"], order, strict=True)], name="gate_id")
    assumed = gpd.GeoDataFrame(found.assign(assumed=True), geometry="geometry", crs=estates.crs)
    return Gates.of(pd.concat([gates.frame, Gates.of(assumed).frame]) if len(gates) else assumed)


def _crossings(
    estates: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, wall_tolerance_m: float, merge_within_m: float
) -> pd.DataFrame:
    outline = estates.geometry.values
    inner = shapely.buffer(outline, -wall_tolerance_m)
    street, estate = shapely.STRtree(inner).query(streets.geometry.values, predicate="intersects")
    met = shapely.intersection(streets.geometry.values[street], shapely.boundary(outline[estate]))
    points, at = shapely.get_parts(met, return_index=True)
    somewhere = ~shapely.is_empty(points)
    points, owner = shapely.centroid(points[somewhere]), estate[at[somewhere]]
    xy = shapely.get_coordinates(points)
    order = np.lexsort((xy[:, 1], xy[:, 0], owner))
    points, owner = points[order], owner[order]
    near_a, near_b = shapely.STRtree(points).query(points, predicate="dwithin", distance=merge_within_m)
    merged = np.zeros(len(points), dtype=bool)
    merged[near_b[(near_a < near_b) & (owner[near_a] == owner[near_b])]] = True
    return pd.DataFrame({"estate_id": estates.index[owner[~merged]], "geometry": points[~merged]})


def _nearest_to_street(estates: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, max_snap_m: float) -> pd.DataFrame:
    tree = shapely.STRtree(streets.geometry.values)
    boundary = shapely.boundary(estates.geometry.values)
    row, street = tree.query_nearest(boundary, max_distance=max_snap_m, all_matches=False)
    link = shapely.shortest_line(boundary[row], streets.geometry.values[street])
    return pd.DataFrame({"estate_id": estates.index[row], "geometry": shapely.get_point(link, 0)})
