"""Which facilities of a kind does OSM know? Never all of them."""

from typing import Any

from gis.errors import InputError, Problem
from gis.tables import Facilities
from layers.kinds import facility_kind
from layers.osm_extract import OsmExtract


def facilities_of_osm(extract: OsmExtract, kind: str, to_crs: Any) -> Facilities:
    """The facilities of one kind in an extract, never ``complete``: nothing mapped is unknown, not a gap.

    An area stands for its inner point and keeps its size in ``area_m2``; further column: ``access`` as tagged.

    Args:
        extract: what ``layers.osm.read_osm`` gives.
        kind: one of ``layers/kinds.toml``.
        to_crs: metric CRS of the result.

    Raises:
        InputError: there is no such kind.
    """
    facility_kind(kind)
    if kind not in extract.facilities:
        raise InputError(Problem(file=extract.file, column="kind", value=kind, why="the extract was read without it",
                                 fix="read the file again"))
    frame = extract.facilities[kind].to_crs(to_crs)
    area_m2 = frame.geometry.area
    points = frame.geometry.representative_point()
    placed = frame.set_geometry(points).assign(area_m2=area_m2.where(area_m2 > 0), origin="osm")
    return Facilities.of(placed, kind=kind, complete=False)
