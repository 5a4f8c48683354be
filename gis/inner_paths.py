"""How far is it inside a walled estate along the paths that are mapped there?

Every estate is a network of its own: what lies within its outline, on foot private ways too, since residents may.
One-way signs inside are not asked.
"""

from dataclasses import dataclass
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.attach import to_mm
from gis.chains import LONGEST_MM, Chains
from gis.modes import Mode, ends_for
from gis.search import Portals, pairs_within
from gis.street_graph import stretched
from gis.tables import Streets
from gis.walk_settings import WalkSettings
from gis.walls import pieces_of

NO_PATH_MM = -1
"""What stands for the length of a walk where no mapped path joins two points."""


@dataclass(frozen=True)
class Points:
    """Some of many points, one by one: ``places`` of all of them and ``row`` of those that are asked for."""

    places: np.ndarray
    row: np.ndarray


@dataclass(frozen=True)
class InnerPaths:
    """Mapped paths by the estate they lie in; arrays have one entry per piece of a path."""

    edges: np.ndarray
    estate: np.ndarray
    length_mm: np.ndarray
    stretch: np.ndarray
    chains: Chains
    max_snap_m: float

    @classmethod
    def of(cls, streets: Streets, outlines: gpd.GeoSeries, settings: WalkSettings, mode: Mode) -> Self:
        """Cut the streets out of each outline; what runs along the wall is public and none of them.

        Args:
            streets: in a metric CRS; on foot those marked ``private`` count too, ``through_classes`` never.
            outlines: of the walled estates, on their ids, the same CRS.
            settings: how near a path must be, and which street runs along the wall.
            mode: how one moves.
        """
        frame = streets.frame
        private = frame["private"].astype(bool) if "private" in frame and mode == "foot" else False
        frame = frame[(frame[mode] | private) & ~frame["street_class"].isin(settings.through_classes)]
        ground = shapely.buffer(outlines.to_numpy(), -settings.wall_tolerance_m, join_style="mitre")
        edge, estate = shapely.STRtree(ground).query(frame.geometry.to_numpy(), predicate="intersects")
        inside = shapely.intersection(frame.geometry.to_numpy()[edge], ground[estate])
        some = frame.iloc[edge].assign(estate=estate)
        parts = pieces_of(some, inside, first_free_node=int(frame[["u", "v"]].to_numpy().max(initial=0)) + 1)
        parts = parts.iloc[np.lexsort((parts["estate"], shapely.to_wkb(parts.geometry.to_numpy(), byte_order=1)))]
        edges, estate = parts.geometry.to_numpy(), parts["estate"].to_numpy()
        ends = pd.MultiIndex.from_arrays([np.tile(estate, 2), ends_for(parts, mode).T.ravel()])
        code, keys = pd.factorize(ends, sort=True)
        length_mm, stretch = to_mm(shapely.length(edges)), settings.stretch(parts, mode)
        half = len(edges)
        chains = Chains.of(code[:half], code[half:], stretched(length_mm, stretch), np.arange(len(keys)))
        ids = outlines.index.to_numpy(dtype=object)
        return cls(edges, ids[estate], length_mm, stretch, chains, settings.path_snap_m)

    def between_mm(self, one: Points, other: Points, estate: np.ndarray) -> np.ndarray:
        """The walks between points of the same estates, pair by pair, the way to the path and from it included.

        Args:
            one: where the walks begin.
            other: where they end.
            estate: in which estate each of them stays.

        Returns:
            whole millimetres, ``NO_PATH_MM`` where a point has no path near or none joins the two.
        """
        walk = np.full(len(estate), NO_PATH_MM, dtype=np.int64)
        if not len(self.edges) or not len(estate):
            return walk
        (source, start), (target, stop) = (self._portals(points, estate) for points in (one, other))
        origin, destination, mm = pairs_within(self.chains, start, stop, limit_mm=LONGEST_MM)
        found = pd.Series(mm, pd.MultiIndex.from_arrays([origin, destination])).groupby(level=[0, 1]).min()
        asked = found.reindex(pd.MultiIndex.from_arrays([source, target]))
        return asked.fillna(NO_PATH_MM).to_numpy().astype(np.int64)

    def _portals(self, points: Points, estate: np.ndarray) -> tuple[np.ndarray, Portals]:
        """A number for each point of each estate, and where these join the paths of their estates."""
        number, different = pd.factorize(pd.MultiIndex.from_arrays([points.row, estate]))
        row, own = (different.get_level_values(level).to_numpy() for level in (0, 1))
        places = points.places[row]
        point, edge = shapely.STRtree(self.edges).query(places, predicate="dwithin", distance=self.max_snap_m)
        same = self.estate[edge] == own[point]
        point, edge = point[same], edge[same]
        apart_m = shapely.distance(places[point], self.edges[edge])
        order = np.lexsort((edge, apart_m.round(6), point))
        first = order[np.unique(point[order], return_index=True)[1]]
        point, edge, snap_mm = point[first], edge[first], to_mm(apart_m[first])
        along = to_mm(shapely.line_locate_point(self.edges[edge], places[point]))
        offset_mm = np.clip(along, 0, self.length_mm[edge])
        position_mm = self.chains.position_mm(edge, stretched(offset_mm, self.stretch[edge]))
        return number, Portals(len(different), point, self.chains.chain[edge], position_mm, snap_mm)
