"""How far is it from a door through a gate along the streets to a facility, on foot or however one moves?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.around_buildings import AroundBuildings
from gis.attach import MM_PER_M, Attachment, Barriers, Obstacles, attach, to_mm
from gis.chains import LONGEST_MM, Chains
from gis.inner_paths import NO_PATH_MM, InnerPaths, Points
from gis.modes import Mode, ends_for
from gis.new_streets import linked, with_lines
from gis.search import Portals, nearest_within, pairs_within, parts_within
from gis.service_areas import Parts, areas, parts_of_each, parts_of_edges
from gis.street_cells import StreetCells
from gis.street_graph import numbered, stretched
from gis.tables import Buildings, Estates, Gates, Streets
from gis.walk_settings import WalkSettings
from gis.walls import fences_off_walls, holders, streets_outside_walls, walled_ground, with_assumed_gates

_FLOAT_DUST = 1e-6


@dataclass(frozen=True)
class StreetNetwork:
    """A street network with walls and gates; distances are whole millimetres inside, metres outside.

    Build it with ``StreetNetwork.build``. A point that stands in the walled estate its ``estate_id`` names comes out
    through that estate's gates; any other point steps straight to its nearest street. ``stretch`` is the walk for each
    metre of an edge. One-way streets bind cars alone. ``usable`` are the edges that points may meet: a scrap of footway
    in a courtyard that joins nothing must not catch the doors around it. ``main`` are those of the largest connected
    piece.
    """

    edges: gpd.GeoDataFrame
    length_mm: np.ndarray
    stretch: np.ndarray
    usable: np.ndarray
    main: np.ndarray
    chains: Chains
    gates: Gates
    outlines: gpd.GeoSeries
    holders: pd.DataFrame
    obstacles: Obstacles
    inner: InnerPaths
    around: AroundBuildings
    settings: WalkSettings
    mode: Mode

    @classmethod
    def build(
        cls, streets: Streets, estates: Estates, gates: Gates, settings: WalkSettings, *,
        barriers: Barriers | None = None, buildings: Buildings | None = None, mode: Mode = "foot",
    ) -> Self:
        """Cut the streets at the walls, number the nodes and assume the gates nobody lists.

        The order of rows has no influence on any result.

        Args:
            streets: in the estates' metric CRS.
            estates: of which the walled ones have walls.
            gates: the known ones.
            settings: how people get to a street.
            barriers: what lies between points and streets, the same CRS.
            buildings: what people walk round inside the walls, the same CRS.
            mode: how one moves; one-way streets bind cars alone.
        """
        walls = walled_ground(estates, settings.wall_tolerance_m)
        outlines = estates.frame.geometry[estates.located & estates.frame["walled"]]
        closed, fences = np.zeros((2, 0), object) if barriers is None else (
            barriers.closed.to_numpy(), fences_off_walls(barriers.fences.to_numpy(), outlines.to_numpy(),
                                                         settings.fence_on_wall_m))
        obstacles = Obstacles.of(walls, closed, fences, settings.as_drawn_m)
        public = streets_outside_walls(streets, walls, settings.through_classes)
        edges = public.frame[public.frame[mode]]
        _, ends = np.unique(ends_for(edges, mode), return_inverse=True)
        u, v = ends.reshape(-1, 2).T
        graph = numbered(edges.assign(u=u, v=v), to_mm(edges.geometry.length.to_numpy()), settings, mode)
        public_lines = graph["edges"].geometry.to_numpy()[graph["usable"]]
        every_gate = with_assumed_gates(
            gates, estates, streets, mode=mode, public=public_lines, obstacles=obstacles,
            wall_tolerance_m=settings.wall_tolerance_m, merge_within_m=settings.merge_gates_m,
            max_snap_m=settings.max_snap_m)
        inner = InnerPaths.of(streets, outlines, settings, mode)
        around = AroundBuildings.of(
            gpd.GeoSeries(crs=streets.crs) if buildings is None else buildings.frame.geometry, outlines,
            passage_m=settings.passage_m, wall_tolerance_m=settings.wall_tolerance_m,
            most_corners=settings.most_corners)
        return cls(**graph, gates=every_gate, outlines=outlines, holders=holders(estates, settings.nested_share),
                   obstacles=obstacles, inner=inner, around=around, settings=settings, mode=mode)

    def with_gate(self, gate_id: str, estate_id: str, place: shapely.Point) -> Self:
        """The same network with one more gate, open to all, in the wall of an estate: a what-if, worked out at once.

        The gates that were assumed for an estate without known ones stay.

        Raises:
            ValueError: there is a gate of this id, or no walled estate of that one.
        """
        if gate_id in self.gates.ids or estate_id not in self.outlines.index:
            raise ValueError("a new gate needs an id of its own and a walled estate")
        row = gpd.GeoDataFrame({"estate_id": [estate_id]}, geometry=[place], index=[gate_id], crs=self.gates.crs)
        return self._with_gates(Gates.of(row).frame if not len(self.gates) else pd.concat(
            [self.gates.frame, Gates.of(row).frame]))

    def without_gate(self, gate_id: str) -> Self:
        """The same network with a gate walled up: a what-if, worked out at once.

        Raises:
            ValueError: there is no such gate.
        """
        if gate_id not in self.gates.ids:
            raise ValueError("there is no such gate")
        return self._with_gates(self.gates.frame.drop(index=gate_id))

    def with_street(self, street: shapely.LineString, *, link_within_m: float) -> Self:
        """The same network with one more street, open to all who move so, both ways: a what-if, worked out at once.

        It joins what it crosses on the ground, and each of its ends the nearest street within ``link_within_m``. What
        of it lies within walls is no street. Gates stay as they are, the assumed ones too.

        Args:
            street: its course, in the network's CRS.
            link_within_m: how far an end drawn by hand may stop short of the street it is meant to join.

        Raises:
            ValueError: the street has no length.
        """
        if not street.length > 0:
            raise ValueError("a new street needs a course of some length")
        lines = linked(street, self.edges.geometry.to_numpy()[self.usable], link_within_m)
        rows = gpd.GeoDataFrame({"u": 0, "v": 1}, index=[f"new:{k}" for k in range(len(lines))], geometry=lines,
                                crs=self.edges.crs)
        outside = streets_outside_walls(Streets.of(rows), self.obstacles.walls.geometries, frozenset()).frame
        columns = outside.iloc[0].drop(["u", "v", "geometry"]).to_dict() if len(outside) else {}
        edges, length_mm = with_lines(self.edges, self.length_mm, outside.geometry.to_numpy(), columns)
        return replace(self, **numbered(edges, length_mm, self.settings, self.mode))

    def _with_gates(self, frame: gpd.GeoDataFrame) -> Self:
        """Other gates on the same streets; what is known of these is kept."""
        other = replace(self, gates=Gates.of(frame))
        if "_cells" in self.__dict__:
            other.__dict__["_cells"] = self._cells
        return other

    @cached_property
    def open_gates(self) -> gpd.GeoDataFrame:
        """The gates of walled estates, known and assumed, that let one pass who moves so, moved onto the wall.

        A gate is drawn some metres off its wall as often as not; it opens on the street all the same.
        """
        open_gates = self.gates.open_to(self.mode)
        walled = open_gates[open_gates["estate_id"].isin(self.outlines.index)]
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
        return self._attach(self.open_gates)

    @cached_property
    def _cells(self) -> StreetCells:
        return StreetCells.of(self.edges.geometry.to_numpy(), self.usable)

    def access(self, points: gpd.GeoDataFrame) -> pd.Series:
        """How each point gets out: ``street``, ``gate``, or why it cannot: ``no_street``, ``no_gate``."""
        walled = self._in_walls(points)
        reached = self.open_gates["estate_id"].to_numpy()[self.gate_streets.found]
        inside = self._inside(points)
        has_gate = np.zeros(len(points), dtype=bool)
        has_gate[inside.loc[inside["holder_id"].isin(reached), "row"].to_numpy()] = True
        found = self._attach(points).found
        answer = np.select(
            [walled & has_gate, walled, found], ["gate", "no_gate", "street"], default="no_street")
        return pd.Series(answer, index=points.index)

    def apart(self, points: gpd.GeoDataFrame) -> pd.Series:
        """True for points whose ways out all lead to streets that do not join the largest piece of the network."""
        portals = self._portals(points)
        on_main = np.zeros(self.chains.count, dtype=bool)
        on_main[self.chains.chain[self.main]] = True
        there, joined = (np.zeros(len(points), dtype=bool) for _ in range(2))
        there[portals.row] = True
        joined[portals.row[on_main[portals.chain]]] = True
        return pd.Series(there & ~joined, points.index)

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
        limit = _whole_mm(cutoff_m)
        direct = self._direct(origins, destinations)
        direct = direct[direct["mm"] <= limit]
        row, column, mm = (np.concatenate(parts) for parts in zip(
            (direct[name].to_numpy() for name in ("origin", "destination", "mm")),
            self._by_street(origins, destinations, limit, gate_cost_m), strict=True))
        order = np.lexsort((mm, column, row))
        row, column, mm = row[order], column[order], mm[order]
        first = np.ones(len(row), dtype=bool)
        first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        return pd.DataFrame(
            {"distance_m": mm[first].astype(float) / MM_PER_M},
            index=pd.MultiIndex(levels=[origins.index, destinations.index],
                                codes=[row[first], column[first]],  # type: ignore[list-item]
                                names=[origins.index.name, destinations.index.name]))

    def nearest(
        self, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, *, cutoff_m: float, gate_cost_m: float = 0.0
    ) -> pd.DataFrame:
        """The nearest destination of each origin within the cut-off; of equally near ones the first by id.

        Returns:
            the destination's id and ``distance_m``, on the origins' index; origins without any are left out.
        """
        limit = _whole_mm(cutoff_m)
        by_id = destinations.iloc[np.argsort(destinations.index.to_numpy(str), kind="stable")]
        row, mm = nearest_within(self.chains, self._portals(origins, gate_cost_m), self._portals(by_id, gate_cost_m),
                                 limit_mm=limit)
        inside = self._direct(origins, by_id).sort_values(["mm", "destination"]).drop_duplicates("origin")
        at, there, near = (inside.loc[inside["mm"] <= limit, name].to_numpy()
                           for name in ("origin", "destination", "mm"))
        closer = (row[at] < 0) | (near < mm[at]) | ((near == mm[at]) & (there < row[at]))
        row[at[closer]], mm[at[closer]] = there[closer], near[closer]
        found = row >= 0
        return pd.DataFrame({destinations.index.name: by_id.index[row[found]], "distance_m": mm[found] / MM_PER_M},
                            index=origins.index[found])

    def service_area(self, destinations: gpd.GeoDataFrame, *, radius_m: float) -> shapely.Geometry:
        """The streets from which any destination is within reach, cut at the exact place, widened to be seen.

        For display: who is reached is decided by ``pairs``. A destination without a way to a street has no area.
        Within 0.2 % of the area that circles without corners would give.
        """
        portals = self._portals(destinations)
        found = parts_within(self.chains.turned, portals, limit_mm=_whole_mm(radius_m))
        parts = parts_of_edges(self.chains, stretched(self.length_mm, self.stretch), self.stretch,
                               (np.zeros(len(found[0]), dtype=np.int64), *found))
        placed = shapely.multipoints(destinations.geometry.to_numpy()[
            np.unique(portals.row[portals.mm <= _whole_mm(radius_m)])])
        return self._areas(parts, np.array([placed]))[0]

    def service_areas(self, destinations: gpd.GeoDataFrame, *, radii_m: Sequence[float]) -> gpd.GeoDataFrame:
        """The ``service_area`` of each destination by itself, for one radius or several.

        Returns:
            the areas, of a destination without a way to a street an empty one, on MultiIndex (destination index
            name, ``radius_m``), in the order of the destinations and, for each, of the radii from the least.
        """
        radii = sorted(set(radii_m))
        portals, limits = self._portals(destinations), [_whole_mm(radius) for radius in radii]
        walk_mm = stretched(self.length_mm, self.stretch)
        near = np.full(len(destinations), LONGEST_MM, dtype=np.int64)
        np.minimum.at(near, portals.row, portals.mm)
        found = np.stack([
            self._areas(parts_of_edges(self.chains, walk_mm, self.stretch, parts),
                        np.where(near <= limit, destinations.geometry.to_numpy(), shapely.Point()))
            for limit, parts in zip(limits, parts_of_each(self.chains.turned, portals, limits), strict=True)], axis=1)
        return gpd.GeoDataFrame(
            geometry=found.ravel(), crs=destinations.crs,
            index=pd.MultiIndex.from_product([destinations.index, radii], names=[destinations.index.name, "radius_m"]))

    def _areas(self, parts: Parts, placed: np.ndarray) -> np.ndarray:
        return areas(parts, placed, self.edges.geometry.to_numpy(), self.length_mm,
                     self.settings.service_area_buffer_m)

    def _attach(self, points: gpd.GeoDataFrame) -> Attachment:
        return attach(points.geometry.to_numpy(), self.edges.geometry.to_numpy(), self.length_mm,
                      cells=self._cells, obstacles=self.obstacles, max_snap_m=self.settings.max_snap_m)

    def _in_walls(self, points: gpd.GeoDataFrame) -> np.ndarray:
        walled = np.zeros(len(points), dtype=bool)
        walled[self._inside(points)["row"].to_numpy()] = True
        return walled

    def _inside_mm(self, one: Points, other: Points, holder: np.ndarray) -> np.ndarray:
        """Walks within walls: along mapped paths where they join the two points, else straight with a detour.

        The way round the buildings counts where there is one and it is longer than that.
        """
        path = self.inner.between_mm(one, other, holder)
        apart_m = shapely.distance(one.places[one.row], other.places[other.row])
        straight, around = to_mm(apart_m * self.settings.internal_detour), self.around.between_mm(one, other, holder)
        return np.where(path != NO_PATH_MM, path, np.maximum(straight, around))

    def _direct(self, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame) -> pd.DataFrame:
        """Walks that never leave a walled estate."""
        met = self._inside(origins).merge(self._inside(destinations), on="holder_id")
        a, b = met["row_x"].to_numpy(), met["row_y"].to_numpy()
        mm = self._inside_mm(Points(origins.geometry.to_numpy(), a), Points(destinations.geometry.to_numpy(), b),
                             met["holder_id"].to_numpy())
        walks = pd.Series(mm, pd.MultiIndex.from_arrays([a, b], names=["origin", "destination"]), name="mm")
        return walks.groupby(level=[0, 1]).min().reset_index()

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
        self, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, limit_mm: int, gate_cost_m: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ways along the streets, searched from the side with fewer ways out."""
        out_of, into = (self._portals(points, gate_cost_m) for points in (origins, destinations))
        if len(into.row) < len(out_of.row):
            destination, origin, mm = pairs_within(self.chains.turned, into, out_of, limit_mm=limit_mm)
        else:
            origin, destination, mm = pairs_within(self.chains, out_of, into, limit_mm=limit_mm)
        return origin, destination, mm

    def _portals(self, points: gpd.GeoDataFrame, gate_cost_m: float = 0.0) -> Portals:
        """The ways of points to the street: through each gate of the walls around them, else straight."""
        ways = self._inside(points)
        gate = self.gate_streets
        frame = self.open_gates
        open_gates = pd.DataFrame({"gate": np.flatnonzero(gate.found),
                                   "holder_id": frame["estate_id"].to_numpy()[gate.found]})
        through = ways.merge(open_gates, on="holder_id")
        row, at = through["row"].to_numpy(), through["gate"].to_numpy()
        inside = self._inside_mm(Points(points.geometry.to_numpy(), row), Points(frame.geometry.to_numpy(), at),
                                 through["holder_id"].to_numpy())
        outdoors = np.setdiff1d(np.arange(len(points)), ways["row"])
        street = self._attach(points.iloc[outdoors])
        on = street.found
        edge, offset, mm = (np.concatenate(parts) for parts in (
            (gate.edge[at], street.edge[on]), (gate.offset_mm[at], street.offset_mm[on]),
            (inside + gate.snap_mm[at] + round(gate_cost_m * MM_PER_M), street.snap_mm[on])))
        return Portals(len(points), np.concatenate([row, outdoors[on]]), self.chains.chain[edge],
                       self.chains.position_mm(edge, stretched(offset, self.stretch[edge])), mm)


def _whole_mm(limit_m: float) -> int:
    """A limit in millimetres: what is left below one does not count, but 0.29 m are 290."""
    return int(min(limit_m * MM_PER_M + _FLOAT_DUST, LONGEST_MM))
