"""Do outlines lie where OpenStreetMap has the residential areas of their names, or half a kilometre off?

A small street has too few outlines to be told by its streets, but three of them that are off from their namesakes by
just what a web map moves things say it. Where it moves them by little, as around Golmud by 96 m, nothing does.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyproj
import shapely

from gis.china_offset import moved_into, offset_m
from gis.offset_odds import SYSTEMS
from gis.tables import Estates
from layers.assumptions import assumed
from layers.naming.estate_names import keyed, name_table, same_names
from layers.osm_extract import OsmExtract

_WGS84 = "EPSG:4326"
_TRUE = "WGS-84"


@dataclass(frozen=True)
class ByNames:
    """The system that ``count`` outlines lie in, and how far it moves them."""

    system: str
    count: int
    east_m: float
    north_m: float


def offset_by_names(estates: Estates, converted: str, osm: OsmExtract | None) -> ByNames | None:
    """The system in which the given outlines lie on their namesakes; None where too few do or as two systems.

    Args:
        estates: with the outlines as they were read.
        converted: the system that they were converted from, ``""`` where they were not.
        osm: whose named residential areas are true.
    """
    if osm is None:
        return None
    ours = estates.frame[estates.frame["outline_basis"] == "outline"]
    mapped = osm.estates[osm.estates["name"] != ""]
    pairs = same_names(*keyed(name_table(ours["name"], ours["alias_names"], ours["street"]),
                              name_table(mapped["name"], mapped["other_names"], pd.Series("", index=mapped.index))))
    pairs = pairs[~pairs["row_x"].duplicated(keep=False) & ~pairs["row_y"].duplicated(keep=False)]
    if len(pairs) < assumed("offset", "namesakes_least"):
        return None
    here = ours.geometry.loc[pairs["row_x"]].centroid.to_crs(_WGS84)
    if converted:
        here = moved_into(here, converted)  # type: ignore[arg-type]
    there = mapped.geometry.loc[pairs["row_y"]].to_crs(estates.crs).centroid.to_crs(_WGS84)
    lon, lat = shapely.get_coordinates(there.to_numpy()).T
    azimuth, _, far_m = pyproj.Geod(ellps="WGS84").inv(lon, lat, *shapely.get_coordinates(here.to_numpy()).T)
    apart = far_m * np.stack([np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))])
    found = []
    for system in SYSTEMS:
        moved = np.zeros_like(apart) if system == _TRUE else np.stack(offset_m(lon, lat, system))  # type: ignore[arg-type]
        near = np.hypot(*(apart - moved)) <= assumed("offset", "namesakes_within_m")
        if near.sum() >= max(assumed("offset", "namesakes_least"), assumed("offset", "namesakes_share") * len(pairs)):
            found.append(ByNames(system, int(near.sum()), *moved[:, near].mean(axis=1).tolist()))
    return found[0] if len(found) == 1 else None
