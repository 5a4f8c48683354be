"""What is doubtful about the tables of a project that no single row shows?

Two rows for one estate, outlines that overlap, figures that contradict each other, columns of zeros that were blanks,
facilities stacked by a geocoder: each kind of doubt is one warning with the estates it is about. Only figures that no
estate can have are errors, for nobody can overrule an error. The limits stand in ``plausible.toml``.
"""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.errors import ProblemLog, say
from gis.tables import Buildings, Estates, Facilities, Gates, Streets
from layers.naming.estate_names import called
from layers.naming.names import normalised_names
from layers.quality.buildings import check_buildings, check_density
from layers.quality.doubts import Doubts
from layers.quality.numbers import check_figures
from layers.quality.places import check_facilities, check_gates, check_streets
from layers.quality.plausible import limit
from layers.quality.shapes import check_outlines, given_outlines, overlapping


def check_quality(
    estates: Estates, buildings: Buildings, gates: Gates, streets: Streets, facilities: Mapping[str, Facilities], *,
    log: ProblemLog, osm_file: str = "",
) -> None:
    """Note everything that is doubtful about tables that were read well, once each.

    Args:
        estates: figures as they were read, before any are estimated; ``edge_of_data`` is marked.
        buildings: each with its estate; an empty table is not looked at, and so it is with those below.
        gates: as read, before any are assumed.
        streets: as read.
        facilities: by kind.
        log: takes the problems; its readings tell file, sheet and header.
        osm_file: named where no file was read as what the doubt is about.
    """
    doubts, frame = Doubts(log, osm_file), estates.frame
    names = called(frame["name"], pd.Series(frame.index, index=frame.index))
    outlines, located = given_outlines(frame), frame[estates.located]
    _same_names(frame, outlines, doubts)
    check_figures(frame, names, doubts)
    check_outlines(outlines, names, doubts)
    check_density(outlines, names, doubts)
    check_buildings(frame, buildings, names, doubts)
    check_streets(located, streets, names, doubts)
    check_gates(located, gates, names, doubts)
    check_facilities(located, facilities, doubts)


def _same_names(frame: gpd.GeoDataFrame, outlines: gpd.GeoDataFrame, doubts: Doubts) -> None:
    """Estates of one name under different ids; where their outlines overlap too, they are likely one."""
    key = normalised_names(frame["name"])
    shared = key[(key != "") & key.duplicated(keep=False)]
    if shared.empty:
        return
    some = outlines[outlines.index.isin(shared.index)]
    pairs = overlapping(some.geometry)
    pairs = pairs[pairs["of_inner"] >= limit("outlines", "duplicate_share")]
    inner, outer = some.index[pairs["inner"]], some.index[pairs["outer"]]
    twice = shared[inner].to_numpy() == shared[outer].to_numpy()
    likely = np.unique(shared[inner[twice]].to_numpy())
    once, twice_there = shared[~shared.isin(likely)], shared[shared.isin(likely)]
    for keys, why in (
        (twice_there, say("{count} names are borne by estates whose outlines overlap: is one estate there twice?",
                          count=len(likely))),
        (once, say("{count} names are borne by several estates: a list that gives no id cannot mean one of them",
                   count=once.nunique())),
    ):
        if len(keys):
            doubts.add(_borne(keys, frame["name"]), field="name", why=why,
                       fix="delete the row that is there twice, or tell the estates apart by their names, such as 一期 "
                           "and 二期")


def _borne(keys: pd.Series, names: pd.Series) -> dict[str, str]:
    """Of each estate the name that several bear, as the first of them writes it, with their ids."""
    return {key: f"{names[ids[0]]}: {'、'.join(map(str, ids))}"
            for ids in keys.groupby(keys, sort=False).groups.values() for key in ids}
