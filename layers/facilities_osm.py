"""Which facilities of a kind does OSM know? Never all of them."""

from typing import Any

import pandas as pd

from gis.errors import InputError, Problem
from gis.tables import Facilities
from layers.capacity import with_bounds
from layers.kinds import facility_kind
from layers.osm_extract import OsmExtract

_STACKED = ("multi-storey", "underground", "rooftop", "sheds", "carports", "garage_boxes")
"""Values of ``parking=*`` whose cars need not stand side by side on the ground that is mapped."""


def facilities_of_osm(extract: OsmExtract, kind: str, to_crs: Any) -> Facilities:
    """The facilities of one kind in an extract, never ``complete``: nothing mapped is unknown, not a gap.

    An area stands for its inner point and keeps its size in ``area_m2``; a car park of unknown capacity is bounded by
    it, above only where ``parking`` is tagged and says that the cars stand side by side. ``source`` is the file, ids
    are those of OSM; further column: ``access`` as tagged.

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
    placed = frame.set_geometry(points).assign(area_m2=area_m2.where(area_m2 > 0), origin="osm", source=extract.file)
    how = frame["parking"] if "parking" in frame else pd.Series("", frame.index)
    return Facilities.of(with_bounds(placed, kind, how.isin(["", *_STACKED])), kind=kind, complete=False)
