"""Where do plain lines meet? Where they touch or cross on the same level; a bridge meets nothing it passes over."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

JOIN_M = 0.001
"""Points nearer than this are one node: a millimetre, which is rounding and not surveying."""

_BESIDE_M = 0.1
"""Lines that are within ``JOIN_M`` of each other this far before and after a crossing run on the same course."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Lines = NDArray[np.object_]


@dataclass(frozen=True)
class NodedLines:
    """Lines in pieces between joints.

    Args:
        pieces: ``line`` (row of the line), ``piece`` (0, 1, ... along it), ``u``, ``v`` (node keys), ``geometry``.
        zero_length: how many pieces without length were dropped.
        repeated: how many pieces were dropped because another one has the same course.
    """

    pieces: pd.DataFrame
    zero_length: int
    repeated: int


@dataclass(frozen=True)
class _Vertices:
    """The vertices of all lines, end to end, with the distance of each along its line."""

    line: Ints
    xy: Floats
    along_m: Floats

    @classmethod
    def of(cls, lines: Lines) -> "_Vertices":
        xy, line = shapely.get_coordinates(lines, return_index=True)
        step = np.concatenate([[0.0], np.hypot(*np.diff(xy, axis=0).T)]) if len(xy) else np.zeros(0)
        total = np.cumsum(step)
        first = np.searchsorted(line, np.arange(len(lines)))
        return cls(line, xy, total - total[first[line]])

    def nearest_to(self, line: Ints, xy: Floats, along_m: Floats) -> tuple[Ints, Floats]:
        """The vertex of each line that is nearest to a point on it, of the two it lies between, and how far it is."""
        scale = (float(self.along_m.max()) if len(self.along_m) else 0.0) + 1.0
        place = np.searchsorted(self.line * scale + self.along_m, line * scale + along_m)
        last = len(self.line) - 1
        around = np.clip(np.stack([place - 1, place, place + 1]), 0, last)
        away = np.hypot(*np.moveaxis(self.xy[around] - xy, 2, 0))
        away[self.line[around] != line] = np.inf
        best = np.argmin(away, axis=0)
        columns = np.arange(len(line))
        return around[best, columns], away[best, columns]


def node_lines(lines: Lines, level: Ints) -> NodedLines:
    """Cut lines wherever they meet on the same level, keeping every course, direction and vertex.

    Lines of different levels meet only where one of them ends at an end or a vertex of the other. Lines that meet
    nothing between their ends come out as they are.

    Args:
        lines: LineStrings, metric CRS, two dimensions.
        level: height rank of each line; 0 is the ground.
    """
    simple, source, part = _cut_at_own_crossings(lines)
    level = level[source]
    line, point, same_level = _meetings(simple, level)
    pieces = _cut(simple, line, point, same_level)
    pieces["line"], pieces["part"] = source[pieces["of"]], part[pieces["of"]]
    pieces = pieces.sort_values(["line", "part", "along_m"], kind="stable").drop(columns=["of", "part", "along_m"])
    return _finish(pieces)


def _cut_at_own_crossings(lines: Lines) -> tuple[Lines, Ints, Ints]:
    """Lines of which none crosses itself, the row each comes from and its place among that row's parts."""
    knotted = np.flatnonzero(~shapely.is_simple(lines))
    groups = [[line] for line in lines]
    for row in knotted:
        groups[row] = _in_course_order(lines[row])
    counts = np.array([len(group) for group in groups], dtype=np.int64)
    source = np.repeat(np.arange(len(lines), dtype=np.int64), counts)
    part = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.array([line for group in groups for line in group], dtype=object), source, part


def _in_course_order(line: shapely.LineString) -> list[shapely.LineString]:
    parts = shapely.get_parts(shapely.node(line))
    middle = shapely.line_interpolate_point(parts, 0.5, normalized=True)
    order: Ints = np.argsort(shapely.line_locate_point(line, middle), kind="stable")
    return list(parts[order])


def _meetings(lines: Lines, level: Ints) -> tuple[Ints, Floats, NDArray[np.bool_]]:
    """Rows of lines, points on them where another line meets them, and whether that one is on the same level."""
    tree = shapely.STRtree(lines)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    owner = np.tile(np.arange(len(lines), dtype=np.int64), 2)
    end, met = tree.query(ends, predicate="dwithin", distance=JOIN_M)
    other = owner[end] != met
    end, met = end[other], met[other]
    a, b = tree.query(lines, predicate="intersects")
    crossing = (a < b) & (level[a] == level[b])
    a, b = a[crossing], b[crossing]
    proper = ~shapely.touches(lines[a], lines[b])
    a, b = a[proper], b[proper]
    where = shapely.intersection(lines[a], lines[b])
    point, pair = _end_points(where)
    parting = _part_company(lines[a[pair]], lines[b[pair]], point)
    point, pair = point[parting], pair[parting]
    row = np.concatenate([met, a[pair], b[pair]])
    xy = np.concatenate([shapely.get_coordinates(ends[end]), point, point])
    same = np.concatenate([level[owner[end]] == level[met], np.ones(2 * len(pair), dtype=bool)])
    return row, xy, same


