"""Where does a street that is not built yet join those there are? At its ends, and wherever it crosses them."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.attach import MM_PER_M, to_mm
from gis.geometry import substrings

_AS_ONE_M = 0.001


def linked(street: shapely.LineString, edges: np.ndarray, within_m: float) -> np.ndarray:
    """The street, cut where it crosses itself, each end led straight to the nearest edge within ``within_m``.

    An end farther off stays loose.
    """
    corners = shapely.get_coordinates(street)
    ends = shapely.points(corners[[0, -1]])
    reach_m = max(within_m, _AS_ONE_M)
    for end, edge in shapely.STRtree(edges).query_nearest(ends, max_distance=reach_m, all_matches=False).T:
        foot = shapely.get_coordinates(shapely.shortest_line(ends[end], edges[edge]))[-1:]
        if shapely.distance(ends[end], edges[edge]) > 0:
            corners = np.concatenate([corners, foot] if end else [foot, corners])
    return np.asarray(shapely.get_parts(shapely.node(shapely.LineString(corners))))


def with_lines(
    edges: gpd.GeoDataFrame, length_mm: np.ndarray, lines: np.ndarray, columns: Mapping[str, Any],
) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """The edges and their lengths with new lines among them; what these cross on the ground is cut there.

    The pieces of an edge are together as long as the edge was, to the millimetre.

    Args:
        edges: with node numbers ``u`` and ``v``, and ``ground``: a bridge or tunnel is joined by a line's end alone.
        length_mm: of each edge.
        lines: new lines that meet one another at their ends alone, metric CRS of the edges.
        columns: what else the new edges hold.
    """
    shapes, total_mm = edges.geometry.to_numpy(), to_mm(shapely.length(lines))
    joints = _joints(shapes, edges["ground"].to_numpy(dtype=bool), lines)
    edge, line = joints["edge"].to_numpy(), joints["line"].to_numpy()
    joints["at_mm"] = at = np.minimum(joints["at_mm"].to_numpy(), length_mm[edge])
    joints["along_mm"] = np.minimum(joints["along_mm"].to_numpy(), total_mm[line])
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    free = 1 + max(u.max(initial=-1), v.max(initial=-1))
    inner = joints.groupby(["edge", "at_mm"]).ngroup().to_numpy() + free
    joints["node"] = np.select([at == 0, at == length_mm[edge]], [u[edge], v[edge]], inner)
    cut = np.unique(edge[joints["node"] >= free])
    stops = pd.concat([pd.DataFrame({"of": edge, "at_mm": at, "node": joints["node"]})[np.isin(edge, cut)],
                       pd.DataFrame({"of": cut, "at_mm": 0, "node": u[cut]}),
                       pd.DataFrame({"of": cut, "at_mm": length_mm[cut], "node": v[cut]})])
    old = _pieces(stops, shapes, length_mm)
    met = joints.rename(columns={"line": "of"})[["of", "along_mm", "node"]].set_axis(["of", "at_mm", "node"], axis=1)
    new = _pieces(_with_loose_ends(met, lines, total_mm, free + len(joints)), lines, total_mm)
    kept = np.setdiff1d(np.arange(len(edges)), cut)
    parts = edges.iloc[old["of"]].assign(u=old["u"].to_numpy(), v=old["v"].to_numpy()).set_geometry(
        old["geometry"].to_numpy(), crs=edges.crs)
    turn = parts.groupby(level=0).cumcount()
    parts.index = pd.Index([f"{key}/{k}" for key, k in zip(parts.index, turn, strict=True)], name=edges.index.name)
    added = gpd.GeoDataFrame({**columns, "u": new["u"].to_numpy(), "v": new["v"].to_numpy()}, crs=edges.crs,
                             geometry=new["geometry"].to_numpy(), index=[f"new:{free}#{k}" for k in range(len(new))])
    every = pd.concat([edges.iloc[kept], parts, added])
    return every, np.concatenate([length_mm[kept], old["mm"], new["mm"]])


def _joints(shapes: np.ndarray, ground: np.ndarray, lines: np.ndarray) -> pd.DataFrame:
    """Where lines meet edges: ``line``, ``along_mm``, ``edge``, ``at_mm``; of what they share both ends."""
    tree = shapely.STRtree(shapes)
    line, edge = tree.query(lines, predicate="intersects")
    line, edge = line[ground[edge]], edge[ground[edge]]
    met, pair = shapely.get_parts(shapely.intersection(shapes[edge], lines[line]), return_index=True)
    xy, part = shapely.get_coordinates(met, return_index=True)
    outer = np.r_[True, part[1:] != part[:-1]] | np.r_[part[1:] != part[:-1], True] if len(part) else part.astype(bool)
    places, pair = shapely.points(xy[outer]), pair[part[outer]]
    ends = np.concatenate([shapely.get_point(lines, at) for at in (0, -1)])
    end, near = tree.query(ends, predicate="dwithin", distance=_AS_ONE_M)
    places = np.concatenate([places, ends[end]])
    line, edge = np.concatenate([line[pair], end % max(len(lines), 1)]), np.concatenate([edge[pair], near])
    return pd.DataFrame({
        "line": line, "along_mm": to_mm(shapely.line_locate_point(lines[line], places)),
        "edge": edge, "at_mm": to_mm(shapely.line_locate_point(shapes[edge], places)),
    }).drop_duplicates(ignore_index=True)


def _with_loose_ends(met: pd.DataFrame, lines: np.ndarray, total_mm: np.ndarray, free: int) -> pd.DataFrame:
    """The stops along lines with nodes of their own, from ``free`` on, at the ends that meet no edge."""
    every = np.arange(len(lines))
    places = shapely.to_wkb(np.concatenate([shapely.get_point(lines, at) for at in (0, -1)]))
    ends = pd.DataFrame({"of": np.tile(every, 2), "at_mm": np.concatenate([0 * total_mm, total_mm]),
                         "node": free + pd.factorize(places)[0]})
    known = pd.MultiIndex.from_frame(met[["of", "at_mm"]])
    return pd.concat([met, ends[~pd.MultiIndex.from_frame(ends[["of", "at_mm"]]).isin(known)]])


def _pieces(stops: pd.DataFrame, shapes: np.ndarray, length_mm: np.ndarray) -> pd.DataFrame:
    """What lies between stops that follow each other: ``of``, ``u``, ``v``, ``mm`` and ``geometry``."""
    order = stops.drop_duplicates().sort_values(["of", "at_mm", "node"])
    start, stop = order.iloc[:-1].reset_index(drop=True), order.iloc[1:].reset_index(drop=True)
    same = (start["of"] == stop["of"]) & ((start["at_mm"] < stop["at_mm"]) | (start["node"] != stop["node"]))
    start, stop = start[same], stop[same]
    of = start["of"].to_numpy()
    to_end = stop["at_mm"].to_numpy() == length_mm[of]
    high_m = np.where(to_end, shapely.length(shapes[of]), stop["at_mm"] / MM_PER_M)
    return pd.DataFrame({
        "of": of, "u": start["node"].to_numpy(), "v": stop["node"].to_numpy(),
        "mm": (stop["at_mm"] - start["at_mm"]).to_numpy(),
        "geometry": substrings(shapes[of], start["at_mm"].to_numpy() / MM_PER_M, high_m)})
