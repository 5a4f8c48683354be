"""Which estates does OSM know? Its residential areas, named or not."""

from typing import Any

from gis.errors import Problem, ProblemLog, say
from gis.tables import Estates
from layers.estates import mark_edge_of_data
from layers.naming.names import NAMELESS
from layers.osm_account import osm_account
from layers.osm_extract import OsmExtract, repaired_areas
from layers.quality.doubts import Doubts
from layers.quality.shapes import list_nested, overlapping
from layers.streets import project_extent


def estates_of_osm(
    extract: OsmExtract, to_crs: Any, *, edge_margin_m: float, walled: bool = True, log: ProblemLog,
) -> Estates:
    """The residential areas of an extract as estates; an unnamed one is called by its id, such as ``住区 way/5``.

    Estates inside others are kept and named in a warning, as are those that the extract cuts, which have no outline
    and are left out. Numbers of people are unknown.

    Args:
        extract: what ``layers.osm.read_osm`` gives.
        to_crs: metric CRS of the result.
        edge_margin_m: an estate that is not wholly inside the extent shrunk by this is marked ``edge_of_data``.
        walled: whether these estates are walled; OSM does not say.
        log: takes the warnings.
    """
    areas = repaired_areas(extract.estates, to_crs, extract.file, log)
    names = areas["name"].where(areas["name"] != "", f"{NAMELESS} " + areas.index.to_series().astype(str))
    estates = Estates.of(areas.assign(name=names, walled=walled, outline_basis="osm_landuse",
                                      outline_object=areas.index))
    cut = extract.cut.loc[extract.cut["part"] == "estates", "object_id"]
    if len(cut):
        log.add(Problem(file=extract.file, value=", ".join(cut.head(10)), severity="warning",
                        why=say("{count} residential areas are cut by the edge of the extract and left out",
                                count=len(cut)),
                        fix="export a larger area"))
    log.readings.append(osm_account(extract, "estates", "estates", used=estates.ids, why=say("outlines have no area")))
    list_nested(overlapping(estates.frame.geometry), estates.frame["name"], Doubts(log, extract.file))
    return mark_edge_of_data(estates, project_extent(extract.extent, to_crs), edge_margin_m)
