"""What of an OSM extract is drawn behind the facts?"""

from typing import Any

import geopandas as gpd
import pandas as pd

from gis.tables import BaseMap
from layers.osm_extract import OsmExtract
from layers.osm_tags import display_classes, osm_tags

ATTRIBUTION = "© OpenStreetMap contributors"


def basemap_of_osm(extract: OsmExtract, to_crs: Any) -> BaseMap:
    """Streets and railways, water, green and buildings of an extract, for display only.

    Street kinds are ``motorway``, ``major``, ``medium``, ``minor``, ``path`` and ``rail``; water lines are as wide as
    ``osm_tags.toml`` says; a building's kind is its use.

    Args:
        extract: what ``layers.osm.read_osm`` gives.
        to_crs: metric CRS of the result.
    """
    streets = extract.streets.assign(kind=display_classes(extract.streets["street_class"]))
    lines = _frame([streets, extract.railways.assign(kind="rail")], to_crs)
    courses = extract.waterways.to_crs(to_crs)
    half_m = courses["kind"].map(lambda kind: osm_tags().water_width_m.get(kind, 0.0)) / 2
    wet = courses.set_geometry(courses.geometry.buffer(half_m.to_numpy(dtype=float)))[half_m.to_numpy() > 0]
    buildings = extract.buildings.assign(kind=extract.buildings["use"])
    return BaseMap(
        streets=lines, water=_frame([extract.water, wet.to_crs(extract.water.crs)], to_crs),
        green=_frame([extract.green], to_crs), buildings=_frame([buildings], to_crs), attribution=(ATTRIBUTION,))


def _frame(frames: list[gpd.GeoDataFrame], to_crs: Any) -> gpd.GeoDataFrame:
    filled = [frame[["kind", "name", "geometry"]].rename_axis("id") for frame in frames if len(frame)]
    if not filled:
        return gpd.GeoDataFrame({"kind": [], "name": []}, geometry=[], crs=to_crs)
    return gpd.GeoDataFrame(pd.concat(filled)).to_crs(to_crs)
