"""What does nobody step across between a door and a street: water, railways and motorways; and what are fences?"""

import geopandas as gpd
import pandas as pd

from gis.attach import Barriers
from gis.geometry import has_shape
from gis.tables import Streets
from layers.osm_extract import OsmExtract
from layers.osm_tags import osm_tags


def read_barriers(streets: Streets, water: gpd.GeoDataFrame | None, osm: OsmExtract | None) -> Barriers:
    """Barriers in the streets' CRS; which kinds they are says ``osm_tags.toml``.

    Args:
        streets: of which motorways, and railways that a file has among its streets, are barriers on the ground.
        water: areas and lines of a file of one's own; None takes those of OSM.
        osm: gives railways and fences, and water where there is no file.
    """
    tags, frame = osm_tags(), streets.frame
    shut = frame["street_class"].isin(tags.barrier_streets | tags.barrier_railways)
    found = [frame.geometry[shut & frame["ground"]]]
    if osm is not None:
        rails = osm.railways[osm.railways["kind"].isin(tags.barrier_railways) & osm.railways["ground"]]
        found.append(rails.geometry.to_crs(streets.crs))
    if water is not None:
        found.append(water.geometry[~water.geom_type.isin(["Point", "MultiPoint"])].to_crs(streets.crs))
    elif osm is not None:
        courses = osm.waterways[osm.waterways["kind"].isin(tags.barrier_waterways)]  # layer=-1 says of most: below
        found += [courses.geometry.to_crs(streets.crs), osm.water.geometry.to_crs(streets.crs)]
    every = pd.concat([shapes for shapes in found if len(shapes)] or found[:1], ignore_index=True)
    return Barriers(gpd.GeoSeries(every[has_shape(every)], crs=streets.crs), _fences(osm, streets))


def _fences(osm: OsmExtract | None, streets: Streets) -> gpd.GeoSeries:
    if osm is None:
        return gpd.GeoSeries([], crs=streets.crs)
    return osm.fences.geometry[osm.fences["ground"].astype(bool)].to_crs(streets.crs)
