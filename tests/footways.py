"""Walking distances without this program: raw files to straight segments, networkx, Dijkstra.

A network is a list of pieces (line, key of its start, key of its end). Nothing here imports gis or layers.
"""

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pyogrio
import pyproj
import shapely

Piece = tuple[shapely.LineString, Hashable, Hashable]
Walks = dict[tuple[Any, Any], float]
Way = tuple[dict[str, str], list[int], list[tuple[float, float]]]
"""Tags, node ids, longitudes and latitudes."""

AGREE_M = 0.5
"""Two implementations of a walk may differ by this much."""

NOT_BUILT = {"construction", "proposed", "platform", "elevator", "corridor", "rest_area", "services", "raceway"}
NO_FOOT = {"motorway", "motorway_link", "busway", "bus_guideway"}
DENIED = {"no", "private", "use_sidepath", "emergency", "military", "agricultural", "forestry"}


def walkable(tags: dict[str, str]) -> bool:
    """The product's rule in words: streets of today in the open, but for motorways and what is closed to walkers."""
    highway = tags.get("highway", "")
    if not highway or highway in NOT_BUILT or tags.get("indoor") == "yes" or "abandoned:highway" in tags:
        return False
    said = tags.get("foot", tags.get("access", ""))
    return said not in DENIED if said else highway not in NO_FOOT and tags.get("motorroad") != "yes"


