"""How far is it on foot, from a door through a gate along the streets to a facility?"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops
from scipy.sparse.csgraph import dijkstra

from gis.attach import MM_PER_M, Attachment, attach, on_mainland, to_mm
from gis.graph import Arcs
from gis.tables import Estates, Gates, Streets
from gis.walls import holders, streets_outside_walls, walled_ground, with_assumed_gates

_ROWS_AT_ONCE = 8_000_000
_RANKS = 2**20
"""More destinations than anyone asks about; 33 bits of a float are left for millimetres: 8,000 km."""


@dataclass(frozen=True, kw_only=True)
class WalkSettings:
    """How people get from a point to a street and out of an estate.

    Args:
        max_snap_m: a point farther from any street than this has no way to it.
        internal_detour: walk inside a walled estate ÷ straight line, where no internal path is used.
        wall_tolerance_m: a street this little inside an outline runs along the wall, not through the estate.
        min_island_m: a connected scrap of street shorter than this carries nobody.
        merge_gates_m: street crossings of an outline closer than this are one assumed gate.
        through_classes: street classes no wall cuts.
        nested_share: share of an outline inside another from which on the one estate stands in the other.
        service_area_buffer_m: how wide a reached street is drawn to either side.
    """

    max_snap_m: float
    internal_detour: float
    wall_tolerance_m: float
    min_island_m: float
    merge_gates_m: float
    through_classes: frozenset[str]
    nested_share: float
    service_area_buffer_m: float


@dataclass(frozen=True)
class _Terminals:
    """Where a table of points enters the graph: links ``row`` → ``portal`` of ``mm``, portals being gates or edges."""

    row: np.ndarray
    gate: np.ndarray
    gate_mm: np.ndarray
    street: Attachment


@dataclass(frozen=True)
class StreetNetwork:
    """A walking network with walls and gates; distances are whole millimetres inside, metres outside.

    Build it with ``StreetNetwork.build``. A point that stands in the walled estate its ``estate_id`` names comes out
    through that estate's gates; any other point steps straight to its nearest street. One-way streets do not bind
    people on foot.
    """

    edges: gpd.GeoDataFrame
    length_mm: np.ndarray
    usable: np.ndarray
    nodes: int
    gates: Gates
    outlines: gpd.GeoSeries
    holders: pd.DataFrame
    walls: np.ndarray
    settings: WalkSettings

    @classmethod
    def build(cls, streets: Streets, estates: Estates, gates: Gates, settings: WalkSettings) -> Self:
        """Cut the streets at the walls, number the nodes and assume the gates nobody lists.

        The order of rows has no influence on any result.
        """
        walls = walled_ground(estates, settings.wall_tolerance_m)
        public = streets_outside_walls(streets, walls, settings.through_classes)
        edges = public.frame[public.frame["foot"]]
        edges = edges.iloc[np.argsort(shapely.to_wkb(edges.geometry.values, byte_order=1), kind="stable")].copy()
        keys = np.unique(edges[["u", "v"]].to_numpy())
        edges["u"], edges["v"] = (np.searchsorted(keys, edges[end].to_numpy()) for end in ("u", "v"))
        length_mm = to_mm(edges.geometry.length.to_numpy())
        usable = on_mainland(
            edges["u"].to_numpy(), edges["v"].to_numpy(), length_mm, max(len(keys), 1), settings.min_island_m)
        every_gate = with_assumed_gates(
            gates, estates, streets, public=edges.geometry.values[usable], walls=walls,
            wall_tolerance_m=settings.wall_tolerance_m, merge_within_m=settings.merge_gates_m,
            max_snap_m=settings.max_snap_m)
        outlines = estates.frame.geometry[estates.located & estates.frame["walled"]]
        return cls(edges, length_mm, usable, len(keys), every_gate, outlines, holders(estates, settings.nested_share),
                   walls, settings)

    @cached_property
    def gates_on_foot(self) -> gpd.GeoDataFrame:
        """The open gates of walled estates, known and assumed, that people walk through, moved onto the wall.

        A gate is drawn some metres off its wall as often as not; it opens on the street all the same.
        """
        on_foot = self.gates.on_foot
        walled = on_foot[on_foot["estate_id"].isin(self.outlines.index)]
        wall = shapely.boundary(self.outlines.reindex(walled["estate_id"]).to_numpy())
        return walled.set_geometry(
            gpd.GeoSeries(
                shapely.get_point(shapely.shortest_line(wall, walled.geometry.to_numpy()), 0),
                walled.index,
                crs=walled.crs,
            )
        )

    @cached_property
    def gate_streets(self) -> Attachment:
        """Where each usable gate meets the street."""
        return self._attach(self.gates_on_foot)

    def access(self, points: gpd.GeoDataFrame) -> pd.Series:
        """How each point gets out: ``street``, ``gate``, or why it cannot: ``no_street``, ``no_gate``."""
        walled = self._in_walls(points)
        reached = self.gates_on_foot["estate_id"].to_numpy()[self.gate_streets.found]
        inside = self._inside(points)
        has_gate = np.zeros(len(points), dtype=bool)
        has_gate[inside.loc[inside["holder_id"].isin(reached), "row"].to_numpy()] = True
        found = self._attach(points).found
        answer = np.select(
            [walled & has_gate, walled, found], ["gate", "no_gate", "street"], default="no_street")
        return pd.Series(answer, index=points.index)

    def pairs(
        self, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, *, cutoff_m: float, gate_cost_m: float = 0.0
    ) -> pd.DataFrame:
        """Every origin and destination within a walk of each other.

        Args:
            origins: points on a named index, with ``estate_id``; metric CRS of the network.
            destinations: the same, on ``facility_id``.
            cutoff_m: longest walk, inclusive, snap walks and walks inside estates included.
            gate_cost_m: extra metres for each gate passed.

        Returns:
            ``distance_m`` on MultiIndex (origin index name, destination index name), ordered by both ids.
        """
        limit = cutoff_m * MM_PER_M
        found = [self._direct(origins, destinations), self._by_street(origins, destinations, limit, gate_cost_m)]
        ways = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
        least = ways[ways["mm"] <= limit].groupby(["origin", "destination"], sort=True)["mm"].min()
        at = least.index.get_level_values
        return pd.DataFrame(
            {"distance_m": least.to_numpy(dtype=float) / MM_PER_M},
            index=pd.MultiIndex.from_arrays(
                [origins.index[at(0)], destinations.index[at(1)]], names=[origins.index.name, destinations.index.name]))

    def nearest(
        self, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, *, cutoff_m: float, gate_cost_m: float = 0.0
    ) -> pd.DataFrame:
        """The nearest destination of each origin within the cut-off; of equally near ones the first by id.

        One search from all destinations at once: each carries its rank among the ids as a fraction of a millimetre,
        which no sum of whole millimetres can touch.

        Returns:
            the destination's id and ``distance_m``, on the origins' index; origins without any are left out.
        """
        rank = np.empty(len(destinations))
        rank[np.argsort(destinations.index.to_numpy(str), kind="stable")] = np.arange(len(destinations)) / _RANKS
        arcs = self._base(round(gate_cost_m * MM_PER_M))
        out_of = self._add(arcs, self._terminals(origins), len(origins), inward=False)
        into = self._add(arcs, self._terminals(destinations), len(destinations), inward=True)
        hub = arcs.add_nodes(1)
        arcs.link(into, np.repeat(hub, len(into)), rank)
        limit = np.floor(cutoff_m * MM_PER_M) + 1 - 1 / _RANKS
        best = dijkstra(arcs.matrix(reverse=True), indices=hub, limit=limit)[0, out_of]
        inside = self._direct(origins, destinations)
        at_home = (inside["mm"] + rank[inside["destination"]]).groupby(inside["origin"]).min()
        best[at_home.index] = np.minimum(best[at_home.index], at_home)
        found = best <= limit
        mm = np.floor(best[found])
        order = np.argsort(rank, kind="stable")
        return pd.DataFrame({
            destinations.index.name: destinations.index[order[np.rint((best[found] - mm) * _RANKS).astype(int)]],
            "distance_m": mm / MM_PER_M}, index=origins.index[found])

    def service_area(self, destinations: gpd.GeoDataFrame, *, radius_m: float) -> shapely.Geometry:
        """The streets within a walk of any destination, cut at the exact place, widened to be seen.

        For display: who is reached is decided by ``pairs``.
        """
        limit = round(radius_m * MM_PER_M)
        if not len(destinations):
            return shapely.MultiPolygon()
        terminals, arcs = self._terminals(destinations), self._base()
        start = self._add(arcs, terminals, len(destinations), inward=False)
        limit = round(radius_m * MM_PER_M)
        left = limit - dijkstra(arcs.matrix(), indices=start, min_only=True, limit=limit)
        u, v, length = self.edges["u"].to_numpy(), self.edges["v"].to_numpy(), self.length_mm
        at, own = terminals.street, np.flatnonzero(terminals.street.found)
        gates, gate = self.gate_streets, np.flatnonzero(self.gate_streets.found)
        spread = [(at.edge[own], at.offset_mm[own], limit - at.snap_mm[own]),
                  (gates.edge[gate], gates.offset_mm[gate], left[self._gate_node(gate)] - gates.snap_mm[gate])]
        whole = np.maximum(left[u], 0) + np.maximum(left[v], 0) >= length
        part = np.flatnonzero(~whole)
        pieces = [(part, np.zeros(len(part)), left[u[part]]), (part, length[part] - left[v[part]], length[part]),
                  *((edge, offset - walk, offset + walk) for edge, offset, walk in spread)]
        edge, low, high = (np.concatenate([piece[k] for piece in pieces]) for k in range(3))
        low, high = np.clip(low, 0, length[edge]), np.clip(high, 0, length[edge])
        keep = np.isfinite(low) & np.isfinite(high) & (high > low) & ~whole[edge]
        lines = self.edges.geometry.to_numpy()
        cut = [shapely.ops.substring(lines[e], a / MM_PER_M, b / MM_PER_M)
               for e, a, b in zip(edge[keep], low[keep], high[keep], strict=True)]
        joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(np.append(lines[whole], cut))))
        return shapely.union_all(shapely.buffer(
            np.append(joined, destinations.geometry.to_numpy()), self.settings.service_area_buffer_m))

    def _attach(self, points: gpd.GeoDataFrame) -> Attachment:
        return attach(points.geometry.values, self.edges.geometry.values, self.length_mm, usable=self.usable,
                      walls=self.walls, max_snap_m=self.settings.max_snap_m)

    def _in_walls(self, points: gpd.GeoDataFrame) -> np.ndarray:
        walled = np.zeros(len(points), dtype=bool)
        walled[self._inside(points)["row"].to_numpy()] = True
        return walled

    def _inside_mm(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return to_mm(shapely.distance(a, b) * self.settings.internal_detour)

    def _direct(self, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame) -> pd.DataFrame:
        """Walks that never leave a walled estate."""
        met = (
            self._inside(origins).merge(self._inside(destinations), on="holder_id").drop_duplicates(["row_x", "row_y"])
        )
        a, b = met["row_x"].to_numpy(), met["row_y"].to_numpy()
        mm = self._inside_mm(origins.geometry.values[a], destinations.geometry.values[b])
        return pd.DataFrame({"origin": a, "destination": b, "mm": mm.astype(float)})

    def _inside(self, points: gpd.GeoDataFrame) -> pd.DataFrame:
        """The rows of points in walled estates, with each estate that holds them.

        A point that only belongs to an estate and stands outside its wall, as a listed facility may, is not inside.
        """
        rows = pd.DataFrame({"row": np.arange(len(points)), "estate_id": points["estate_id"].to_numpy()})
        held = rows.merge(self.holders, on="estate_id")
        outline = self.outlines.reindex(held["holder_id"]).to_numpy()
        place = points.geometry.to_numpy()[held["row"]]
        inside = shapely.dwithin(outline, place, self.settings.wall_tolerance_m)
        return pd.DataFrame(held.loc[inside, ["row", "holder_id"]])

    def _by_street(
        self, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, limit: float, gate_cost_m: float
    ) -> pd.DataFrame:
        """Walks along the streets; the search starts from the smaller side, against the arcs where that helps."""
        arcs = self._base(round(gate_cost_m * MM_PER_M))
        out_of = self._add(arcs, self._terminals(origins), len(origins), inward=False)
        into = self._add(arcs, self._terminals(destinations), len(destinations), inward=True)
        backwards = len(into) <= len(out_of)
        sources, targets = (into, out_of) if backwards else (out_of, into)
        matrix = arcs.matrix(reverse=backwards)
        found = [
            self._rows(dijkstra(matrix, indices=chunk, limit=limit)[:, targets], first, swap=backwards)
            for first, chunk in _chunks(sources, max(1, _ROWS_AT_ONCE // matrix.shape[0]))]
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame(
            {"origin": np.array([], int), "destination": np.array([], int), "mm": np.array([], float)})

    @staticmethod
    def _rows(distance: np.ndarray, first: int, *, swap: bool) -> pd.DataFrame:
        source, target = np.nonzero(np.isfinite(distance))
        names = ("destination", "origin") if swap else ("origin", "destination")
        return pd.DataFrame({names[0]: source + first, names[1]: target, "mm": distance[source, target]})

    def _base(self, gate_cost_mm: int = 0) -> Arcs:
        """The arcs of all streets and of all usable gates."""
        arcs = Arcs(self.edges["u"].to_numpy(), self.edges["v"].to_numpy(), self.length_mm, self.nodes)
        gates = self.gate_streets
        node = arcs.add_nodes(len(gates.edge))
        on = gates.found
        road = arcs.split(gates.edge[on], gates.offset_mm[on])
        arcs.link(node[on], road, gates.snap_mm[on] + gate_cost_mm)
        arcs.link(road, node[on], gates.snap_mm[on] + gate_cost_mm)
        return arcs

    def _gate_node(self, gate: np.ndarray) -> np.ndarray:
        return self.nodes + gate

    def _terminals(self, points: gpd.GeoDataFrame) -> _Terminals:
        walled = self._in_walls(points)
        frame = self.gates_on_foot
        gates = pd.DataFrame({"gate": np.arange(len(frame)), "holder_id": frame["estate_id"].to_numpy()})
        ways = self._inside(points).merge(gates, on="holder_id")
        row, gate = ways["row"].to_numpy(), ways["gate"].to_numpy()
        mm = self._inside_mm(points.geometry.values[row], frame.geometry.values[gate])
        street = self._attach(points)
        edge = np.where(walled, -1, street.edge)
        return _Terminals(row, gate, mm, Attachment(edge, street.offset_mm, street.snap_mm))

    def _add(self, arcs: Arcs, terminals: _Terminals, count: int, *, inward: bool) -> np.ndarray:
        """Give each point a node that lets people only out (origins) or only in (destinations)."""
        node = arcs.add_nodes(count)
        on = terminals.street.found
        road = arcs.split(terminals.street.edge[on], terminals.street.offset_mm[on])
        links = [(node[on], road, terminals.street.snap_mm[on]),
                 (node[terminals.row], self._gate_node(terminals.gate), terminals.gate_mm)]
        for point, way, mm in links:
            tail, head = (way, point) if inward else (point, way)
            arcs.link(tail, head, mm)
        return node


def _chunks(values: np.ndarray, size: int) -> list[tuple[int, np.ndarray]]:
    return [(first, values[first: first + size]) for first in range(0, len(values), size)]
