"""What a wall does to walking: nobody walks through an estate, and people leave it only through its gates."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.attach import Obstacles
from gis.modes import Mode
from gis.tables import Estates, Gates, Streets


def walled_ground(estates: Estates, wall_tolerance_m: float) -> np.ndarray:
    """What lies deeper than ``wall_tolerance_m`` inside the walled estates, as an array of areas."""
    frame = estates.frame[estates.located & estates.frame["walled"]]
    ground = shapely.buffer(frame.geometry.values, -wall_tolerance_m, join_style="mitre")
    return np.asarray(ground[~shapely.is_empty(ground)])


def fences_off_walls(fences: np.ndarray, outlines: np.ndarray, within_m: float) -> np.ndarray:
    """What of mapped walls and fences is farther than this from every walled outline: the rest is the estate's wall."""
    own = shapely.STRtree(shapely.buffer(shapely.boundary(outlines), within_m))
    fence, wall = own.query(fences, predicate="intersects")
    rest = fences.copy()
    for row, walls in pd.Series(wall).groupby(fence):
        rest[row] = shapely.difference(rest[row], shapely.union_all(own.geometries[walls]))
    left: np.ndarray = rest[~shapely.is_empty(rest)]
    return left


def streets_outside_walls(streets: Streets, walls: np.ndarray, through_classes: frozenset[str]) -> Streets:
    """The public streets: what lies on walled ground is cut away.

    A street drawn along the outline stays whole, and so do the ``through_classes`` (main roads are public whatever
    an outline says). A cut street ends at the wall in a node of its own.

    Args:
        streets: metric CRS.
        walls: ``walled_ground``, the same CRS.
        through_classes: street classes that no wall cuts.
    """
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
    parts = pieces_of(frame.iloc[rows], rest, first_free_node=int(frame[["u", "v"]].to_numpy().max()) + 1)
    return Streets.of(pd.concat([whole, parts]), extent=streets.extent)


def pieces_of(frame: gpd.GeoDataFrame, rest: np.ndarray, *, first_free_node: int) -> gpd.GeoDataFrame:
    """Streets of which only a part is left, a row for each piece; where it was cut it ends in a node of its own.

    Args:
        frame: the streets as they were.
        rest: what is left of each, any lines or nothing.
        first_free_node: number from which on no street has a node.
    """
    lines, row = shapely.get_parts(rest, return_index=True)
    keep = (shapely.get_type_id(lines) == 1) & (shapely.length(lines) > 0)
    lines, row = lines[keep], row[keep]
    parts = frame.iloc[row].copy()
    parts["geometry"] = lines
    parts["oneway"] *= np.where(_runs_back(lines, frame.geometry.values[row]), -1, 1)
    order = parts.groupby(level=0).cumcount()
    parts.index = pd.Index([f"{key}/{k}" for key, k in zip(parts.index, order, strict=True)], name=frame.index.name)
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)])
    was = np.concatenate([shapely.get_coordinates(shapely.get_point(frame.geometry.values[row], at)) for at in (0, -1)])
    fresh = first_free_node + pd.DataFrame({"row": np.tile(row, 2), "x": ends[:, 0], "y": ends[:, 1]}).groupby(
        ["row", "x", "y"], sort=True).ngroup().to_numpy()
    half = len(lines)
    at_start = np.tile((was[:half] == ends[:half]).all(axis=1), 1), (was[:half] == ends[half:]).all(axis=1)
    at_end = (was[half:] == ends[:half]).all(axis=1), (was[half:] == ends[half:]).all(axis=1)
    for kind, new in (("", fresh), ("_shut", np.zeros_like(fresh))):
        u, v = parts[f"u{kind}"].to_numpy().copy(), parts[f"v{kind}"].to_numpy().copy()
        parts[f"u{kind}"] = np.select([at_start[0], at_end[0]], [u, v], new[:half])
        parts[f"v{kind}"] = np.select([at_end[1], at_start[1]], [v, u], new[half:])
    return parts


def _runs_back(parts: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Which parts of lines are drawn from the line's end towards its start."""
    near = [shapely.line_interpolate_point(parts, share, normalized=True) for share in (0.4, 0.6)]
    first, second = (shapely.line_locate_point(lines, place) for place in near)
    back: np.ndarray = first > second
    return back


def holders(estates: Estates, nested_share: float) -> pd.DataFrame:
    """Which walled estates each estate stands in, itself included if walled: ``estate_id`` and ``holder_id``.

    An estate stands in another when at least ``nested_share`` of its outline does: its people share the outer gates.
    """
    frame = estates.frame[estates.located]
    shapes, walled = frame.geometry.values, frame["walled"].to_numpy()
    inner, outer = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[inner], shapes[outer])) / shapely.area(shapes[inner])
    smaller = shapely.area(shapes[inner]) < shapely.area(shapes[outer])
    nested = ((inner == outer) | ((shared >= nested_share) & smaller)) & walled[outer]
    return pd.DataFrame({"estate_id": frame.index[inner[nested]], "holder_id": frame.index[outer[nested]]})


def with_assumed_gates(
    gates: Gates, estates: Estates, streets: Streets, *, mode: Mode, public: np.ndarray, obstacles: Obstacles,
    wall_tolerance_m: float, merge_within_m: float, max_snap_m: float,
) -> Gates:
    """Give each walled estate that no known gate serves the gates its streets suggest, marked ``assumed``.

    They stand where streets for the ``mode`` cross the outline and go on outside as a public street (crossings closer
    than ``merge_within_m`` are one gate), else at the point of the outline nearest to a public street within
    ``max_snap_m``. An estate with known gates for it, even if all are closed, gets none.

    Args:
        gates: the known ones.
        estates: all estates.
        streets: all streets, inside the walls too.
        mode: how one moves.
        public: the lines of the public street network, on which one moves outside.
        obstacles: what the way from an outline to its nearest street may not meet.
        wall_tolerance_m: how little inside an outline a street may run and still count as outside.
        merge_within_m: see above.
        max_snap_m: see above.
    """
    known = set(gates.frame.loc[gates.meant_for(mode), "estate_id"])
    wanted = estates.frame[estates.located & estates.frame["walled"] & ~estates.frame.index.isin(known)]
    usable = streets.frame.loc[streets.frame[mode], ["geometry"]]
    if wanted.empty or usable.empty or not len(public):
        return gates
    found = _crossings(wanted, usable, wall_tolerance_m, merge_within_m)
    near = shapely.STRtree(public).query(found["geometry"].to_numpy(), predicate="dwithin", distance=wall_tolerance_m)[
        0
    ]
    found = found.iloc[np.unique(near)]
    without = wanted[~wanted.index.isin(found["estate_id"])]
    found = pd.concat([found, _nearest_to_street(without, public, obstacles, max_snap_m)], ignore_index=True)
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


def _nearest_to_street(
    estates: gpd.GeoDataFrame, public: np.ndarray, obstacles: Obstacles, max_snap_m: float
) -> pd.DataFrame:
    boundary = shapely.boundary(estates.geometry.values)
    row, street = shapely.STRtree(public).query(boundary, predicate="dwithin", distance=max_snap_m)
    free = ~obstacles.between(boundary[row], public[street], fences=False)
    row, street = row[free], street[free]
    order = np.lexsort((street, shapely.distance(boundary[row], public[street]).round(6), row))
    first = order[np.unique(row[order], return_index=True)[1]]
    link = shapely.shortest_line(boundary[row[first]], public[street[first]])
    return pd.DataFrame({"estate_id": estates.index[row[first]], "geometry": shapely.get_point(link, 0)})