def ways_of_xml(path: Path) -> Iterator[Way]:
    """The ways of an ``.osm`` file whose nodes are all there."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    place = {int(one.get("id")): (float(one.get("lon")), float(one.get("lat"))) for one in root.iter("node")}
    for way in root.iter("way"):
        refs = [int(one.get("ref")) for one in way.iter("nd")]
        yield {tag.get("k"): tag.get("v") for tag in way.iter("tag")}, refs, [place[ref] for ref in refs]


def ways_of_pbf(path: Path) -> Iterator[Way]:
    """The ways of an ``.osm.pbf`` file whose nodes are all there."""
    for thing in osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        if thing.is_way():
            yield (dict(thing.tags), [node.ref for node in thing.nodes],
                   [(node.location.lon, node.location.lat) for node in thing.nodes])


def shut_nodes(path: Path) -> set[int]:
    """What no walker may pass on the way: ``foot=no``, or a gate ``access=no`` or locked without a word on walkers."""
    return {node.id for node in osmium.FileProcessor(str(path), osmium.osm.NODE) if "barrier" in node.tags and (
        node.tags.get("foot") == "no" or (
            node.tags["barrier"].endswith(("gate", "entrance", "turnstile")) and "foot" not in node.tags
            and (node.tags.get("access") == "no" or node.tags.get("locked") == "yes")))}


def pieces_of_ways(ways: Iterable[Way], shut: set[int], crs: str) -> list[Piece]:
    """A piece for each two consecutive nodes of a walkable way; OSM ways meet where they share a node.

    At a node of ``shut`` they end without meeting.
    """
    move = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    pieces = []
    for tags, refs, places in ways:
        if walkable(tags):
            xy = list(zip(*move.transform(*zip(*places, strict=True)), strict=True))
            pieces += [(shapely.LineString(line), *(object() if ref in shut else ref for ref in ends)) for line, ends in
                       zip(itertools.pairwise(xy), itertools.pairwise(refs), strict=True)]
    return pieces


def pieces_of_lines(path: Path, crs: str) -> list[Piece]:
    """Lines of a file noded level by level with ``shapely.unary_union``, a piece for each two consecutive vertices.

    Levels meet only where a line of the file ends; a bridge or tunnel without a level is above or below the ground.
    """
    frame = pyogrio.read_dataframe(f"/vsigzip/{path}").to_crs(crs)
    frame = frame[~frame.is_empty]
    level = frame["layer"].where(frame["layer"] != 0, (frame["bridge"] == "T").astype(int) - (frame["tunnel"] == "T"))
    ends = {tuple(xy) for line in frame.geometry for xy in (line.coords[0], line.coords[-1])}
    pieces = []
    for height, group in frame.geometry.groupby(level):
        for line in shapely.get_parts(shapely.unary_union(group.to_numpy())):
            keys = [xy if xy in ends else (*xy, height) for xy in line.coords]
            pieces += [(shapely.LineString(pair), *key) for pair, key in
                       zip(itertools.pairwise(line.coords), itertools.pairwise(keys), strict=True)]
    return pieces


def outside(pieces: list[Piece], walls: shapely.Geometry, through: Iterable[bool]) -> list[Piece]:
    """Pieces with what lies in the walls taken away; a cut end is a node of its own. ``through`` pieces stay whole."""
    kept = []
    for (line, start, end), whole in zip(pieces, through, strict=True):
        if whole or not line.intersects(walls):
            kept.append((line, start, end))
            continue
        for part in shapely.get_parts(line.difference(walls)):
            if part.geom_type == "LineString" and part.length > 0:
                keys = [{line.coords[0]: start, line.coords[-1]: end}.get(xy, object())
                        for xy in (part.coords[0], part.coords[-1])]
                kept.append((part, *keys))
    return kept


def within(pieces: list[Piece], area: shapely.Geometry, through: Iterable[bool]) -> list[Piece]:
    """What of the pieces lies in an area; a cut end is a node of its own. ``through`` pieces are left out."""
    kept = []
    for (line, start, end), public in zip(pieces, through, strict=True):
        for part in () if public else shapely.get_parts(line.intersection(area)):
            if part.geom_type == "LineString" and part.length > 0:
                keys = [{line.coords[0]: start, line.coords[-1]: end}.get(xy, object())
                        for xy in (part.coords[0], part.coords[-1])]
                kept.append((part, *keys))
    return kept


@dataclass(frozen=True)
class Footways:
    """Pieces to walk on. A point joins the nearest place on a piece, at most ``max_snap_m`` away, of an island that
    is at least ``min_island_m`` long, if the straight way there meets no wall."""

    pieces: list[Piece]
    max_snap_m: float
    min_island_m: float
    walls: shapely.Geometry = dataclass_field(default_factory=shapely.Polygon)

    @cached_property
    def graph(self) -> nx.Graph:
        """The shortest piece between each two nodes; ``length`` in metres."""
        graph = nx.Graph()
        for line, start, end in self.pieces:
            if not graph.has_edge(start, end) or graph[start][end]["length"] > line.length:
                graph.add_edge(start, end, length=line.length)
        return graph

    @cached_property
    def mainland(self) -> list[Piece]:
        """The pieces that points may join."""
        island = {node: k for k, nodes in enumerate(nx.connected_components(self.graph)) for node in nodes}
        metres = dict.fromkeys(island.values(), 0.0)
        for line, start, _ in self.pieces:
            metres[island[start]] += line.length
        return [piece for piece in self.pieces if metres[island[piece[1]]] >= self.min_island_m]

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Of the mainland."""
        return shapely.STRtree([line for line, _, _ in self.mainland])

    def snapped(self, points: gpd.GeoSeries) -> dict[Any, tuple[int, float, float]]:
        """Piece of the mainland, metres along it and metres to it, for each point that has a street."""
        found = {}
        for key, point in points.items():
            around = self.tree.query(point, predicate="dwithin", distance=self.max_snap_m)
            ways = [shapely.shortest_line(point, self.mainland[near][0]) for near in around]
            free = [(way.length, int(near)) for way, near in zip(ways, around, strict=True)
                    if not way.intersects(self.walls)]
            if free:
                away, near = min(free)
                found[key] = (near, self.mainland[near][0].project(point), away)
        return found

    def walks(self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, cutoff_m: float) -> Walks:
        """Metres between each origin and destination within the cut-off, from point to point."""
        graph = self.graph.copy()
        on_piece: dict[int, list[tuple[float, Hashable]]] = {}
        for side, points in (("from", origins), ("to", destinations)):
            for key, (near, along, away) in self.snapped(points).items():
                on_piece.setdefault(near, []).append((along, ("road", side, key)))
                graph.add_edge((side, key), ("road", side, key), length=away)
        for near, stops in on_piece.items():
            line, start, end = self.mainland[near]
            chain = [(0.0, start), *sorted(stops, key=lambda stop: stop[0]), (line.length, end)]
            for (here, a), (there, b) in itertools.pairwise(chain):
                length = there - here
                if not graph.has_edge(a, b) or graph[a][b]["length"] > length:
                    graph.add_edge(a, b, length=length)
        found = {}
        for target in destinations.index:
            if ("to", target) in graph:
                metres = nx.single_source_dijkstra_path_length(graph, ("to", target), cutoff=cutoff_m, weight="length")
                found |= {(node[1], target): value for node, value in metres.items()
                          if isinstance(node, tuple) and len(node) == 2 and node[0] == "from"}
        return found


def farthest_apart(mine: Walks, theirs: Walks, cutoff_m: float) -> float:
    """The largest difference in metres; a pair that one side lacks counts as ending at the cut-off."""
    pairs = mine.keys() | theirs.keys()
    return max(abs(mine.get(pair, cutoff_m) - theirs.get(pair, cutoff_m)) for pair in pairs) if pairs else np.inf
