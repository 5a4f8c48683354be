"""Where do OSM ways meet? Only at nodes they share: a bridge crosses a street without joining it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

DEGREES = 1e-7
"""OSM holds coordinates as whole numbers of this many degrees."""

_MAX_X, _MAX_Y = 1_800_000_000, 900_000_000


def on_globe(x: int, y: int) -> bool:
    """Whether a node at these whole ``DEGREES`` has a place; a node that is not in the file has none."""
    return abs(x) <= _MAX_X and abs(y) <= _MAX_Y


@dataclass(frozen=True)
class WayNodes:
    """The nodes of ways, end to end.

    Args:
        way_ids: one per way.
        counts: how many nodes each way has.
        refs: node ids of all ways.
        x: longitude of each node in ``DEGREES``; out of range where the node is not in the file.
        y: latitude likewise.
    """

    way_ids: Ints
    counts: Ints
    refs: Ints
    x: Ints
    y: Ints

    @property
    def known(self) -> Flags:
        """Which nodes have a place on the globe."""
        known: Flags = (np.abs(self.x) <= _MAX_X) & (np.abs(self.y) <= _MAX_Y)
        return known


@dataclass(frozen=True)
class Noded:
    """Ways in pieces between joints.

    Args:
        pieces: ``way`` (row of the way), ``piece`` (0, 1, ... along it), ``u``, ``v`` (node ids), ``u_shut``,
            ``v_shut`` (see ``node_ways``), ``geometry`` (LineString, degrees).
        missing: how many nodes each way lacks, per row of the ways.
        zero_length: how many pieces without length were dropped, their two ends becoming one node.
    """

    pieces: pd.DataFrame
    missing: Ints
    zero_length: int


def node_ways(ways: WayNodes, shut: "pd.Series[int]", everybody: int) -> Noded:
    """Cut ways at every node they share with another way or with themselves.

    A way that lacks nodes ends at the hole and begins again behind it. At a node that is shut to everybody the pieces
    end without meeting: each end gets a key of its own, negative and from -2 downward.

    Args:
        ways: the ways.
        shut: by node id, the bits of those who cannot pass it.
        everybody: the bits of all there are.
    """
    closed = shut.index[shut == everybody].to_numpy(dtype=np.int64)
    way = np.repeat(np.arange(len(ways.way_ids), dtype=np.int64), ways.counts)
    known = ways.known
    missing = np.bincount(way[~known], minlength=len(ways.way_ids)).astype(np.int64)
    gap_before = np.concatenate([[True], ~known[:-1]])[known] if len(known) else known
    way, refs, x, y = way[known], ways.refs[known], ways.x[known], ways.y[known]
    run_start = gap_before | (way != np.concatenate([[-1], way[:-1]]))
    run_end = np.concatenate([run_start[1:], [True]]) if len(way) else run_start
    _, place, times = np.unique(refs, return_inverse=True, return_counts=True)
    joint = run_start | run_end | (times[place] > 1) | np.isin(refs, shut.index)
    start, stop = _between_joints(np.flatnonzero(joint), run_end)
    lines = _lines(start, stop, x * DEGREES, y * DEGREES)
    u, v = _keys(refs, start, stop, closed)
    pieces = pd.DataFrame({"way": way[start], "u": u, "v": v, "u_shut": _bits(u, shut), "v_shut": _bits(v, shut),
                           "geometry": lines})
    pieces["piece"] = pieces.groupby("way").cumcount()
    return _without_zero_length(pieces, missing)


def _between_joints(joints: Ints, run_end: Flags) -> tuple[Ints, Ints]:
    """First and last place of each piece; no piece leads from the end of a run to the start of the next."""
    inside = ~run_end[joints[:-1]]
    return joints[:-1][inside], joints[1:][inside]


def _lines(start: Ints, stop: Ints, lon: NDArray[np.floating], lat: NDArray[np.floating]) -> NDArray[np.object_]:
    lengths = stop - start + 1
    piece = np.repeat(np.arange(len(start)), lengths)
    first = np.cumsum(lengths) - lengths
    place = np.arange(int(lengths.sum())) - first[piece] + start[piece]
    lines: NDArray[np.object_] = shapely.linestrings(np.column_stack([lon[place], lat[place]]), indices=piece)
    return lines


def _keys(refs: Ints, start: Ints, stop: Ints, closed: Ints) -> tuple[Ints, Ints]:
    ends = np.concatenate([refs[start], refs[stop]])
    shut = np.isin(ends, closed)
    ends[shut] = -2 - np.arange(int(shut.sum()))
    return ends[:len(start)], ends[len(start):]


def _bits(ends: Ints, shut: "pd.Series[int]") -> Ints:
    return np.asarray(shut.reindex(ends, fill_value=0), dtype=np.int64)


def _without_zero_length(pieces: pd.DataFrame, missing: Ints) -> Noded:
    flat = shapely.length(pieces["geometry"].to_numpy()) == 0
    if flat.any():
        keys, ends = np.unique(pieces[["u", "v"]].to_numpy(), return_inverse=True)
        ends = ends.reshape(-1, 2)
        links = coo_array((np.ones(int(flat.sum())), ends[flat].T), shape=(len(keys), len(keys)))
        _, group = connected_components(links, directed=False)
        lowest = np.full(int(group.max()) + 1, np.iinfo(np.int64).max)
        np.minimum.at(lowest, group, keys)
        pieces = pieces.assign(u=lowest[group[ends[:, 0]]], v=lowest[group[ends[:, 1]]])[~flat]
    return Noded(pieces.reset_index(drop=True), missing, int(flat.sum()))