def _part_company(first: Lines, second: Lines, at: Floats) -> NDArray[np.bool_]:
    """Where two lines that share a point lie apart a little before or after it.

    Lines drawn on the same course cross many times by rounding alone; such a crossing is no joint.
    """
    along_m = shapely.line_locate_point(first, shapely.points(at))
    beside = [shapely.line_interpolate_point(first, np.maximum(along_m + step, 0.0))
              for step in (-_BESIDE_M, _BESIDE_M)]
    apart_m = np.max([shapely.distance(second, point) for point in beside], axis=0)
    parting: NDArray[np.bool_] = apart_m > JOIN_M
    return parting


def _end_points(shapes: Lines) -> tuple[Floats, Ints]:
    """Points of intersections, and the ends of the stretches where lines run together, with the row of each."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    runs = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    points = [parts[~runs], shapely.get_point(parts[runs], 0), shapely.get_point(parts[runs], -1)]
    rows = [row[~runs], row[runs], row[runs]]
    return shapely.get_coordinates(np.concatenate(points)), np.concatenate(rows).astype(np.int64)


def _cut(lines: Lines, row: Ints, xy: Floats, same_level: NDArray[np.bool_]) -> pd.DataFrame:
    """Pieces of lines cut at points: ``of`` (row), ``along_m`` of the start, ``geometry``."""
    vertices = _Vertices.of(lines)
    along_m = shapely.line_locate_point(lines[row], shapely.points(xy))
    vertex, away_m = vertices.nearest_to(row, xy, along_m)
    at_vertex = away_m <= JOIN_M
    fresh = ~at_vertex & same_level
    joints = pd.DataFrame({"of": row[fresh], "along_m": along_m[fresh], "x": xy[fresh, 0], "y": xy[fresh, 1]})
    joints = joints.sort_values(["of", "along_m", "x", "y"], kind="stable")
    joints = joints[~((joints["of"].diff() == 0) & (joints["along_m"].diff() <= JOIN_M))]
    course = pd.DataFrame({"of": vertices.line, "along_m": vertices.along_m, "x": vertices.xy[:, 0],
                           "y": vertices.xy[:, 1], "joint": False})
    course.loc[vertex[at_vertex], "joint"] = True
    first = course["of"].diff() != 0
    course["joint"] |= first | first.shift(-1, fill_value=True)
    course = pd.concat([course, joints.assign(joint=True)]).sort_values(["of", "along_m"], kind="stable")
    return _between_joints(course)


def _between_joints(course: pd.DataFrame) -> pd.DataFrame:
    joints = np.flatnonzero(course["joint"].to_numpy())
    of = course["of"].to_numpy()
    inside = of[joints[:-1]] == of[joints[1:]]
    start, stop = joints[:-1][inside], joints[1:][inside]
    lengths = stop - start + 1
    piece = np.repeat(np.arange(len(start)), lengths)
    place = np.arange(int(lengths.sum())) - (np.cumsum(lengths) - lengths)[piece] + start[piece]
    geometry = shapely.linestrings(course[["x", "y"]].to_numpy()[place], indices=piece)
    return pd.DataFrame({"of": of[start], "along_m": course["along_m"].to_numpy()[start], "geometry": geometry})


def _finish(pieces: pd.DataFrame) -> NodedLines:
    """Drop pieces without length and repeated ones, number the rest along each line and name the nodes."""
    shapes = pieces["geometry"].to_numpy()
    flat = shapely.length(shapes) <= JOIN_M
    pieces, shapes = pieces[~flat], shapes[~flat]
    ends = np.concatenate([shapely.get_point(shapes, 0), shapely.get_point(shapes, -1)])
    keys = node_keys(shapely.get_coordinates(ends))
    pieces["u"], pieces["v"] = keys[:len(shapes)], keys[len(shapes):]
    again = same_course(pieces["u"].to_numpy(), pieces["v"].to_numpy(), shapes)
    pieces = pieces[~again].reset_index(drop=True)
    pieces["piece"] = pieces.groupby("line").cumcount()
    return NodedLines(pieces, int(flat.sum()), int(again.sum()))


def same_course(u: Ints, v: Ints, lines: Lines) -> NDArray[np.bool_]:
    """Which lines run between the same two nodes on the course of an earlier one, in either direction."""
    ends = pd.DataFrame({"low": np.minimum(u, v), "high": np.maximum(u, v), "row": np.arange(len(u))})
    several = ends[ends.duplicated(["low", "high"], keep=False)]
    pairs = several.merge(several, on=["low", "high"], suffixes=("", "_later"))
    first, later = (pairs.loc[pairs["row"] < pairs["row_later"], name].to_numpy() for name in ("row", "row_later"))
    alike = shapely.hausdorff_distance(lines[first], lines[later]) <= 2 * JOIN_M
    again = np.zeros(len(u), dtype=np.bool_)
    again[later[alike]] = True
    return again


def node_keys(xy: Floats) -> Ints:
    """One key per place, 0 upward from west to east; places nearer than twice ``JOIN_M`` are one.

    Twice, because an end and the vertex it is joined to may each lie ``JOIN_M`` from the point between them.
    """
    if not len(xy):
        return np.empty(0, dtype=np.int64)
    places, place = np.unique(xy, axis=0, return_inverse=True)
    near = cKDTree(places).query_pairs(2 * JOIN_M, output_type="ndarray")
    links = coo_array((np.ones(len(near)), near.T), shape=(len(places), len(places)))
    _, group = connected_components(links, directed=False)
    _, first = np.unique(group, return_index=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    keys: Ints = rank[group][place.ravel()]
    return keys
